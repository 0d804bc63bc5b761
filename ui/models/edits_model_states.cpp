// SPDX-License-Identifier: GPL-3.0-or-later
// Rows coming, going and changing their state.
#include "models/edit_validation.h"
#include "models/edits_model.h"

#include <QSet>

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

namespace emend::ui {

EditRow EditsModel::makeRow(EditRequest request) {
    EditRow row;
    row.id = ++m_lastId;
    const std::size_t gap = request.prompt.find("{}");
    row.article = gap >= 4 && gap != std::string::npos &&
                  (request.prompt.compare(gap - 4, 4, "the ") == 0 || request.prompt.compare(gap - 4, 4, "The ") == 0);
    row.request = std::move(request);
    return row;
}

void EditsModel::insert(int at, std::vector<EditRow> rows) {
    if (rows.empty())
        return;
    beginInsertRows({}, at, at + static_cast<int>(rows.size()) - 1);
    m_rows.insert(m_rows.begin() + at, std::make_move_iterator(rows.begin()), std::make_move_iterator(rows.end()));
    endInsertRows();
    noteConflicts();
    emit checksNeeded();
}

int EditsModel::addBlank() {
    const int at = rowCount();
    std::vector<EditRow> rows;
    rows.push_back(makeRow({}));
    insert(at, std::move(rows));
    return at;
}

int EditsModel::addRequests(std::vector<EditRequest> requests) {
    if (requests.empty())
        return -1;
    const int at = rowCount();
    std::vector<EditRow> rows;
    rows.reserve(requests.size());
    for (EditRequest& request : requests) {
        if (request.prompt.empty() && m_library && m_library->find(request.relation))
            m_library->fill(request, std::string(request.relation), subject_takes_article(request.subject));
        rows.push_back(makeRow(std::move(request)));
    }
    insert(at, std::move(rows));
    return at;
}

int EditsModel::addPasted(const QList<PastedRow>& pasted) {
    if (pasted.isEmpty())
        return -1;
    const int at = rowCount();
    std::vector<EditRow> rows;
    rows.reserve(static_cast<std::size_t>(pasted.size()));
    for (const PastedRow& line : pasted) {
        EditRow row = makeRow({});
        setSubject(row, line.subject.toStdString());
        setRelation(row, line.relation.toStdString());
        row.request.object = line.object.toStdString();
        if (!line.true_object.isEmpty())
            row.request.true_object = line.true_object.toStdString();
        rows.push_back(std::move(row));
    }
    insert(at, std::move(rows));
    return at;
}

int EditsModel::duplicate(QList<int> rows) {
    if (rows.isEmpty())
        return -1;
    std::sort(rows.begin(), rows.end());
    std::vector<EditRow> copies;
    for (const int index : std::as_const(rows)) {
        EditRow copy = row(index);
        copy.id = ++m_lastId;
        copy.answer = row(index).answer;
        touch(copy);
        copies.push_back(std::move(copy));
    }
    const int at = rows.last() + 1;
    insert(at, std::move(copies));
    return at;
}

int EditsModel::remove(QList<int> rows) {
    std::sort(rows.begin(), rows.end(), std::greater<>());
    int removed = 0;
    // From the end, one range at a time.
    for (qsizetype i = 0; i < rows.size();) {
        if (!canRemove(rows[i])) {
            ++i;
            continue;
        }
        const int last = rows[i];
        int first = last;
        for (++i; i < rows.size() && rows[i] == first - 1 && canRemove(rows[i]); ++i)
            first = rows[i];
        removeRows(first, last - first + 1);
        removed += last - first + 1;
    }
    return removed;
}

bool EditsModel::removeRows(int row, int count, const QModelIndex& parent) {
    if (parent.isValid() || row < 0 || count <= 0 || row + count > rowCount())
        return false;
    for (int i = row; i < row + count; ++i)
        if (!canRemove(i))
            return false;
    beginRemoveRows({}, row, row + count - 1);
    m_rows.erase(m_rows.begin() + row, m_rows.begin() + row + count);
    endRemoveRows();
    noteConflicts();
    return true;
}

std::optional<EditProblem> EditsModel::problem(int index) const {
    const EditRow& row = this->row(index);
    if (row.isBlank() || row.isFixed())
        return std::nullopt;
    if (auto found = validateRequest(row.request))
        return found;
    return row.checked && row.answer ? row.answer->problem : std::nullopt;
}

bool EditsModel::canApply(int index) const {
    const EditRow& row = this->row(index);
    return !row.isFixed() && !row.isBlank() && !problem(index);
}

std::vector<EditsModel::Unchecked> EditsModel::unchecked(int first, int limit) const {
    std::vector<Unchecked> found;
    const int count = rowCount();
    for (int i = 0; i < count && static_cast<int>(found.size()) < limit; ++i) {
        const EditRow& row = this->row((std::max(0, first) + i) % count);
        if (!row.checked && !validateRequest(row.request))
            found.push_back({row.id, row.revision, row.request});
    }
    return found;
}

void EditsModel::setCheck(quint64 id, int revision, const EditCheck& check) {
    const int at = indexOf(id);
    if (at < 0 || row(at).revision != revision)
        return;
    EditRow& row = m_rows[static_cast<std::size_t>(at)];
    row.answer = std::make_shared<const EditCheck>(check);
    row.checked = true;
    if (row.state == EditState::Applied && !check.problem)
        noteAnswer(row, check.present);
    changed(at);
}

void EditsModel::invalidateAnswers() {
    for (EditRow& row : m_rows)
        row.checked = false;
    if (!m_rows.empty()) {
        emit dataChanged(index(0, 0), index(rowCount() - 1, ColumnCount - 1));
        emit checksNeeded();
    }
}

void EditsModel::forgetAnswers() {
    for (EditRow& row : m_rows)
        row.answer.reset();
    invalidateAnswers();
}

void EditsModel::setStates(const QList<quint64>& ids, EditState state) {
    for (const quint64 id : ids) {
        const int at = indexOf(id);
        if (at < 0)
            continue;
        EditRow& row = m_rows[static_cast<std::size_t>(at)];
        row.state = state == EditState::Draft && row.batch ? EditState::Undone : state;
        row.reason.clear();
        row.hint.clear();
        row.said.reset();
        changed(at);
    }
    noteConflicts();
}

void EditsModel::setApplying(const QList<quint64>& ids) {
    setStates(ids, EditState::Applying);
}
void EditsModel::setDraft(const QList<quint64>& ids) {
    setStates(ids, EditState::Draft);
}

void EditsModel::setApplied(const QList<quint64>& ids, quint64 batch, const EditReport* report) {
    setStates(ids, EditState::Applied);
    std::size_t place = 0;
    for (const quint64 id : ids) {
        const std::size_t own = place++;
        const int at = indexOf(id);
        if (at < 0)
            continue;
        EditRow& row = m_rows[static_cast<std::size_t>(at)];
        row.batch = batch;
        if (report && own < report->edits.size())
            noteAnswer(row, report->edits[own].after);
        changed(at);
    }
}

void EditsModel::noteAnswer(EditRow& row, const Prediction& prediction) {
    if (prediction.top.empty())
        return; // nobody looked
    row.said = prediction.says_new;
    row.pNew = prediction.p_new;
}

bool EditsModel::setWatch(quint64 id, std::vector<std::string> paraphrases, std::vector<std::string> neighbours) {
    const int at = indexOf(id);
    if (at < 0 || row(at).state == EditState::Applying)
        return false;
    EditRequest& request = m_rows[static_cast<std::size_t>(at)].request;
    request.paraphrases = std::move(paraphrases);
    request.neighbours = std::move(neighbours);
    changed(at);
    return true;
}

void EditsModel::setFailed(const QList<quint64>& ids, const QString& reason, const QString& hint) {
    setStates(ids, EditState::Failed);
    for (const quint64 id : ids) {
        const int at = indexOf(id);
        if (at < 0)
            continue;
        m_rows[static_cast<std::size_t>(at)].reason = reason;
        m_rows[static_cast<std::size_t>(at)].hint = hint;
        changed(at);
    }
}

void EditsModel::syncLedger(const LedgerState& ledger) {
    std::set<quint64> active;
    std::set<quint64> undone;
    std::set<quint64> stale;
    for (std::size_t i = 0; i < ledger.entries.size(); ++i) {
        (i < ledger.position && ledger.entries[i].active ? active : undone).insert(ledger.entries[i].id);
        if (ledger.entries[i].stale)
            stale.insert(ledger.entries[i].id);
    }

    std::set<quint64> shown;
    for (int i = 0; i < rowCount(); ++i) {
        EditRow& row = m_rows[static_cast<std::size_t>(i)];
        if (!row.batch)
            continue;
        const EditState before = row.state;
        const bool staleBefore = std::exchange(row.stale, stale.contains(*row.batch));
        if (active.contains(*row.batch)) {
            row.state = EditState::Applied;
            shown.insert(*row.batch);
        } else if (undone.contains(*row.batch)) {
            row.state = EditState::Undone;
        } else {
            row.state = EditState::Draft; // the ledger forgot it: another edit went on from before it
            row.batch.reset();
        }
        if (row.state != before) {
            row.said.reset(); // told anew by the next check
            changed(i);
        } else if (row.stale != staleBefore) {
            changed(i);
        }
    }
    noteConflicts();
    // Redone after its rows were changed or removed: what the weights hold is shown, always.
    for (std::size_t i = 0; i < ledger.position; ++i) {
        const LedgerEntry& entry = ledger.entries[i];
        if (shown.contains(entry.id) || !entry.active || !entry.report)
            continue;
        std::vector<EditRow> rows;
        for (const EditOutcome& outcome : entry.report->edits) {
            EditRow row = makeRow(outcome.request);
            row.state = EditState::Applied;
            row.batch = entry.id;
            row.stale = entry.stale;
            noteAnswer(row, outcome.after);
            rows.push_back(std::move(row));
        }
        insert(rowCount(), std::move(rows));
    }
}

} // namespace emend::ui
