// SPDX-License-Identifier: GPL-3.0-or-later
#include "fuzz_targets.h"

#include "base/utf8.h"
#include "emend/edits_io.h"
#include "emend/error.h"
#include "storage/npz.h"
#include "storage/safetensors_header.h"
#include "text/tokenizer.h"

#include <cstdlib>
#include <span>
#include <vector>

namespace emend::fuzz {
namespace {

// Wrong answers must stop a fuzzer as crashes do, in any build.
void require(bool holds) {
    if (!holds)
        std::abort();
}

template<typename Read>
bool accepted(Read&& read) {
    try {
        read();
        return true;
    } catch (const Error& error) {
        require(!error.message().empty());
        return false;
    }
}

} // namespace

bool safetensors(std::string_view bytes) {
    return accepted([&] {
        const SafetensorsHeader header = read_safetensors_header(bytes, "fuzz");
        std::uint64_t at = header.data_at;
        for (const auto& entry : header.entries) {
            require(header.data_at + entry.begin == at);
            require(entry.end >= entry.begin && header.data_at + entry.end <= bytes.size());
            at = header.data_at + entry.end;
        }
        require(at == bytes.size());
    });
}

bool tokenizer(std::string_view bytes) {
    constexpr std::string_view sample = "The people of <|endoftext|> Paris don't\n\n live\t in \xFF 東京 1234!";
    return accepted([&] {
        const Tokenizer tokenizer = Tokenizer::from_json(bytes, "fuzz");
        const Encoding encoding = tokenizer.encode(sample);
        require(encoding.ids.size() == encoding.offsets.size());
        for (const auto& [begin, end] : encoding.offsets)
            require(begin <= end && end <= sample.size());
        require(is_valid_utf8(tokenizer.decode(encoding.ids)));
        for (std::int32_t id = 0; id < tokenizer.vocab_size(); ++id)
            require(is_valid_utf8(tokenizer.piece(id)));
    });
}

bool edits(std::string_view bytes) {
    return accepted([&] {
        const EditsFile file = parse_edits(bytes, "fuzz");
        require(!file.edits.empty() || !file.problems.empty());
        for (const EditRequest& edit : file.edits)
            require(!edit.subject.empty() && !edit.object.empty() && (!edit.prompt.empty() || !edit.relation.empty()));
    });
}

bool npz(std::string_view bytes) {
    return accepted([&] {
        const NpzFile file = NpzFile::from_bytes(std::as_bytes(std::span(bytes)), "fuzz");
        require(!file.names().empty());
        for (const auto& name : file.names()) {
            const NpzArray array = file.at(name);
            require(array.bytes <= 1100 * bytes.size() + 1100); // nothing that is allocated can be larger
            std::vector<std::byte> elements(array.bytes);
            file.read(array, elements);
        }
    });
}

} // namespace emend::fuzz
