// SPDX-License-Identifier: GPL-3.0-or-later
#include "shell/scoring.h"

#include <algorithm>
#include <utility>

namespace emend::ui {

Scoring::Scoring(Workbench& workbench, HistoryModel& history, QObject* parent)
    : QObject(parent)
    , m_studio(workbench.studio())
    , m_history(history) {
    connect(&m_studio, &Studio::sessionRestoring, this, [this](const std::shared_ptr<const OpenedSession>& session) {
        m_known.clear();
        if (session->sameBits) // the same names in another precision are other weights
            m_known = session->parts.scores;
    });
    connect(&m_studio, &Studio::ledgerChanged, this, [this] {
        m_studio.stopScoring(); // the batch may be another by now
        m_failed.clear();
        m_paused = false;
        dropGone();
        show();
        ask();
    });
    connect(&m_studio, &Studio::scored, this, [this](const std::shared_ptr<const SessionScores>& scores) {
        m_known.push_back(*scores);
        show();
        if (!m_shown.contains(scores->batch))
            m_failed.insert(scores->batch); // of weights the window is yet to be told of
        ask();
    });
    connect(&m_studio, &Studio::scoreFailed, this, [this](quint64 batch, const Failure& failure) {
        m_failed.insert(batch);
        m_paused = m_paused || failure.cancelled;
        ask();
    });
    // An edit that wanted room may have come to nothing.
    connect(&workbench, &Workbench::stateChanged, this, &Scoring::ask);
}

void Scoring::ask() {
    if (m_paused || !m_studio.model() || m_studio.isScoring() || m_studio.isEditing() || m_studio.isOpening() ||
        m_studio.isSoftening())
        return;
    const LedgerState& ledger = m_studio.ledger();
    for (std::size_t i = ledger.position; i-- > 0;) {
        const LedgerEntry& entry = ledger.entries[i];
        if (entry.active && !m_shown.contains(entry.id) && !m_failed.contains(entry.id) && Studio::canScore(entry))
            return m_studio.score(entry);
    }
}

void Scoring::dropGone() {
    std::erase_if(m_known, [&](const SessionScores& scores) {
        return !std::ranges::count(m_studio.ledger().entries, scores.batch, &LedgerEntry::id);
    });
}

void Scoring::show() {
    m_shown.clear();
    for (SessionScores& scores : scoresThatHold(m_known, m_studio.ledger()))
        m_shown.insert(scores.batch, std::move(scores));
    m_history.setScores(m_shown);
}

} // namespace emend::ui
