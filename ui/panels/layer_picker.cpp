// SPDX-License-Identifier: GPL-3.0-or-later
#include "panels/layer_picker.h"

#include "emend/recipe.h"
#include "models/text_format.h"
#include "plots/theme_colors.h"

#include <QAccessible>
#include <QHelpEvent>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QToolTip>

#include <algorithm>

namespace emend::ui {

namespace {

constexpr int gap = 2;

} // namespace

LayerPicker::LayerPicker(QWidget* parent)
    : QWidget(parent) {
    setFocusPolicy(Qt::StrongFocus);
    setAttribute(Qt::WA_Hover);
    setMouseTracking(true);
    QSizePolicy policy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    policy.setHeightForWidth(true);
    setSizePolicy(policy);
    setAccessibleName(tr("Layers to write, as buttons"));
}

void LayerPicker::setLayerCount(int count) {
    m_count = count;
    m_cursor = m_anchor = 0;
    setMinimumHeight(heightForWidth(width()));
    update();
}

void LayerPicker::setOneOnly(bool one) {
    m_one = one;
    setToolTip(one ? tr("Click the layer to write")
                   : tr("Click a layer, drag over several, Ctrl+click to add or leave out"));
}

void LayerPicker::showLayers(const std::vector<int>& chosen, const std::vector<int>& written) {
    if (chosen == m_chosen && written == m_written)
        return;
    m_chosen = chosen;
    m_written = written;
    if (!m_chosen.empty() && !hasFocus() && !m_dragging)
        m_cursor = m_anchor = std::clamp(m_chosen.front(), 0, std::max(0, m_count - 1));
    setAccessibleDescription(tr("layers %1 of 0-%2").arg(fromStd(layers_to_text(m_chosen))).arg(m_count - 1));
    update();
}

// Every cell has room for its number.
int LayerPicker::perRow(int width) const {
    const int least = fontMetrics().horizontalAdvance(QStringLiteral("00")) + 6 + gap;
    const int fit = std::max(1, (width + gap) / least);
    if (fit >= m_count)
        return std::max(1, m_count);
    const int rows = (m_count + fit - 1) / fit;
    return (m_count + rows - 1) / rows; // rows of the same length
}

int LayerPicker::heightForWidth(int width) const {
    const int columns = perRow(width);
    const int rows = std::max(1, (m_count + columns - 1) / columns);
    return rows * (fontMetrics().height() + 4 + gap) - gap;
}

QSize LayerPicker::sizeHint() const {
    return {fontMetrics().averageCharWidth() * 36, heightForWidth(fontMetrics().averageCharWidth() * 36)};
}

QSize LayerPicker::minimumSizeHint() const {
    return {fontMetrics().averageCharWidth() * 12, fontMetrics().height() + 4};
}

QRect LayerPicker::cell(int layer) const {
    const int columns = perRow(width());
    const int height = fontMetrics().height() + 4;
    const int column = layer % columns;
    // From edge to edge, but a cell of a small model stays a cell.
    const int full = std::min(width(), columns * (fontMetrics().height() * 2 + gap));
    const int left = full * column / columns;
    const int right = full * (column + 1) / columns - gap;
    return {left, layer / columns * (height + gap), right - left, height};
}

int LayerPicker::layerAt(const QPoint& point) const {
    for (int layer = 0; layer < m_count; ++layer)
        if (cell(layer).adjusted(0, 0, gap, gap).contains(point))
            return layer;
    return -1;
}

bool LayerPicker::has(int layer) const {
    return std::binary_search(m_chosen.begin(), m_chosen.end(), layer);
}

void LayerPicker::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const ThemeColors& colors = ThemeColors::of(palette());
    for (int layer = 0; layer < m_count; ++layer) {
        const QRectF box = QRectF(cell(layer)).adjusted(0.5, 0.5, -0.5, -0.5);
        const bool written = std::binary_search(m_written.begin(), m_written.end(), layer);
        const bool chosen = has(layer);
        painter.setPen(chosen ? colors.accent : colors.border);
        painter.setBrush(written ? colors.accent : chosen ? colors.accentSoft : colors.surface);
        painter.drawRoundedRect(box, 3, 3);
        if (layer == m_highlighted) {
            painter.setPen(QPen(colors.text, 2));
            painter.setBrush(Qt::NoBrush);
            painter.drawRoundedRect(box, 3, 3);
        }
        painter.setPen(written ? colors.onAccent : chosen ? colors.text : colors.muted);
        painter.drawText(box, Qt::AlignCenter, QString::number(layer));
        if (hasFocus() && layer == m_cursor) {
            painter.setPen(QPen(written ? colors.onAccent : colors.accent, 1));
            painter.setBrush(Qt::NoBrush);
            painter.drawRoundedRect(box.adjusted(2, 2, -2, -2), 2, 2);
        }
    }
}

void LayerPicker::pick(std::vector<int> layers) {
    if (layers == m_chosen || layers.empty())
        return;
    // Shown by whoever listens; until then it is what was picked.
    m_chosen = m_written = std::move(layers);
    update();
    emit picked(std::vector<int>(m_chosen));
}

void LayerPicker::pickRange(int from, int to) {
    if (m_one)
        return pick({to});
    std::vector<int> layers;
    for (int layer = std::min(from, to); layer <= std::max(from, to); ++layer)
        layers.push_back(layer);
    pick(std::move(layers));
}

void LayerPicker::toggle(int layer) {
    if (m_one)
        return pick({layer});
    std::vector<int> layers = m_chosen;
    const auto at = std::lower_bound(layers.begin(), layers.end(), layer);
    if (at != layers.end() && *at == layer)
        layers.erase(at);
    else
        layers.insert(at, layer);
    pick(std::move(layers));
}

void LayerPicker::mousePressEvent(QMouseEvent* event) {
    const int layer = event->button() == Qt::LeftButton ? layerAt(event->position().toPoint()) : -1;
    if (layer < 0)
        return;
    m_cursor = layer;
    if (event->modifiers() & Qt::ShiftModifier) {
        pickRange(m_anchor, layer);
    } else if (event->modifiers() & Qt::ControlModifier) {
        m_anchor = layer;
        toggle(layer);
    } else {
        m_anchor = layer;
        m_dragging = true;
        pick({layer});
    }
    update();
}

void LayerPicker::mouseMoveEvent(QMouseEvent* event) {
    const int layer = layerAt(event->position().toPoint());
    hover(layer);
    if (!m_dragging || layer < 0)
        return;
    m_cursor = layer;
    pickRange(m_anchor, layer);
}

void LayerPicker::mouseReleaseEvent(QMouseEvent*) {
    m_dragging = false;
}

void LayerPicker::leaveEvent(QEvent* event) {
    QWidget::leaveEvent(event);
    hover(-1);
}

void LayerPicker::hover(int layer) {
    if (layer == m_hovered)
        return;
    m_hovered = layer;
    emit layerHovered(layer);
}

void LayerPicker::highlightLayer(int layer) {
    if (layer == m_highlighted)
        return;
    m_highlighted = layer;
    update();
}

void LayerPicker::moveCursor(int by, bool stretch) {
    m_cursor = std::clamp(m_cursor + by, 0, std::max(0, m_count - 1));
    if (stretch)
        pickRange(m_anchor, m_cursor);
    else
        m_anchor = m_cursor;
    hover(m_cursor);
    update();
    QAccessibleEvent changed(this, QAccessible::DescriptionChanged);
    setAccessibleDescription(tr("layer %1, %2").arg(m_cursor).arg(has(m_cursor) ? tr("chosen") : tr("not chosen")));
    QAccessible::updateAccessibility(&changed);
}

void LayerPicker::keyPressEvent(QKeyEvent* event) {
    const bool stretch = event->modifiers() & Qt::ShiftModifier;
    const int row = perRow(width());
    switch (event->key()) {
    case Qt::Key_Left:
        return moveCursor(-1, stretch);
    case Qt::Key_Right:
        return moveCursor(1, stretch);
    case Qt::Key_Up:
        return row < m_count ? moveCursor(-row, stretch) : QWidget::keyPressEvent(event);
    case Qt::Key_Down:
        return row < m_count ? moveCursor(row, stretch) : QWidget::keyPressEvent(event);
    case Qt::Key_Home:
        return moveCursor(-m_count, stretch);
    case Qt::Key_End:
        return moveCursor(m_count, stretch);
    case Qt::Key_Space:
        m_anchor = m_cursor;
        return toggle(m_cursor);
    case Qt::Key_Return:
    case Qt::Key_Enter:
        if (event->modifiers() & Qt::ControlModifier)
            break;
        m_anchor = m_cursor;
        return pick({m_cursor});
    default:
        break;
    }
    QWidget::keyPressEvent(event);
}

// Layouts ask for the height of one width and then give another; this one always holds.
void LayerPicker::resizeEvent(QResizeEvent*) {
    setMinimumHeight(heightForWidth(width()));
}

bool LayerPicker::event(QEvent* event) {
    if (event->type() == QEvent::FocusIn || event->type() == QEvent::FocusOut)
        update();
    if (event->type() == QEvent::FocusOut)
        hover(-1);
    if (event->type() == QEvent::FontChange)
        setMinimumHeight(heightForWidth(width()));
    return QWidget::event(event);
}

} // namespace emend::ui
