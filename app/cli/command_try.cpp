// SPDX-License-Identifier: GPL-3.0-or-later
// emend-cli try: several recipes on the same edits, each on its own copy of the matrices it writes.
#include "base/file.h"
#include "csv_text.h"
#include "edit_input.h"
#include "emend/trial_order.h"
#include "program.h"
#include "recipe_options.h"
#include "report_json.h"

#include <algorithm>
#include <cmath>
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

// The file's grid; what options name takes the place of what it names.
RecipeGrid build_grid(const Options& options, const std::string& text, const ModelInfo& model, Recipe& base) {
    RecipeGrid grid;
    if (!options.grid.empty())
        grid = grid_from_json(text, options.grid, model, base);
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
    return grid;
}

std::string percent(const std::optional<double>& share) {
    return share ? number_text(std::round(1000 * *share) / 10) : "-";
}

std::string softness_text(const Recipe& recipe) {
    return recipe.softness ? number_text(*recipe.softness) : "-";
}

std::string held_text(const TrialRow& row, std::size_t edits) {
    return std::to_string(row.held) + " of " + std::to_string(edits);
}

// As soon as a row is there.
std::string line_of(const TrialRow& row, std::size_t edits) {
    const Recipe& recipe = row.recipe;
    const std::string name = recipe.algorithm + ", " + recipe.distribution + ", layers " +
                             layers_to_text(recipe.layers) +
                             (recipe.softness ? ", softness " + number_text(*recipe.softness) : "");
    if (!row.problem.empty())
        return name + ": " + row.problem + (row.hint.empty() ? "" : "; " + row.hint);
    return name + ": " + held_text(row, edits) + " hold, " +
           (row.scores.score ? "score " + percent(row.scores.score) + " %, " : "") + number_text(row.seconds) + " s";
}

Json row_json(const TrialRow& row) {
    Json json{{"recipe", Json::parse(recipe_to_json(row.recipe))}};
    if (!row.problem.empty()) {
        json["problem"] = row.problem;
        json["hint"] = row.hint;
        return json;
    }
    json.update(to_json(row.scores));
    json["held"] = row.held;
    json["relative_norm"] = row.relative_norm;
    json["preservation"] = row.preservation;
    json["memorization"] = row.memorization;
    json["layers"] = to_json(row.layers);
    json["seconds"] = row.seconds;
    json["values_kept"] = row.values_kept;
    return json;
}

std::string rows_csv(const std::vector<TrialRow>& rows) {
    std::string text = "algorithm,distribution,layers,softness,efficacy,paraphrase,neighbourhood,score,held,"
                       "relative_norm,preservation,memorization,seconds,problem\n";
    const auto share = [](const std::optional<double>& value) { return value ? digits(*value) : std::string(); };
    for (const TrialRow& row : rows) {
        text += csv_field(row.recipe.algorithm) + ',' + csv_field(row.recipe.distribution) + ',' +
                csv_field(layers_to_text(row.recipe.layers)) + ',' + share(row.recipe.softness) + ',';
        if (row.problem.empty())
            text += share(row.scores.efficacy) + ',' + share(row.scores.paraphrase) + ',' +
                    share(row.scores.neighbourhood) + ',' + share(row.scores.score) + ',' + std::to_string(row.held) +
                    ',' + digits(row.relative_norm) + ',' + digits(row.preservation) + ',' + digits(row.memorization) +
                    ',' + digits(row.seconds) + ",\n";
        else
            text += ",,,,,,,,," + csv_field(row.problem) + '\n';
    }
    return text;
}

void print_rows(const std::vector<TrialRow>& rows, const std::vector<std::size_t>& order, std::size_t edits,
                std::ostream& out) {
    using Align = Table::Align;
    Table table({{"algorithm"},
                 {"distribution"},
                 {"layers"},
                 {"softness", Align::right},
                 {"score %", Align::right},
                 {"efficacy %", Align::right},
                 {"paraphrases %", Align::right},
                 {"neighbours %", Align::right},
                 {"hold", Align::right},
                 {"|D|/|W|", Align::right},
                 {"preservation", Align::right},
                 {"memorization", Align::right},
                 {"s", Align::right}});
    for (const std::size_t i : order) {
        const TrialRow& row = rows[i];
        if (!row.problem.empty())
            continue;
        table.row({row.recipe.algorithm,
                   row.recipe.distribution,
                   layers_to_text(row.recipe.layers),
                   softness_text(row.recipe),
                   {percent(row.scores.score), i == order.front() ? Style::good : Style::plain},
                   percent(row.scores.efficacy),
                   percent(row.scores.paraphrase),
                   percent(row.scores.neighbourhood),
                   held_text(row, edits),
                   number_text(row.relative_norm),
                   number_text(row.preservation),
                   number_text(row.memorization),
                   number_text(std::round(row.seconds * 100) / 100)});
    }
    table.print(2, out);
    for (const TrialRow& row : rows)
        if (!row.problem.empty())
            out << "  " << styled("not tried: " + line_of(row, edits), Style::bad) << '\n';
}

// When it is stopped, no file is written, but what was found is still told, on standard error.
std::vector<TrialRow> try_all(Program& program, Engine& engine, const std::vector<EditRequest>& edits,
                              const std::vector<Recipe>& recipes) {
    std::vector<TrialRow> finished;
    try {
        return engine.try_recipes(edits, recipes, program.job(edits.size()), [&](const TrialRow& row) {
            finished.push_back(row);
            if (!program.json)
                program.message(line_of(row, edits.size()), !row.problem.empty());
        });
    } catch (const Cancelled&) {
        if (!program.quiet && !finished.empty()) {
            program.message(std::to_string(finished.size()) + " of " + std::to_string(recipes.size()) +
                            " recipes were tried until then:");
            print_rows(finished, best_first(finished), edits.size(), std::cerr);
        }
        throw;
    }
}

void run_try(Program& program, const Options& options) {
    check_options(options);
    check_output_files({options.csv, options.save_recipe}, program.model_folder());
    GatheredEdits gathered = gather_edits(options.edits);
    const std::string grid_text = options.grid.empty() ? std::string() : read_file(options.grid, largest_grid_file);
    auto engine = program.open_model();
    const ModelInfo& model = engine->model_info();
    Recipe base =
        build_recipe(options.recipe, model, program.seed, [&](const std::string& text) { program.message(text); });
    const RecipeGrid grid = build_grid(options, grid_text, model, base);
    const std::vector<Recipe> recipes = recipes_of(grid, base, model).recipes;
    drop_faulty(gathered, *engine, program.model_folder(), program.job());
    tell_about(gathered, program);

    const std::size_t edits = gathered.edits.size();
    const std::vector<TrialRow> rows = try_all(program, *engine, gathered.edits, recipes);
    const std::vector<std::size_t> order = best_first(rows);
    const TrialRow& best = rows[order.front()];
    if (!best.problem.empty())
        throw Error("no recipe could be tried: " + best.problem, "grid", best.hint);

    program.check_stop();
    if (!options.csv.empty())
        write_file_atomic(options.csv, rows_csv(rows));
    if (!options.save_recipe.empty())
        write_file_atomic(options.save_recipe, recipe_to_json(best.recipe) + '\n');
    if (program.json) {
        Json document{{"edits", edits}, {"rows", Json::array()}, {"best", order.front()}};
        for (const TrialRow& row : rows)
            document["rows"].push_back(row_json(row));
        document["skipped"] = skipped_json(gathered);
        return program.print(document);
    }
    program.clear_progress();
    print_rows(rows, order, edits, std::cout);
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
        ->check(not_negative())
        ->group(group);
    add_recipe_options(command, options->recipe);
    group = "Output";
    command->add_option("--csv", options->csv, "A row a recipe")->group(group);
    command->add_option("--save-recipe", options->save_recipe, "The best recipe as used (JSON)")->group(group);
    command->footer("What the grid does not name is as the recipe options say.\n" + algorithms_text());
}

} // namespace emend::cli
