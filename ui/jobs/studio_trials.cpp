// SPDX-License-Identifier: GPL-3.0-or-later
// Why an edit took or did not, and what other recipes would do. Neither changes the model.
#include "jobs/studio.h"

namespace emend::ui {

void Studio::diagnose(std::uint64_t batch, std::size_t edit, quint64 tag) {
    m_jobs.submit<Diagnosis>(
        {.lane = Lane::Diagnose, .title = tr("Looking into the edit"), .supersedes = true},
        [batch, edit](const Workplace& place) { return place.engine->diagnose(batch, edit, place.context); },
        [this, tag](const auto& diagnosis) { emit diagnosed(tag, diagnosis); },
        [this, tag](const Failure& failure) { emit diagnoseFailed(tag, failure); });
}

void Studio::tryRecipes(std::vector<EditRequest> requests, std::vector<Recipe> recipes, quint64 tag) {
    const QString title = tr("Trying %n recipe(s)", nullptr, static_cast<int>(recipes.size()));
    m_trialTag = tag;
    m_trialsWhy.clear();
    // The rows were told one by one; what comes back at the end says nothing new.
    m_jobs.submit<std::size_t>(
        {.lane = Lane::Try, .title = title, .urgent = true, .supersedes = true},
        [this, tag, requests = std::move(requests), recipes = std::move(recipes)](const Workplace& place) {
            const auto tell = [&](const TrialRow& row) {
                place.post([this, tag, row = std::make_shared<const TrialRow>(row)] { emit trialRow(tag, row); });
            };
            place.post(
                [this, tag, scores = std::make_shared<const Scores>(place.engine->score(requests, {}, place.context))] {
                    emit unedited(tag, scores);
                });
            return place.engine->try_recipes(requests, recipes, place.context, tell).size();
        },
        [this, tag](const auto&) { emit trialsDone(tag); },
        [this, tag](Failure failure) {
            if (failure.cancelled)
                failure.hint = m_trialsWhy;
            emit trialsFailed(tag, failure);
        });
}

void Studio::endTrials(const QString& why) {
    if (!isTrying())
        return;
    const JobStatus& running = m_jobs.status();
    if (running.id != 0 && running.lane == Lane::Try) {
        if (!running.stopping)
            m_trialsWhy = why;
        m_jobs.stopCurrent();
        return;
    }
    m_jobs.supersede(Lane::Try);
    Failure failure;
    failure.what = tr("cancelled");
    failure.hint = why;
    failure.cancelled = true;
    emit trialsFailed(m_trialTag, failure);
}

} // namespace emend::ui
