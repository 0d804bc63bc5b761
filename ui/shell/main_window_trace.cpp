// SPDX-License-Identifier: GPL-3.0-or-later
// The trace tab: its actions, and its layers on their way into the recipe.
#include "emend/recipe.h"
#include "models/text_format.h"
#include "panels/job_bar.h"
#include "panels/recipe_panel.h"
#include "panels/trace_panel.h"
#include "plots/trace_map.h"
#include "shell/main_window.h"

namespace emend::ui {

void MainWindow::connectTrace() {
    m_actions[ActionId::TraceFact]->setIconText(tr("Trace")); // beside other controls
    m_trace->setActions(m_actions[ActionId::TraceFact], m_actions[ActionId::SuggestLayers],
                        m_actions[ActionId::Cancel]);
    m_tracing.follow(*m_trace);
    connect(m_actions[ActionId::TraceFact], &QAction::triggered, this, &MainWindow::traceSelected);
    connect(m_actions[ActionId::SuggestLayers], &QAction::triggered, this, [this] {
        showTab(CentreTab::Trace);
        m_tracing.suggest();
    });
    connect(&m_tracing, &Tracing::changed, this, &MainWindow::refreshActions);
    connect(&m_tracing, &Tracing::layersPicked, this, [this](const std::vector<int>& layers) {
        const std::vector<int> taken = m_recipe->setLayers(layers);
        if (taken.empty())
            return;
        const QString text = fromStd(layers_to_text(taken));
        QString told = taken.size() == 1 ? tr("The recipe writes layer %1").arg(text)
                                         : tr("The recipe writes layers %1").arg(text);
        if (taken.size() < layers.size())
            told += tr(": %1 writes one layer only").arg(fromStd(m_recipe->recipe().algorithm));
        m_jobs->setMessage(told, false);
    });
    connect(m_recipe, &RecipePanel::recipeChanged, &m_trace->map(),
            [this] { m_trace->map().setChosenLayers(m_recipe->recipe().layers); });
}

bool MainWindow::traceSelected() {
    showTab(CentreTab::Trace);
    if (!m_tracing.canRun())
        return false;
    m_tracing.run();
    return true;
}

} // namespace emend::ui
