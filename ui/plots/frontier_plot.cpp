// SPDX-License-Identifier: GPL-3.0-or-later
#include "plots/frontier_plot.h"

#include "models/frontier_model.h"
#include "models/text_format.h"
#include "plots/color_maps.h"
#include "plots/theme_colors.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <qcustomplot.h>

namespace emend::ui {

namespace {

constexpr double mostDecades = 6; // exact memorization is at minus infinity; nobody reads that far
constexpr double markerSize = 13;

// Decades that hold all of the values, at least one and a half.
QCPRange decades(double least, double most) {
    if (!(most > 0))
        return {1e-3, 1};
    least = std::max(least > 0 ? least : most, most * std::pow(10.0, -mostDecades));
    const double spare = std::max(1.6, std::pow(10.0, 0.75) / std::sqrt(most / least));
    // At the upper end a label stands above the line.
    return {least / spare, most * std::max(spare, std::pow(most / least, 0.12))};
}

// Of the letters, a little smaller: lines of text stand close.
QRectF rectOf(const QCPItemText& label) {
    return QRectF(label.topLeft->pixelPosition(), label.bottomRight->pixelPosition())
        .marginsRemoved(QMarginsF(label.padding()) + QMarginsF(1, 1, 1, 1));
}

} // namespace

FrontierPlot::FrontierPlot(FrontierModel& model, QWidget* parent)
    : ChartView("frontier", tr("Preservation against memorization over softness"), QStringLiteral("trade-off"), parent)
    , m_model(model) {
    for (QCPAxis* axis : {plot().xAxis, plot().yAxis}) {
        axis->setScaleType(QCPAxis::stLogarithmic);
        axis->setTicker(QSharedPointer<QCPAxisTickerLog>::create());
        axis->setNumberFormat(QStringLiteral("eb"));
        axis->setNumberPrecision(0);
    }
    m_total = new QCPCurve(plot().xAxis, plot().yAxis);
    m_overlay = new QCPCurve(plot().xAxis, plot().yAxis);
    m_legend = new QCPLegend;
    m_legend->setFillOrder(QCPLegend::foColumnsFirst);
    m_legend->setWrap(3);
    m_legend->setRowSpacing(0);
    plot().axisRect()->insetLayout()->addElement(m_legend, Qt::AlignLeft | Qt::AlignBottom);
    plot().axisRect()->insetLayout()->setMargins(QMargins(8, 8, 8, 8));
    const auto tracer = [this](double size) {
        auto* item = new QCPItemTracer(&plot());
        item->setStyle(QCPItemTracer::tsCircle);
        item->setSize(size);
        item->setClipToAxisRect(false);
        item->setSelectable(false);
        item->position->setType(QCPItemPosition::ptAbsolute);
        return item;
    };
    m_default = tracer(9);
    m_marker = tracer(markerSize);
    m_read = tracer(19);
    const auto label = [this] {
        auto* item = new QCPItemText(&plot());
        item->setClipToAxisRect(false);
        item->setSelectable(false);
        item->position->setType(QCPItemPosition::ptAbsolute);
        return item;
    };
    m_exactEnd = label();
    m_softEnd = label();
    m_defaultLabel = label();
    m_markerLabel = label();
    m_exactEnd->setText(tr("softness 0 (ROME, EMMET): memorize exactly"));
    m_softEnd->setText(tr("large softness: leave alone"));

    // Pixels are known only now; the same holds for pictures of another size.
    connect(&plot(), &QCustomPlot::afterLayout, this, &FrontierPlot::placeMarks);
    connect(&m_model, &QAbstractItemModel::modelReset, this, &FrontierPlot::rebuild);
    connectMouse();
    rebuild();
}

bool FrontierPlot::hasPoints() const {
    return m_model.rowCount() > 0;
}

double FrontierPlot::across(const FrontierPoint& point) const {
    return m_model.hasPreservation() ? point.preservation : point.update_norm;
}

QPointF FrontierPlot::pixelOf(const FrontierPoint& point) const {
    const auto pixel = [](const QCPAxis* axis, double value) {
        const QCPRange range = axis->range();
        return axis->coordToPixel(std::clamp(std::isfinite(value) ? value : range.lower, range.lower, range.upper));
    };
    return {pixel(plot().xAxis, across(point)), pixel(plot().yAxis, point.memorization)};
}

void FrontierPlot::rebuild() {
    rebuildLayers();
    nameAxes();
    rebuildLegend();
    m_current = hasPoints() ? std::clamp(m_current, -1, m_model.rowCount() - 1) : -1;
    restyle();
    tell();
}

void FrontierPlot::nameAxes() {
    plot().xAxis->setLabel(m_model.hasPreservation() || !hasPoints()
                               ? tr("Preservation: mean |D k|² over ordinary text (less is better)")
                               : tr("|D|, Frobenius norm of the update (there are no statistics)"));
    // A low chart has room for the short name only.
    const QString full = tr("Memorization error |R − D K|²");
    plot().yAxis->setLabel(fontMetrics().horizontalAdvance(full) < plot().height() - 70 ? full : tr("Memorization"));
}

void FrontierPlot::resizeEvent(QResizeEvent* event) {
    QWidget::resizeEvent(event);
    nameAxes();
}

bool FrontierPlot::hasLayers() const {
    const auto& frontier = m_model.frontier();
    return frontier && m_layersShown && frontier->layers.size() > 1;
}

void FrontierPlot::fitAxes() {
    double least[2] = {std::numeric_limits<double>::infinity(), std::numeric_limits<double>::infinity()};
    double most[2] = {0, 0};
    const auto measure = [&](const FrontierPoint& point) {
        const double values[2] = {across(point), point.memorization};
        for (int i = 0; i < 2; ++i) {
            if (!(values[i] > 0) || !std::isfinite(values[i]))
                continue;
            least[i] = std::min(least[i], values[i]);
            most[i] = std::max(most[i], values[i]);
        }
    };
    for (int row = 0; row < m_model.rowCount(); ++row)
        measure(m_model.point(row));
    if (hasLayers())
        for (const LayerFrontier& layer : m_model.frontier()->layers)
            std::for_each(layer.points.begin(), layer.points.end(), measure);
    plot().xAxis->setRange(decades(least[0], most[0]));
    plot().yAxis->setRange(decades(least[1], most[1]));
}

// A zero has no place on these scales: a line to it leaves through the edge.
void FrontierPlot::draw(QCPCurve& curve, const std::vector<FrontierPoint>& points) const {
    QVector<double> t, x, y;
    for (const FrontierPoint& point : points) {
        if (!std::isfinite(across(point)) || !std::isfinite(point.memorization))
            continue;
        t << static_cast<double>(t.size());
        x << std::max(across(point), plot().xAxis->range().lower * 1e-3);
        y << std::max(point.memorization, plot().yAxis->range().lower * 1e-3);
    }
    curve.setData(t, x, y, true);
}

void FrontierPlot::rebuildLayers() {
    for (QCPCurve* curve : m_layers)
        plot().removePlottable(curve);
    m_layers.clear();
    fitAxes();
    draw(*m_total, m_model.frontier() ? m_model.frontier()->total : std::vector<FrontierPoint>());
    draw(*m_overlay, m_model.overlay() ? m_model.overlay()->total : std::vector<FrontierPoint>());
    if (!hasLayers())
        return;
    for (const LayerFrontier& layer : m_model.frontier()->layers) {
        auto* curve = new QCPCurve(plot().xAxis, plot().yAxis);
        curve->setName(tr("layer %1").arg(layer.layer));
        draw(*curve, layer.points);
        m_layers << curve;
    }
}

void FrontierPlot::rebuildLegend() {
    m_legend->clearItems();
    m_legend->setVisible(hasLayers() || m_model.overlay());
    if (!m_legend->visible())
        return;
    const auto add = [this](QCPCurve* curve) { m_legend->addItem(new QCPPlottableLegendItem(m_legend, curve)); };
    m_total->setName(m_model.overlay() ? tr("%1 (applied)").arg(m_model.ownName()) : tr("all layers"));
    add(m_total);
    if (m_model.overlay()) {
        m_overlay->setName(m_model.overlayName());
        add(m_overlay);
    }
    // A legend of thirty lines would hide them.
    for (qsizetype i = 0; i < m_layers.size(); ++i)
        if (m_layers.size() <= 8 || i == 0 || i == m_layers.size() - 1)
            add(m_layers[i]);
}

void FrontierPlot::style(const ThemeColors& colors) {
    m_total->setPen(QPen(colors.muted, 2.2));
    m_overlay->setPen(QPen(colors.text, 1.6, Qt::DashLine));
    for (qsizetype i = 0; i < m_layers.size(); ++i) {
        const double t = static_cast<double>(i) / static_cast<double>(m_layers.size() - 1);
        m_layers[i]->setPen(QPen(viridisLine(t, colors.dark), isLinked(i) ? 3.4 : 1.2));
    }
    m_legend->setBrush(colors.surface);
    m_legend->setBorderPen(QPen(colors.border));
    m_legend->setTextColor(colors.muted);
    m_legend->setFont(font());
    for (int i = 0; i < m_legend->itemCount(); ++i) {
        // A grid counts its empty places, too.
        if (QCPAbstractLegendItem* item = m_legend->item(i)) {
            item->setTextColor(colors.muted);
            item->setFont(font());
        }
    }
    m_marker->setBrush(colors.accent);
    m_marker->setPen(QPen(colors.surface, 1.5));
    m_default->setBrush(colors.surface);
    m_default->setPen(QPen(colors.text, 1.5));
    m_read->setBrush(Qt::NoBrush);
    m_read->setPen(QPen(colors.text, 1.2));
    QFont strong = font();
    strong.setWeight(QFont::DemiBold);
    for (QCPItemText* label : {m_exactEnd, m_softEnd, m_defaultLabel}) {
        label->setColor(colors.muted);
        label->setFont(font());
    }
    m_markerLabel->setColor(colors.text);
    m_markerLabel->setFont(strong);
}

// A label at a point of the line, `steps` lines of text away from it. The line bends to the upper right: below and left
// of it, or above and right, nothing else is drawn.
void FrontierPlot::put(QCPItemText& label, const QPointF& at, int steps) const {
    const QRect area = plot().axisRect()->rect();
    const int line = fontMetrics().lineSpacing();
    const int width = QFontMetrics(label.font()).horizontalAdvance(label.text()) + 24;
    // Between the lines of the layers there is no room.
    const bool right = !m_layers.isEmpty() && at.x() + width < area.right() && at.y() - 1.5 * line > area.top() - 10;
    const bool left = !right && at.x() - width > area.left();
    const bool above = !left || at.y() + (steps + 1.5) * line > area.bottom();
    label.setPositionAlignment((left ? Qt::AlignRight : Qt::AlignLeft) | (above ? Qt::AlignBottom : Qt::AlignTop));
    const int away = steps * line + 4;
    label.setPadding(QMargins(left ? 0 : 12, above ? 0 : away, left ? 12 : 0, above ? away : 0));
    label.position->setPixelPosition(at);
}

void FrontierPlot::placeMarks() {
    const bool some = hasPoints();
    for (QCPAbstractItem* item :
         std::initializer_list<QCPAbstractItem*>{m_marker, m_markerLabel, m_exactEnd, m_softEnd})
        item->setVisible(some);
    const bool marksDefault = some && m_defaultSoftness >= 0;
    const bool same = marksDefault && std::abs(m_defaultSoftness - m_softness) <= 1e-3 * m_softness;
    m_read->setVisible(some && m_current >= 0);
    m_default->setVisible(marksDefault && !same);
    m_defaultLabel->setVisible(m_default->visible());
    if (!some)
        return;
    const QPointF exact = pixelOf(m_model.point(0));
    const QPointF soft = pixelOf(m_model.point(m_model.ownCount() - 1));
    const QPointF marker = pixelOf(m_model.at(m_softness));
    put(*m_exactEnd, exact, 0);
    // Where the softness in use is the exact end, one label says both; across the lines of the layers it would lie.
    const bool atExact = m_softness == m_model.point(0).softness;
    m_exactEnd->setVisible(m_layers.isEmpty() && !atExact);
    put(*m_softEnd, soft, 0);
    m_marker->position->setPixelPosition(marker);
    m_markerLabel->setText(atExact && m_layers.isEmpty() ? m_exactEnd->text()
                           : same ? tr("softness %1 (%2's default)").arg(formatSetting(m_softness), m_defaultOf)
                                  : tr("softness %1").arg(formatSetting(m_softness)));
    put(*m_markerLabel, marker, areLevel(marker, exact) && m_exactEnd->visible() ? 1 : 0);
    // Two labels have no room at that end; the one with the number stays.
    m_softEnd->setVisible(!(areLevel(marker, soft) && marker.x() - soft.x() < plot().axisRect()->rect().width() / 2.0));
    if (m_default->visible())
        placeDefault(exact, marker);
    // Where there is no room for all of them, the one with the number in use stays.
    QList<QRectF> taken;
    for (QCPItemText* label : {m_markerLabel, m_defaultLabel, m_exactEnd, m_softEnd}) {
        const QRectF rect = rectOf(*label);
        if (std::any_of(taken.begin(), taken.end(), [&](const QRectF& other) { return rect.intersects(other); }))
            label->setVisible(false);
        else if (label->visible())
            taken << rect;
    }
    if (m_current >= 0)
        m_read->position->setPixelPosition(pixelOf(m_model.point(m_current)));
}

QList<QRectF> FrontierPlot::labelRects() const {
    QList<QRectF> rects;
    for (const QCPItemText* label : {m_exactEnd, m_softEnd, m_defaultLabel, m_markerLabel})
        if (label->visible())
            rects << rectOf(*label);
    return rects;
}

bool FrontierPlot::areLevel(const QPointF& a, const QPointF& b) const {
    return std::abs(a.y() - b.y()) < 1.2 * fontMetrics().lineSpacing();
}

// Where an algorithm would begin; `exact` and `marker` may have labels already.
void FrontierPlot::placeDefault(const QPointF& exact, const QPointF& marker) {
    const QPointF at = pixelOf(m_model.at(m_defaultSoftness));
    m_default->position->setPixelPosition(at);
    m_defaultLabel->setText(tr("%1's default %2").arg(m_defaultOf, formatSetting(m_defaultSoftness)));
    put(*m_defaultLabel, at, (areLevel(at, exact) && m_exactEnd->visible() ? 1 : 0) + (areLevel(at, marker) ? 1 : 0));
    const int label = QFontMetrics(m_markerLabel->font()).horizontalAdvance(m_markerLabel->text()) + 16;
    if (m_layers.isEmpty() || !areLevel(at, marker) || std::abs(at.x() - marker.x()) >= label)
        return;
    // Both would stand above the line; to the right of a point is always room, if not over the other label.
    if (at.x() + 16 + fontMetrics().horizontalAdvance(m_defaultLabel->text()) > plot().width())
        m_defaultLabel->setText(m_defaultOf);
    m_defaultLabel->setPositionAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    m_defaultLabel->setPadding(QMargins(12, 0, 0, 0));
    m_defaultLabel->setVisible(at.y() - marker.y() > 0.5 * fontMetrics().lineSpacing());
}

void FrontierPlot::setSoftness(double softness) {
    if (softness == m_softness)
        return;
    m_softness = softness;
    tell();
}

void FrontierPlot::setDefaultSoftness(double softness, const QString& whose) {
    m_defaultSoftness = softness;
    m_defaultOf = whose;
    plot().replot(QCustomPlot::rpQueuedReplot);
}

void FrontierPlot::setLayersShown(bool shown) {
    if (shown == m_layersShown)
        return;
    m_layersShown = shown;
    rebuild();
}

void FrontierPlot::setCurrentRow(int row) {
    if (row == m_current || row < -1 || row >= m_model.rowCount())
        return;
    m_current = row;
    tell();
    emit currentRowChanged(row);
}

QString FrontierPlot::readout() const {
    if (!hasPoints())
        return tr("No batch to show");
    return m_current >= 0 ? m_model.describeRow(m_current) : FrontierModel::describe(m_model.at(m_softness));
}

QString FrontierPlot::summary() const {
    return m_model.summary();
}

bool FrontierPlot::isLinked(qsizetype layer) const {
    const auto& layers = m_model.frontier()->layers;
    return layers[static_cast<std::size_t>(layer)].layer == highlightedLayer();
}

void FrontierPlot::highlightChanged() {
    if (!m_layers.isEmpty())
        restyle();
}

} // namespace emend::ui
