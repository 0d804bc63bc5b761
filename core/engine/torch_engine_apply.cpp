// SPDX-License-Identifier: GPL-3.0-or-later
// Editing: apply, solve again, the knob. Everything happens in a draft; until it is committed, anything that throws
// leaves the weights as they were.
#include "analysis/prediction.h"
#include "base/job_part.h"
#include "base/log.h"
#include "emend/error.h"
#include "engine/batch_solver.h"
#include "engine/output_guard.h"
#include "engine/torch_engine.h"
#include "engine/torch_errors.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <set>

namespace emend {

namespace {

using Clock = std::chrono::steady_clock;
using Report = std::shared_ptr<const EditReport>;

Report renewed(EditReport report, const EditReport& old, Clock::time_point start) {
    report.batch_id = old.batch_id;
    report.seconds.statistics = old.seconds.statistics;
    report.seconds.total = seconds_since(start);
    return std::make_shared<const EditReport>(std::move(report));
}

void keep_searched(OpenModel& open, std::uint64_t batch_id, SearchedValues searched) {
    if (searched.targets.empty())
        open.searched.erase(batch_id);
    else
        open.searched.insert_or_assign(batch_id, std::move(searched));
}

} // namespace

EditReport TorchEngine::apply(const std::vector<EditRequest>& requests, const Recipe& recipe,
                              const ApplyOptions& options, const JobContext& job) {
    return guarded("the edit", [&] {
        const NoGrad no_grad;
        OpenModel& open = model();
        if (requests.empty())
            throw Error("there is nothing to edit", {}, "add at least one edit");
        check_recipe(recipe, open.info);
        check_output(open, options.dump_file);
        const auto start = Clock::now();

        // Faulty requests come to light before minutes of statistics.
        static_cast<void>(prepare_edits(open.tokenizer, requests, {"{}"}, open.info.positions));
        const FirstPart statistics(job, statistics_share, start);
        SolveJob what = prepare_job(open, requests, recipe, options.force, statistics.job());
        what.dump_file = options.dump_file;
        const JobContext edit_job = statistics.rest();
        const double statistics_seconds = seconds_since(start);
        provide_earlier_keys(open, recipe, open.ledger.position(), job);

        Ledger::Draft draft(open.ledger);
        SolvedBatch solved = solve_batch(open, draft, what, edit_job);
        auto report = std::make_shared<EditReport>(std::move(solved.report));
        report->seconds.statistics = statistics_seconds;
        report->batch_id = open.last_batch_id + 1;

        std::vector<LedgerEntry> entries(open.entries.begin(),
                                         open.entries.begin() + static_cast<std::ptrdiff_t>(open.ledger.position()));
        entries.push_back(
            {.id = report->batch_id, .title = title_of(requests), .note = {}, .hash = {}, .report = report});
        report->seconds.total = seconds_since(start);
        EditReport answer = *report; // copied before the commit, which is the last thing that can fail
        std::vector<std::uint64_t> ids;
        for (const LedgerEntry& entry : entries)
            ids.push_back(entry.id);
        draft.commit();
        open.entries.swap(entries);
        open.last_batch_id = report->batch_id;
        open.keep_only(ids);
        open.kept.put(report->batch_id, std::move(solved.kept));
        keep_searched(open, report->batch_id, std::move(solved.searched));
        return answer;
    });
}

LedgerState TorchEngine::switch_batch(std::uint64_t batch_id, bool active, bool resolve_later, const JobContext& job) {
    return guarded("switching the batch", [&] {
        const NoGrad no_grad;
        OpenModel& open = model();
        const std::size_t index = index_of(open, batch_id);
        const std::size_t position = open.ledger.position();
        if (!resolve_later || index + 1 >= position) { // nothing comes after it
            open.ledger.set_active(index, active);
            return ledger();
        }
        const auto start = Clock::now();
        // Statistics are those of the unedited model and have to be there before the draft.
        std::map<std::size_t, SolveJob> jobs;
        std::set<int> key_layers; // that later batches will want keys of
        for (std::size_t later = index + 1; later < position; ++later) {
            if (!open.ledger.batch(later).active)
                continue;
            const SolveJob& what = jobs.emplace(later, again(open, later, job)).first->second;
            provide_earlier_keys(open, what.recipe, index, job);
            if (find_algorithm(what.recipe.algorithm).keeps_earlier_edits)
                key_layers.insert(what.recipe.layers.begin(), what.recipe.layers.end());
        }
        Ledger::Draft draft(open.ledger, index);
        const auto keep_keys = [&](const EditReport& report) {
            for (const int layer : key_layers)
                if (!draft.has_keys_of_last(layer))
                    draft.keep_keys_of_last(layer, batch_keys(open, report, layer, job));
        };
        draft.carry(index, active);
        if (active)
            keep_keys(*open.entries[index].report);
        std::map<std::size_t, SolvedBatch> solved;
        for (std::size_t later = index + 1; later < position; ++later) {
            const auto found = jobs.find(later);
            if (found == jobs.end()) {
                draft.carry(later);
                continue;
            }
            const double all = static_cast<double>(jobs.size());
            const double done = static_cast<double>(solved.size());
            SolvedBatch batch =
                solve_batch(open, draft, found->second, part_of(job, done / all, (done + 1) / all, start));
            draft.end_batch();
            keep_keys(batch.report);
            solved.emplace(later, std::move(batch));
        }
        job.check();
        std::vector<LedgerEntry> entries = open.entries;
        for (auto& [later, batch] : solved)
            entries[later].report = renewed(std::move(batch.report), *entries[later].report, start);
        draft.commit();
        open.entries.swap(entries);
        for (auto& [later, batch] : solved)
            open.kept.put(open.entries[later].id, std::move(batch.kept));
        for (auto& [later, batch] : solved)
            keep_searched(open, open.entries[later].id, std::move(batch.searched));
        return ledger();
    });
}

SoftnessResult TorchEngine::set_softness(const SoftnessRequest& request, const JobContext& job) {
    return guarded("changing the softness", [&] {
        const NoGrad no_grad;
        OpenModel& open = model();
        const auto start = Clock::now();
        const std::size_t index = applied_index(open, request.batch_id);
        if (!std::isfinite(request.softness) || request.softness < 0)
            throw Error("the softness must be 0 or more", "softness", "0 memorizes exactly");
        const EditReport& old = *open.entries[index].report;
        std::vector<PredictionQuery> queries;
        for (const EditRequest& watched : request.watch)
            queries.push_back(query_of(watched));
        Report report;
        std::vector<LayerUpdate> updates;
        std::optional<KeptBatch> kept_now;
        std::optional<SearchedValues> searched_now;
        if (request.settle) {
            SolveJob what = again(open, index, job);
            what.recipe.softness = request.softness;
            what.options.decompose = open.kept.find(request.batch_id) != nullptr; // the knob will be turned again
            provide_earlier_keys(open, what.recipe, index, job);
            Ledger::Draft draft(open.ledger, index);
            SolvedBatch solved = solve_batch(open, draft, what, job);
            updates = draft.updates();
            kept_now = std::move(solved.kept);
            searched_now = std::move(solved.searched);
            report = renewed(std::move(solved.report), old, start);
        } else {
            const KeptBatch& kept = taken_apart(index, job);
            auto changed = std::make_shared<EditReport>(old);
            changed->recipe.softness = request.softness;
            changed->layers = kept.layers(request.softness, old.layers);
            updates = kept.updates(request.softness);
            report = std::move(changed);
        }
        SoftnessResult result{.softness = request.softness, .layers = report->layers, .answers = {}};
        job.check();
        open.ledger.replace(index, std::move(updates), request.settle); // all or nothing; nothing below may fail
        open.entries[index].report = std::move(report);
        if (kept_now)
            open.kept.put(request.batch_id, std::move(*kept_now));
        if (searched_now)
            keep_searched(open, request.batch_id, std::move(*searched_now));
        else if (open.ledger.batch(index).updates.size() > result.layers.size())
            open.searched.erase(request.batch_id); // later parts were searched on what the earlier ones had written
        try {
            if (!queries.empty())
                result.answers = predict(open.decoder, open.tokenizer, queries, request.top, {});
        } catch (const std::exception& fault) { // the weights are moved: better no answers than a wrong state
            log_warning("the watched edits could not be asked: " + std::string(fault.what()));
        }
        return result;
    });
}

LedgerState TorchEngine::ledger() const {
    const OpenModel& open = model();
    LedgerState state{.entries = open.entries, .position = open.ledger.position()};
    for (std::size_t index = 0; index < state.entries.size(); ++index) {
        state.entries[index].active = open.ledger.batch(index).active;
        state.entries[index].hash = open.ledger.batch(index).hash;
        state.entries[index].stale = open.ledger.is_stale(index);
    }
    return state;
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

LedgerState TorchEngine::go_to(std::size_t position) {
    return guarded("going through the history", [&] {
        model().ledger.go_to(position);
        return ledger();
    });
}

} // namespace emend
