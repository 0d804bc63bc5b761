// SPDX-License-Identifier: GPL-3.0-or-later
// A second line in the trade-off: the same edits, shared among the layers in another way.
#include "emend/error.h"
#include "emend/trial.h"
#include "models/text_format.h"
#include "shell/trade_off.h"

namespace emend::ui {

namespace {

// The last layer stays, for the values that were found belong to it; one layer becomes as many as MEMIT would write.
// What goes with what is the grid's to say. Throws Error where nothing does.
Recipe sharedAs(Recipe recipe, const std::string& distribution, const ModelInfo& model) {
    recipe.weights.clear();
    if (recipe.layers.size() == 1 && distribution != "single") {
        const int last = recipe.layers.back();
        const int several = static_cast<int>(default_recipe(model, "MEMIT").layers.size());
        recipe.layers.clear();
        for (int layer = std::max(0, last - several + 1); layer <= last; ++layer)
            recipe.layers.push_back(layer);
    }
    RecipeGrid grid;
    grid.layers = {recipe.layers};
    grid.distributions = {distribution};
    return recipes_of(grid, recipe, model).recipes.front();
}

} // namespace

void TradeOff::connectOverlay() {
    connect(m_panel, &TradeOffPanel::overlayChosen, this, [this](const QString& distribution) {
        m_overlay = distribution;
        m_overlayTag = ++m_lastTag; // what is on its way is not wanted any more
        m_overlayAsked = false;
        m_panel->setOverlayBusy({});
        m_panel->clearFailure();
        m_model.setOverlay(nullptr, {}, {});
        askOverlay();
    });
    connect(&m_studio, &Studio::frontierOfReady, this,
            [this](quint64 tag, const std::shared_ptr<const Frontier>& frontier) {
                const LedgerEntry* of = entry(m_batch);
                if (tag != m_overlayTag || !of)
                    return;
                m_overlayAsked = false;
                m_panel->setOverlayBusy({});
                m_model.setOverlay(frontier, fromStd(of->report->recipe.distribution), m_overlay);
            });
    connect(&m_studio, &Studio::frontierOfFailed, this, [this](quint64 tag, const Failure& failure) {
        if (tag != m_overlayTag)
            return;
        m_overlayAsked = false;
        m_overlay.clear();
        m_panel->clearOverlay();
        if (!failure.cancelled)
            m_panel->setFailure(failure);
    });
}

void TradeOff::askOverlay() {
    m_overlayWanted = false;
    const LedgerEntry* of = entry(m_batch);
    if (m_overlay.isEmpty() || !of || !of->report || of->report->recipe.layers.empty() || !m_model.frontier())
        return;
    FrontierRequest request;
    request.batch_id = m_batch;
    try {
        request.recipe = sharedAs(of->report->recipe, m_overlay.toStdString(), *m_studio.model());
    } catch (const Error&) {
        m_overlay.clear();
        m_panel->clearOverlay();
        return m_panel->setFailure(Failure::fromCurrentException());
    }
    m_panel->setOverlayBusy(m_overlay);
    m_overlayTag = ++m_lastTag;
    m_overlayAsked = true;
    m_studio.frontierOf(request, m_overlayTag);
}

} // namespace emend::ui
