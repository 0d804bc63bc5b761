// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/frontier_model.h"

#include "models/text_format.h"

#include <algorithm>
#include <cmath>

namespace emend::ui {

namespace {

double value(const FrontierPoint& point, int column) {
    switch (column) {
    case FrontierModel::Softness:
        return point.softness;
    case FrontierModel::Preservation:
        return point.preservation;
    case FrontierModel::Memorization:
        return point.memorization;
    default:
        return point.update_norm;
    }
}

// Straight between a and b as they are drawn; a zero has no place on a logarithmic scale.
double between(double a, double b, double t) {
    return a > 0 && b > 0 ? a * std::pow(b / a, t) : a + (b - a) * t;
}

} // namespace

FrontierModel::FrontierModel(QObject* parent)
    : QAbstractTableModel(parent) {}

int FrontierModel::rowCount(const QModelIndex& parent) const {
    if (parent.isValid())
        return 0;
    return ownCount() + (m_overlay ? static_cast<int>(m_overlay->total.size()) : 0);
}

int FrontierModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : m_overlay ? ColumnCount : Curve;
}

QVariant FrontierModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation == Qt::Vertical || section < 0 || section >= ColumnCount)
        return {};
    static const char* const names[] = {QT_TR_NOOP("Softness"), QT_TR_NOOP("Preservation"), QT_TR_NOOP("Memorization"),
                                        QT_TR_NOOP("|D|"), QT_TR_NOOP("Distribution")};
    static const char* const tips[] = {
        QT_TR_NOOP("How much the update gives way: 0 memorizes exactly"),
        QT_TR_NOOP("Mean |D k|² over ordinary text, sum of the layers: less is better"),
        QT_TR_NOOP("|R − D K|², what was asked for and not taken, sum of the layers: 0 is exact"),
        QT_TR_NOOP("Frobenius norm of the update over all layers"),
        QT_TR_NOOP("How the change is shared among the layers: as applied, or as it is compared with")};
    if (role == Qt::DisplayRole)
        return tr(names[section]);
    if (role == Qt::ToolTipRole)
        return tr(tips[section]);
    if (role == Qt::TextAlignmentRole)
        return QVariant::fromValue(Qt::AlignRight | Qt::AlignVCenter);
    return {};
}

QVariant FrontierModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid() || index.row() >= rowCount())
        return {};
    if (index.column() == Curve)
        return role == Qt::DisplayRole ? QVariant(isOverlay(index.row()) ? m_other : m_own) : QVariant();
    const double number = value(point(index.row()), index.column());
    switch (role) {
    case Qt::DisplayRole:
        return index.column() == Softness ? formatSetting(number) : formatNumber(number);
    case Qt::ToolTipRole:
        return describeRow(index.row());
    case Qt::TextAlignmentRole:
        return QVariant::fromValue(Qt::AlignRight | Qt::AlignVCenter);
    case ValueRole:
        return number;
    default:
        return {};
    }
}

void FrontierModel::setFrontier(std::shared_ptr<const Frontier> frontier, const QString& title) {
    beginResetModel();
    m_frontier = std::move(frontier);
    m_overlay.reset();
    m_title = title;
    findPreservation();
    endResetModel();
}

void FrontierModel::setOverlay(std::shared_ptr<const Frontier> overlay, const QString& own, const QString& other) {
    beginResetModel();
    m_overlay = m_frontier ? std::move(overlay) : nullptr;
    m_own = own;
    m_other = other;
    findPreservation();
    endResetModel();
}

void FrontierModel::findPreservation() {
    m_hasPreservation = m_frontier != nullptr;
    for (int row = 0; row < rowCount(); ++row)
        m_hasPreservation = m_hasPreservation && std::isfinite(point(row).preservation);
}

FrontierPoint FrontierModel::at(double softness) const {
    const auto& points = m_frontier->total;
    const auto next = std::lower_bound(points.begin(), points.end(), softness,
                                       [](const FrontierPoint& point, double mu) { return point.softness < mu; });
    if (next == points.begin())
        return points.front();
    if (next == points.end())
        return points.back();
    const FrontierPoint& a = *(next - 1);
    const FrontierPoint& b = *next;
    const double t =
        a.softness > 0 ? std::log(softness / a.softness) / std::log(b.softness / a.softness) : softness / b.softness;
    return {softness, between(a.preservation, b.preservation, t), between(a.memorization, b.memorization, t),
            between(a.update_norm, b.update_norm, t)};
}

int FrontierModel::nearestRow(double softness) const {
    int nearest = -1;
    double least = 0;
    const auto far = [](double a, double b) {
        return a > 0 && b > 0 ? std::abs(std::log(a / b)) : (a == b ? 0 : 1e9 + std::abs(a - b));
    };
    for (int row = 0; row < ownCount(); ++row) {
        const double distance = far(point(row).softness, softness);
        if (nearest < 0 || distance < least) {
            nearest = row;
            least = distance;
        }
    }
    return nearest;
}

QString FrontierModel::describe(const FrontierPoint& point) {
    return tr("Softness %1: preservation %2, memorization error %3, |D| %4")
        .arg(formatSetting(point.softness), formatNumber(point.preservation), formatNumber(point.memorization),
             formatNumber(point.update_norm));
}

QString FrontierModel::describeRow(int row) const {
    const QString text = describe(point(row));
    return m_overlay ? QStringLiteral("%1: %2").arg(isOverlay(row) ? m_other : m_own, text) : text;
}

QString FrontierModel::summary() const {
    if (ownCount() == 0)
        return {};
    const FrontierPoint& exact = point(0);
    const FrontierPoint& soft = point(ownCount() - 1);
    return tr("from softness %1 with preservation %2 and memorization error %3 to softness %4 with %5 and %6")
        .arg(formatSetting(exact.softness), formatNumber(exact.preservation), formatNumber(exact.memorization),
             formatSetting(soft.softness), formatNumber(soft.preservation), formatNumber(soft.memorization));
}

QString FrontierModel::toCsv() const {
    QString csv = m_overlay ? QStringLiteral("distribution,") : QString();
    csv += QStringLiteral("layer,softness,preservation,memorization,update_norm\n");
    const auto write = [&](const QString& prefix, const std::vector<FrontierPoint>& points) {
        for (const FrontierPoint& point : points) {
            csv += prefix;
            for (int column = 0; column < Curve; ++column) {
                csv += u',';
                if (const double number = value(point, column); std::isfinite(number))
                    csv += QString::number(number, 'g', 17);
            }
            csv += u'\n';
        }
    };
    const auto writeAll = [&](const Frontier& frontier, const QString& name) {
        const QString prefix = m_overlay ? name + u',' : QString();
        write(prefix + QStringLiteral("sum"), frontier.total);
        for (const LayerFrontier& layer : frontier.layers)
            write(prefix + QString::number(layer.layer), layer.points);
    };
    if (m_frontier)
        writeAll(*m_frontier, m_own);
    if (m_overlay)
        writeAll(*m_overlay, m_other);
    return csv;
}

} // namespace emend::ui
