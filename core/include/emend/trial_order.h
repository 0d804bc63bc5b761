// SPDX-License-Identifier: GPL-3.0-or-later
// Which of several tried recipes is the best: one order for every place that shows them.
// Thread safety: pure.
#pragma once

#include "emend/trial.h"

#include <cstddef>
#include <vector>

namespace emend {

// Row numbers, the best first. What decides, one after another: whether the recipe could be tried; the score, and where
// it is unknown the mean of those of efficacy, paraphrase and neighbourhood that are known (0 when none is); more edits
// held; the smaller preservation, when every tried row has one, else the smaller relative norm. Rows that are equal in
// all of it, and the failed ones, keep their order.
std::vector<std::size_t> best_first(const std::vector<TrialRow>& rows);

} // namespace emend
