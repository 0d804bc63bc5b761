// SPDX-License-Identifier: GPL-3.0-or-later
#include "plots/chart_view.h"

#include "plots/theme_colors.h"

#include <QAccessible>
#include <QApplication>
#include <QClipboard>
#include <QContextMenuEvent>
#include <QFileDialog>
#include <QFileInfo>
#include <QInputDialog>
#include <QKeyEvent>
#include <QLabel>
#include <QMenu>
#include <QPainter>
#include <QVBoxLayout>

#include <qcustomplot.h>

namespace emend::ui {

namespace {

constexpr double clipboardScale = 2;
constexpr double leastScale = 0.5;
constexpr double mostScale = 12; // of a 600 x 400 chart: 7200 x 4800

} // namespace

ChartView::ChartView(const char* id, const QString& name, const QString& file, QWidget* parent)
    : QWidget(parent)
    , m_readout(new QLabel(this))
    , m_plot(new QCustomPlot(this))
    , m_name(name)
    , m_file(file) {
    setFocusPolicy(Qt::StrongFocus);
    setAccessibleName(name);
    m_readout->setObjectName(QLatin1String(id) + QStringLiteral("Readout"));
    m_readout->setTextInteractionFlags(Qt::NoTextInteraction);
    m_readout->setTextFormat(Qt::PlainText);
    m_readout->setWordWrap(true);
    m_plot->setObjectName(QLatin1String(id) + QStringLiteral("PlotArea"));
    m_plot->setFocusPolicy(Qt::NoFocus);
    m_plot->setFocusProxy(this);
    m_plot->setMinimumHeight(150);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(2, 2, 2, 2);
    layout->setSpacing(4);
    layout->addWidget(m_readout);
    layout->addWidget(m_plot, 1);
    connect(m_plot, &QCustomPlot::mousePress, this, [this] { setFocus(Qt::MouseFocusReason); });
}

void ChartView::restyle() {
    const ThemeColors& colors = ThemeColors::of(palette());
    m_plot->setBackground(QBrush(colors.surface));
    for (QCPAxisRect* rect : m_plot->axisRects()) {
        for (QCPAxis* axis : rect->axes()) {
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
    }
    style(colors);
    m_plot->replot(QCustomPlot::rpQueuedReplot);
}

void ChartView::tell() {
    const QString text = readout();
    const QString whole = summary();
    m_readout->setText(text);
    setAccessibleName(whole.isEmpty() ? m_name : QStringLiteral("%1: %2").arg(m_name, whole));
    setAccessibleDescription(text);
    QAccessibleEvent event(this, QAccessible::DescriptionChanged);
    QAccessible::updateAccessibility(&event);
    m_plot->replot(QCustomPlot::rpQueuedReplot);
}

void ChartView::highlightLayer(int layer) {
    if (layer == m_highlighted)
        return;
    m_highlighted = layer;
    highlightChanged();
}

void ChartView::hoverLayer(int layer) {
    if (layer == m_hovered)
        return;
    m_hovered = layer;
    emit layerHovered(layer);
}

QByteArray ChartView::render(ChartFormat format, double scale) {
    return renderChart(*m_plot, format, title(), scale);
}

QString ChartView::save(const QString& path, double scale) {
    const QString suffix = QFileInfo(path).suffix().toLower();
    QByteArray bytes;
    if (suffix == u"csv")
        bytes = toCsv().toUtf8();
    else if (suffix == u"svg")
        bytes = render(ChartFormat::Svg);
    else if (suffix == u"pdf")
        bytes = render(ChartFormat::Pdf);
    else
        bytes = render(ChartFormat::Png, scale);
    return writeFile(path, bytes);
}

void ChartView::copyImage() {
    QApplication::clipboard()->setPixmap(m_plot->toPixmap(0, 0, clipboardScale));
}

void ChartView::copyTable() {
    emend::ui::copyTable(toCsv());
}

void ChartView::addExports(QMenu& menu) {
    QMenu* png = menu.addMenu(tr("Export as PNG"));
    for (const int scale : {1, 2, 3, 4, 6}) {
        const QSize size = m_plot->size() * scale;
        png->addAction(tr("%1×  (%2 × %3 pixels)…").arg(scale).arg(size.width()).arg(size.height()), this,
                       [this, scale] { exportTo(QStringLiteral("png"), scale); });
    }
    png->addAction(tr("Another scale…"), this, &ChartView::exportAtAnyScale);
    for (const char* suffix : {"svg", "pdf", "csv"}) {
        const QString name = QString::fromLatin1(suffix);
        menu.addAction(tr("Export as %1…").arg(name.toUpper()), this, [this, name] { exportTo(name); });
    }
}

void ChartView::showMenu(const QPoint& global) {
    QMenu menu(this);
    menu.setObjectName(QStringLiteral("chartMenu"));
    menu.addAction(tr("Copy as image"), QKeySequence::Copy, this, &ChartView::copyImage);
    menu.addAction(tr("Copy as table"), this, &ChartView::copyTable);
    menu.addSeparator();
    addExports(menu);
    menu.exec(global);
}

void ChartView::exportAtAnyScale() {
    bool taken = false;
    const double scale =
        QInputDialog::getDouble(this, tr("Export as PNG"), tr("How many times the size on the screen:"), printScale,
                                leastScale, mostScale, 1, &taken, {}, 0.5);
    if (taken)
        exportTo(QStringLiteral("png"), scale);
}

void ChartView::exportTo(const QString& suffix, double scale) {
    QString path =
        QFileDialog::getSaveFileName(this, tr("Export the chart"), QStringLiteral("%1.%2").arg(m_file, suffix),
                                     QStringLiteral("%1 (*.%2)").arg(suffix.toUpper(), suffix));
    if (path.isEmpty())
        return;
    if (QFileInfo(path).suffix().isEmpty())
        path += u'.' + suffix;
    if (const QString reason = save(path, scale); !reason.isEmpty())
        emit exportFailed(tr("%1 could not be written: %2").arg(path, reason));
}

void ChartView::keyPressEvent(QKeyEvent* event) {
    if (event->matches(QKeySequence::Copy))
        return copyImage();
    const bool menu =
        event->key() == Qt::Key_Menu || (event->key() == Qt::Key_F10 && event->modifiers().testFlag(Qt::ShiftModifier));
    if (menu)
        return showMenu(m_plot->mapToGlobal(m_plot->rect().center()));
    if (!navigate(event->key()))
        QWidget::keyPressEvent(event);
}

void ChartView::contextMenuEvent(QContextMenuEvent* event) {
    showMenu(event->globalPos());
}

void ChartView::focusInEvent(QFocusEvent* event) {
    QWidget::focusInEvent(event);
    update();
}

void ChartView::focusOutEvent(QFocusEvent* event) {
    QWidget::focusOutEvent(event);
    hoverLayer(-1);
    update();
}

void ChartView::leaveEvent(QEvent* event) {
    QWidget::leaveEvent(event);
    hoverLayer(-1);
}

void ChartView::changeEvent(QEvent* event) {
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange)
        restyle();
}

void ChartView::paintEvent(QPaintEvent*) {
    if (!hasFocus())
        return;
    QPainter painter(this);
    painter.setPen(QPen(ThemeColors::of(palette()).accent, 2));
    painter.drawRect(rect().adjusted(1, 1, -1, -1));
}

} // namespace emend::ui
