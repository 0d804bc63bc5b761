// SPDX-License-Identifier: GPL-3.0-or-later
// Preservation against memorization over softness for one batch: what the frontier plot draws, and its table twin. Rows
// are the points of the sum over the layers, ascending softness. UI thread only.
#pragma once

#include "emend/report.h"

#include <QAbstractTableModel>

#include <memory>

namespace emend::ui {

class FrontierModel : public QAbstractTableModel {
    Q_OBJECT
  public:
    enum Column { Softness, Preservation, Memorization, UpdateNorm, ColumnCount };
    enum Role { ValueRole = Qt::UserRole + 1 }; // double

    explicit FrontierModel(QObject* parent = nullptr);

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

    void setFrontier(std::shared_ptr<const Frontier> frontier, const QString& title); // null: nothing to show
    [[nodiscard]] const std::shared_ptr<const Frontier>& frontier() const { return m_frontier; }
    [[nodiscard]] const QString& title() const { return m_title; }
    [[nodiscard]] const FrontierPoint& point(int row) const { return m_frontier->total[static_cast<std::size_t>(row)]; }
    // Without statistics nothing is known about ordinary text; the size of the update stands in for it.
    [[nodiscard]] bool hasPreservation() const { return m_hasPreservation; }
    // Where a softness between two points lies on the drawn line: straight on logarithmic scales.
    [[nodiscard]] FrontierPoint at(double softness) const;
    [[nodiscard]] int nearestRow(double softness) const; // -1: no points

    [[nodiscard]] static QString describe(const FrontierPoint& point); // one sentence with every number
    [[nodiscard]] QString summary() const; // the two ends of the line, one sentence; empty without points
    [[nodiscard]] QString toCsv() const;   // sum first, then every layer; full precision, header first

  private:
    std::shared_ptr<const Frontier> m_frontier;
    QString m_title;
    bool m_hasPreservation = false;
};

} // namespace emend::ui
