// SPDX-License-Identifier: GPL-3.0-or-later
// The frontier plot under mouse and keyboard: reading points, dragging the softness.
#include "models/frontier_model.h"
#include "plots/frontier_plot.h"

#include <QMouseEvent>
#include <QToolTip>

#include <algorithm>
#include <cmath>

#include <qcustomplot.h>

namespace emend::ui {

namespace {

constexpr double grabReach = 16; // pixels from the marked point
constexpr double readReach = 28; // pixels from a point of the line

} // namespace

void FrontierPlot::connectMouse() {
    connect(&plot(), &QCustomPlot::mousePress, this, [this](QMouseEvent* event) {
        if (event->button() != Qt::LeftButton || !hasPoints())
            return;
        const QPointF way = event->position() - pixelOf(m_model.at(m_softness));
        m_dragging = std::hypot(way.x(), way.y()) <= grabReach;
        if (m_dragging)
            setCurrentRow(-1);
    });
    connect(&plot(), &QCustomPlot::mouseMove, this, [this](QMouseEvent* event) {
        if (m_dragging) {
            drag(event->position());
            return;
        }
        const int row = rowNear(event->position(), readReach);
        if (row >= 0) {
            setCurrentRow(row);
            QToolTip::showText(event->globalPosition().toPoint(), m_model.describeRow(row), &plot());
        }
        if (hasPoints()) {
            const QPointF way = event->position() - pixelOf(m_model.at(m_softness));
            plot().setCursor(std::hypot(way.x(), way.y()) <= grabReach ? Qt::PointingHandCursor : Qt::ArrowCursor);
        }
    });
    connect(&plot(), &QCustomPlot::mouseRelease, this, [this](QMouseEvent* event) {
        if (!m_dragging || event->button() != Qt::LeftButton)
            return;
        m_dragging = false;
        emit softnessChosen(m_softness);
    });
    connect(&plot(), &QCustomPlot::mouseDoubleClick, this, [this](QMouseEvent* event) {
        if (const int row = rowNear(event->position(), readReach); row >= 0 && !m_model.isOverlay(row)) {
            setSoftness(m_model.point(row).softness);
            emit softnessChosen(m_softness);
        }
    });
}

// To the place on the line that is nearest to the hand.
void FrontierPlot::drag(const QPointF& position) {
    double least = -1;
    double found = m_softness;
    const auto offer = [&](const QPointF& at, double softness) {
        const double distance = std::hypot(position.x() - at.x(), position.y() - at.y());
        if (least < 0 || distance < least) {
            least = distance;
            found = softness;
        }
    };
    for (int row = 0; row < m_model.ownCount(); ++row) {
        const FrontierPoint& to = m_model.point(row);
        const QPointF end = pixelOf(to);
        offer(end, to.softness);
        if (row == 0 || !(m_model.point(row - 1).softness > 0))
            continue;
        const FrontierPoint& from = m_model.point(row - 1);
        const QPointF begin = pixelOf(from);
        const QPointF way = end - begin;
        const double length = QPointF::dotProduct(way, way);
        if (length < 1)
            continue; // beyond the edge, one on the other
        const double t = std::clamp(QPointF::dotProduct(position - begin, way) / length, 0.0, 1.0);
        offer(begin + t * way, from.softness * std::pow(to.softness / from.softness, t));
    }
    if (found == m_softness)
        return;
    setSoftness(found);
    emit softnessDragged(found);
}

int FrontierPlot::rowNear(const QPointF& position, double reach) const {
    int nearest = -1;
    for (int row = 0; row < m_model.rowCount(); ++row) {
        const QPointF way = position - pixelOf(m_model.point(row));
        const double distance = std::hypot(way.x(), way.y());
        if (distance < reach) {
            reach = distance;
            nearest = row;
        }
    }
    return nearest;
}

bool FrontierPlot::navigate(int key) {
    const int from = m_current >= 0 ? m_current : m_model.nearestRow(m_softness);
    // Of the line it is on; Page Up and Page Down change over.
    const bool over = m_model.isOverlay(from);
    const int first = over ? m_model.ownCount() : std::min(0, m_model.ownCount() - 1);
    const int last = (over ? m_model.rowCount() : m_model.ownCount()) - 1;
    switch (key) {
    case Qt::Key_Left:
    case Qt::Key_Up:
        setCurrentRow(std::min(from + 1, last)); // along the line: to the left it gets softer
        return true;
    case Qt::Key_Right:
    case Qt::Key_Down:
        setCurrentRow(std::max(from - 1, first));
        return true;
    case Qt::Key_Home:
        setCurrentRow(first);
        return true;
    case Qt::Key_End:
        setCurrentRow(last);
        return true;
    case Qt::Key_PageUp:
    case Qt::Key_PageDown:
        if (m_model.overlay())
            setCurrentRow(over ? 0 : m_model.ownCount());
        return true;
    case Qt::Key_Return:
    case Qt::Key_Enter:
        if (m_current >= 0 && !over) {
            setSoftness(m_model.point(m_current).softness);
            emit softnessChosen(m_softness);
        }
        return true;
    default:
        return false;
    }
}

QString FrontierPlot::title() const {
    return m_model.title().isEmpty() ? tr("Trade-off") : tr("Trade-off: %1").arg(m_model.title());
}

QString FrontierPlot::toCsv() const {
    return m_model.toCsv();
}

} // namespace emend::ui
