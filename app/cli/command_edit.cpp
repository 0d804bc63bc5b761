// SPDX-License-Identifier: GPL-3.0-or-later
// emend-cli edit: applies edits to the model in memory and reports what came of them.
#include "base/file.h"
#include "base/job_part.h"
#include "edit_input.h"
#include "frontier_file.h"
#include "program.h"
#include "recipe_options.h"
#include "report_json.h"
#include "report_text.h"

#include <algorithm>
#include <chrono>
#include <iostream>
#include <numeric>

namespace emend::cli {

namespace {

struct Options {
    EditOptions edits;
    RecipeOptions recipe;
    ApplyOptions apply;
    std::string save_recipe, frontier, overlay;
    bool verbose = false;
    bool no_comparisons = false;
    bool diagnose = false;
    bool diagnose_all = false;
};

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

// The same edits under another distribution, to lay over what was applied.
Recipe overlaid(const Recipe& applied, const std::string& distribution, const ModelInfo& model) {
    Recipe recipe = applied;
    recipe.distribution = find_distribution(distribution).id;
    if (recipe.distribution == "single")
        recipe.layers = {recipe.layers.back()};
    else if (recipe.layers.size() < 2)
        recipe.layers = default_recipe(model, "MEMIT").layers;
    try {
        check_recipe(recipe, model);
    } catch (const Error& error) {
        throw Error(error.message(), "--overlay", error.hint());
    }
    return recipe;
}

void check_frontier(const Options& options, const Recipe& recipe, const ModelInfo& model) {
    if (options.frontier.empty())
        return;
    if (find_algorithm(recipe.algorithm).fine_tunes)
        throw Error(recipe.algorithm + " has no softness: it follows no formula", "--frontier",
                    "choose another algorithm, for example MEMIT, or leave --frontier out");
    if (!options.overlay.empty())
        static_cast<void>(overlaid(recipe, options.overlay, model));
}

// Every edit costs a solve: those that do not hold first, and not more than can be read unless all.
std::vector<Diagnosis> diagnose(const EditReport& report, bool all, Engine& engine, const JobContext& job) {
    constexpr std::size_t most = 20;
    std::vector<std::size_t> order(report.edits.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_partition(order, [&](std::size_t i) { return !report.edits[i].after.says_new; });
    if (!all)
        order.resize(std::min(order.size(), most));
    std::vector<Diagnosis> diagnoses;
    const auto start = std::chrono::steady_clock::now();
    const auto count = static_cast<double>(order.size());
    for (const std::size_t edit : order) {
        const auto done = static_cast<double>(diagnoses.size());
        diagnoses.push_back(
            engine.diagnose(report.batch_id, edit, part_of(job, done / count, (done + 1) / count, start)));
    }
    return diagnoses;
}

void print_diagnoses(const EditReport& report, const std::vector<Diagnosis>& diagnoses) {
    for (const Diagnosis& diagnosis : diagnoses) {
        std::cout << '\n';
        print_diagnosis(report, diagnosis);
    }
    if (diagnoses.size() < report.edits.size())
        std::cout << "  " << diagnoses.size() << " of " << report.edits.size()
                  << " edits, first those that do not hold (--diagnose-all takes all)\n";
    std::cout << '\n';
}

Json document_of(const EditReport& report, const std::vector<Comparison>& comparisons, const GatheredEdits& gathered) {
    Json document = cli::to_json(report);
    for (std::size_t i = 0; i < comparisons.size(); ++i)
        for (const Comparison::Row& row : comparisons[i].rows)
            if (row.kind != Comparison::Row::Kind::edit) {
                const bool paraphrase = row.kind == Comparison::Row::Kind::paraphrase;
                document["edits"][i][paraphrase ? "paraphrases" : "neighbours"].push_back(cli::to_json(row));
            }
    document["skipped"] = skipped_json(gathered);
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

void run_edit(Program& program, const Options& options) {
    if (options.edits.file.empty() && options.edits.prompt.empty() && options.edits.relation.empty())
        throw UsageError("give --edits FILE, or --subject, --prompt and --object");
    check_recipe_options(options.recipe);
    check_output_files({options.apply.dump_file, options.frontier, options.save_recipe}, program.model_folder());
    if (!options.frontier.empty())
        check_frontier_file(options.frontier);
    if (!options.overlay.empty() && options.frontier.empty())
        throw UsageError("there is no trade-off to lay another over", "--overlay", "use it with --frontier FILE");
    // Faults of the request are found before a model is loaded.
    GatheredEdits gathered = gather_edits(options.edits);
    auto engine = program.open_model();
    const Recipe recipe = build_recipe(options.recipe, engine->model_info(), program.seed,
                                       [&](const std::string& text) { program.message(text); });
    check_frontier(options, recipe, engine->model_info());
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
    std::optional<OverlaidFrontier> overlay;
    if (!options.frontier.empty())
        frontier = engine->frontier(report.batch_id, job);
    if (!options.overlay.empty()) {
        const Recipe other = overlaid(report.recipe, options.overlay, engine->model_info());
        overlay = {.distribution = other.distribution,
                   .frontier =
                       engine->frontier_of({.batch_id = report.batch_id, .requests = {}, .recipe = other}, job)};
    }
    std::vector<Diagnosis> diagnoses;
    if (options.diagnose || options.diagnose_all)
        diagnoses = diagnose(report, options.diagnose_all, *engine, job);

    const NormHistory norms = program.json ? engine->norm_history(job) : NormHistory{};

    // All there is to write is known; each file appears whole.
    program.check_stop();
    if (frontier)
        write_file_atomic(options.frontier, frontier_content(options.frontier, *frontier, report.recipe, overlay));
    if (!options.save_recipe.empty())
        write_file_atomic(options.save_recipe, recipe_to_json(report.recipe) + '\n');
    if (program.json) {
        Json document = document_of(report, comparisons, gathered);
        document["scores"] = to_json(scores);
        document["norms"] = to_json(norms);
        if (frontier)
            document["frontier"] = frontier_rows(*frontier);
        if (overlay)
            document["overlay"] = to_json(*overlay);
        for (const Diagnosis& diagnosis : diagnoses)
            document["diagnosis"].push_back(to_json(report, diagnosis));
        return program.print(document);
    }
    program.clear_progress();
    print_text(options, report, comparisons);
    if (!diagnoses.empty())
        print_diagnoses(report, diagnoses);
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
    command
        ->add_option("--frontier", options->frontier,
                     "Preservation against memorization over softness (.json, .csv, .png, .svg, .pdf)")
        ->check(names_a_file)
        ->group(group);
    command->add_option("--overlay", options->overlay, "With --frontier: the same edits under another distribution")
        ->check(readable(find_distribution))
        ->group(group);
    command->add_flag("--diagnose", options->diagnose, "Why edits took or not: up to 20, those that do not hold first")
        ->group(group);
    command
        ->add_flag("--diagnose-all", options->diagnose_all, "The same for all of them: every edit is solved once more")
        ->group(group);
    command->add_option("--save-recipe", options->save_recipe, "The recipe as used, contexts written out (JSON)")
        ->check(names_a_file)
        ->group(group);
    command->add_option("--dump", options->apply.dump_file, "Tensors of the computation (safetensors)")
        ->check(names_a_file)
        ->group(group);
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
    command->footer(
        "hold: edits whose new object the model says. efficacy: edits whose new object is likelier than the "
        "true one.\n" +
        algorithms_text() + "The model's folder is never written to.");
}

} // namespace emend::cli
