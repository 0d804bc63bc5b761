// SPDX-License-Identifier: GPL-3.0-or-later
// Why an edit took or did not, and what other recipes would do: the two tabs, wired to what drives them.
#include "models/text_format.h"
#include "panels/compare_panel.h"
#include "panels/diagnosis_panel.h"
#include "panels/edits_panel.h"
#include "panels/job_bar.h"
#include "panels/recipe_panel.h"
#include "panels/trials_panel.h"
#include "shell/main_window.h"

#include <QTabWidget>

namespace emend::ui {

namespace {

// A part of the edit itself; -1: no such part.
int columnOf(const QString& setting) {
    if (setting == u"subject")
        return EditsModel::Subject;
    if (setting == u"prompt")
        return EditsModel::RelationColumn;
    return setting == u"object" ? EditsModel::Object : -1;
}

} // namespace

void MainWindow::buildWhy() {
    m_diagnosisPanel = new DiagnosisPanel(m_diagnosing.model(), m_diagnosing.layers());
    m_diagnosisPanel->setObjectName(QStringLiteral("diagnosisPanel"));
    m_trialsPanel = new TrialsPanel(m_trying.model());
    m_trialsPanel->setObjectName(QStringLiteral("trialsPanel"));
    m_tabs->addTab(m_diagnosisPanel, tr("Why"));
    m_tabs->addTab(m_trialsPanel, tr("Try recipes"));
}

void MainWindow::connectWhy() {
    const auto on = [this](ActionId id, auto&& call) { connect(m_actions[id], &QAction::triggered, this, call); };
    on(ActionId::ShowDiagnosis, [this] { showTab(CentreTab::Diagnosis); });
    on(ActionId::ShowTrials, [this] { showTab(CentreTab::Trials); });
    on(ActionId::Diagnose, [this] {
        showTab(CentreTab::Diagnosis);
        m_diagnosing.again();
    });
    on(ActionId::TryRecipes, [this] {
        showTab(CentreTab::Trials);
        m_trialsPanel->focusForm();
    });
    m_compare->setWhyAction(m_actions[ActionId::ShowDiagnosis]);
    m_diagnosisPanel->setApplyAction(m_actions[ActionId::Apply]);
    m_diagnosisPanel->setAgainAction(m_actions[ActionId::Diagnose]);
    m_diagnosisPanel->setSettingNames(
        [this](const QString& setting) { return columnOf(setting) >= 0 ? setting : m_recipe->fieldName(setting); });
    connect(m_diagnosisPanel, &DiagnosisPanel::settingRequested, this, &MainWindow::changeSetting);
    m_diagnosing.follow(*m_diagnosisPanel);
    m_trying.follow(*m_trialsPanel);
    connect(m_recipe, &RecipePanel::recipeChanged, this,
            [this] { m_trying.setRecipe(m_recipe->recipe(), m_recipe->isValid()); });
    connect(m_edits, &EditsPanel::selectionChanged, this, [this] { m_trying.setSelection(m_edits->selectedRows()); });
    connect(m_trialsPanel, &TrialsPanel::useRequested, this, &MainWindow::useRecipe);
}

// To the recipe's field; or, where it is the edit itself, to a draft of it: what is applied stays what it is. A batch
// whose history changed underneath it is solved again: no setting helps it.
void MainWindow::changeSetting(const QString& setting) {
    if (setting == u"history") {
        const int selected = m_workbench.currentRow();
        if (const auto batch = selected < 0 ? std::nullopt : m_workbench.edits().row(selected).batch)
            m_history.solveAgain(m_history.model().rowOf(*batch));
        return;
    }
    const int column = columnOf(setting);
    if (column < 0)
        return m_recipe->focusField(setting);
    EditsModel& edits = m_workbench.edits();
    const int row = m_workbench.currentRow();
    if (row < 0)
        return;
    m_edits->editCell(edits.row(row).isFixed() ? edits.duplicate({row}) : row, column);
}

void MainWindow::useRecipe(const Recipe& recipe) {
    m_recipe->setRecipe(recipe);
    m_jobs->setMessage(
        tr("The recipe is now %1, layers %2, %3")
            .arg(fromStd(recipe.algorithm), fromStd(layers_to_text(recipe.layers)), fromStd(recipe.distribution)),
        false);
}

void MainWindow::runTrials() {
    m_trying.run();
}

} // namespace emend::ui
