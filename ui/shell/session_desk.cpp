// SPDX-License-Identifier: GPL-3.0-or-later
// Opening, saving, leaving; what the line says is in session_desk_line.cpp.
#include "shell/session_desk.h"

#include "models/text_format.h"
#include "shell/note_dialog.h"

#include <QDir>
#include <QFileInfo>
#include <QWidget>

#include <utility>

namespace emend::ui {

using enum ActionId;

namespace {

const QString suffix = QStringLiteral(".emend");

} // namespace

bool SessionDesk::isSessionFile(const QString& path) {
    return path.endsWith(suffix, Qt::CaseInsensitive) && QFileInfo(path).isFile();
}

SessionDesk::SessionDesk(Workbench& workbench, SessionDocument& document, Settings& settings, Actions& actions,
                         const Questions& questions, QWidget* window)
    : QObject(window)
    , m_workbench(workbench)
    , m_document(document)
    , m_keeper(workbench.studio().sessions())
    , m_settings(settings)
    , m_actions(actions)
    , m_questions(questions)
    , m_window(window) {
    connectKeeper();
    connectActions();
    connect(&document, &SessionDocument::changed, this, &SessionDesk::refreshLine);
}

void SessionDesk::connectActions() {
    const auto on = [this](ActionId id, auto&& call) { connect(m_actions[id], &QAction::triggered, this, call); };
    on(NewSession, [this] { startNew(); });
    on(OpenSession, [this] {
        if (const QString file = chooseFile(); !file.isEmpty())
            open(file);
    });
    on(SaveSession, [this] { save(); });
    on(SaveSessionAs, [this] { saveAs(); });
    on(SessionNote, [this] { editNote(); });
    on(RecoverSession, [this] { recover(); });
    on(DiscardRecoverable, [this] { discardLeft(); });
    on(RescueLeft, [this] { emit rescueWanted(m_left.damaged.front()); }); // off while there is none
    on(DismissLine, [this] { dismiss(); });
}

void SessionDesk::connectKeeper() {
    connect(&m_keeper, &SessionKeeper::modelWanted, this, &SessionDesk::askForModel);
    connect(&m_keeper, &SessionKeeper::openFailed, this, [this](const QString& path, const Failure& failure) {
        LogModel& log = m_workbench.log();
        if (failure.cancelled) {
            log.add(LogModel::Level::Info, tr("Opening %1 was cancelled").arg(path));
            emit message(tr("Cancelled: the session was not opened"), false);
            return;
        }
        log.add(LogModel::Level::Error, tr("%1 could not be opened: %2").arg(path, failure.summary()),
                failure.details());
        emit message(tr("The session could not be opened"), true);
        emit failed(failure);
    });
    connect(&m_workbench.studio(), &Studio::sessionOpened, this,
            [this](const std::shared_ptr<const OpenedSession>& session) {
                if (!session->state.untitled)
                    remember(session->state.path);
                std::erase_if(m_left.whole,
                              [&](const SessionHead& head) { return fromStd(head.path) == session->state.path; });
                emit recovered();
                refreshLine();
            });
    connect(&m_keeper, &SessionKeeper::savedAs, this, [this](const QString& path) {
        remember(path);
        const QString text = tr("Saved as %1").arg(QDir::toNativeSeparators(path));
        m_workbench.log().add(LogModel::Level::Info, text);
        emit message(text, false);
        if (const auto then = std::exchange(m_whenSaved, {}))
            then();
    });
    connect(&m_keeper, &SessionKeeper::saveAsFailed, this, [this](const QString& path, const Failure& failure) {
        m_whenSaved = {};
        if (failure.cancelled)
            return emit message(tr("Cancelled: the session stays where it was"), false);
        m_workbench.log().add(LogModel::Level::Error, tr("%1 could not be saved: %2").arg(path, failure.summary()),
                              failure.details());
        emit message(tr("Not saved: %1").arg(failure.what), true);
        emit failed(failure);
    });
    connect(&m_keeper, &SessionKeeper::startFailed, this, [this](const Failure& failure) {
        if (!failure.cancelled)
            emit failed(failure);
    });
    connect(&m_keeper, &SessionKeeper::closed, this, [this] {
        m_closing = false;
        emit closed();
    });
    connect(&m_keeper, &SessionKeeper::closeFailed, this, &SessionDesk::closeFailed);
    connect(&m_keeper, &SessionKeeper::recoverable, this, [this](const std::shared_ptr<const LeftSessions>& found) {
        m_left = *found;
        refreshLine();
    });
    connect(&m_keeper, &SessionKeeper::discardFailed, this, [this](const QString& path, const Failure& failure) {
        m_workbench.log().add(LogModel::Level::Error, tr("%1 could not be removed: %2").arg(path, failure.summary()),
                              failure.details());
        emit failed(failure);
    });
}

void SessionDesk::leave(const QString& whatNext, std::function<void(Unsaved)> then) {
    const Studio& studio = m_workbench.studio();
    if ((studio.isEditing() || studio.isSoftening()) &&
        !m_questions.confirmLoss(m_window, tr("An edit is being applied.") + u' ' + whatNext))
        return;
    const auto keep = [this, then] {
        if (m_workbench.studio().model())
            m_keeper.save(m_document.due()); // belongs to the session that is left
        then(Unsaved::Keep);
    };
    if (!m_document.isAtStake())
        return keep();
    switch (m_questions.leaveSession(m_window, whatIsAtStake() + u' ' + whatNext, !m_keeper.state().untitled)) {
    case Questions::Leave::Save:
        return saveAs(keep);
    case Questions::Leave::Keep:
        return keep();
    case Questions::Leave::Discard:
        return then(Unsaved::Discard);
    case Questions::Leave::Cancel:
        return;
    }
}

QString SessionDesk::whatIsAtStake() const {
    const DocumentState& state = m_keeper.state();
    const QString problem = state.problem ? tr("Not saved: %1.").arg(state.problem->what) + u' ' : QString();
    if (!state.untitled)
        return problem + tr("What was done last is not in %1.").arg(m_document.name());
    const LedgerState& ledger = m_workbench.studio().ledger();
    int applied = 0; // edits: a batch may be many
    for (std::size_t i = 0; i < ledger.position; ++i)
        applied += ledger.entries[i].report ? static_cast<int>(ledger.entries[i].report->edits.size()) : 1;
    return problem + (applied > 0 ? tr("%n applied edit(s) are in a session without a name.", nullptr, applied)
                                  : tr("The edits are in a session without a name."));
}

void SessionDesk::writeDue() {
    m_keeper.saveNow(m_document.due());
}

QString SessionDesk::chooseFile() {
    const QString file = m_questions.chooseSession(m_window, lastFolder());
    return file.isEmpty() ? QString() : QFileInfo(file).absoluteFilePath();
}

void SessionDesk::open(const QString& path) {
    const QString file = QFileInfo(path).absoluteFilePath();
    const DocumentState& state = m_keeper.state();
    const QString place = QFileInfo(file).canonicalFilePath(); // behind links; empty: nothing is there
    const bool own = file == state.path || (!place.isEmpty() && place == QFileInfo(state.path).canonicalFilePath());
    if (own && !state.read_only)
        return emit message(tr("%1 is open already").arg(m_document.name()), false);
    m_settings.set(Setting::LastSessionFolder, QFileInfo(file).absolutePath());
    leave(tr("Open another session?"),
          [this, file](Unsaved end) { openFrom({.path = file.toStdString(), .model = {}, .end = end}); });
}

void SessionDesk::openFrom(const OpenSessionRequest& request) {
    m_leaving = request.end;
    m_workbench.log().add(LogModel::Level::Info, tr("Opening %1").arg(fromStd(request.path)));
    // What is not written yet belongs to the session that is left.
    if (request.end == Unsaved::Keep && m_workbench.studio().model())
        m_keeper.save(m_document.due());
    m_workbench.studio().openSession(request);
    refreshActions();
}

void SessionDesk::askForModel(const WantedModel& wanted) {
    QStringList differences;
    for (const std::string& line : wanted.differences)
        differences << fromStd(line);
    const QString folder = QDir::toNativeSeparators(fromStd(wanted.folder));
    const QString text =
        differences.isEmpty()
            ? tr("The model of this session, %1, is no longer at %2.").arg(fromStd(wanted.name), folder)
            : tr("The model at %1 is not the one of this session, %2:").arg(folder, fromStd(wanted.name));
    m_workbench.log().add(LogModel::Level::Warning, text, differences.join(u'\n'));
    emit message(tr("The session was not opened: its model has to be found first"), true);
    if (!m_questions.chooseAnotherModel(m_window, text, differences))
        return;
    const QString chosen = m_questions.chooseModelFolder(m_window, QFileInfo(fromStd(wanted.folder)).absolutePath());
    if (!chosen.isEmpty())
        openFrom({.path = wanted.session, .model = chosen.toStdString(), .end = m_leaving});
}

QString SessionDesk::lastFolder() const {
    const QString folder = m_settings.get(Setting::LastSessionFolder).toString();
    return folder.isEmpty() ? QDir::homePath() : folder;
}

QString SessionDesk::proposedName() const {
    const DocumentState& state = m_keeper.state();
    if (!state.untitled)
        return state.path;
    const auto& model = m_workbench.studio().model();
    return QDir(lastFolder()).filePath((model ? fromStd(model->name) : tr("session")) + suffix);
}

void SessionDesk::save() {
    const DocumentState& state = m_keeper.state();
    if (state.untitled || state.read_only)
        return saveAs();
    m_keeper.saveNow(m_document.due(), [this] {
        const DocumentState& now = m_keeper.state();
        if (now.problem)
            emit message(tr("Not saved: %1").arg(now.problem->what), true);
        else
            emit message(tr("Everything is in %1; it is saved with every step").arg(QDir::toNativeSeparators(now.path)),
                         false);
    });
}

void SessionDesk::saveAs(std::function<void()> then) {
    if (!m_workbench.studio().model())
        return;
    QString target = m_questions.chooseSessionTarget(m_window, proposedName());
    if (target.isEmpty())
        return;
    if (!target.endsWith(suffix, Qt::CaseInsensitive))
        target += suffix;
    target = QFileInfo(target).absoluteFilePath();
    const DocumentState& state = m_keeper.state();
    if (target == state.path && !state.untitled && !state.read_only)
        return save();
    m_settings.set(Setting::LastSessionFolder, QFileInfo(target).absolutePath());
    m_whenSaved = std::move(then);
    m_keeper.saveAs(target, m_document.due(), m_document.whole());
}

void SessionDesk::startNew() {
    if (!m_workbench.studio().model())
        return;
    leave(tr("Start a new session?"), [this](Unsaved end) { m_keeper.startNew(end); });
}

void SessionDesk::editNote() {
    auto* dialog = new NoteDialog(tr("Note on the session"),
                                  tr("What it is about, what was found. It is kept in the session's file and goes "
                                     "into its reports."),
                                  m_document.note(), m_window);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &QDialog::accepted, this, [this, dialog] { m_document.setNote(dialog->note()); });
    dialog->open();
}

void SessionDesk::quit() {
    if (m_closing) // it is on its way
        return;
    leave(tr("Close the window?"), [this](Unsaved end) { close(end); });
}

void SessionDesk::close(Unsaved end) {
    // Nothing was written, and nothing has to be: there is nothing to wait for.
    Studio& studio = m_workbench.studio();
    if (m_keeper.state().path.isEmpty() && !m_document.isAtStake() && !studio.isEditing() && !studio.isSoftening())
        return emit closed();
    if (studio.jobs().status().lane != Lane::Copy) // a person asked for that, and it is nearly done
        studio.cancel();
    m_closing = true;
    m_keeper.close(m_document.due(), end);
}

void SessionDesk::closeFailed(const Failure& failure) {
    m_closing = false;
    emit message(tr("Not saved: %1").arg(failure.what), true);
    if (m_questions.confirmLoss(
            m_window, tr("Not saved: %1. Close the window and lose what was not written?").arg(failure.summary())))
        close(Unsaved::AsWritten);
}

void SessionDesk::remember(const QString& path) {
    m_settings.addRecentSession(path);
    emit recentChanged();
}

} // namespace emend::ui
