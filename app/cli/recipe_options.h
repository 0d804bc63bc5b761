// SPDX-License-Identifier: GPL-3.0-or-later
// How to edit, from the command line, recipe files and presets.
#pragma once

#include "emend/recipe.h"
#include "program.h"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace emend::cli {

struct RecipeOptions {
    std::string file; // or the name of a preset
    std::string algorithm, distribution, layers, weights, statistics, corpus;
    struct Setting {
        std::string option;
        std::function<void(Recipe&)> apply;
    };
    std::vector<Setting> settings; // every other option that was given
};

// options must outlive the command.
void add_recipe_options(CLI::App* command, RecipeOptions& options);

// The two tables with their explanations, for people.
std::string algorithms_text();
Json algorithms_json();

// What can be seen before a model is there. Throws UsageError for options that do not fit, Error for a recipe that is
// not there.
void check_recipe_options(const RecipeOptions& options);

// What fits no model, of options alone or of options and the recipe's file. Gives the recipe as far as it is known: its
// algorithm, empty where not even that is. Throws UsageError for what the command line says, Error for what the file
// says.
Recipe check_recipe_fits(const RecipeOptions& options);

// Of the options that were given: those that none of the chosen algorithms has a use for, a sentence each.
std::vector<std::string> unknown_fields(const RecipeOptions& options, const std::vector<std::string>& chosen);

// Defaults for the model, then the recipe file, then single options. Checked. say: what the user should know about how
// the file was understood. Throws Error.
Recipe build_recipe(const RecipeOptions& options, const ModelInfo& model, std::optional<std::uint64_t> seed,
                    const std::function<void(const std::string&)>& say);

} // namespace emend::cli
