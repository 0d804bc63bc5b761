// SPDX-License-Identifier: GPL-3.0-or-later
#include "plots/trace_map.h"

#include "models/text_format.h"
#include "plots/color_maps.h"
#include "plots/theme_colors.h"
#include "plots/trace_cells.h"
#include "plots/trace_names.h"

#include <algorithm>
#include <cmath>

#include <qcustomplot.h>

namespace emend::ui {

namespace {

constexpr int scaleSteps = 4;
constexpr int scaleHeight = 10;  // of the colour scale, pixels
constexpr int longestToken = 14; // characters beside a row
constexpr int namePadding = 8;   // between the names and the first map
constexpr int longestRole = 24;  // of averages

QCPColorGradient gradient(bool isDiverging) {
    QCPColorGradient made;
    made.clearColorStops();
    constexpr int stops = 8; // those of the map itself
    for (int i = 0; i <= stops; ++i)
        made.setColorStopAt(i / double(stops),
                            isDiverging ? diverging(2 * i / double(stops) - 1) : viridis(i / double(stops)));
    return made;
}

QString shortened(QString text, int longest, const QString& mark) {
    if (text.size() > longest)
        text = text.first(longest - 1) + QStringLiteral("…");
    return text + mark;
}

} // namespace

TraceMap::TraceMap(TraceModel& model, QWidget* parent)
    : ChartView("trace", tr("Causal trace, tokens by layers"), QStringLiteral("causal-trace"), parent)
    , m_model(model)
    , m_grid(new QCPLayoutGrid)
    , m_scale(new QCPColorScale(&plot())) {
    plot().plotLayout()->clear();
    plot().plotLayout()->addElement(0, 0, m_grid);
    plot().plotLayout()->addElement(1, 0, m_scale);
    plot().plotLayout()->setRowSpacing(4);
    m_grid->setColumnSpacing(8);
    m_grid->setRowSpacing(2);
    m_scale->setType(QCPAxis::atBottom);
    m_scale->setBarWidth(scaleHeight);
    m_scale->setRangeDrag(false);
    m_scale->setRangeZoom(false);

    connect(&m_model, &QAbstractItemModel::modelReset, this, &TraceMap::rebuild);
    connect(&m_model, &QAbstractItemModel::dataChanged, this, &TraceMap::showValues);
    connectMouse();
    rebuild();
}

void TraceMap::addPanel(int map) {
    auto* rect = new QCPAxisRect(&plot());
    auto* name = new QCPTextElement(&plot());
    m_grid->addElement(0, map, name);
    m_grid->addElement(1, map, rect);
    rect->setMinimumMargins(QMargins(2, 2, 2, 2));
    const auto& picture = m_model.picture();
    QCPAxis* x = rect->axis(QCPAxis::atBottom);
    QCPAxis* y = rect->axis(QCPAxis::atLeft);
    x->setRange(-0.5, picture.layers - 0.5);
    x->setLabel(tr("Layer"));
    x->setOffset(4); // room for the marks of the recipe
    const auto layers = QSharedPointer<QCPAxisTickerFixed>::create();
    layers->setTickStep(1);
    layers->setScaleStrategy(QCPAxisTickerFixed::ssMultiples);
    x->setTicker(layers);
    y->setRange(-0.5, static_cast<double>(picture.rows.size()) - 0.5);
    y->setRangeReversed(true); // reading order
    y->setTickLength(0);
    y->setTickLabels(false);
    for (QCPAxis* axis : {x, y}) {
        axis->grid()->setVisible(false);
        axis->setSubTicks(false);
    }
    auto* cells = new TraceCells(rect);
    cells->setPicture(&picture, map);
    m_panels << Panel{rect, name, cells};
    if (map == 0)
        m_names = new TraceNames(rect);
}

void TraceMap::rebuild() {
    delete m_names;
    m_names = nullptr;
    for (const Panel& panel : std::as_const(m_panels)) {
        delete panel.cells;
        m_grid->remove(panel.name);
        m_grid->remove(panel.rect);
    }
    m_panels.clear();
    m_grid->simplify();
    m_current = {};
    m_anchor = -1;
    m_dragging = false;
    const auto& picture = m_model.picture();
    for (int map = 0; map < static_cast<int>(picture.maps.size()); ++map)
        addPanel(map);
    if (!m_panels.isEmpty()) {
        m_grid->setRowStretchFactor(0, 0.01); // the names take what they need
        m_grid->setRowStretchFactor(1, 1);
    }
    m_scale->setVisible(!m_panels.isEmpty());
    nameRows();
    showMarks();
    restyle();
    showValues();
}

void TraceMap::showValues() {
    const auto& picture = m_model.picture();
    for (std::size_t i = 0; i < picture.maps.size(); ++i) {
        const TracePicture::Map& map = picture.maps[i];
        QString name = kindName(map.kind);
        if (map.window > 1)
            name += tr(" ±%1", "half a window of layers").arg(map.window / 2);
        m_panels[static_cast<qsizetype>(i)].name->setText(name);
    }
    if (!picture.isEmpty()) {
        m_scale->setGradient(gradient(picture.diverging));
        m_scale->setDataRange({100 * picture.low, 100 * picture.high});
        m_scale->axis()->setLabel(picture.average ? tr("What comes back of the probability (%)")
                                                  : tr("p(%1) when put back (%)").arg(picture.object));
        nameScale();
    }
    tell();
}

// Both ends have their number, which the steps of an axis need not meet.
void TraceMap::nameScale() {
    const auto& picture = m_model.picture();
    const double span = 100 * (picture.high - picture.low);
    const int decimals = span >= 10 ? 1 : span >= 1 ? 2 : 4;
    const auto ticker = QSharedPointer<QCPAxisTickerText>::create();
    for (int i = 0; i <= scaleSteps; ++i) {
        const double at = 100 * (picture.low + i * (picture.high - picture.low) / scaleSteps);
        ticker->addTick(at, QString::number(at, 'f', decimals));
    }
    m_scale->axis()->setTicker(ticker);
    const int half = fontMetrics().horizontalAdvance(QStringLiteral("00.0000")) / 2;
    m_scale->setMinimumMargins(QMargins(half, 2, half, 2));
}

void TraceMap::nameRows() {
    if (m_panels.isEmpty())
        return;
    const auto& picture = m_model.picture();
    QList<TraceNames::Name> names;
    int subject = -1; // its last token
    int widest = 0;
    for (int row = 0; row < static_cast<int>(picture.rows.size()); ++row) {
        const TracePicture::Row& own = picture.rows[static_cast<std::size_t>(row)];
        const QString marks = m_model.rowText(row).mid(own.text.size());
        names << TraceNames::Name{row, shortened(own.text, picture.average ? longestRole : longestToken, marks)};
        widest = std::max(widest, fontMetrics().horizontalAdvance(names.back().text));
        if (own.last_subject)
            subject = row;
    }
    m_names->setNames(names, subject, font());
    alignPanels(widest + namePadding);
}

// The names stand beside the first map only; all maps are equally wide all the same.
void TraceMap::alignPanels(int names) {
    const auto count = static_cast<int>(m_panels.size());
    const double width =
        std::max(count, plot().width() - names - (count - 1) * m_grid->columnSpacing()) / double(count);
    for (int map = 0; map < count; ++map) {
        m_panels[map].rect->setAutoMargins(QCP::msBottom);
        m_panels[map].rect->setMargins(QMargins(map == 0 ? names : 2, 2, 4, 0));
        m_grid->setColumnStretchFactor(map, map == 0 ? width + names : width);
        m_panels[map].name->setMargins(QMargins(map == 0 ? names : 0, 0, 0, 0));
        const int number = fontMetrics().horizontalAdvance(QStringLiteral("000"));
        m_panels[map]
            .rect->axis(QCPAxis::atBottom)
            ->ticker()
            ->setTickCount(std::max(2, static_cast<int>(width) / number));
    }
}

void TraceMap::showMarks() {
    for (int map = 0; map < static_cast<int>(m_panels.size()); ++map) {
        TraceCells::Marks marks;
        if (m_current.map == map) {
            marks.row = m_current.row;
            marks.layer = m_current.layer;
        }
        if (m_anchor >= 0 && m_current.isValid())
            marks.band = std::minmax(m_anchor, m_current.layer);
        marks.token = m_model.picture().average ? -1 : m_token;
        marks.linked = highlightedLayer();
        marks.chosen = m_chosen;
        m_panels[map].cells->setMarks(marks);
    }
    plot().replot(QCustomPlot::rpQueuedReplot);
}

void TraceMap::style(const ThemeColors& colors) {
    for (const Panel& panel : std::as_const(m_panels)) {
        panel.cells->setColors({colors.surface, colors.neutralBar, colors.accent, colors.text});
        panel.name->setTextColor(colors.text);
        panel.name->setFont(font());
        for (QCPAxis* axis : panel.rect->axes())
            axis->setBasePen(Qt::NoPen);
    }
    for (QCPAxis* axis : m_scale->axis()->axisRect()->axes()) {
        axis->setBasePen(Qt::NoPen);
        axis->setTickPen(QPen(colors.border));
        axis->setSubTickPen(Qt::NoPen);
        axis->setTickLabelColor(colors.muted);
        axis->setLabelColor(colors.muted);
        axis->setTickLabelFont(font());
        axis->setLabelFont(font());
    }
    if (m_names)
        m_names->setColor(colors.text);
    nameRows();
}

void TraceMap::resizeEvent(QResizeEvent* event) {
    ChartView::resizeEvent(event);
    nameRows();
}

void TraceMap::setCurrentCell(const Cell& cell) {
    if (cell == m_current || m_panels.isEmpty())
        return;
    m_current = cell;
    showMarks();
    tell();
    emit currentCellChanged(m_current);
}

void TraceMap::setChosenToken(int row) {
    if (row == m_token)
        return;
    m_token = row;
    showMarks();
}

void TraceMap::setChosenLayers(const std::vector<int>& layers) {
    if (layers == m_chosen)
        return;
    m_chosen = layers;
    showMarks();
}

void TraceMap::highlightChanged() {
    showMarks();
}

QList<std::pair<int, QRectF>> TraceMap::nameBoxes() const {
    QList<std::pair<int, QRectF>> boxes;
    if (m_names)
        for (const TraceNames::Placed& one : m_names->placed())
            boxes << std::pair(one.name.row, one.box);
    return boxes;
}

QRectF TraceMap::cellRect(const Cell& cell) const {
    return m_panels[cell.map].cells->rectOf(cell.row, cell.layer);
}

QString TraceMap::readout() const {
    if (m_model.isEmpty())
        return tr("No trace to show");
    if (m_anchor >= 0 && m_current.isValid() && m_anchor != m_current.layer) {
        const std::pair<int, int> range = std::minmax(m_anchor, m_current.layer);
        return tr("Layers %1-%2: let go, or press Enter, to take them for the recipe")
            .arg(range.first)
            .arg(range.second);
    }
    if (m_current.isValid())
        return m_model.describe(m_current);
    return tr("Point at a cell to read it; click a layer for the recipe, drag over several.");
}

QString TraceMap::summary() const {
    return m_model.summary();
}

QString TraceMap::title() const {
    return m_model.isEmpty() ? tr("Causal trace") : tr("Causal trace: %1").arg(m_model.picture().title);
}

QString TraceMap::toCsv() const {
    return m_model.toCsv();
}

} // namespace emend::ui
