// SPDX-License-Identifier: GPL-3.0-or-later
// Several recipes on the same edits, each on its own copy of the matrices it writes; the model stays as it is.
#pragma once

#include "emend/model_info.h"
#include "emend/recipe.h"
#include "emend/report.h"
#include "emend/scores.h"

#include <string>
#include <string_view>
#include <vector>

namespace emend {

// Every combination; an empty list keeps what the base recipe has.
struct RecipeGrid {
    std::vector<std::string> algorithms;
    std::vector<std::vector<int>> layers;
    std::vector<std::string> distributions;
    std::vector<double> softness;
};
inline constexpr std::size_t largest_grid = 200;

// {"algorithms": [...], "layers": ["3-5", [4]], "distributions": [...], "softness": [...], "base": {a recipe}}; all
// keys optional, unknown ones are an Error. `base` is changed by the file's.
RecipeGrid grid_from_json(std::string_view json, std::string_view where, const ModelInfo& model, Recipe& base);
struct SkippedRecipe {
    Recipe recipe;      // as asked for
    std::string reason; // "ROME writes one layer", "the same as row 2"
};
struct GridRecipes {
    std::vector<Recipe> recipes;
    std::vector<SkippedRecipe> skipped;
};
// In the order algorithms, layers, distributions, softness (the last changes fastest). An algorithm that is not the
// base's brings its own defaults for what neither the grid names nor was chosen in the base, which is what differs
// there from the base's algorithm's own default and means the same here: softness only where the usual one is the same,
// the clamp only where values are found in the same place, nothing but layers, statistics and seed where one of the two
// fine-tunes. What a grid file's base names goes for all. Several named layers without a named distribution are spread;
// one layer is always single, and "single" is combined with the last of several layers only. What cannot be run, and
// what comes to the same as a row before, is skipped with its reason; an algorithm that writes one layer is run on the
// last of several, with a note in `skipped`, where nothing else of it is left. Throws Error for unknown names, layers
// the model has not, more than largest_grid, and when nothing is left.
GridRecipes recipes_of(const RecipeGrid& grid, const Recipe& base, const ModelInfo& model);

struct TrialRow {
    Recipe recipe; // as used
    Scores scores;
    std::size_t held = 0;     // edits whose new object the model says
    double relative_norm = 0; // largest over the layers
    double preservation = 0;  // sum over the layers; NaN without statistics
    double memorization = 0;  // sum over the layers; NaN for algorithms without keys (FT-L)
    std::vector<LayerReport> layers;
    double seconds = 0;
    std::size_t values_kept = 0;      // of the edits' values, how many were known already
    double p_new = 0;                 // mean over the edits: probability of the whole new object
    std::string problem, where, hint; // why this recipe could not be tried; then the numbers mean nothing
};

} // namespace emend
