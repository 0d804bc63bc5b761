// SPDX-License-Identifier: GPL-3.0-or-later
#include "shell/diagnosing.h"

#include "models/text_format.h"

#include <algorithm>

namespace emend::ui {

namespace {

const LedgerEntry* entryOf(const EditRow& row, const LedgerState& ledger) {
    for (const LedgerEntry& entry : ledger.entries)
        if (row.batch == entry.id)
            return &entry;
    return nullptr;
}

bool isInWeights(const LedgerEntry& entry, const LedgerState& ledger) {
    const auto place = static_cast<std::size_t>(&entry - ledger.entries.data());
    return entry.report && entry.active && place < ledger.position;
}

bool isSameEdit(const EditRequest& a, const EditRequest& b) {
    return a.subject == b.subject && a.prompt == b.prompt && a.object == b.object && a.true_object == b.true_object;
}

} // namespace

Diagnosing::Diagnosing(Workbench& workbench, QObject* parent)
    : QObject(parent)
    , m_workbench(workbench)
    , m_studio(workbench.studio()) {}

void Diagnosing::follow(DiagnosisPanel& panel) {
    m_panel = &panel;
    connect(&panel, &DiagnosisPanel::becameVisible, this, &Diagnosing::update);
    // Nobody looks any more: the engine has other things to do.
    connect(&panel, &DiagnosisPanel::becameHidden, this, [this] {
        if (!m_asked)
            return;
        stop();
        m_wanted = true;
    });
    connect(&m_workbench, &Workbench::stateChanged, this, &Diagnosing::update);
    connectStudio();
    update();
}

void Diagnosing::connectStudio() {
    connect(&m_studio, &Studio::ledgerChanged, this, [this] {
        forget();
        update();
    });
    connect(&m_studio, &Studio::modelOpening, this, &Diagnosing::forget);
    // No answer comes. Asked again when the weights are others, or the edit came to nothing.
    connect(&m_studio, &Studio::lookingStopped, this, [this] {
        if (!m_asked)
            return;
        m_asked = false;
        ++m_tag;
        m_wanted = true;
    });
    connect(&m_studio, &Studio::diagnosed, this,
            [this](quint64 tag, const std::shared_ptr<const Diagnosis>& diagnosis) {
                if (tag != m_tag)
                    return;
                m_asked = false;
                m_model.setDiagnosis(diagnosis, caption());
                m_layers.setDiagnosis(diagnosis);
                m_panel->showDiagnosis(m_target.report->recipe.values.stop_loss);
            });
    connect(&m_studio, &Studio::diagnoseFailed, this, [this](quint64 tag, const Failure& failure) {
        if (tag != m_tag)
            return;
        m_asked = false;
        if (failure.cancelled)
            m_panel->showStopped();
        else
            m_panel->showFailure(failure);
    });
}

Diagnosing::Target Diagnosing::selected() const {
    const int current = m_workbench.currentRow();
    if (!m_studio.model() || current < 0)
        return {};
    const EditRow& row = m_workbench.edits().row(current);
    const LedgerEntry* entry = entryOf(row, m_studio.ledger());
    if (!entry || !isInWeights(*entry, m_studio.ledger()))
        return {};
    const auto& edits = entry->report->edits;
    const auto own = std::find_if(edits.begin(), edits.end(),
                                  [&](const EditOutcome& outcome) { return isSameEdit(outcome.request, row.request); });
    if (own == edits.end())
        return {};
    return {entry->id, static_cast<std::size_t>(own - edits.begin()), entry->report};
}

bool Diagnosing::canDiagnose() const {
    return selected().batch != 0 && !m_studio.isEditing() && !m_studio.isOpening();
}

QString Diagnosing::caption() const {
    const EditRequest& request = m_target.report->edits[m_target.edit].request;
    const Recipe& recipe = m_target.report->recipe;
    const QString layers = fromStd(layers_to_text(recipe.layers));
    return tr("%1 → %2  ·  %3, %4")
        .arg(fromStd(request.subject), fromStd(request.object), fromStd(recipe.algorithm),
             recipe.layers.size() == 1 ? tr("layer %1").arg(layers) : tr("layers %1").arg(layers));
}

void Diagnosing::forget() {
    stop();
    if (m_target.batch == 0)
        return;
    m_target = {};
    m_model.setDiagnosis(nullptr, {});
    m_layers.setDiagnosis(nullptr);
}

void Diagnosing::update() {
    Target target = selected();
    if (target.batch == 0) {
        forget();
        explainNothing();
        return;
    }
    if (target != m_target) {
        forget();
        m_target = std::move(target);
        m_wanted = true;
        m_panel->showNothing(tr("Looking into the edit…"), tr("The values are kept, so this does not take long."));
    }
    ask();
}

void Diagnosing::explainNothing() {
    const int current = m_workbench.currentRow();
    if (m_studio.isOpening() || !m_studio.engineReady())
        return m_panel->showNothing(tr("Opening the model…"), tr("Edits can be typed meanwhile."));
    if (!m_studio.model())
        return m_panel->showNothing(tr("No model is open"), tr("Open a model folder (Ctrl+O), or drop one here."));
    if (current < 0)
        return m_panel->showNothing(tr("No edit is selected"), tr("Select one that is applied."));
    const EditRow& row = m_workbench.edits().row(current);
    if (row.state == EditState::Applying)
        return m_panel->showNothing(tr("Applying the edit…"), tr("It is looked into once it is there."));
    const LedgerEntry* entry = entryOf(row, m_studio.ledger());
    if (entry && !entry->active)
        return m_panel->showNothing(tr("This batch is switched off"), tr("Switch it on in the history (Ctrl+H)."));
    if (entry)
        return m_panel->showNothing(tr("This batch is undone"),
                                    tr("Redo it (Ctrl+Shift+Z), or go to it in the history."));
    m_panel->showNotApplied(
        tr("Not applied yet"),
        tr("Apply the edit: then this tells link by link whether it took - were the tokens right, was the value found, "
           "did the layers write it, does a later layer overrule it - and which setting to change."));
}

void Diagnosing::again() {
    if (!canDiagnose())
        return;
    forget();
    update();
}

void Diagnosing::ask() {
    if (!m_wanted || !m_panel->isVisible())
        return;
    if (m_studio.isEditing() || m_studio.isOpening() || m_studio.isSoftening())
        return; // comes back when the weights stand still
    m_wanted = false;
    m_asked = true;
    m_studio.diagnose(m_target.batch, m_target.edit, ++m_tag);
}

void Diagnosing::stop() {
    m_wanted = false;
    if (!m_asked)
        return;
    m_asked = false;
    ++m_tag;
    m_studio.stopDiagnosing();
}

} // namespace emend::ui
