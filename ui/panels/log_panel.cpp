// SPDX-License-Identifier: GPL-3.0-or-later
#include "panels/log_panel.h"

#include "models/log_model.h"
#include "plots/theme_colors.h"

#include <QAction>
#include <QApplication>
#include <QClipboard>
#include <QHeaderView>
#include <QStyledItemDelegate>
#include <QTreeView>
#include <QVBoxLayout>

namespace emend::ui {

namespace {

class LevelDelegate : public QStyledItemDelegate {
  public:
    using QStyledItemDelegate::QStyledItemDelegate;

  protected:
    void initStyleOption(QStyleOptionViewItem* option, const QModelIndex& index) const override {
        QStyledItemDelegate::initStyleOption(option, index);
        const ThemeColors& colors = ThemeColors::of(option->palette);
        const auto level = static_cast<LogModel::Level>(index.data(LogModel::LevelRole).toInt());
        QColor color = index.column() == LogModel::Time ? colors.muted : colors.text;
        if (level == LogModel::Level::Error && index.column() == LogModel::Text) {
            color = colors.danger;
            option->text.prepend(QStringLiteral("✗ "));
        } else if (level == LogModel::Level::Warning && index.column() == LogModel::Text) {
            option->text.prepend(QStringLiteral("! "));
        }
        option->palette.setColor(QPalette::Text, color);
        option->palette.setColor(QPalette::HighlightedText, color);
    }
};

} // namespace

LogPanel::LogPanel(LogModel& model, QWidget* parent)
    : QWidget(parent)
    , m_model(model)
    , m_view(new QTreeView) {
    m_view->setObjectName(QStringLiteral("logView"));
    m_view->setAccessibleName(tr("Log"));
    m_view->setModel(&model);
    m_view->setRootIsDecorated(false);
    m_view->setUniformRowHeights(true);
    m_view->setSelectionMode(QAbstractItemView::ExtendedSelection);
    m_view->setItemDelegate(new LevelDelegate(m_view));
    m_view->setHeaderHidden(true);
    m_view->header()->setSectionResizeMode(LogModel::Time, QHeaderView::ResizeToContents);
    m_view->setContextMenuPolicy(Qt::ActionsContextMenu);
    auto* copy = new QAction(tr("Copy details"), m_view);
    connect(copy, &QAction::triggered, this, [this] {
        QStringList lines;
        for (const QModelIndex& index : m_view->selectionModel()->selectedRows())
            lines << index.data(LogModel::DetailsRole).toString();
        QApplication::clipboard()->setText(lines.join(u'\n'));
    });
    auto* copyAll = new QAction(tr("Copy the whole log"), m_view);
    connect(copyAll, &QAction::triggered, this, [this] { QApplication::clipboard()->setText(m_model.toText()); });
    auto* clear = new QAction(tr("Clear"), m_view);
    connect(clear, &QAction::triggered, this, [this] { m_model.clear(); });
    m_view->addActions({copy, copyAll, clear});
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(8, 0, 8, 8);
    layout->addWidget(m_view);
    connect(&model, &QAbstractItemModel::rowsInserted, m_view, &QTreeView::scrollToBottom);
}

} // namespace emend::ui
