// SPDX-License-Identifier: GPL-3.0-or-later
// The edits of a session made once more, from their requests.
#include "emend/session_work.h"
#include "session/session_history.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <utility>

namespace emend {

namespace {

constexpr double read_share = 0.05; // of a replay's time

// What is no number agrees with nothing.
double relative_difference(double a, double b) {
    if (!std::isfinite(a) || !std::isfinite(b))
        return std::numeric_limits<double>::infinity();
    const double scale = std::max(std::abs(a), std::abs(b));
    return scale > 0 ? std::abs(a - b) / scale : 0;
}

void compare(ReplayedBatch& replayed, const EditReport& kept, const EditReport& now) {
    std::map<int, std::pair<double, double>> norms; // by layer; what only one of the two wrote the other left at 0
    for (const LayerReport& layer : kept.layers)
        norms[layer.layer].first = layer.update_norm;
    for (const LayerReport& layer : now.layers)
        norms[layer.layer].second = layer.update_norm;
    for (const auto& [layer, norm] : norms)
        replayed.largest_norm_difference =
            std::max(replayed.largest_norm_difference, relative_difference(norm.first, norm.second));
    for (std::size_t i = 0; i < std::min(replayed.edits.size(), now.edits.size()); ++i) {
        replayed.edits[i].p_new_now = now.edits[i].after.p_new;
        replayed.edits[i].held_now = now.edits[i].after.says_new;
    }
}

ReplayedBatch replay(Engine& engine, const BatchRecord& batch, const JobContext& job) {
    ReplayedBatch replayed;
    replayed.batch = batch.id;
    replayed.title = batch.title;
    if (!batch.report) {
        replayed.problem = "the batch has no report, so what was asked for is not known";
        return replayed;
    }
    std::vector<EditRequest> requests;
    for (const EditOutcome& edit : batch.report->edits) {
        requests.push_back(edit.request);
        replayed.edits.push_back({.subject = edit.request.subject,
                                  .object = edit.request.object,
                                  .p_new_kept = edit.after.p_new,
                                  .held_kept = edit.after.says_new});
    }
    try {
        const EditReport report = engine.apply(requests, batch.report->recipe, {}, job);
        compare(replayed, *batch.report, report);
        const LedgerState ledger = engine.ledger();
        const LedgerEntry& made = ledger.entries.back();
        replayed.same_updates = made.hash == batch.hash;
        (void)engine.annotate(made.id, batch.title, batch.note);
    } catch (const Error& error) {
        replayed.problem = error.what();
        replayed.hint = error.hint();
    }
    return replayed;
}

std::vector<BatchRecord> records_of(const Engine& engine, const LedgerState& ledger) {
    std::vector<BatchRecord> records;
    for (const LedgerEntry& entry : ledger.entries)
        records.push_back(engine.record(entry.id));
    return records;
}

} // namespace

std::vector<ReplayedBatch> replay_session(Engine& engine, Session& session, const JobContext& job) {
    (void)open_model(engine);
    const std::size_t position = session.head().position;
    std::vector<BatchRecord> batches = read_batches(session, job, read_share);
    batches.resize(std::min(batches.size(), position)); // undone ones are not in the weights
    std::erase_if(batches, [](const BatchRecord& batch) { return !batch.active; });

    const LedgerState before = engine.ledger();
    const std::vector<BatchRecord> history = records_of(engine, before);
    std::vector<ReplayedBatch> replayed;
    try {
        (void)engine.restore({}, 0, job);
        for (const BatchRecord& batch : batches) {
            const double from = read_share + (1 - read_share) * static_cast<double>(replayed.size()) /
                                                 static_cast<double>(batches.size());
            const double share = (1 - read_share) / static_cast<double>(batches.size());
            const JobContext part(
                [&](const Progress& progress) {
                    job.report({.phase = progress.phase,
                                .fraction = from + share * std::max(0.0, progress.fraction),
                                .seconds_left = -1,
                                .detail = batch.title});
                },
                job.stop_token());
            replayed.push_back(replay(engine, batch, part));
        }
    } catch (...) { // stopped, out of memory: all of it or nothing
        (void)engine.restore(history, before.position, {});
        throw;
    }
    return replayed;
}

std::vector<SessionEdit> rows_after_replay(std::vector<SessionEdit> rows, const LedgerState& made) {
    const auto name = [](const EditRequest& request) {
        return std::array{request.subject, request.prompt, request.object};
    };
    std::multimap<std::array<std::string, 3>, SessionEdit*> waiting; // alike ones in their order
    for (SessionEdit& row : rows) {
        const bool was_applied = row.batch.has_value();
        row.batch.reset(); // a number of the other history
        if (was_applied)
            waiting.emplace(name(row.request), &row);
    }
    for (const LedgerEntry& entry : made.entries)
        for (const EditOutcome& edit : entry.report ? entry.report->edits : std::vector<EditOutcome>())
            if (const auto found = waiting.find(name(edit.request)); found != waiting.end()) {
                found->second->batch = entry.id;
                waiting.erase(found);
            }
    return rows;
}

} // namespace emend
