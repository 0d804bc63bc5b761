// SPDX-License-Identifier: GPL-3.0-or-later
// The trace map under mouse and keyboard: reading cells, picking layers and tokens.
#include "plots/trace_map.h"

#include "plots/trace_cells.h"

#include <QKeyEvent>
#include <QMouseEvent>
#include <QToolTip>

#include <algorithm>
#include <cmath>
#include <utility>

#include <qcustomplot.h>

namespace emend::ui {

TraceMap::Cell TraceMap::cellAt(const QPointF& position) const {
    const auto& picture = m_model.picture();
    for (int map = 0; map < static_cast<int>(m_panels.size()); ++map) {
        const QCPAxisRect* rect = m_panels[map].rect;
        if (!rect->rect().contains(position.toPoint()))
            continue;
        const auto place = [](const QCPAxis* axis, double pixel, int count) {
            return std::clamp(static_cast<int>(std::lround(axis->pixelToCoord(pixel))), 0, count - 1);
        };
        return {map, place(rect->axis(QCPAxis::atLeft), position.y(), static_cast<int>(picture.rows.size())),
                place(rect->axis(QCPAxis::atBottom), position.x(), picture.layers)};
    }
    return {};
}

int TraceMap::rowBeside(const QPointF& position) const {
    if (m_panels.isEmpty())
        return -1;
    const QCPAxisRect* rect = m_panels.front().rect;
    if (position.x() >= rect->left() || position.y() < rect->top() || position.y() > rect->bottom())
        return -1;
    return cellAt({static_cast<double>(rect->left()), position.y()}).row;
}

void TraceMap::connectMouse() {
    connect(&plot(), &QCustomPlot::mousePress, this, [this](QMouseEvent* event) {
        if (event->button() == Qt::LeftButton)
            beginDrag(event->position());
    });
    connect(&plot(), &QCustomPlot::mouseMove, this, [this](QMouseEvent* event) {
        const Cell cell = cellAt(event->position());
        if (m_dragging) {
            // Across one map: a layer of its neighbour is the same layer.
            if (cell.isValid())
                setCurrentCell({m_current.map, m_current.row, cell.layer});
            return;
        }
        plot().setCursor(cell.isValid() || rowBeside(event->position()) >= 0 ? Qt::PointingHandCursor
                                                                             : Qt::ArrowCursor);
        hoverLayer(cell.layer);
        if (const int row = rowBeside(event->position()); row >= 0) // names are shortened, some are not there
            QToolTip::showText(event->globalPosition().toPoint(), m_model.rowText(row), &plot());
        if (!cell.isValid())
            return;
        m_anchor = -1;
        setCurrentCell(cell);
        QToolTip::showText(event->globalPosition().toPoint(), m_model.describe(cell), &plot());
    });
    connect(&plot(), &QCustomPlot::mouseRelease, this, [this](QMouseEvent* event) {
        if (event->button() == Qt::LeftButton && m_dragging)
            endDrag();
    });
}

void TraceMap::beginDrag(const QPointF& position) {
    const Cell cell = cellAt(position);
    if (cell.isValid()) {
        m_anchor = cell.layer;
        m_dragging = true;
        setCurrentCell(cell);
        showMarks();
    } else if (const int row = rowBeside(position); row >= 0 && !m_model.picture().average) {
        emit tokenChosen(row);
    }
}

void TraceMap::endDrag() {
    m_dragging = false;
    if (m_anchor == m_current.layer && !m_model.picture().average)
        emit tokenChosen(m_current.row);
    pick();
}

void TraceMap::pick() {
    if (!m_current.isValid())
        return;
    const std::pair<int, int> range = std::minmax(m_anchor >= 0 ? m_anchor : m_current.layer, m_current.layer);
    m_anchor = -1;
    showMarks();
    tell();
    emit layersPicked(range.first, range.second);
}

void TraceMap::step(int rows, int layers, bool stretch) {
    const auto& picture = m_model.picture();
    if (picture.isEmpty())
        return;
    if (!m_current.isValid()) {
        const Cell best = picture.best(0);
        setCurrentCell(best.isValid() ? best : Cell{0, 0, 0});
        hoverLayer(m_current.layer);
        return;
    }
    Cell to = m_current;
    const int lastRow = static_cast<int>(picture.rows.size()) - 1;
    to.row = std::clamp(to.row + rows, 0, lastRow);
    to.layer += layers;
    // The next map begins where this one ends.
    const int lastMap = static_cast<int>(m_panels.size()) - 1;
    if (!stretch && layers == 1 && to.layer >= picture.layers && to.map < lastMap) {
        ++to.map;
        to.layer = 0;
    } else if (!stretch && layers == -1 && to.layer < 0 && to.map > 0) {
        --to.map;
        to.layer = picture.layers - 1;
    }
    to.layer = std::clamp(to.layer, 0, picture.layers - 1);
    if (stretch && m_anchor < 0)
        m_anchor = m_current.layer;
    else if (!stretch)
        m_anchor = -1;
    setCurrentCell(to);
    hoverLayer(m_current.layer);
}

bool TraceMap::navigate(int key) {
    const auto& picture = m_model.picture();
    const int rows = static_cast<int>(picture.rows.size());
    switch (key) {
    case Qt::Key_Left:
        step(0, -1, false);
        return true;
    case Qt::Key_Right:
        step(0, 1, false);
        return true;
    case Qt::Key_Up:
        step(-1, 0, false);
        return true;
    case Qt::Key_Down:
        step(1, 0, false);
        return true;
    case Qt::Key_Home:
        step(0, -picture.layers, false);
        return true;
    case Qt::Key_End:
        step(0, picture.layers, false);
        return true;
    case Qt::Key_PageUp:
        step(-rows, 0, false);
        return true;
    case Qt::Key_PageDown:
        step(rows, 0, false);
        return true;
    case Qt::Key_Return:
    case Qt::Key_Enter:
        pick();
        return true;
    case Qt::Key_Space:
        if (m_current.isValid() && !picture.average)
            emit tokenChosen(m_current.row);
        return true;
    default:
        return false;
    }
}

void TraceMap::keyPressEvent(QKeyEvent* event) {
    const bool across = event->key() == Qt::Key_Left || event->key() == Qt::Key_Right;
    if (across && event->modifiers().testFlag(Qt::ShiftModifier))
        return step(0, event->key() == Qt::Key_Left ? -1 : 1, true);
    if (event->key() == Qt::Key_Escape && m_anchor >= 0) {
        m_anchor = -1;
        m_dragging = false;
        showMarks();
        return tell();
    }
    const bool enter = event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter;
    if (enter && event->modifiers().testFlag(Qt::ControlModifier))
        return event->ignore(); // applies
    ChartView::keyPressEvent(event);
}

} // namespace emend::ui
