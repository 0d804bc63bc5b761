// SPDX-License-Identifier: GPL-3.0-or-later
// One edit's other wordings (should turn) and neighbours (should stay), each with its answer before and after.
// UI thread only.
#pragma once

#include "emend/engine.h"

#include <QAbstractTableModel>

#include <memory>
#include <vector>

namespace emend::ui {

class ComparisonModel : public QAbstractTableModel {
    Q_OBJECT
  public:
    enum Column { Prompt, Before, After, Verdict, ColumnCount };
    enum Role {
        ProbabilityRole = Qt::UserRole + 1, // double, of the answer in this cell
        VerdictRole,                        // int, VerdictKind
        KindRole                            // int, Comparison::Row::Kind
    };
    enum VerdictKind { Unknown, Good, Bad };

    explicit ComparisonModel(QObject* parent = nullptr);

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

    // `after` false: the edit was not applied, there is only a present.
    void setComparison(std::shared_ptr<const Comparison> comparison, const QString& newObject, bool after);
    void clear() { setComparison(nullptr, {}, false); }

    struct Tally {
        int paraphrases = 0;
        int turned = 0;
        int neighbours = 0;
        int unchanged = 0;
        int unknown = 0; // no answer after, while the knob turns
    };
    [[nodiscard]] Tally tally() const; // zeros turned and unchanged without an after

  private:
    [[nodiscard]] VerdictKind verdict(const Comparison::Row& row) const;

    std::shared_ptr<const Comparison> m_comparison;
    std::vector<std::size_t> m_rows; // into the comparison: everything but the edit's own prompt
    QString m_newObject;
    bool m_after = false;
};

} // namespace emend::ui
