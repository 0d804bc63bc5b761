// SPDX-License-Identifier: GPL-3.0-or-later
#include "shell/session_document.h"

#include "models/text_format.h"

#include <QFileInfo>
#include <QJsonDocument>

#include <utility>

namespace emend::ui {

using namespace std::chrono_literals;

SessionDocument::SessionDocument(Workbench& workbench, QObject* parent)
    : QObject(parent)
    , m_workbench(workbench)
    , m_keeper(workbench.studio().sessions())
    , m_pristine(workbench.edits().contentHash()) {
    m_timer.setSingleShot(true);
    m_timer.setInterval(1s);
    connect(&m_timer, &QTimer::timeout, this, &SessionDocument::autosave);
    // Answers of the model come in by the thousand and change nothing that is kept: the timer is not started anew.
    const auto soon = [this] {
        if (!m_timer.isActive())
            m_timer.start();
    };
    const EditsModel& edits = workbench.edits();
    connect(&edits, &QAbstractItemModel::dataChanged, this, soon);
    connect(&edits, &QAbstractItemModel::rowsInserted, this, soon);
    connect(&edits, &QAbstractItemModel::rowsRemoved, this, soon);
    connectStudio();
}

void SessionDocument::connectStudio() {
    const Studio& studio = m_workbench.studio();
    connect(&m_keeper, &SessionKeeper::stateChanged, this, [this](const DocumentState& state) {
        if (state.path != std::exchange(m_path, state.path) && !state.path.isEmpty()) {
            // A file that came into being: rows nobody has touched are part of it, too.
            m_sent.reset();
            m_sentView.clear();
            m_timer.start();
        }
        emit changed();
    });
    connect(&studio, &Studio::sessionRestoring, this,
            [this](const std::shared_ptr<const OpenedSession>& session) { restoreRows(*session); });
    connect(&studio, &Studio::sessionOpened, this, [this](const std::shared_ptr<const OpenedSession>& session) {
        restoreView(*session);
        tellOpened(*session);
    });
    // It stays after all.
    const auto stayed = [this] {
        m_sent.reset();
        m_sentView.clear();
        m_timer.start();
    };
    connect(&m_keeper, &SessionKeeper::openFailed, this, stayed);
    connect(&m_keeper, &SessionKeeper::modelWanted, this, stayed);
    connect(&studio, &Studio::modelFailed, this, stayed);
    connect(&m_keeper, &SessionKeeper::started, this, &SessionDocument::startOver);
    connect(&m_workbench, &Workbench::textsWritten, this, [this](const SessionText& texts) {
        SessionParts parts;
        parts.texts.push_back(texts);
        m_keeper.save(std::move(parts));
    });
}

void SessionDocument::setView(View view) {
    m_view = std::move(view);
}

void SessionDocument::noteView() {
    if (!m_timer.isActive())
        m_timer.start();
}

void SessionDocument::setPristine() {
    m_pristine = m_workbench.edits().contentHash();
}

bool SessionDocument::isAtStake() const {
    const Studio& studio = m_workbench.studio();
    if (!studio.model())
        return false;
    const DocumentState& state = m_keeper.state();
    return state.problem || (state.untitled && (!studio.ledger().entries.empty() || !state.note.isEmpty() ||
                                                m_workbench.edits().contentHash() != m_pristine));
}

QString SessionDocument::name() const {
    const DocumentState& state = m_keeper.state();
    return state.untitled ? tr("Untitled") : QFileInfo(state.path).fileName();
}

void SessionDocument::setNote(const QString& note) {
    SessionParts parts = due();
    parts.note = note.toStdString();
    m_keeper.saveNow(std::move(parts));
}

SessionParts SessionDocument::due() {
    SessionParts parts;
    const size_t rows = m_workbench.edits().contentHash();
    const bool worthAFile = !m_path.isEmpty() || rows != m_pristine;
    if (worthAFile && rows != m_sent) {
        parts.edits = m_workbench.edits().toSession();
        m_sent = rows;
    }
    if (const QString view = fromStd(viewNow()); m_view.state && view != std::exchange(m_sentView, view))
        parts.ui_state = view.toStdString();
    return parts;
}

SessionParts SessionDocument::whole() const {
    SessionParts parts;
    parts.edits = m_workbench.edits().toSession();
    if (m_view.state)
        parts.ui_state = viewNow();
    return parts;
}

std::string SessionDocument::viewNow() const {
    return m_view.state ? QJsonDocument(m_view.state()).toJson(QJsonDocument::Compact).toStdString() : std::string();
}

void SessionDocument::autosave() {
    if (!m_workbench.studio().model() || m_workbench.studio().isOpening())
        return; // comes back with its first change
    SessionParts parts = due();
    if (!parts.isEmpty())
        m_keeper.save(std::move(parts));
}

void SessionDocument::startOver() {
    m_workbench.edits().setRows({}, {});
    m_pristine = m_workbench.edits().contentHash();
    m_sent.reset();
    m_sentView.clear();
    m_timer.stop();
    emit message(tr("A new session: the model is as in the checkpoint"), false);
    emit changed();
}

void SessionDocument::restoreRows(const OpenedSession& session) {
    m_workbench.edits().setRows(session.parts.edits.value_or(std::vector<SessionEdit>()), session.ledger);
    m_path = session.state.path;
}

void SessionDocument::restoreView(const OpenedSession& session) {
    m_sentView = fromStd(session.parts.ui_state.value_or(std::string()));
    m_sent = m_workbench.edits().contentHash();
    m_pristine = session.state.untitled ? std::nullopt : m_sent;
    m_timer.stop();
    const QJsonObject view = QJsonDocument::fromJson(m_sentView.toUtf8()).object();
    if (m_view.restore)
        m_view.restore(view);
}

void SessionDocument::tellOpened(const OpenedSession& session) {
    LogModel& log = m_workbench.log();
    const QString file = QFileInfo(session.state.path).fileName();
    const auto batches = static_cast<int>(session.ledger.entries.size());
    for (const QString& warning : session.warnings)
        log.add(LogModel::Level::Warning, warning);
    const bool alarm = session.rebuilt && !session.sameBits;
    const QString text = !session.rebuilt ? tr("%1 is open; nothing is applied in it").arg(file)
                         : session.sameBits
                             ? tr("%1 is open: %n batch(es), weights rebuilt bit for bit", nullptr, batches).arg(file)
                             : tr("%1 is open, but its weights are not bit for bit those it was saved "
                                  "with (see the log)")
                                   .arg(file);
    log.add(alarm ? LogModel::Level::Warning : LogModel::Level::Info, text, session.warnings.join(u'\n'));
    emit message(text, alarm);
}

} // namespace emend::ui
