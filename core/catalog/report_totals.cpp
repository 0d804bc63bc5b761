// SPDX-License-Identifier: GPL-3.0-or-later
#include "emend/report_totals.h"

#include <algorithm>
#include <cmath>

namespace emend {

LayerReport total_of(std::span<const LayerReport> layers) {
    LayerReport total;
    total.layer = -1;
    bool all_dimensions = true;
    for (const LayerReport& layer : layers) {
        total.update_norm = std::hypot(total.update_norm, layer.update_norm);
        total.weight_norm = std::hypot(total.weight_norm, layer.weight_norm);
        total.rank += layer.rank;
        total.dimensions += layer.dimensions;
        all_dimensions = all_dimensions && layer.dimensions > 0;
        total.condition = std::max(total.condition, layer.condition);
        total.preservation += layer.preservation;
        total.memorization += layer.memorization;
        total.residual_share += layer.residual_share;
    }
    if (!all_dimensions)
        total.dimensions = 0;
    if (total.weight_norm > 0)
        total.relative_norm = total.update_norm / total.weight_norm;
    return total;
}

} // namespace emend
