// SPDX-License-Identifier: GPL-3.0-or-later
#include "shell/scoring.h"

#include <algorithm>

namespace emend::ui {

Scoring::Scoring(Workbench& workbench, HistoryModel& history, QObject* parent)
    : QObject(parent)
    , m_studio(workbench.studio())
    , m_history(history) {
    connect(&m_studio, &Studio::sessionRestoring, this,
            [this](const std::shared_ptr<const OpenedSession>& session) { takeOver(*session); });
    connect(&m_studio, &Studio::ledgerChanged, this, [this] {
        m_studio.stopScoring(); // whatever was asked was asked of other weights
        m_failed.clear();
        m_paused = false;
        dropOld();
        show();
        ask();
    });
    connect(&m_studio, &Studio::scored, this, [this](quint64 batch, const std::shared_ptr<const Scores>& scores) {
        for (const LedgerEntry& entry : m_studio.ledger().entries)
            if (entry.id == batch && entry.report)
                m_known.insert(batch,
                               {entry.hash, {*scores, std::min(entry.report->edits.size(), Studio::scored_edits)}});
        show();
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
        if (entry.active && !m_known.contains(entry.id) && !m_failed.contains(entry.id) && Studio::canScore(entry))
            return m_studio.score(entry);
    }
}

void Scoring::dropOld() {
    QHash<quint64, Known> still;
    for (const LedgerEntry& entry : m_studio.ledger().entries)
        if (const auto known = m_known.constFind(entry.id); known != m_known.cend() && known->hash == entry.hash)
            still.insert(entry.id, *known);
    m_known = still;
}

void Scoring::show() {
    QHash<quint64, HistoryModel::ShownScores> scores;
    for (auto known = m_known.cbegin(); known != m_known.cend(); ++known)
        scores.insert(known.key(), known->shown);
    m_history.setScores(scores);
}

// The ledger comes next.
void Scoring::takeOver(const OpenedSession& session) {
    m_known.clear();
    for (const BatchScores& kept : session.parts.scores)
        m_known.insert(kept.scores.batch, {kept.hash, {kept.scores.after, {}}});
}

} // namespace emend::ui
