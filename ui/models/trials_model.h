// SPDX-License-Identifier: GPL-3.0-or-later
// Several recipes on the same edits, a row each: what waits, what came of those that ran, and which is best so far.
// Rows keep the order they were asked in; TrialsSorted sorts them. Above them, once it is known, what the scores are
// without an edit. UI thread only.
#pragma once

#include "emend/trial.h"

#include <QAbstractTableModel>
#include <QSortFilterProxyModel>

#include <memory>
#include <optional>
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
        PNew,
        Efficacy,
        Paraphrases,
        Neighbours,
        Score,
        RelativeNorm,
        Preservation,
        Memorization,
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
    enum class State { Waiting, Running, Done, Failed, Unedited };

    explicit TrialsModel(QObject* parent = nullptr);

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

    // All of them wait, the first one runs. `layers`: of the model; `edits`: how many are tried.
    void start(const GridRecipes& grid, int layers, std::size_t edits);
    void setUnedited(const Scores& scores);        // becomes the first row
    void add(std::shared_ptr<const TrialRow> row); // the next one, in the order of start()
    void finish();                                 // what has not run goes; where nothing has, everything
    [[nodiscard]] State state(int row) const;
    [[nodiscard]] bool isUnedited(int row) const { return row < first(); } // such a row has neither recipe nor result
    // As it was asked for: to be made the recipe of the window.
    [[nodiscard]] const Recipe& recipe(int row) const { return tried(row).recipe; }
    [[nodiscard]] const TrialRow* result(int row) const { return tried(row).result.get(); }
    // The first of best_first that made an edit hold; -1: none did.
    [[nodiscard]] int best() const { return m_best < 0 ? -1 : first() + m_best; }
    [[nodiscard]] int count(State state) const;
    [[nodiscard]] QString describe(int row) const; // every number, for one who cannot see the row at once
    [[nodiscard]] QString summary() const;         // the best one, what failed, and what was left out
    // Full precision, header first; a row that failed, or was left out, has its reason.
    [[nodiscard]] QString toCsv() const;

  private:
    struct Row {
        Recipe recipe;
        std::shared_ptr<const TrialRow> result; // null: has not run
    };
    [[nodiscard]] int first() const { return m_unedited ? 1 : 0; } // row of the first recipe
    [[nodiscard]] const Row& tried(int row) const { return m_rows[static_cast<std::size_t>(row - first())]; }
    [[nodiscard]] const Recipe& shown(int row) const; // as it ran, once it did
    [[nodiscard]] static double softnessOf(const Recipe& recipe);
    [[nodiscard]] static std::optional<double> share(const Scores& scores, int column);
    [[nodiscard]] static QString percent(const std::optional<double>& value);
    [[nodiscard]] QVariant uneditedData(int column, int role) const;
    [[nodiscard]] QString name(const Recipe& recipe) const; // with layers, distribution and softness
    [[nodiscard]] QString skippedText() const;
    [[nodiscard]] QStringList csvSettings(const Recipe& recipe) const;
    [[nodiscard]] QString display(const TrialRow& result, int column) const;
    [[nodiscard]] QString recipeText(const Recipe& recipe, int column) const;
    [[nodiscard]] QVariant sortKey(int row, int column) const;
    [[nodiscard]] QVariant amount(int row, int column) const;
    [[nodiscard]] QList<double> bars(const TrialRow& result) const;
    [[nodiscard]] int findBest() const;

    std::vector<Row> m_rows; // without the unedited one
    std::vector<SkippedRecipe> m_skipped;
    std::optional<Scores> m_unedited;
    std::size_t m_done = 0; // rows with a result, from the first on
    int m_layers = 0;
    std::size_t m_edits = 0;
    int m_best = -1;          // of m_rows
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
