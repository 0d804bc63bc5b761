// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/markup.h"

#include "base/utf8.h"

namespace emend {

namespace {

// Not in XML: most controls, and what is no character. Overrides of the direction would turn around what stands beside.
bool may_be_shown(char32_t character) {
    const bool control = (character < 0x20 && character != '\n' && character != '\t') ||
                         (character >= 0x7F && character < 0xA0) || character == 0xFFFE || character == 0xFFFF;
    const bool turns = (character >= 0x202A && character <= 0x202E) || (character >= 0x2066 && character <= 0x2069);
    return !control && !turns;
}

template<class Append>
std::string each_character(std::string_view text, Append append) {
    std::string out;
    out.reserve(text.size() + text.size() / 8);
    for (std::size_t at = 0; at < text.size();) {
        const Utf8Step step = utf8_next(text, at);
        at += step.bytes;
        append(out, may_be_shown(step.code_point) ? step.code_point : char32_t{0xFFFD});
    }
    return out;
}

} // namespace

std::string xml_text(std::string_view text) {
    return each_character(text, [](std::string& out, char32_t character) {
        switch (character) {
        case U'<':
            out += "&lt;";
            break;
        case U'>':
            out += "&gt;";
            break;
        case U'&':
            out += "&amp;";
            break;
        case U'"':
            out += "&quot;";
            break;
        default:
            append_utf8(out, character);
        }
    });
}

std::string markdown_text(std::string_view text) {
    constexpr std::u32string_view marks = U"\\`*_[]#|~";
    return each_character(text, [&](std::string& out, char32_t character) {
        if (character == U'<')
            out += "&lt;";
        else if (character == U'&')
            out += "&amp;";
        else if (character == U'\n')
            out += "\xE2\x8F\x8E"; // ⏎
        else {
            if (marks.find(character) != std::u32string_view::npos)
                out += '\\';
            append_utf8(out, character);
        }
    });
}

} // namespace emend
