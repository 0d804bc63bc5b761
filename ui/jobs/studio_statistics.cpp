// SPDX-License-Identifier: GPL-3.0-or-later
// What can be known before an edit runs: the statistics it needs, the edits that stand in each other's way.
#include "jobs/studio.h"

namespace emend::ui {

void Studio::statisticsStatus(const Recipe& recipe) {
    m_jobs.submit<StatisticsStatus>(
        {.lane = Lane::Status, .title = tr("Looking for statistics"), .supersedes = true},
        [recipe](const Workplace& place) { return place.engine->statistics_status(recipe, place.context); },
        [this](const auto& status) { emit statisticsKnown(status); },
        [this](const Failure& failure) { emit statisticsUnknown(failure); });
}

void Studio::collectStatistics(const StatisticsRequest& request) {
    m_jobs.submit<StatisticsReport>(
        {.lane = Lane::Statistics, .title = tr("Collecting statistics"), .urgent = true},
        [request](const Workplace& place) { return place.engine->collect_statistics(request, place.context); },
        [this](const auto& report) { emit statisticsCollected(report); },
        [this](const Failure& failure) { emit statisticsFailed(failure); });
    stopLooking(); // trials that run are waited for: nothing else would bring their rows
    emit statisticsStarted();
}

void Studio::cancelStatistics() {
    if (!isCollecting())
        return;
    const JobStatus& running = m_jobs.status();
    if (running.id != 0 && running.lane == Lane::Statistics) {
        m_jobs.stopCurrent();
        return;
    }
    m_jobs.supersede(Lane::Statistics);
    Failure failure;
    failure.what = tr("cancelled");
    failure.cancelled = true;
    emit statisticsFailed(failure);
}

void Studio::findConflicts(std::vector<EditRequest> requests, const Recipe& recipe, QList<quint64> rows) {
    m_jobs.submit<std::vector<EditConflict>>(
        {.lane = Lane::Conflicts, .title = tr("Looking for edits in each other's way"), .supersedes = true},
        [requests = std::move(requests), recipe](const Workplace& place) {
            return place.engine->find_conflicts(requests, recipe, place.context);
        },
        [this, rows](const auto& conflicts) { emit conflictsFound(rows, conflicts); },
        [this](const Failure& failure) { emit conflictsFailed(failure); });
}

} // namespace emend::ui
