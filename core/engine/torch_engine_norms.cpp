// SPDX-License-Identifier: GPL-3.0-or-later
// How far the layers are from the checkpoint, and what a batch or edits that are not applied would trade.
#include "analysis/update_norms.h"
#include "base/job_part.h"
#include "editing/prepared_edit.h"
#include "emend/error.h"
#include "engine/batch_solver.h"
#include "engine/torch_engine.h"
#include "engine/torch_errors.h"

namespace emend {

namespace {

// With the points of the recipe's own softness and of the algorithm's usual one. recipe: as used.
Frontier frontier_with(const KeptBatch& batch, const Recipe& recipe, const ModelInfo& model, std::uint64_t batch_id) {
    std::vector<double> also{recipe.softness.value_or(0)};
    if (const auto usual = default_recipe(model, recipe.algorithm).softness)
        also.push_back(*usual);
    Frontier frontier = batch.frontier(also);
    frontier.batch_id = batch_id;
    frontier.softness = also.front();
    return frontier;
}

} // namespace

NormHistory TorchEngine::norm_history(const JobContext& job) {
    return guarded("reading the update norms", [&] {
        const OpenModel& open = model();
        NormHistory history = emend::norm_history(open.ledger, open.decoder.weights(), job);
        for (NormHistory::Point& point : history.points)
            point.batch_id = open.entries[point.position - 1].id;
        return history;
    });
}

const KeptBatch& TorchEngine::taken_apart(std::size_t index, const JobContext& job) {
    OpenModel& open = model();
    const LedgerEntry& entry = open.entries[index];
    check_softness_known(entry.report->recipe, entry.title);
    if (const KeptBatch* kept = open.kept.find(entry.id))
        return *kept;
    // Solved again with the kept values; the weights it was solved on may have changed.
    open.kept.put(entry.id, take_apart(open, index, again(open, index, job), entry.title, job).kept);
    return *open.kept.find(entry.id);
}

Frontier TorchEngine::frontier(std::uint64_t batch_id, const JobContext& job) {
    return guarded("drawing the frontier", [&] {
        const NoGrad no_grad;
        const OpenModel& open = model();
        const std::size_t index = applied_index(open, batch_id);
        return frontier_with(taken_apart(index, job), open.entries[index].report->recipe, open.info, batch_id);
    });
}

Frontier TorchEngine::frontier_of(const FrontierRequest& request, const JobContext& job) {
    return guarded("drawing the frontier", [&] {
        const NoGrad no_grad;
        OpenModel& open = model();
        check_recipe(request.recipe, open.info);
        check_softness_known(request.recipe, "recipe: algorithm");
        std::size_t index = open.ledger.position();
        std::vector<EditRequest> requests = request.requests;
        bool force = false;
        if (request.batch_id) {
            index = applied_index(open, *request.batch_id);
            const EditReport& report = *open.entries[index].report;
            requests = requests_of(report);
            force = report.recipe.statistics_file == request.recipe.statistics_file; // they were taken for the batch
        }
        if (requests.empty())
            throw Error("there is nothing to solve", {}, "add at least one edit");
        static_cast<void>(prepare_edits(open.tokenizer, requests, {"{}"}, open.info.positions));
        const FirstPart statistics(job, statistics_share, std::chrono::steady_clock::now());
        SolveJob what = prepare_job(open, std::move(requests), request.recipe, force, statistics.job());
        const SolvedBatch solved = take_apart(open, index, std::move(what), "recipe: algorithm", statistics.rest());
        return frontier_with(solved.kept, solved.report.recipe, open.info, request.batch_id.value_or(0));
    });
}

} // namespace emend
