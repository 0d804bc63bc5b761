// SPDX-License-Identifier: GPL-3.0-or-later
// The centre's second tab: how far the selected edit moved each layer, as bars and as a table of the same numbers.
#pragma once

#include <QWidget>

class QStackedWidget;
class QTableView;

namespace emend::ui {

class FailureLine;
class MutedLabel;
class NormBars;
class NormsModel;

class UpdatePanel : public QWidget {
    Q_OBJECT
  public:
    explicit UpdatePanel(NormsModel& model, QWidget* parent = nullptr);
    [[nodiscard]] NormBars* chart() const { return m_chart; }

  protected:
    void changeEvent(QEvent* event) override;

  private:
    void refresh();
    void sizeTable();

    NormsModel& m_model;
    QStackedWidget* m_stack;
    MutedLabel* m_caption;
    FailureLine* m_failure;
    NormBars* m_chart;
    QTableView* m_table;
};

} // namespace emend::ui
