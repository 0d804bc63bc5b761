// SPDX-License-Identifier: GPL-3.0-or-later
// How far the layers are from the checkpoint, and what another recipe would trade.
#include "jobs/studio.h"

namespace emend::ui {

void Studio::normHistory() {
    m_jobs.submit<NormHistory>(
        {.lane = Lane::Norms, .title = tr("Measuring the layers"), .supersedes = true},
        [](const Workplace& place) { return place.engine->norm_history(place.context); },
        [this](const auto& history) { emit normHistoryReady(history); },
        [this](const Failure& failure) { emit normHistoryFailed(failure); });
}

void Studio::frontierOf(const FrontierRequest& request, quint64 tag) {
    m_jobs.submit<Frontier>(
        {.lane = Lane::Frontier, .title = tr("Solving for the other frontier"), .supersedes = true},
        [request](const Workplace& place) { return place.engine->frontier_of(request, place.context); },
        [this, tag](const auto& frontier) { emit frontierOfReady(tag, frontier); },
        [this, tag](const Failure& failure) { emit frontierOfFailed(tag, failure); });
}

} // namespace emend::ui
