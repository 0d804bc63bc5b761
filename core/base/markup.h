// SPDX-License-Identifier: GPL-3.0-or-later
// Texts of anybody put into markup so that they stay texts. Broken bytes and control characters become U+FFFD.
#pragma once

#include <string>
#include <string_view>

namespace emend {

// For elements and for attributes in quotes. Line breaks and tabs stay.
std::string xml_text(std::string_view text);
// One line: line breaks become signs; nothing is read as markup, also not in a cell of a table.
std::string markdown_text(std::string_view text);

} // namespace emend
