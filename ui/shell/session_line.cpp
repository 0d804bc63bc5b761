// SPDX-License-Identifier: GPL-3.0-or-later
#include "shell/session_line.h"

#include <QAction>
#include <QHBoxLayout>
#include <QLabel>
#include <QStyle>
#include <QToolButton>

namespace emend::ui {

SessionLine::SessionLine(QWidget* parent)
    : QFrame(parent)
    , m_text(new QLabel)
    , m_buttons(new QHBoxLayout) {
    m_text->setObjectName(QStringLiteral("sessionLineText"));
    m_text->setWordWrap(true);
    m_text->setTextFormat(Qt::PlainText);
    m_text->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    m_buttons->setSpacing(4);
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(8, 4, 4, 4);
    layout->addWidget(m_text, 1);
    layout->addLayout(m_buttons);
    hide();
}

void SessionLine::tell(const QString& text, const QString& details, const QList<QAction*>& actions, bool alarm) {
    if (!isHidden() && text == m_text->text() && actions == m_shown)
        return; // the focus stays where it is
    m_shown = actions;
    while (QLayoutItem* item = m_buttons->takeAt(0)) {
        if (QWidget* widget = item->widget()) {
            widget->hide();
            widget->deleteLater(); // it may be the one that was clicked
        }
        delete item;
    }
    for (QAction* action : actions) {
        auto* button = new QToolButton;
        button->setDefaultAction(action);
        button->setIcon({});
        button->setToolButtonStyle(Qt::ToolButtonTextOnly);
        button->setProperty("outlined", true);
        button->setFocusPolicy(Qt::StrongFocus);
        button->setAccessibleName(action->text().remove(u'&'));
        button->setObjectName(action->objectName() + QStringLiteral("Button"));
        m_buttons->addWidget(button);
    }
    m_text->setText(text);
    m_text->setToolTip(details);
    setAccessibleName(text);
    setProperty("alarm", alarm);
    style()->unpolish(this);
    style()->polish(this);
    setVisible(true);
}

void SessionLine::clear() {
    m_text->clear();
    hide();
}

QString SessionLine::text() const {
    return m_text->text();
}

} // namespace emend::ui
