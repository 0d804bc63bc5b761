// SPDX-License-Identifier: GPL-3.0-or-later
#include "text/pretokenizer.h"

#include "text/tokenizer_json.h"

#include <nlohmann/json.hpp>

namespace emend {
namespace {

// Contractions, words, numbers, other signs, white space; a space goes with what follows it.
constexpr const char* gpt2_pattern = R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";

} // namespace

Pretokenizer Pretokenizer::gpt2(bool add_prefix_space) {
    Pretokenizer result;
    result.patterns_.emplace_back(gpt2_pattern, "GPT-2's pattern");
    result.adds_prefix_space_ = add_prefix_space;
    result.byte_level_ = true;
    return result;
}

Pretokenizer Pretokenizer::from_json(const nlohmann::json& json, const std::string& where) {
    Pretokenizer result;
    if (json.is_null())
        throw unsupported("a tokenizer without pre_tokenizer", where);
    result.read(json, where);
    if (!result.byte_level_)
        throw unsupported("a pre_tokenizer without ByteLevel", where);
    return result;
}

void Pretokenizer::read(const nlohmann::json& json, const std::string& where) {
    const JsonFields fields(json, where);
    const std::string type = fields.string("type");
    if (type == "Sequence") {
        const auto& parts = fields.array("pretokenizers");
        for (std::size_t i = 0; i < parts.size(); ++i)
            read(parts[i], where + ".pretokenizers[" + std::to_string(i) + "]");
    } else if (type == "ByteLevel") {
        if (fields.boolean("add_prefix_space", true)) {
            if (!patterns_.empty())
                throw unsupported("add_prefix_space after another split", where);
            adds_prefix_space_ = true;
        }
        if (fields.boolean("use_regex", true))
            patterns_.emplace_back(gpt2_pattern, "GPT-2's pattern");
        byte_level_ = true;
    } else if (type == "Split") {
        if (const std::string behavior = fields.string("behavior"); behavior != "Isolated")
            throw unsupported("Split with behavior " + behavior, where);
        if (fields.boolean("invert", false))
            throw unsupported("Split with invert", where);
        const JsonFields pattern = fields.object("pattern");
        patterns_.emplace_back(pattern.has("Regex") ? pattern.string("Regex") : regex_escape(pattern.string("String")),
                               where + ".pattern");
    } else {
        throw unsupported("pre_tokenizer " + type, where);
    }
}

void Pretokenizer::split(std::string_view text, std::vector<std::string_view>& pieces) const {
    if (text.empty())
        return;
    if (patterns_.empty()) {
        pieces.push_back(text);
        return;
    }
    const auto cut = [](const Regex& pattern, std::string_view whole, std::vector<std::string_view>& out) {
        std::size_t done = 0;
        pattern.for_each_match(whole, [&](std::size_t begin, std::size_t end) {
            if (begin > done)
                out.push_back(whole.substr(done, begin - done));
            out.push_back(whole.substr(begin, end - begin));
            done = end;
        });
        if (done < whole.size())
            out.push_back(whole.substr(done));
    };
    std::vector<std::string_view> current{text};
    for (std::size_t i = 0; i + 1 < patterns_.size(); ++i) {
        std::vector<std::string_view> next;
        for (const std::string_view piece : current)
            cut(patterns_[i], piece, next);
        current = std::move(next);
    }
    for (const std::string_view piece : current)
        cut(patterns_.back(), piece, pieces);
}

} // namespace emend
