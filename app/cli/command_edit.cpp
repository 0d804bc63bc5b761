// SPDX-License-Identifier: GPL-3.0-or-later
// emend-cli edit: applies edits to the model in memory and reports what came of them.
#include "base/file.h"
#include "edit_input.h"
#include "frontier_file.h"
#include "program.h"
#include "recipe_options.h"
#include "report_json.h"
#include "report_text.h"

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <set>

namespace emend::cli {

namespace {

struct Options {
    EditOptions edits;
    RecipeOptions recipe;
    ApplyOptions apply;
    std::string save_recipe, frontier;
    bool verbose = false;
    bool no_comparisons = false;
};

void check_outputs(const Options& options, const std::string& model_folder) {
    std::set<std::filesystem::path> files;
    for (const std::string& file : {options.apply.dump_file, options.frontier, options.save_recipe}) {
        check_output_file(file, model_folder);
        std::error_code ignored;
        const auto name = std::filesystem::weakly_canonical(std::filesystem::absolute(file, ignored), ignored);
        if (!file.empty() && !files.insert(name).second)
            throw UsageError("two results would be written to " + file);
    }
}

std::vector<Comparison> compare(const std::vector<EditRequest>& edits, Engine& engine, const JobContext& job) {
    std::vector<Comparison> comparisons;
    const StepProgress progress("comparing", edits.size(), job);
    for (const EditRequest& edit : edits) {
        progress.report(comparisons.size());
        ComparisonRequest request;
        request.edit = edit;
        const bool more = !edit.paraphrases.empty() || !edit.neighbours.empty();
        comparisons.push_back(more ? engine.compare(request, job) : Comparison{});
    }
    return comparisons;
}

// Of what is asked: without comparisons the edits' own prompts alone.
Scores scores_of(std::vector<EditRequest> edits, bool comparisons, Engine& engine, const JobContext& job) {
    if (std::ranges::none_of(edits, [](const EditRequest& edit) { return edit.true_object.has_value(); }))
        return {};
    for (EditRequest& edit : edits)
        if (!comparisons) {
            edit.paraphrases.clear();
            edit.neighbours.clear();
        }
    return engine.score(edits, job);
}

Json to_json(const Scores& scores) {
    const auto value = [](const std::optional<double>& share) { return share ? Json(*share) : Json(); };
    return {{"efficacy", value(scores.efficacy)},
            {"paraphrase", value(scores.paraphrase)},
            {"neighbourhood", value(scores.neighbourhood)},
            {"score", value(scores.score)}};
}

Json document_of(const EditReport& report, const std::vector<Comparison>& comparisons, const GatheredEdits& gathered) {
    Json document = cli::to_json(report);
    for (std::size_t i = 0; i < comparisons.size(); ++i)
        for (const Comparison::Row& row : comparisons[i].rows)
            if (row.kind != Comparison::Row::Kind::edit) {
                const bool paraphrase = row.kind == Comparison::Row::Kind::paraphrase;
                document["edits"][i][paraphrase ? "paraphrases" : "neighbours"].push_back(cli::to_json(row));
            }
    document["skipped"] = Json::array();
    for (const auto& skipped : gathered.skipped)
        document["skipped"].push_back({{"index", skipped.index}, {"reason", skipped.reason}});
    return document;
}

void print_text(const Options& options, const EditReport& report, const std::vector<Comparison>& comparisons) {
    const bool all = options.verbose || report.edits.size() <= most_listed;
    print_report(report, all);
    if (!all) {
        std::cout << '\n';
        return print_comparison_summary(comparisons);
    }
    for (std::size_t i = 0; i < comparisons.size(); ++i) {
        if (!comparisons[i].rows.empty()) {
            std::cout << '\n';
            print_comparison(comparisons[i].rows);
        }
    }
}

// Records of a file are counted from 1 for people; the JSON result has their index, from 0.
void tell_about(const GatheredEdits& gathered, Program& program) {
    for (const std::string& note : gathered.notes)
        program.message(note, true);
    for (const auto& skipped : gathered.skipped)
        program.message(
            "record " + std::to_string(skipped.index + 1) + " of the file is passed over: " + skipped.reason, true);
    // Facts that are missing are worth a line even to somebody who wants silence; with --json the result has them.
    if (program.quiet && !program.json && !gathered.skipped.empty())
        std::cerr << "warning: " << gathered.skipped.size() << " of " << gathered.skipped.size() + gathered.edits.size()
                  << " records of the file are passed over\n";
}

void run_edit(Program& program, const Options& options) {
    if (options.edits.file.empty() && options.edits.prompt.empty() && options.edits.relation.empty())
        throw UsageError("give --edits FILE, or --subject, --prompt and --object");
    check_recipe_options(options.recipe);
    check_outputs(options, program.model_folder());
    // Faults of the request are found before a model is loaded.
    GatheredEdits gathered = gather_edits(options.edits);
    auto engine = program.open_model();
    const Recipe recipe = build_recipe(options.recipe, engine->model_info(), program.seed,
                                       [&](const std::string& text) { program.message(text); });
    if (!options.frontier.empty() && find_algorithm(recipe.algorithm).fine_tunes)
        throw Error(recipe.algorithm + " has no softness: it follows no formula", "--frontier",
                    "choose another algorithm, for example MEMIT, or leave --frontier out");
    drop_faulty(gathered, *engine, program.model_folder(), program.job());
    tell_about(gathered, program);
    const JobContext job = program.job(gathered.edits.size());
    const EditReport report = engine->apply(gathered.edits, recipe, options.apply, job);
    for (const std::string& warning : report.warnings)
        program.message(warning, true);
    std::vector<Comparison> comparisons;
    if (!options.no_comparisons)
        comparisons = compare(gathered.edits, *engine, job);
    const Scores scores = scores_of(gathered.edits, !options.no_comparisons, *engine, job);
    std::optional<Frontier> frontier;
    if (!options.frontier.empty())
        frontier = engine->frontier(report.batch_id, job);

    // All there is to write is known; each file appears whole.
    program.check_stop();
    if (frontier)
        write_file_atomic(options.frontier, frontier_text(options.frontier, *frontier, report.recipe));
    if (!options.save_recipe.empty())
        write_file_atomic(options.save_recipe, recipe_to_json(report.recipe) + '\n');
    if (program.json) {
        Json document = document_of(report, comparisons, gathered);
        document["scores"] = to_json(scores);
        if (frontier)
            document["frontier"] = frontier_rows(*frontier);
        return program.print(document);
    }
    program.clear_progress();
    print_text(options, report, comparisons);
    if (frontier)
        std::cout << "  trade-off over " << frontier->total.size() << " softnesses: " << options.frontier << '\n';
    if (!options.save_recipe.empty())
        std::cout << "  recipe as used: " << options.save_recipe << '\n';
    print_verdict(report, scores);
}

} // namespace

void add_edit(Program& program) {
    auto options = std::make_shared<Options>();
    CLI::App* command = program.add_command("edit", "Apply edits to the model in memory and report",
                                            [&program, options] { run_edit(program, *options); });
    program.add_model(command);
    program.add_compute(command);
    program.add_seed(command);
    command->add_flag("--force", options->apply.force, "Use statistics that name another model");
    add_edit_options(command, options->edits);
    add_recipe_options(command, options->recipe);
    const char* const group = "Output";
    command->add_flag("--verbose", options->verbose, "List every edit, however many")->group(group);
    command->add_flag("--no-comparisons", options->no_comparisons, "Do not ask paraphrases and neighbours")
        ->group(group);
    command->add_option("--frontier", options->frontier, "Preservation against memorization over softness (JSON, .csv)")
        ->group(group);
    command->add_option("--save-recipe", options->save_recipe, "The recipe as used, contexts written out (JSON)")
        ->group(group);
    command->add_option("--dump", options->apply.dump_file, "Tensors of the computation (safetensors)")->group(group);
    command
        ->add_flag_callback(
            "--list-algorithms",
            [&program] {
                if (program.json)
                    program.print(algorithms_json());
                else
                    std::cout << algorithms_text();
                throw CLI::Success("listed", CLI::ExitCodes::Success); // as --help does
            },
            "What there is, with a line of explanation each")
        ->group(group);
    command
        ->add_flag_callback(
            "--list-relations", [&program] { list_relations(program); }, "Relations for --relation")
        ->group(group);
    command->footer(algorithms_text() + "The model's folder is never written to.");
}

} // namespace emend::cli
