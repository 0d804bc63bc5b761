// SPDX-License-Identifier: GPL-3.0-or-later
// The logit lens at one token as a table: what each layer would answer, before the edit and after it, with the
// probabilities of the new and the true object. UI thread only.
#pragma once

#include "emend/trace.h"

#include <QAbstractTableModel>

#include <memory>

namespace emend::ui {

class LensModel : public QAbstractTableModel {
    Q_OBJECT
  public:
    // Without an edit in between, Before is what there is now and After is not shown; without a true object there are
    // no columns of it.
    enum Column { Layer, AnswerBefore, NewBefore, TrueBefore, AnswerAfter, NewAfter, TrueAfter };

    explicit LensModel(QObject* parent = nullptr);

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

    // Null: nothing known. `newObject` and `trueObject` as texts; an empty one has no columns.
    void setLens(std::shared_ptr<const LensResult> lens, const QString& newObject, const QString& trueObject,
                 bool after);
    void clear() { setLens(nullptr, {}, {}, false); }
    [[nodiscard]] const std::shared_ptr<const LensResult>& lens() const { return m_lens; }
    [[nodiscard]] Column columnAt(int section) const { return m_columns[static_cast<std::size_t>(section)]; }
    [[nodiscard]] QString token() const; // that is read; empty without
    [[nodiscard]] QString toCsv() const; // full precision, header first

  private:
    [[nodiscard]] const LensLayer& layerOf(int row, bool after) const;
    [[nodiscard]] QString tip(int row, bool after) const;

    std::shared_ptr<const LensResult> m_lens;
    std::vector<Column> m_columns;
    QString m_new;
    QString m_true;
    bool m_after = false;
};

} // namespace emend::ui
