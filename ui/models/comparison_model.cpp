// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/comparison_model.h"

#include "models/text_format.h"
#include "models/verdict.h"

namespace emend::ui {

namespace {

using Row = Comparison::Row;

QString answer(const Prediction& prediction, const QString& object) {
    if (prediction.top.empty())
        return QStringLiteral("–");
    return QStringLiteral("%1  %2").arg(answerOf(prediction, object), formatProbability(certaintyOf(prediction)));
}

QVariant probability(const Prediction& prediction) {
    return prediction.top.empty() ? QVariant() : QVariant(certaintyOf(prediction));
}

} // namespace

ComparisonModel::ComparisonModel(QObject* parent)
    : QAbstractTableModel(parent) {}

int ComparisonModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(m_rows.size());
}

int ComparisonModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : ColumnCount;
}

QVariant ComparisonModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (role != Qt::DisplayRole || orientation == Qt::Vertical)
        return {};
    switch (section) {
    case Prompt:
        return tr("Prompt");
    case Before:
        return m_after ? tr("Before") : tr("Now");
    case After:
        return tr("After");
    case Verdict:
        return m_after ? tr("Verdict") : tr("Expected");
    default:
        return {};
    }
}

ComparisonModel::VerdictKind ComparisonModel::verdict(const Row& row) const {
    if (!m_after || row.after.top.empty() || row.before.top.empty())
        return Unknown;
    if (row.kind == Row::Kind::neighbour)
        return row.before.top.front().id == row.after.top.front().id ? Good : Bad;
    return row.after.says_new ? Good : Bad;
}

QVariant ComparisonModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid() || index.row() >= rowCount())
        return {};
    const Row& row = m_comparison->rows[m_rows[static_cast<std::size_t>(index.row())]];
    const bool neighbour = row.kind == Row::Kind::neighbour;
    switch (role) {
    case Qt::DisplayRole:
        switch (index.column()) {
        case Prompt:
            return fromStd(row.before.prompt);
        case Before:
            return answer(row.before, m_newObject);
        case After:
            return m_after ? answer(row.after, m_newObject) : QStringLiteral("–");
        case Verdict:
            switch (verdict(row)) {
            case Unknown:
                return neighbour ? tr("should stay") : tr("should turn");
            case Good:
                return neighbour ? tr("✓ stayed") : tr("✓ turned");
            case Bad:
                return neighbour ? tr("✗ changed") : tr("✗ not turned");
            }
        }
        return {};
    case Qt::ToolTipRole:
        if (index.column() == Verdict && !neighbour && verdict(row) != Unknown)
            return tr("p(new) of the whole object: before %1, after %2")
                .arg(formatProbability(row.before.p_new), formatProbability(row.after.p_new));
        return index.column() == Prompt
                   ? QStringLiteral("%1\n%2").arg(fromStd(row.before.prompt),
                                                  neighbour ? tr("Another subject: its answer must not change")
                                                            : tr("Another wording: its answer should turn"))
                   : data(index, Qt::DisplayRole);
    case ProbabilityRole:
        if (index.column() == Before)
            return probability(row.before);
        return index.column() == After && m_after ? probability(row.after) : QVariant();
    case VerdictRole:
        return verdict(row);
    case KindRole:
        return static_cast<int>(row.kind);
    default:
        return {};
    }
}

void ComparisonModel::setComparison(std::shared_ptr<const Comparison> comparison, const QString& newObject,
                                    bool after) {
    beginResetModel();
    m_comparison = std::move(comparison);
    m_newObject = newObject;
    m_after = after;
    m_rows.clear();
    if (m_comparison)
        for (std::size_t i = 0; i < m_comparison->rows.size(); ++i)
            if (m_comparison->rows[i].kind != Row::Kind::edit)
                m_rows.push_back(i);
    endResetModel();
}

ComparisonModel::Tally ComparisonModel::tally() const {
    Tally tally;
    for (const std::size_t i : m_rows) {
        const Row& row = m_comparison->rows[i];
        const bool good = verdict(row) == Good;
        tally.unknown += m_after && row.after.top.empty() ? 1 : 0;
        if (row.kind == Row::Kind::neighbour) {
            ++tally.neighbours;
            tally.unchanged += good ? 1 : 0;
        } else {
            ++tally.paraphrases;
            tally.turned += good ? 1 : 0;
        }
    }
    return tally;
}

} // namespace emend::ui
