// SPDX-License-Identifier: GPL-3.0-or-later
// The editing half of the engine: checks, statistics, apply, the ledger.
#include "analysis/prediction.h"
#include "editing/editor.h"
#include "editing/statistics_file.h"
#include "emend/error.h"
#include "engine/statistics_source.h"
#include "engine/torch_engine.h"
#include "engine/torch_errors.h"
#include "text/subject_locator.h"

#include <chrono>

namespace emend {

namespace {

constexpr int shown_answers = 5;

std::vector<PredictionQuery> queries_of(const std::vector<EditRequest>& requests) {
    std::vector<PredictionQuery> queries;
    for (const auto& request : requests)
        queries.push_back(query_of(request));
    return queries;
}

std::string title_of(const std::vector<EditRequest>& requests) {
    std::string title = requests.front().subject + " \u2192 " + requests.front().object;
    if (requests.size() > 1)
        title += " and " + std::to_string(requests.size() - 1) + " more";
    return title;
}

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
        Collected collected;
        {
            const AtPosition unedited(open.ledger, 0);
            collected = collect(open.decoder, open.tokenizer, open.info.fingerprint,
                                {.corpus = corpus_path(open, request.corpus),
                                 .layers = request.layers,
                                 .tokens = request.tokens,
                                 .resume = request.resume},
                                job);
        }
        StatisticsReport report{.layers = {},
                                .file = collected.file,
                                .tokens_per_second = collected.tokens_per_second,
                                .from_cache = collected.from_cache};
        if (!request.out.empty()) {
            write_statistics(request.out, collected.layers, open.info.fingerprint, collected.corpus_sha256);
            report.file = request.out;
        }
        for (const auto& layer : collected.layers) {
            job.check();
            report.layers.push_back({.layer = layer.layer,
                                     .tokens = layer.count,
                                     .trace = layer.second_moment.trace().item<double>(),
                                     .condition = condition_number(layer.second_moment)});
        }
        return report;
    });
}

LedgerState TorchEngine::ledger() const {
    const OpenModel& open = model();
    return {.entries = open.entries, .position = open.ledger.position()};
}

LedgerState TorchEngine::undo() {
    return guarded("undoing", [&] {
        model().ledger.undo();
        return ledger();
    });
}

LedgerState TorchEngine::redo() {
    return guarded("redoing", [&] {
        model().ledger.redo();
        return ledger();
    });
}

} // namespace emend
