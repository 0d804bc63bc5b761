// SPDX-License-Identifier: GPL-3.0-or-later
// What the trace tab shows: the selected fact's trace as far as it is known, the average over the session's facts with
// the layers it speaks for, and the logit lens at the chosen token.
#include "emend/error.h"
#include "models/text_format.h"
#include "plots/trace_map.h"
#include "shell/tracing.h"

#include <algorithm>

namespace emend::ui {

namespace {

std::size_t placeOf(TracedObject object) {
    return object == TracedObject::True ? 1 : 0;
}

QString filledPrompt(const EditRequest& request) {
    QString prompt = fromStd(request.prompt);
    return prompt.replace(QStringLiteral("{}"), fromStd(request.subject));
}

} // namespace

void Tracing::update() {
    dropStale();
    const int current = m_workbench.currentRow();
    const EditRow* row = current >= 0 ? &m_workbench.edits().row(current) : nullptr;
    const auto nothing = [this](const QString& title, const QString& hint) {
        m_shown.clear();
        m_model.clear();
        m_panel->setSuggestion({});
        m_panel->showNothing(title, hint);
    };
    if (!m_studio.model())
        return nothing(tr("No model is open"), tr("Open a model folder (Ctrl+O), or drop one on this window."));
    m_panel->controls().setObjects(row ? fromStd(row->request.object) : QString(),
                                   row ? fromStd(row->request.true_object.value_or(std::string())) : QString());
    if (m_panel->scope() == TracePanel::Scope::Average)
        return showAverage();
    m_panel->setSuggestion({});
    if (!row)
        return nothing(tr("No edit is selected"), tr("Select one, or add one with Ctrl+N."));
    if (row->isBlank())
        return nothing(tr("Nothing to trace yet"), tr("Type a subject, a relation and the new object."));
    if (const auto problem = m_workbench.edits().problem(current))
        return nothing(fromStd(problem->what), fromStd(problem->hint));
    showFact(*row);
}

void Tracing::showFact(const EditRow& row) {
    const TraceChoice choice = m_panel->controls().choice();
    const QString weights = weightsOf(choice);
    std::vector<std::shared_ptr<const TraceResult>> traces;
    for (const TraceKind kind : choice.kinds)
        traces.push_back(m_store.find(keyOf(row, kind, choice, weights)).trace);
    if (std::all_of(traces.begin(), traces.end(), [](const auto& trace) { return !trace; }))
        return showNotRun(row, choice);
    const std::size_t object = placeOf(choice.object);
    if (traces != m_shown || object != m_shownObject) {
        m_shown = traces;
        m_shownObject = object;
        m_model.setPicture(pictureOf(choice.kinds, traces, object));
    }
    m_panel->showTrace();
    askLens(row);
}

void Tracing::showNotRun(const EditRow& row, const TraceChoice& choice) {
    m_shown.clear();
    m_model.clear();
    // What runs may have other settings than those that are chosen by now.
    if (isRunning() && m_running->key == keyOf(row, m_running->key.kind, choice, weightsOf(choice)))
        return m_panel->showNotRun(tr("Tracing…"), tr("The cells fill in as they are known, the likeliest first."));
    QString hint = tr("Noise hides the subject; then one state after the other is put back. Where the answer returns, "
                      "the fact is kept.");
    const double perCell = m_store.secondsPerCell();
    if (row.answer && perCell > 0) {
        const double cells = static_cast<double>(row.answer->pieces.size()) * m_studio.model()->layers;
        hint += QLatin1Char(' ') +
                tr("About %1.")
                    .arg(formatDuration(perCell * cells * choice.samples * static_cast<double>(choice.kinds.size())));
    }
    m_panel->showNotRun(tr("Where does the model keep this fact?"), hint);
}

void Tracing::showAverage() {
    if (!m_averageStale && m_shown.empty() && (m_model.isEmpty() || m_model.picture().average))
        return;
    m_averageStale = false;
    m_shown.clear();
    m_panel->setSuggestion({});
    const TraceChoice choice = m_panel->controls().choice();
    const EditsModel& edits = m_workbench.edits();
    const QString weights = weightsOf(choice);
    std::vector<TraceAverage> averages;
    try {
        for (const TraceKind kind : choice.kinds) {
            std::vector<TraceKey> keys;
            for (int row = 0; row < edits.rowCount(); ++row)
                keys.push_back(keyOf(edits.row(row), kind, choice, weights));
            const std::vector<TraceResult> traces = m_store.alike(keys, placeOf(choice.object));
            if (traces.empty())
                continue;
            averages.push_back(average_traces(traces));
            if (kind == suggestedBy(choice))
                m_panel->setSuggestion(suggest_layers(averages.back()));
        }
    } catch (const Error&) {
        m_panel->setFailure(Failure::fromCurrentException());
        averages.clear();
    }
    // Beside the average of three facts that of one says nothing.
    std::size_t facts = 0;
    for (const TraceAverage& average : averages)
        facts = std::max(facts, average.facts);
    std::erase_if(averages, [facts](const TraceAverage& average) { return average.facts < facts; });
    if (averages.empty()) {
        m_model.clear();
        return m_panel->showNoAverage(
            isRunning() ? tr("Tracing the facts…") : tr("No fact has been traced this way yet"),
            tr("An average needs whole traces of the session's facts: trace them one by one, or let the program run "
               "those that are missing."));
    }
    m_model.setPicture(pictureOf(averages));
    m_panel->showTrace();
}

void Tracing::askLens(const EditRow& row) {
    if (m_lensAsked && (m_lensAsked->row != row.id || m_lensAsked->revision != row.revision))
        m_token = -1; // another text
    const int last = static_cast<int>(m_model.picture().rows.size()) - 1;
    const int token = m_token < 0 || m_token > last ? last : m_token;
    m_panel->setChosenToken(token);
    const LensAsked wanted{row.id, row.revision, token, weightsOf({})};
    if (!m_panel->isVisible() || m_lensAsked == wanted || m_studio.isEditing() || m_studio.isOpening() ||
        m_studio.isCollecting() || m_studio.isSoftening())
        return;
    m_lensAsked = wanted;
    m_lensRow = row;
    LensRequest request;
    request.prompt = filledPrompt(row.request).toStdString();
    request.token = token;
    request.object = row.request.object;
    request.true_object = row.request.true_object;
    const LedgerState& ledger = m_studio.ledger();
    request.before = ledger.position;
    if (row.state == EditState::Applied && row.batch) {
        const auto own = std::find_if(ledger.entries.begin(), ledger.entries.end(),
                                      [&](const LedgerEntry& entry) { return entry.id == *row.batch; });
        request.before = static_cast<std::size_t>(own - ledger.entries.begin());
    }
    if (m_lens.lens())
        m_lens.clear();
    m_panel->setLensNote(isRunning() ? tr("What each layer would answer is read when the trace is done.")
                                     : tr("Reading the layers…"));
    m_studio.lens(request, ++m_lensTag);
}

void Tracing::showLensNote() {
    m_panel->setLensNote(
        tr("Logit lens: what each layer would answer at “%1”. Click beside another token to read it there.")
            .arg(m_lens.token()));
}

} // namespace emend::ui
