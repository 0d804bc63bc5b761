// SPDX-License-Identifier: GPL-3.0-or-later
// The session verified and replayed, a damaged one rescued, as a person asks for it: what is possible, what came of it,
// and what becomes of it. UI thread only.
#pragma once

#include "shell/actions.h"
#include "shell/session_desk.h"
#include "shell/workbench.h"

#include <QHash>
#include <QObject>

#include <memory>

class QWidget;

namespace emend::ui {

class CheckDialog;
class CheckModel;

class SessionChecking : public QObject {
    Q_OBJECT
  public:
    SessionChecking(Workbench& workbench, SessionDesk& desk, Actions& actions, const Questions& questions,
                    QWidget* window);
    void refreshActions();

  signals:
    void message(const QString& text, bool alarm);
    void failed(const emend::ui::Failure& failure);
    void recovered(); // what failed() said does not hold any more

  private:
    void connectStudio();
    // Why it cannot be done now; empty: it can.
    [[nodiscard]] QString obstacle(ActionId id) const;
    void showVerified(const VerifiedSession& verified);
    void showReplayed(const std::shared_ptr<const ReplayedSession>& replayed);
    void keep(const std::shared_ptr<const ReplayedSession>& replayed);
    void replayOther();
    void rescue(const QString& from, const QString& folder); // where the new file is proposed
    void showRescued(const std::shared_ptr<const RescuedSession>& rescued);
    CheckDialog* show(const QString& title, CheckModel* model, const QString& told);

    Workbench& m_workbench;
    Studio& m_studio;
    SessionDesk& m_desk;
    Actions& m_actions;
    const Questions& m_questions;
    QWidget* m_window;
    QHash<ActionId, QString> m_tips;   // while they can be done
    Unsaved m_leaving = Unsaved::Keep; // as it was decided for the session the replay takes the place of
};

} // namespace emend::ui
