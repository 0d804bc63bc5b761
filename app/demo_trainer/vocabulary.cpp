// SPDX-License-Identifier: GPL-3.0-or-later
#include "vocabulary.h"

#include "emend/error.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cctype>
#include <fstream>

namespace emend::demo {
namespace {

enum class Class { letter, digit, space, other };

Class class_of(char c) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalpha(byte) != 0)
        return Class::letter;
    if (std::isdigit(byte) != 0)
        return Class::digit;
    return std::isspace(byte) != 0 ? Class::space : Class::other;
}

// GPT-2 shows every byte as a character: printable ones as themselves, the others from U+0100 on. Ids follow this
// order.
struct ByteOrder {
    std::array<int, 256> byte_of{};        // position -> byte
    std::array<std::string, 256> spelling; // byte -> UTF-8
    ByteOrder() {
        std::size_t position = 0;
        std::array<bool, 256> shown{};
        for (const auto& [first, last] : {std::pair{33, 126}, std::pair{161, 172}, std::pair{174, 255}})
            for (int byte = first; byte <= last; ++byte)
                place(position, byte, byte, shown);
        int extra = 256;
        for (int byte = 0; byte < 256; ++byte)
            if (!shown[static_cast<std::size_t>(byte)])
                place(position, byte, extra++, shown);
    }
    void place(std::size_t& position, int byte, int code, std::array<bool, 256>& shown) {
        byte_of[position++] = byte;
        shown[static_cast<std::size_t>(byte)] = true;
        std::string& text = spelling[static_cast<std::size_t>(byte)];
        if (code < 128) {
            text = static_cast<char>(code);
        } else {
            text = {static_cast<char>(0xC0 | (code >> 6)), static_cast<char>(0x80 | (code & 0x3F))};
        }
    }
};

const ByteOrder& byte_order() {
    static const ByteOrder order;
    return order;
}

std::int32_t id_of_byte(char c) {
    static const std::array<std::int32_t, 256> ids = [] {
        std::array<std::int32_t, 256> out{};
        for (std::size_t i = 0; i < 256; ++i)
            out[static_cast<std::size_t>(byte_order().byte_of[i])] = static_cast<std::int32_t>(i + 1);
        return out;
    }();
    return ids[static_cast<unsigned char>(c)];
}

void write_text(const std::filesystem::path& path, const std::string& text) {
    std::ofstream out(path, std::ios::binary);
    out << text;
    if (!out.flush())
        throw Error("The file cannot be written", path.string());
}

} // namespace

std::vector<std::pair<std::size_t, std::size_t>> split_words(std::string_view text) {
    std::vector<std::pair<std::size_t, std::size_t>> words;
    std::size_t at = 0;
    while (at < text.size()) {
        const std::size_t begin = at;
        if (class_of(text[at]) == Class::space) {
            std::size_t end = at;
            while (end < text.size() && class_of(text[end]) == Class::space)
                ++end;
            // The last space of a run goes with the word behind it; another white space stands alone.
            if (end < text.size() && end - at > 1) {
                words.emplace_back(begin, end - 1);
                at = end - 1;
                continue;
            }
            if (end == text.size() || text[at] != ' ') {
                words.emplace_back(begin, end);
                at = end;
                continue;
            }
            ++at;
        }
        const Class kind = class_of(text[at]);
        while (at < text.size() && class_of(text[at]) == kind)
            ++at;
        words.emplace_back(begin, at);
    }
    return words;
}

Vocabulary::Vocabulary() {
    bytes_.emplace_back("<|endoftext|>");
    for (const int byte : byte_order().byte_of)
        bytes_.emplace_back(1, static_cast<char>(byte));
}

void Vocabulary::add_merge(std::int32_t left, std::int32_t right) {
    merged_[{left, right}] = static_cast<std::int32_t>(bytes_.size());
    merges_.emplace_back(left, right);
    bytes_.push_back(bytes(left) + bytes(right));
}

Vocabulary Vocabulary::train(const std::map<std::string, std::uint64_t>& counts, std::size_t size) {
    Vocabulary out;
    std::vector<std::pair<std::vector<std::int32_t>, std::uint64_t>> words;
    for (const auto& [word, count] : counts) {
        std::vector<std::int32_t> symbols;
        for (const char c : word)
            symbols.push_back(id_of_byte(c));
        words.emplace_back(std::move(symbols), count);
    }
    while (out.size() < size) {
        std::map<std::pair<std::int32_t, std::int32_t>, std::uint64_t> pairs;
        for (const auto& [symbols, count] : words)
            for (std::size_t i = 0; i + 1 < symbols.size(); ++i)
                pairs[{symbols[i], symbols[i + 1]}] += count;
        if (pairs.empty())
            throw Error("There are not enough words for a vocabulary of " + std::to_string(size));
        // The most frequent pair; of equals the one with the lowest ids, which a map meets first.
        const auto best = std::max_element(pairs.begin(), pairs.end(),
                                           [](const auto& a, const auto& b) { return a.second < b.second; });
        const auto [left, right] = best->first;
        const auto id = static_cast<std::int32_t>(out.size());
        out.add_merge(left, right);
        for (auto& [symbols, count] : words) {
            std::size_t to = 0;
            for (std::size_t i = 0; i < symbols.size(); ++i, ++to) {
                if (i + 1 < symbols.size() && symbols[i] == left && symbols[i + 1] == right)
                    symbols[to] = id, ++i;
                else
                    symbols[to] = symbols[i];
            }
            symbols.resize(to);
        }
    }
    return out;
}

Vocabulary Vocabulary::load(const std::filesystem::path& merges_txt) {
    std::ifstream in(merges_txt, std::ios::binary);
    if (!in)
        throw Error("The file cannot be read", merges_txt.string());
    Vocabulary out;
    std::unordered_map<std::string, std::int32_t> by_spelling;
    for (std::size_t id = 1; id < out.size(); ++id)
        by_spelling[out.spelled(static_cast<std::int32_t>(id))] = static_cast<std::int32_t>(id);
    std::string line;
    for (int number = 1; std::getline(in, line); ++number) {
        if (line.starts_with("#version") || line.empty())
            continue;
        const std::size_t space = line.find(' ');
        const auto left = by_spelling.find(line.substr(0, space));
        const auto right = space == std::string::npos ? by_spelling.end() : by_spelling.find(line.substr(space + 1));
        if (left == by_spelling.end() || right == by_spelling.end())
            throw Error("A merge must name two known tokens: \"" + line + "\"",
                        merges_txt.string() + ", line " + std::to_string(number));
        out.add_merge(left->second, right->second);
        const auto id = static_cast<std::int32_t>(out.size() - 1);
        by_spelling[out.spelled(id)] = id;
    }
    return out;
}

const std::vector<std::int32_t>& Vocabulary::encode_word(const std::string& word) const {
    const auto [it, added] = cache_.try_emplace(word);
    std::vector<std::int32_t>& symbols = it->second;
    if (!added)
        return symbols;
    for (const char c : word)
        symbols.push_back(id_of_byte(c));
    for (;;) {
        std::size_t at = symbols.size();
        std::int32_t best = 0;
        for (std::size_t i = 0; i + 1 < symbols.size(); ++i) {
            const auto found = merged_.find({symbols[i], symbols[i + 1]});
            if (found != merged_.end() && (at == symbols.size() || found->second < best)) {
                at = i;
                best = found->second;
            }
        }
        if (at == symbols.size())
            return symbols;
        symbols[at] = best;
        symbols.erase(symbols.begin() + static_cast<std::ptrdiff_t>(at) + 1);
    }
}

std::vector<Token> Vocabulary::encode(std::string_view text) const {
    std::vector<Token> out;
    for (const auto& [begin, end] : split_words(text)) {
        std::size_t at = begin;
        for (const std::int32_t id : encode_word(std::string(text.substr(begin, end - begin)))) {
            out.push_back({id, at, at + bytes(id).size()});
            at = out.back().end;
        }
    }
    return out;
}

std::vector<std::int32_t> Vocabulary::ids(std::string_view text) const {
    std::vector<std::int32_t> out;
    for (const Token& token : encode(text))
        out.push_back(token.id);
    return out;
}

std::string Vocabulary::spelled(std::int32_t id) const {
    if (id == kEndOfText)
        return bytes(id);
    std::string out;
    for (const char c : bytes(id))
        out += byte_order().spelling[static_cast<unsigned char>(c)];
    return out;
}

void Vocabulary::write(const std::filesystem::path& folder, std::size_t positions) const {
    using json = nlohmann::ordered_json;
    json vocab = json::object();
    for (std::size_t id = 0; id < size(); ++id)
        vocab[spelled(static_cast<std::int32_t>(id))] = id;
    json merges = json::array();
    std::string merges_txt = "#version: 0.2\n";
    for (const auto& [left, right] : merges_) {
        merges.push_back(spelled(left) + " " + spelled(right));
        merges_txt += spelled(left) + " " + spelled(right) + "\n";
    }
    const std::string end = bytes(kEndOfText);
    const json byte_level = {
        {"type", "ByteLevel"}, {"add_prefix_space", false}, {"trim_offsets", true}, {"use_regex", true}};
    const json tokenizer = {{"version", "1.0"},
                            {"truncation", nullptr},
                            {"padding", nullptr},
                            {"added_tokens", json::array({{{"id", kEndOfText},
                                                           {"content", end},
                                                           {"single_word", false},
                                                           {"lstrip", false},
                                                           {"rstrip", false},
                                                           {"normalized", false},
                                                           {"special", true}}})},
                            {"normalizer", nullptr},
                            {"pre_tokenizer", byte_level},
                            {"post_processor", byte_level},
                            {"decoder", byte_level},
                            {"model",
                             {{"type", "BPE"},
                              {"dropout", nullptr},
                              {"unk_token", nullptr},
                              {"continuing_subword_prefix", ""},
                              {"end_of_word_suffix", ""},
                              {"fuse_unk", false},
                              {"byte_fallback", false},
                              {"vocab", vocab},
                              {"merges", merges}}}};
    const json config = {{"add_bos_token", false},
                         {"add_prefix_space", false},
                         {"bos_token", end},
                         {"eos_token", end},
                         {"unk_token", end},
                         {"model_max_length", positions},
                         {"tokenizer_class", "GPT2Tokenizer"}};
    write_text(folder / "tokenizer.json", tokenizer.dump(1) + "\n");
    write_text(folder / "vocab.json", vocab.dump() + "\n");
    write_text(folder / "merges.txt", merges_txt);
    write_text(folder / "tokenizer_config.json", config.dump(1) + "\n");
    write_text(folder / "special_tokens_map.json",
               json({{"bos_token", end}, {"eos_token", end}, {"unk_token", end}}).dump(1) + "\n");
}

} // namespace emend::demo
