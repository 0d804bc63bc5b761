// SPDX-License-Identifier: GPL-3.0-or-later
// Tokens that are cut out of a text before it is split into words: special tokens and others added to a vocabulary.
// Thread safety: const after the last add.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace emend {

struct AddedToken {
    std::int32_t id = 0;
    std::string text;
    bool single_word = false; // only where no word character touches it
    bool lstrip = false;      // takes the white space before it
    bool rstrip = false;      // and behind it
    bool normalized = false;  // looked for after those that are not, in what they left
    bool special = false;
};

class AddedTokens {
  public:
    struct Part {
        std::string_view text;
        std::int32_t id; // not_added for text that is still to be tokenised
    };
    static constexpr std::int32_t not_added = -1;

    void add(AddedToken token);

    // Cuts the text into added tokens and what lies between them; leftmost first, longest among those that begin
    // together.
    [[nodiscard]] std::vector<Part> split(std::string_view text) const;

  private:
    // By first byte, longest first.
    using Table = std::array<std::vector<AddedToken>, 256>;
    static void split(const Table& table, const Part& part, std::vector<Part>& out);

    Table plain_;
    Table normalized_;
    bool any_plain_ = false;
    bool any_normalized_ = false;
};

} // namespace emend
