// SPDX-License-Identifier: GPL-3.0-or-later
#include "plots/small_bars.h"

#include "plots/theme_colors.h"

#include <QPainter>

#include <algorithm>

namespace emend::ui {

namespace {

constexpr double widestPitch = 6; // from one bar to the next
constexpr int widest = 120;
constexpr int margin = 6;

} // namespace

SmallBarsDelegate::SmallBarsDelegate(int role, QObject* parent)
    : QStyledItemDelegate(parent)
    , m_role(role) {}

void SmallBarsDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const {
    QStyledItemDelegate::paint(painter, option, index);
    const auto heights = index.data(m_role).value<QList<double>>();
    if (heights.isEmpty())
        return;
    const ThemeColors& colors = ThemeColors::of(option.palette);
    const QRectF area = QRectF(option.rect).adjusted(margin, 3, -margin, -4);
    const double pitch = std::min(widestPitch, area.width() / static_cast<double>(heights.size()));
    const double width = std::max(1.0, pitch - (pitch > 4 ? 2 : pitch > 2 ? 1 : 0));
    painter->save();
    painter->setClipRect(option.rect);
    painter->fillRect(QRectF(area.left(), area.bottom(), pitch * static_cast<double>(heights.size()), 1),
                      colors.border);
    for (qsizetype layer = 0; layer < heights.size(); ++layer) {
        if (heights[layer] <= 0)
            continue;
        // What was written at all is seen.
        const double height = std::max(1.0, area.height() * std::min(1.0, heights[layer]));
        painter->fillRect(
            QRectF(area.left() + pitch * static_cast<double>(layer), area.bottom() - height, width, height),
            colors.accent);
    }
    painter->restore();
}

QSize SmallBarsDelegate::sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const {
    QSize size = QStyledItemDelegate::sizeHint(option, index);
    const auto bars = static_cast<double>(index.data(m_role).value<QList<double>>().size());
    size.setWidth(2 * margin + std::min(widest, static_cast<int>(widestPitch * bars)));
    return size;
}

} // namespace emend::ui
