// SPDX-License-Identifier: GPL-3.0-or-later
#include "shell/session_checking.h"

#include "models/check_model.h"
#include "models/text_format.h"
#include "shell/check_dialog.h"

#include <algorithm>

namespace emend::ui {

using enum ActionId;

SessionChecking::SessionChecking(Workbench& workbench, SessionDesk& desk, Actions& actions, QWidget* window)
    : QObject(window)
    , m_workbench(workbench)
    , m_studio(workbench.studio())
    , m_desk(desk)
    , m_actions(actions)
    , m_window(window)
    , m_verifyTip(actions[VerifySession]->toolTip())
    , m_replayTip(actions[ReplaySession]->toolTip()) {
    connect(m_actions[VerifySession], &QAction::triggered, this, [this] { m_studio.verifySession(); });
    connect(m_actions[ReplaySession], &QAction::triggered, this, [this] { m_studio.replaySession(); });
    connectStudio();
}

void SessionChecking::connectStudio() {
    connect(&m_studio, &Studio::sessionVerified, this,
            [this](const std::shared_ptr<const VerifiedSession>& verified) { showVerified(*verified); });
    connect(&m_studio, &Studio::sessionReplayed, this, &SessionChecking::showReplayed);
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
    if (!m_studio.model() || m_studio.isOpening())
        return tr("No model is open yet");
    if (m_studio.sessions().state().path.isEmpty())
        return tr("The session has no file yet: apply an edit, or save it");
    if (m_studio.isChecking() || m_studio.isEditing() || m_studio.isSoftening())
        return tr("Something else is running");
    const LedgerState& ledger = m_studio.ledger();
    const auto applied = ledger.entries.begin() + static_cast<std::ptrdiff_t>(ledger.position);
    if (id == ReplaySession &&
        std::none_of(ledger.entries.begin(), applied, [](const LedgerEntry& entry) { return entry.active; }))
        return tr("Nothing is applied that could be replayed");
    return {};
}

void SessionChecking::refreshActions() {
    for (const auto& [id, tip] : {std::pair{VerifySession, m_verifyTip}, std::pair{ReplaySession, m_replayTip}}) {
        const QString why = obstacle(id);
        m_actions[id]->setEnabled(why.isEmpty());
        m_actions[id]->setToolTip(why.isEmpty() ? tip : tr("%1. %2").arg(tip, why));
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
    const QString back = tr("The session here is as it was, and so is its file.");
    CheckDialog* dialog =
        show(tr("Replayed session"), CheckModel::ofReplay(replayed->batches),
             tr("Every batch in the weights was solved once more from its requests and its recipe.") + u' ' + back +
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
        m_studio.keepReplayed(replayed, m_workbench.edits().toSession());
    });
}

} // namespace emend::ui
