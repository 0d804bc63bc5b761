// SPDX-License-Identifier: GPL-3.0-or-later
// The centre's second tab, two views: how far the selected edit moved each layer, as bars and as a table of the same
// numbers; and how far the session has moved them, batch by batch.
#pragma once

#include <QWidget>

class QButtonGroup;
class QStackedWidget;

namespace emend::ui {

class FailureLine;
class FittingColumns;
class MutedLabel;
class NormBars;
class NormHistoryModel;
class NormHistoryPanel;
class NormsModel;
class NumberTable;

class UpdatePanel : public QWidget {
    Q_OBJECT
  public:
    enum class View { Edit, Session };

    UpdatePanel(NormsModel& norms, NormHistoryModel& history, QWidget* parent = nullptr);
    [[nodiscard]] NormBars* chart() const { return m_chart; }
    [[nodiscard]] NormHistoryPanel& history() const { return *m_history; }
    void showView(View view);

  signals:
    void becameVisible();

  protected:
    void showEvent(QShowEvent* event) override;

  private:
    QWidget* buildEditView();
    void connectParts();
    void refresh();

    NormsModel& m_model;
    QButtonGroup* m_switch;
    QStackedWidget* m_views;
    QStackedWidget* m_stack; // of the edit's view
    MutedLabel* m_caption;
    FailureLine* m_failure;
    NormBars* m_chart;
    NumberTable* m_table;
    FittingColumns* m_columns = nullptr; // of the table
    NormHistoryPanel* m_history;
};

} // namespace emend::ui
