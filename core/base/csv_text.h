// SPDX-License-Identifier: GPL-3.0-or-later
// Comma-separated values to write: numbers that read back as they were, texts with their commas and quotes. Plain
// functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace emend {

// The shortest digits that read back as the same number, whatever the locale; nothing for what is no finite number.
std::string digits(double value);
std::string digits(const std::optional<double>& value);
// The text as one field: in quotes where it needs them.
std::string csv_field(std::string_view text);

} // namespace emend
