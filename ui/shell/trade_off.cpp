// SPDX-License-Identifier: GPL-3.0-or-later
#include "shell/trade_off.h"

#include "emend/error.h"
#include "models/text_format.h"
#include "panels/recipe_applies.h"
#include "panels/softness_control.h"

#include <algorithm>

namespace emend::ui {

using Phase = TradeOffPanel::Phase;

TradeOff::TradeOff(Workbench& workbench, QObject* parent)
    : QObject(parent)
    , m_workbench(workbench)
    , m_studio(workbench.studio())
    , m_previewAction(new QAction(tr("Preview the frontier"), this)) {
    m_previewAction->setObjectName(QStringLiteral("previewFrontier"));
    connect(m_previewAction, &QAction::triggered, this, &TradeOff::preview);
}

void TradeOff::follow(TradeOffPanel& panel) {
    m_panel = &panel;
    connect(&panel, &TradeOffPanel::moved, this, [this](double softness) { soften(softness, false); });
    connect(&panel, &TradeOffPanel::chosen, this, [this](double softness) { soften(softness, true); });
    connect(&panel, &TradeOffPanel::becameVisible, this, [this] {
        update();
        askFrontier();
    });
    connect(&m_workbench, &Workbench::stateChanged, this, &TradeOff::update);
    connectStudio();
    connectOverlay();
    connectPreview();
    connect(&m_studio, &Studio::lookingStopped, this, &TradeOff::lookingStopped);
    update();
}

void TradeOff::connectStudio() {
    connect(&m_studio, &Studio::ledgerChanged, this, [this](const LedgerState& ledger) {
        keepLedger(ledger);
        leavePreview(); // it was of other weights
        update();
    });
    connect(&m_studio, &Studio::frontierReady, this, [this](const std::shared_ptr<const Frontier>& frontier) {
        if (frontier->batch_id != m_batch)
            return;
        m_asked = false;
        m_panel->setBusy(false);
        m_panel->clearFailure();
        const LedgerEntry* of = entry(m_batch);
        m_model.setFrontier(frontier, of ? fromStd(of->title) : QString());
        askOverlay();
    });
    connect(&m_studio, &Studio::frontierFailed, this, [this](quint64 batch, const Failure& failure) {
        if (batch != m_batch)
            return;
        m_asked = false;
        m_wanted = failure.cancelled; // asked for again when somebody comes to look
        m_panel->setBusy(false);
        if (!failure.cancelled)
            m_panel->setFailure(failure);
    });
    connect(&m_studio, &Studio::softened, this,
            [this](quint64 batch, const std::shared_ptr<const SoftnessResult>& result, bool settled, quint64 watched) {
                if (settled)
                    m_settling = std::max(0, m_settling - 1);
                const LedgerEntry* of = entry(batch);
                if (batch != m_batch || !of)
                    return;
                m_report = of->report;
                m_live = !settled;
                m_panel->clearFailure();
                m_panel->setNorm(result->layers);
                const int row = m_workbench.currentRow();
                if (row >= 0 && m_workbench.edits().row(row).id == watched && !result->answers.empty())
                    m_panel->setAnswer(&m_workbench.edits().row(row).request, &result->answers.front());
                if (m_settling > 0)
                    return;
                m_panel->setPhase(settled ? Phase::Settled : Phase::Live);
                if (!m_studio.isSoftening())
                    m_panel->setSoftness(result->softness);
                // Keys and residuals of later layers were read anew.
                if (settled && result->layers.size() > 1) {
                    m_wanted = true;
                    askFrontier();
                } else if (settled) {
                    askOverlay();
                }
            });
    connect(&m_studio, &Studio::softenFailed, this, [this](quint64 batch, const Failure& failure) {
        m_settling = 0;
        const LedgerEntry* of = entry(batch);
        if (batch != m_batch || !of || !of->report)
            return;
        m_panel->knob().letGo();
        m_panel->setSoftness(of->report->recipe.softness.value_or(0));
        m_panel->setPhase(m_live ? Phase::Live : Phase::Solved);
        if (!failure.cancelled)
            m_panel->setFailure(failure);
    });
    connect(&m_studio, &Studio::modelOpened, this, [this] {
        leavePreview();
        m_batch = 0;
        m_settling = 0;
        update();
    });
}

// The report says what the softness is; what the recipe said is remembered from its first report.
void TradeOff::keepLedger(const LedgerState& ledger) {
    QHash<quint64, double> recipes;
    for (const LedgerEntry& entry : ledger.entries) {
        const double now = entry.report ? entry.report->recipe.softness.value_or(0) : 0;
        recipes.insert(entry.id, m_recipes.value(entry.id, now));
    }
    m_recipes = std::move(recipes);
}

const LedgerEntry* TradeOff::entry(quint64 batch) const {
    for (const LedgerEntry& entry : m_studio.ledger().entries)
        if (entry.id == batch)
            return &entry;
    return nullptr;
}

double TradeOff::defaultSoftness(const std::string& algorithm) const {
    try {
        return default_recipe(*m_studio.model(), algorithm)
            .softness.value_or(find_algorithm(algorithm).default_softness);
    } catch (const Error&) {
        return -1; // a recipe of a newer version
    }
}

void TradeOff::showNothing(const QString& title, const QString& hint) {
    m_batch = 0;
    m_report.reset();
    m_wanted = false;
    m_panel->showNothing(title, hint);
}

void TradeOff::update() {
    const int current = m_workbench.currentRow();
    if (!m_studio.model())
        return showNothing(tr("No model is open"), tr("Open a model folder (Ctrl+O), or drop one on this window."));
    if (current < 0)
        return showNothing(tr("No edit is selected"), tr("Select one that is applied."));
    const EditRow& row = m_workbench.edits().row(current);
    const LedgerEntry* of = row.batch ? entry(*row.batch) : nullptr;
    if (!of || !of->report)
        return showPrepared();
    leavePreview();
    if (!of->active)
        return showNothing(tr("This batch is switched off"), tr("Switch it on in the history (Ctrl+H)."));
    const auto& entries = m_studio.ledger().entries;
    if (of - entries.data() >= static_cast<std::ptrdiff_t>(m_studio.ledger().position))
        return showNothing(tr("This batch is undone"), tr("Redo it (Ctrl+Shift+Z), or go to it in the history."));
    if (of->report->layers.empty() ||
        (defaultSoftness(of->report->recipe.algorithm) >= 0 && find_algorithm(of->report->recipe.algorithm).fine_tunes))
        return showNothing(tr("%1 has no softness").arg(fromStd(of->report->recipe.algorithm)),
                           tr("It takes gradient steps instead of solving a system; there is nothing to trade off."));
    if (of->id != m_batch || of->report != m_report)
        showBatch(*of);
    if (of->stale && m_settling == 0 && !m_live)
        m_panel->setPhase(Phase::Stale);
    m_panel->setKnobEnabled(!m_studio.isOpening() && (!m_studio.isEditing() || m_settling > 0));
    showAnswer(row);
    askFrontier();
}

void TradeOff::showBatch(const LedgerEntry& of) {
    const EditReport& report = *of.report;
    const bool other = of.id != m_batch;
    m_batch = of.id;
    m_report = of.report;
    m_wanted = true;
    m_live = false;
    if (other) {
        m_row = 0;
        m_panel->knob().letGo();
        m_panel->clearFailure();
        m_panel->setBusy(false);
        m_model.setFrontier(nullptr, {});
        m_overlay.clear();
        m_panel->clearOverlay();
    }
    std::vector<int> layers;
    for (const LayerReport& layer : report.layers)
        layers.push_back(layer.layer);
    TradeOffPanel::Batch batch = described(fromStd(of.title), report.edits.size(), report.recipe, layers);
    batch.recipe = m_recipes.value(of.id, batch.softness);
    m_panel->showBatch(batch);
    m_panel->setNorm(report.layers);
    m_panel->setPhase(Phase::Solved);
}

TradeOffPanel::Batch TradeOff::described(const QString& title, std::size_t edits, const Recipe& recipe,
                                         const std::vector<int>& layers) const {
    TradeOffPanel::Batch batch;
    batch.layers = static_cast<int>(layers.size());
    batch.softness = recipe.softness.value_or(std::max(0.0, defaultSoftness(recipe.algorithm)));
    batch.recipe = batch.softness;
    QStringList told{title, tr("%1, %2").arg(fromStd(recipe.algorithm),
                                             batch.layers == 1 ? tr("layer %1").arg(layers.front())
                                                               : tr("%n layer(s)", nullptr, batch.layers))};
    if (edits > 1)
        told << tr("%n edit(s)", nullptr, static_cast<int>(edits));
    batch.caption = told.join(QStringLiteral("  ·  "));
    // What memorizes exactly is measured against the one that does not; in a null space softness means something else.
    batch.usual = defaultSoftness(recipe.algorithm);
    batch.usualOf = fromStd(recipe.algorithm);
    if (batch.usual == 0 && !find_algorithm(recipe.algorithm).in_null_space) {
        batch.usualOf = QStringLiteral("MEMIT");
        batch.usual = defaultSoftness("MEMIT");
    }
    if (batch.usual < 0 || writes_one_layer(find_algorithm(recipe.algorithm)))
        batch.whyNone = tr("%1 writes one layer: there is nothing to share").arg(fromStd(recipe.algorithm));
    else
        for (const DistributionInfo& row : distributions())
            if (row.id != recipe.distribution && !row.takes_weights)
                batch.others << QString::fromUtf8(row.id.data(), static_cast<qsizetype>(row.id.size()));
    return batch;
}

// What the model says now; while the knob moves, its own answers are newer than the table's.
void TradeOff::showAnswer(const EditRow& row) {
    if (row.checked && row.answer && !m_studio.isSoftening() && m_settling == 0) {
        m_row = row.id;
        m_panel->setAnswer(&row.request, &row.answer->present);
    } else if (row.id != m_row) {
        m_row = row.id;
        m_panel->setAnswer(nullptr, nullptr);
    }
}

bool TradeOff::canLook() const {
    return m_panel->isVisible() && !m_studio.isEditing() && !m_studio.isOpening() && !m_studio.isSoftening();
}

void TradeOff::askFrontier() {
    if (m_batch == 0 || !canLook())
        return;
    if (m_overlayWanted && !m_wanted)
        askOverlay();
    if (!m_wanted)
        return;
    m_wanted = false;
    m_asked = true;
    m_panel->setBusy(true);
    m_studio.frontier(m_batch);
}

// No answer comes: asked again by update(), which comes with every change of what runs.
void TradeOff::lookingStopped() {
    if (std::exchange(m_asked, false)) {
        m_wanted = true;
        m_panel->setBusy(false);
    }
    if (std::exchange(m_overlayAsked, false)) {
        m_overlayWanted = true;
        m_panel->setOverlayBusy({});
    }
    if (std::exchange(m_previewAsked, false)) {
        m_previewWanted = true;
        m_panel->setBusy(false);
    }
}

quint64 TradeOff::watched() const {
    const int row = m_workbench.currentRow();
    return row >= 0 ? m_workbench.edits().row(row).id : 0;
}

SoftnessRequest TradeOff::request(double softness) const {
    SoftnessRequest request;
    request.batch_id = m_batch;
    request.softness = softness;
    if (const int row = m_workbench.currentRow(); row >= 0)
        request.watch.push_back(m_workbench.edits().row(row).request);
    return request;
}

void TradeOff::soften(double softness, bool settle) {
    if (m_preview) {
        if (settle)
            emit softnessChosen(softness);
        return;
    }
    const LedgerEntry* of = entry(m_batch);
    if (!of)
        return;
    const double now = of->report ? of->report->recipe.softness.value_or(0) : 0;
    if (settle && softness == now && !m_live && !of->stale && !m_studio.isSoftening() && m_settling == 0)
        return; // clicked, but not moved
    if (!settle) {
        m_panel->setPhase(Phase::Live);
        m_studio.setSoftness(request(softness), watched());
        return;
    }
    ++m_settling;
    m_panel->setPhase(Phase::Settling);
    m_studio.settle(request(softness), watched());
}

} // namespace emend::ui
