// SPDX-License-Identifier: GPL-3.0-or-later
// Several tried recipes as JSON, as CSV and as people read them in a terminal.
#pragma once

#include "emend/trial.h"
#include "program.h"

#include <cstddef>
#include <iosfwd>
#include <string>
#include <vector>

namespace emend::cli {

// What came of trying.
struct TriedGrid {
    std::size_t edits = 0;
    Scores unedited; // of the model as it is
    std::vector<TrialRow> rows;
    std::vector<SkippedRecipe> skipped;
};

// A row as soon as it is there.
std::string line_of(const TrialRow& row, std::size_t edits);
// "ROME, single, layer 3"
std::string name_of(const Recipe& recipe);

// edits, unedited, rows in the grid's order, best, skipped: [{recipe, reason}].
Json to_json(const TriedGrid& tried);

// A row a recipe.
std::string rows_csv(const std::vector<TrialRow>& rows);

// The unedited model first, then the best recipe on top; below what was not tried, and by what the best was chosen.
void print_tried(const TriedGrid& tried, std::ostream& out);

} // namespace emend::cli
