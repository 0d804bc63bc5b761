// SPDX-License-Identifier: GPL-3.0-or-later
// The trade-off of a batch over softness as a file.
#pragma once

#include "emend/report.h"
#include "program.h"

#include <optional>
#include <string>

namespace emend::cli {

// "single" over what was solved: another distribution of the same edits.
struct OverlaidFrontier {
    std::string distribution;
    Frontier frontier;
};

// What --frontier is called must say what it becomes: throws UsageError naming the endings.
void check_frontier_file(const std::string& file);

// Rows {layer, softness, preservation, memorization, update_norm}; the sum over the layers has layer null. What is not
// known (NaN) is null.
Json frontier_rows(const Frontier& frontier);
Json to_json(const OverlaidFrontier& overlay); // {distribution, softness, rows}

// The whole file: a picture when the name ends in .png, .svg or .pdf, CSV when the name ends in .csv (layer "all" for
// the sum, applied 1 where the batch stands; with an overlay a column tells the distribution), else JSON with the rows,
// the softness as applied, the recipe's row of the tables, and the overlay.
std::string frontier_content(const std::string& file, const Frontier& frontier, const Recipe& recipe,
                             const std::optional<OverlaidFrontier>& overlay);

} // namespace emend::cli
