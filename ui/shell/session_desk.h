// SPDX-License-Identifier: GPL-3.0-or-later
// What a person does with sessions: new, open, save as, leave, recover. Asks what has to be asked, and says in the line
// above the panels what should be known. UI thread only.
#pragma once

#include "shell/actions.h"
#include "shell/questions.h"
#include "shell/session_document.h"
#include "shell/settings.h"

#include <QList>
#include <QObject>

#include <functional>
#include <vector>

class QWidget;

namespace emend::ui {

class SessionLine;

class SessionDesk : public QObject {
    Q_OBJECT
  public:
    SessionDesk(Workbench& workbench, SessionDocument& document, Settings& settings, Actions& actions,
                const Questions& questions, QWidget* window);
    void follow(SessionLine& line); // once

    void writeDue();                    // before something reads the file
    [[nodiscard]] QString chooseFile(); // of a session, asked for; empty: none
    [[nodiscard]] QString lastFolder() const;
    void open(const QString& path);
    // What becomes of the session there is was decided.
    void openFrom(const OpenSessionRequest& request);
    // Runs `then` when the session there is may be left: it has a name, nobody would miss it, or a person decided.
    void leave(const QString& whatNext, std::function<void(Unsaved)> then);
    // Leaves, writes and closes; then `closed` is told.
    void quit();
    void offerRecovery(); // when there is something; looked for in the background
    void refreshActions();
    [[nodiscard]] static bool isSessionFile(const QString& path);

  signals:
    void message(const QString& text, bool alarm);
    void failed(const emend::ui::Failure& failure); // of opening
    void recovered();                               // what failed() said does not hold any more
    void rescueWanted(const QString& path);         // of a damaged session that an earlier window left
    void recentChanged();
    void closed();

  private:
    void connectKeeper();
    void connectActions();
    void askForModel(const WantedModel& wanted);
    [[nodiscard]] QString whatIsAtStake() const;
    void save();
    void saveAs(std::function<void()> then = {});
    void startNew();
    void editNote();
    void close(Unsaved end);
    void closeFailed(const Failure& failure);
    void remember(const QString& path);
    void refreshLine();
    void offerLeft();
    void dismiss(); // what the line says
    void recover();
    void discardLeft();
    [[nodiscard]] QString proposedName() const;

    Workbench& m_workbench;
    SessionDocument& m_document;
    SessionKeeper& m_keeper;
    Settings& m_settings;
    Actions& m_actions;
    const Questions& m_questions;
    QWidget* m_window;
    SessionLine* m_line = nullptr;
    Unsaved m_leaving = Unsaved::Keep; // as it was decided for what is being opened
    std::function<void()> m_whenSaved; // by name
    LeftSessions m_left;               // not decided yet; the first is shown
    bool m_closing = false;            // for good, and not yet done
    QString m_toldReadOnly;            // a file whose being read only was put away
};

} // namespace emend::ui
