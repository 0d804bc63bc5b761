// SPDX-License-Identifier: GPL-3.0-or-later
#include "plots/norm_bars.h"

#include "models/norms_model.h"
#include "models/text_format.h"
#include "plots/theme_colors.h"

#include <QMouseEvent>
#include <QToolTip>

#include <algorithm>
#include <cmath>

#include <qcustomplot.h>

namespace emend::ui {

namespace {
constexpr int mostNumberedBars = 8; // more would overlap
}

NormBars::NormBars(NormsModel& model, QWidget* parent)
    : ChartView("norm", tr("Update norms per layer"), QStringLiteral("update-norms"), parent)
    , m_model(model) {
    plot().setMinimumHeight(200);
    plot().plotLayout()->clear();
    plot().plotLayout()->setRowSpacing(8);
    m_norm = addPanel(0);
    m_relative = addPanel(1);
    m_relative.rect->axis(QCPAxis::atBottom)->setLabel(tr("Layer"));
    auto* margins = new QCPMarginGroup(&plot());
    m_norm.rect->setMarginGroup(QCP::msLeft | QCP::msRight, margins);
    m_relative.rect->setMarginGroup(QCP::msLeft | QCP::msRight, margins);

    connect(&plot(), &QCustomPlot::mouseMove, this, [this](QMouseEvent* event) {
        const int row = rowAt(event->position());
        hoverLayer(row);
        if (row >= 0) {
            setCurrentRow(row);
            QToolTip::showText(event->globalPosition().toPoint(), m_model.describe(row), &plot());
        }
    });
    connect(&plot(), &QCustomPlot::afterLayout, this, &NormBars::fitHeight);
    connect(&m_model, &QAbstractItemModel::modelReset, this, &NormBars::rebuild);
    connect(&m_model, &QAbstractItemModel::dataChanged, this, [this] { tell(); });
    rebuild();
}

NormBars::Panel NormBars::addPanel(int row) {
    auto* rect = new QCPAxisRect(&plot());
    plot().plotLayout()->addElement(row, 0, rect);
    QCPAxis* x = rect->axis(QCPAxis::atBottom);
    QCPAxis* y = rect->axis(QCPAxis::atLeft);
    y->setNumberFormat(QStringLiteral("g"));
    y->setNumberPrecision(3);
    x->setTicker(QSharedPointer<QCPAxisTickerFixed>::create());
    x->grid()->setVisible(false);
    auto* bars = new QCPBars(x, y);
    auto* current = new QCPBars(x, y);
    bars->setWidth(0.6);
    current->setWidth(0.6);
    auto* linked = new QCPItemRect(&plot());
    linked->setLayer(QStringLiteral("background")); // behind the bars
    linked->setClipAxisRect(rect);
    linked->setSelectable(false);
    linked->setPen(Qt::NoPen);
    linked->setVisible(false);
    for (QCPItemPosition* corner : {linked->topLeft, linked->bottomRight}) {
        corner->setAxes(x, y);
        corner->setAxisRect(rect);
        corner->setTypeX(QCPItemPosition::ptPlotCoords);
        corner->setTypeY(QCPItemPosition::ptAxisRectRatio);
    }
    return {rect, bars, current, linked};
}

void NormBars::rebuild() {
    for (QCPItemText* number : m_numbers)
        plot().removeItem(number);
    m_numbers.clear();
    const int count = m_model.rowCount();
    QVector<double> layers;
    QVector<double> norms;
    QVector<double> relatives;
    int edited = 0;
    for (int row = 0; row < count; ++row) {
        if (!m_model.isEdited(row))
            continue;
        ++edited;
        layers << m_model.layer(row).layer;
        norms << m_model.layer(row).update_norm;
        relatives << 100 * m_model.layer(row).relative_norm;
    }
    m_norm.bars->setData(layers, norms, true);
    m_relative.bars->setData(layers, relatives, true);
    const auto fit = [&](const Panel& panel, const QVector<double>& values) {
        QCPAxis* x = panel.rect->axis(QCPAxis::atBottom);
        x->setRange(-0.6, std::max(count, 1) - 0.4);
        auto ticker = x->ticker().staticCast<QCPAxisTickerFixed>();
        ticker->setTickStep(std::max(1.0, std::ceil(count / 12.0)));
        if (edited > mostNumberedBars)
            return;
        for (qsizetype i = 0; i < values.size(); ++i) {
            auto* number = new QCPItemText(&plot());
            m_numbers << number;
            number->setClipAxisRect(panel.rect);
            for (QCPItemPosition* position : number->positions())
                position->setAxes(x, panel.rect->axis(QCPAxis::atLeft));
            number->position->setCoords(layers[i], values[i]);
            number->setPositionAlignment(Qt::AlignBottom | Qt::AlignHCenter);
            number->setPadding(QMargins(0, 0, 0, 2));
            number->setText(formatNumber(values[i]));
        }
    };
    fit(m_norm, norms);
    fit(m_relative, relatives);
    fitHeight();

    m_current = -1;
    for (int row = 0; row < count && m_current < 0; ++row)
        if (m_model.isEdited(row))
            m_current = row;
    highlightChanged();
    restyle();
    showCurrent();
    emit currentRowChanged(m_current);
}

// Above the highest bar there is room for its number, however low the chart is; an axis keeps its long name where it
// fits. The layout knows the heights, and keeps them whatever is set here.
void NormBars::fitHeight() {
    const QFontMetrics metrics(font());
    bool moved = false;
    const auto fit = [&](const Panel& panel, const QString& name, const QString& shortName) {
        const double height = std::max(panel.rect->height(), 3 * metrics.height());
        const double share = 1 - std::max(1 / 6.0, (metrics.height() + 6) / height);
        bool found = false;
        const QCPRange values = panel.bars->data()->valueRange(found);
        const QCPRange range(0, found && values.upper > 0 ? values.upper / share : 1.0);
        const QString label = metrics.horizontalAdvance(name) <= height ? name : shortName;
        QCPAxis* y = panel.rect->axis(QCPAxis::atLeft);
        moved = moved || y->range() != range || y->label() != label;
        y->ticker()->setTickCount(std::clamp(static_cast<int>(height / (1.6 * metrics.height())), 2, 4));
        y->setRange(range);
        y->setLabel(label);
    };
    fit(m_norm, tr("|D|  (Frobenius norm)"), QStringLiteral("|D|"));
    fit(m_relative, tr("|D| / |W|  (%)"), QStringLiteral("|D|/|W|"));
    if (moved) // ticks are made before the layout
        plot().replot(QCustomPlot::rpQueuedReplot);
}

void NormBars::style(const ThemeColors& colors) {
    for (const Panel& panel : {m_norm, m_relative}) {
        panel.bars->setPen(Qt::NoPen);
        panel.bars->setBrush(colors.accent);
        panel.current->setBrush(colors.accent);
        panel.current->setPen(QPen(colors.text, 2));
        panel.linked->setBrush(colors.accentSoft);
    }
    for (QCPItemText* number : m_numbers) {
        number->setColor(colors.text);
        number->setFont(font());
    }
}

void NormBars::highlightChanged() {
    const int layer = highlightedLayer();
    for (const Panel& panel : {m_norm, m_relative}) {
        panel.linked->setVisible(layer >= 0 && layer < m_model.rowCount());
        panel.linked->topLeft->setCoords(layer - 0.5, 0);
        panel.linked->bottomRight->setCoords(layer + 0.5, 1);
    }
    plot().replot(QCustomPlot::rpQueuedReplot);
}

void NormBars::setCurrentRow(int row) {
    if (row == m_current || row < 0 || row >= m_model.rowCount())
        return;
    m_current = row;
    showCurrent();
    emit currentRowChanged(row);
}

void NormBars::showCurrent() {
    for (const Panel& panel : {m_norm, m_relative})
        panel.current->data()->clear();
    if (m_current >= 0) {
        const LayerReport& layer = m_model.layer(m_current);
        m_norm.current->addData(layer.layer, layer.update_norm);
        m_relative.current->addData(layer.layer, 100 * layer.relative_norm);
    }
    tell();
}

QString NormBars::readout() const {
    return m_current >= 0 ? m_model.describe(m_current) : tr("No edit to show");
}

QString NormBars::summary() const {
    return m_model.summary();
}

int NormBars::rowAt(const QPointF& position) const {
    for (const Panel& panel : {m_norm, m_relative}) {
        if (!panel.rect->rect().contains(position.toPoint()))
            continue;
        const int row = static_cast<int>(std::lround(panel.rect->axis(QCPAxis::atBottom)->pixelToCoord(position.x())));
        return row >= 0 && row < m_model.rowCount() ? row : -1;
    }
    return -1;
}

bool NormBars::navigate(int key) {
    switch (key) {
    case Qt::Key_Left:
        setCurrentRow(m_current - 1);
        break;
    case Qt::Key_Right:
        setCurrentRow(m_current + 1);
        break;
    case Qt::Key_Home:
        setCurrentRow(0);
        break;
    case Qt::Key_End:
        setCurrentRow(m_model.rowCount() - 1);
        break;
    default:
        return false;
    }
    hoverLayer(m_current);
    return true;
}

QString NormBars::title() const {
    const auto& report = m_model.report();
    if (!report || report->edits.empty())
        return tr("Update norms");
    const EditRequest& first = report->edits.front().request;
    return tr("Update norms: %1 → %2").arg(fromStd(first.subject), fromStd(first.object));
}

QString NormBars::toCsv() const {
    return m_model.toCsv();
}

} // namespace emend::ui
