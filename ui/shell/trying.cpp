// SPDX-License-Identifier: GPL-3.0-or-later
#include "shell/trying.h"

#include "emend/error.h"
#include "models/text_format.h"
#include "panels/trial_form.h"

#include <algorithm>
#include <utility>

namespace emend::ui {

Trying::Trying(Workbench& workbench, QObject* parent)
    : QObject(parent)
    , m_workbench(workbench)
    , m_studio(workbench.studio()) {}

void Trying::follow(TrialsPanel& panel) {
    m_panel = &panel;
    connect(&panel, &TrialsPanel::runRequested, this, &Trying::run);
    connect(&panel, &TrialsPanel::cancelRequested, &m_studio, &Studio::cancelTrials);
    connect(&panel, &TrialsPanel::becameVisible, this, &Trying::update);
    connect(&panel.form(), &TrialForm::changed, this, &Trying::update);
    connect(&m_workbench, &Workbench::stateChanged, this, &Trying::update);
    connectStudio();
    update();
}

void Trying::connectStudio() {
    connect(&m_studio, &Studio::unedited, this, [this](quint64 tag, const std::shared_ptr<const Scores>& scores) {
        if (tag == m_tag)
            m_model.setUnedited(*scores);
    });
    connect(&m_studio, &Studio::trialRow, this, [this](quint64 tag, const std::shared_ptr<const TrialRow>& row) {
        if (tag != m_tag)
            return;
        m_model.add(row);
        update();
    });
    connect(&m_studio, &Studio::trialsDone, this, [this](quint64 tag) {
        if (tag == m_tag)
            ended(tr("Done. The model is as it was: every recipe wrote into copies."));
    });
    connect(&m_studio, &Studio::trialsFailed, this, [this](quint64 tag, const Failure& failure) {
        if (tag != m_tag)
            return;
        if (!failure.cancelled)
            m_panel->showFailure(failure);
        if (!failure.cancelled)
            ended({});
        else if (failure.hint.isEmpty())
            ended(tr("Stopped; what ran is kept. The model is as it was."));
        else {
            m_madeRoom = true;
            ended(tr("Stopped: %1. What ran is kept.").arg(failure.hint));
        }
    });
    connect(&m_studio, &Studio::ledgerChanged, this, [this] {
        if (m_running || m_model.rowCount() == 0)
            return;
        const QString stopped = std::exchange(m_madeRoom, false) ? tr("Stopped for the edit.") + u' ' : QString();
        m_panel->setNote(stopped +
                         tr("These recipes were tried on the weights as they were before. Run again to try them on "
                            "the weights as they are now."));
    });
    connect(&m_studio, &Studio::modelOpening, this, &Trying::clear);
}

void Trying::setRecipe(const Recipe& recipe, bool valid) {
    m_recipe = recipe;
    m_recipeValid = valid;
    m_panel->form().showRecipe(recipe);
    update();
}

void Trying::setSelection(const QList<int>& rows) {
    m_selection = rows;
    update();
}

QList<int> Trying::rows() const {
    // With nothing selected there is only one thing it can mean.
    return m_selection.isEmpty() ? m_workbench.drafts() : m_workbench.applicable(m_selection);
}

QString Trying::nothingToTry() const {
    const auto applied = [this](int row) {
        return row < m_workbench.edits().rowCount() && m_workbench.edits().row(row).state == EditState::Applied;
    };
    return std::any_of(m_selection.begin(), m_selection.end(), applied)
               ? tr("The selected edit is in the weights already. Undo it (Ctrl+Z) to try other recipes on it.")
               : tr("Select edits that can be applied.");
}

Trying::Plan Trying::plan() const {
    Plan plan;
    const auto cannot = [&](const QString& why, bool alarm = false) {
        plan.text = why;
        plan.alarm = alarm;
        return plan;
    };
    if (!m_studio.model())
        return cannot(tr("No model is open."));
    if (!m_recipeValid)
        return cannot(tr("The recipe at the right has a fault: it is what every recipe begins with."), true);
    const QList<int> chosen = rows();
    if (chosen.isEmpty())
        return cannot(nothingToTry());
    const std::optional<RecipeGrid> grid = m_panel->form().grid();
    if (!grid)
        return cannot({});
    try {
        plan.grid = recipes_of(*grid, m_recipe, *m_studio.model());
    } catch (const Error& error) {
        const QString hint = fromStd(error.hint());
        return cannot(hint.isEmpty() ? fromStd(error.message())
                                     : QStringLiteral("%1: %2").arg(fromStd(error.message()), hint),
                      true);
    }
    for (const int row : chosen)
        plan.requests.push_back(m_workbench.edits().row(row).request);
    plan.text = planText(plan);
    return plan;
}

QString Trying::planText(const Plan& plan) const {
    const EditRequest& first = plan.requests.front();
    QString edits = tr("%1 → %2").arg(fromStd(first.subject), fromStd(first.object));
    if (plan.requests.size() > 1)
        edits = tr("%1 and %n more", nullptr, static_cast<int>(plan.requests.size()) - 1).arg(edits);
    QStringList told{tr("%n recipe(s)", nullptr, static_cast<int>(plan.grid.recipes.size())), edits};
    if (const double each = secondsPerEdit(); each >= 0)
        told << tr("about %1", "a time")
                    .arg(formatSeconds(each * static_cast<double>(plan.requests.size() * plan.grid.recipes.size())));
    else
        told << tr("how long is known after the first");
    if (!plan.grid.skipped.empty())
        told << tr("%n left out: %1", nullptr, static_cast<int>(plan.grid.skipped.size()))
                    .arg(fromStd(plan.grid.skipped.front().reason));
    return told.join(QStringLiteral("  ·  "));
}

// From the trials that are shown, or else from the newest batch.
double Trying::secondsPerEdit() const {
    double seconds = 0;
    int measured = 0;
    for (int row = 0; row < m_model.rowCount(); ++row) {
        if (m_model.state(row) != TrialsModel::State::Done)
            continue;
        seconds += m_model.result(row)->seconds;
        ++measured;
    }
    if (measured > 0 && m_edits > 0)
        return seconds / measured / static_cast<double>(m_edits);
    const auto& entries = m_studio.ledger().entries;
    if (entries.empty() || !entries.back().report || entries.back().report->edits.empty())
        return -1;
    return entries.back().report->seconds.total / static_cast<double>(entries.back().report->edits.size());
}

void Trying::update() {
    if (m_running) {
        const int through = m_model.count(TrialsModel::State::Done) + m_model.count(TrialsModel::State::Failed);
        m_panel->setPlan(tr("%1 of %2 recipes are through …").arg(through).arg(m_wanted), false);
        return;
    }
    const Plan now = plan();
    const bool busy = m_studio.isEditing() || m_studio.isOpening() || m_studio.isSoftening();
    m_panel->setPlan(now.text, !now.grid.recipes.empty() && !busy, now.alarm);
}

void Trying::run() {
    if (m_running || m_studio.isEditing() || m_studio.isOpening() || m_studio.isSoftening())
        return;
    Plan now = plan();
    if (now.grid.recipes.empty())
        return;
    m_running = true;
    m_madeRoom = false;
    m_edits = now.requests.size();
    m_wanted = now.grid.recipes.size();
    m_panel->clearFailure();
    m_panel->setNote({});
    m_panel->setRunning(true);
    m_model.start(now.grid, m_studio.model()->layers, m_edits);
    m_studio.tryRecipes(std::move(now.requests), std::move(now.grid.recipes), ++m_tag);
    update();
}

void Trying::ended(const QString& note) {
    m_running = false;
    m_model.finish();
    m_panel->setRunning(false);
    m_panel->setNote(note);
    m_panel->selectBest();
    update();
}

void Trying::clear() {
    ++m_tag;
    m_running = false;
    m_model.start({}, 0, 0);
    m_panel->clearFailure();
    m_panel->setRunning(false);
    m_panel->setNote({});
    update();
}

} // namespace emend::ui
