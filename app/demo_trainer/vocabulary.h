// SPDX-License-Identifier: GPL-3.0-or-later
// The demo model's byte-level BPE: trained on documents, used while training, written as a Hugging Face tokenizer.
// Splits ASCII text as GPT-2 does. Ids: 0 end of text, 1 to 256 the bytes in GPT-2's order, then the merges. One thread
// (encode keeps a cache of words).
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace emend::demo {

struct Token {
    std::int32_t id = 0;
    std::size_t begin = 0; // bytes of the text it stands for
    std::size_t end = 0;
};

class Vocabulary {
  public:
    static constexpr std::int32_t kEndOfText = 0;

    // Learns merges until there are `size` ids. counts: words as split_words gives them, and how often each occurs.
    static Vocabulary train(const std::map<std::string, std::uint64_t>& counts, std::size_t size);
    // From a merges.txt written by write(). Throws Error for a missing or broken file.
    static Vocabulary load(const std::filesystem::path& merges_txt);

    [[nodiscard]] std::size_t size() const noexcept { return bytes_.size(); }
    [[nodiscard]] std::vector<Token> encode(std::string_view text) const;
    [[nodiscard]] std::vector<std::int32_t> ids(std::string_view text) const;
    [[nodiscard]] const std::string& bytes(std::int32_t id) const { return bytes_[static_cast<std::size_t>(id)]; }

    // tokenizer.json, vocab.json, merges.txt, tokenizer_config.json and special_tokens_map.json.
    void write(const std::filesystem::path& folder, std::size_t positions) const;

  private:
    Vocabulary();
    void add_merge(std::int32_t left, std::int32_t right);
    [[nodiscard]] const std::vector<std::int32_t>& encode_word(const std::string& word) const;
    [[nodiscard]] std::string spelled(std::int32_t id) const; // as the files spell it, " Paris" as "ĠParis"

    std::vector<std::string> bytes_; // per id
    std::vector<std::pair<std::int32_t, std::int32_t>> merges_;
    std::map<std::pair<std::int32_t, std::int32_t>, std::int32_t> merged_; // pair -> id; a lower id merges first
    mutable std::unordered_map<std::string, std::vector<std::int32_t>> cache_;
};

// GPT-2's splitting of ASCII text into words; every byte belongs to exactly one word.
[[nodiscard]] std::vector<std::pair<std::size_t, std::size_t>> split_words(std::string_view text);

} // namespace emend::demo
