// SPDX-License-Identifier: GPL-3.0-or-later
#include "plots/trace_names.h"

namespace emend::ui {

namespace {

constexpr double gap = 4; // to the map, pixels

} // namespace

TraceNames::TraceNames(QCPAxisRect* rect)
    : QCPLayerable(rect->parentPlot(), QStringLiteral("axes"), rect)
    , m_rect(rect) {}

void TraceNames::setNames(const QList<Name>& names, const QFont& font) {
    m_names = names;
    m_font = font;
}

void TraceNames::applyDefaultAntialiasingHint(QCPPainter* painter) const {
    painter->setAntialiasing(true);
}

QRect TraceNames::clipRect() const {
    return mParentPlot->viewport();
}

QPointF TraceNames::placeOf(const Name& name) const {
    const QFontMetricsF metrics(m_font);
    const double middle = m_rect->axis(QCPAxis::atLeft)->coordToPixel(name.row);
    return {m_rect->left() - gap - metrics.horizontalAdvance(name.text), middle + metrics.capHeight() / 2};
}

void TraceNames::draw(QCPPainter* painter) {
    painter->setFont(m_font);
    painter->setPen(m_color);
    for (const Name& name : m_names)
        painter->drawText(placeOf(name), name.text);
}

} // namespace emend::ui
