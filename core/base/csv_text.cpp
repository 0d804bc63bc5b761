// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/csv_text.h"

#include <charconv>
#include <cmath>

namespace emend {

std::string digits(double value) {
    if (!std::isfinite(value))
        return {};
    char buffer[64];
    const auto written = std::to_chars(buffer, buffer + sizeof buffer, value);
    return {buffer, written.ptr};
}

std::string digits(const std::optional<double>& value) {
    return value ? digits(*value) : std::string();
}

std::string csv_field(std::string_view text) {
    // Spaces at the ends belong to a token; some readers take them away where there are no quotes.
    const bool plain =
        text.find_first_of(",;\t\"\r\n") == std::string_view::npos && !text.starts_with(' ') && !text.ends_with(' ');
    if (plain)
        return std::string(text);
    std::string field = "\"";
    for (const char c : text) {
        if (c == '"')
            field += '"';
        field += c;
    }
    return field + '"';
}

} // namespace emend
