// SPDX-License-Identifier: GPL-3.0-or-later
#include "panels/panel_parts.h"

#include "plots/theme_colors.h"

#include <QAction>
#include <QApplication>
#include <QClipboard>
#include <QEvent>
#include <QHBoxLayout>
#include <QPushButton>
#include <QResizeEvent>
#include <QScrollBar>
#include <QVBoxLayout>

#include <algorithm>

namespace emend::ui {

MutedLabel::MutedLabel(const QString& text, QWidget* parent)
    : QLabel(text, parent) {
    recolor();
}

void MutedLabel::setAlarm(bool alarm) {
    m_alarm = alarm;
    recolor();
}

void MutedLabel::changeEvent(QEvent* event) {
    QLabel::changeEvent(event);
    // Our own setPalette below comes back as PaletteChange with the palette resolved: it changes nothing then.
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::ApplicationPaletteChange)
        recolor();
}

void MutedLabel::recolor() {
    const ThemeColors& colors = ThemeColors::of(QApplication::palette());
    const QColor& color = m_alarm ? colors.danger : colors.muted;
    if (palette().color(QPalette::WindowText) == color)
        return;
    QPalette mine;
    mine.setColor(QPalette::WindowText, color);
    mine.setColor(QPalette::Text, color);
    setPalette(mine);
}

QLabel* sectionTitle(const QString& text, QWidget* parent) {
    auto* label = new QLabel(text, parent);
    QFont font = label->font();
    font.setWeight(QFont::DemiBold);
    label->setFont(font);
    return label;
}

PanelHeader::PanelHeader(const QString& title, QWidget* parent)
    : QWidget(parent)
    , m_layout(new QHBoxLayout(this))
    , m_note(new MutedLabel) {
    m_layout->setContentsMargins(0, 0, 0, 0);
    m_layout->setSpacing(4);
    m_layout->addWidget(sectionTitle(title));
    m_layout->addSpacing(4);
    m_layout->addWidget(m_note);
    m_layout->addStretch(1);
    m_note->setObjectName(QStringLiteral("panelNote"));
    setMinimumHeight(28);
}

void PanelHeader::setNote(const QString& note) {
    m_note->setText(note);
}

void PanelHeader::addAction(QAction* action) {
    auto* button = new QToolButton;
    button->setDefaultAction(action);
    button->setAutoRaise(true);
    button->setFocusPolicy(Qt::TabFocus);
    button->setAccessibleName(action->text().remove(u'&'));
    m_layout->addWidget(button);
}

void PanelHeader::addWidget(QWidget* widget) {
    m_layout->addWidget(widget);
}

EmptyState::EmptyState(const QString& title, const QString& hint, QWidget* parent)
    : QWidget(parent)
    , m_title(new QLabel)
    , m_hint(new MutedLabel)
    , m_buttons(new QHBoxLayout) {
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(24, 24, 24, 24);
    layout->setSpacing(8);
    QFont font = m_title->font();
    font.setWeight(QFont::DemiBold);
    m_title->setFont(font);
    for (QLabel* label : {m_title, static_cast<QLabel*>(m_hint)}) {
        label->setAlignment(Qt::AlignHCenter);
        label->setWordWrap(true);
    }
    layout->addStretch(2);
    layout->addWidget(m_title);
    layout->addWidget(m_hint);
    layout->addLayout(m_buttons);
    layout->addStretch(3);
    m_buttons->setSpacing(8);
    m_buttons->addStretch(1);
    m_buttons->addStretch(1);
    setText(title, hint);
}

void EmptyState::setText(const QString& title, const QString& hint) {
    m_title->setText(title);
    m_hint->setText(hint);
    setAccessibleName(title);
    setAccessibleDescription(hint);
}

void EmptyState::addAction(QAction* action) {
    auto* button = new QPushButton(action->icon(), {});
    connect(button, &QPushButton::clicked, action, &QAction::trigger);
    const auto follow = [button, action] {
        button->setText(action->text().remove(u'&'));
        button->setEnabled(action->isEnabled());
        button->setVisible(action->isVisible());
    };
    connect(action, &QAction::changed, button, follow);
    m_buttons->insertWidget(m_buttons->count() - 1, button);
    follow();
}

QSize EmptyState::minimumSizeHint() const {
    int widest = 0;
    for (const QPushButton* button : findChildren<QPushButton*>())
        widest = std::max(widest, button->minimumSizeHint().width());
    const QMargins margins = layout()->contentsMargins();
    return {widest + margins.left() + margins.right(), layout()->minimumSize().height()};
}

void EmptyState::resizeEvent(QResizeEvent* event) {
    m_buttons->setDirection(QBoxLayout::LeftToRight); // for its width
    if (layout()->minimumSize().width() > event->size().width())
        m_buttons->setDirection(QBoxLayout::TopToBottom);
    QWidget::resizeEvent(event);
}

TallPage::TallPage(QWidget* page, QWidget* parent)
    : QScrollArea(parent) {
    setWidget(page);
    setWidgetResizable(true);
    setFocusPolicy(Qt::NoFocus);
    page->installEventFilter(this);
}

QSize TallPage::minimumSizeHint() const {
    const int most = fontMetrics().averageCharWidth() * 60;
    const int page = std::min(widget()->minimumSizeHint().width(), most);
    return {page + verticalScrollBar()->sizeHint().width(), QScrollArea::minimumSizeHint().height()};
}

// A scroll area asks how high its page has to be, but not for which width: lines that break there would lie over one
// another.
void TallPage::fitHeight() {
    QWidget* page = widget();
    const int width = std::max(viewport()->width(), page->minimumSizeHint().width());
    page->setMinimumHeight(page->layout()->totalMinimumHeightForWidth(width));
}

void TallPage::resizeEvent(QResizeEvent* event) {
    fitHeight();
    QScrollArea::resizeEvent(event);
}

bool TallPage::eventFilter(QObject* watched, QEvent* event) {
    if (watched == widget() && event->type() == QEvent::LayoutRequest) {
        fitHeight();
        updateGeometry();
    }
    return QScrollArea::eventFilter(watched, event);
}

FailureLine::FailureLine(QWidget* parent)
    : QFrame(parent)
    , m_layout(new QHBoxLayout(this))
    , m_text(new QLabel)
    , m_dismiss(new QToolButton) {
    m_text->setWordWrap(true);
    m_text->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    m_text->setTextFormat(Qt::PlainText);
    auto* copy = new QToolButton;
    copy->setText(tr("Copy details"));
    copy->setAccessibleName(tr("Copy the details of the fault"));
    connect(copy, &QToolButton::clicked, this, [this] { QApplication::clipboard()->setText(m_details); });
    m_dismiss->setText(tr("Dismiss"));
    m_dismiss->setAccessibleName(tr("Put the message away"));
    connect(m_dismiss, &QToolButton::clicked, this, &FailureLine::clear);
    m_dismiss->hide();
    auto* buttons = new QHBoxLayout;
    buttons->setSpacing(4);
    buttons->addWidget(copy);
    buttons->addWidget(m_dismiss);
    buttons->addStretch(1);
    m_layout->setContentsMargins(8, 4, 4, 4);
    m_layout->addWidget(m_text, 1);
    m_layout->addLayout(buttons);
    m_layout->setAlignment(buttons, Qt::AlignTop);
    hide();
}

void FailureLine::setNarrow() {
    m_narrow = true;
    m_layout->setDirection(QBoxLayout::TopToBottom);
    m_dismiss->show();
}

void FailureLine::showFailure(const Failure& failure) {
    Failure shown = failure;
    if (m_narrow) {
        constexpr qsizetype longest = 160; // all of it is in the details
        if (shown.hint.size() > longest)
            shown.hint = shown.hint.first(longest).section(u' ', 0, -2) + QStringLiteral(" …");
        if (!shown.where.isEmpty())
            shown.what = tr("%1 (%2)", "what went wrong (where)").arg(shown.what, shown.where);
        // A path is one long word: it may break behind its slashes.
        shown.what.replace(u'/', QStringLiteral("/\u200b"));
    }
    m_text->setText(shown.summary());
    m_text->setAccessibleName(failure.summary());
    m_details = failure.details();
    setToolTip(m_details);
    show();
}

void FailureLine::showExportFailure(const QString& reason) {
    Failure failure;
    failure.what = reason;
    failure.hint = tr("choose a folder you may write to");
    showFailure(failure);
}

void FailureLine::clear() {
    hide();
    m_text->clear();
}

} // namespace emend::ui
