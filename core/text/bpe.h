// SPDX-License-Identifier: GPL-3.0-or-later
// Byte-pair merging: the bytes of a word become tokens, and the pair of neighbours whose merge was learnt first is
// joined, again and again. A queue of pairs over a linked list makes that O(n log n) in the word's length. Thread
// safety: const after construction; the scratch belongs to the caller.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace emend {

class Bpe {
  public:
    static constexpr std::int32_t no_token = -1;

    struct Merge {
        std::int32_t left;
        std::int32_t right;
        std::int32_t result;
    };
    struct Symbol {
        std::int32_t id;
        std::uint32_t bytes; // of the word that the token covers
    };
    // Reused between calls to save allocations.
    struct Scratch;

    Bpe() = default;
    // byte_tokens: the token of every byte, or no_token. unknown_token stands for bytes without one; when it is
    // no_token too, such bytes are left out (as the reference does). Merges come in order of rank.
    Bpe(const std::array<std::int32_t, 256>& byte_tokens, const std::vector<Merge>& merges, std::int32_t unknown_token);

    // Words that are tokens as a whole are taken as such, whatever the merges say ("ignore_merges").
    void set_whole_words(std::unordered_map<std::string, std::int32_t> words) { whole_words_ = std::move(words); }

    // Appends the tokens of one word.
    void encode(std::string_view word, Scratch& scratch, std::vector<Symbol>& out) const;

  private:
    struct Rule {
        std::uint32_t rank;
        std::int32_t result;
    };
    [[nodiscard]] const Rule* find(std::int32_t left, std::int32_t right) const;

    std::array<std::int32_t, 256> byte_tokens_{};
    std::int32_t unknown_token_ = no_token;
    std::unordered_map<std::uint64_t, Rule> rules_;
    std::unordered_map<std::string, std::int32_t> whole_words_;
};

struct Bpe::Scratch {
    struct Node {
        std::int32_t id;
        std::uint32_t bytes;
        std::int32_t previous;
        std::int32_t next;
        std::uint32_t rank;  // of the merge with the next node; no_rank when there is none
        std::int32_t result; // of that merge
    };
    std::vector<Node> nodes;
    std::vector<std::uint64_t> queue; // rank << 32 | node, lowest first
};

} // namespace emend
