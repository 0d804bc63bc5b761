// SPDX-License-Identifier: GPL-3.0-or-later
// The recipe panel, its statistics and the conflicts between edits, wired to the workbench.
#include "panels/edits_panel.h"
#include "panels/recipe_panel.h"
#include "panels/statistics_line.h"
#include "shell/main_window.h"

namespace emend::ui {

void MainWindow::connectRecipe() {
    Studio& studio = m_workbench.studio();
    StatisticsLine& line = m_recipe->statistics();
    connect(m_recipe, &RecipePanel::recipeChanged, this, [this, &line] {
        line.setWaiting(m_recipe->isValid());
        m_workbench.setRecipe(m_recipe->recipe(), m_recipe->isValid());
    });
    connect(&studio, &Studio::statisticsKnown, &line,
            [this, &line](const std::shared_ptr<const StatisticsStatus>& status) {
                line.setStatus(*status, m_recipe->recipe());
            });
    connect(&studio, &Studio::statisticsUnknown, &line, [&line](const Failure& failure) {
        if (!failure.cancelled && !line.isCollecting())
            line.setFailure(failure);
    });
    connect(&studio, &Studio::statisticsStarted, &line, &StatisticsLine::setCollecting);
    connect(&studio, &Studio::statisticsFailed, &line, &StatisticsLine::setFailure);
    connect(&studio, &Studio::statisticsCollected, &line, [this, &line] {
        line.setCollected();
        m_workbench.askStatistics();
    });
    connect(&studio.jobs(), &JobQueue::statusChanged, &line, [&line](const JobStatus& status) {
        if (status.id != 0 && status.lane == Lane::Statistics)
            line.setProgress(status);
    });
    connect(&line, &StatisticsLine::collectRequested, &m_workbench, &Workbench::collectStatistics);
    connect(&line, &StatisticsLine::cancelRequested, &studio, &Studio::cancelStatistics);
    connect(m_edits, &EditsPanel::mergeRequested, m_recipe, [this] { m_recipe->setMergeSubjects(true); });
    connect(m_actions[ActionId::FindConflicts], &QAction::triggered, &m_workbench, &Workbench::findConflicts);
}

} // namespace emend::ui
