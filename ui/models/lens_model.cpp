// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/lens_model.h"

#include "models/text_format.h"

#include <limits>

namespace emend::ui {

LensModel::LensModel(QObject* parent)
    : QAbstractTableModel(parent) {}

int LensModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() || !m_lens ? 0 : static_cast<int>(m_lens->before.size());
}

int LensModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(m_columns.size());
}

QVariant LensModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation == Qt::Vertical || section < 0 || section >= columnCount())
        return {};
    const Column column = columnAt(section);
    if (role == Qt::TextAlignmentRole) {
        const bool words = column == AnswerBefore || column == AnswerAfter;
        return QVariant::fromValue((words ? Qt::AlignLeft : Qt::AlignRight) | Qt::AlignVCenter);
    }
    if (role != Qt::DisplayRole && role != Qt::ToolTipRole)
        return {};
    switch (column) {
    case Layer:
        return tr("Layer");
    case AnswerBefore:
        return m_after ? tr("Before") : tr("Would say");
    case AnswerAfter:
        return tr("After");
    case NewBefore:
    case NewAfter:
        return tr("p(%1)").arg(m_new);
    case TrueBefore:
    case TrueAfter:
        return tr("p(%1)").arg(m_true);
    }
    return {};
}

const LensLayer& LensModel::layerOf(int row, bool after) const {
    return (after ? m_lens->after : m_lens->before)[static_cast<std::size_t>(row)];
}

QString LensModel::tip(int row, bool after) const {
    QStringList lines{tr("Layer %1 would say:").arg(row)};
    for (const TokenProbability& token : layerOf(row, after).top)
        lines << QStringLiteral("%1  %2").arg(visiblePiece(token.piece), formatProbability(token.probability));
    return lines.join(u'\n');
}

QVariant LensModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid() || index.row() >= rowCount() || index.column() >= columnCount())
        return {};
    const Column column = columnAt(index.column());
    const bool words = column == AnswerBefore || column == AnswerAfter;
    const bool after = column >= AnswerAfter;
    if (role == Qt::TextAlignmentRole)
        return QVariant::fromValue((words ? Qt::AlignLeft : Qt::AlignRight) | Qt::AlignVCenter);
    if (role == Qt::ToolTipRole && column != Layer)
        return tip(index.row(), after);
    if (role != Qt::DisplayRole)
        return {};
    if (column == Layer)
        return QString::number(index.row());
    const LensLayer& layer = layerOf(index.row(), after);
    // Of two sides there is room for the words only; their probabilities are in the tip.
    if (words && m_after && !layer.top.empty())
        return answerText(layer.top.front().piece);
    if (words)
        return layer.top.empty()
                   ? QStringLiteral("–")
                   : tr("%1  %2", "answer, its probability")
                         .arg(answerText(layer.top.front().piece), formatProbability(layer.top.front().probability));
    if (column == NewBefore || column == NewAfter)
        return formatProbability(layer.p_new);
    return formatProbability(layer.p_true.value_or(std::numeric_limits<double>::quiet_NaN()));
}

void LensModel::setLens(std::shared_ptr<const LensResult> lens, const QString& newObject, const QString& trueObject,
                        bool after) {
    beginResetModel();
    m_lens = std::move(lens);
    m_new = newObject;
    m_true = trueObject;
    m_after = after && m_lens && m_lens->after.size() == m_lens->before.size();
    m_columns.clear();
    if (m_lens) {
        m_columns.push_back(Layer);
        for (const Column first : {AnswerBefore, AnswerAfter}) {
            if (first == AnswerAfter && !m_after)
                continue;
            m_columns.push_back(first);
            if (!m_new.isEmpty())
                m_columns.push_back(static_cast<Column>(first + 1));
            if (!m_true.isEmpty())
                m_columns.push_back(static_cast<Column>(first + 2));
        }
    }
    endResetModel();
}

QString LensModel::token() const {
    if (!m_lens || m_lens->token < 0 || m_lens->token >= static_cast<int>(m_lens->tokens.size()))
        return {};
    return visiblePiece(m_lens->tokens[static_cast<std::size_t>(m_lens->token)]);
}

QString LensModel::toCsv() const {
    QString csv = QStringLiteral("layer,state,answer,probability,p_new,p_true\n");
    for (int row = 0; row < rowCount(); ++row) {
        for (const bool after : {false, true}) {
            if (after && !m_after)
                continue;
            const LensLayer& layer = layerOf(row, after);
            const TokenProbability top = layer.top.empty() ? TokenProbability{} : layer.top.front();
            QString piece = fromStd(top.piece);
            csv += QStringLiteral("%1,%2,\"%3\",%4,%5,%6\n")
                       .arg(row)
                       .arg(after ? QStringLiteral("after") : QStringLiteral("before"))
                       .arg(piece.replace(u'"', QStringLiteral("\"\"")))
                       .arg(top.probability, 0, 'g', 17)
                       .arg(layer.p_new, 0, 'g', 17)
                       .arg(layer.p_true ? QString::number(*layer.p_true, 'g', 17) : QString());
        }
    }
    return csv;
}

} // namespace emend::ui
