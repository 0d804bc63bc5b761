// SPDX-License-Identifier: GPL-3.0-or-later
// The centre's tab "Try recipes": which recipes to try on the selected edits, and what came of each, live. Shows what
// it is told and tells what the hand does; whoever owns it asks the engine.
#pragma once

#include "emend/trial.h"
#include "jobs/failure.h"

#include <QWidget>

class QLabel;
class QPushButton;
class QStackedWidget;

namespace emend::ui {

class EmptyState;
class FailureLine;
class MutedLabel;
class NumberTable;
class FittingColumns;
class TrialForm;
class TrialsModel;
class TrialsSorted;

class TrialsPanel : public QWidget {
    Q_OBJECT
  public:
    explicit TrialsPanel(TrialsModel& model, QWidget* parent = nullptr);

    [[nodiscard]] TrialForm& form() { return *m_form; }
    void focusForm();
    // What Run would do, or why it cannot. `alarm`: in the colour of errors.
    void setPlan(const QString& text, bool canRun, bool alarm = false);
    void setRunning(bool running);
    // Something to know about the table: how it ended, or that the weights are others by now.
    void setNote(const QString& note);
    void showFailure(const Failure& failure);
    void clearFailure();
    void selectBest();

  signals:
    void runRequested();
    void cancelRequested();
    void useRequested(const emend::Recipe& recipe);
    void becameVisible();

  protected:
    void showEvent(QShowEvent* event) override;

  private:
    QWidget* makeRunLine();
    QWidget* makeUseLine();
    void connectTable();
    void refresh();                  // what stands below the table
    void showMenu(const QPoint& at); // of the table
    void use();
    void exportTable();
    [[nodiscard]] int currentRow() const; // of the model; -1: none

    TrialsModel& m_model;
    TrialsSorted* m_sorted;
    FailureLine* m_failure;
    TrialForm* m_form;
    MutedLabel* m_plan;
    QPushButton* m_run;
    QPushButton* m_cancel;
    QStackedWidget* m_stack;
    EmptyState* m_empty;
    NumberTable* m_table;
    FittingColumns* m_columns = nullptr;
    QLabel* m_summary;
    MutedLabel* m_details;
    MutedLabel* m_note;
    QPushButton* m_use;
    QPushButton* m_copy;
    QPushButton* m_export;
};

} // namespace emend::ui
