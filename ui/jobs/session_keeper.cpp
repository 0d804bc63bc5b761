// SPDX-License-Identifier: GPL-3.0-or-later
#include "jobs/session_keeper.h"

#include "emend/paths.h"

#include <QFile>

#include <optional>
#include <utility>

namespace emend::ui {

namespace {

bool sameState(const DocumentState& a, const DocumentState& b) {
    const auto problem = [](const DocumentState& state) {
        return state.problem ? state.problem->details() : QString();
    };
    return a.path == b.path && a.untitled == b.untitled && a.read_only == b.read_only && a.because == b.because &&
           a.note == b.note && a.copied == b.copied && problem(a) == problem(b);
}

} // namespace

SessionKeeper::SessionKeeper(JobQueue& jobs, QObject* parent)
    : QObject(parent)
    , m_jobs(jobs) {}

void SessionKeeper::note(const DocumentState& state) {
    if (sameState(state, m_state))
        return;
    m_state = state;
    emit stateChanged(m_state);
}

void SessionKeeper::save(SessionParts parts) {
    m_next.add(std::move(parts));
    if (!isSaving())
        saveNext();
}

void SessionKeeper::saveNext() {
    if (m_next.isEmpty())
        return;
    m_writing = std::exchange(m_next, {});
    m_jobs.submit<DocumentState>(
        {.lane = Lane::Autosave, .title = tr("Saving the session")},
        [document = m_document, parts = m_writing](const Workplace& place) {
            return document->save(*place.engine, parts);
        },
        [this](const auto& state) {
            m_writing = {};
            note(*state);
            saveNext();
        },
        [this](const Failure&) { putBack(std::exchange(m_writing, {})); });
}

void SessionKeeper::putBack(SessionParts parts) {
    parts.add(std::exchange(m_next, {}));
    m_next = std::move(parts);
}

// Everything that is not known to be written; writing it twice does no harm.
SessionParts SessionKeeper::takeDue(SessionParts parts) {
    m_jobs.supersede(Lane::Autosave);
    SessionParts all = std::exchange(m_writing, {});
    all.add(std::exchange(m_next, {}));
    all.add(std::move(parts));
    return all;
}

void SessionKeeper::saveNow(SessionParts parts, std::function<void()> then) {
    submitSave(takeDue(std::move(parts)), std::move(then));
}

void SessionKeeper::flush() {
    if (SessionParts parts = takeDue({}); !parts.isEmpty())
        submitSave(std::move(parts), {});
}

void SessionKeeper::submitSave(SessionParts parts, std::function<void()> then) {
    m_jobs.submit<DocumentState>(
        {.lane = Lane::Session, .title = tr("Saving the session"), .urgent = true},
        [document = m_document, parts](const Workplace& place) { return document->save(*place.engine, parts); },
        [this, then](const auto& state) {
            note(*state);
            if (then)
                then();
        },
        [this, parts, then](const Failure&) {
            putBack(parts);
            if (then)
                then();
        });
}

void SessionKeeper::open(const OpenSessionRequest& request) {
    flush();
    m_jobs.submit<OpenSessionAnswer>(
        {.lane = Lane::Model,
         .title = tr("Opening the session"),
         .urgent = true,
         .supersedes = true,
         .changes_engine = true},
        [document = m_document, request](const Workplace& place) {
            return openSession(*place.engine, *document, request, place.context);
        },
        [this, asked = ++m_asked](const std::shared_ptr<const OpenSessionAnswer>& answer) {
            if (const auto* wanted = std::get_if<WantedModel>(answer.get())) {
                if (asked == m_asked) // else another one is wanted by now
                    emit modelWanted(*wanted);
                return;
            }
            const std::shared_ptr<const OpenedSession> session(answer, std::get_if<OpenedSession>(answer.get()));
            emit opened(session);
            note(session->state);
        },
        [this, path = QString::fromStdString(request.path)](const Failure& failure) {
            emit openFailed(path, failure);
        });
}

void SessionKeeper::saveAs(const QString& path, SessionParts due, SessionParts whole) {
    struct Saved {
        DocumentState state;
        std::optional<Failure> failure; // the state may be another one all the same
    };
    const SessionParts all = takeDue(std::move(due));
    m_jobs.submit<Saved>(
        {.lane = Lane::Copy, .title = tr("Saving the session"), .urgent = true},
        [document = m_document, file = path.toStdString(), all, whole = std::move(whole)](const Workplace& place) {
            std::optional<Failure> failure;
            try {
                document->saveAs(*place.engine, all, whole, file, place.context);
            } catch (...) {
                failure = Failure::fromCurrentException();
            }
            return Saved{document->state(), failure};
        },
        [this, path, all](const std::shared_ptr<const Saved>& saved) {
            note(saved->state);
            if (!saved->failure)
                return emit savedAs(path);
            putBack(all);
            emit saveAsFailed(path, *saved->failure);
        },
        [this, path, all](const Failure& failure) {
            putBack(all);
            emit saveAsFailed(path, failure);
        });
}

void SessionKeeper::close(SessionParts parts, Unsaved end) {
    const SessionParts all = takeDue(std::move(parts));
    m_jobs.submit<DocumentState>(
        {.lane = Lane::Session, .title = tr("Closing the session"), .urgent = true, .needs_engine = false},
        [document = m_document, all, end](const Workplace& place) {
            if (place.engine && place.engine->is_open() && end == Unsaved::Keep) {
                const DocumentState state = document->save(*place.engine, all);
                if (state.problem)
                    return state;
            }
            document->closeForGood(end);
            return document->state();
        },
        [this](const std::shared_ptr<const DocumentState>& state) {
            note(*state);
            if (state->problem)
                emit closeFailed(*state->problem);
            else
                emit closed();
        },
        [this, all](const Failure& failure) {
            putBack(all);
            emit closeFailed(failure);
        });
}

void SessionKeeper::startNew(Unsaved end) {
    struct Started {
        LedgerState ledger;
        DocumentState state;
    };
    flush();
    m_jobs.submit<Started>(
        {.lane = Lane::Model, .title = tr("Starting a new session"), .urgent = true, .changes_engine = true},
        [document = m_document, end](const Workplace& place) {
            document->prepareToLeave(*place.engine, end);
            LedgerState ledger = place.engine->restore({}, 0, place.context);
            document->close(end);
            return Started{std::move(ledger), document->state()};
        },
        [this](const std::shared_ptr<const Started>& fresh) {
            note(fresh->state);
            emit started(fresh->ledger);
        },
        [this](const Failure& failure) { emit startFailed(failure); });
}

void SessionKeeper::findRecoverable() {
    m_jobs.submit<LeftSessions>(
        {.lane = Lane::Recovery,
         .title = tr("Looking for unsaved sessions"),
         .supersedes = true,
         .needs_engine = false},
        [document = m_document](const Workplace&) {
            LeftSessions found{.whole = recoverable_sessions(sessions_dir()), .damaged = {}};
            const std::string own = document->state().path.toStdString();
            std::erase_if(found.whole, [&](const SessionHead& head) { return head.path == own; });
            for (const std::string& path : damaged_sessions(sessions_dir()))
                if (path != own)
                    found.damaged << QString::fromStdString(path);
            return found;
        },
        [this](const auto& found) { emit recoverable(found); }, [](const Failure&) {}); // no folder, nothing to recover
}

void SessionKeeper::discard(const QString& path) {
    m_jobs.submit<bool>(
        {.lane = Lane::Recovery, .title = tr("Discarding the session"), .needs_engine = false},
        [path](const Workplace&) { return discard_session(path.toStdString()); }, // unless somebody works with it now
        [](const auto&) {}, [this, path](const Failure& failure) { emit discardFailed(path, failure); });
}

} // namespace emend::ui
