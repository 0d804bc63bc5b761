// SPDX-License-Identifier: GPL-3.0-or-later
// The session held against the model, on the worker.
#include "jobs/studio.h"

#include <utility>

namespace emend::ui {

void Studio::noteChecked(const CheckedState& left) {
    m_sessions.note(left.kept);
    setLedger(left.ledger, left.weightsHash); // went away and came back: what looks at it may have to look again
}

void Studio::verifySession() {
    m_jobs.submit<VerifiedSession>(
        {.lane = Lane::Verify, .title = tr("Verifying the session"), .urgent = true},
        [document = m_sessions.document()](const Workplace& place) { return ui::verifySession(place, *document); },
        [this](const std::shared_ptr<const VerifiedSession>& verified) {
            noteChecked(verified->left);
            emit sessionVerified(verified);
        },
        [this](const Failure& failure) {
            noteLost(failure);
            emit sessionCheckFailed(failure);
        });
}

void Studio::replaySession(const QString& file) {
    m_jobs.submit<ReplayedSession>(
        {.lane = Lane::Verify, .title = tr("Replaying the session"), .urgent = true},
        [document = m_sessions.document(), file](const Workplace& place) {
            return ui::replaySession(place, *document, file);
        },
        [this](const std::shared_ptr<const ReplayedSession>& replayed) {
            noteChecked(replayed->left);
            emit sessionReplayed(replayed);
        },
        [this](const Failure& failure) {
            noteLost(failure);
            emit sessionCheckFailed(failure);
        });
}

void Studio::keepReplayed(std::shared_ptr<const ReplayedSession> replayed) {
    m_jobs.submit<std::string>(
        {.lane = Lane::Session, .title = tr("Writing the replayed session"), .urgent = true, .needs_engine = false},
        [replayed = std::move(replayed)](const Workplace&) { return ui::keepReplayed(*replayed); },
        [this](const auto& path) { emit replayKept(QString::fromStdString(*path)); },
        [this](const Failure& failure) { emit sessionCheckFailed(failure); });
}

void Studio::rescueSession(const QString& from, const QString& to) {
    const auto open = m_model ? std::optional(session_model(*m_model)) : std::nullopt;
    m_jobs.submit<RescuedSession>(
        {.lane = Lane::Copy, .title = tr("Rescuing the session"), .urgent = true, .needs_engine = false},
        [from, to, open](const Workplace& place) { return ui::rescueSession(from, to, open, place.context); },
        [this](const std::shared_ptr<const RescuedSession>& rescued) { emit sessionRescued(rescued); },
        [this](const Failure& failure) { emit sessionCheckFailed(failure); });
}

} // namespace emend::ui
