// SPDX-License-Identifier: GPL-3.0-or-later
#include "plots/trace_names.h"

#include <algorithm>
#include <cmath>

namespace emend::ui {

namespace {

constexpr double gap = 4;         // to the map, pixels
constexpr double smallest = 0.75; // of the font, before rows stay without a name

} // namespace

TraceNames::TraceNames(QCPAxisRect* rect)
    : QCPLayerable(rect->parentPlot(), QStringLiteral("axes"), rect)
    , m_rect(rect) {}

void TraceNames::setNames(const QList<Name>& names, int first, const QFont& font) {
    m_names = names;
    m_first = first;
    m_font = font;
}

void TraceNames::applyDefaultAntialiasingHint(QCPPainter* painter) const {
    painter->setAntialiasing(true);
}

QRect TraceNames::clipRect() const {
    return mParentPlot->viewport();
}

// The layout gives the room: titles and scales have theirs before the map.
TraceNames::Fit TraceNames::fit() const {
    const QCPAxis* axis = m_rect->axis(QCPAxis::atLeft);
    const double row = std::abs(axis->coordToPixel(1) - axis->coordToPixel(0));
    const QFontMetricsF metrics(m_font);
    const double fits = row / (metrics.ascent() + metrics.descent() / 2);
    Fit fit{m_font};
    if (fits < 1)
        fit.font.setPointSizeF(QFontInfo(m_font).pointSizeF() * std::max(smallest, fits));
    if (fits < smallest)
        fit.every = static_cast<int>(std::ceil(smallest / std::max(fits, 1e-3)));
    return fit;
}

QList<TraceNames::Placed> TraceNames::placed() const {
    const Fit now = fit();
    const QFontMetricsF metrics(now.font);
    const QCPAxis* axis = m_rect->axis(QCPAxis::atLeft);
    // Where the trace answers comes next to the first.
    const int last = m_names.isEmpty() ? -1 : m_names.back().row;
    const auto leaves = [&](int row, int other) { return other < 0 || std::abs(row - other) >= now.every; };
    QList<Placed> placed;
    for (const Name& name : m_names) {
        const bool inTurn = name.row == last || (name.row % now.every == 0 && leaves(name.row, last));
        if (name.row != m_first && !(inTurn && leaves(name.row, m_first)))
            continue;
        const double width = metrics.horizontalAdvance(name.text);
        const double base = axis->coordToPixel(name.row) + metrics.capHeight() / 2;
        placed << Placed{name, {m_rect->left() - gap - width, base - metrics.capHeight(), width, metrics.capHeight()}};
    }
    return placed;
}

void TraceNames::draw(QCPPainter* painter) {
    painter->setFont(fit().font);
    painter->setPen(m_color);
    for (const Placed& one : placed())
        painter->drawText(one.box.bottomLeft(), one.name.text);
}

} // namespace emend::ui
