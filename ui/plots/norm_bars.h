// SPDX-License-Identifier: GPL-3.0-or-later
// How far an edit moved each layer: |D| above, |D|/|W| below. Numbers on hover and by the arrow keys. Draws what a
// NormsModel holds and follows it.
#pragma once

#include "plots/chart_view.h"

#include <QList>

class QCPAxisRect;
class QCPBars;
class QCPItemRect;
class QCPItemText;

namespace emend::ui {

class NormsModel;

class NormBars : public ChartView {
    Q_OBJECT
  public:
    explicit NormBars(NormsModel& model, QWidget* parent = nullptr);

    [[nodiscard]] int currentRow() const { return m_current; } // of the model; -1: none
    void setCurrentRow(int row);
    [[nodiscard]] QString title() const override;
    [[nodiscard]] QString toCsv() const override;

  signals:
    void currentRowChanged(int row);

  protected:
    [[nodiscard]] QString readout() const override;
    [[nodiscard]] QString summary() const override;
    void style(const ThemeColors& colors) override;
    bool navigate(int key) override;
    void highlightChanged() override;

  private:
    struct Panel {
        QCPAxisRect* rect;
        QCPBars* bars;
        QCPBars* current;    // the one bar that is pointed at
        QCPItemRect* linked; // the layer that is pointed at elsewhere
    };
    Panel addPanel(int row);
    void rebuild();
    void fitHeight();
    void showCurrent();
    [[nodiscard]] int rowAt(const QPointF& position) const;

    NormsModel& m_model;
    Panel m_norm{};
    Panel m_relative{};
    QList<QCPItemText*> m_numbers; // above the bars
    int m_current = -1;
};

} // namespace emend::ui
