// SPDX-License-Identifier: GPL-3.0-or-later
// How the applied batches score.
#include "jobs/studio.h"

#include <algorithm>
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

} // namespace

bool Studio::canScore(const LedgerEntry& batch) {
    return std::ranges::any_of(askedOf(batch), [](const EditRequest& request) {
        return request.true_object && !request.true_object->empty();
    });
}

void Studio::score(const LedgerEntry& batch) {
    m_jobs.submit<Scores>(
        {.lane = Lane::Score,
         .title = tr("Scoring %1").arg(QString::fromStdString(batch.title)),
         .background = true,
         .supersedes = true},
        [requests = askedOf(batch)](const Workplace& place) { return place.engine->score(requests, {}, place.context); },
        [this, id = batch.id, hash = batch.hash](const auto& scores) {
            SessionParts parts;
            parts.scores.push_back({{.batch = id, .before = {}, .after = *scores}, hash});
            m_sessions.save(std::move(parts));
            emit scored(id, scores);
        },
        [this, id = batch.id](const Failure& failure) { emit scoreFailed(id, failure); });
}

} // namespace emend::ui
