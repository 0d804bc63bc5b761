// SPDX-License-Identifier: GPL-3.0-or-later
// Everything that can be done, found by typing a part of its name.
#pragma once

#include <QDialog>

class QAction;
class QLineEdit;
class QListWidget;

namespace emend::ui {

class CommandPalette : public QDialog {
    Q_OBJECT
  public:
    CommandPalette(const QList<QAction*>& actions, QWidget* parent);

  protected:
    bool eventFilter(QObject* watched, QEvent* event) override; // arrows move the list while one types

  private:
    void filter(const QString& text);
    void run();

    QList<QAction*> m_actions;
    QLineEdit* m_edit;
    QListWidget* m_list;
};

} // namespace emend::ui
