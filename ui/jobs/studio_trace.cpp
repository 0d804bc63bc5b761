// SPDX-License-Identifier: GPL-3.0-or-later
// Looking into the model: causal traces, told while they grow, and the logit lens.
#include "jobs/studio.h"

#include <utility>

namespace emend::ui {

void Studio::trace(const TraceRequest& request, quint64 tag) {
    m_jobs.submit<SessionTrace>(
        {.lane = Lane::Trace, .title = tr("Tracing %1").arg(QString::fromStdString(request.subject)), .urgent = true},
        [this, request, tag](const Workplace& place) {
            // Only here is it certain which weights they are: the window may be a step behind.
            const LedgerState ledger = place.engine->ledger();
            SessionTrace traced{.request = request, .result = {}, .state = state_name(ledger, request.at)};
            traced.request.at = request.at.value_or(ledger.position);
            traced.result = place.engine->trace(request, place.context, [&](const TraceResult& cells) {
                place.post(
                    [this, tag, grown = std::make_shared<const TraceResult>(cells)] { emit traceGrew(tag, grown); });
            });
            return traced;
        },
        [this, tag](const std::shared_ptr<const SessionTrace>& trace) {
            SessionParts parts;
            parts.traces.push_back(*trace);
            m_sessions.save(std::move(parts));
            emit traceReady(tag, trace);
        },
        [this, tag](const Failure& failure) { emit traceFailed(tag, failure); });
}

void Studio::lens(const LensRequest& request, quint64 tag) {
    m_jobs.submit<LensResult>(
        {.lane = Lane::Lens, .title = tr("Reading the layers"), .supersedes = true},
        [request](const Workplace& place) { return place.engine->lens(request, place.context); },
        [this, tag](const auto& lens) { emit lensReady(tag, lens); },
        [this, tag](const Failure& failure) { emit lensFailed(tag, failure); });
}

} // namespace emend::ui
