// SPDX-License-Identifier: GPL-3.0-or-later
#include "plots/color_maps.h"

#include "emend/viridis.h"

#include <array>
#include <cmath>

namespace emend::ui {

QColor viridis(double amount) {
    const std::array<double, 3> color = emend::viridis(amount);
    return {static_cast<int>(std::lround(color[0])), static_cast<int>(std::lround(color[1])),
            static_cast<int>(std::lround(color[2]))};
}

QColor viridisLine(double amount, bool dark) {
    return viridis(dark ? 0.35 + 0.65 * amount : 0.72 * amount);
}

} // namespace emend::ui
