// SPDX-License-Identifier: GPL-3.0-or-later
#include "panels/token_strip.h"

#include "models/text_format.h"
#include "plots/theme_colors.h"

#include <QHelpEvent>
#include <QPainter>
#include <QToolTip>

namespace emend::ui {

namespace {
constexpr int padding = 4;
constexpr int spacing = 2;
} // namespace

TokenStrip::TokenStrip(QWidget* parent)
    : QWidget(parent) {
    QSizePolicy policy(QSizePolicy::Preferred, QSizePolicy::Minimum);
    policy.setHeightForWidth(true);
    setSizePolicy(policy);
    setAccessibleName(tr("Tokens of the prompt"));
}

void TokenStrip::setCheck(std::shared_ptr<const EditCheck> check, const QString& note) {
    m_chips.clear();
    m_note = note;
    QString told = note;
    if (check && !check->pieces.empty()) {
        for (int i = 0; i < static_cast<int>(check->pieces.size()); ++i) {
            const Kind kind = i == check->subject_last_token                                     ? Kind::Last
                              : i >= check->subject_first_token && i < check->subject_last_token ? Kind::Subject
                                                                                                 : Kind::Plain;
            m_chips << Chip{visiblePiece(check->pieces[static_cast<std::size_t>(i)]), kind, i};
        }
        if (!check->object_pieces.empty())
            m_chips << Chip{QStringLiteral("→"), Kind::Arrow, 0};
        for (int i = 0; i < static_cast<int>(check->object_pieces.size()); ++i)
            m_chips << Chip{visiblePiece(check->object_pieces[static_cast<std::size_t>(i)]), Kind::Object, i};
        QStringList pieces;
        for (const std::string& piece : check->pieces)
            pieces << visiblePiece(piece);
        told = tr("%n token(s): %1", nullptr, static_cast<int>(check->pieces.size())).arg(pieces.join(u' '));
    }
    setAccessibleDescription(told);
    updateGeometry();
    update();
}

QList<QRect> TokenStrip::place(int width) const {
    const int lineHeight = fontMetrics().height() + 6;
    QList<QRect> places;
    int x = 0;
    int y = 0;
    for (const Chip& chip : m_chips) {
        const int advance = fontMetrics().horizontalAdvance(chip.text) + 2 * padding;
        if (x > 0 && x + advance > width) {
            x = 0;
            y += lineHeight + spacing;
        }
        places << QRect(x, y, advance, lineHeight);
        x += advance + spacing;
    }
    return places;
}

int TokenStrip::heightForWidth(int width) const {
    const QList<QRect> places = place(width);
    const int oneLine = fontMetrics().height() + 6;
    return places.isEmpty() ? oneLine : places.last().bottom() + 1;
}

QSize TokenStrip::sizeHint() const {
    return {240, heightForWidth(std::max(240, width()))};
}
QSize TokenStrip::minimumSizeHint() const {
    return {120, fontMetrics().height() + 6};
}

QString TokenStrip::tip(const Chip& chip) const {
    switch (chip.kind) {
    case Kind::Last:
        return tr("Token %1: the subject's last token; the edit looks up its key here").arg(chip.position + 1);
    case Kind::Subject:
        return tr("Token %1: part of the subject").arg(chip.position + 1);
    case Kind::Object:
        return tr("Token %1 of the new object").arg(chip.position + 1);
    case Kind::Arrow:
        return {};
    case Kind::Plain:
        break;
    }
    return tr("Token %1").arg(chip.position + 1);
}

bool TokenStrip::event(QEvent* event) {
    if (event->type() == QEvent::ToolTip) {
        auto* help = static_cast<QHelpEvent*>(event);
        const QList<QRect> places = place(width());
        for (qsizetype i = 0; i < places.size(); ++i) {
            if (places[i].contains(help->pos())) {
                QToolTip::showText(help->globalPos(), tip(m_chips[i]), this, places[i]);
                return true;
            }
        }
        QToolTip::hideText();
        return true;
    }
    return QWidget::event(event);
}

void TokenStrip::paintEvent(QPaintEvent*) {
    const ThemeColors& colors = ThemeColors::of(palette());
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    if (m_chips.isEmpty()) {
        painter.setPen(colors.muted);
        painter.drawText(rect(), Qt::AlignLeft | Qt::AlignTop,
                         fontMetrics().elidedText(m_note, Qt::ElideRight, width()));
        return;
    }
    const QList<QRect> places = place(width());
    for (qsizetype i = 0; i < m_chips.size(); ++i) {
        const QRectF chip = QRectF(places[i]).adjusted(0.5, 0.5, -0.5, -0.5);
        QColor fill = colors.raised;
        QColor border = colors.border;
        QColor text = colors.text;
        switch (m_chips[i].kind) {
        case Kind::Last:
            fill = border = colors.accent;
            text = colors.onAccent;
            break;
        case Kind::Subject:
            fill = colors.accentSoft;
            border = colors.accent;
            break;
        case Kind::Arrow:
            fill = border = Qt::transparent;
            text = colors.muted;
            break;
        case Kind::Object:
            fill = colors.surface;
            border = colors.accent;
            text = colors.accent;
            break;
        case Kind::Plain:
            break;
        }
        painter.setPen(border);
        painter.setBrush(fill);
        painter.drawRoundedRect(chip, 3, 3);
        painter.setPen(text);
        painter.drawText(chip, Qt::AlignCenter, m_chips[i].text);
    }
}

} // namespace emend::ui
