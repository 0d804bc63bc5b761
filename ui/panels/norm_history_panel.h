// SPDX-License-Identifier: GPL-3.0-or-later
// The layers over the whole session: lines and table of how far each one is from the checkpoint, the bound where the
// alarm begins, and the alarm in words. Shows what its model holds.
#pragma once

#include "jobs/failure.h"

#include <QWidget>

class QDoubleSpinBox;
class QStackedWidget;

namespace emend::ui {

class FailureLine;
class MutedLabel;
class NormHistoryModel;
class NormHistoryPlot;
class NumberTable;

class NormHistoryPanel : public QWidget {
    Q_OBJECT
  public:
    explicit NormHistoryPanel(NormHistoryModel& model, QWidget* parent = nullptr);
    [[nodiscard]] NormHistoryPlot* chart() const { return m_chart; }
    void setFailure(const Failure& failure);
    void clearFailure();

  private:
    void connectParts();
    void refresh();
    void refreshAlarm();

    NormHistoryModel& m_model;
    QStackedWidget* m_stack;
    FailureLine* m_failure;
    MutedLabel* m_caption;
    QDoubleSpinBox* m_bound; // per cent
    MutedLabel* m_warning;
    NormHistoryPlot* m_chart;
    NumberTable* m_table;
};

} // namespace emend::ui
