// SPDX-License-Identifier: GPL-3.0-or-later
// The centre: one edit, before and after. Probabilities of both objects, the most likely next tokens, what the model
// goes on to say, and below them the other wordings and the neighbours.
#pragma once

#include "emend/engine.h"
#include "jobs/studio.h"
#include "models/edit_row.h"

#include <QWidget>

#include <memory>

class QAction;
class QLabel;
class QStackedWidget;
class QTableView;

namespace emend::ui {

class ComparisonModel;
class EmptyState;
class FailureLine;
class GenerationView;
class MutedLabel;
class ProbabilityBars;
class TokenListModel;

class ComparePanel : public QWidget {
    Q_OBJECT
  public:
    ComparePanel(ComparisonModel& wordings, TokenListModel& before, TokenListModel& after, QWidget* parent = nullptr);

    // Nothing to look at, and why.
    void showNothing(const QString& title, const QString& hint);
    // Another edit: empties what is shown. `after` false: not applied, there is only a present.
    void start(const EditRow& row, bool after);
    void setComparison(const EditRow& row, const Comparison& comparison, bool after);
    void setFailure(const Failure& failure);
    [[nodiscard]] GenerationView& generation() { return *m_generation; }
    void setWhyAction(QAction* action); // offered where an edit does not hold
    void setWatchAction(QAction* action); // adds prompts to watch where there are none
    [[nodiscard]] bool isShowing() const;

  protected:
    void changeEvent(QEvent* event) override;

  private:
    QTableView* makeTokenTable(TokenListModel& model, bool accent, const QString& name);
    void sizeTables();

    ComparisonModel& m_wordings;
    QStackedWidget* m_stack;
    EmptyState* m_empty;
    QLabel* m_prompt;
    FailureLine* m_failure;
    ProbabilityBars* m_bars;
    QWidget* m_notHeldLine;
    MutedLabel* m_notHeld;
    MutedLabel* m_beforeTitle;
    QWidget* m_afterBox;
    QTableView* m_beforeTokens;
    QTableView* m_afterTokens;
    GenerationView* m_generation;
    QTableView* m_wordingTable;
    EmptyState* m_noWordings;
    MutedLabel* m_tally;
};

} // namespace emend::ui
