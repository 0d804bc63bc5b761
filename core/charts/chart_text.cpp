// SPDX-License-Identifier: GPL-3.0-or-later
#include "charts/chart_text.h"

#include "base/utf8.h"
#include "charts/painter.h"

#include <charconv>
#include <cmath>
#include <cstdint>

namespace emend::charts {

namespace {

constexpr std::string_view open_box = "\xE2\x90\xA3"; // ␣
constexpr std::string_view ellipsis = "\xE2\x80\xA6"; // …

// Not in XML: what is no character, and most controls.
bool is_drawable(char32_t code_point) {
    return code_point >= 0x20 && !(code_point >= 0x7F && code_point < 0xA0) && code_point != 0xFFFE &&
           code_point != 0xFFFF;
}

} // namespace

std::string visible(std::string_view text) {
    std::size_t begin = 0;
    while (begin < text.size() && text[begin] == ' ')
        ++begin;
    std::size_t end = text.size();
    while (end > begin && text[end - 1] == ' ')
        --end;
    std::string shown;
    for (std::size_t i = 0; i < begin; ++i)
        shown += open_box;
    for (std::size_t at = begin; at < end;) {
        const Utf8Step step = utf8_next(text.substr(0, end), at);
        at += step.bytes;
        if (step.code_point == U'\n')
            shown += "\xE2\x8F\x8E"; // ⏎
        else if (step.code_point == U'\t')
            shown += "\xE2\x87\xA5"; // ⇥
        else
            append_utf8(shown, is_drawable(step.code_point) ? step.code_point : char32_t{0xFFFD});
    }
    for (std::size_t i = end; i < text.size(); ++i)
        shown += open_box;
    return shown;
}

std::string elided(std::string_view text, double width, double size, bool bold) {
    if (text_width(text, size, bold) <= width)
        return std::string(text);
    std::size_t fits = 0, too_long = text.size();
    const auto cut = [&](std::size_t bytes) {
        while (bytes > 0 && (static_cast<unsigned char>(text[bytes]) & 0xC0) == 0x80)
            --bytes; // not within a character
        return std::string(text.substr(0, bytes)) + std::string(ellipsis);
    };
    while (too_long - fits > 1) {
        const std::size_t middle = fits + (too_long - fits) / 2;
        (text_width(cut(middle), size, bold) <= width ? fits : too_long) = middle;
    }
    return cut(fits);
}

std::string fixed(double value, int decimals) {
    const double shown = std::abs(value) < 0.5 * std::pow(10, -decimals) ? 0 : value;
    char buffer[512]; // the largest double has 309 digits
    const auto written = std::to_chars(buffer, buffer + sizeof buffer, shown, std::chars_format::fixed, decimals);
    return {buffer, written.ptr};
}

std::string number(double value) {
    if (std::isnan(value))
        return "not run";
    const double amount = std::abs(value);
    if (amount == 0 || (amount >= 0.01 && amount < 1000))
        return fixed(value, 3);
    char buffer[64];
    const auto written = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::general, 4);
    return {buffer, written.ptr};
}

} // namespace emend::charts
