// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/batch_solver.h"

#include "analysis/prediction.h"
#include "base/job_part.h"
#include "editing/conflicts.h"
#include "editing/contexts.h"
#include "editing/keys.h"
#include "editing/solved_values.h"
#include "emend/error.h"
#include "engine/statistics_source.h"

#include <algorithm>
#include <chrono>
#include <iterator>

namespace emend {

namespace {

constexpr double answers_share = 0.05; // of the progress, before and after

// What values of this model go by in the store, before the state of the ledger.
std::string values_of(const OpenModel& model) {
    return model.info.fingerprint + ' ' + model.info.dtype + ' ';
}

} // namespace

SolveJob prepare_job(OpenModel& model, std::vector<EditRequest> requests, const Recipe& recipe, bool force,
                     const JobContext& job) {
    SolveJob what;
    what.requests = std::move(requests);
    what.recipe = recipe;
    if (!recipe.use_statistics)
        return what;
    if (find_algorithm(recipe.algorithm).fine_tunes && !statistics_status(model, recipe, job).complete()) {
        what.recipe.use_statistics = false;
        return what;
    }
    what.warnings = provide_statistics(model, recipe, force, job);
    for (const int layer : written_layers(recipe)) {
        job.check();
        job.report({.phase = "statistics", .fraction = 1, .seconds_left = -1, .detail = "factoring"});
        what.metrics.emplace(layer, model.metrics.metric(layer, metric_options(recipe)));
    }
    return what;
}

at::Tensor batch_keys(OpenModel& model, const EditReport& report, int layer, const JobContext& job) {
    const NoGrad no_grad;
    const Recipe& recipe = report.recipe;
    const auto edits =
        prepare_edits(model.tokenizer, requests_of(report), flatten_contexts(recipe.contexts), model.info.positions);
    const auto weights = context_weights(recipe.contexts, find_algorithm(recipe.algorithm).grouped_contexts);
    const at::Tensor keys = read_keys(model.decoder, edits, layer, weights, job).mean_keys;
    return recipe.merge_subjects ? unit_means(keys, units_by_subject(edits)) : keys;
}

void provide_earlier_keys(OpenModel& model, const Recipe& recipe, std::size_t position, const JobContext& job) {
    if (!find_algorithm(recipe.algorithm).keeps_earlier_edits)
        return;
    for (std::size_t index = 0; index < position; ++index) {
        if (!model.ledger.batch(index).active)
            continue;
        std::vector<int> missing;
        for (const int layer : written_layers(recipe))
            if (!model.ledger.has_keys(index, layer))
                missing.push_back(layer);
        if (missing.empty())
            continue;
        std::vector<at::Tensor> keys;
        {
            const AtPosition after_it(model.ledger, index + 1);
            for (const int layer : missing)
                keys.push_back(batch_keys(model, *model.entries[index].report, layer, job));
        }
        for (std::size_t i = 0; i < missing.size(); ++i)
            model.ledger.keep_keys(index, missing[i], keys[i]);
    }
}

std::size_t index_of(const OpenModel& model, std::uint64_t batch_id) {
    const auto found = std::ranges::find(model.entries, batch_id, &LedgerEntry::id);
    if (found == model.entries.end())
        throw Error("the history has no batch " + std::to_string(batch_id), {},
                    "it may have been dropped by a new edit");
    return static_cast<std::size_t>(found - model.entries.begin());
}

std::size_t applied_index(const OpenModel& model, std::uint64_t batch_id) {
    const std::size_t index = index_of(model, batch_id);
    if (index >= model.ledger.position())
        throw Error("the batch is undone", model.entries[index].title, "redo it first");
    return index;
}

std::vector<EditRequest> requests_of(const EditReport& report) {
    std::vector<EditRequest> requests;
    for (const EditOutcome& outcome : report.edits)
        requests.push_back(outcome.request);
    return requests;
}

std::string title_of(const std::vector<EditRequest>& requests) {
    if (requests.empty())
        return "updates of another program";
    std::string title = requests.front().subject + " \u2192 " + requests.front().object;
    if (requests.size() > 1)
        title += " and " + std::to_string(requests.size() - 1) + " more";
    return title;
}

SolveJob again(OpenModel& model, std::size_t index, const JobContext& job) {
    const EditReport& report = *model.entries[index].report;
    if (const auto found = model.searched.find(model.entries[index].id);
        found != model.searched.end() && !found->second.remembered) {
        const LedgerBatch& batch = model.ledger.batch(index);
        remember_values(
            model.values, values_of(model), model.tokenizer, model.info.positions,
            {.report = report, .updates = batch.updates, .targets = found->second.targets, .base = batch.base});
        found->second.remembered = true;
    }
    return prepare_job(model, requests_of(report), report.recipe, true, job);
}

EditBatchResult run_batch(OpenModel& model, Ledger::Draft& draft, const SolveJob& what, const JobContext& job) {
    const MetricSource metric = [&](int layer) { return what.metrics.at(layer); };
    return run_edits({.decoder = model.decoder,
                      .tokenizer = model.tokenizer,
                      .draft = draft,
                      .metric = metric,
                      .values = &model.values,
                      .model = values_of(model)},
                     what.requests, what.recipe, what.options, job);
}

SolvedBatch solve_batch(OpenModel& model, Ledger::Draft& draft, const SolveJob& what, const JobContext& job) {
    std::vector<PredictionQuery> queries;
    if (what.answers)
        for (const EditRequest& request : what.requests)
            queries.push_back(query_of(request));
    const auto start = std::chrono::steady_clock::now();
    auto before =
        predict(model.decoder, model.tokenizer, queries, shown_answers, part_of(job, 0, answers_share, start));

    EditBatchResult result = run_batch(model, draft, what, part_of(job, answers_share, 1 - answers_share, start));
    auto after =
        predict(model.decoder, model.tokenizer, queries, shown_answers, part_of(job, 1 - answers_share, 1, start));
    job.check();
    if (!what.dump_file.empty())
        write_dump(what.dump_file, result);

    SolvedBatch solved;
    solved.kept = keep_batch(result, what.metrics);
    for (const auto& [layer, columns] : result.targets)
        solved.searched.targets[layer] = at::cat(columns, 1);
    before.resize(what.requests.size());
    after.resize(what.requests.size());
    EditReport& report = solved.report;
    for (std::size_t i = 0; i < what.requests.size(); ++i)
        report.edits.push_back({.request = what.requests[i],
                                .before = std::move(before[i]),
                                .after = std::move(after[i]),
                                .loss = std::move(result.values[i].loss),
                                .stopped_early = result.values[i].stopped_early,
                                .clamped = result.values[i].clamped,
                                .value_kept = result.values[i].kept});
    report.layers = std::move(result.layers);
    report.recipe = std::move(result.recipe);
    report.conflicts = std::move(result.conflicts);
    report.warnings = what.warnings;
    std::ranges::move(result.warnings, std::back_inserter(report.warnings));
    report.seconds = result.seconds;
    return solved;
}

void check_softness_known(const Recipe& recipe, const std::string& where) {
    if (find_algorithm(recipe.algorithm).fine_tunes)
        throw Error("fine-tuning has no softness: it follows no formula", where, "edit with EMMET or MEMIT");
}

SolvedBatch take_apart(OpenModel& model, std::size_t index, SolveJob what, const std::string& where,
                       const JobContext& job) {
    what.options.decompose = true;
    what.answers = false;
    provide_earlier_keys(model, what.recipe, index, job);
    Ledger::Draft dropped(model.ledger, index);
    SolvedBatch solved = solve_batch(model, dropped, what, job);
    if (!solved.kept.known())
        throw Error("the bare prompt's key points away from the mean key: no softness can be chosen", where,
                    "use R-ROME");
    return solved;
}

} // namespace emend
