// SPDX-License-Identifier: GPL-3.0-or-later
// What happened, as a list; details can be copied.
#pragma once

#include <QWidget>

class QTreeView;

namespace emend::ui {

class LogModel;

class LogPanel : public QWidget {
    Q_OBJECT
  public:
    explicit LogPanel(LogModel& model, QWidget* parent = nullptr);

  private:
    LogModel& m_model;
    QTreeView* m_view;
};

} // namespace emend::ui
