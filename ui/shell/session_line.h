// SPDX-License-Identifier: GPL-3.0-or-later
// One line above the panels for what a person should know of the session's file: that it could not be written, that it
// may only be read, that an earlier one can be recovered. Never in the way; its buttons are actions. UI thread only.
#pragma once

#include <QFrame>
#include <QList>

class QAction;
class QHBoxLayout;
class QLabel;

namespace emend::ui {

class SessionLine : public QFrame {
    Q_OBJECT
  public:
    explicit SessionLine(QWidget* parent = nullptr);
    void tell(const QString& text, const QString& details, const QList<QAction*>& actions, bool alarm);
    void clear();
    [[nodiscard]] QString text() const;

  private:
    QLabel* m_text;
    QHBoxLayout* m_buttons;
    QList<QAction*> m_shown;
};

} // namespace emend::ui
