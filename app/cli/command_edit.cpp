// SPDX-License-Identifier: GPL-3.0-or-later
// emend-cli edit: applies edits to the model in memory and reports what came of them.
#include "base/file.h"
#include "base/job_part.h"
#include "edit_input.h"
#include "edit_run.h"
#include "export_text.h"
#include "frontier_file.h"
#include "program.h"
#include "recipe_options.h"
#include "report_json.h"
#include "report_text.h"
#include "session_input.h"

#include <algorithm>
#include <chrono>
#include <iostream>
#include <numeric>

namespace emend::cli {

namespace {

struct Options {
    EditOptions edits;
    EditPlaces places;
    RecipeOptions recipe;
    ApplyOptions apply;
    std::string save_recipe, frontier, overlay;
    bool verbose = false;
    bool no_comparisons = false;
    bool diagnose = false;
    bool diagnose_all = false;
};

// position: of the history before the edits.
std::vector<Comparison> compare(const std::vector<EditRequest>& edits, std::size_t position, Engine& engine,
                                const JobContext& job) {
    std::vector<Comparison> comparisons;
    const StepProgress progress("comparing", edits.size(), job);
    for (const EditRequest& edit : edits) {
        progress.report(comparisons.size());
        ComparisonRequest request;
        request.edit = edit;
        request.before = position;
        const bool more = !edit.paraphrases.empty() || !edit.neighbours.empty();
        comparisons.push_back(more ? engine.compare(request, job) : Comparison{});
    }
    return comparisons;
}

// Of what is asked, after so many batches: without comparisons the edits' own prompts alone.
Scores scores_of(std::vector<EditRequest> edits, bool comparisons, Engine& engine, LedgerPosition at,
                 const JobContext& job) {
    if (std::ranges::none_of(edits, [](const EditRequest& edit) { return edit.true_object.has_value(); }))
        return {};
    for (EditRequest& edit : edits)
        if (!comparisons) {
            edit.paraphrases.clear();
            edit.neighbours.clear();
        }
    return engine.score(edits, at, job);
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

void check_has_softness(const Options& options, const std::string& algorithm) {
    if (!options.frontier.empty() && find_algorithm(algorithm).fine_tunes)
        throw Error(algorithm + " has no softness: it follows no formula", "--frontier",
                    "choose another algorithm, for example MEMIT, or leave --frontier out");
}

void check_frontier(const Options& options, const Recipe& recipe, const ModelInfo& model) {
    check_has_softness(options, recipe.algorithm);
    if (!options.frontier.empty() && !options.overlay.empty())
        static_cast<void>(overlaid(recipe, options.overlay, model));
}

// Every edit costs a solve: those that do not hold first, and not more than can be read unless all.
std::vector<Diagnosis> diagnose(const AppliedEdits& applied, bool all, Engine& engine, const JobContext& job) {
    constexpr std::size_t most = 20;
    const EditReport& report = applied.whole;
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
        const auto& [batch, place] = applied.places[edit];
        diagnoses.push_back(engine.diagnose(batch, place, part_of(job, done / count, (done + 1) / count, start)));
        diagnoses.back().edit = edit;
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

// All that came of an edit.
struct Result {
    GatheredEdits gathered;
    std::vector<std::string> unknown; // what was named for nothing
    AppliedEdits applied;
    std::vector<Comparison> comparisons;
    Scores scores;
    std::optional<Scores> scores_before; // below the batch; where a session keeps both
    std::optional<Frontier> frontier;
    std::optional<OverlaidFrontier> overlay;
    std::vector<Diagnosis> diagnoses;
    NormHistory norms;
    std::optional<ExportReport> exported;
};

Json to_json(const Result& result) {
    const EditReport& report = result.applied.whole;
    Json document = cli::to_json(report);
    for (std::size_t i = 0; i < result.comparisons.size(); ++i)
        for (const Comparison::Row& row : result.comparisons[i].rows)
            if (row.kind != Comparison::Row::Kind::edit) {
                const bool paraphrase = row.kind == Comparison::Row::Kind::paraphrase;
                document["edits"][i][paraphrase ? "paraphrases" : "neighbours"].push_back(cli::to_json(row));
            }
    document["warnings"] = result.unknown;
    for (const std::string& warning : report.warnings)
        document["warnings"].push_back(warning);
    document["skipped"] = skipped_json(result.gathered);
    document["batches"] = batches_json(result.applied);
    document["scores"] = cli::to_json(result.scores);
    if (result.scores_before)
        document["scores_before"] = cli::to_json(*result.scores_before);
    document["norms"] = cli::to_json(result.norms);
    if (result.applied.batches.size() > 1)
        document["layers"] = total_layers_json(result.norms);
    if (result.frontier)
        document["frontier"] = frontier_rows(*result.frontier);
    if (result.overlay)
        document["overlay"] = cli::to_json(*result.overlay);
    for (const Diagnosis& diagnosis : result.diagnoses)
        document["diagnosis"].push_back(cli::to_json(report, diagnosis));
    if (result.exported)
        document["export"] = cli::to_json(*result.exported);
    return document;
}

void print_text(const Options& options, const Result& result) {
    const EditReport& report = result.applied.whole;
    const bool all = options.verbose || report.edits.size() <= most_listed;
    print_report(report, all, have_several_recipes(result.applied) ? "several recipes, told with their batches" : "");
    print_batches(result.applied);
    if (!all) {
        std::cout << '\n';
        return print_comparison_summary(result.comparisons);
    }
    for (const Comparison& comparison : result.comparisons) {
        if (!comparison.rows.empty()) {
            std::cout << '\n';
            print_comparison(comparison.rows);
        }
    }
}

void print_result(const Options& options, const Result& result) {
    const EditReport& report = result.applied.whole;
    print_text(options, result);
    if (!result.diagnoses.empty())
        print_diagnoses(report, result.diagnoses);
    if (result.frontier)
        std::cout << "  trade-off over " << result.frontier->total.size() << " softnesses: " << options.frontier
                  << '\n';
    if (!options.save_recipe.empty())
        std::cout << "  recipe as used: " << options.save_recipe << '\n';
    if (result.exported)
        print_export(*result.exported);
    print_verdict(report, result.scores);
}

bool has_edits(const Options& options) {
    return !options.edits.file.empty() || !options.edits.prompt.empty() || !options.edits.relation.empty();
}

// What tells about one batch of the history wants one.
void check_one_batch(const Options& options, std::size_t batches) {
    if (batches == 1)
        return;
    const std::string option = !options.frontier.empty()          ? "--frontier"
                               : !options.apply.dump_file.empty() ? "--dump"
                                                                  : "";
    if (!option.empty())
        throw UsageError(option + " is of one batch, not of " + std::to_string(batches), option,
                         "leave it out, or --batch, or --session");
}

void check_options(const Program& program, const Options& options, const EditPlaces& places) {
    if (!has_edits(options) && places.delta.empty())
        throw UsageError("give --edits FILE, or --subject, --prompt and --object");
    if (has_edits(options) && !places.delta.empty())
        check_one_batch(options, 2); // or more
    check_recipe_options(options.recipe);
    if (const std::string algorithm = check_recipe_fits(options.recipe).algorithm; !algorithm.empty())
        check_has_softness(options, algorithm);
    check_output_files({options.apply.dump_file, options.frontier, options.save_recipe, places.session},
                       program.model_folder());
    if (!options.frontier.empty())
        check_frontier_file(options.frontier);
    if (!options.overlay.empty() && options.frontier.empty())
        throw UsageError("there is no trade-off to lay another over", "--overlay", "use it with --frontier FILE");
}

std::optional<OverlaidFrontier> lay_over(const Options& options, const EditReport& report, Engine& engine,
                                         const JobContext& job) {
    if (options.overlay.empty())
        return {};
    const Recipe other = overlaid(report.recipe, options.overlay, engine.model_info());
    return OverlaidFrontier{
        .distribution = other.distribution,
        .frontier = engine.frontier_of({.batch_id = report.batch_id, .requests = {}, .recipe = other}, job)};
}

void look_at(Result& result, const Program& program, const Options& options, Engine& engine, bool keeps_scores,
             const JobContext& job) {
    const std::vector<EditRequest> edits = result.applied.requests();
    if (!options.no_comparisons)
        result.comparisons = compare(edits, result.applied.position, engine, job);
    result.scores = scores_of(edits, !options.no_comparisons, engine, {}, job);
    // Scores of the edits' own prompts alone would pass for whole ones.
    if (keeps_scores && result.applied.batches.size() == 1 && result.scores.efficacy && !options.no_comparisons)
        result.scores_before = scores_of(edits, true, engine, result.applied.position, job);
    if (!options.frontier.empty())
        result.frontier = engine.frontier(result.applied.whole.batch_id, job);
    result.overlay = lay_over(options, result.applied.whole, engine, job);
    if (options.diagnose || options.diagnose_all)
        result.diagnoses = diagnose(result.applied, options.diagnose_all, engine, job);
    if (program.json)
        result.norms = engine.norm_history(job);
}

// All there is to write is known; each file appears whole.
void write_files(const Options& options, const Result& result) {
    const Recipe& recipe = result.applied.whole.recipe;
    if (result.frontier)
        write_file_atomic(options.frontier,
                          frontier_content(options.frontier, *result.frontier, recipe, result.overlay));
    if (!options.save_recipe.empty())
        write_file_atomic(options.save_recipe, recipe_to_json(recipe) + '\n');
}

std::optional<ExportReport> export_result(const EditPlaces& places, Engine& engine, EditSession* session,
                                          const JobContext& job) {
    if (places.out.empty())
        return {};
    return engine.export_edits({.format = export_format_from(places.out_format),
                                .out = places.out,
                                .at = {},
                                .provenance = session ? provenance_of(session->session()) : std::string()},
                               job);
}

// The text lists the edits that are in each other's way, with what to do, so that this warning of theirs would say it
// twice.
void tell_warnings(const EditReport& report, Program& program) {
    for (const std::string& warning : report.warnings)
        if (program.json || report.conflicts.empty() || !warning.starts_with("edits are in each other's way"))
            program.message(warning, true);
}

void run_edit(Program& program, const Options& options) {
    EditPlaces places = options.places;
    settle_places(program, places);
    check_options(program, options, places);
    // Faults of the request are found before a model is loaded.
    Result result;
    if (has_edits(options))
        result.gathered = gather_edits(options.edits);
    GatheredEdits& gathered = result.gathered;
    auto engine = program.open_model();
    const Recipe recipe = build_recipe(options.recipe, engine->model_info(), program.seed,
                                       [&](const std::string& text) { program.message(text); });
    check_frontier(options, recipe, engine->model_info());
    if (has_edits(options))
        result.unknown = unknown_fields(options.recipe, {recipe.algorithm});
    for (const std::string& warning : result.unknown)
        program.message(warning, true);
    if (!gathered.edits.empty())
        drop_faulty(gathered, *engine, program.model_folder(), program.job());
    tell_about(gathered, program);
    check_one_batch(options, batch_count(recipe, gathered.edits.size(), !places.session.empty()) +
                                 (places.delta.empty() ? 0 : 1));
    const auto session = EditSession::open(program, *engine, places.session);
    const JobContext job = program.job(gathered.edits.size());
    result.applied = apply_edits(program, *engine, session.get(), places, gathered.edits, recipe, options.apply, job);
    tell_warnings(result.applied.whole, program);
    look_at(result, program, options, *engine, session != nullptr, job);
    if (result.scores_before)
        session->keep(result.applied.whole.batch_id, *result.scores_before, result.scores);
    program.check_stop();
    result.exported = export_result(places, *engine, session.get(), job);
    write_files(options, result);
    program.clear_progress();
    if (program.json)
        return program.print(to_json(result));
    print_result(options, result);
}

} // namespace

void add_edit(Program& program) {
    auto options = std::make_shared<Options>();
    CLI::App* command =
        program.add_command("edit", "Apply edits to the model in memory, report, and keep or export them",
                            [&program, options] { run_edit(program, *options); });
    program.add_model(command);
    program.add_compute(command);
    program.add_seed(command);
    command->add_flag("--force", options->apply.force, "Use statistics, or a delta, that name another model");
    add_edit_options(command, options->edits);
    add_recipe_options(command, options->recipe);
    add_place_options(command, options->places);
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
        algorithms_text() +
        "MODEL may be a session (.emend): it is continued. With --session and --batch N every N edits are a batch "
        "of the history. Where all edits are one batch, the session keeps its scores before and after: the prompts are "
        "run twice for that, and not at all with --no-comparisons. The model's folder is never written to.\n" +
        std::string(skipped_help));
}

} // namespace emend::cli
