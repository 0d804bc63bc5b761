// SPDX-License-Identifier: GPL-3.0-or-later
// The trade-off of one batch: what it disturbs in ordinary text (x) against what it leaves unlearnt (y), over softness,
// logarithmic. The softness in use is a point on the line that can be dragged. Numbers on hover and by the arrow keys,
// Enter takes the softness that is read; another recipe's line may lie over it, dashed. Follows a FrontierModel.
#pragma once

#include "emend/report.h"
#include "plots/chart_view.h"

#include <QList>
#include <QRectF>

class QCPCurve;
class QCPItemText;
class QCPItemTracer;
class QCPLegend;

namespace emend::ui {

class FrontierModel;

class FrontierPlot : public ChartView {
    Q_OBJECT
  public:
    explicit FrontierPlot(FrontierModel& model, QWidget* parent = nullptr);

    void setSoftness(double softness); // of the marked point
    [[nodiscard]] double softness() const { return m_softness; }
    void setDefaultSoftness(double softness, const QString& whose); // of an algorithm; below 0: none is marked
    void setLayersShown(bool shown);
    void setCurrentRow(int row); // the point that is read; of the model
    [[nodiscard]] int currentRow() const { return m_current; }
    [[nodiscard]] bool isDragging() const { return m_dragging; }
    [[nodiscard]] QString title() const override;
    [[nodiscard]] QString toCsv() const override;
    // In the widget that draws; what lies beyond the axes is put on their edge.
    [[nodiscard]] QPointF pixelOf(const FrontierPoint& point) const;

    [[nodiscard]] QList<QRectF> labelRects() const; // of those that are seen, in the widget that draws

  signals:
    void currentRowChanged(int row);
    void softnessDragged(double softness);
    void softnessChosen(double softness); // the hand let go, or Enter

  protected:
    [[nodiscard]] QString readout() const override;
    [[nodiscard]] QString summary() const override;
    void style(const ThemeColors& colors) override;
    bool navigate(int key) override;
    void highlightChanged() override;
    void resizeEvent(QResizeEvent* event) override;

  private:
    // frontier_plot.cpp
    void rebuild();
    void rebuildLayers();
    void rebuildLegend();
    void fitAxes();
    void draw(QCPCurve& curve, const std::vector<FrontierPoint>& points) const;
    void nameAxes();
    void placeMarks();
    void placeDefault(const QPointF& exact, const QPointF& marker);
    void put(QCPItemText& label, const QPointF& at, int steps) const;
    [[nodiscard]] bool areLevel(const QPointF& a, const QPointF& b) const; // labels would meet
    [[nodiscard]] double across(const FrontierPoint& point) const;         // what x shows
    [[nodiscard]] bool hasPoints() const;
    [[nodiscard]] bool hasLayers() const;               // a line each is wanted, and there are several
    [[nodiscard]] bool isLinked(qsizetype layer) const; // pointed at elsewhere; of those that are drawn
    // frontier_plot_input.cpp
    void connectMouse();
    void drag(const QPointF& position);
    [[nodiscard]] int rowNear(const QPointF& position, double reach) const;

    FrontierModel& m_model;
    QCPCurve* m_total;
    QCPCurve* m_overlay;
    QList<QCPCurve*> m_layers;
    QCPLegend* m_legend;
    QCPItemTracer* m_marker;  // the softness in use
    QCPItemTracer* m_default; // the algorithm's
    QCPItemTracer* m_read;    // pointed at
    QCPItemText* m_markerLabel;
    QCPItemText* m_defaultLabel;
    QCPItemText* m_exactEnd;
    QCPItemText* m_softEnd;
    double m_softness = 0;
    double m_defaultSoftness = -1;
    QString m_defaultOf;
    int m_current = -1;
    bool m_layersShown = false;
    bool m_dragging = false;
};

} // namespace emend::ui
