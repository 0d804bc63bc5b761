// SPDX-License-Identifier: GPL-3.0-or-later
#include "plots/norm_history_plot.h"

#include "models/norm_history_model.h"
#include "models/text_format.h"
#include "plots/color_maps.h"
#include "plots/theme_colors.h"

#include <QMouseEvent>
#include <QToolTip>

#include <algorithm>
#include <cmath>

#include <qcustomplot.h>

namespace emend::ui {

namespace {

constexpr int mostNamed = 8;       // lines with a name each; of more the ends of the model and the furthest
constexpr int mostDots = 40;       // batches that are a dot each
constexpr double reach = 40;       // pixels from a point that is read
constexpr double flatBelow = 0.25; // of the bound: lower lines would lie on the floor of an even scale

} // namespace

NormHistoryPlot::NormHistoryPlot(NormHistoryModel& model, QWidget* parent)
    : ChartView("normHistory", tr("Norms over the session"), QStringLiteral("norm-history"), parent)
    , m_model(model)
    , m_bound(new QCPItemStraightLine(&plot()))
    , m_boundLabel(new QCPItemText(&plot()))
    , m_read(new QCPItemTracer(&plot())) {
    QCPAxis* x = plot().xAxis;
    QCPAxis* y = plot().yAxis;
    x->setTicker(QSharedPointer<QCPAxisTickerFixed>::create());
    x->grid()->setVisible(false);
    x->setLabel(tr("Applied batches"));
    y->setLabel(tr("|W − W0| / |W0|  (%)"));
    m_bound->setSelectable(false);
    m_boundLabel->setSelectable(false);
    m_boundLabel->setPositionAlignment(Qt::AlignLeft | Qt::AlignBottom);
    m_boundLabel->setPadding(QMargins(6, 0, 0, 2));
    m_boundLabel->position->setTypeX(QCPItemPosition::ptAxisRectRatio);
    m_read->setStyle(QCPItemTracer::tsCircle);
    m_read->setSize(13);
    m_read->setClipToAxisRect(false);
    m_read->setSelectable(false);
    m_read->position->setType(QCPItemPosition::ptAbsolute);
    connectMouse();
    // Pixels are known only then; the same holds for pictures of another size.
    connect(&plot(), &QCustomPlot::afterLayout, this, &NormHistoryPlot::placeMarks);
    connect(&m_model, &QAbstractItemModel::modelReset, this, &NormHistoryPlot::rebuild);
    connect(&m_model, &NormHistoryModel::boundChanged, this, [this] {
        fitAxes();
        tell();
    });
    rebuild();
}

void NormHistoryPlot::connectMouse() {
    connect(&plot(), &QCustomPlot::mouseMove, this, [this](QMouseEvent* event) {
        double nearest = reach;
        int row = -1;
        int at = -1;
        for (int r = 0; r < m_model.rowCount(); ++r) {
            for (int l = 0; l < m_model.layerCount(); ++l) {
                const QPointF way = event->position() - pixelOf(r, l);
                if (const double distance = std::hypot(way.x(), way.y()); distance < nearest) {
                    nearest = distance;
                    row = r;
                    at = l;
                }
            }
        }
        hoverLayer(at < 0 ? -1 : m_model.layer(at));
        if (row < 0)
            return;
        setCurrent(row, at);
        QToolTip::showText(event->globalPosition().toPoint(), m_model.describe(row, at), &plot());
    });
}

bool NormHistoryPlot::isLogarithmic() const {
    return plot().yAxis->scaleType() == QCPAxis::stLogarithmic;
}

QPointF NormHistoryPlot::pixelOf(int row, int at) const {
    const QCPAxis* y = plot().yAxis;
    const double value = std::max(100 * m_model.relative(row, at), y->range().lower);
    return {plot().xAxis->coordToPixel(static_cast<double>(m_model.point(row).position)), y->coordToPixel(value)};
}

double NormHistoryPlot::boundPixel() const {
    return plot().yAxis->coordToPixel(100 * m_model.bound());
}

void NormHistoryPlot::rebuild() {
    plot().clearGraphs();
    m_lines.clear();
    for (QCPItemText* name : m_names)
        plot().removeItem(name);
    m_names.clear();
    fitAxes();
    const bool few = m_model.rowCount() <= mostDots;
    for (int at = 0; at < m_model.layerCount(); ++at) {
        QCPGraph* line = plot().addGraph();
        if (!isLogarithmic())
            line->addData(0, 0); // the checkpoint
        for (int row = 0; row < m_model.rowCount(); ++row)
            if (const double norm = m_model.relative(row, at); norm > 0 || !isLogarithmic())
                line->addData(static_cast<double>(m_model.point(row).position), 100 * norm);
        if (few)
            line->setScatterStyle(QCPScatterStyle(QCPScatterStyle::ssDisc, 5));
        m_lines << line;
    }
    nameLines();
    // The newest batch, and the layer it is about.
    m_row = m_model.layerCount() > 0 ? m_model.rowCount() - 1 : -1;
    m_at = m_row >= 0 ? m_model.furthest(m_row) : -1;
    restyle();
    tell();
    emit currentChanged(m_row, m_at);
}

void NormHistoryPlot::fitAxes() {
    double least = 0;
    double most = 0;
    for (int row = 0; row < m_model.rowCount(); ++row) {
        for (int at = 0; at < m_model.layerCount(); ++at) {
            const double norm = m_model.relative(row, at);
            most = std::max(most, norm);
            if (norm > 0)
                least = least > 0 ? std::min(least, norm) : norm;
        }
    }
    const double bound = m_model.bound();
    const bool logarithmic = most > 0 && most < flatBelow * bound;
    const double top = 100 * std::max(most, bound);
    QCPAxis* x = plot().xAxis;
    QCPAxis* y = plot().yAxis;
    y->setScaleType(logarithmic ? QCPAxis::stLogarithmic : QCPAxis::stLinear);
    y->setTicker(logarithmic ? QSharedPointer<QCPAxisTicker>(new QCPAxisTickerLog)
                             : QSharedPointer<QCPAxisTicker>(new QCPAxisTicker));
    y->setNumberFormat(QStringLiteral("gb"));
    y->setNumberPrecision(3);
    if (logarithmic)
        y->setRange(100 * least / 2, top * 2.5);
    else
        y->setRange(0, top * 1.15);
    const double last =
        m_model.rowCount() > 0 ? static_cast<double>(m_model.point(m_model.rowCount() - 1).position) : 1;
    x->setRange(logarithmic ? 0.5 : 0, last + (logarithmic ? 0.5 : 0.25));
    x->ticker().staticCast<QCPAxisTickerFixed>()->setTickStep(std::max(1.0, std::ceil(last / 12)));
    m_bound->point1->setCoords(0, 100 * bound);
    m_bound->point2->setCoords(1, 100 * bound);
    m_boundLabel->position->setCoords(0, 100 * bound);
    m_boundLabel->setText(tr("alarm at %1").arg(formatProbability(bound)));
}

bool NormHistoryPlot::isNamed(int at) const {
    const int last = m_model.layerCount() - 1;
    return last < mostNamed || at == 0 || at == last || at == m_model.furthest(m_model.rowCount() - 1);
}

void NormHistoryPlot::nameLines() {
    int widest = 0;
    for (int at = 0; at < m_model.layerCount(); ++at) {
        auto* name = new QCPItemText(&plot());
        name->setText(tr("layer %1").arg(m_model.layer(at)));
        name->setPositionAlignment(Qt::AlignLeft | Qt::AlignVCenter);
        name->setPadding(QMargins(8, 0, 0, 0));
        name->setClipToAxisRect(false);
        name->setSelectable(false);
        name->position->setType(QCPItemPosition::ptAbsolute);
        name->setVisible(m_model.rowCount() > 0 && isNamed(at));
        if (name->visible())
            widest = std::max(widest, fontMetrics().horizontalAdvance(name->text()));
        m_names << name;
    }
    plot().axisRect()->setMinimumMargins(QMargins(0, 8, widest + 16, 0));
}

// Each beside the end of its line; where two would lie on each other, the lower one gives way.
void NormHistoryPlot::placeMarks() {
    const bool some = m_row >= 0 && m_row < m_model.rowCount() && m_at >= 0 && m_at < m_model.layerCount();
    m_read->setVisible(some);
    m_bound->setVisible(some);
    m_boundLabel->setVisible(some);
    if (!some)
        return;
    m_read->position->setPixelPosition(pixelOf(m_row, m_at));
    struct Name {
        QCPItemText* item;
        double y;
    };
    QList<Name> names;
    for (int at = 0; at < m_names.size(); ++at)
        if (m_names[at]->visible())
            names << Name{m_names[at], pixelOf(m_model.rowCount() - 1, at).y()};
    std::sort(names.begin(), names.end(), [](const Name& a, const Name& b) { return a.y < b.y; });
    const QRect area = plot().axisRect()->rect();
    const double step = fontMetrics().height();
    for (qsizetype i = 1; i < names.size(); ++i)
        names[i].y = std::max(names[i].y, names[i - 1].y + step);
    double floor = area.bottom();
    for (qsizetype i = names.size() - 1; i >= 0; --i) { // those that were pushed out below come back up
        names[i].y = std::min(names[i].y, floor);
        floor = names[i].y - step;
    }
    for (const Name& name : names)
        name.item->position->setPixelPosition({double(area.right()), name.y});
}

void NormHistoryPlot::style(const ThemeColors& colors) {
    const int linked = m_model.indexOfLayer(highlightedLayer());
    for (qsizetype at = 0; at < m_lines.size(); ++at) {
        const double t = m_lines.size() > 1 ? static_cast<double>(at) / static_cast<double>(m_lines.size() - 1) : 0.5;
        const bool strong = at == linked;
        QColor color = viridisLine(t, colors.dark);
        if (linked >= 0 && !strong)
            color.setAlphaF(0.35F);
        m_lines[at]->setPen(QPen(color, strong ? 3.2 : 1.8));
        QFont written = font();
        written.setWeight(strong ? QFont::DemiBold : QFont::Normal);
        m_names[at]->setFont(written);
        m_names[at]->setColor(strong ? colors.text : colors.muted);
        m_names[at]->setVisible(isNamed(static_cast<int>(at)) || strong);
    }
    m_bound->setPen(QPen(colors.danger, 1.4, Qt::DashLine));
    m_boundLabel->setColor(colors.danger);
    m_boundLabel->setFont(font());
    m_read->setBrush(Qt::NoBrush);
    m_read->setPen(QPen(colors.text, 1.4));
}

void NormHistoryPlot::highlightChanged() {
    restyle();
}

void NormHistoryPlot::setCurrent(int row, int at) {
    if ((row == m_row && at == m_at) || row < 0 || row >= m_model.rowCount() || at < 0 || at >= m_model.layerCount())
        return;
    m_row = row;
    m_at = at;
    tell();
    emit currentChanged(row, at);
}

bool NormHistoryPlot::navigate(int key) {
    switch (key) {
    case Qt::Key_Left:
        setCurrent(m_row - 1, m_at);
        break;
    case Qt::Key_Right:
        setCurrent(m_row + 1, m_at);
        break;
    case Qt::Key_Up:
        setCurrent(m_row, m_at + 1);
        break;
    case Qt::Key_Down:
        setCurrent(m_row, m_at - 1);
        break;
    case Qt::Key_Home:
        setCurrent(0, m_at);
        break;
    case Qt::Key_End:
        setCurrent(m_model.rowCount() - 1, m_at);
        break;
    default:
        return false;
    }
    hoverLayer(m_at < 0 ? -1 : m_model.layer(m_at));
    return true;
}

QString NormHistoryPlot::readout() const {
    return m_row >= 0 ? m_model.describe(m_row, m_at) : tr("Nothing is applied");
}

QString NormHistoryPlot::summary() const {
    return m_model.summary();
}

QString NormHistoryPlot::title() const {
    return tr("Norms over the session");
}

QString NormHistoryPlot::toCsv() const {
    return m_model.toCsv();
}

} // namespace emend::ui
