// SPDX-License-Identifier: GPL-3.0-or-later
// What can be known before an edit: faults of requests, conflicts, statistics.
#include "analysis/prediction.h"
#include "editing/conflicts.h"
#include "editing/editor.h"
#include "editing/keys.h"
#include "emend/error.h"
#include "engine/output_guard.h"
#include "engine/statistics_source.h"
#include "engine/torch_engine.h"
#include "engine/torch_errors.h"
#include "text/subject_locator.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <iterator>

namespace emend {

namespace {

EditCheck check_one(const OpenModel& open, const EditRequest& request) {
    EditCheck check;
    check.problem = find_problem(open.tokenizer, request, open.info.positions);
    if (check.problem)
        return check;
    const LocatedPrompt located = locate_subject(open.tokenizer, request.prompt, request.subject);
    for (const auto id : located.full.ids)
        check.pieces.push_back(open.tokenizer.piece(id));
    check.subject_first_token = located.first_subject_token;
    check.subject_last_token = located.last_subject_token;
    for (const auto id : encode_target(open.tokenizer, request.object))
        check.object_pieces.push_back(open.tokenizer.piece(id));
    return check;
}

} // namespace

std::vector<EditCheck> TorchEngine::check(const std::vector<EditRequest>& requests, const JobContext& job) {
    return guarded("checking the edits", [&] {
        const OpenModel& open = model();
        std::vector<EditCheck> checks;
        std::vector<PredictionQuery> queries;
        std::vector<std::size_t> asked; // the request each query is about
        for (std::size_t i = 0; i < requests.size(); ++i) {
            checks.push_back(check_one(open, requests[i]));
            if (checks.back().problem)
                continue;
            queries.push_back(query_of(requests[i]));
            asked.push_back(i);
        }
        auto answers = predict(open.decoder, open.tokenizer, queries, shown_answers, job);
        for (std::size_t q = 0; q < asked.size(); ++q)
            checks[asked[q]].present = std::move(answers[q]);
        return checks;
    });
}

StatisticsReport TorchEngine::collect_statistics(const StatisticsRequest& request, const JobContext& job) {
    return guarded("collecting statistics", [&] {
        OpenModel& open = model();
        check_output(open, request.out);
        return emend::collect_statistics(open, request, job);
    });
}

StatisticsStatus TorchEngine::statistics_status(const Recipe& recipe, const JobContext& job) {
    return guarded("looking for statistics", [&] { return emend::statistics_status(model(), recipe, job); });
}

std::vector<EditConflict> TorchEngine::find_conflicts(const std::vector<EditRequest>& requests, const Recipe& recipe,
                                                      const JobContext& job) {
    return guarded("comparing the edits", [&]() -> std::vector<EditConflict> {
        OpenModel& open = model();
        check_recipe(recipe, open.info);
        const AlgorithmInfo& algorithm = find_algorithm(recipe.algorithm);
        if (algorithm.one_at_a_time || algorithm.fine_tunes || recipe.batch == 1)
            return {};
        std::vector<PreparedEdit> edits;
        std::vector<std::size_t> places; // in `requests`
        for (std::size_t i = 0; i < requests.size(); ++i) {
            job.check();
            if (find_problem(open.tokenizer, requests[i], open.info.positions))
                continue;
            edits.push_back(prepare_edit(open.tokenizer, requests[i], {"{}"},
                                         {.target_ids = {}, .positions = open.info.positions, .label = {}}));
            places.push_back(i);
        }
        // Keys are compared as ordinary text has them, where that is known without collecting it now.
        std::vector<EditConflict> conflicts;
        if (edits.size() > 1 && recipe.use_statistics && emend::statistics_status(open, recipe, job).complete()) {
            static_cast<void>(provide_statistics(open, recipe, true, job));
            const int layer = written_layers(recipe).front();
            const Metric metric = open.metrics.metric(layer, metric_options(recipe));
            const std::vector<double> weights{1.0};
            conflicts = emend::find_conflicts(metric, read_keys(open.decoder, edits, layer, weights, job).mean_keys,
                                              edits, job);
        } else {
            conflicts = same_subjects(edits);
        }
        const auto size = static_cast<std::size_t>(recipe.batch);
        for (EditConflict& conflict : conflicts) {
            conflict.first = places[conflict.first];
            conflict.second = places[conflict.second];
        }
        std::erase_if(conflicts, [&](const EditConflict& conflict) { // not solved together, or solved as one
            return (size > 0 && conflict.first / size != conflict.second / size) ||
                   (recipe.merge_subjects && conflict.same_subject);
        });
        return conflicts;
    });
}

} // namespace emend
