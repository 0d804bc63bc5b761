// SPDX-License-Identifier: GPL-3.0-or-later
// UTF-8 as bytes: what is valid, and how broken bytes are replaced. Broken sequences become one U+FFFD per maximal
// subpart (Unicode 15, section 3.9), as Python's errors="replace" and Rust's from_utf8_lossy do.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace emend {

inline constexpr std::string_view replacement_character = "\xEF\xBF\xBD";

struct Utf8Step {
    char32_t code_point = 0; // U+FFFD when the bytes are broken
    std::uint8_t bytes = 0;  // how many bytes the character or the broken maximal subpart takes; 0 at the end
    bool valid = true;
    bool incomplete = false; // broken only because the text ends here
};

// Reads one character at position `at`.
[[nodiscard]] Utf8Step utf8_next(std::string_view text, std::size_t at) noexcept;

[[nodiscard]] bool is_valid_utf8(std::string_view text) noexcept;

// The text with broken bytes replaced.
[[nodiscard]] std::string utf8_lossy(std::string_view text);
// The same; origin[i] is set to the offset in `text` of result byte i, with text.size() at the end. Left empty when
// nothing had to be replaced (then it would be the identity).
[[nodiscard]] std::string utf8_lossy(std::string_view text, std::vector<std::uint32_t>& origin);

void append_utf8(std::string& out, char32_t code_point);

// White_Space of the Unicode character database.
[[nodiscard]] bool is_white_space(char32_t code_point) noexcept;
// The text without white space at both ends.
[[nodiscard]] std::string_view trim_white_space(std::string_view text) noexcept;

} // namespace emend
