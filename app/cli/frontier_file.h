// SPDX-License-Identifier: GPL-3.0-or-later
// The trade-off of a batch over softness as a file.
#pragma once

#include "emend/report.h"
#include "program.h"

#include <string>

namespace emend::cli {

// Rows {layer, softness, preservation, memorization, update_norm}; the sum over the layers has layer null. What is not
// known (NaN) is null.
Json frontier_rows(const Frontier& frontier);

// The whole file: a picture when the name ends in .png, .svg or .pdf, CSV when the name ends in .csv (layer "all" for
// the sum, applied 1 where the batch stands), else JSON with the rows, the softness as applied and the recipe's row of
// the tables.
std::string frontier_content(const std::string& file, const Frontier& frontier, const Recipe& recipe);

} // namespace emend::cli
