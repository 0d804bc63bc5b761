// SPDX-License-Identifier: GPL-3.0-or-later
// How far every layer is from the checkpoint after each applied batch: the table twin of the history's lines, and what
// they draw. Rows are the batches in order; after number and title comes one column a layer that was written, with
// |W − W0| / |W0|. A bound tells when a layer has moved too far. UI thread only.
#pragma once

#include "emend/report.h"

#include <QAbstractTableModel>
#include <QHash>
#include <QStringList>

#include <memory>
#include <optional>

namespace emend::ui {

class NormHistoryModel : public QAbstractTableModel {
    Q_OBJECT
  public:
    enum Column { Position, Title, FirstLayer };
    enum Role {
        ValueRole = Qt::UserRole + 1, // double
        AlarmRole                     // bool: past the bound
    };
    // The weight's own norm: from there on a layer holds more of the edits than of its training. An update that knows
    // nothing of the weight stands at a right angle to it, so that the matrix has grown by 41 % then, and by 12 % at
    // half of it. One ROME edit moves its layer of the small demo model by 35 %. A rule of thumb: the bound is the
    // user's.
    static constexpr double usualBound = 1;

    explicit NormHistoryModel(QObject* parent = nullptr);

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

    // Null: nothing is applied. Titles by batch id.
    void setHistory(std::shared_ptr<const NormHistory> history, const QHash<quint64, QString>& titles);
    void setBound(double relative); // of |W − W0| / |W0|
    [[nodiscard]] double bound() const { return m_bound; }

    [[nodiscard]] int layerCount() const;
    [[nodiscard]] int layer(int at) const { return m_history->layers[static_cast<std::size_t>(at)]; }
    [[nodiscard]] int indexOfLayer(int layer) const; // -1: not written
    [[nodiscard]] const NormHistory::Point& point(int row) const {
        return m_history->points[static_cast<std::size_t>(row)];
    }
    [[nodiscard]] double relative(int row, int at) const {
        return point(row).relative_norm[static_cast<std::size_t>(at)];
    }
    [[nodiscard]] bool isPast(int row, int at) const { return relative(row, at) > m_bound; }
    [[nodiscard]] int furthest(int row) const; // of the layers, after that batch

    // The first batch after which a layer was past the bound, and of its layers the one that is furthest.
    struct Alarm {
        int row = 0;
        int at = 0; // of the layers
    };
    [[nodiscard]] std::optional<Alarm> alarm() const;
    [[nodiscard]] QString warning() const; // names layer and batch; empty while all is well
    [[nodiscard]] QString describe(int row, int at) const;
    [[nodiscard]] QString summary() const; // one sentence on the whole; empty without points
    [[nodiscard]] QString toCsv() const;   // a line a batch and layer, full precision, header first

  signals:
    void boundChanged(double relative);

  private:
    std::shared_ptr<const NormHistory> m_history;
    QStringList m_titles; // of the points
    double m_bound = usualBound;
};

} // namespace emend::ui
