// SPDX-License-Identifier: GPL-3.0-or-later
#include "panels/fitting_columns.h"

#include <QEvent>
#include <QHeaderView>
#include <QMenu>
#include <QTableView>

#include <algorithm>

namespace emend::ui {

namespace {

constexpr int padding = 13; // of a header, both sides
constexpr int arrow = 18;

} // namespace

FittingColumns::FittingColumns(QTableView& table, const QList<int>& byImportance, Rest rest)
    : QObject(&table)
    , m_table(table)
    , m_byImportance(byImportance)
    , m_rest(rest)
    , m_chosen(byImportance.size()) {
    Q_ASSERT(m_byImportance.size() == table.model()->columnCount());
    QHeaderView* header = table.horizontalHeader();
    header->setSectionsMovable(true);
    header->setContextMenuPolicy(Qt::CustomContextMenu);
    connect(header, &QWidget::customContextMenuRequested, this, [this, header](const QPoint& at) {
        QMenu menu;
        addChoices(menu);
        menu.exec(header->mapToGlobal(at));
    });
    connect(header, &QHeaderView::sortIndicatorChanged, this, &FittingColumns::fit);
    table.viewport()->installEventFilter(this);
    fit();
}

bool FittingColumns::eventFilter(QObject* watched, QEvent* event) {
    if (event->type() == QEvent::Resize)
        fit();
    return QObject::eventFilter(watched, event);
}

QString FittingColumns::nameOf(int column, int role) const {
    return m_table.model()->headerData(column, Qt::Horizontal, role).toString();
}

// A header keeps room for its arrow only while the table is sorted by it.
int FittingColumns::widthOf(int column) const {
    const QHeaderView* header = m_table.horizontalHeader();
    const bool sorted = header->isSortIndicatorShown() && column == header->sortIndicatorSection();
    const int title =
        header->fontMetrics().horizontalAdvance(nameOf(column, Qt::DisplayRole)) + padding + (sorted ? arrow : 0);
    const int cells = static_cast<const QAbstractItemView&>(m_table).sizeHintForColumn(column);
    return std::max(title, cells + 2);
}

void FittingColumns::fit() {
    if (m_fitting) // a scroll bar that comes or goes
        return;
    m_fitting = true;
    const int room = m_table.viewport()->width();
    const int first = m_byImportance.front();
    int used = 0;
    bool full = false;
    for (const int column : m_byImportance)
        if (column == first || m_chosen[column] == true)
            used += widthOf(column);
    for (const int column : m_byImportance) {
        const std::optional<bool>& chosen = m_chosen[column];
        const int width = widthOf(column);
        bool shown = column == first || chosen.value_or(false);
        if (!shown && !chosen) {
            full = full || used + width > room;
            shown = !full;
            used += shown ? width : 0;
        }
        m_table.setColumnHidden(column, !shown);
        if (shown)
            m_table.horizontalHeader()->resizeSection(column, width);
    }
    spread(std::max(0, room - used));
    m_fitting = false;
}

void FittingColumns::spread(int room) {
    QList<int> takers{m_byImportance.front()};
    if (m_rest == Rest::Evenly)
        for (const int column : m_byImportance.sliced(1))
            if (!m_table.isColumnHidden(column))
                takers << column;
    QHeaderView* header = m_table.horizontalHeader();
    const auto count = static_cast<int>(takers.size());
    for (int i = 0; i < count; ++i)
        header->resizeSection(takers[i], header->sectionSize(takers[i]) + room / count + (i < room % count ? 1 : 0));
}

void FittingColumns::choose(int column, bool shown) {
    m_chosen[column] = shown;
    fit();
}

void FittingColumns::addChoices(QMenu& to) {
    for (int column = 0; column < m_byImportance.size(); ++column) {
        if (column == m_byImportance.front())
            continue;
        QString name = nameOf(column, Qt::AccessibleTextRole);
        if (name.isEmpty())
            name = nameOf(column, Qt::DisplayRole);
        QAction* action = to.addAction(name, this, [this, column](bool shown) { choose(column, shown); });
        action->setCheckable(true);
        action->setChecked(!m_table.isColumnHidden(column));
    }
    to.addSeparator();
    to.addAction(tr("As many as there is room for"), this, [this] {
        m_chosen.fill(std::nullopt);
        fit();
    });
}

} // namespace emend::ui
