// SPDX-License-Identifier: GPL-3.0-or-later
// Comma-separated values as people save them: quoted fields with line breaks in them, CRLF, a byte-order mark;
// semicolons and tabs are recognised by the first line.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace emend {

// Rows of fields; empty lines are left out. lines: the line each row begins in, from 1. Throws Error for a quote that
// is never closed.
std::vector<std::vector<std::string>> parse_csv(std::string_view text, const std::string& where,
                                                std::vector<std::size_t>* lines = nullptr);

} // namespace emend
