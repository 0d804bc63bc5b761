// SPDX-License-Identifier: GPL-3.0-or-later
// The session as the window asks for it: open, save by name, autosave, close. The file itself is touched by jobs only;
// jobs of others that change the history write it through document() before they answer, and tell note(). UI thread
// only.
#pragma once

#include "jobs/document.h"
#include "jobs/job_queue.h"
#include "jobs/open_session.h"

#include <QList>
#include <QObject>
#include <QStringList>

#include <functional>
#include <memory>
#include <vector>

namespace emend::ui {

// What earlier windows left behind.
struct LeftSessions {
    std::vector<SessionHead> whole; // newest first
    QStringList damaged;            // files that can only be rescued
    [[nodiscard]] bool isEmpty() const { return whole.empty() && damaged.isEmpty(); }
};

class SessionKeeper : public QObject {
    Q_OBJECT
  public:
    explicit SessionKeeper(JobQueue& jobs, QObject* parent = nullptr);

    // For jobs that change the history: save() behind the change.
    [[nodiscard]] const std::shared_ptr<Document>& document() const { return m_document; }
    [[nodiscard]] const DocumentState& state() const { return m_state; }
    void note(const DocumentState& state); // as such a job left it

    // In the background, behind everything a person waits for; what waits already is written together.
    void save(SessionParts parts);
    // A person asked, or it has happened already: at once. `then` runs on the UI thread.
    void saveNow(SessionParts parts, std::function<void()> then = {});
    // What waits to be saved goes before everything that is asked for from now on: another session comes.
    void flush();
    [[nodiscard]] bool isSaving() const { return m_jobs.has(Lane::Autosave); }

    // Answer: opened, modelWanted or openFailed.
    void open(const OpenSessionRequest& request);
    // Answer: savedAs or saveAsFailed.
    void saveAs(const QString& path, SessionParts due, SessionParts whole); // as Document::saveAs
    // Writes what is missing and closes for good. Answer: closed, or closeFailed and the session stays.
    void close(SessionParts parts, Unsaved end);
    // The same model, no history. Answer: started or startFailed.
    void startNew(Unsaved end);
    // Answer: recoverable.
    void findRecoverable();
    void discard(const QString& path); // one of these. Answer: only when it fails, discardFailed

  signals:
    void stateChanged(const emend::ui::DocumentState& state);
    void opened(const std::shared_ptr<const emend::ui::OpenedSession>& session);
    void modelWanted(const emend::ui::WantedModel& wanted);
    void openFailed(const QString& path, const emend::ui::Failure& failure);
    void savedAs(const QString& path);
    void saveAsFailed(const QString& path, const emend::ui::Failure& failure);
    void closed();
    void closeFailed(const emend::ui::Failure& failure);
    void started(const emend::LedgerState& ledger);
    void startFailed(const emend::ui::Failure& failure);
    void recoverable(const std::shared_ptr<const emend::ui::LeftSessions>& sessions);
    void discardFailed(const QString& path, const emend::ui::Failure& failure);

  private:
    void saveNext();
    [[nodiscard]] SessionParts takeDue(SessionParts parts);
    void submitSave(SessionParts parts, std::function<void()> then);
    void putBack(SessionParts parts); // stopped before it was written: with the next

    JobQueue& m_jobs;
    std::shared_ptr<Document> m_document = std::make_shared<Document>();
    DocumentState m_state;
    SessionParts m_writing; // by the autosave that is on its way
    SessionParts m_next;    // meanwhile
    quint64 m_asked = 0;    // sessions to open, so far
};

} // namespace emend::ui
