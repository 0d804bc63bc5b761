// SPDX-License-Identifier: GPL-3.0-or-later
#include "plots/norm_bars.h"

#include "models/norms_model.h"
#include "models/text_format.h"
#include "plots/theme_colors.h"

#include <QAccessible>
#include <QApplication>
#include <QClipboard>
#include <QFileDialog>
#include <QKeyEvent>
#include <QLabel>
#include <QMenu>
#include <QPainter>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>

#include <qcustomplot.h>

namespace emend::ui {

namespace {
constexpr int mostNumberedBars = 8; // more would overlap
}

NormBars::NormBars(NormsModel& model, QWidget* parent)
    : QWidget(parent)
    , m_model(model)
    , m_readout(new QLabel(this))
    , m_plot(new QCustomPlot(this)) {
    setFocusPolicy(Qt::StrongFocus);
    setAccessibleName(tr("Update norms per layer"));
    m_readout->setObjectName(QStringLiteral("normReadout"));
    m_readout->setTextInteractionFlags(Qt::NoTextInteraction);
    m_readout->setWordWrap(true);
    m_plot->setObjectName(QStringLiteral("normPlot"));
    m_plot->setFocusPolicy(Qt::NoFocus);
    m_plot->setFocusProxy(this);
    m_plot->setNoAntialiasingOnDrag(true);
    m_plot->setMinimumHeight(200);
    m_plot->setContextMenuPolicy(Qt::CustomContextMenu);
    m_plot->plotLayout()->clear();
    m_plot->plotLayout()->setRowSpacing(8);
    m_norm = addPanel(0, tr("|D|  (Frobenius norm)"));
    m_relative = addPanel(1, tr("|D| / |W|  (%)"));
    m_relative.rect->axis(QCPAxis::atBottom)->setLabel(tr("Layer"));
    auto* margins = new QCPMarginGroup(m_plot);
    m_norm.rect->setMarginGroup(QCP::msLeft | QCP::msRight, margins);
    m_relative.rect->setMarginGroup(QCP::msLeft | QCP::msRight, margins);

    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(2, 2, 2, 2);
    layout->setSpacing(4);
    layout->addWidget(m_readout);
    layout->addWidget(m_plot, 1);

    connect(m_plot, &QCustomPlot::mouseMove, this, [this](QMouseEvent* event) {
        const int row = rowAt(event->position());
        if (row >= 0) {
            setCurrentRow(row);
            QToolTip::showText(event->globalPosition().toPoint(), m_model.describe(row), m_plot);
        }
    });
    connect(m_plot, &QCustomPlot::mousePress, this, [this] { setFocus(Qt::MouseFocusReason); });
    connect(m_plot, &QWidget::customContextMenuRequested, this, &NormBars::showMenu);
    connect(&m_model, &QAbstractItemModel::modelReset, this, &NormBars::rebuild);
    rebuild();
}

NormBars::Panel NormBars::addPanel(int row, const QString& label) {
    auto* rect = new QCPAxisRect(m_plot);
    m_plot->plotLayout()->addElement(row, 0, rect);
    QCPAxis* x = rect->axis(QCPAxis::atBottom);
    QCPAxis* y = rect->axis(QCPAxis::atLeft);
    y->setLabel(label);
    y->setNumberFormat(QStringLiteral("g"));
    y->setNumberPrecision(3);
    y->ticker()->setTickCount(4);
    x->setTicker(QSharedPointer<QCPAxisTickerFixed>::create());
    x->grid()->setVisible(false);
    auto* bars = new QCPBars(x, y);
    auto* current = new QCPBars(x, y);
    bars->setWidth(0.6);
    current->setWidth(0.6);
    return {rect, bars, current};
}

void NormBars::rebuild() {
    m_plot->clearItems();
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
        const double top = values.isEmpty() ? 1.0 : *std::max_element(values.begin(), values.end());
        panel.rect->axis(QCPAxis::atLeft)->setRange(0, top > 0 ? top * 1.2 : 1.0);
        QCPAxis* x = panel.rect->axis(QCPAxis::atBottom);
        x->setRange(-0.6, std::max(count, 1) - 0.4);
        auto ticker = x->ticker().staticCast<QCPAxisTickerFixed>();
        ticker->setTickStep(std::max(1.0, std::ceil(count / 12.0)));
        if (edited > mostNumberedBars)
            return;
        for (qsizetype i = 0; i < values.size(); ++i) {
            auto* number = new QCPItemText(m_plot);
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

    m_current = -1;
    for (int row = 0; row < count && m_current < 0; ++row)
        if (m_model.isEdited(row))
            m_current = row;
    restyle();
    showCurrent();
    emit currentRowChanged(m_current);
}

void NormBars::restyle() {
    const ThemeColors& colors = ThemeColors::of(palette());
    m_plot->setBackground(QBrush(colors.surface));
    for (const Panel& panel : {m_norm, m_relative}) {
        for (QCPAxis* axis : panel.rect->axes()) {
            axis->setBasePen(QPen(colors.border));
            axis->setTickPen(QPen(colors.border));
            axis->setSubTickPen(Qt::NoPen);
            axis->setTickLabelColor(colors.muted);
            axis->setLabelColor(colors.muted);
            axis->setTickLabelFont(font());
            axis->setLabelFont(font());
            axis->grid()->setPen(QPen(colors.grid));
            axis->grid()->setZeroLinePen(QPen(colors.border));
        }
        panel.bars->setPen(Qt::NoPen);
        panel.bars->setBrush(colors.accent);
        panel.current->setBrush(colors.accent);
        panel.current->setPen(QPen(colors.text, 2));
    }
    for (int i = 0; i < m_plot->itemCount(); ++i) {
        if (auto* number = qobject_cast<QCPItemText*>(m_plot->item(i))) {
            number->setColor(colors.text);
            number->setFont(font());
        }
    }
    m_plot->replot(QCustomPlot::rpQueuedReplot);
}

void NormBars::setCurrentRow(int row) {
    if (row == m_current || row < 0 || row >= m_model.rowCount())
        return;
    m_current = row;
    showCurrent();
    emit currentRowChanged(row);
}

void NormBars::showCurrent() {
    QString text = tr("No edit to show");
    for (const Panel& panel : {m_norm, m_relative})
        panel.current->data()->clear();
    if (m_current >= 0) {
        text = m_model.describe(m_current);
        const LayerReport& layer = m_model.layer(m_current);
        m_norm.current->addData(layer.layer, layer.update_norm);
        m_relative.current->addData(layer.layer, 100 * layer.relative_norm);
    }
    m_readout->setText(text);
    setAccessibleDescription(text);
    QAccessibleEvent event(this, QAccessible::DescriptionChanged);
    QAccessible::updateAccessibility(&event);
    m_plot->replot(QCustomPlot::rpQueuedReplot);
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

void NormBars::keyPressEvent(QKeyEvent* event) {
    switch (event->key()) {
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
    case Qt::Key_Menu:
        showMenu(m_plot->rect().center());
        break;
    default:
        QWidget::keyPressEvent(event);
    }
}

void NormBars::focusInEvent(QFocusEvent* event) {
    QWidget::focusInEvent(event);
    update();
}

void NormBars::focusOutEvent(QFocusEvent* event) {
    QWidget::focusOutEvent(event);
    update();
}

void NormBars::paintEvent(QPaintEvent*) {
    if (!hasFocus())
        return;
    QPainter painter(this);
    painter.setPen(QPen(ThemeColors::of(palette()).accent, 2));
    painter.drawRect(rect().adjusted(1, 1, -1, -1));
}

void NormBars::changeEvent(QEvent* event) {
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange)
        restyle();
}

QString NormBars::title() const {
    const auto& report = m_model.report();
    if (!report || report->edits.empty())
        return tr("Update norms");
    const EditRequest& first = report->edits.front().request;
    return tr("Update norms: %1 → %2").arg(fromStd(first.subject), fromStd(first.object));
}

QByteArray NormBars::render(ChartFormat format) {
    return renderChart(*m_plot, format, title());
}

void NormBars::showMenu(const QPoint& position) {
    QMenu menu(this);
    menu.setObjectName(QStringLiteral("chartMenu"));
    menu.addAction(tr("Copy as image"), this,
                   [this] { QApplication::clipboard()->setPixmap(m_plot->toPixmap(0, 0, 2.0)); });
    menu.addAction(tr("Copy numbers"), this, [this] { QApplication::clipboard()->setText(m_model.toCsv()); });
    menu.addSeparator();
    for (const char* suffix : {"png", "svg", "pdf", "csv"}) {
        const QString name = QString::fromLatin1(suffix);
        menu.addAction(tr("Export as %1…").arg(name.toUpper()), this, [this, name] { exportTo(name); });
    }
    menu.exec(m_plot->mapToGlobal(position));
}

void NormBars::exportTo(const QString& suffix) {
    const QString path =
        QFileDialog::getSaveFileName(this, tr("Export the chart"), QStringLiteral("update-norms.") + suffix,
                                     QStringLiteral("%1 (*.%2)").arg(suffix.toUpper(), suffix));
    if (path.isEmpty())
        return;
    QByteArray bytes;
    if (suffix == u"csv")
        bytes = m_model.toCsv().toUtf8();
    else
        bytes = render(suffix == u"png" ? ChartFormat::Png : suffix == u"svg" ? ChartFormat::Svg : ChartFormat::Pdf);
    if (const QString reason = writeFile(path, bytes); !reason.isEmpty())
        emit exportFailed(tr("%1 could not be written: %2").arg(path, reason));
}

} // namespace emend::ui
