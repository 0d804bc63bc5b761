// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/trace_model.h"

#include "models/text_format.h"

#include <algorithm>
#include <cmath>

namespace emend::ui {

namespace {

QString quoted(QString text) {
    return u'"' + text.replace(u'"', QStringLiteral("\"\"")) + u'"';
}

QString kindAmongWords(TraceKind kind) {
    return kind == TraceKind::mlp ? kindName(kind) : kindName(kind).toLower();
}

QString csvNumber(double value) {
    return std::isfinite(value) ? QString::number(value, 'g', 17) : QString();
}

} // namespace

TraceModel::TraceModel(QObject* parent)
    : QAbstractTableModel(parent) {}

int TraceModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(m_picture.rows.size());
}

int TraceModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() || isEmpty() ? 0 : 1 + static_cast<int>(m_picture.maps.size()) * m_picture.layers;
}

TraceModel::Cell TraceModel::cellAt(const QModelIndex& index) const {
    if (!index.isValid() || index.column() == TokenColumn || index.row() >= rowCount())
        return {};
    return {(index.column() - 1) / m_picture.layers, index.row(), (index.column() - 1) % m_picture.layers};
}

QModelIndex TraceModel::indexOf(const Cell& cell) const {
    return cell.isValid() ? index(cell.row, 1 + cell.map * m_picture.layers + cell.layer) : QModelIndex();
}

QVariant TraceModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation == Qt::Vertical || section < 0 || section >= columnCount())
        return {};
    if (role == Qt::TextAlignmentRole)
        return QVariant::fromValue((section == TokenColumn ? Qt::AlignLeft : Qt::AlignRight) | Qt::AlignVCenter);
    if (role != Qt::DisplayRole && role != Qt::ToolTipRole)
        return {};
    if (section == TokenColumn)
        return m_picture.average ? tr("Tokens") : tr("Token");
    const int layer = (section - 1) % m_picture.layers;
    const TracePicture::Map& map = m_picture.maps[static_cast<std::size_t>((section - 1) / m_picture.layers)];
    if (role == Qt::ToolTipRole)
        return tr("Layer %1, %2 put back").arg(layer).arg(kindInSentence(map.kind, map.window));
    return m_picture.maps.size() == 1 ? QString::number(layer)
                                      : QStringLiteral("%1 %2").arg(kindName(map.kind)).arg(layer);
}

QVariant TraceModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid() || index.row() >= rowCount() || index.column() >= columnCount())
        return {};
    const TracePicture::Row& row = m_picture.rows[static_cast<std::size_t>(index.row())];
    if (role == SubjectRole)
        return row.subject;
    if (index.column() == TokenColumn) {
        if (role == Qt::DisplayRole)
            return rowText(index.row());
        return role == Qt::ToolTipRole ? QVariant(row.role) : QVariant();
    }
    const Cell cell = cellAt(index);
    switch (role) {
    case Qt::DisplayRole:
        return formatProbability(m_picture.value(cell));
    case Qt::ToolTipRole:
        return describe(cell);
    case Qt::TextAlignmentRole:
        return QVariant::fromValue(Qt::AlignRight | Qt::AlignVCenter);
    case ValueRole:
        return m_picture.value(cell);
    default:
        return {};
    }
}

bool TraceModel::sameShape(const TracePicture& other) const {
    const auto sameKind = [](const TracePicture::Map& a, const TracePicture::Map& b) { return a.kind == b.kind; };
    const auto sameText = [](const TracePicture::Row& a, const TracePicture::Row& b) { return a.text == b.text; };
    return !isEmpty() && other.average == m_picture.average && other.layers == m_picture.layers &&
           std::equal(other.maps.begin(), other.maps.end(), m_picture.maps.begin(), m_picture.maps.end(), sameKind) &&
           std::equal(other.rows.begin(), other.rows.end(), m_picture.rows.begin(), m_picture.rows.end(), sameText);
}

void TraceModel::setPicture(TracePicture picture) {
    if (isEmpty() && picture.isEmpty())
        return;
    if (sameShape(picture)) {
        m_picture = std::move(picture);
        emit dataChanged(index(0, 0), index(rowCount() - 1, columnCount() - 1));
        return;
    }
    beginResetModel();
    m_picture = std::move(picture);
    endResetModel();
}

QString TraceModel::rowText(int row) const {
    const TracePicture::Row& own = m_picture.rows[static_cast<std::size_t>(row)];
    if (m_picture.average)
        return own.last_subject ? own.text + QStringLiteral(" ★") : own.text;
    return own.last_subject ? own.text + QStringLiteral(" ★")
           : own.subject    ? own.text + QStringLiteral(" *")
                            : own.text;
}

QString TraceModel::describe(const Cell& cell) const {
    if (!cell.isValid())
        return {};
    const TracePicture::Row& row = m_picture.rows[static_cast<std::size_t>(cell.row)];
    const TracePicture::Map& map = m_picture.maps[static_cast<std::size_t>(cell.map)];
    const double value = m_picture.value(cell);
    const QString kind = kindAmongWords(map.kind);
    const QString layer = QString::number(cell.layer);
    if (m_picture.average) {
        const QString where = tr("%1, layer %2, %3: ").arg(row.text, layer, kind);
        if (!std::isfinite(value))
            return where + tr("no fact has such a token");
        return where + tr("%1 come back, spread %2 over %n fact(s)", nullptr, static_cast<int>(row.facts))
                           .arg(formatProbability(value), formatProbability(m_picture.spread(cell)));
    }
    const QString where = tr("“%1” (%2), layer %3, %4: ").arg(row.text, row.role, layer, kind);
    if (!std::isfinite(value))
        return where + tr("not run yet");
    return where + tr("p(%1) %2 when put back (corrupted %3, clean %4)")
                       .arg(m_picture.object, formatProbability(value), formatProbability(map.corrupted),
                            formatProbability(map.clean));
}

QString TraceModel::summary() const {
    if (isEmpty())
        return {};
    QStringList told;
    const TracePicture::Map& first = m_picture.maps.front();
    const QString clean = formatProbability(first.clean);
    const QString corrupted = formatProbability(first.corrupted);
    told << (m_picture.average
                 ? tr("%n fact(s): clean %1, corrupted %2 on average", nullptr, static_cast<int>(m_picture.facts))
                       .arg(clean, corrupted)
                 : tr("“%1”: clean %2, corrupted %3").arg(m_picture.object, clean, corrupted));
    if (!(first.corrupted < 0.9 * first.clean))
        told << tr("the noise hardly hides it, there is nothing to bring back");
    const bool single = m_picture.maps.size() == 1;
    QStringList sites;
    for (int map = 0; map < static_cast<int>(m_picture.maps.size()); ++map) {
        const Cell best = m_picture.best(map);
        if (!best.isValid())
            continue;
        const TracePicture::Map& own = m_picture.maps[static_cast<std::size_t>(map)];
        const QString what = single ? kindInSentence(own.kind, own.window) : kindAmongWords(own.kind);
        const QString layer = QString::number(best.layer);
        const QString token = m_picture.rows[static_cast<std::size_t>(best.row)].text;
        const QString value = formatProbability(m_picture.value(best));
        if (!single)
            sites << (m_picture.average ? tr("%1 of layer %2 at the %3 %4") : tr("%1 of layer %2 at “%3” %4"))
                         .arg(what, layer, token, value);
        else if (m_picture.average)
            told << tr("%1 of layer %2 at the %3 brings %4 back").arg(what, layer, token, value);
        else
            told << tr("%1 of layer %2 at “%3” brings it to %4").arg(what, layer, token, value);
    }
    if (!sites.isEmpty())
        told << tr("best put back: %1").arg(sites.join(QStringLiteral(", ")));
    return told.join(QStringLiteral("; "));
}

QString TraceModel::toCsv() const {
    const bool average = m_picture.average;
    QString csv = average ? QStringLiteral("kind,window,tokens,layer,effect,spread,facts\n")
                          : QStringLiteral("kind,window,token,text,role,subject,layer,probability,corrupted,clean\n");
    for (int map = 0; map < static_cast<int>(m_picture.maps.size()); ++map) {
        const TracePicture::Map& own = m_picture.maps[static_cast<std::size_t>(map)];
        const std::string_view name = to_text(own.kind);
        const QString kind = QStringLiteral("%1,%2")
                                 .arg(QString::fromUtf8(name.data(), static_cast<qsizetype>(name.size())))
                                 .arg(own.window);
        for (int row = 0; row < rowCount(); ++row) {
            const TracePicture::Row& of = m_picture.rows[static_cast<std::size_t>(row)];
            for (int layer = 0; layer < m_picture.layers; ++layer) {
                const Cell cell{map, row, layer};
                QStringList fields{kind};
                if (average)
                    fields << quoted(of.text) << QString::number(layer) << csvNumber(m_picture.value(cell))
                           << csvNumber(m_picture.spread(cell)) << QString::number(of.facts);
                else
                    fields << QString::number(row) << quoted(of.text) << quoted(of.role)
                           << QString::number(of.subject ? 1 : 0) << QString::number(layer)
                           << csvNumber(m_picture.value(cell)) << csvNumber(own.corrupted) << csvNumber(own.clean);
                csv += fields.join(u',') + u'\n';
            }
        }
    }
    return csv;
}

} // namespace emend::ui
