// SPDX-License-Identifier: GPL-3.0-or-later
#include "panels/number_table.h"

#include <QEvent>
#include <QHeaderView>

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

} // namespace emend::ui
