// SPDX-License-Identifier: GPL-3.0-or-later
// One report for all the layers of a batch. Plain values, no state.
#pragma once

#include "emend/report.h"

#include <span>

namespace emend {

// Preservation, memorization, rank and share of the residual: sums. Norms: root of the sum of squares, as if the
// matrices were one. Condition: the worst. layer: -1; dimensions: the sum, 0 when one of them is not known. Of no
// layers: zeros, condition 1.
LayerReport total_of(std::span<const LayerReport> layers);

} // namespace emend
