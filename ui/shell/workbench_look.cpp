// SPDX-License-Identifier: GPL-3.0-or-later
// Looking at one edit: its comparison, its two continuations, how far it moved the layers.
#include "models/text_format.h"
#include "shell/workbench.h"

#include <algorithm>
#include <utility>

namespace emend::ui {

namespace {

constexpr int continuationTokens = 32;

std::string promptOf(const EditRequest& request) {
    std::string prompt = request.prompt;
    if (const std::size_t gap = prompt.find("{}"); gap != std::string::npos)
        prompt.replace(gap, 2, request.subject);
    return prompt;
}

} // namespace

void Workbench::connectLooking() {
    connect(&m_studio, &Studio::compared, this,
            [this](quint64 tag, const std::shared_ptr<const Comparison>& comparison) {
                if (tag != m_tag)
                    return;
                m_compared = m_looked;
                m_comparison = m_lookedAfter ? comparison : nullptr;
                showComparison(m_looked, comparison, m_lookedAfter);
            });
    connect(&m_studio, &Studio::softened, this,
            [this](quint64 batch, const std::shared_ptr<const SoftnessResult>& result, bool, quint64 row) {
                followKnob(batch, *result, row);
            });
    connect(&m_studio, &Studio::compareFailed, this, [this](quint64 tag, const Failure& failure) {
        if (tag == m_tag && !failure.cancelled)
            emit compareFailed(failure);
    });
    connect(&m_studio, &Studio::token, this, [this](quint64 tag, Side side, const GeneratedToken& piece) {
        if (tag == m_tag)
            emit token(side, piece);
    });
    connect(&m_studio, &Studio::generated, this,
            [this](quint64 tag, Side side, const std::shared_ptr<const WrittenText>& text) {
                if (tag != m_tag)
                    return;
                emit generated(side, {text, &text->result});
                followText(side, *text);
            });
    connect(&m_studio, &Studio::generateFailed, this, [this](quint64 tag, Side side, const Failure& failure) {
        if (tag != m_tag)
            return;
        m_text.reset(); // one side alone is not kept
        emit generateFailed(side, failure);
    });
    // What was written by another session's model, or in another session, is not looked for here.
    const auto forget = [this] { m_texts.clear(); };
    connect(&m_studio, &Studio::modelOpened, this, forget);
    connect(&m_studio.sessions(), &SessionKeeper::started, this, forget);
    connect(&m_studio, &Studio::sessionOpened, this, [this](const std::shared_ptr<const OpenedSession>& session) {
        if (session->sameBits) // the same names in another precision are other weights
            m_texts = session->parts.texts;
    });
}

// Unset: the edit is not in the history, what the model says of it is not kept.
std::optional<SessionText> Workbench::textWanted(const EditRow& row, const CompareTask& task) const {
    if (!task.has_after || !row.batch)
        return std::nullopt;
    const LedgerState& ledger = m_studio.ledger();
    const auto own = std::ranges::find(ledger.entries, *row.batch, &LedgerEntry::id);
    if (own == ledger.entries.end() || !own->report)
        return std::nullopt;
    const std::vector<EditOutcome>& edits = own->report->edits;
    const auto edit = std::ranges::find_if(edits, [&](const EditOutcome& outcome) {
        return outcome.request.subject == row.request.subject && outcome.request.prompt == row.request.prompt &&
               outcome.request.object == row.request.object;
    });
    if (edit == edits.end())
        return std::nullopt;
    return SessionText{.batch = *row.batch,
                       .edit = static_cast<std::size_t>(edit - edits.begin()),
                       .prompt = task.generation.prompt,
                       .before = {},
                       .after = {},
                       .seed = task.generation.seed,
                       .state_before = state_name(ledger, task.comparison.before),
                       .state_after = state_name(ledger, task.comparison.after)};
}

const SessionText* Workbench::keptText(const SessionText& wanted) const {
    const auto kept = std::ranges::find_if(m_texts, [&](const SessionText& text) {
        return text.batch == wanted.batch && text.edit == wanted.edit && text.prompt == wanted.prompt &&
               text.seed == wanted.seed && text.state_before == wanted.state_before &&
               text.state_after == wanted.state_after;
    });
    return kept == m_texts.end() ? nullptr : &*kept;
}

// The names of the weights come with the texts: the model may be a step ahead of what is known here.
void Workbench::followText(Side side, const WrittenText& text) {
    if (!m_text)
        return;
    const bool before = side == Side::Before;
    (before ? m_text->before : m_text->after) = text.result.text;
    (before ? m_text->state_before : m_text->state_after) = text.state;
    if (before)
        return; // the other side comes behind it
    m_texts.push_back(*std::exchange(m_text, std::nullopt));
    emit textsWritten(m_texts.back());
}

// By another softness of this batch.
void Workbench::outdateTexts(quint64 batch) {
    const auto& entries = m_studio.ledger().entries;
    if (!m_lookedAfter)
        return emit textOutdated(Side::Before);
    const auto turned = std::ranges::find(entries, batch, &LedgerEntry::id);
    if (turned < std::ranges::find(entries, m_looked.batch.value_or(0), &LedgerEntry::id))
        emit textOutdated(Side::Before);
    emit textOutdated(Side::After);
}

void Workbench::setCurrentRow(int row) {
    const quint64 id = row >= 0 && row < m_edits.rowCount() ? m_edits.row(row).id : 0;
    if (id == m_currentId)
        return;
    m_currentId = id;
    showNorms(id ? &m_edits.row(row) : nullptr);
    m_lookTimer.start();
    noteState();
}

void Workbench::showComparison(const EditRow& row, const std::shared_ptr<const Comparison>& comparison, bool after) {
    const QString object = fromStd(row.request.object);
    const QString oldObject = fromStd(row.request.true_object.value_or(std::string()));
    m_wordings.setComparison(comparison, object, after);
    if (!comparison->rows.empty()) {
        const Comparison::Row& own = comparison->rows.front();
        m_tokensBefore.setTokens(own.before.top, object, oldObject);
        m_tokensAfter.setTokens(after ? own.after.top : std::vector<TokenProbability>(), object, oldObject);
    }
    emit compareReady(row, comparison, after);
}

// The edit's own answer comes with every step of the knob. What was before the batch stays, and what the other
// wordings say now is not known until the hand rests.
void Workbench::followKnob(quint64 batch, const SoftnessResult& result, quint64 watched) {
    m_knobTurned = true;
    outdateTexts(batch);
    const int current = currentRow();
    if (current < 0 || !m_comparison || m_comparison->rows.empty() || result.answers.empty())
        return;
    const EditRow& row = m_edits.row(current);
    const bool same = row.id == m_compared.id && row.revision == m_compared.revision &&
                      row.state == EditState::Applied && row.batch == batch &&
                      row.request.paraphrases == m_compared.request.paraphrases &&
                      row.request.neighbours == m_compared.request.neighbours;
    // The knob watched what was selected when it was turned.
    if (!same || watched != row.id)
        return;
    auto live = std::make_shared<Comparison>(*m_comparison);
    for (Comparison::Row& wording : live->rows)
        wording.after = {};
    live->rows.front().after = result.answers.front();
    showComparison(m_compared, live, true);
}

// What is shown may not hold any more: forget it and look.
void Workbench::lookAgain() {
    m_looked = {};
    m_lookTimer.start();
}

void Workbench::showNorms(const EditRow* row) {
    std::shared_ptr<const EditReport> report;
    if (row && row->batch)
        for (const LedgerEntry& entry : m_studio.ledger().entries)
            if (entry.id == *row->batch)
                report = entry.report;
    if (report != m_norms.report())
        m_norms.setReport(report, m_studio.model() ? m_studio.model()->layers : 0);
}

void Workbench::look() {
    const int current = currentRow();
    const EditRow* row = current >= 0 ? &m_edits.row(current) : nullptr;
    showNorms(row);
    const auto nothing = [this](const QString& title, const QString& hint) {
        ++m_tag; // whatever is under way is late
        m_studio.stopComparing();
        m_looked = {};
        m_wordings.clear();
        m_tokensBefore.clear();
        m_tokensAfter.clear();
        emit nothingToCompare(title, hint);
        noteSettled();
    };
    if (!m_studio.model()) {
        if (m_studio.isOpening() || !m_studio.engineReady())
            return nothing(tr("Opening the model…"), tr("Edits can be typed meanwhile."));
        return nothing(tr("No model is open"), tr("Open a model folder (Ctrl+O), or drop one on this window."));
    }
    if (!row)
        return nothing(tr("No edit is selected"), tr("Select one, or add one with Ctrl+N."));
    if (row->state == EditState::Applying || m_studio.isEditing())
        return; // comes back when it is done
    if (row->isBlank())
        return nothing(tr("Nothing to compare yet"), tr("Type a subject, a relation and the new object."));
    if (const auto problem = m_edits.problem(current))
        return nothing(fromStd(problem->what), fromStd(problem->hint));
    if (!row->checked && (m_checkTimer.isActive() || m_studio.jobs().has(Lane::Check)))
        return; // comes back when the model has read it
    if (row->id == m_looked.id && row->revision == m_looked.revision && row->state == m_looked.state &&
        row->request.paraphrases == m_looked.request.paraphrases &&
        row->request.neighbours == m_looked.request.neighbours)
        return noteSettled(); // already there

    CompareTask task;
    task.comparison.edit = row->request;
    task.comparison.before.reset();
    task.comparison.after.reset();
    task.generation.prompt = promptOf(row->request);
    task.generation.max_tokens = continuationTokens;
    if (row->state == EditState::Applied && row->batch) {
        const auto& entries = m_studio.ledger().entries;
        const auto own = std::find_if(entries.begin(), entries.end(),
                                      [&](const LedgerEntry& entry) { return entry.id == *row->batch; });
        task.comparison.before = static_cast<std::size_t>(own - entries.begin());
        task.has_after = true;
    }
    m_looked = *row;
    m_lookedAfter = task.has_after;
    m_wordings.clear();
    m_tokensBefore.clear();
    m_tokensAfter.clear();
    m_text = textWanted(*row, task);
    const SessionText* kept = m_text ? keptText(*m_text) : nullptr;
    task.writes = !kept;
    emit compareStarted(m_looked, QString::fromStdString(task.generation.prompt), m_lookedAfter);
    if (kept) {
        m_text.reset();
        emit textsKept(*kept);
    }
    m_studio.compare(task, ++m_tag);
}

} // namespace emend::ui
