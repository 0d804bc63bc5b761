// SPDX-License-Identifier: GPL-3.0-or-later
#include "plots/probability_bars.h"

#include "models/text_format.h"
#include "plots/theme_colors.h"

#include <QEvent>
#include <QPainter>

#include <algorithm>

namespace emend::ui {

namespace {
constexpr int gap = 4;
constexpr int entryGap = 12;
} // namespace

ProbabilityBars::ProbabilityBars(QWidget* parent)
    : QWidget(parent) {
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    setAccessibleName(tr("Probability of the new and the old object"));
}

void ProbabilityBars::setEntries(const QList<Entry>& entries, bool after) {
    m_entries = entries;
    m_after = after;
    QStringList told;
    for (const Entry& entry : entries) {
        const auto number = [](const std::optional<double>& p) { return p ? formatProbability(*p) : tr("unknown"); };
        told << (after ? tr("%1, %2: before %3, after %4")
                             .arg(entry.object, entry.role, number(entry.before), number(entry.after))
                       : tr("%1, %2: now %3").arg(entry.object, entry.role, number(entry.before)));
    }
    setAccessibleDescription(told.join(QStringLiteral("; ")));
    setToolTip(told.join(QLatin1Char('\n')));
    updateGeometry();
    update();
}

int ProbabilityBars::barHeight() const {
    return std::max(14, fontMetrics().height());
}

int ProbabilityBars::entryHeight() const {
    // One bar still leaves room for the role under the object's name.
    return 2 * barHeight() + gap;
}

QSize ProbabilityBars::sizeHint() const {
    const int entries = std::max<int>(2, static_cast<int>(m_entries.size()));
    const int axis = fontMetrics().height() + gap;
    return {360, entries * entryHeight() + (entries - 1) * entryGap + axis + gap};
}

QSize ProbabilityBars::minimumSizeHint() const {
    return {240, sizeHint().height()};
}

void ProbabilityBars::changeEvent(QEvent* event) {
    if (event->type() == QEvent::FontChange)
        updateGeometry();
    QWidget::changeEvent(event);
}

void ProbabilityBars::paintEvent(QPaintEvent*) {
    const ThemeColors& colors = ThemeColors::of(palette());
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const QFontMetrics metrics = fontMetrics();

    int labels = 0;
    for (const Entry& entry : m_entries) {
        QFont bold = font();
        bold.setBold(true);
        labels = std::max(
            {labels, QFontMetrics(bold).horizontalAdvance(entry.object), metrics.horizontalAdvance(entry.role)});
    }
    labels = std::min(labels, width() / 3);
    const int captions = std::max(metrics.horizontalAdvance(tr("before")), metrics.horizontalAdvance(tr("after")));
    const int numbers = metrics.horizontalAdvance(QStringLiteral("100.0 %")) + 2 * gap;
    const int left = labels + 16 + captions + 8;
    const int span = std::max(40, width() - left - numbers);

    const int axisTop = height() - metrics.height();
    painter.setPen(colors.muted);
    for (const int percent : {0, 25, 50, 75, 100}) {
        const int x = left + span * percent / 100;
        painter.setPen(colors.grid);
        painter.drawLine(QPointF(x + 0.5, 0), QPointF(x + 0.5, axisTop - gap));
        painter.setPen(colors.muted);
        const QString text = percent == 0 || percent == 100 ? tr("%1 %").arg(percent) : QString::number(percent);
        painter.drawText(QRect(x - 40, axisTop, 80, metrics.height()), Qt::AlignHCenter | Qt::AlignTop, text);
    }

    int y = 0;
    for (const Entry& entry : m_entries) {
        QFont bold = font();
        bold.setBold(true);
        painter.setFont(bold);
        painter.setPen(colors.text);
        painter.drawText(QRect(0, y, labels, barHeight()), Qt::AlignLeft | Qt::AlignVCenter,
                         QFontMetrics(bold).elidedText(entry.object, Qt::ElideRight, labels));
        painter.setFont(font());
        painter.setPen(colors.muted);
        painter.drawText(QRect(0, y + barHeight() + gap, labels, barHeight()), Qt::AlignLeft | Qt::AlignVCenter,
                         metrics.elidedText(entry.role, Qt::ElideRight, labels));
        const auto bar = [&](int top, const QString& caption, const std::optional<double>& p, const QColor& color) {
            painter.setPen(colors.muted);
            painter.drawText(QRect(labels + 16, top, captions, barHeight()), Qt::AlignRight | Qt::AlignVCenter,
                             caption);
            const double share = p ? std::clamp(*p, 0.0, 1.0) : 0.0;
            const double length = p ? std::max(1.5, share * span) : 0.0;
            painter.setPen(Qt::NoPen);
            painter.setBrush(color);
            painter.drawRect(QRectF(left, top + 1, length, barHeight() - 2));
            painter.setPen(p ? colors.text : colors.muted);
            painter.drawText(QRectF(left + length + gap, top, numbers, barHeight()), Qt::AlignLeft | Qt::AlignVCenter,
                             p ? formatProbability(*p) : QStringLiteral("–"));
        };
        if (m_after) {
            bar(y, tr("before"), entry.before, colors.neutralBar);
            bar(y + barHeight() + gap, tr("after"), entry.after, colors.accent);
        } else {
            bar(y, tr("now"), entry.before, colors.neutralBar);
        }
        y += entryHeight() + entryGap;
    }
}

} // namespace emend::ui
