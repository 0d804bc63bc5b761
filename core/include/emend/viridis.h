// SPDX-License-Identifier: GPL-3.0-or-later
// Colours for amounts: viridis, which also tells amounts apart in grey and for eyes that see no red or green.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>

namespace emend {

// Red, green and blue, 0 to 255, for 0 (dark) to 1 (light); beyond the ends: the ends.
inline std::array<double, 3> viridis(double amount) {
    // Every eighth of the map by van der Walt and Smith (2015, public domain); straight between them is within what an
    // eye can see.
    constexpr std::array<std::array<double, 3>, 9> stops{{{68, 1, 84},
                                                          {71, 44, 122},
                                                          {59, 81, 139},
                                                          {44, 113, 142},
                                                          {33, 144, 141},
                                                          {39, 173, 129},
                                                          {92, 200, 99},
                                                          {170, 220, 50},
                                                          {253, 231, 37}}};
    const double place = std::clamp(amount, 0.0, 1.0) * (stops.size() - 1);
    const auto low = std::min(static_cast<std::size_t>(place), stops.size() - 2);
    const double share = place - static_cast<double>(low);
    std::array<double, 3> color{};
    for (std::size_t c = 0; c < color.size(); ++c)
        color[c] = stops[low][c] + share * (stops[low + 1][c] - stops[low][c]);
    return color;
}

} // namespace emend
