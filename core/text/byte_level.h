// SPDX-License-Identifier: GPL-3.0-or-later
// The alphabet of byte-level vocabularies: every byte is written as one printable character ("Ġ" is the space), so that
// token spellings are text. (GPT-2, Radford et al. 2019.)
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace emend {

// The character a byte is spelt as.
[[nodiscard]] char32_t byte_to_character(std::uint8_t byte) noexcept;

// The byte a character stands for; empty for characters outside the alphabet.
[[nodiscard]] std::optional<std::uint8_t> character_to_byte(char32_t character) noexcept;

// The bytes a spelling stands for. A spelling with characters outside the alphabet stands for itself.
[[nodiscard]] std::string spelling_to_bytes(std::string_view spelling);

[[nodiscard]] std::string bytes_to_spelling(std::string_view bytes);

} // namespace emend
