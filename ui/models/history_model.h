// SPDX-License-Identifier: GPL-3.0-or-later
// The ledger as a table: the checkpoint first, then every batch in the order it was applied. Row 0 is position 0, row r
// the point right after batch r. The check box says whether a batch is switched on; writing it, a title or a note only
// asks for it.
// UI thread only.
#pragma once

#include "emend/report.h"
#include "emend/session.h"

#include <QAbstractTableModel>
#include <QHash>

namespace emend::ui {

class HistoryModel : public QAbstractTableModel {
    Q_OBJECT
  public:
    enum Column { Title, Note, State, RecipeColumn, Layers, Softness, Edits, Efficacy, Score, Norm, Took, ColumnCount };
    enum Role {
        ProbabilityRole = Qt::UserRole + 1, // double, mean p(new); invalid: not known
        StateRole                           // int, RowState
    };
    enum RowState { Checkpoint, Applied, SwitchedOff, Undone, Stale };

    explicit HistoryModel(QObject* parent = nullptr);

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    bool setData(const QModelIndex& index, const QVariant& value, int role = Qt::EditRole) override;
    [[nodiscard]] Qt::ItemFlags flags(const QModelIndex& index) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

    // Rows whose batches are the same stay the same rows: selections survive.
    void setLedger(const LedgerState& ledger);
    void setScores(const QHash<quint64, SessionScores>& scores); // by batch
    [[nodiscard]] bool hasScores() const { return !m_scores.isEmpty(); }
    [[nodiscard]] const LedgerState& ledger() const { return m_ledger; }
    [[nodiscard]] int positionRow() const { return static_cast<int>(m_ledger.position); }
    [[nodiscard]] int rowOf(quint64 batch) const;          // -1: none
    [[nodiscard]] const LedgerEntry* entry(int row) const; // null: the checkpoint, or no such row
    [[nodiscard]] RowState state(int row) const;

    // Applied batches that are switched on and were solved on other weights.
    [[nodiscard]] int staleCount() const;
    [[nodiscard]] int firstStaleRow() const; // -1: none

    [[nodiscard]] QString recipeSentence(int row) const; // "MEMIT on layers 3-5, spread, softness 100"
    [[nodiscard]] QString scores(int row) const;         // "efficacy 100.0 %, paraphrases 95 %, neighbours 98 %"
    // "efficacy 0.5 % → 100.0 %", each a line: below the batch and right behind it.
    [[nodiscard]] QString scoresBeside(int row) const;
    [[nodiscard]] QString facts(int row) const;    // seconds by phase, kept values, conflicts
    [[nodiscard]] QString warnings(int row) const; // of the report, one a line

  signals:
    void switchRequested(quint64 batch, bool active);
    void annotateRequested(quint64 batch, const QString& title, const QString& note);

  private:
    [[nodiscard]] QString text(int row, int column) const;
    [[nodiscard]] QString toolTip(int row, int column) const;
    [[nodiscard]] QString scoresText(int row, bool beside) const;

    LedgerState m_ledger;
    QHash<quint64, SessionScores> m_scores;
};

} // namespace emend::ui
