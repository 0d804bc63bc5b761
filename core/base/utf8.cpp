// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/utf8.h"

namespace emend {

Utf8Step utf8_next(std::string_view text, std::size_t at) noexcept {
    if (at >= text.size())
        return {};
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char lead = byte(at);
    if (lead < 0x80)
        return {lead, 1, true, false};

    // Length, and the range of the second byte, which excludes overlong forms, surrogates and values above U+10FFFF.
    std::size_t length = 0;
    unsigned char low = 0x80;
    unsigned char high = 0xBF;
    char32_t value = 0;
    if (lead >= 0xC2 && lead <= 0xDF) {
        length = 2;
        value = lead & 0x1FU;
    } else if (lead >= 0xE0 && lead <= 0xEF) {
        length = 3;
        value = lead & 0x0FU;
        low = lead == 0xE0 ? 0xA0 : 0x80;
        high = lead == 0xED ? 0x9F : 0xBF;
    } else if (lead >= 0xF0 && lead <= 0xF4) {
        length = 4;
        value = lead & 0x07U;
        low = lead == 0xF0 ? 0x90 : 0x80;
        high = lead == 0xF4 ? 0x8F : 0xBF;
    } else {
        return {0xFFFD, 1, false, false};
    }
    for (std::size_t i = 1; i < length; ++i) {
        if (at + i >= text.size())
            return {0xFFFD, static_cast<std::uint8_t>(i), false, true};
        const unsigned char next = byte(at + i);
        if (next < low || next > high)
            return {0xFFFD, static_cast<std::uint8_t>(i), false, false};
        value = (value << 6U) | (next & 0x3FU);
        low = 0x80;
        high = 0xBF;
    }
    return {value, static_cast<std::uint8_t>(length), true, false};
}

bool is_valid_utf8(std::string_view text) noexcept {
    for (std::size_t at = 0; at < text.size();) {
        const Utf8Step step = utf8_next(text, at);
        if (!step.valid)
            return false;
        at += step.bytes;
    }
    return true;
}

std::string utf8_lossy(std::string_view text) {
    std::vector<std::uint32_t> ignored;
    return utf8_lossy(text, ignored);
}

std::string utf8_lossy(std::string_view text, std::vector<std::uint32_t>& origin) {
    origin.clear();
    if (is_valid_utf8(text))
        return std::string(text);
    std::string out;
    out.reserve(text.size() + 16);
    origin.reserve(text.size() + 16);
    for (std::size_t at = 0; at < text.size();) {
        const Utf8Step step = utf8_next(text, at);
        const std::string_view character = step.valid ? text.substr(at, step.bytes) : replacement_character;
        out += character;
        for (std::size_t i = 0; i < character.size(); ++i)
            origin.push_back(static_cast<std::uint32_t>(step.valid ? at + i : at));
        at += step.bytes;
    }
    origin.push_back(static_cast<std::uint32_t>(text.size()));
    return out;
}

void append_utf8(std::string& out, char32_t code_point) {
    const auto put = [&](char32_t value) { out.push_back(static_cast<char>(static_cast<unsigned char>(value))); };
    if (code_point < 0x80) {
        put(code_point);
    } else if (code_point < 0x800) {
        put(0xC0U | (code_point >> 6U));
        put(0x80U | (code_point & 0x3FU));
    } else if (code_point < 0x10000) {
        put(0xE0U | (code_point >> 12U));
        put(0x80U | ((code_point >> 6U) & 0x3FU));
        put(0x80U | (code_point & 0x3FU));
    } else {
        put(0xF0U | (code_point >> 18U));
        put(0x80U | ((code_point >> 12U) & 0x3FU));
        put(0x80U | ((code_point >> 6U) & 0x3FU));
        put(0x80U | (code_point & 0x3FU));
    }
}

bool is_white_space(char32_t c) noexcept {
    return (c >= 0x09 && c <= 0x0D) || c == 0x20 || c == 0x85 || c == 0xA0 || c == 0x1680 ||
           (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

std::string_view trim_white_space(std::string_view text) noexcept {
    while (!text.empty()) {
        const Utf8Step step = utf8_next(text, 0);
        if (!is_white_space(step.code_point))
            break;
        text.remove_prefix(step.bytes);
    }
    while (!text.empty()) {
        std::size_t last = text.size() - 1;
        while (last > 0 && (static_cast<unsigned char>(text[last]) & 0xC0U) == 0x80U)
            --last;
        const Utf8Step step = utf8_next(text, last);
        if (!is_white_space(step.code_point) || last + step.bytes != text.size())
            break;
        text = text.substr(0, last);
    }
    return text;
}

} // namespace emend
