// SPDX-License-Identifier: GPL-3.0-or-later
#include "recipe_options.h"

#include "base/file.h"
#include "base/spelling.h"
#include "emend/error.h"
#include "emend/paths.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>

namespace emend::cli {

namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t largest_recipe = std::uint64_t{16} << 20; // contexts can be many; more is another kind of file

// "1,2,1"
std::vector<double> parse_weights(std::string_view text) {
    std::vector<double> weights;
    std::size_t begin = 0;
    while (begin <= text.size()) {
        const std::size_t end = std::min(text.find(',', begin), text.size());
        std::string_view part = text.substr(begin, end - begin);
        while (part.starts_with(' '))
            part.remove_prefix(1);
        while (part.ends_with(' '))
            part.remove_suffix(1);
        double weight = 0;
        const auto [stopped, code] = std::from_chars(part.data(), part.data() + part.size(), weight);
        if (part.empty() || code != std::errc() || stopped != part.data() + part.size() || !(weight > 0))
            throw Error("\"" + std::string(part) + "\" is not a number above 0", "--weights",
                        "write one for each layer, for example 1,2,1");
        weights.push_back(weight);
        begin = end + 1;
    }
    return weights;
}

// One option that sets one thing of the recipe.
template<typename T, typename Apply>
CLI::Option* setting(CLI::App* command, RecipeOptions& options, const char* group, const char* name, const char* text,
                     Apply apply) {
    return command
        ->add_option_function<T>(
            name,
            [&options, name, apply](const T& value) {
                options.settings.push_back({name, [apply, value](Recipe& recipe) { apply(recipe, value); }});
            },
            text)
        ->group(group);
}

std::vector<std::string> preset_names() {
    std::vector<std::string> names;
    std::error_code none;
    for (fs::directory_iterator entry(presets_dir(), none); !none && entry != fs::directory_iterator();
         entry.increment(none))
        if (entry->path().extension() == ".json")
            names.push_back(entry->path().stem().string());
    std::ranges::sort(names);
    return names;
}

void check_there(const std::string& file, const std::string& option, const std::string& hint) {
    std::error_code none;
    if (!file.empty() && !fs::exists(file, none))
        throw Error("there is no such file for " + option, file, hint);
}

// A file as it is named, else a preset of that name.
std::string recipe_file(const std::string& name) {
    std::error_code none;
    const bool path = name.find('/') != std::string::npos || name.ends_with(".json") || name.ends_with(".yaml") ||
                      name.ends_with(".yml");
    if (path)
        check_there(name, "--recipe", "check the path; a preset is named without folder and ending");
    if (path || fs::is_regular_file(name, none))
        return name;
    const fs::path preset = fs::path(presets_dir()) / (name + ".json");
    if (fs::is_regular_file(preset, none))
        return preset.string();
    const std::vector<std::string> names = preset_names();
    std::string known;
    for (const std::string& each : names)
        known += (known.empty() ? "presets are " : ", ") + each;
    throw Error("there is no recipe file and no preset \"" + name + "\"" + did_you_mean(name, names), presets_dir(),
                known.empty() ? "there are no presets yet; name a file, or keep one there with --save-recipe" : known);
}

bool names_an_algorithm(const std::string& text) {
    const Json json = Json::parse(text, nullptr, false);
    return !json.is_object() || json.contains("algorithm") || json.contains("alg_name");
}

// The option that set a field of the recipe ("values.steps"), if one did.
std::string option_of(const RecipeOptions& options, std::string field) {
    if (const std::size_t dot = field.find('.'); dot != std::string::npos)
        field.erase(0, dot + 1);
    std::ranges::replace(field, '_', '-');
    if (field == "use-statistics")
        field = "no-statistics";
    const std::string option = "--" + field;
    const bool given = std::ranges::any_of(options.settings, [&](const auto& s) { return s.option == option; }) ||
                       (field == "layers" && !options.layers.empty()) ||
                       (field == "weights" && !options.weights.empty()) ||
                       (field == "distribution" && !options.distribution.empty());
    return given ? option : std::string();
}

// Has every layer there can be: what does not fit it fits no model.
ModelInfo any_model() {
    ModelInfo model;
    model.layers = 4096;
    return model;
}

bool needs_formula(const AlgorithmInfo& row) {
    return !row.fine_tunes;
}
bool weighs_statistics(const AlgorithmInfo& row) { // the null space is where they are next to nothing
    return !row.fine_tunes && !row.in_null_space;
}

// Options of a field that not every algorithm knows.
struct PartialField {
    std::string_view option;
    bool (*known_by)(const AlgorithmInfo& row);
};
constexpr std::array partial_fields{
    PartialField{"--softness", needs_formula},
    PartialField{"--clamp", needs_formula},
    PartialField{"--kl-factor", needs_formula},
    PartialField{"--steps-after-argmax", needs_formula},
    PartialField{"--norm-weight", weighs_statistics},
    PartialField{"--ridge", weighs_statistics},
    PartialField{"--statistics-weight", weighs_statistics},
    PartialField{"--alpha", [](const AlgorithmInfo& row) { return row.stabilised; }},
    PartialField{"--null-space-threshold", [](const AlgorithmInfo& row) { return row.in_null_space; }},
    PartialField{"--largest-change", [](const AlgorithmInfo& row) { return row.fine_tunes; }},
    PartialField{"--merge-subjects", [](const AlgorithmInfo& row) { return !row.fine_tunes && !row.one_at_a_time; }},
    PartialField{"--distribution", [](const AlgorithmInfo& row) { return !writes_one_layer(row); }},
    PartialField{"--weights", [](const AlgorithmInfo& row) { return !writes_one_layer(row); }}};

} // namespace

std::string algorithms_text() {
    std::string text = "Algorithms:\n";
    const auto line = [&](std::string_view id, std::string_view explanation) {
        constexpr std::size_t width = 16;
        text += "  " + std::string(id) + std::string(width - std::min(width - 1, id.size()), ' ') +
                std::string(explanation) + "\n";
    };
    for (const AlgorithmInfo& row : algorithms())
        line(row.id, row.explanation);
    text += "Distributions:\n";
    for (const DistributionInfo& row : distributions())
        line(row.id, row.explanation);
    return text;
}

Json algorithms_json() {
    Json document{{"algorithms", Json::array()}, {"distributions", Json::array()}};
    for (const AlgorithmInfo& row : algorithms())
        document["algorithms"].push_back({{"id", row.id}, {"explanation", row.explanation}});
    for (const DistributionInfo& row : distributions())
        document["distributions"].push_back({{"id", row.id}, {"explanation", row.explanation}});
    return document;
}

void add_recipe_options(CLI::App* command, RecipeOptions& options) {
    const char* group = "Recipe";
    command
        ->add_option("--recipe", options.file, "Recipe file, a reference implementation's hparams, or a preset's name")
        ->group(group);
    std::string names;
    for (const AlgorithmInfo& row : algorithms())
        names += (names.empty() ? "" : ", ") + std::string(row.id);
    command->add_option("--algorithm", options.algorithm, names + " (default ROME)")
        ->check(readable(find_algorithm))
        ->group(group);
    names.clear();
    for (const DistributionInfo& row : distributions())
        names += (names.empty() ? "" : ", ") + std::string(row.id);
    command
        ->add_option("--distribution", options.distribution, names + " (default: single, spread over several layers)")
        ->check(readable(find_distribution))
        ->group(group);
    command->add_option("--layers", options.layers, "5, 3-8 or 0,1,2 (default: by model and algorithm)")
        ->check(readable(parse_layers))
        ->group(group);
    command->add_option("--weights", options.weights, "1,2,1: what each layer takes, distribution weights")
        ->check(readable(parse_weights))
        ->group(group);

    const auto number = [&](const char* name, const char* text, auto apply) {
        return setting<double>(command, options, group, name, text, apply)->check(not_negative());
    };
    const auto whole = [&](const char* name, const char* text, auto apply) {
        return setting<int>(command, options, group, name, text, apply);
    };
    const auto flag = [&](const char* name, const char* text, auto apply) {
        command
            ->add_flag_callback(
                name,
                [&options, name, apply] {
                    options.settings.push_back({name, apply});
                },
                text)
            ->group(group);
    };
    whole("--batch", "Edits solved together; 0 is all (default 0; ROME always 1)", [](Recipe& r, int v) {
        r.batch = v;
    })->check(not_negative());
    flag("--merge-subjects", "Edits of one subject share one key and one value (MEMIT-Merge)",
         [](Recipe& r) { r.merge_subjects = true; });

    group = "Update";
    number("--softness", "0 memorizes exactly; lambda of MEMIT, L2 of AlphaEdit (default: the algorithm's)",
           [](Recipe& r, double v) { r.softness = v; });
    number("--alpha", "EMMET: added to the system of several edits, for keys nearly the same",
           [](Recipe& r, double v) { r.alpha = v; });
    number("--norm-weight", "What the size of the update itself costs (ENCORE: lambda_n / lambda)",
           [](Recipe& r, double v) { r.norm_weight = v; });
    number("--null-space-threshold", "AlphaEdit: eigenvalues of C below this count as none",
           [](Recipe& r, double v) { r.null_space_threshold = v; });
    number("--largest-change", "FT-L: bound on the change of every entry; 0 is none",
           [](Recipe& r, double v) { r.largest_change = v; });

    group = "Value search";
    whole("--steps", "Steps at most", [](Recipe& r, int v) { r.values.steps = v; })->check(above_zero());
    number("--learning-rate", "Of Adam", [](Recipe& r, double v) { r.values.learning_rate = v; });
    number("--clamp", "The change is at most this times the hidden state's length",
           [](Recipe& r, double v) { r.values.clamp = v; });
    number("--kl-factor", "Weight of what the subject is staying as it was",
           [](Recipe& r, double v) { r.values.kl_factor = v; });
    number("--weight-decay", "Weight of the change's length", [](Recipe& r, double v) { r.values.weight_decay = v; });
    setting<double>(command, options, group, "--stop-loss", "A loss below this is good enough",
                    [](Recipe& r, double v) { r.values.stop_loss = v; });
    whole("--steps-after-argmax", "End so many steps after the object has become the likeliest (ENCORE); -1: go on",
          [](Recipe& r, int v) { r.values.steps_after_argmax = v < 0 ? std::nullopt : std::optional(v); });

    group = "Statistics";
    command->add_option("--statistics", options.statistics, "Statistics file (default: the cache)")->group(group);
    command->add_option("--corpus", options.corpus, "Text to collect them from (default: the model's corpus.txt)")
        ->group(group);
    setting<std::int64_t>(command, options, group, "--statistics-tokens",
                          "Collect over so many tokens; 0 is ten per dimension of the key",
                          [](Recipe& r, std::int64_t v) { r.statistics_tokens = v; })
        ->check(not_negative());
    number("--statistics-weight", "C is scaled by this", [](Recipe& r, double v) { r.statistics_weight = v; });
    number("--ridge", "Added to C, times its mean diagonal; 0 is none", [](Recipe& r, double v) { r.ridge = v; });
    flag("--no-statistics", "C is the identity: nothing is preserved on purpose",
         [](Recipe& r) { r.use_statistics = false; });
}

void check_recipe_options(const RecipeOptions& options) {
    if (!options.weights.empty() && !options.distribution.empty() &&
        !find_distribution(options.distribution).takes_weights)
        throw UsageError("--weights goes with --distribution weights, not with " + options.distribution);
    if (!options.file.empty())
        static_cast<void>(recipe_file(options.file));
    check_there(options.statistics, "--statistics", "collect them with emend-cli statistics, or leave the option out");
    check_there(options.corpus, "--corpus", "name a text file, or leave the option out for the model's own corpus.txt");
}

Recipe check_recipe_fits(const RecipeOptions& options) {
    try {
        return build_recipe(options, any_model(), {}, [](const std::string&) {});
    } catch (const Error& error) {
        const std::string& where = error.where();
        // Where layers are not named, they are the model's.
        const bool of_layers = where == "--distribution" || where == "--weights";
        const bool of_the_model = where.starts_with("recipe: ") || (of_layers && options.layers.empty());
        if (where.starts_with("--") && !of_the_model)
            throw UsageError(error.message(), where, error.hint());
        if (!of_the_model)
            throw;
    }
    Recipe known;
    known.algorithm = options.algorithm.empty() ? std::string_view() : find_algorithm(options.algorithm).id;
    return known;
}

std::vector<std::string> unknown_fields(const RecipeOptions& options, const std::vector<std::string>& chosen) {
    std::vector<std::string> told;
    std::string names;
    for (const std::string& id : chosen)
        names += (names.empty() ? "" : ", ") + id;
    for (const PartialField& field : partial_fields) {
        const bool given = std::ranges::any_of(options.settings,
                                               [&](const auto& setting) { return setting.option == field.option; }) ||
                           (field.option == "--weights" && !options.weights.empty()) ||
                           (field.option == "--distribution" && !options.distribution.empty() &&
                            find_distribution(options.distribution).id != "single");
        const auto knows = [&](const std::string& id) { return field.known_by(find_algorithm(id)); };
        if (!given || std::ranges::any_of(chosen, knows))
            continue;
        std::string others;
        for (const AlgorithmInfo& row : algorithms())
            if (field.known_by(row))
                others += (others.empty() ? "" : ", ") + std::string(row.id);
        told.push_back(std::string(field.option) + " changes nothing: " + names +
                       (chosen.size() == 1 ? " has" : " have") + " no use for it (" + others +
                       (others.find(',') == std::string::npos ? " has)" : " have)"));
    }
    return told;
}

Recipe build_recipe(const RecipeOptions& options, const ModelInfo& model, std::optional<std::uint64_t> seed,
                    const std::function<void(const std::string&)>& say) {
    std::string algorithm(options.algorithm.empty() ? std::string_view("ROME") : find_algorithm(options.algorithm).id);
    Recipe recipe;
    if (options.file.empty()) {
        recipe = default_recipe(model, algorithm);
    } else {
        const std::string file = recipe_file(options.file);
        const std::string text = read_file(file, largest_recipe);
        // Once to learn the algorithm, whose defaults then fill what the file leaves out.
        algorithm = recipe_from_json(text, default_recipe(model, algorithm), file, options.algorithm).algorithm;
        recipe = recipe_from_json(text, default_recipe(model, algorithm), file, algorithm);
        if (options.algorithm.empty() && !names_an_algorithm(text))
            say(file + " names no algorithm; it is taken for " + algorithm + " (--algorithm says otherwise)");
    }
    if (!options.layers.empty())
        recipe.layers = parse_layers(options.layers);
    if (!options.distribution.empty())
        recipe.distribution = find_distribution(options.distribution).id;
    else if (!options.weights.empty())
        recipe.distribution = "weights";
    else if (!options.layers.empty() && (recipe.layers.size() > 1) != (recipe.distribution != "single"))
        recipe.distribution = recipe.layers.size() > 1 ? "spread" : "single";
    if (!options.weights.empty())
        recipe.weights = parse_weights(options.weights);
    if (!options.statistics.empty())
        recipe.statistics_file = options.statistics;
    if (!options.corpus.empty())
        recipe.corpus = options.corpus;
    for (const auto& setting : options.settings)
        setting.apply(recipe);
    if (seed)
        recipe.contexts.seed = *seed;
    try {
        check_recipe(recipe, model);
    } catch (const Error& error) {
        constexpr std::string_view place = "recipe: ";
        const std::string option =
            error.where().starts_with(place) ? option_of(options, error.where().substr(place.size())) : std::string();
        throw Error(error.message(), option.empty() ? error.where() : option, error.hint());
    }
    return recipe;
}

} // namespace emend::cli
