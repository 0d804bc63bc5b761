// SPDX-License-Identifier: GPL-3.0-or-later
// The session as the window has it: gathers what changed and has it written a moment later, and puts back what a
// session brings. Knows no dialog. UI thread only.
#pragma once

#include "shell/workbench.h"

#include <QJsonObject>
#include <QObject>
#include <QTimer>

#include <chrono>
#include <functional>
#include <optional>

namespace emend::ui {

class SessionDocument : public QObject {
    Q_OBJECT
  public:
    explicit SessionDocument(Workbench& workbench, QObject* parent = nullptr);

    // What the window remembers of itself that does not depend on its size.
    struct View {
        std::function<QJsonObject()> state;
        std::function<void(const QJsonObject&)> restore;
    };
    void setView(View view);
    void noteView(); // it changed
    void setDelay(std::chrono::milliseconds delay) { m_timer.setInterval(delay); }

    // The rows there are came with the program, nobody typed them.
    void setPristine();
    // Something in it that somebody made has no name, or is not written.
    [[nodiscard]] bool isAtStake() const;
    [[nodiscard]] QString name() const; // "paris.emend", "Untitled"
    [[nodiscard]] QString note() const { return m_keeper.state().note; }
    void setNote(const QString& note);
    [[nodiscard]] SessionParts due();         // what is not in the file yet; counts as written
    [[nodiscard]] SessionParts whole() const; // what the window holds, whether it is or not

  signals:
    void message(const QString& text, bool alarm);
    void changed(); // name, state of the file

  private:
    void connectStudio();
    void autosave();
    [[nodiscard]] std::string viewNow() const;
    void restoreRows(const OpenedSession& session);
    void restoreView(const OpenedSession& session);
    void tellOpened(const OpenedSession& session);
    void startOver();

    Workbench& m_workbench;
    SessionKeeper& m_keeper;
    View m_view;
    QTimer m_timer;
    std::optional<size_t> m_pristine; // hash of rows nobody has made; unset: somebody did
    std::optional<size_t> m_sent;     // hash of the rows that were given to the keeper
    QString m_sentView;
    QString m_path;
};

} // namespace emend::ui
