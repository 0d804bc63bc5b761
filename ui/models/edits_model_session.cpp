// SPDX-License-Identifier: GPL-3.0-or-later
// Rows on their way into a session and back.
#include "models/edits_model.h"

#include "models/text_format.h"

#include <QHashFunctions>

#include <map>
#include <set>

namespace emend::ui {

namespace {

// What makes two requests the same edit.
std::string nameOf(const EditRequest& request) {
    return request.subject + '\n' + request.prompt + '\n' + request.object;
}

// The window may have been killed between a batch and the rows that say they are in it.
void findBatches(std::vector<EditRow>& rows, const LedgerState& ledger) {
    std::set<quint64> known;
    std::multimap<std::string, EditRow*> waiting; // equal ones in the table's order
    for (EditRow& row : rows) {
        if (row.batch)
            known.insert(*row.batch);
        else
            waiting.emplace(nameOf(row.request), &row);
    }
    for (const LedgerEntry& entry : ledger.entries) {
        if (known.contains(entry.id) || !entry.report)
            continue;
        for (const EditOutcome& edit : entry.report->edits) {
            const auto found = waiting.find(nameOf(edit.request));
            if (found == waiting.end())
                continue;
            found->second->batch = entry.id;
            waiting.erase(found);
        }
    }
}

} // namespace

std::vector<SessionEdit> EditsModel::toSession() const {
    std::vector<SessionEdit> edits;
    edits.reserve(m_rows.size());
    for (const EditRow& row : m_rows)
        if (!row.isBlank())
            edits.push_back({row.request, row.note.toStdString(), row.batch});
    return edits;
}

void EditsModel::setRows(const std::vector<SessionEdit>& edits, const LedgerState& ledger) {
    if (!m_rows.empty()) {
        beginRemoveRows({}, 0, rowCount() - 1);
        m_rows.clear();
        endRemoveRows();
    }
    m_nearKeys.clear();
    std::vector<EditRow> rows;
    rows.reserve(edits.size());
    for (const SessionEdit& edit : edits) {
        EditRow row = makeRow(edit.request);
        row.note = fromStd(edit.note);
        row.batch = edit.batch;
        rows.push_back(std::move(row));
    }
    findBatches(rows, ledger);
    for (EditRow& row : rows)
        if (row.batch)
            row.state = EditState::Undone; // until the ledger says that it is in the weights
    insert(0, std::move(rows));
    noteConflicts();
}

size_t EditsModel::contentHash() const {
    size_t hash = 0;
    for (const EditRow& row : m_rows) {
        hash = qHashMulti(hash, row.id, row.revision, row.batch.value_or(0), row.note);
        for (const auto* prompts : {&row.request.paraphrases, &row.request.neighbours})
            for (const std::string& prompt : *prompts)
                hash = qHashMulti(hash, std::hash<std::string>{}(prompt));
    }
    return hash;
}

bool EditsModel::setNote(quint64 id, const QString& note) {
    const int at = indexOf(id);
    if (at < 0)
        return false;
    m_rows[static_cast<std::size_t>(at)].note = note;
    changed(at);
    return true;
}

} // namespace emend::ui
