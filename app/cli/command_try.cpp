// SPDX-License-Identifier: GPL-3.0-or-later
// emend-cli try: several recipes on the same edits, each on its own copy of the matrices it writes.
#include "base/file.h"
#include "edit_input.h"
#include "emend/trial_order.h"
#include "program.h"
#include "recipe_options.h"
#include "trial_report.h"

#include <algorithm>
#include <iostream>

namespace emend::cli {

namespace {

constexpr std::uint64_t largest_grid_file = std::uint64_t{16} << 20; // its recipe may hold contexts

struct Options {
    EditOptions edits;
    RecipeOptions recipe;
    std::string grid;
    std::vector<std::string> algorithms, layers, distributions;
    std::vector<double> softness;
    std::string csv, save_recipe;
};

void check_options(const Options& options) {
    if (options.edits.file.empty() && options.edits.prompt.empty() && options.edits.relation.empty())
        throw UsageError("give --edits FILE, or --subject, --prompt and --object");
    if (options.grid.empty() && options.algorithms.empty() && options.layers.empty() && options.distributions.empty() &&
        options.softness.empty())
        throw UsageError("nothing to choose from: give --grid FILE, or --algorithms, --layers-list, --distributions or "
                         "--softness-list");
    check_recipe_options(options.recipe);
}

// What a grid file names, to be looked at before a model is there. A file that cannot be read is told of later.
struct GridFile {
    std::string text;
    Json json = Json::object();
};

GridFile read_grid(const Options& options) {
    GridFile file;
    if (options.grid.empty())
        return file;
    file.text = read_file(options.grid, largest_grid_file);
    if (Json json = Json::parse(file.text, nullptr, false); json.is_object())
        file.json = std::move(json);
    else
        return file;
    bool named = !options.algorithms.empty() || !options.layers.empty() || !options.distributions.empty() ||
                 !options.softness.empty();
    for (const char* key : {"algorithms", "layers", "distributions", "softness"}) {
        const auto list = file.json.find(key);
        if (list != file.json.end() && list->is_array() && list->empty())
            throw UsageError("nothing to choose from", options.grid + ": " + key, "name one or more");
        named = named || list != file.json.end();
    }
    const bool only_base = file.json.empty() || (file.json.size() == 1 && file.json.contains("base"));
    if (!named && only_base)
        throw UsageError("nothing to choose from", options.grid,
                         "name algorithms, layers, distributions or softness, each a list");
    return file;
}

// Of the grid's algorithms the one that the others begin with, so that layers for several fit it: the first that
// writes several, else the first.
std::string first_algorithm(const Options& options, const GridFile& file) {
    std::vector<std::string> names = options.algorithms;
    const Json base = file.json.value("base", Json::object());
    if (names.empty() && file.json.contains("algorithms") && file.json["algorithms"].is_array() &&
        !base.contains("algorithm"))
        for (const Json& name : file.json["algorithms"])
            if (name.is_string())
                names.push_back(name.get<std::string>());
    for (const std::string& name : names)
        if (!writes_one_layer(find_algorithm(name)))
            return name;
    return names.empty() ? std::string() : names.front();
}

// What was named on the command line or in the file's base goes for every algorithm that has the field, also where it
// means something else to it.
void apply_what_was_said(std::vector<Recipe>& recipes, const Options& options, const GridFile& file,
                         const Recipe& base) {
    const bool tuned = find_algorithm(base.algorithm).fine_tunes;
    for (Recipe& recipe : recipes) {
        const AlgorithmInfo& row = find_algorithm(recipe.algorithm);
        if (recipe.algorithm == base.algorithm || row.fine_tunes != tuned)
            continue;
        if (file.json.contains(Json::json_pointer("/base/values/clamp")))
            recipe.values.clamp = base.values.clamp;
        for (const auto& setting : options.recipe.settings) {
            const bool of_batches = setting.option == "--batch" || setting.option == "--merge-subjects";
            if (setting.option != "--softness" && !(of_batches && row.one_at_a_time))
                setting.apply(recipe);
        }
    }
}

std::vector<std::string> algorithms_of(const std::vector<Recipe>& recipes) {
    std::vector<std::string> ids;
    for (const Recipe& recipe : recipes)
        if (std::ranges::find(ids, recipe.algorithm) == ids.end())
            ids.push_back(recipe.algorithm);
    return ids;
}

// The file's grid; what options name takes the place of what it names.
RecipeGrid build_grid(const Options& options, const GridFile& file, const ModelInfo& model, Recipe& base) {
    RecipeGrid grid;
    if (!options.grid.empty())
        grid = grid_from_json(file.text, options.grid, model, base);
    if (!options.algorithms.empty())
        grid.algorithms = options.algorithms;
    if (!options.distributions.empty())
        grid.distributions = options.distributions;
    if (!options.softness.empty())
        grid.softness = options.softness;
    if (!options.layers.empty()) {
        grid.layers.clear();
        for (const std::string& layers : options.layers)
            grid.layers.push_back(parse_layers(layers));
    }
    // What is named for one recipe goes for all, also where it is the base's own default.
    const bool softness = std::ranges::any_of(options.recipe.settings,
                                              [](const auto& setting) { return setting.option == "--softness"; });
    if (softness && grid.softness.empty() && base.softness)
        grid.softness = {*base.softness};
    if (!options.recipe.layers.empty() && grid.layers.empty())
        grid.layers = {base.layers};
    if (!options.recipe.distribution.empty() && grid.distributions.empty())
        grid.distributions = {base.distribution};
    return grid;
}

// When it is stopped, no file is written, but what was found is still told, on standard error.
void try_all(Program& program, Engine& engine, const std::vector<EditRequest>& edits,
             const std::vector<Recipe>& recipes, TriedGrid& tried) {
    const JobContext job = program.job(edits.size());
    tried.edits = edits.size();
    try {
        tried.unedited = engine.score(edits, {}, job);
        static_cast<void>(engine.try_recipes(edits, recipes, job, [&](const TrialRow& row) {
            tried.rows.push_back(row);
            if (!program.json)
                program.message(line_of(row, edits.size()), !row.problem.empty());
        }));
    } catch (const Cancelled&) {
        if (!program.quiet && !tried.rows.empty()) {
            program.message(std::to_string(tried.rows.size()) + " of " + std::to_string(recipes.size()) +
                            " recipes were tried until then:");
            print_tried(tried, std::cerr);
        }
        throw;
    }
}

void run_try(Program& program, const Options& options) {
    check_options(options);
    if (options.csv == standard_output && program.json)
        throw UsageError("standard output is the JSON's", "--csv", "name a file, or leave --json out");
    check_output_files({options.csv, options.save_recipe}, program.model_folder());
    GatheredEdits gathered = gather_edits(options.edits);
    const GridFile file = read_grid(options);
    RecipeOptions begin = options.recipe;
    if (begin.algorithm.empty() && begin.file.empty())
        begin.algorithm = first_algorithm(options, file);
    static_cast<void>(check_recipe_fits(begin));
    auto engine = program.open_model();
    const ModelInfo& model = engine->model_info();
    Recipe base = build_recipe(begin, model, program.seed, [&](const std::string& text) { program.message(text); });
    const RecipeGrid grid = build_grid(options, file, model, base);
    GridRecipes recipes = recipes_of(grid, base, model);
    apply_what_was_said(recipes.recipes, options, file, base);
    const std::vector<std::string> unknown = unknown_fields(options.recipe, algorithms_of(recipes.recipes));
    for (const std::string& warning : unknown)
        program.message(warning, true);
    drop_faulty(gathered, *engine, program.model_folder(), program.job());
    tell_about(gathered, program);

    TriedGrid tried;
    tried.skipped = std::move(recipes.skipped);
    try_all(program, *engine, gathered.edits, recipes.recipes, tried);
    const TrialRow& best = tried.rows[best_first(tried.rows).front()];
    if (!best.problem.empty())
        throw Error("no recipe could be tried: " + best.problem, "grid", best.hint);

    program.check_stop();
    const bool to_output = options.csv == standard_output;
    if (!options.csv.empty() && !to_output)
        write_file_atomic(options.csv, rows_csv(tried.rows));
    if (!options.save_recipe.empty())
        write_file_atomic(options.save_recipe, recipe_to_json(best.recipe) + '\n');
    if (program.json) {
        Json document = to_json(tried);
        document["warnings"] = unknown;
        for (Json& record : skipped_json(gathered)) // of the edits: {index, record, reason}
            document["skipped"].push_back(std::move(record));
        return program.print(document);
    }
    program.clear_progress();
    if (to_output) {
        std::cout << rows_csv(tried.rows);
        return;
    }
    print_tried(tried, std::cout);
    if (!options.save_recipe.empty())
        std::cout << "  best recipe: " << options.save_recipe << '\n';
    if (!options.csv.empty())
        std::cout << "  written: " << options.csv << '\n';
}

} // namespace

void add_try(Program& program) {
    auto options = std::make_shared<Options>();
    CLI::App* command = program.add_command("try", "Try several recipes on the same edits; the model stays as it is",
                                            [&program, options] { run_try(program, *options); });
    program.add_model(command);
    program.add_compute(command);
    program.add_seed(command);
    add_edit_options(command, options->edits);
    const auto something = [](const std::string& text) { // CLI11 reads no text as 0
        return text.empty() ? std::string("nothing to choose from") : std::string();
    };
    const char* group = "Grid (every combination)";
    command
        ->add_option("--grid", options->grid, "JSON: algorithms, layers, distributions, softness, and base, a recipe")
        ->group(group);
    command->add_option("--algorithms", options->algorithms, "ROME,MEMIT")
        ->delimiter(',')
        ->allow_extra_args(false)
        ->check(readable(find_algorithm))
        ->group(group);
    command->add_option("--layers-list", options->layers, "\"1;0-2\": sets of layers")
        ->delimiter(';')
        ->allow_extra_args(false)
        ->check(readable(parse_layers))
        ->group(group);
    command->add_option("--distributions", options->distributions, "single,spread")
        ->delimiter(',')
        ->allow_extra_args(false)
        ->check(readable(find_distribution))
        ->group(group);
    command->add_option("--softness-list", options->softness, "0,10,1000")
        ->delimiter(',')
        ->allow_extra_args(false)
        ->check(something)
        ->check(not_negative())
        ->group(group);
    add_recipe_options(command, options->recipe);
    group = "Output";
    command->add_option("--csv", options->csv, "A row a recipe; - is standard output")
        ->check(names_a_table)
        ->group(group);
    command->add_option("--save-recipe", options->save_recipe, "The best recipe as used (JSON)")
        ->check(names_a_file)
        ->group(group);
    command->footer("What the grid does not name is as the recipe options say, for every algorithm that has the field "
                    "(--softness and --clamp too, which differ in meaning); what nobody names is each algorithm's own. "
                    "A warning names options that none of the algorithms has a use for.\n"
                    "hold: edits whose new object the model says. efficacy: edits whose new object is likelier than "
                    "the true one; paraphrases: the same asked in other words; neighbours: prompts about others where "
                    "the true object is still the likelier. (no edit): the same of the model as it is.\n" +
                    algorithms_text() + skipped_help);
}

} // namespace emend::cli
