// SPDX-License-Identifier: GPL-3.0-or-later
// How far every layer is from the checkpoint over the batches of the session: a line a layer, and a line across where
// the alarm begins. Numbers on hover and by the arrow keys: left and right go through the batches, up and down through
// the layers. Follows a NormHistoryModel.
#pragma once

#include "plots/chart_view.h"

#include <QList>

class QCPGraph;
class QCPItemStraightLine;
class QCPItemText;
class QCPItemTracer;

namespace emend::ui {

class NormHistoryModel;

class NormHistoryPlot : public ChartView {
    Q_OBJECT
  public:
    explicit NormHistoryPlot(NormHistoryModel& model, QWidget* parent = nullptr);

    // The place that is read: a row of the model, and which of its layers.
    void setCurrent(int row, int at);
    [[nodiscard]] int currentRow() const { return m_row; } // -1: none
    [[nodiscard]] int currentAt() const { return m_at; }
    [[nodiscard]] bool isLogarithmic() const;
    // In the widget that draws.
    [[nodiscard]] QPointF pixelOf(int row, int at) const;
    [[nodiscard]] double boundPixel() const; // y
    [[nodiscard]] QString title() const override;
    [[nodiscard]] QString toCsv() const override;

  signals:
    void currentChanged(int row, int at);

  protected:
    [[nodiscard]] QString readout() const override;
    [[nodiscard]] QString summary() const override;
    void style(const ThemeColors& colors) override;
    bool navigate(int key) override;
    void highlightChanged() override;

  private:
    void connectMouse();
    void rebuild();
    void fitAxes();
    void nameLines();
    void placeMarks();
    [[nodiscard]] bool isNamed(int at) const; // has its name beside the line

    NormHistoryModel& m_model;
    QList<QCPGraph*> m_lines;     // a layer each
    QList<QCPItemText*> m_names;  // beside their ends
    QCPItemStraightLine* m_bound; // where the alarm begins
    QCPItemText* m_boundLabel;
    QCPItemTracer* m_read;
    int m_row = -1;
    int m_at = -1;
};

} // namespace emend::ui
