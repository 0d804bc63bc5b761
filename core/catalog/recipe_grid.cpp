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

// The list of a choice.
const Json& choices_of(const Json& value, const std::string& where) {
    if (catalog::array(value, where).empty())
        throw Error("nothing to choose from", where, "name one or more, or leave the key out");
    return value;
}

std::vector<std::string> read_ids(const Json& value, const std::string& where) {
    std::vector<std::string> ids;
    for (const Json& entry : choices_of(value, where))
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

// What was chosen in the base, which is what differs from its algorithm's own default, for another algorithm that has
// the field.
class Choices {
  public:
    Choices(const Recipe& base, const ModelInfo& model)
        : base_(base)
        , usual_(default_recipe(model, base.algorithm)) {}

    // Which layers, and how they share.
    void take_layers(Recipe& recipe) const {
        const bool layers = base_.layers != usual_.layers;
        if (layers)
            recipe.layers = base_.layers;
        if (writes_one_layer(find_algorithm(recipe.algorithm)))
            return;
        if (base_.distribution != usual_.distribution && base_.layers.size() > 1) {
            recipe.distribution = base_.distribution;
            recipe.weights = base_.weights;
        } else if (layers) {
            recipe.distribution = base_.layers.size() > 1 ? "spread" : "single";
        }
    }
    // Of the formula: softness only where it is usually the same.
    void take_update(Recipe& recipe) const {
        const AlgorithmInfo& row = find_algorithm(recipe.algorithm);
        if (row.default_softness == find_algorithm(base_.algorithm).default_softness)
            take(&Recipe::softness, recipe);
        if (row.stabilised)
            take(&Recipe::alpha, recipe);
        if (!row.one_at_a_time) {
            take(&Recipe::batch, recipe);
            take(&Recipe::merge_subjects, recipe);
        }
        take(&Recipe::statistics_weight, recipe);
        take(&Recipe::ridge, recipe);
        if (!row.in_null_space)
            take(&Recipe::norm_weight, recipe);
        else
            take(&Recipe::null_space_threshold, recipe);
    }
    // The clamp is in lengths of a state: of another state only where values are found in the same place. There values
    // are found once for both.
    void take_values(Recipe& recipe) const {
        const bool same_place =
            find_algorithm(recipe.algorithm).value_at_mlp == find_algorithm(base_.algorithm).value_at_mlp;
        ValueSearch& values = recipe.values;
        const auto take_value = [&](auto field) {
            if (base_.values.*field != usual_.values.*field || same_place)
                values.*field = base_.values.*field;
        };
        take_value(&ValueSearch::steps);
        take_value(&ValueSearch::learning_rate);
        take_value(&ValueSearch::weight_decay);
        take_value(&ValueSearch::kl_factor);
        take_value(&ValueSearch::stop_loss);
        if (same_place)
            values.clamp = base_.values.clamp;
        if (base_.values.steps_after_argmax != usual_.values.steps_after_argmax)
            values.steps_after_argmax = base_.values.steps_after_argmax;
    }
    void take_contexts(Recipe& recipe) const {
        const bool same_groups =
            find_algorithm(recipe.algorithm).grouped_contexts == find_algorithm(base_.algorithm).grouped_contexts;
        if (same_groups || base_.contexts.groups != usual_.contexts.groups ||
            base_.contexts.samples != usual_.contexts.samples)
            recipe.contexts = base_.contexts;
    }

  private:
    template<typename T>
    void take(T Recipe::*field, Recipe& recipe) const {
        if (base_.*field != usual_.*field)
            recipe.*field = base_.*field;
    }

    const Recipe& base_;
    const Recipe usual_;
};

// The base with another algorithm: its own defaults, but for what belongs to the model and the edits, and what was
// chosen in the base and means the same here.
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
    const Choices choices(base, model);
    choices.take_layers(recipe);
    if (row.fine_tunes || before.fine_tunes) // its steps are of the matrix itself
        return recipe;
    choices.take_update(recipe);
    choices.take_values(recipe);
    choices.take_contexts(recipe);
    return recipe;
}

// The recipe with what cannot be told apart written the same way.
Recipe settled(Recipe recipe) {
    if (recipe.distribution == "single" && recipe.layers.size() > 1 &&
        !writes_one_layer(find_algorithm(recipe.algorithm)))
        recipe.layers = {recipe.layers.back()};
    if (recipe.layers.size() == 1)
        recipe.distribution = "single"; // one layer takes all
    if (find_algorithm(recipe.algorithm).fine_tunes)
        recipe.softness.reset();
    return recipe;
}

// Why a combination came to the same as another.
std::string why_the_same(const Recipe& asked, const Recipe& recipe) {
    if (asked.softness && !recipe.softness)
        return ": " + recipe.algorithm + " has no softness";
    if (asked.layers != recipe.layers)
        return ": \"single\" writes the last layer";
    if (asked.distribution != recipe.distribution)
        return ": one layer takes all";
    return {};
}

// Collects what can be run, without doubles, and what cannot with its reason.
class RecipeList {
  public:
    explicit RecipeList(const ModelInfo& model)
        : model_(model) {}

    // All combinations of one algorithm, in order.
    void add(const std::vector<Recipe>& asked) {
        const bool one_layer = writes_one_layer(find_algorithm(asked.front().algorithm));
        const auto too_many = [&](const Recipe& recipe) { return one_layer && recipe.layers.size() > 1; };
        const bool nothing_else = std::ranges::all_of(asked, too_many);
        for (const Recipe& recipe : asked) {
            if (!too_many(recipe)) {
                add(recipe, recipe);
                continue;
            }
            const std::string what = recipe.algorithm + " writes one layer";
            Recipe last = recipe;
            last.layers = {recipe.layers.back()};
            if (!nothing_else)
                skip(recipe, what + ", not " + layers_to_text(recipe.layers));
            else if (add(recipe, last))
                skip(recipe, what + ": run on layer " + std::to_string(last.layers.front()));
        }
    }
    [[nodiscard]] GridRecipes take() && {
        if (list_.recipes.empty())
            throw Error("nothing of the grid can be tried: " + list_.skipped.front().reason, "grid",
                        "choose other layers, or an algorithm that can write them");
        return std::move(list_);
    }

  private:
    bool add(const Recipe& asked, const Recipe& runnable) {
        Recipe recipe = settled(runnable);
        if (const auto same = std::ranges::find(list_.recipes, recipe); same != list_.recipes.end()) {
            skip(asked,
                 "the same as row " + std::to_string(same - list_.recipes.begin() + 1) + why_the_same(asked, recipe));
            return false;
        }
        try {
            check_recipe(recipe, model_);
        } catch (const Error& error) {
            skip(asked, error.message());
            return false;
        }
        if (list_.recipes.size() == largest_grid)
            throw Error("the grid has more than " + std::to_string(largest_grid) + " recipes", "grid",
                        "leave out what you know already");
        list_.recipes.push_back(std::move(recipe));
        return true;
    }
    void skip(const Recipe& asked, std::string reason) {
        constexpr std::size_t most = 10 * largest_grid;
        if (list_.skipped.size() == most)
            throw Error("the grid names the same again and again", "grid", "name every choice once");
        list_.skipped.push_back({asked, std::move(reason)});
    }

    const ModelInfo& model_;
    GridRecipes list_;
};

void check_size(std::size_t combinations) {
    constexpr std::size_t most = 100 * largest_grid; // many of which may be the same
    if (combinations > most)
        throw Error("the grid has more than " + std::to_string(largest_grid) + " recipes", "grid",
                    "leave out what you know already");
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
            for (const Json& entry : choices_of(value, place))
                grid.layers.push_back(catalog::layers(entry, place));
        } else if (key == "softness") {
            grid.softness = catalog::numbers(choices_of(value, place), place);
        } else if (key == "base") {
            changed = read_base(value, place, model, base);
        } else {
            throw Error("a grid has no key \"" + key + "\"" + did_you_mean(key, known), place,
                        "known are algorithms, layers, distributions, softness and base");
        }
    }
    // What is named there goes for every algorithm, also where it is the base's own default or means something else.
    const Json said = json.value("base", Json::object());
    if (grid.layers.empty() && said.contains("layers"))
        grid.layers = {changed.layers};
    if (grid.distributions.empty() && said.contains("distribution"))
        grid.distributions = {changed.distribution};
    if (grid.softness.empty() && said.contains("softness") && changed.softness)
        grid.softness = {*changed.softness};
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
    RecipeList list(model);
    for (const auto& algorithm : named_or_kept(grid.algorithms)) {
        const Recipe start = with_algorithm(base, algorithm.value_or(base.algorithm), model);
        const bool one_layer = writes_one_layer(find_algorithm(start.algorithm));
        std::vector<Recipe> asked;
        for (const auto& layers : named_or_kept(grid.layers))
            for (const auto& distribution : named_or_kept(grid.distributions))
                for (const auto& softness : named_or_kept(grid.softness)) {
                    Recipe& recipe = asked.emplace_back(start);
                    if (layers)
                        recipe.layers = *layers;
                    if (distribution)
                        recipe.distribution = find_distribution(*distribution).id;
                    else if (layers && recipe.distribution == "single" && !one_layer)
                        recipe.distribution = "spread"; // over them all, unless somebody says otherwise
                    if (softness)
                        recipe.softness = softness;
                    check_size(asked.size());
                }
        list.add(asked);
    }
    return std::move(list).take();
}

} // namespace emend
