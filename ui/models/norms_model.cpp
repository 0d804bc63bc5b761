// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/norms_model.h"

#include "emend/report_totals.h"
#include "models/text_format.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace emend::ui {

NormsModel::NormsModel(QObject* parent)
    : QAbstractTableModel(parent) {}

int NormsModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(m_layers.size());
}

int NormsModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : ColumnCount;
}

QVariant NormsModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation == Qt::Vertical || section < 0 || section >= ColumnCount)
        return {};
    static const char* const names[] = {QT_TR_NOOP("Layer"),   QT_TR_NOOP("|D|"),      QT_TR_NOOP("|D|/|W|"),
                                        QT_TR_NOOP("Session"), QT_TR_NOOP("Residual"), QT_TR_NOOP("Preserv."),
                                        QT_TR_NOOP("Memor."),  QT_TR_NOOP("Rank"),     QT_TR_NOOP("Condition"),
                                        QT_TR_NOOP("|W|")};
    static const char* const tips[] = {
        QT_TR_NOOP("Block of the model, from 0"),
        QT_TR_NOOP("Frobenius norm of the update"),
        QT_TR_NOOP("How large the update is beside the weight"),
        QT_TR_NOOP("All applied batches together: how far the layer is from the checkpoint, beside the weight"),
        QT_TR_NOOP("Share of the residual: of what was asked for at the start, how much this layer's write took away; "
                   "100 % over all layers means that every value was reached"),
        QT_TR_NOOP("Mean |D k|² over ordinary text: how much the layer disturbs what it should keep; less is better"),
        QT_TR_NOOP("|R − D K|²: what the layer was asked for and did not take; 0 is exact"),
        QT_TR_NOOP("Rank of the update, the edits written into this layer, of the directions it may use: all of the "
                   "key's, or those of the null space (AlphaEdit)"),
        QT_TR_NOOP("Condition of the system that was solved: above 1e12 digits are being lost, edits are in each "
                   "other's way"),
        QT_TR_NOOP("Frobenius norm of the weight as in the checkpoint")};
    if (role == Qt::DisplayRole)
        return tr(names[section]);
    const QString full = section == Preservation   ? tr("Preservation")
                         : section == Memorization ? tr("Memorization error")
                                                   : tr(names[section]);
    if (role == Qt::AccessibleTextRole)
        return full;
    if (role == Qt::ToolTipRole)
        return QStringLiteral("%1: %2").arg(full, tr(tips[section]));
    if (role == Qt::TextAlignmentRole)
        return QVariant::fromValue(Qt::AlignRight | Qt::AlignVCenter);
    return {};
}

double NormsModel::value(int row, int column) const {
    const LayerReport& report = layer(row);
    switch (column) {
    case Layer:
        return report.layer;
    case UpdateNorm:
        return report.update_norm;
    case WeightNorm:
        return isEdited(row) ? report.weight_norm : std::numeric_limits<double>::quiet_NaN();
    case RelativeNorm:
        return report.relative_norm;
    case SessionNorm:
        return sessionNorm(row);
    case ResidualShare:
        return isEdited(row) ? report.residual_share : std::numeric_limits<double>::quiet_NaN();
    case Rank:
        return report.rank;
    case Condition:
        return isEdited(row) ? report.condition : std::numeric_limits<double>::quiet_NaN();
    case Preservation:
        return isEdited(row) ? report.preservation : std::numeric_limits<double>::quiet_NaN();
    case Memorization:
        return isEdited(row) ? report.memorization : std::numeric_limits<double>::quiet_NaN();
    default:
        return std::numeric_limits<double>::quiet_NaN();
    }
}

double NormsModel::sessionNorm(int row) const {
    if (!m_session || m_session->points.empty())
        return std::numeric_limits<double>::quiet_NaN();
    const auto& layers = m_session->layers;
    const auto at = std::lower_bound(layers.begin(), layers.end(), layer(row).layer);
    if (at == layers.end() || *at != layer(row).layer)
        return 0; // no batch wrote it
    return m_session->points.back().relative_norm[static_cast<std::size_t>(at - layers.begin())];
}

QVariant NormsModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid() || index.row() >= rowCount())
        return {};
    const double number = value(index.row(), index.column());
    switch (role) {
    case Qt::DisplayRole:
        if (index.column() == Layer)
            return QString::number(static_cast<int>(number));
        if (index.column() == Rank && isEdited(index.row()))
            return layer(index.row()).dimensions > 0 ? tr("%1 of %2", "rank, directions")
                                                           .arg(layer(index.row()).rank)
                                                           .arg(layer(index.row()).dimensions)
                                                     : QString::number(layer(index.row()).rank);
        if (index.column() == Condition)
            return formatSetting(number);
        if (index.column() == SessionNorm)
            return number == 0 ? QStringLiteral("–") : formatProbability(number);
        if (index.column() == ResidualShare || (index.column() == RelativeNorm && isEdited(index.row())))
            return formatProbability(number);
        return isEdited(index.row()) ? formatNumber(number) : QStringLiteral("–");
    case Qt::ToolTipRole:
        return describe(index.row());
    case Qt::TextAlignmentRole:
        return QVariant::fromValue(Qt::AlignRight | Qt::AlignVCenter);
    case ValueRole:
        return number;
    case EditedRole:
        return isEdited(index.row());
    default:
        return {};
    }
}

QString NormsModel::describe(int row) const {
    const LayerReport& report = layer(row);
    const double session = sessionNorm(row);
    const QString together =
        session > 0 ? u'\n' + tr("all applied edits together: |W − W0|/|W0| %1").arg(formatProbability(session))
                    : QString();
    if (!isEdited(row))
        return tr("Layer %1: not edited").arg(report.layer) + together;
    QString told = tr("Layer %1: |D| %2, |W| %3, |D|/|W| %4, rank %5")
                       .arg(report.layer)
                       .arg(formatNumber(report.update_norm), formatNumber(report.weight_norm),
                            formatProbability(report.relative_norm))
                       .arg(report.rank);
    if (report.dimensions > 0)
        told += tr(" of %1 directions").arg(report.dimensions);
    told += u'\n';
    told += std::isfinite(report.preservation)
                ? tr("preservation %1 (less is better), memorization error %2 (0 is exact), condition %3")
                      .arg(formatNumber(report.preservation), formatNumber(report.memorization),
                           formatSetting(report.condition))
                : tr("memorization error %1 (0 is exact), condition %2; no statistics, so preservation is not known")
                      .arg(formatNumber(report.memorization), formatSetting(report.condition));
    told += tr(", %1 of the residual", "share that the layer took").arg(formatProbability(report.residual_share));
    return told + together;
}

QString NormsModel::totals() const {
    if (!m_report)
        return {};
    const LayerReport total = total_of(m_report->layers);
    return tr("preservation %1, memorization error %2")
        .arg(formatNumber(total.preservation), formatNumber(total.memorization));
}

QString NormsModel::summary() const {
    if (!m_report || m_report->layers.empty())
        return {};
    const auto& moved = m_report->layers;
    const auto most = std::max_element(moved.begin(), moved.end(), [](const LayerReport& a, const LayerReport& b) {
        return a.update_norm < b.update_norm;
    });
    return tr("%n layer(s) moved, the most layer %1 with |D| %2", nullptr, static_cast<int>(moved.size()))
        .arg(most->layer)
        .arg(formatNumber(most->update_norm));
}

QString NormsModel::toCsv() const {
    static constexpr Column written[] = {Layer,        UpdateNorm, RelativeNorm, Preservation,
                                         Memorization, Rank,       Condition,    WeightNorm};
    static constexpr Column last[] = {ResidualShare, SessionNorm};
    QString csv = QStringLiteral("layer,update_norm,relative_norm,preservation,memorization,rank,condition,weight_norm,"
                                 "dimensions,residual_share,session_relative_norm\n");
    const auto cell = [](double number) {
        return std::isfinite(number) ? QString::number(number, 'g', 17) : QString();
    };
    for (int row = 0; row < rowCount(); ++row) {
        QStringList cells;
        for (const Column column : written)
            cells << cell(value(row, column));
        cells << (isEdited(row) ? QString::number(layer(row).dimensions) : QString());
        for (const Column column : last)
            cells << cell(value(row, column));
        csv += cells.join(u',') + u'\n';
    }
    return csv;
}

void NormsModel::setSession(std::shared_ptr<const NormHistory> history) {
    m_session = std::move(history);
    if (rowCount() > 0)
        emit dataChanged(index(0, 0), index(rowCount() - 1, ColumnCount - 1));
}

void NormsModel::setReport(std::shared_ptr<const EditReport> report, int layers) {
    beginResetModel();
    m_report = std::move(report);
    m_layers.clear();
    m_edited.clear();
    if (m_report) {
        for (const LayerReport& moved : m_report->layers)
            layers = std::max(layers, moved.layer + 1);
        m_layers.resize(static_cast<std::size_t>(layers));
        m_edited.resize(m_layers.size());
        for (std::size_t i = 0; i < m_layers.size(); ++i)
            m_layers[i].layer = static_cast<int>(i);
        for (const LayerReport& moved : m_report->layers) {
            m_layers[static_cast<std::size_t>(moved.layer)] = moved;
            m_edited[static_cast<std::size_t>(moved.layer)] = true;
        }
    }
    endResetModel();
}

} // namespace emend::ui
