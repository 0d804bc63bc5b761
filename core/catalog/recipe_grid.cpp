// SPDX-License-Identifier: GPL-3.0-or-later
// A grid of recipes: read from JSON, and written out as the recipes it stands for.
#include "base/spelling.h"
#include "catalog/json_fields.h"
#include "emend/trial.h"

#include <algorithm>
#include <cmath>
#include <optional>

namespace emend {

namespace {

using catalog::Json;

Recipe read_base(const Json& value, const std::string& where, const ModelInfo& model, const Recipe& base) {
    if (!value.is_object())
        catalog::wrong_type(value, where, "a recipe");
    const std::string text = value.dump();
    // Once to learn the algorithm: another one's defaults fill what is left out.
    const std::string algorithm = recipe_from_json(text, base, where).algorithm;
    return algorithm == base.algorithm ? recipe_from_json(text, base, where)
                                       : recipe_from_json(text, default_recipe(model, algorithm), where);
}

std::vector<std::string> read_ids(const Json& value, const std::string& where) {
    std::vector<std::string> ids;
    for (const Json& entry : catalog::array(value, where))
        ids.push_back(catalog::text(entry, where));
    return ids;
}

void check_layers(const std::vector<int>& layers, const ModelInfo& model) {
    if (layers.empty())
        throw Error("no layer is chosen", "grid: layers", "name one, for example 5, or a range, 3-8");
    for (const int layer : layers)
        if (layer < 0 || layer >= model.layers)
            throw Error("the model has no layer " + std::to_string(layer), "grid: layers",
                        "its layers are 0 to " + std::to_string(model.layers - 1));
}

// The base with another algorithm: its own defaults, but for what belongs to the model and the edits, and how values
// are found where both look in the same place - then they are found once for both.
Recipe with_algorithm(const Recipe& base, std::string_view algorithm, const ModelInfo& model) {
    const AlgorithmInfo& row = find_algorithm(algorithm);
    const AlgorithmInfo& before = find_algorithm(base.algorithm);
    if (row.id == before.id)
        return base;
    Recipe recipe = default_recipe(model, row.id);
    recipe.use_statistics = base.use_statistics;
    recipe.statistics_tokens = base.statistics_tokens;
    recipe.corpus = base.corpus;
    recipe.statistics_file = base.statistics_file;
    recipe.contexts.seed = base.contexts.seed;
    if (row.fine_tunes || before.fine_tunes)
        return recipe;
    if (row.value_at_mlp == before.value_at_mlp) {
        const auto after_argmax = recipe.values.steps_after_argmax;
        recipe.values = base.values;
        recipe.values.steps_after_argmax = after_argmax;
    }
    if (row.grouped_contexts == before.grouped_contexts)
        recipe.contexts = base.contexts;
    return recipe;
}

// The recipe with what cannot be told apart written the same way.
Recipe settled(Recipe recipe) {
    if (recipe.distribution == "single" && recipe.layers.size() > 1)
        recipe.layers = {recipe.layers.back()};
    if (recipe.layers.size() == 1)
        recipe.distribution = "single"; // one layer takes all
    if (find_algorithm(recipe.algorithm).fine_tunes)
        recipe.softness.reset();
    return recipe;
}

// What a part of the grid names, or the one thing that stands there already.
template<typename T>
std::vector<std::optional<T>> named_or_kept(const std::vector<T>& named) {
    if (named.empty())
        return {std::nullopt};
    return {named.begin(), named.end()};
}

} // namespace

RecipeGrid grid_from_json(std::string_view text, std::string_view where, const ModelInfo& model, Recipe& base) {
    const Json json = catalog::parse_object(text, where);
    const std::vector<std::string> known{"algorithms", "layers", "distributions", "softness", "base"};
    RecipeGrid grid;
    Recipe changed = base;
    for (const auto& [key, value] : json.items()) {
        const std::string place = std::string(where) + ": " + key;
        if (key == "algorithms") {
            grid.algorithms = read_ids(value, place);
        } else if (key == "distributions") {
            grid.distributions = read_ids(value, place);
        } else if (key == "layers") {
            for (const Json& entry : catalog::array(value, place))
                grid.layers.push_back(catalog::layers(entry, place));
        } else if (key == "softness") {
            grid.softness = catalog::numbers(value, place);
        } else if (key == "base") {
            changed = read_base(value, place, model, base);
        } else {
            throw Error("a grid has no key \"" + key + "\"" + did_you_mean(key, known), place,
                        "known are algorithms, layers, distributions, softness and base");
        }
    }
    static_cast<void>(recipes_of(grid, changed, model)); // faults of what is named come to light here
    base = std::move(changed);
    return grid;
}

GridRecipes recipes_of(const RecipeGrid& grid, const Recipe& base, const ModelInfo& model) {
    for (const std::vector<int>& layers : grid.layers)
        check_layers(layers, model);
    for (const double softness : grid.softness)
        if (!(softness >= 0) || std::isinf(softness))
            throw Error("a softness must be a number of at least 0", "grid: softness", "0 memorizes exactly");
    std::vector<Recipe> recipes;
    for (const auto& algorithm : named_or_kept(grid.algorithms)) {
        const Recipe start = with_algorithm(base, algorithm.value_or(base.algorithm), model);
        for (const auto& layers : named_or_kept(grid.layers))
            for (const auto& distribution : named_or_kept(grid.distributions))
                for (const auto& softness : named_or_kept(grid.softness)) {
                    Recipe recipe = start;
                    if (layers)
                        recipe.layers = *layers;
                    if (distribution)
                        recipe.distribution = find_distribution(*distribution).id;
                    else if (layers && recipe.distribution == "single" &&
                             !writes_one_layer(find_algorithm(recipe.algorithm)))
                        recipe.distribution = "spread"; // over them all, unless somebody says otherwise
                    if (softness)
                        recipe.softness = softness;
                    recipe = settled(std::move(recipe));
                    if (std::ranges::find(recipes, recipe) != recipes.end())
                        continue;
                    if (recipes.size() == largest_grid)
                        throw Error("the grid has more than " + std::to_string(largest_grid) + " recipes", "grid",
                                    "leave out what you know already");
                    recipes.push_back(std::move(recipe));
                }
    }
    return {.recipes = std::move(recipes), .skipped = {}};
}

} // namespace emend
