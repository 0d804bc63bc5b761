// SPDX-License-Identifier: GPL-3.0-or-later
#include "shell/command_palette.h"

#include <QAction>
#include <QKeyEvent>
#include <QLineEdit>
#include <QListWidget>
#include <QPointer>
#include <QStyledItemDelegate>
#include <QTimer>
#include <QVBoxLayout>

namespace emend::ui {

namespace {

constexpr int indexRole = Qt::UserRole;
constexpr int keysRole = Qt::UserRole + 1;

// The shortcut stands at the right of its name.
class CommandDelegate : public QStyledItemDelegate {
  public:
    using QStyledItemDelegate::QStyledItemDelegate;
    void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override {
        QStyledItemDelegate::paint(painter, option, index);
        const QRect place = option.rect.adjusted(0, 0, -8, 0);
        option.widget->style()->drawItemText(painter, place, Qt::AlignRight | Qt::AlignVCenter, option.palette, true,
                                             index.data(keysRole).toString(), QPalette::PlaceholderText);
    }
    QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override {
        QSize size = QStyledItemDelegate::sizeHint(option, index);
        size.setHeight(option.fontMetrics.height() + 12);
        return size;
    }
};

// Every letter typed occurs, in order: "ll" finds "Apply all".
bool matches(const QString& name, const QString& text) {
    qsizetype at = 0;
    for (const QChar c : text) {
        if (c.isSpace())
            continue;
        at = name.indexOf(c, at, Qt::CaseInsensitive);
        if (at < 0)
            return false;
        ++at;
    }
    return true;
}

} // namespace

CommandPalette::CommandPalette(const QList<QAction*>& actions, QWidget* parent)
    : QDialog(parent, Qt::Popup)
    , m_actions(actions)
    , m_edit(new QLineEdit)
    , m_list(new QListWidget) {
    setObjectName(QStringLiteral("commandPaletteDialog"));
    setAccessibleName(tr("Command palette"));
    m_edit->setObjectName(QStringLiteral("commandText"));
    m_edit->setPlaceholderText(tr("Type what you want to do"));
    m_edit->setAccessibleName(tr("Command"));
    m_edit->installEventFilter(this);
    m_list->setObjectName(QStringLiteral("commandList"));
    m_list->setAccessibleName(tr("Commands"));
    m_list->setItemDelegate(new CommandDelegate(m_list));
    m_list->setFocusPolicy(Qt::NoFocus);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(8, 8, 8, 8);
    layout->setSpacing(8);
    layout->addWidget(m_edit);
    layout->addWidget(m_list);
    resize(fontMetrics().averageCharWidth() * 64, fontMetrics().height() * 22);
    if (parent)
        move(parent->mapToGlobal(QPoint((parent->width() - width()) / 2, 64)));
    connect(m_edit, &QLineEdit::textChanged, this, &CommandPalette::filter);
    connect(m_edit, &QLineEdit::returnPressed, this, &CommandPalette::run);
    connect(m_list, &QListWidget::itemClicked, this, &CommandPalette::run);
    setAttribute(Qt::WA_DeleteOnClose);
    filter({});
    m_edit->setFocus();
}

void CommandPalette::filter(const QString& text) {
    m_list->clear();
    for (int i = 0; i < static_cast<int>(m_actions.size()); ++i) {
        const QAction* action = m_actions[i];
        const QString name = action->text().remove(u'&').remove(QStringLiteral("…"));
        if (!action->isEnabled() || !matches(name, text))
            continue;
        auto* item = new QListWidgetItem(action->icon(), name, m_list);
        item->setData(indexRole, i);
        item->setData(keysRole, action->shortcut().toString(QKeySequence::NativeText));
        item->setToolTip(action->toolTip());
    }
    m_list->setCurrentRow(0);
}

bool CommandPalette::eventFilter(QObject* watched, QEvent* event) {
    if (event->type() == QEvent::KeyPress) {
        const int key = static_cast<QKeyEvent*>(event)->key();
        const int step = key == Qt::Key_Down ? 1 : key == Qt::Key_Up ? -1 : 0;
        if (step != 0 && m_list->count() > 0) {
            m_list->setCurrentRow((m_list->currentRow() + step + m_list->count()) % m_list->count());
            return true;
        }
    }
    return QDialog::eventFilter(watched, event);
}

void CommandPalette::run() {
    const QListWidgetItem* item = m_list->currentItem();
    if (!item)
        return;
    // After the popup is gone: the command may open one of its own.
    const QPointer<QAction> action = m_actions[item->data(indexRole).toInt()];
    close();
    QTimer::singleShot(0, action, [action] {
        if (action)
            action->trigger();
    });
}

} // namespace emend::ui
