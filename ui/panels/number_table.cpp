// SPDX-License-Identifier: GPL-3.0-or-later
#include "panels/number_table.h"

#include <QEvent>
#include <QHeaderView>
#include <QSplitter>

namespace emend::ui {

NumberTable::NumberTable(QAbstractItemModel& model, const QString& name, QWidget* parent)
    : QTableView(parent) {
    setModel(&model);
    setAccessibleName(name);
    setShowGrid(false);
    setWordWrap(false);
    setTabKeyNavigation(false);
    setSelectionBehavior(QAbstractItemView::SelectRows);
    setSelectionMode(QAbstractItemView::SingleSelection);
    setEditTriggers(QAbstractItemView::NoEditTriggers);
    verticalHeader()->hide();
    horizontalHeader()->setHighlightSections(false);
    setMinimumHeight(60);
    sizeRows();
}

void NumberTable::sizeRows() {
    verticalHeader()->setDefaultSectionSize(fontMetrics().height() + 8);
}

void NumberTable::changeEvent(QEvent* event) {
    QTableView::changeEvent(event);
    if (event->type() == QEvent::FontChange)
        sizeRows();
}

QSplitter* chartOverTable(QWidget* chart, QTableView* table) {
    auto* splitter = new QSplitter(Qt::Vertical);
    splitter->setObjectName(QStringLiteral("updateSplitter")); // what the theme knows it by
    splitter->setHandleWidth(8);
    splitter->addWidget(chart);
    splitter->addWidget(table);
    splitter->setStretchFactor(0, 3);
    splitter->setStretchFactor(1, 1);
    splitter->setChildrenCollapsible(false);
    return splitter;
}

} // namespace emend::ui
