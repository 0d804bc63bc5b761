// SPDX-License-Identifier: GPL-3.0-or-later
// Comma-separated values to write: numbers that read back as they were, texts with their commas and quotes.
#pragma once

#include <string>
#include <string_view>

namespace emend::cli {

// --csv says so for standard output, which then carries the table alone.
inline constexpr std::string_view standard_output = "-";
// A check for CLI11 of --csv: a file, or standard output.
std::string names_a_table(const std::string& value);

// The shortest digits that read back as the same number, whatever the locale; nothing for what is no finite number.
std::string digits(double value);
// The text as one field: in quotes where it needs them.
std::string csv_field(std::string_view text);

} // namespace emend::cli
