// SPDX-License-Identifier: GPL-3.0-or-later
// How far an edit moved each layer: |D| above, |D|/|W| below. Numbers on hover and by the arrow keys; copy and export
// from the context menu. Draws what a NormsModel holds and follows it.
#pragma once

#include "plots/chart_export.h"

#include <QWidget>

class QCPAxisRect;
class QCPBars;
class QCustomPlot;
class QLabel;

namespace emend::ui {

class NormsModel;

class NormBars : public QWidget {
    Q_OBJECT
  public:
    explicit NormBars(NormsModel& model, QWidget* parent = nullptr);

    [[nodiscard]] int currentRow() const { return m_current; } // of the model; -1: none
    void setCurrentRow(int row);
    [[nodiscard]] QByteArray render(ChartFormat format);

  signals:
    void currentRowChanged(int row);
    void exportFailed(const QString& reason);

  protected:
    void keyPressEvent(QKeyEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;
    void changeEvent(QEvent* event) override;
    void paintEvent(QPaintEvent* event) override;

  private:
    struct Panel {
        QCPAxisRect* rect;
        QCPBars* bars;
        QCPBars* current; // the one bar that is pointed at
    };
    Panel addPanel(int row, const QString& label);
    void rebuild();
    void restyle();
    void showCurrent();
    [[nodiscard]] int rowAt(const QPointF& position) const;
    void showMenu(const QPoint& position);
    void exportTo(const QString& suffix);
    [[nodiscard]] QString title() const;

    NormsModel& m_model;
    QLabel* m_readout;
    QCustomPlot* m_plot;
    Panel m_norm;
    Panel m_relative;
    int m_current = -1;
};

} // namespace emend::ui
