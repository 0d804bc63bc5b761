// SPDX-License-Identifier: GPL-3.0-or-later
#include "plots/color_maps.h"

#include "emend/viridis.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace emend::ui {

QColor viridis(double amount) {
    const std::array<double, 3> color = emend::viridis(amount);
    return {static_cast<int>(std::lround(color[0])), static_cast<int>(std::lround(color[1])),
            static_cast<int>(std::lround(color[2]))};
}

QColor diverging(double amount) {
    using Rgb = std::array<double, 3>;
    constexpr std::array<Rgb, 3> below{{{245, 245, 243}, {122, 168, 222}, {30, 84, 170}}}; // by size
    constexpr std::array<Rgb, 3> above{{{245, 245, 243}, {238, 146, 116}, {178, 28, 44}}};
    const std::array<Rgb, 3>& side = amount < 0 ? below : above;
    const double place = std::min(std::abs(amount), 1.0) * static_cast<double>(side.size() - 1);
    const auto low = std::min(static_cast<std::size_t>(place), side.size() - 2);
    const double share = place - static_cast<double>(low);
    const auto mixed = [&](std::size_t c) {
        return static_cast<int>(std::lround(side[low][c] + share * (side[low + 1][c] - side[low][c])));
    };
    return {mixed(0), mixed(1), mixed(2)};
}

QColor viridisLine(double amount, bool dark) {
    return viridis(dark ? 0.35 + 0.65 * amount : 0.72 * amount);
}

} // namespace emend::ui
