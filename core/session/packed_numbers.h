// SPDX-License-Identifier: GPL-3.0-or-later
// Doubles made small without losing a bit: the bytes of equal weight are put side by side (exponents resemble each
// other, the rest hardly does), then zstd. Plain functions.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace emend {

std::string pack_numbers(std::span<const double> numbers);
// Fills `numbers`. Throws Error when `packed` does not hold exactly that many.
void unpack_numbers(std::string_view packed, std::span<double> numbers);

} // namespace emend
