// SPDX-License-Identifier: GPL-3.0-or-later
// How the applied batches score, each by itself.
#include "jobs/studio.h"

#include "emend/error.h"

#include <algorithm>
#include <string>
#include <utility>

namespace emend::ui {

namespace {

std::vector<EditRequest> askedOf(const LedgerEntry& batch) {
    std::vector<EditRequest> requests;
    if (!batch.report)
        return requests;
    const auto& edits = batch.report->edits;
    for (std::size_t i = 0; i < std::min(edits.size(), Studio::scored_edits); ++i)
        requests.push_back(edits[i].request);
    return requests;
}

// One of the two measurements.
JobContext half(const JobContext& job, double from) {
    return JobContext(
        [&job, from](Progress progress) {
            if (progress.fraction >= 0)
                progress.fraction = from + progress.fraction / 2;
            progress.seconds_left = -1;
            job.report(progress);
        },
        job.stop_token());
}

// Right behind the batch and right below it: what came later has no part in it.
SessionScores scoresOf(Engine& engine, std::uint64_t batch, const std::vector<EditRequest>& requests,
                       const JobContext& job) {
    const LedgerState ledger = engine.ledger();
    const auto own = std::ranges::find(ledger.entries, batch, &LedgerEntry::id);
    if (own == ledger.entries.end() || !own->active)
        throw Error("the batch is not in the weights", "batch " + std::to_string(batch), "switch it on");
    const auto place = static_cast<std::size_t>(own - ledger.entries.begin());
    const std::size_t edits = own->report ? own->report->edits.size() : 0;
    return {.batch = batch,
            .before = engine.score(requests, place, half(job, 0)),
            .after = engine.score(requests, place + 1, half(job, 0.5)),
            .edits = requests.size() < edits ? requests.size() : 0,
            .state = state_name(ledger, place + 1)};
}

} // namespace

bool Studio::canScore(const LedgerEntry& batch) {
    return std::ranges::any_of(askedOf(batch), [](const EditRequest& request) {
        return request.true_object && !request.true_object->empty();
    });
}

void Studio::score(const LedgerEntry& batch) {
    m_jobs.submit<SessionScores>(
        {.lane = Lane::Score,
         .title = tr("Scoring %1").arg(QString::fromStdString(batch.title)),
         .background = true,
         .supersedes = true},
        [requests = askedOf(batch), id = batch.id](const Workplace& place) {
            return scoresOf(*place.engine, id, requests, place.context);
        },
        [this](const std::shared_ptr<const SessionScores>& scores) {
            SessionParts parts;
            parts.scores.push_back(*scores);
            m_sessions.save(std::move(parts));
            emit scored(scores);
        },
        [this, id = batch.id](const Failure& failure) { emit scoreFailed(id, failure); });
}

} // namespace emend::ui
