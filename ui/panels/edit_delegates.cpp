// SPDX-License-Identifier: GPL-3.0-or-later
#include "panels/edit_delegates.h"

#include "models/comparison_model.h"
#include "models/edits_model.h"
#include "plots/theme_colors.h"

#include <QApplication>
#include <QHash>
#include <QIcon>
#include <QPainter>

#include <algorithm>

namespace emend::ui {

namespace {

void setTextColor(QStyleOptionViewItem& option, const QColor& color) {
    for (const auto role : {QPalette::Text, QPalette::HighlightedText, QPalette::WindowText})
        option.palette.setColor(role, color);
}

// A triangle with its mark: seen without colour, too.
QIcon warningSign(const QColor& color) {
    static QHash<QRgb, QIcon> drawn;
    QIcon& icon = drawn[color.rgb()];
    if (!icon.isNull())
        return icon;
    for (const int scale : {1, 2, 3}) {
        QPixmap picture(12 * scale, 12 * scale);
        picture.fill(Qt::transparent);
        QPainter painter(&picture);
        painter.setRenderHint(QPainter::Antialiasing);
        painter.scale(scale, scale);
        painter.setPen(QPen(color, 1.2, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
        painter.drawPolygon(QPolygonF{{{6, 1}, {11.2, 10.8}, {0.8, 10.8}}});
        painter.drawLine(QPointF(6, 4.4), QPointF(6, 7));
        painter.drawPoint(QPointF(6, 9));
        painter.end();
        for (const auto mode : {QIcon::Normal, QIcon::Selected})
            icon.addPixmap(picture, mode);
    }
    return icon;
}

} // namespace

void CellDelegate::initStyleOption(QStyleOptionViewItem* option, const QModelIndex& index) const {
    QStyledItemDelegate::initStyleOption(option, index);
    const ThemeColors& colors = ThemeColors::of(option->palette);
    const bool wrong = !index.data(EditsModel::ProblemRole).toString().isEmpty();
    if (index.column() == EditsModel::Subject && !index.data(EditsModel::ConflictRole).toString().isEmpty()) {
        option->features |= QStyleOptionViewItem::HasDecoration;
        option->icon = warningSign(colors.danger);
        option->decorationSize = QSize(12, 12);
        option->decorationPosition = QStyleOptionViewItem::Right;
    }
    if (option->text.isEmpty()) {
        option->text = index.data(EditsModel::PlaceholderRole).toString();
        option->font.setItalic(true);
        setTextColor(*option, wrong ? colors.danger : colors.muted);
    } else if (wrong) {
        setTextColor(*option, colors.danger);
    } else if (index.data(EditsModel::PendingRole).toBool() && index.column() == EditsModel::Answer) {
        setTextColor(*option, colors.muted);
    }
}

void CellDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const {
    QStyledItemDelegate::paint(painter, option, index);
    if (index.data(EditsModel::ProblemRole).toString().isEmpty())
        return;
    // A line under the cell and a corner: seen without colour, too.
    const ThemeColors& colors = ThemeColors::of(option.palette);
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    painter->setPen(Qt::NoPen);
    painter->setBrush(colors.danger);
    const QRect cell = option.rect;
    painter->drawRect(QRectF(cell.left() + 3, cell.bottom() - 2, cell.width() - 6, 1.5));
    const QPointF corner = QPointF(cell.right(), cell.top()) + QPointF(1, 0);
    painter->drawPolygon(QPolygonF{{corner, corner - QPointF(7, 0), corner + QPointF(0, 7)}});
    painter->restore();
}

ProbabilityDelegate::ProbabilityDelegate(int role, bool accent, QObject* parent)
    : QStyledItemDelegate(parent)
    , m_role(role)
    , m_accent(accent) {}

void ProbabilityDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const {
    QStyledItemDelegate::paint(painter, option, index);
    const QVariant value = index.data(m_role);
    if (!value.isValid())
        return;
    const ThemeColors& colors = ThemeColors::of(option.palette);
    const QRectF track(option.rect.left() + 4, option.rect.bottom() - 3, option.rect.width() - 8, 2);
    painter->fillRect(track, colors.grid);
    QRectF bar = track;
    bar.setWidth(std::max(1.0, track.width() * std::clamp(value.toDouble(), 0.0, 1.0)));
    painter->fillRect(bar, m_accent ? colors.accent : colors.neutralBar);
}

void ProbabilityDelegate::initStyleOption(QStyleOptionViewItem* option, const QModelIndex& index) const {
    QStyledItemDelegate::initStyleOption(option, index);
    constexpr int margins = 8; // left and right of the text
    const qsizetype words = option->text.lastIndexOf(QStringLiteral("  "));
    if (words < 0)
        return;
    const QFontMetrics& metrics = option->fontMetrics;
    const QString number = option->text.mid(words);
    const int room = option->rect.width() - margins - metrics.horizontalAdvance(number);
    option->text = metrics.elidedText(option->text.left(words), Qt::ElideRight, std::max(0, room)) + number;
}

void StateDelegate::initStyleOption(QStyleOptionViewItem* option, const QModelIndex& index) const {
    QStyledItemDelegate::initStyleOption(option, index);
    const ThemeColors& colors = ThemeColors::of(option->palette);
    switch (static_cast<EditState>(index.data(EditsModel::StateRole).toInt())) {
    case EditState::Draft:
        option->text.prepend(QStringLiteral("○ "));
        setTextColor(*option, colors.muted);
        break;
    case EditState::Applying:
        option->text.prepend(QStringLiteral("◐ "));
        setTextColor(*option, colors.accent);
        break;
    case EditState::Applied:
        if (index.data(EditsModel::NotHeldRole).toBool()) { // no fault, and no success
            option->text.prepend(QStringLiteral("△ "));
            setTextColor(*option, colors.text);
        } else {
            option->text.prepend(QStringLiteral("● "));
            setTextColor(*option, colors.accent);
        }
        break;
    case EditState::Undone:
        option->text.prepend(QStringLiteral("↶ "));
        setTextColor(*option, colors.muted);
        break;
    case EditState::Failed:
        option->text.prepend(QStringLiteral("✗ "));
        setTextColor(*option, colors.danger);
        break;
    }
}

void VerdictDelegate::initStyleOption(QStyleOptionViewItem* option, const QModelIndex& index) const {
    QStyledItemDelegate::initStyleOption(option, index);
    const ThemeColors& colors = ThemeColors::of(option->palette);
    switch (index.data(ComparisonModel::VerdictRole).toInt()) {
    case ComparisonModel::Good:
        setTextColor(*option, colors.success);
        break;
    case ComparisonModel::Bad:
        setTextColor(*option, colors.danger);
        break;
    default:
        setTextColor(*option, colors.muted);
    }
}

} // namespace emend::ui
