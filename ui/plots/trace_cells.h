// SPDX-License-Identifier: GPL-3.0-or-later
// The cells of one map of a trace inside a plot, and the marks upon them. Drawn in lines, so that exports stay sharp.
#pragma once

#include "models/trace_picture.h"

#include <QColor>

#include <optional>
#include <utility>

#include <qcustomplot.h>

namespace emend::ui {

class TraceCells : public QCPLayerable {
    Q_OBJECT
  public:
    struct Marks {
        int row = -1; // the cell that is read
        int layer = -1;
        int token = -1;                          // the row that is chosen
        int linked = -1;                         // the layer that is pointed at elsewhere
        std::optional<std::pair<int, int>> band; // layers that are being picked, first <= last
        std::vector<int> chosen;                 // the recipe's
    };
    struct Colors {
        QColor ground;
        QColor hatch;
        QColor accent;
        QColor text;
    };

    explicit TraceCells(QCPAxisRect* rect);

    // `picture` must live as long as it is drawn.
    void setPicture(const TracePicture* picture, int map);
    void setMarks(const Marks& marks) { m_marks = marks; }
    void setColors(const Colors& colors) { m_colors = colors; }
    [[nodiscard]] QRectF rectOf(int row, int layer) const { return span(row, row, layer, layer); }

  protected:
    void applyDefaultAntialiasingHint(QCPPainter* painter) const override;
    void draw(QCPPainter* painter) override;
    [[nodiscard]] QRect clipRect() const override;

  private:
    [[nodiscard]] QRectF span(int firstRow, int lastRow, int firstLayer, int lastLayer) const;
    void drawCells(QCPPainter* painter) const;
    void drawMarks(QCPPainter* painter) const;

    QCPAxisRect* m_rect;
    const TracePicture* m_picture = nullptr;
    int m_map = 0;
    Marks m_marks;
    Colors m_colors;
};

} // namespace emend::ui
