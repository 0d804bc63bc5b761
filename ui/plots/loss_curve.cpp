// SPDX-License-Identifier: GPL-3.0-or-later
#include "plots/loss_curve.h"

#include "models/text_format.h"
#include "plots/theme_colors.h"

#include <QMouseEvent>

#include <algorithm>
#include <cmath>

#include <qcustomplot.h>

namespace emend::ui {

LossCurve::LossCurve(QWidget* parent)
    : ChartView("loss", tr("Loss of the value search"), QStringLiteral("value-search"), parent)
    , m_line(plot().addGraph())
    , m_point(plot().addGraph())
    , m_boundLine(new QCPItemStraightLine(&plot())) {
    plot().setMinimumHeight(120);
    plot().xAxis->setLabel(tr("Step"));
    plot().yAxis->setLabel(tr("Loss"));
    plot().yAxis->setNumberFormat(QStringLiteral("g"));
    plot().yAxis->setNumberPrecision(3);
    plot().yAxis->ticker()->setTickCount(4);
    plot().xAxis->setTicker(QSharedPointer<QCPAxisTickerFixed>::create());
    plot().xAxis->grid()->setVisible(false);
    m_line->setScatterStyle(QCPScatterStyle(QCPScatterStyle::ssDisc, 4));
    m_point->setLineStyle(QCPGraph::lsNone);
    m_boundLine->setSelectable(false);
    connect(&plot(), &QCustomPlot::mouseMove, this, [this](QMouseEvent* event) {
        if (!m_loss.empty())
            setCurrent(static_cast<int>(std::lround(plot().xAxis->pixelToCoord(event->position().x()))));
    });
    setLoss({}, 0, {});
}

void LossCurve::setLoss(std::vector<double> loss, double bound, const QString& title) {
    m_loss = std::move(loss);
    m_bound = bound;
    m_title = title;
    QVector<double> steps;
    QVector<double> losses;
    double top = bound;
    for (std::size_t i = 0; i < m_loss.size(); ++i) {
        steps << static_cast<double>(i);
        losses << m_loss[i];
        if (std::isfinite(m_loss[i]))
            top = std::max(top, m_loss[i]);
    }
    m_line->setData(steps, losses, true);
    const double last = std::max(1.0, static_cast<double>(m_loss.size()) - 1);
    plot().xAxis->setRange(-0.03 * last, 1.03 * last);
    plot().xAxis->ticker().staticCast<QCPAxisTickerFixed>()->setTickStep(std::max(1.0, std::ceil(last / 10)));
    // Room for the mark of a loss near 0.
    plot().yAxis->setRange(-0.06 * (top > 0 ? top : 1), top > 0 ? 1.1 * top : 1);
    m_boundLine->setVisible(bound > 0);
    m_boundLine->point1->setCoords(0, bound);
    m_boundLine->point2->setCoords(1, bound);
    m_current = -1;
    restyle();
    setCurrent(static_cast<int>(m_loss.size()) - 1);
}

void LossCurve::setCurrent(int step) {
    m_current = m_loss.empty() ? -1 : std::clamp(step, 0, static_cast<int>(m_loss.size()) - 1);
    m_point->data()->clear();
    if (m_current >= 0)
        m_point->addData(m_current, m_loss[static_cast<std::size_t>(m_current)]);
    tell();
}

QPointF LossCurve::pixelOf(std::size_t step) const {
    return m_line->coordsToPixels(static_cast<double>(step), m_loss.at(step));
}

QString LossCurve::title() const {
    return m_title.isEmpty() ? tr("Loss of the value search") : tr("Loss of the value search: %1").arg(m_title);
}

QString LossCurve::toCsv() const {
    QString csv = QStringLiteral("step,loss\n");
    for (std::size_t i = 0; i < m_loss.size(); ++i)
        csv += QStringLiteral("%1,%2\n").arg(i).arg(QString::number(m_loss[i], 'g', 17));
    return csv;
}

QString LossCurve::readout() const {
    if (m_current < 0)
        return tr("No search to show");
    const QString text = tr("Step %1 of %2: loss %3")
                             .arg(m_current)
                             .arg(m_loss.size() - 1)
                             .arg(formatNumber(m_loss[static_cast<std::size_t>(m_current)]));
    return m_bound > 0 ? tr("%1; below %2 it is good enough").arg(text, formatSetting(m_bound)) : text;
}

QString LossCurve::summary() const {
    return m_loss.empty() ? QString()
                          : tr("from %1 to %2 in %n step(s)", nullptr, static_cast<int>(m_loss.size()) - 1)
                                .arg(formatNumber(m_loss.front()), formatNumber(m_loss.back()));
}

void LossCurve::style(const ThemeColors& colors) {
    m_line->setPen(QPen(colors.accent, 1.5));
    m_point->setScatterStyle(QCPScatterStyle(QCPScatterStyle::ssCircle, QPen(colors.text, 2), colors.surface, 8));
    m_boundLine->setPen(QPen(colors.muted, 1, Qt::DashLine));
}

bool LossCurve::navigate(int key) {
    switch (key) {
    case Qt::Key_Left:
        setCurrent(m_current - 1);
        return true;
    case Qt::Key_Right:
        setCurrent(m_current + 1);
        return true;
    case Qt::Key_Home:
        setCurrent(0);
        return true;
    case Qt::Key_End:
        setCurrent(static_cast<int>(m_loss.size()) - 1);
        return true;
    default:
        return false;
    }
}

} // namespace emend::ui
