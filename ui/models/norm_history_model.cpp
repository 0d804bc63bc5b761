// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/norm_history_model.h"

#include "models/text_format.h"

#include <algorithm>

namespace emend::ui {

NormHistoryModel::NormHistoryModel(QObject* parent)
    : QAbstractTableModel(parent) {}

int NormHistoryModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() || !m_history ? 0 : static_cast<int>(m_history->points.size());
}

int NormHistoryModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : FirstLayer + layerCount();
}

int NormHistoryModel::layerCount() const {
    return m_history ? static_cast<int>(m_history->layers.size()) : 0;
}

int NormHistoryModel::indexOfLayer(int layer) const {
    for (int at = 0; at < layerCount(); ++at)
        if (this->layer(at) == layer)
            return at;
    return -1;
}

QVariant NormHistoryModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation == Qt::Vertical || section < 0 || section >= columnCount())
        return {};
    switch (role) {
    case Qt::DisplayRole:
        return section == Position ? tr("Batch")
               : section == Title  ? tr("Edit")
                                   : tr("Layer %1").arg(layer(section - FirstLayer));
    case Qt::ToolTipRole:
        return section == Position ? tr("Place in the history, from 1")
               : section == Title  ? tr("What the batch wrote")
                                   : tr("|W − W0| / |W0| after the batch: all batches up to here together");
    case Qt::TextAlignmentRole:
        return QVariant::fromValue((section == Title ? Qt::AlignLeft : Qt::AlignRight) | Qt::AlignVCenter);
    default:
        return {};
    }
}

QVariant NormHistoryModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid() || index.row() >= rowCount())
        return {};
    const int row = index.row();
    const int at = index.column() - FirstLayer;
    switch (role) {
    case Qt::DisplayRole:
        return index.column() == Position ? QString::number(point(row).position)
               : index.column() == Title  ? m_titles[row]
               : isPast(row, at)          ? QStringLiteral("⚠ ") + formatProbability(relative(row, at))
                                          : formatProbability(relative(row, at));
    case Qt::ToolTipRole:
        return at < 0 ? m_titles[row] : describe(row, at);
    case Qt::TextAlignmentRole:
        return headerData(index.column(), Qt::Horizontal, role);
    case ValueRole:
        return at < 0 ? QVariant() : relative(row, at);
    case AlarmRole:
        return at >= 0 && isPast(row, at);
    default:
        return {};
    }
}

void NormHistoryModel::setHistory(std::shared_ptr<const NormHistory> history, const QHash<quint64, QString>& titles) {
    beginResetModel();
    m_history = std::move(history);
    m_titles.clear();
    for (int row = 0; row < rowCount(); ++row)
        m_titles << titles.value(point(row).batch_id);
    endResetModel();
}

void NormHistoryModel::setBound(double relative) {
    if (relative == m_bound)
        return;
    m_bound = relative;
    if (rowCount() > 0)
        emit dataChanged(index(0, 0), index(rowCount() - 1, columnCount() - 1), {Qt::DisplayRole, AlarmRole});
    emit boundChanged(relative);
}

int NormHistoryModel::furthest(int row) const {
    const auto& norms = point(row).relative_norm;
    return static_cast<int>(std::max_element(norms.begin(), norms.end()) - norms.begin());
}

std::optional<NormHistoryModel::Alarm> NormHistoryModel::alarm() const {
    if (layerCount() == 0)
        return {};
    for (int row = 0; row < rowCount(); ++row)
        if (const int at = furthest(row); isPast(row, at))
            return Alarm{row, at};
    return {};
}

QString NormHistoryModel::warning() const {
    const auto found = alarm();
    if (!found)
        return {};
    return tr("Layer %1 passed %2 of its weights' norm with batch %3 (%4): it is at %5. Growing norms announce that "
              "the model collapses: go back before that batch, soften the edits, or spread them over more layers.")
        .arg(layer(found->at))
        .arg(formatProbability(m_bound))
        .arg(point(found->row).position)
        .arg(m_titles[found->row], formatProbability(relative(rowCount() - 1, found->at)));
}

QString NormHistoryModel::describe(int row, int at) const {
    return tr("Layer %1 after batch %2 (%3): |W − W0| %4, %5 of its weights' norm")
        .arg(layer(at))
        .arg(point(row).position)
        .arg(m_titles[row], formatNumber(point(row).update_norm[static_cast<std::size_t>(at)]),
             formatProbability(relative(row, at)));
}

QString NormHistoryModel::summary() const {
    if (rowCount() == 0 || layerCount() == 0)
        return {};
    const int last = rowCount() - 1;
    return tr("%1 after %2, the furthest layer %3 at %4")
        .arg(tr("%n layer(s)", nullptr, layerCount()), tr("%n batch(es)", nullptr, rowCount()))
        .arg(layer(furthest(last)))
        .arg(formatProbability(relative(last, furthest(last))));
}

QString NormHistoryModel::toCsv() const {
    QString csv = QStringLiteral("position,batch,title,layer,update_norm,relative_norm\n");
    for (int row = 0; row < rowCount(); ++row) {
        const NormHistory::Point& from = point(row);
        for (int at = 0; at < layerCount(); ++at)
            csv += QStringLiteral("%1,%2,%3,%4,%5,%6\n")
                       .arg(QString::number(from.position), QString::number(from.batch_id), csvCell(m_titles[row]),
                            QString::number(layer(at)),
                            QString::number(from.update_norm[static_cast<std::size_t>(at)], 'g', 17),
                            QString::number(relative(row, at), 'g', 17));
    }
    return csv;
}

} // namespace emend::ui
