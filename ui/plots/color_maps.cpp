// SPDX-License-Identifier: GPL-3.0-or-later
#include "plots/color_maps.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace emend::ui {

QColor viridis(double amount) {
    // Every eighth of the map by van der Walt and Smith (2015); straight between them is within what an eye can see.
    static constexpr std::array<std::array<double, 3>, 9> stops{{{68, 1, 84},
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
    const double f = place - static_cast<double>(low);
    const auto mix = [&](std::size_t c) {
        return static_cast<int>(std::lround(stops[low][c] + f * (stops[low + 1][c] - stops[low][c])));
    };
    return {mix(0), mix(1), mix(2)};
}

QColor viridisLine(double amount, bool dark) {
    return viridis(dark ? 0.35 + 0.65 * amount : 0.72 * amount);
}

} // namespace emend::ui
