// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/check_model.h"

#include "models/comparison_model.h"
#include "models/text_format.h"

#include <algorithm>
#include <cmath>

namespace emend::ui {

namespace {

QString nameOf(const std::string& check) {
    const std::vector<std::pair<std::string, QString>> names = {{"file", CheckModel::tr("File")},
                                                                {"model", CheckModel::tr("Model")},
                                                                {"weights", CheckModel::tr("Weights")},
                                                                {"batch-hash", CheckModel::tr("Updates")},
                                                                {"update-norm", CheckModel::tr("Norms")},
                                                                {"answers", CheckModel::tr("Answers")},
                                                                {"texts", CheckModel::tr("Generated text")},
                                                                {"scores", CheckModel::tr("Scores")}};
    for (const auto& [id, name] : names)
        if (id == check)
            return name;
    return fromStd(check); // of a newer core
}

// Other checks only say yes or no.
QString differenceOf(const SessionCheck& check) {
    if (check.check != "update-norm" && check.check != "answers" && check.difference == 0)
        return {};
    return std::isnan(check.difference) ? CheckModel::tr("not a number") : formatNumber(check.difference);
}

QString batchName(std::uint64_t id, const std::string& title) {
    return title.empty() ? QString::number(id) : QStringLiteral("%1: %2").arg(id).arg(fromStd(title));
}

QString batchName(std::uint64_t id, const LedgerState& ledger) {
    if (id == 0)
        return CheckModel::tr("all of it");
    const auto entry = std::ranges::find(ledger.entries, id, &LedgerEntry::id);
    return batchName(id, entry == ledger.entries.end() ? std::string() : entry->title);
}

QString updatesText(const ReplayedBatch& batch) {
    return !batch.problem.empty() ? CheckModel::tr("✗ not replayed")
           : batch.same_updates   ? CheckModel::tr("✓ the same bits")
                                  : CheckModel::tr("≠ other bits");
}

CheckModel::Outcome outcomeOf(const ReplayedBatch& batch) {
    return !batch.problem.empty() ? CheckModel::Outcome::Bad
           : batch.same_updates   ? CheckModel::Outcome::Good
                                  : CheckModel::Outcome::Neutral;
}

QString heldText(bool kept, bool now) {
    if (kept == now)
        return now ? CheckModel::tr("✓ still holds") : CheckModel::tr("– did not hold");
    return now ? CheckModel::tr("✓ holds now") : CheckModel::tr("✗ lost");
}

QString normText(const ReplayedBatch& batch) {
    return std::isnan(batch.largest_norm_difference) ? CheckModel::tr("not a number")
           : batch.largest_norm_difference == 0      ? formatNumber(0)
                                                     : formatProbability(batch.largest_norm_difference);
}

CheckModel::Row rowOf(const ReplayedBatch& batch, const ReplayedBatch::Edit& edit) {
    const QString name = batchName(batch.batch, batch.title);
    const QString told = QStringLiteral("%1 → %2").arg(fromStd(edit.subject), fromStd(edit.object));
    const QString kept = formatProbability(edit.p_new_kept);
    const QString now = formatProbability(edit.p_new_now);
    const QString held = heldText(edit.held_kept, edit.held_now);
    CheckModel::Row row;
    row.outcome = edit.held_kept && !edit.held_now ? CheckModel::Outcome::Bad : outcomeOf(batch);
    row.cells = {updatesText(batch), name, told, normText(batch), kept, now, held};
    row.whole = CheckModel::tr("Batch %1, %2: %3. Norms of the layers differ by %4 at most; p(new) was %5, is %6: %7.")
                    .arg(name, told, row.cells.front(), row.cells[3], kept, now, held);
    return row;
}

CheckModel::Row rowOfProblem(const ReplayedBatch& batch) {
    const QString hint = batch.hint.empty() ? QString() : QStringLiteral("; ") + fromStd(batch.hint);
    const QString name = batchName(batch.batch, batch.title);
    return {CheckModel::Outcome::Bad,
            {updatesText(batch), name, fromStd(batch.problem), {}, {}, {}, {}},
            CheckModel::tr("Batch %1 could not be replayed: %2").arg(name, fromStd(batch.problem) + hint)};
}

QString replaySummary(const std::vector<ReplayedBatch>& batches) {
    const auto all = static_cast<int>(batches.size());
    const auto failed =
        std::ranges::count_if(batches, [](const ReplayedBatch& batch) { return !batch.problem.empty(); });
    const auto same = std::ranges::count_if(batches, &ReplayedBatch::same_updates);
    if (all == 0)
        return CheckModel::tr("There was nothing to replay: no batch is in the weights");
    if (same == all)
        return CheckModel::tr("✓ All %n batch(es) came out the same, bit for bit", nullptr, all);
    QString text = CheckModel::tr("%1 of %n batch(es) came out the same, bit for bit", nullptr, all).arg(same);
    if (failed > 0)
        text = CheckModel::tr("✗ %1; %n could not be replayed", nullptr, static_cast<int>(failed)).arg(text);
    return text;
}

} // namespace

CheckModel::CheckModel(QList<Column> columns, QObject* parent)
    : QAbstractTableModel(parent)
    , m_columns(std::move(columns)) {}

int CheckModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(m_rows.size());
}

int CheckModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(m_columns.size());
}

QVariant CheckModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation == Qt::Vertical || section < 0 || section >= columnCount())
        return {};
    switch (role) {
    case Qt::DisplayRole:
        return m_columns[section].title;
    case Qt::ToolTipRole:
        return m_columns[section].tip;
    case Qt::TextAlignmentRole:
        return QVariant::fromValue((m_columns[section].isNumber ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
    default:
        return {};
    }
}

QVariant CheckModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid() || index.row() >= rowCount())
        return {};
    const Row& row = m_rows[index.row()];
    switch (role) {
    case Qt::DisplayRole:
        return row.cells.value(index.column());
    case Qt::ToolTipRole:
        return row.whole;
    case Qt::TextAlignmentRole:
        return headerData(index.column(), Qt::Horizontal, role);
    case ComparisonModel::VerdictRole:
        return row.outcome == Outcome::Good  ? ComparisonModel::Good
               : row.outcome == Outcome::Bad ? ComparisonModel::Bad
                                             : ComparisonModel::Unknown;
    default:
        return {};
    }
}

QString CheckModel::describe(int row) const {
    return row >= 0 && row < rowCount() ? m_rows[row].whole : QString();
}

int CheckModel::firstBad() const {
    const auto bad = std::ranges::find(m_rows, Outcome::Bad, &Row::outcome);
    return bad == m_rows.end() ? 0 : static_cast<int>(bad - m_rows.begin());
}

QString CheckModel::toText() const {
    QStringList titles;
    for (const Column& column : m_columns)
        titles << column.title;
    QString text = m_summary + u'\n' + titles.join(u'\t') + u'\n';
    for (const Row& row : m_rows)
        text += row.cells.join(u'\t') + u'\n';
    return text;
}

CheckModel* CheckModel::ofChecks(const std::vector<SessionCheck>& checks, const LedgerState& ledger, QObject* parent) {
    auto* model = new CheckModel({{tr("Result"), tr("Whether what was computed again is what the session says")},
                                  {tr("Check"), tr("What was computed again")},
                                  {tr("Batch"), tr("Of the history, by number and title")},
                                  {tr("Finding"), {}, false, true},
                                  {tr("Difference"), tr("The largest that was found"), true}},
                                 parent);
    int failed = 0, skipped = 0;
    for (const SessionCheck& check : checks) {
        failed += check.ok ? 0 : 1;
        skipped += check.compared ? 0 : 1;
        const QString finding = fromStd(check.finding);
        const QString batch = batchName(check.batch, ledger);
        const QString result = !check.compared ? tr("– not compared") : check.ok ? tr("✓ passed") : tr("✗ failed");
        model->m_rows.push_back({!check.compared ? Outcome::Neutral
                                 : check.ok      ? Outcome::Good
                                                 : Outcome::Bad,
                                 {result, nameOf(check.check), batch, finding, differenceOf(check)},
                                 check.batch == 0
                                     ? tr("%1 · %2: %3").arg(result, nameOf(check.check), finding)
                                     : tr("%1 · %2 of batch %3: %4").arg(result, nameOf(check.check), batch, finding)});
    }
    const int made = static_cast<int>(checks.size()) - skipped;
    model->m_good = failed == 0;
    model->m_summary = failed == 0 ? tr("✓ All %n check(s) passed", nullptr, made)
                                   : tr("✗ %1 of %n check(s) failed", nullptr, made).arg(failed);
    if (skipped > 0)
        model->m_summary += tr("; %n had nothing to be compared with", nullptr, skipped);
    return model;
}

CheckModel* CheckModel::ofReplay(const std::vector<ReplayedBatch>& batches, QObject* parent) {
    auto* model = new CheckModel({{tr("Updates"), tr("Whether the updates are those of the session, bit for bit")},
                                  {tr("Batch"), tr("Of the session, by number and title")},
                                  {tr("Edit"), tr("Or why the batch could not be replayed"), false, true},
                                  {tr("Norms differ by"), tr("The largest of the batch's layers, relative"), true},
                                  {tr("p(new) kept"), tr("After the edit, as the session has it"), true},
                                  {tr("p(new) now"), tr("After the edit, made once more"), true},
                                  {tr("Holds"), tr("Whether the model says the new object")}},
                                 parent);
    for (const ReplayedBatch& batch : batches) {
        if (!batch.problem.empty())
            model->m_rows.push_back(rowOfProblem(batch));
        else
            for (const ReplayedBatch::Edit& edit : batch.edits)
                model->m_rows.push_back(rowOf(batch, edit));
    }
    model->m_good = std::ranges::none_of(model->m_rows, [](const Row& row) { return row.outcome == Outcome::Bad; });
    model->m_summary = replaySummary(batches);
    return model;
}

CheckModel* CheckModel::ofRescue(const SessionRescue& rescue, QObject* parent) {
    auto* model = new CheckModel({{tr("Result"), {}}, {tr("What"), {}, false, true}}, parent);
    const QString lost = tr("✗ lost");
    for (const std::string& what : rescue.lost)
        model->m_rows.push_back({Outcome::Bad, {lost, fromStd(what)}, fromStd(what)});
    model->m_good = rescue.lost.empty();
    const QString saved = tr("%1, %2, %3, %4, scores of %5", "edits, batches, traces, texts, batches")
                              .arg(tr("%n edit(s)", nullptr, static_cast<int>(rescue.edits)),
                                   tr("%n batch(es)", nullptr, static_cast<int>(rescue.batches)),
                                   tr("%n trace(s)", nullptr, static_cast<int>(rescue.traces)),
                                   tr("%n text(s)", nullptr, static_cast<int>(rescue.texts)),
                                   tr("%n batch(es)", nullptr, static_cast<int>(rescue.scores)));
    model->m_summary = model->m_good ? tr("✓ Nothing was damaged: all of it is in the new file, %1").arg(saved)
                                     : tr("Saved: %1. %2", "what was saved, how much was lost")
                                           .arg(saved, tr("%n thing(s) could not be read any more.", nullptr,
                                                          static_cast<int>(rescue.lost.size())));
    return model;
}

} // namespace emend::ui
