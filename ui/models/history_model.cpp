// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/history_model.h"

#include "models/text_format.h"

#include <QFont>

#include <algorithm>
#include <cmath>
#include <limits>

namespace emend::ui {

namespace {

double meanNew(const EditReport& report) {
    double sum = 0;
    int known = 0;
    for (const EditOutcome& outcome : report.edits) {
        if (outcome.after.top.empty())
            continue; // nobody looked
        sum += outcome.after.p_new;
        ++known;
    }
    return known > 0 ? sum / known : std::numeric_limits<double>::quiet_NaN();
}

double largestNorm(const EditReport& report) {
    double largest = std::numeric_limits<double>::quiet_NaN();
    for (const LayerReport& layer : report.layers)
        largest = std::isnan(largest) ? layer.relative_norm : std::max(largest, layer.relative_norm);
    return largest;
}

// "13-17, 20"
QString layersOf(const EditReport& report) {
    QStringList parts;
    const auto& layers = report.layers;
    for (std::size_t i = 0; i < layers.size();) {
        std::size_t last = i;
        while (last + 1 < layers.size() && layers[last + 1].layer == layers[last].layer + 1)
            ++last;
        parts << (last < i + 2 ? QString::number(layers[i].layer)
                               : QStringLiteral("%1-%2").arg(layers[i].layer).arg(layers[last].layer));
        i = last < i + 2 ? i + 1 : last + 1;
    }
    return parts.join(QStringLiteral(", "));
}

} // namespace

HistoryModel::HistoryModel(QObject* parent)
    : QAbstractTableModel(parent) {}

int HistoryModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(m_ledger.entries.size()) + 1;
}

int HistoryModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : ColumnCount;
}

QVariant HistoryModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation == Qt::Vertical || section < 0 || section >= ColumnCount)
        return {};
    static const char* const names[] = {QT_TR_NOOP("Batch"),   QT_TR_NOOP("Note"),   QT_TR_NOOP("State"),
                                        QT_TR_NOOP("Recipe"),  QT_TR_NOOP("Layers"), QT_TR_NOOP("Softness"),
                                        QT_TR_NOOP("Edits"),   QT_TR_NOOP("p(new)"), QT_TR_NOOP("Score"),
                                        QT_TR_NOOP("|D|/|W|"), QT_TR_NOOP("Took")};
    static const char* const tips[] = {
        QT_TR_NOOP("What was applied; the box switches it off and on, F2 renames it"),
        QT_TR_NOOP("What somebody wrote about it"),
        QT_TR_NOOP("Where the model stands, and which batches are in its weights"),
        QT_TR_NOOP("Algorithm and distribution over the layers"),
        QT_TR_NOOP("Layers that were written"),
        QT_TR_NOOP("0 memorizes exactly; larger leaves ordinary text alone"),
        QT_TR_NOOP("How many edits were applied together"),
        QT_TR_NOOP("Mean probability of the new objects, as this batch's report has it"),
        QT_TR_NOOP("Harmonic mean of efficacy, paraphrases and neighbours; each by itself below the table"),
        QT_TR_NOOP("Update beside weight (Frobenius norms), the largest over the layers"),
        QT_TR_NOOP("Time it took to apply")};
    if (role == Qt::DisplayRole)
        return tr(names[section]);
    if (role == Qt::ToolTipRole)
        return tr(tips[section]);
    if (role == Qt::TextAlignmentRole)
        return QVariant::fromValue((section >= Softness ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
    return {};
}

const LedgerEntry* HistoryModel::entry(int row) const {
    return row < 1 || row >= rowCount() ? nullptr : &m_ledger.entries[static_cast<std::size_t>(row) - 1];
}

int HistoryModel::rowOf(quint64 batch) const {
    for (int row = 1; row < rowCount(); ++row)
        if (entry(row)->id == batch)
            return row;
    return -1;
}

HistoryModel::RowState HistoryModel::state(int row) const {
    const LedgerEntry* of = entry(row);
    if (!of)
        return Checkpoint;
    if (row > positionRow())
        return Undone;
    if (!of->active)
        return SwitchedOff;
    return of->stale ? Stale : Applied;
}

int HistoryModel::staleCount() const {
    int count = 0;
    for (int row = 1; row < rowCount(); ++row)
        count += state(row) == Stale ? 1 : 0;
    return count;
}

int HistoryModel::firstStaleRow() const {
    for (int row = 1; row < rowCount(); ++row)
        if (state(row) == Stale)
            return row;
    return -1;
}

QString HistoryModel::text(int row, int column) const {
    const LedgerEntry* of = entry(row);
    if (column == Title)
        return of ? fromStd(of->title) : tr("Checkpoint");
    if (column == Note)
        return of ? fromStd(of->note).simplified() : QString();
    if (column == State) {
        QString told;
        switch (state(row)) {
        case Checkpoint:
            break;
        case Applied:
            told = tr("applied");
            break;
        case SwitchedOff:
            told = tr("switched off");
            break;
        case Undone:
            told = of->active ? tr("undone") : tr("undone, switched off");
            break;
        case Stale:
            told = tr("⚠ stale");
            break;
        }
        if (row != positionRow())
            return told;
        return told.isEmpty() ? tr("▸ here") : tr("▸ here, %1").arg(told);
    }
    if (!of)
        return column == RecipeColumn ? tr("as it was loaded") : QString();
    if (!of->report)
        return QStringLiteral("–");
    const EditReport& report = *of->report;
    switch (column) {
    case RecipeColumn:
        return tr("%1 · %2", "algorithm, distribution")
            .arg(fromStd(report.recipe.algorithm), fromStd(report.recipe.distribution));
    case Layers:
        return layersOf(report);
    case Softness:
        return report.recipe.softness ? formatSetting(*report.recipe.softness) : QStringLiteral("–");
    case Edits:
        return formatCount(static_cast<std::int64_t>(report.edits.size()));
    case Efficacy:
        return formatProbability(meanNew(report));
    case Score:
        if (const auto known = m_scores.constFind(of->id); known != m_scores.cend())
            return known->after.score ? formatProbability(*known->after.score) : QStringLiteral("–");
        return {};
    case Norm:
        return formatProbability(largestNorm(report));
    case Took:
        return report.seconds.total > 0 ? formatDuration(report.seconds.total) : QStringLiteral("–");
    default:
        return {};
    }
}

QString HistoryModel::toolTip(int row, int column) const {
    const LedgerEntry* of = entry(row);
    if (!of)
        return tr("The weights as they are in the checkpoint; Enter goes back there, everything can be redone");
    if (column == Note && !of->note.empty())
        return fromStd(of->note);
    if (const QString told = column == Score ? scoresBeside(row) : QString(); !told.isEmpty())
        return told;
    switch (column == State ? state(row) : Checkpoint) {
    case Stale:
        return tr("Solved on weights that are no longer underneath it: an earlier batch was switched or its softness "
                  "changed. It still works, but less exactly than if it were solved again.");
    case SwitchedOff:
        return tr("Kept, but not in the weights; Space switches it on again, bit for bit");
    case Undone:
        return tr("Comes after the point where the model stands; Enter goes there");
    default:
        break;
    }
    return QStringLiteral("%1\n%2").arg(fromStd(of->title), recipeSentence(row));
}

QVariant HistoryModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid() || index.row() >= rowCount())
        return {};
    const int row = index.row();
    const LedgerEntry* of = entry(row);
    switch (role) {
    case Qt::DisplayRole:
        return text(row, index.column());
    case Qt::EditRole:
        if (of && index.column() == Note)
            return fromStd(of->note);
        return text(row, index.column());
    case Qt::ToolTipRole:
        return toolTip(row, index.column());
    case Qt::AccessibleTextRole:
        if (index.column() == Title)
            return QStringLiteral("%1, %2").arg(text(row, Title), text(row, State));
        return text(row, index.column());
    case Qt::CheckStateRole:
        if (index.column() == Title && of)
            return of->active ? Qt::Checked : Qt::Unchecked;
        return {};
    case Qt::TextAlignmentRole:
        return headerData(index.column(), Qt::Horizontal, role);
    case Qt::FontRole:
        if (row == positionRow()) {
            QFont font;
            font.setWeight(QFont::DemiBold);
            return font;
        }
        return {};
    case ProbabilityRole:
        if (const double mean = of && of->report ? meanNew(*of->report) : std::nan(""); std::isfinite(mean))
            return mean;
        return {};
    case StateRole:
        return static_cast<int>(state(row));
    default:
        return {};
    }
}

Qt::ItemFlags HistoryModel::flags(const QModelIndex& index) const {
    Qt::ItemFlags flags = QAbstractTableModel::flags(index) | Qt::ItemNeverHasChildren;
    if (index.isValid() && index.column() == Title && index.row() > 0)
        flags |= Qt::ItemIsUserCheckable | Qt::ItemIsEditable;
    if (index.isValid() && index.column() == Note && index.row() > 0)
        flags |= Qt::ItemIsEditable;
    return flags;
}

bool HistoryModel::setData(const QModelIndex& index, const QVariant& value, int role) {
    const LedgerEntry* of = index.isValid() ? entry(index.row()) : nullptr;
    if (!of)
        return false;
    if (role == Qt::EditRole) {
        const QString text = value.toString().trimmed();
        if (index.column() == Title && !text.isEmpty() && text != fromStd(of->title))
            emit annotateRequested(of->id, text, fromStd(of->note));
        if (index.column() == Note && text != fromStd(of->note))
            emit annotateRequested(of->id, fromStd(of->title), text);
        return false; // as the box below
    }
    if (role != Qt::CheckStateRole || index.column() != Title)
        return false;
    const bool active = value.toInt() == Qt::Checked;
    if (active != of->active)
        emit switchRequested(of->id, active);
    return false; // the box follows the ledger, once it has happened
}

void HistoryModel::setLedger(const LedgerState& ledger) {
    const auto& now = m_ledger.entries;
    const auto& next = ledger.entries;
    const auto [mine, theirs] = std::mismatch(now.begin(), now.end(), next.begin(), next.end(),
                                              [](const LedgerEntry& a, const LedgerEntry& b) { return a.id == b.id; });
    const int same = static_cast<int>(mine - now.begin());
    if (same < static_cast<int>(now.size())) {
        beginRemoveRows({}, same + 1, static_cast<int>(now.size()));
        m_ledger.entries.erase(mine, now.end());
        m_ledger.position = std::min(m_ledger.position, m_ledger.entries.size());
        endRemoveRows();
    }
    if (same < static_cast<int>(next.size())) {
        beginInsertRows({}, same + 1, static_cast<int>(next.size()));
        m_ledger = ledger;
        endInsertRows();
    } else {
        m_ledger = ledger;
    }
    emit dataChanged(index(0, 0), index(rowCount() - 1, ColumnCount - 1));
}

QString HistoryModel::recipeSentence(int row) const {
    const LedgerEntry* of = entry(row);
    if (!of)
        return tr("The model as it was loaded, without any edit.");
    if (!of->report)
        return {};
    const EditReport& report = *of->report;
    const Recipe& recipe = report.recipe;
    const QString algorithm = fromStd(recipe.algorithm);
    const QString layers = layersOf(report);
    QString sentence = report.layers.size() == 1
                           ? tr("%1 on layer %2").arg(algorithm, layers)
                           : tr("%1 on layers %2, %3").arg(algorithm, layers, fromStd(recipe.distribution));
    QStringList parts{sentence};
    if (recipe.softness)
        parts << tr("softness %1").arg(formatSetting(*recipe.softness));
    if (recipe.alpha)
        parts << tr("alpha %1").arg(formatSetting(*recipe.alpha));
    if (recipe.merge_subjects)
        parts << tr("edits of one subject merged");
    if (recipe.batch > 0 && static_cast<std::size_t>(recipe.batch) < report.edits.size())
        parts << tr("in batches of %1").arg(recipe.batch);
    if (!recipe.use_statistics)
        parts << tr("without statistics");
    return parts.join(QStringLiteral(", ")) + u'.';
}

QString HistoryModel::facts(int row) const {
    const LedgerEntry* of = entry(row);
    if (!of || !of->report)
        return {};
    const EditReport& report = *of->report;
    QStringList seconds;
    const auto phase = [&](const QString& name, double spent) {
        if (spent > 0.005)
            seconds << QStringLiteral("%1 %2").arg(name, spent < 0.1 ? tr("%1 ms").arg(std::lround(1000 * spent))
                                                                     : formatDuration(spent));
    };
    phase(tr("contexts"), report.seconds.contexts);
    phase(tr("statistics"), report.seconds.statistics);
    phase(tr("values"), report.seconds.values);
    phase(tr("keys"), report.seconds.keys);
    phase(tr("solve"), report.seconds.solve);
    const auto kept = std::count_if(report.edits.begin(), report.edits.end(),
                                    [](const EditOutcome& outcome) { return outcome.value_kept; });
    QStringList facts;
    if (const QString told = scores(row); !told.isEmpty())
        facts << told;
    if (report.seconds.total > 0)
        facts << (seconds.isEmpty()
                      ? formatDuration(report.seconds.total)
                      : tr("%1: %2").arg(formatDuration(report.seconds.total), seconds.join(QStringLiteral(", "))));
    if (kept > 0)
        facts << tr("%1 of %n value(s) kept from an earlier search", nullptr, static_cast<int>(report.edits.size()))
                     .arg(kept);
    if (!report.conflicts.empty())
        facts << tr("%n conflict(s) inside the batch", nullptr, static_cast<int>(report.conflicts.size()));
    return facts.join(QStringLiteral("  ·  "));
}

QString HistoryModel::warnings(int row) const {
    const LedgerEntry* of = entry(row);
    QStringList lines;
    if (of && of->report)
        for (const std::string& warning : of->report->warnings)
            lines << QStringLiteral("⚠ ") + fromStd(warning);
    return lines.join(u'\n');
}

} // namespace emend::ui
