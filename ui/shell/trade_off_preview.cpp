// SPDX-License-Identifier: GPL-3.0-or-later
// The trade-off of edits that are prepared and not applied: nothing is written, and the hand sets the recipe's
// softness.
#include "models/text_format.h"
#include "panels/softness_control.h"
#include "shell/trade_off.h"

namespace emend::ui {

void TradeOff::setRecipe(const Recipe& recipe, bool valid) {
    m_recipe = recipe;
    m_recipeValid = valid;
    update();
}

void TradeOff::setSelection(const QList<int>& rows) {
    m_selection = rows;
    update();
}

void TradeOff::connectPreview() {
    connect(&m_studio, &Studio::frontierOfReady, this,
            [this](quint64 tag, const std::shared_ptr<const Frontier>& frontier) {
                if (!m_preview || tag != m_previewTag)
                    return;
                m_previewAsked = false;
                m_panel->setBusy(false);
                m_model.setFrontier(frontier, tr("prepared edits"));
            });
    connect(&m_studio, &Studio::frontierOfFailed, this, [this](quint64 tag, const Failure& failure) {
        if (!m_preview || tag != m_previewTag)
            return;
        m_panel->setBusy(false);
        if (failure.cancelled) {
            leavePreview();
            return update();
        }
        m_previewAsked = false;
        m_panel->setFailure(failure);
    });
}

// Those that are selected; where none of them can be applied, all that can.
QList<int> TradeOff::prepared() const {
    const QList<int> chosen = m_workbench.applicable(m_selection);
    return chosen.isEmpty() ? m_workbench.drafts() : chosen;
}

TradeOff::Preview TradeOff::previewOf(const QList<int>& rows) const {
    Preview preview;
    for (const int row : rows)
        preview.edits << std::pair(m_workbench.edits().row(row).id, m_workbench.edits().row(row).revision);
    preview.recipe = m_recipe;
    preview.recipe.softness.reset();
    return preview;
}

void TradeOff::showPrepared() {
    const QList<int> rows = prepared();
    const bool any = !rows.isEmpty() && m_recipeValid && !find_algorithm(m_recipe.algorithm).fine_tunes;
    if (m_preview && any && *m_preview == previewOf(rows)) {
        m_panel->setSoftness(m_recipe.softness.value_or(std::max(0.0, defaultSoftness(m_recipe.algorithm))));
        m_panel->setKnobEnabled(true);
        return askPreview();
    }
    leavePreview();
    m_previewAction->setText(tr("Preview the frontier of %n prepared edit(s)", nullptr, static_cast<int>(rows.size())));
    m_previewAction->setEnabled(any);
    m_previewAction->setVisible(any);
    showNothing(tr("Nothing to trade off yet"),
                tr("Apply the edit (Ctrl+Return): then this knob says how much the model may change elsewhere to learn "
                   "it. A preview solves the prepared edits and writes nothing."));
}

void TradeOff::preview() {
    const QList<int> rows = prepared();
    if (rows.isEmpty() || !m_recipeValid || !m_studio.model())
        return;
    m_batch = 0;
    m_report.reset();
    m_row = 0;
    m_overlay.clear();
    m_preview = previewOf(rows);
    m_previewWanted = true;
    const EditRequest& first = m_workbench.edits().row(rows.front()).request;
    QString title = tr("%1 → %2").arg(fromStd(first.subject), fromStd(first.object));
    if (rows.size() > 1)
        title = tr("%1 and %n more", nullptr, static_cast<int>(rows.size()) - 1).arg(title);
    TradeOffPanel::Batch batch = described(tr("Preview: %1").arg(title), 1, m_recipe, written_layers(m_recipe));
    batch.others.clear();
    batch.whyNone = tr("Of applied edits only");
    m_model.setFrontier(nullptr, {});
    m_panel->knob().letGo();
    m_panel->clearFailure();
    m_panel->clearOverlay();
    m_panel->showBatch(batch);
    m_panel->setAnswer(nullptr, nullptr);
    m_panel->setNorm({});
    m_panel->setPhase(TradeOffPanel::Phase::Preview);
    update();
}

void TradeOff::askPreview() {
    if (!m_previewWanted || !canLook())
        return;
    FrontierRequest request;
    for (const auto& [id, revision] : m_preview->edits)
        request.requests.push_back(m_workbench.edits().row(m_workbench.edits().indexOf(id)).request);
    request.recipe = m_recipe;
    m_previewWanted = false;
    m_previewAsked = true;
    m_previewTag = ++m_lastTag;
    m_panel->setBusy(true);
    m_studio.frontierOf(request, m_previewTag);
}

void TradeOff::leavePreview() {
    if (!m_preview)
        return;
    m_preview.reset();
    m_previewWanted = false;
    m_previewAsked = false;
    m_previewTag = ++m_lastTag; // what is on its way is late
    m_panel->setBusy(false);
    m_model.setFrontier(nullptr, {});
}

} // namespace emend::ui
