// SPDX-License-Identifier: GPL-3.0-or-later
// Preservation against memorization over softness for one batch: what the frontier plot draws, and its table twin. Rows
// are the points of the sum over the layers, ascending softness; below them those of another recipe's frontier of the
// same edits, where one is laid over it. UI thread only.
#pragma once

#include "emend/report.h"

#include <QAbstractTableModel>

#include <memory>

namespace emend::ui {

class FrontierModel : public QAbstractTableModel {
    Q_OBJECT
  public:
    enum Column { Softness, Preservation, Memorization, UpdateNorm, Curve, ColumnCount }; // Curve: only with an overlay
    enum Role { ValueRole = Qt::UserRole + 1 };                                           // double

    explicit FrontierModel(QObject* parent = nullptr);

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

    void setFrontier(std::shared_ptr<const Frontier> frontier, const QString& title); // null: nothing to show
    // The other recipe's, null for none; `own` and `other` name the two. Another frontier has none to begin with.
    void setOverlay(std::shared_ptr<const Frontier> overlay, const QString& own, const QString& other);
    [[nodiscard]] const std::shared_ptr<const Frontier>& overlay() const { return m_overlay; }
    [[nodiscard]] const QString& ownName() const { return m_own; }
    [[nodiscard]] const QString& overlayName() const { return m_other; }
    [[nodiscard]] int ownCount() const { return m_frontier ? static_cast<int>(m_frontier->total.size()) : 0; }
    [[nodiscard]] bool isOverlay(int row) const { return row >= ownCount(); }
    [[nodiscard]] const std::shared_ptr<const Frontier>& frontier() const { return m_frontier; }
    [[nodiscard]] const QString& title() const { return m_title; }
    [[nodiscard]] const FrontierPoint& point(int row) const {
        return isOverlay(row) ? m_overlay->total[static_cast<std::size_t>(row - ownCount())]
                              : m_frontier->total[static_cast<std::size_t>(row)];
    }
    // Without statistics nothing is known about ordinary text; the size of the update stands in for it.
    [[nodiscard]] bool hasPreservation() const { return m_hasPreservation; }
    // Where a softness between two points lies on the drawn line: straight on logarithmic scales.
    [[nodiscard]] FrontierPoint at(double softness) const;
    [[nodiscard]] int nearestRow(double softness) const; // of the own ones; -1: no points

    [[nodiscard]] static QString describe(const FrontierPoint& point); // one sentence with every number
    [[nodiscard]] QString describeRow(int row) const;                  // and whose it is, where there are two
    [[nodiscard]] QString summary() const; // the two ends of the line, one sentence; empty without points
    [[nodiscard]] QString toCsv() const;   // sum first, then every layer; full precision, header first

  private:
    void findPreservation();

    std::shared_ptr<const Frontier> m_frontier;
    std::shared_ptr<const Frontier> m_overlay;
    QString m_title;
    QString m_own;
    QString m_other;
    bool m_hasPreservation = false;
};

} // namespace emend::ui
