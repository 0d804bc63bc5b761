// SPDX-License-Identifier: GPL-3.0-or-later
#include "panels/trial_columns.h"

#include <QEvent>
#include <QHeaderView>
#include <QMenu>
#include <QTableView>

#include <algorithm>

namespace emend::ui {

namespace {

constexpr int padding = 13; // of a header, both sides
constexpr int arrow = 18;

// What tells two recipes apart soonest comes first.
constexpr std::array byImportance{TrialsModel::Algorithm,   TrialsModel::Layers,       TrialsModel::Norms,
                                  TrialsModel::Held,        TrialsModel::Score,        TrialsModel::Efficacy,
                                  TrialsModel::Paraphrases, TrialsModel::Neighbours,   TrialsModel::Softness,
                                  TrialsModel::PNew,        TrialsModel::Preservation, TrialsModel::Distribution,
                                  TrialsModel::Seconds,     TrialsModel::RelativeNorm, TrialsModel::Memorization};
static_assert(byImportance.size() == TrialsModel::ColumnCount);

} // namespace

TrialColumns::TrialColumns(QTableView& table, TrialsModel& model)
    : QObject(&table)
    , m_table(table)
    , m_model(model) {
    QHeaderView* header = table.horizontalHeader();
    header->setSectionsMovable(true);
    header->setContextMenuPolicy(Qt::CustomContextMenu);
    connect(header, &QWidget::customContextMenuRequested, this, [this, header](const QPoint& at) {
        QMenu menu;
        addChoices(menu);
        menu.exec(header->mapToGlobal(at));
    });
    connect(header, &QHeaderView::sortIndicatorChanged, this, &TrialColumns::fit);
    table.viewport()->installEventFilter(this);
    fit();
}

bool TrialColumns::eventFilter(QObject* watched, QEvent* event) {
    if (event->type() == QEvent::Resize)
        fit();
    return QObject::eventFilter(watched, event);
}

// A header keeps room for its arrow only while the table is sorted by it.
int TrialColumns::widthOf(int column) const {
    const QHeaderView* header = m_table.horizontalHeader();
    const QString name = m_model.headerData(column, Qt::Horizontal, Qt::DisplayRole).toString();
    const int title = header->fontMetrics().horizontalAdvance(name) + padding +
                      (column == header->sortIndicatorSection() ? arrow : 0);
    const int cells = static_cast<const QAbstractItemView&>(m_table).sizeHintForColumn(column);
    return std::max(title, cells + 2);
}

void TrialColumns::fit() {
    if (m_fitting) // a scroll bar that comes or goes
        return;
    m_fitting = true;
    const int room = m_table.viewport()->width();
    int used = 0;
    bool full = false;
    for (const int column : byImportance)
        if (column == TrialsModel::Algorithm || m_chosen[static_cast<std::size_t>(column)] == true)
            used += widthOf(column);
    QHeaderView* header = m_table.horizontalHeader();
    for (const int column : byImportance) {
        const std::optional<bool>& chosen = m_chosen[static_cast<std::size_t>(column)];
        const int width = widthOf(column);
        bool shown = column == TrialsModel::Algorithm || chosen.value_or(false);
        if (!shown && !chosen) {
            full = full || used + width > room;
            shown = !full;
            used += shown ? width : 0;
        }
        m_table.setColumnHidden(column, !shown);
        if (shown)
            header->resizeSection(column, width);
    }
    header->resizeSection(TrialsModel::Algorithm, widthOf(TrialsModel::Algorithm) + std::max(0, room - used));
    m_fitting = false;
}

void TrialColumns::choose(int column, bool shown) {
    m_chosen[static_cast<std::size_t>(column)] = shown;
    fit();
}

void TrialColumns::addChoices(QMenu& to) {
    for (int column = TrialsModel::Algorithm + 1; column < TrialsModel::ColumnCount; ++column) {
        const QString name = m_model.headerData(column, Qt::Horizontal, Qt::AccessibleTextRole).toString();
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
