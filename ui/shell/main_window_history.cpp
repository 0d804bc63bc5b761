// SPDX-License-Identifier: GPL-3.0-or-later
// The history dock, the update and the trade-off tab, wired to what drives them; layers pointed at in all views.
#include "panels/edits_panel.h"
#include "panels/history_panel.h"
#include "panels/job_bar.h"
#include "panels/lens_table.h"
#include "panels/norm_history_panel.h"
#include "panels/recipe_panel.h"
#include "panels/trace_panel.h"
#include "panels/trade_off_panel.h"
#include "panels/update_panel.h"
#include "plots/frontier_plot.h"
#include "plots/norm_bars.h"
#include "plots/norm_history_plot.h"
#include "plots/trace_map.h"
#include "shell/main_window.h"

#include <QDockWidget>
#include <QTableView>

namespace emend::ui {

using enum ActionId;

namespace {

// A layer that is pointed at in one of the views is pointed at in all of them.
template<class... Views>
void linkLayers(Views*... views) {
    const auto toAll = [=]<class From>(From* from) {
        (QObject::connect(from, &From::layerHovered, views, &Views::highlightLayer), ...);
    };
    (toAll(views), ...);
}

} // namespace

QDockWidget* MainWindow::makeDock(const QString& title, const char* name, QWidget* panel) {
    auto* dock = new QDockWidget(title, this);
    dock->setObjectName(QString::fromLatin1(name));
    dock->setWidget(panel);
    dock->setAllowedAreas(Qt::BottomDockWidgetArea | Qt::RightDockWidgetArea);
    addDockWidget(Qt::BottomDockWidgetArea, dock);
    dock->hide();
    return dock;
}

void MainWindow::buildHistory() {
    m_historyPanel = new HistoryPanel(m_history.model());
    m_historyPanel->setObjectName(QStringLiteral("historyPanel"));
    m_historyPanel->setActions({m_actions[GoHere], m_actions[SwitchBatch], m_actions[SolveAgain],
                                m_actions[RenameBatch], m_actions[NoteBatch]});
    m_historyDock = makeDock(tr("History"), "historyDock", m_historyPanel);
}

// One at the foot, or both in one place behind tabs: side by side neither has room.
void MainWindow::showDock(QDockWidget* dock, bool shown) {
    QDockWidget* other = dock == m_logDock ? m_historyDock : m_logDock;
    if (shown && !other->isHidden() && !other->isFloating() && !dock->isFloating())
        tabifyDockWidget(other, dock);
    dock->setVisible(shown);
    if (shown)
        dock->raise();
}

void MainWindow::connectHistory() {
    m_tradeOff.follow(*m_tradeOffPanel);
    m_tradeOffPanel->setPreviewAction(m_tradeOff.previewAction());
    connect(m_edits, &EditsPanel::selectionChanged, this, [this] { m_tradeOff.setSelection(m_edits->selectedRows()); });
    connect(m_recipe, &RecipePanel::recipeChanged, this,
            [this] { m_tradeOff.setRecipe(m_recipe->recipe(), m_recipe->isValid()); });
    connect(&m_tradeOff, &TradeOff::softnessChosen, this, [this](double softness) {
        Recipe recipe = m_recipe->recipe();
        recipe.softness = softness;
        m_recipe->setRecipe(recipe);
    });
    m_sessionNorms.follow(*m_update);
    connect(&m_history, &History::message, m_jobs, &JobBar::setMessage);
    connect(&m_history, &History::failed, m_historyPanel, &HistoryPanel::setFailure);
    connect(&m_history, &History::recovered, m_historyPanel, &HistoryPanel::clearFailure);
    connect(&m_history, &History::changed, this, &MainWindow::refreshHistory);
    connect(m_historyPanel, &HistoryPanel::currentRowChanged, this, &MainWindow::refreshHistory);
    connect(m_historyPanel, &HistoryPanel::rowChosen, this, &MainWindow::showEditsOf);
    connect(m_historyPanel, &HistoryPanel::jumpRequested, &m_history, &History::goTo);
    connect(m_historyPanel, &HistoryPanel::solveStaleRequested, &m_history, &History::solveStale);
    // F2 edits cells elsewhere.
    removeAction(m_actions[RenameBatch]);
    m_actions[RenameBatch]->setShortcutContext(Qt::WidgetWithChildrenShortcut);
    m_historyPanel->addAction(m_actions[RenameBatch]);
    const auto on = [this](ActionId id, auto&& call) { connect(m_actions[id], &QAction::triggered, this, call); };
    on(GoHere, [this] { m_history.goTo(m_historyPanel->currentRow()); });
    on(GoToCheckpoint, [this] { m_history.goTo(0); });
    on(GoToNewest, [this] { m_history.goTo(m_history.model().rowCount() - 1); });
    on(SwitchBatch, [this] { m_history.toggle(m_historyPanel->currentRow()); });
    on(SolveAgain, [this] { m_history.solveAgain(m_historyPanel->currentRow()); });
    on(RenameBatch, [this] { m_historyPanel->rename(); });
    on(NoteBatch, [this] {
        showHistory(true);
        m_historyPanel->writeNote();
    });
    on(SolveStale, [this] { m_history.solveStale(); });
}

void MainWindow::connectLayers() {
    linkLayers(&m_trace->map(), &m_trace->lens(), m_update->chart(), m_update->history().chart(),
               &m_tradeOffPanel->plot(), m_recipe);
}

void MainWindow::refreshHistory() {
    const HistoryModel& model = m_history.model();
    const int row = m_historyPanel->currentRow();
    m_actions[GoHere]->setEnabled(m_history.canGoTo(row));
    m_actions[GoToCheckpoint]->setEnabled(m_history.canGoTo(0));
    m_actions[GoToNewest]->setEnabled(m_history.canGoTo(model.rowCount() - 1));
    m_actions[SwitchBatch]->setEnabled(m_history.canSwitch(row));
    const LedgerEntry* entry = model.entry(row);
    m_actions[SwitchBatch]->setText(entry && !entry->active ? tr("Switch &on") : tr("Switch &off"));
    m_actions[SolveAgain]->setEnabled(m_history.canSolveAgain(row));
    m_actions[RenameBatch]->setEnabled(m_history.canAnnotate(row));
    m_actions[NoteBatch]->setEnabled(m_history.canAnnotate(row));
    m_actions[SolveStale]->setEnabled(m_history.canSolveStale());
}

void MainWindow::showHistory(bool shown) {
    showDock(m_historyDock, shown);
    if (shown)
        m_historyPanel->table()->setFocus(Qt::ShortcutFocusReason);
}

// The views in the centre follow the edits table.
void MainWindow::showEditsOf(int historyRow) {
    const LedgerEntry* entry = m_history.model().entry(historyRow);
    if (!entry)
        return;
    const EditsModel& edits = m_workbench.edits();
    const int current = m_workbench.currentRow();
    if (current >= 0 && edits.row(current).batch == entry->id)
        return;
    for (int row = 0; row < edits.rowCount(); ++row) {
        if (edits.row(row).batch == entry->id) {
            m_edits->selectRow(row);
            return;
        }
    }
}

} // namespace emend::ui
