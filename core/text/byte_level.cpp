// SPDX-License-Identifier: GPL-3.0-or-later
#include "text/byte_level.h"

#include "base/utf8.h"

#include <array>

namespace emend {
namespace {

constexpr bool printable(unsigned byte) {
    return (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE;
}

// Printable bytes of Latin-1 spell themselves; the others take the characters from U+0100 on, in order.
struct Alphabet {
    std::array<char32_t, 256> character{};
    std::array<std::int16_t, 0x144> byte{};

    constexpr Alphabet() {
        for (auto& entry : byte)
            entry = -1;
        char32_t next = 0x100;
        for (unsigned value = 0; value < 256; ++value) {
            character[value] = printable(value) ? value : next++;
            byte[character[value]] = static_cast<std::int16_t>(value);
        }
    }
};

constexpr Alphabet alphabet;
static_assert(alphabet.character[' '] == 0x120);

} // namespace

char32_t byte_to_character(std::uint8_t byte) noexcept {
    return alphabet.character[byte];
}

std::optional<std::uint8_t> character_to_byte(char32_t character) noexcept {
    if (character >= alphabet.byte.size() || alphabet.byte[character] < 0)
        return std::nullopt;
    return static_cast<std::uint8_t>(alphabet.byte[character]);
}

std::string spelling_to_bytes(std::string_view spelling) {
    std::string bytes;
    for (std::size_t at = 0; at < spelling.size();) {
        const Utf8Step step = utf8_next(spelling, at);
        const auto byte = character_to_byte(step.code_point);
        if (!byte)
            return std::string(spelling);
        bytes.push_back(static_cast<char>(*byte));
        at += step.bytes;
    }
    return bytes;
}

std::string bytes_to_spelling(std::string_view bytes) {
    std::string spelling;
    for (const char byte : bytes)
        append_utf8(spelling, byte_to_character(static_cast<std::uint8_t>(byte)));
    return spelling;
}

} // namespace emend
