// SPDX-License-Identifier: GPL-3.0-or-later
// The studio and its session: a session that is opened brings a model, a ledger and rows.
#include "jobs/studio.h"

namespace emend::ui {

void Studio::connectSessions() {
    connect(&m_sessions, &SessionKeeper::opened, this, [this](const std::shared_ptr<const OpenedSession>& session) {
        if (!session->checkpointHash.isEmpty() || !m_model || m_model->fingerprint != session->model->fingerprint)
            m_checkpointHash = session->checkpointHash;
        m_model = session->model;
        // Rows first: the ledger finds its batches among them.
        emit sessionRestoring(session);
        setLedger(session->ledger, session->weightsHash);
        emit modelOpened(m_model);
        emit sessionOpened(session);
    });
    connect(&m_sessions, &SessionKeeper::openFailed, this,
            [this](const QString&, const Failure& failure) { noteLost(failure); });
    connect(&m_sessions, &SessionKeeper::started, this,
            [this](const LedgerState& ledger) { setLedger(ledger, m_checkpointHash); });
}

void Studio::noteLost(const Failure& failure) {
    if (!failure.nothingOpen)
        return;
    const QString path = m_model ? QString::fromStdString(m_model->path) : QString();
    m_model.reset();
    m_checkpointHash.clear();
    m_sessions.note({});
    setLedger({});
    emit modelFailed(path, failure);
}

void Studio::openSession(const OpenSessionRequest& request) {
    leaveModel();
    m_sessions.open(request);
    emit modelOpening(QString::fromStdString(request.path));
}

// The start of the engine cannot be stopped half way, and what is written of the session is written.
bool Studio::canCancel() const {
    const JobStatus& status = m_jobs.status();
    return status.id != 0 && !status.stopping && status.lane != Lane::Engine && status.lane != Lane::Session &&
           status.lane != Lane::Autosave;
}

void Studio::cancel() {
    if (canCancel())
        m_jobs.stopCurrent();
}

} // namespace emend::ui
