// SPDX-License-Identifier: GPL-3.0-or-later
#include "editing/corpus.h"

#include "base/hash.h"
#include "base/utf8.h"
#include "emend/error.h"

#include <algorithm>

namespace emend {

namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
constexpr std::size_t step_bytes = std::size_t{1} << 24;

// First byte that a text cannot have: a zero or broken UTF-8; text.size() when there is none.
std::size_t first_fault(std::string_view text, const JobContext& job) {
    std::size_t at = 0;
    std::size_t next_check = 0;
    while (at < text.size()) {
        if (at >= next_check) {
            job.check();
            next_check = at + step_bytes;
        }
        const auto byte = static_cast<unsigned char>(text[at]);
        if (byte == 0)
            return at;
        if (byte < 0x80) {
            ++at;
            continue;
        }
        const Utf8Step step = utf8_next(text, at);
        if (!step.valid)
            return at;
        at += step.bytes;
    }
    return at;
}

} // namespace

Corpus Corpus::open(const std::string& path, const JobContext& job) {
    Corpus corpus;
    corpus.file_ = MappedFile::open(path);
    corpus.text_ = {reinterpret_cast<const char*>(corpus.file_->data()),
                    static_cast<std::size_t>(corpus.file_->size())};
    const std::string_view text = corpus.text_;
    const std::size_t fault = first_fault(text, job);
    if (fault < text.size()) {
        const auto line = std::ranges::count(text.substr(0, fault), '\n') + 1;
        const std::string where = path + ", byte " + std::to_string(fault) + ", line " + std::to_string(line);
        if (text[fault] == '\0')
            throw Error("the corpus is not a text file: it holds zero bytes", where,
                        "give plain text in UTF-8, one document per line");
        throw Error("the corpus is not UTF-8", where, "convert it to UTF-8, for example with iconv");
    }
    std::uint64_t start = 0;
    if (!corpus.next(start))
        throw Error("the corpus is empty", path, "give plain text, one document per line");

    Sha256 hash;
    for (std::size_t at = 0; at < text.size(); at += step_bytes) {
        job.check();
        hash.update(text.substr(at, step_bytes));
    }
    corpus.sha256_ = hash.hex();
    return corpus;
}

std::optional<std::string_view> Corpus::next(std::uint64_t& offset) const {
    auto at = static_cast<std::size_t>(offset);
    if (at == 0 && text_.starts_with(byte_order_mark))
        at = byte_order_mark.size();
    while (at < text_.size()) {
        const std::size_t end = std::min(text_.find('\n', at), text_.size());
        std::string_view line = text_.substr(at, end - at);
        at = std::min(end + 1, text_.size());
        offset = at;
        if (line.ends_with('\r'))
            line.remove_suffix(1);
        if (!trim_white_space(line).empty())
            return line;
    }
    offset = text_.size();
    return {};
}

} // namespace emend
