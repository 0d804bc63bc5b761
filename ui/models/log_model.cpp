// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/log_model.h"

namespace emend::ui {

LogModel::LogModel(QObject* parent)
    : QAbstractTableModel(parent) {}

int LogModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(m_lines.size());
}

int LogModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : ColumnCount;
}

QVariant LogModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (role != Qt::DisplayRole || orientation == Qt::Vertical)
        return {};
    return section == Time ? tr("Time") : tr("What happened");
}

QVariant LogModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid() || index.row() >= rowCount())
        return {};
    const Line& line = m_lines[static_cast<std::size_t>(index.row())];
    switch (role) {
    case Qt::DisplayRole:
        return index.column() == Time ? line.time.toString(QStringLiteral("HH:mm:ss")) : line.text;
    case Qt::ToolTipRole:
        return line.details.isEmpty() ? line.text : line.details;
    case LevelRole:
        return static_cast<int>(line.level);
    case DetailsRole:
        return line.details.isEmpty() ? line.text : line.details;
    default:
        return {};
    }
}

void LogModel::add(Level level, const QString& text, const QString& details) {
    if (rowCount() == capacity) {
        beginRemoveRows({}, 0, 0);
        m_lines.pop_front();
        endRemoveRows();
    }
    beginInsertRows({}, rowCount(), rowCount());
    m_lines.push_back({QDateTime::currentDateTime(), level, text, details});
    endInsertRows();
}

void LogModel::clear() {
    beginResetModel();
    m_lines.clear();
    endResetModel();
}

QString LogModel::toText() const {
    QString text;
    for (const Line& line : m_lines)
        text += QStringLiteral("%1  %2\n")
                    .arg(line.time.toString(Qt::ISODate), line.details.isEmpty() ? line.text : line.details);
    return text;
}

} // namespace emend::ui
