// SPDX-License-Identifier: GPL-3.0-or-later
// Edits that would be solved together and are in each other's way: of one subject, which the text tells at once, or
// with nearly parallel keys, which somebody has to ask the engine for.
#include "models/edits_model.h"

#include "models/text_format.h"

#include <QMetaObject>

#include <algorithm>
#include <string_view>
#include <unordered_map>

namespace emend::ui {

namespace {

std::string_view trimmed(std::string_view text) {
    const std::size_t first = text.find_first_not_of(" \t\n");
    return first == std::string_view::npos ? std::string_view()
                                           : text.substr(first, text.find_last_not_of(" \t\n") - first + 1);
}

bool waits(const EditRow& row) {
    return !row.isFixed() && !trimmed(row.request.subject).empty();
}

} // namespace

void EditsModel::setSolvedTogether(SolvedTogether together, int batch) {
    if (together == m_together && batch == m_batch)
        return;
    m_together = together;
    m_batch = batch;
    noteConflicts();
}

void EditsModel::setNearKeys(const QList<quint64>& ids, const std::vector<EditConflict>& conflicts) {
    m_nearKeys.clear();
    for (const EditConflict& conflict : conflicts) {
        if (conflict.same_subject || conflict.first >= static_cast<std::size_t>(ids.size()) ||
            conflict.second >= static_cast<std::size_t>(ids.size()))
            continue;
        const int first = indexOf(ids[static_cast<qsizetype>(conflict.first)]);
        const int second = indexOf(ids[static_cast<qsizetype>(conflict.second)]);
        if (first < 0 || second < 0)
            continue;
        // Worst first: the first one that is told of a row stays.
        for (const auto& [own, other] : {std::pair{first, second}, std::pair{second, first}}) {
            if (!m_nearKeys.contains(row(own).id))
                m_nearKeys.insert(row(own).id,
                                  {row(own).revision, row(other).id, row(other).revision, conflict.cosine});
        }
    }
    noteConflicts();
}

void EditsModel::noteConflicts() {
    if (std::exchange(m_conflictsStale, true))
        return;
    // Once for all that changes in a turn.
    QMetaObject::invokeMethod(
        this, [this] { findConflicts(); }, Qt::QueuedConnection);
}

void EditsModel::findConflicts() {
    if (!std::exchange(m_conflictsStale, false))
        return;
    std::vector<int> rivals(m_rows.size(), -1);
    if (m_together != SolvedTogether::No) {
        std::unordered_map<std::string_view, int> first;
        first.reserve(m_rows.size());
        int waiting = 0;
        for (int i = 0; i < rowCount(); ++i) {
            if (!waits(row(i)))
                continue;
            if (m_batch > 0 && waiting++ % m_batch == 0)
                first.clear(); // the next batch
            const auto [place, fresh] = first.emplace(trimmed(row(i).request.subject), i);
            if (fresh)
                continue;
            rivals[static_cast<std::size_t>(i)] = place->second;
            int& back = rivals[static_cast<std::size_t>(place->second)];
            if (back < 0)
                back = i;
        }
    }
    Conflicts now;
    int lowest = rowCount();
    int highest = -1;
    for (int i = 0; i < rowCount(); ++i) {
        EditRow& entry = m_rows[static_cast<std::size_t>(i)];
        const int rival = rivals[static_cast<std::size_t>(i)];
        quint64 rivalId = rival < 0 ? 0 : row(rival).id;
        double cosine = 0;
        now.same_subject += rival >= 0 ? 1 : 0;
        if (rival >= 0 && m_together == SolvedTogether::Merged)
            rivalId = 0; // one key for both: nothing in the way
        if (rivalId == 0 && m_together != SolvedTogether::No && waits(entry)) {
            const auto near = m_nearKeys.constFind(entry.id);
            const int at = near == m_nearKeys.constEnd() ? -1 : indexOf(near->rival);
            // Both as they were when the keys were compared, and still drafts.
            if (at >= 0 && near->revision == entry.revision && near->rivalRevision == row(at).revision &&
                waits(row(at))) {
                rivalId = near->rival;
                cosine = near->cosine;
                ++now.near_keys;
            }
        }
        if (entry.rival != rivalId || entry.rivalCosine != cosine) {
            entry.rival = rivalId;
            entry.rivalCosine = cosine;
            lowest = std::min(lowest, i);
            highest = i;
        }
    }
    if (highest >= 0)
        emit dataChanged(index(lowest, Subject), index(highest, Subject), {ConflictRole, Qt::ToolTipRole});
    if (now != m_conflicts || highest >= 0) {
        m_conflicts = now;
        emit conflictsChanged();
    }
}

int EditsModel::nextConflict(int after) const {
    const int count = rowCount();
    for (int step = 1; step <= count; ++step) {
        const int at = (std::max(after, -1) + step) % count;
        if (row(at).rival != 0)
            return at;
    }
    return -1;
}

QString EditsModel::conflictText(const EditRow& row) const {
    const int rival = row.rival == 0 ? -1 : indexOf(row.rival);
    if (rival < 0)
        return {};
    if (row.rivalCosine != 0)
        return tr("almost the same key as row %1 (cosine %2): solved together they are in each other's way; solve them "
                  "one after another")
            .arg(rival + 1)
            .arg(formatNumber(row.rivalCosine));
    return tr("same subject as row %1: solved together they share one key; merge them (recipe) or solve one after "
              "another")
        .arg(rival + 1);
}

} // namespace emend::ui
