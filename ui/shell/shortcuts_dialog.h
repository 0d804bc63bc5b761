// SPDX-License-Identifier: GPL-3.0-or-later
// Every action that has a shortcut, as a table.
#pragma once

#include <QDialog>

class QAction;

namespace emend::ui {

class ShortcutsDialog : public QDialog {
    Q_OBJECT
  public:
    ShortcutsDialog(const QList<QAction*>& actions, QWidget* parent);
};

} // namespace emend::ui
