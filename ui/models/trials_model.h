// SPDX-License-Identifier: GPL-3.0-or-later
// Several recipes on the same edits, a row each: what waits, what came of those that ran, and which is best so far.
// Rows keep the order they were asked in; TrialsSorted sorts them. UI thread only.
#pragma once

#include "emend/trial.h"

#include <QAbstractTableModel>
#include <QSortFilterProxyModel>

#include <memory>
#include <vector>

namespace emend::ui {

class TrialsModel : public QAbstractTableModel {
    Q_OBJECT
  public:
    enum Column {
        Algorithm,
        Layers,
        Distribution,
        Softness,
        Norms, // small bars, one a layer
        Held,
        Efficacy,
        Paraphrases,
        Neighbours,
        Score,
        RelativeNorm,
        Preservation,
        Seconds,
        ColumnCount
    };
    enum Role {
        SortRole = Qt::UserRole + 1, // double or QString; invalid: nothing to sort by
        AmountRole,                  // double, 0 to 1: what a bar in the cell shows; invalid: no bar
        StateRole,                   // State
        BestRole,                    // bool
        BarsRole                     // QList<double>, |D|/|W| of every layer of the model, 0 where it was not written;
                                     // 1 is the largest of the whole table
    };
    enum class State { Waiting, Running, Done, Failed };

    explicit TrialsModel(QObject* parent = nullptr);

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

    // All of them wait, the first one runs. `layers`: of the model; `edits`: how many are tried.
    void start(const std::vector<Recipe>& recipes, int layers, std::size_t edits);
    void add(std::shared_ptr<const TrialRow> row); // the next one, in the order of start()
    void finish();                                 // what has not run goes
    [[nodiscard]] State state(int row) const;
    // As it was asked for: to be made the recipe of the window.
    [[nodiscard]] const Recipe& recipe(int row) const { return m_rows[static_cast<std::size_t>(row)].recipe; }
    [[nodiscard]] const TrialRow* result(int row) const { return m_rows[static_cast<std::size_t>(row)].result.get(); }
    // The first of best_first that made an edit hold; -1: none did.
    [[nodiscard]] int best() const { return m_best; }
    [[nodiscard]] int count(State state) const;
    [[nodiscard]] QString describe(int row) const; // every number, for one who cannot see the row at once
    [[nodiscard]] QString summary() const;         // the best one, and what failed
    [[nodiscard]] QString toCsv() const;           // full precision, header first; a row that failed has its reason

  private:
    struct Row {
        Recipe recipe;
        std::shared_ptr<const TrialRow> result; // null: has not run
    };
    [[nodiscard]] const Recipe& shown(int row) const; // as it ran, once it did
    [[nodiscard]] QString display(const TrialRow& result, int column) const;
    [[nodiscard]] QString recipeText(const Recipe& recipe, int column) const;
    [[nodiscard]] QVariant sortKey(int row, int column) const;
    [[nodiscard]] QVariant amount(int row, int column) const;
    [[nodiscard]] QList<double> bars(const TrialRow& result) const;
    [[nodiscard]] int findBest() const;

    std::vector<Row> m_rows;
    std::size_t m_done = 0; // rows with a result, from the first on
    int m_layers = 0;
    std::size_t m_edits = 0;
    int m_best = -1;
    double m_largestNorm = 0; // |D|/|W| of any layer of any row
};

// What has no number comes last, whichever way the rest is sorted.
class TrialsSorted : public QSortFilterProxyModel {
    Q_OBJECT
  public:
    explicit TrialsSorted(TrialsModel& model, QObject* parent = nullptr);

  protected:
    [[nodiscard]] bool lessThan(const QModelIndex& left, const QModelIndex& right) const override;
};

} // namespace emend::ui
