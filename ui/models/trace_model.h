// SPDX-License-Identifier: GPL-3.0-or-later
// What the trace map draws, and its table twin: a row a token, a column a layer (map after map). UI thread only.
#pragma once

#include "models/trace_picture.h"

#include <QAbstractTableModel>

namespace emend::ui {

class TraceModel : public QAbstractTableModel {
    Q_OBJECT
  public:
    using Cell = TracePicture::Cell;
    static constexpr int TokenColumn = 0; // layers follow
    enum Role {
        ValueRole = Qt::UserRole + 1, // double; NaN: not run
        SubjectRole                   // bool
    };

    explicit TraceModel(QObject* parent = nullptr);

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

    // A picture of the same shape is the same trace, further on: dataChanged. Any other: a reset.
    void setPicture(TracePicture picture);
    void clear() { setPicture({}); }
    [[nodiscard]] const TracePicture& picture() const { return m_picture; }
    [[nodiscard]] bool isEmpty() const { return m_picture.isEmpty(); }
    [[nodiscard]] Cell cellAt(const QModelIndex& index) const; // invalid in the token column
    [[nodiscard]] QModelIndex indexOf(const Cell& cell) const;

    [[nodiscard]] QString rowText(int row) const;           // with the subject's marks: "ower ★"
    [[nodiscard]] QString describe(const Cell& cell) const; // one sentence with every number
    // What was said before, with noise, and where most of it comes back; empty without a picture.
    [[nodiscard]] QString summary() const;
    [[nodiscard]] QString toCsv() const; // a line a cell, full precision, header first

  private:
    [[nodiscard]] bool sameShape(const TracePicture& other) const;

    TracePicture m_picture;
};

} // namespace emend::ui
