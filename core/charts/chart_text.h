// SPDX-License-Identifier: GPL-3.0-or-later
// Texts of a chart: tokens that can be read, numbers that do not depend on the locale.
#pragma once

#include <string>
#include <string_view>

namespace emend::charts {

// Valid UTF-8 without control characters. Line breaks, tabs and spaces at the ends are shown as signs.
std::string visible(std::string_view text);
// Cut at the end so that it is no wider than `width` units.
std::string elided(std::string_view text, double width, double size, bool bold = false);
// Never "-0.000".
std::string fixed(double value, int decimals);
// "0.125": three decimals; four significant digits for what would vanish or be long; "not run" for NaN.
std::string number(double value);

} // namespace emend::charts
