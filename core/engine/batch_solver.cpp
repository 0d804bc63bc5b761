// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/batch_solver.h"

#include "analysis/prediction.h"
#include "editing/contexts.h"
#include "editing/keys.h"
#include "engine/statistics_source.h"

#include <algorithm>
#include <iterator>

namespace emend {

namespace {

constexpr int shown_answers = 5;

} // namespace

std::map<int, Metric> provide_metrics(OpenModel& model, const Recipe& recipe, bool force, const JobContext& job,
                                      std::vector<std::string>& warnings) {
    std::map<int, Metric> metrics;
    if (!recipe.use_statistics)
        return metrics;
    std::ranges::move(provide_statistics(model, recipe, force, job), std::back_inserter(warnings));
    for (const int layer : written_layers(recipe)) {
        job.check();
        job.report({.phase = "statistics", .fraction = 1, .seconds_left = -1, .detail = "factoring"});
        metrics.emplace(layer, model.metrics.metric(layer, metric_options(recipe)));
    }
    return metrics;
}

void provide_earlier_keys(OpenModel& model, const Recipe& recipe, std::size_t position, const JobContext& job) {
    if (!find_algorithm(recipe.algorithm).keeps_earlier_edits)
        return;
    for (std::size_t index = 0; index < position; ++index) {
        const LedgerBatch& batch = model.ledger.batch(index);
        const EditReport& report = *model.entries[index].report;
        const auto contexts = flatten_contexts(report.recipe.contexts);
        const auto weights =
            context_weights(report.recipe.contexts, find_algorithm(report.recipe.algorithm).grouped_contexts);
        std::vector<PreparedEdit> edits;
        for (const int layer : written_layers(recipe)) {
            if (!batch.active || batch.keys.contains(layer))
                continue;
            if (edits.empty()) {
                std::vector<EditRequest> requests;
                for (const EditOutcome& outcome : report.edits)
                    requests.push_back(outcome.request);
                edits = prepare_edits(model.tokenizer, requests, contexts, model.info.positions);
            }
            model.ledger.keep_keys(index, layer, read_keys(model.decoder, edits, layer, weights, job).mean_keys);
        }
    }
}

SolvedBatch solve_batch(OpenModel& model, Ledger::Draft& draft, const SolveJob& what, const JobContext& job) {
    std::vector<PredictionQuery> queries;
    for (const EditRequest& request : what.requests)
        queries.push_back(query_of(request));
    auto before = predict(model.decoder, model.tokenizer, queries, shown_answers, job);

    const MetricSource metric = [&](int layer) { return what.metrics.at(layer); };
    EditBatchResult result = run_edits({.decoder = model.decoder,
                                        .tokenizer = model.tokenizer,
                                        .draft = draft,
                                        .metric = metric,
                                        .values = &model.values,
                                        .model = model.info.fingerprint + ' ' + model.info.dtype + ' '},
                                       what.requests, what.recipe, what.options, job);
    auto after = predict(model.decoder, model.tokenizer, queries, shown_answers, job);
    job.check();
    if (!what.dump_file.empty())
        write_dump(what.dump_file, result);

    SolvedBatch solved;
    solved.kept = keep_batch(result, what.metrics);
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
    report.warnings = std::move(result.warnings);
    report.seconds = result.seconds;
    return solved;
}

} // namespace emend
