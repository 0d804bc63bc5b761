// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/token_list_model.h"

#include "models/text_format.h"

namespace emend::ui {

bool beginsObject(const std::string& piece, const QString& object) {
    const QString text = fromStd(piece).trimmed();
    return !text.isEmpty() && object.trimmed().startsWith(text);
}

TokenListModel::TokenListModel(QObject* parent)
    : QAbstractTableModel(parent) {}

int TokenListModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(m_tokens.size());
}

int TokenListModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : ColumnCount;
}

QVariant TokenListModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (role != Qt::DisplayRole)
        return {};
    if (orientation == Qt::Vertical)
        return section + 1;
    return section == Token ? tr("Token") : tr("Probability");
}

QVariant TokenListModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid() || index.row() >= rowCount())
        return {};
    const TokenProbability& token = m_tokens[static_cast<std::size_t>(index.row())];
    switch (role) {
    case Qt::DisplayRole:
        return index.column() == Token ? visiblePiece(token.piece) : formatProbability(token.probability);
    case Qt::ToolTipRole:
        return tr("token %1: %2").arg(token.id).arg(token.probability, 0, 'g', 6);
    case Qt::TextAlignmentRole:
        return QVariant::fromValue(Qt::AlignVCenter | (index.column() == Probability ? Qt::AlignRight : Qt::AlignLeft));
    case ProbabilityRole:
        return token.probability;
    case AnswerRole:
        if (beginsObject(token.piece, m_new))
            return NewObject;
        return beginsObject(token.piece, m_old) ? OldObject : Other;
    default:
        return {};
    }
}

void TokenListModel::setTokens(const std::vector<TokenProbability>& tokens, const QString& newObject,
                               const QString& oldObject) {
    beginResetModel();
    m_tokens = tokens;
    m_new = newObject;
    m_old = oldObject;
    endResetModel();
}

} // namespace emend::ui
