// SPDX-License-Identifier: GPL-3.0-or-later
// How far one batch of edits moved each layer, and all of them together: the table twin of the norm bars, and what they
// draw. Every layer of the model has a row; those that were not edited hold zeros. UI thread only.
#pragma once

#include "emend/report.h"

#include <QAbstractTableModel>

#include <memory>
#include <vector>

namespace emend::ui {

class NormsModel : public QAbstractTableModel {
    Q_OBJECT
  public:
    enum Column {
        Layer,
        UpdateNorm,
        RelativeNorm,
        SessionNorm, // of all batches that are applied, beside the weight
        ResidualShare,
        Preservation,
        Memorization,
        Rank,
        Condition,
        WeightNorm,
        ColumnCount
    };
    enum Role {
        ValueRole = Qt::UserRole + 1, // double
        EditedRole                    // bool
    };

    explicit NormsModel(QObject* parent = nullptr);

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

    // Null: no edit to show. Layers beyond `layers` that the report names are added.
    void setReport(std::shared_ptr<const EditReport> report, int layers);
    // What all applied batches came to; null: not known. Its last point counts.
    void setSession(std::shared_ptr<const NormHistory> history);
    [[nodiscard]] const std::shared_ptr<const EditReport>& report() const { return m_report; }
    [[nodiscard]] bool isEdited(int row) const { return m_edited[static_cast<std::size_t>(row)]; }
    [[nodiscard]] const LayerReport& layer(int row) const { return m_layers[static_cast<std::size_t>(row)]; }
    [[nodiscard]] QString describe(int row) const; // every number, two or three lines
    [[nodiscard]] QString totals() const;          // "preservation 0.03, memorization error 0": over all layers
    [[nodiscard]] QString summary() const;         // how many layers moved, and the one that moved most
    [[nodiscard]] QString toCsv() const;           // full precision, header first

  private:
    [[nodiscard]] double value(int row, int column) const;
    [[nodiscard]] double sessionNorm(int row) const; // NaN: not known

    std::shared_ptr<const EditReport> m_report;
    std::shared_ptr<const NormHistory> m_session;
    std::vector<LayerReport> m_layers;
    std::vector<bool> m_edited;
};

} // namespace emend::ui
