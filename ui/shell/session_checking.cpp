// SPDX-License-Identifier: GPL-3.0-or-later
#include "shell/session_checking.h"

#include "models/check_model.h"
#include "models/text_format.h"
#include "shell/check_dialog.h"

#include <QDir>
#include <QFileInfo>

#include <algorithm>
#include <ranges>

namespace emend::ui {

using enum ActionId;

SessionChecking::SessionChecking(Workbench& workbench, SessionDesk& desk, Actions& actions, const Questions& questions,
                                 QWidget* window)
    : QObject(window)
    , m_workbench(workbench)
    , m_studio(workbench.studio())
    , m_desk(desk)
    , m_actions(actions)
    , m_questions(questions)
    , m_window(window) {
    const auto on = [this](ActionId id, auto&& call) {
        m_tips[id] = m_actions[id]->toolTip();
        connect(m_actions[id], &QAction::triggered, this, call);
    };
    on(VerifySession, [this] {
        m_desk.writeDue();
        m_studio.verifySession();
    });
    on(ReplaySession, [this] {
        m_desk.writeDue();
        m_studio.replaySession();
    });
    on(ReplayOther, [this] { replayOther(); });
    on(RescueSession, [this] {
        if (const QString file = m_desk.chooseFile(); !file.isEmpty())
            rescue(file, QFileInfo(file).path());
    });
    connect(&m_desk, &SessionDesk::rescueWanted, this,
            [this](const QString& file) { rescue(file, m_desk.lastFolder()); });
    connectStudio();
}

void SessionChecking::connectStudio() {
    connect(&m_studio, &Studio::sessionVerified, this,
            [this](const std::shared_ptr<const VerifiedSession>& verified) { showVerified(*verified); });
    connect(&m_studio, &Studio::sessionReplayed, this, &SessionChecking::showReplayed);
    connect(&m_studio, &Studio::sessionRescued, this, &SessionChecking::showRescued);
    connect(&m_studio, &Studio::replayKept, this, [this](const QString& path) {
        m_desk.openFrom({.path = path.toStdString(), .model = {}, .end = m_leaving});
    });
    connect(&m_studio, &Studio::sessionCheckFailed, this, [this](const Failure& failure) {
        if (failure.cancelled)
            return emit message(tr("Stopped: the session is as it was"), false);
        m_workbench.log().add(LogModel::Level::Error, failure.summary(), failure.details());
        emit failed(failure);
    });
    connect(&m_studio.sessions(), &SessionKeeper::stateChanged, this, &SessionChecking::refreshActions);
}

QString SessionChecking::obstacle(ActionId id) const {
    if (id == RescueSession)
        return {};
    if (m_studio.isChecking() || m_studio.isEditing() || m_studio.isSoftening())
        return tr("Something else is running");
    if (!m_studio.model() || m_studio.isOpening())
        return tr("No model is open yet");
    if (id == ReplayOther)
        return {};
    if (m_studio.sessions().state().path.isEmpty())
        return tr("The session has no file yet: apply an edit, or save it");
    if (const auto applied = m_studio.ledger().entries | std::views::take(m_studio.ledger().position);
        id == ReplaySession && std::ranges::none_of(applied, &LedgerEntry::active))
        return tr("Nothing is applied that could be replayed");
    return {};
}

void SessionChecking::refreshActions() {
    for (auto tip = m_tips.cbegin(); tip != m_tips.cend(); ++tip) {
        const QString why = obstacle(tip.key());
        m_actions[tip.key()]->setEnabled(why.isEmpty());
        m_actions[tip.key()]->setToolTip(why.isEmpty() ? *tip : tr("%1. %2").arg(*tip, why));
    }
}

CheckDialog* SessionChecking::show(const QString& title, CheckModel* model, const QString& told) {
    m_workbench.log().add(model->isGood() ? LogModel::Level::Info : LogModel::Level::Warning,
                          QStringLiteral("%1: %2").arg(title, model->summary()), model->toText());
    emit recovered();
    emit message(model->summary(), !model->isGood());
    auto* dialog = new CheckDialog(title, model, told, m_window);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->open();
    return dialog;
}

void SessionChecking::showVerified(const VerifiedSession& verified) {
    show(tr("Verified session"), CheckModel::ofChecks(verified.checks, verified.left.ledger),
         tr("What can be computed again was computed again on the open model and compared with what the session says. "
            "Nothing has changed."));
}

void SessionChecking::showReplayed(const std::shared_ptr<const ReplayedSession>& replayed) {
    const bool any = !replayed->made.entries.empty();
    const QString what = replayed->file.isEmpty()
                             ? tr("Every batch in the weights was solved once more from its requests and its recipe.")
                             : tr("The batches of %1 were solved on %2, from their requests and recipes.")
                                   .arg(QFileInfo(replayed->file).fileName(), fromStd(replayed->model.name));
    const QString back = tr("The session here is as it was, and so is its file.");
    CheckDialog* dialog =
        show(tr("Replayed session"), CheckModel::ofReplay(replayed->batches),
             what + u' ' + back +
                 (any ? u' ' + tr("What was made can take its place as a new session without a name.") : QString()));
    if (!any)
        return;
    dialog->offer(tr("&Keep as a new session"), tr("&Go back"));
    connect(dialog, &QDialog::accepted, this, [this, replayed] { keep(replayed); });
    connect(dialog, &QDialog::rejected, this, [this, back] { emit message(back, false); });
}

void SessionChecking::keep(const std::shared_ptr<const ReplayedSession>& replayed) {
    m_desk.leave(tr("Go on with what was replayed?"), [this, replayed](Unsaved end) {
        m_leaving = end;
        m_studio.keepReplayed(replayed);
    });
}

void SessionChecking::replayOther() {
    if (const QString file = m_desk.chooseFile(); !file.isEmpty())
        m_studio.replaySession(file);
}

void SessionChecking::rescue(const QString& from, const QString& folder) {
    const QString proposed = QDir(folder).filePath(
        tr("%1 rescued", "name of a file").arg(QFileInfo(from).completeBaseName()) + QStringLiteral(".emend"));
    // Replacing was agreed to, but never a sound session by what is left of a damaged one.
    if (const QString to = m_questions.chooseSessionTarget(m_window, proposed); !to.isEmpty())
        m_studio.rescueSession(from, QFileInfo(to).absoluteFilePath());
}

void SessionChecking::showRescued(const std::shared_ptr<const RescuedSession>& rescued) {
    CheckDialog* dialog =
        show(tr("Rescued session"), CheckModel::ofRescue(rescued->found),
             tr("What could still be read of %1 is in %2. The damaged file is as it was.")
                 .arg(QDir::toNativeSeparators(rescued->from), QDir::toNativeSeparators(rescued->to)));
    dialog->offer(tr("&Open it"), tr("&Close"));
    connect(dialog, &QDialog::accepted, this, [this, rescued] { m_desk.open(rescued->to); });
}

} // namespace emend::ui
