// SPDX-License-Identifier: GPL-3.0-or-later
// A causal trace as heat maps, tokens down and layers across, one map a kind on one colour scale. Cells that were not
// run are hatched. Numbers on hover and by the arrow keys; a click or Enter picks a layer, a drag or Shift+arrows
// several; a click beside a token, or Space, chooses the token. Follows a TraceModel.
#pragma once

#include "models/trace_model.h"
#include "plots/chart_view.h"

#include <QList>
#include <QRectF>

#include <utility>
#include <vector>

class QCPAxisRect;
class QCPColorScale;
class QCPLayoutGrid;
class QCPTextElement;

namespace emend::ui {

class TraceCells;
class TraceNames;

class TraceMap : public ChartView {
    Q_OBJECT
  public:
    using Cell = TracePicture::Cell;
    explicit TraceMap(TraceModel& model, QWidget* parent = nullptr);

    [[nodiscard]] const Cell& currentCell() const { return m_current; } // that is read; invalid: none
    void setCurrentCell(const Cell& cell);
    void setChosenToken(int row);                         // its row is marked; -1: none
    void setChosenLayers(const std::vector<int>& layers); // those of the recipe, marked below the maps
    [[nodiscard]] QString title() const override;
    [[nodiscard]] QString toCsv() const override;
    // Rows that have a name beside the first map, and the box of its capital letters.
    [[nodiscard]] QList<std::pair<int, QRectF>> nameBoxes() const;
    [[nodiscard]] QRectF cellRect(const Cell& cell) const; // in the widget that draws

  signals:
    void currentCellChanged(const emend::ui::TracePicture::Cell& cell);
    void layersPicked(int first, int last);
    void tokenChosen(int row);

  protected:
    [[nodiscard]] QString readout() const override;
    [[nodiscard]] QString summary() const override;
    void style(const ThemeColors& colors) override;
    bool navigate(int key) override;
    void highlightChanged() override;
    void keyPressEvent(QKeyEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

  private:
    struct Panel {
        QCPAxisRect* rect;
        QCPTextElement* name;
        TraceCells* cells;
    };
    // trace_map.cpp
    void rebuild();
    void addPanel(int map);
    void showValues(); // of the same cells
    void nameRows();
    void nameScale();
    void alignPanels(int names); // width of the names, pixels
    void showMarks();
    // trace_map_input.cpp
    void connectMouse();
    void beginDrag(const QPointF& position);
    void endDrag();
    void step(int rows, int layers, bool stretch);
    void pick();
    [[nodiscard]] Cell cellAt(const QPointF& position) const;
    [[nodiscard]] int rowBeside(const QPointF& position) const; // left of the maps; -1: none

    TraceModel& m_model;
    QCPLayoutGrid* m_grid;
    QCPColorScale* m_scale;
    QList<Panel> m_panels;
    TraceNames* m_names = nullptr; // beside the first panel
    Cell m_current;
    int m_anchor = -1; // of a range, a layer; -1: none
    int m_token = -1;
    std::vector<int> m_chosen;
    bool m_dragging = false;
};

} // namespace emend::ui
