// SPDX-License-Identifier: GPL-3.0-or-later
#include "plots/trace_cells.h"

#include "plots/color_maps.h"

#include <cmath>

namespace emend::ui {

namespace {

constexpr double chosenHeight = 3; // of the mark below a layer, pixels

} // namespace

TraceCells::TraceCells(QCPAxisRect* rect)
    : QCPLayerable(rect->parentPlot(), QStringLiteral("main"), rect)
    , m_rect(rect) {}

void TraceCells::setPicture(const TracePicture* picture, int map) {
    m_picture = picture;
    m_map = map;
}

void TraceCells::applyDefaultAntialiasingHint(QCPPainter* painter) const {
    painter->setAntialiasing(false); // cells meet without a seam
}

QRect TraceCells::clipRect() const {
    return m_rect->rect().adjusted(-2, -2, 3, 3 + static_cast<int>(chosenHeight));
}

QRectF TraceCells::span(int firstRow, int lastRow, int firstLayer, int lastLayer) const {
    const QCPAxis* x = m_rect->axis(QCPAxis::atBottom);
    const QCPAxis* y = m_rect->axis(QCPAxis::atLeft);
    const auto edge = [](double pixel) { return std::round(pixel); };
    return QRectF(QPointF(edge(x->coordToPixel(firstLayer - 0.5)), edge(y->coordToPixel(firstRow - 0.5))),
                  QPointF(edge(x->coordToPixel(lastLayer + 0.5)), edge(y->coordToPixel(lastRow + 0.5))));
}

void TraceCells::draw(QCPPainter* painter) {
    if (!m_picture || m_picture->rows.empty() || m_picture->layers == 0)
        return;
    drawCells(painter);
    drawMarks(painter);
}

void TraceCells::drawCells(QCPPainter* painter) const {
    const int rows = static_cast<int>(m_picture->rows.size());
    painter->setPen(Qt::NoPen);
    for (int row = 0; row < rows; ++row) {
        for (int layer = 0; layer < m_picture->layers; ++layer) {
            const QRectF cell = span(row, row, layer, layer);
            const double value = m_picture->value({m_map, row, layer});
            if (std::isfinite(value)) {
                painter->fillRect(cell, m_picture->diverging
                                            ? diverging(value / m_picture->high)
                                            : viridis((value - m_picture->low) / (m_picture->high - m_picture->low)));
            } else {
                painter->fillRect(cell, m_colors.ground);
                painter->fillRect(cell, QBrush(m_colors.hatch, Qt::BDiagPattern));
            }
        }
    }
}

void TraceCells::drawMarks(QCPPainter* painter) const {
    const int last = static_cast<int>(m_picture->rows.size()) - 1;
    // Light on dark: seen on every colour of the map.
    const auto frame = [&](const QRectF& box, const QColor& inner) {
        painter->setBrush(Qt::NoBrush);
        painter->setPen(QPen(Qt::black, 3, Qt::SolidLine, Qt::SquareCap, Qt::MiterJoin));
        painter->drawRect(box);
        painter->setPen(QPen(inner, 1, Qt::SolidLine, Qt::SquareCap, Qt::MiterJoin));
        painter->drawRect(box);
    };
    for (const int layer : m_marks.chosen) {
        if (layer < 0 || layer >= m_picture->layers)
            continue;
        const QRectF column = span(last, last, layer, layer);
        painter->fillRect(QRectF(column.left() + 1, column.bottom() + 1, column.width() - 2, chosenHeight),
                          m_colors.accent);
    }
    if (m_marks.token >= 0 && m_marks.token <= last) {
        const QRectF row = span(m_marks.token, m_marks.token, 0, m_picture->layers - 1);
        painter->setPen(QPen(m_colors.accent, 2));
        for (const double y : {row.top(), row.bottom()})
            painter->drawLine(QPointF(row.left(), y), QPointF(row.right(), y));
    }
    if (m_marks.linked >= 0 && m_marks.linked < m_picture->layers)
        frame(span(0, last, m_marks.linked, m_marks.linked), m_colors.accent);
    if (m_marks.band) {
        const QRectF band = span(0, last, m_marks.band->first, m_marks.band->second);
        QColor tint(Qt::white);
        tint.setAlphaF(0.35F);
        painter->fillRect(band, tint);
        frame(band, Qt::white);
    }
    if (m_marks.row >= 0 && m_marks.row <= last)
        frame(span(m_marks.row, m_marks.row, m_marks.layer, m_marks.layer), Qt::white);
}

} // namespace emend::ui
