// SPDX-License-Identifier: GPL-3.0-or-later
// The centre's trace tab: where the model keeps the selected fact, as map or table, for this fact or on average over
// the session's; which layers that speaks for; and what each layer would answer at a token. Shows what it is told and
// tells what the hand does; whoever owns it asks the engine.
#pragma once

#include "emend/trace.h"
#include "jobs/failure.h"
#include "panels/trace_controls.h"

#include <QWidget>

#include <vector>

class QLabel;
class QProgressBar;
class QPushButton;
class QStackedWidget;
class QTableView;
class QToolButton;

namespace emend::ui {

class EmptyState;
class FailureLine;
class LensModel;
class LensTable;
class MutedLabel;
class TraceMap;
class TraceModel;

class TracePanel : public QWidget {
    Q_OBJECT
  public:
    enum class Scope { Fact, Average };

    TracePanel(TraceModel& trace, LensModel& lens, QWidget* parent = nullptr);

    [[nodiscard]] TraceControls& controls() const { return *m_controls; }
    [[nodiscard]] TraceMap& map() const { return *m_map; }
    [[nodiscard]] LensTable& lens() const { return *m_lens; }
    [[nodiscard]] Scope scope() const;
    void setScope(Scope scope);
    void setActions(QAction* run, QAction* suggest, QAction* cancel);

    void showNothing(const QString& title, const QString& hint);   // there is nothing to trace
    void showNotRun(const QString& title, const QString& hint);    // with a button that runs
    void showNoAverage(const QString& title, const QString& hint); // with a button that suggests
    void showTrace();                                              // what the model holds
    void setProgress(const QString& what, double fraction);        // empty: nothing runs; fraction below 0: unknown
    void setFailure(const Failure& failure);
    void clearFailure();
    void setSuggestion(const LayerSuggestion& suggestion); // without a reason: none
    void setLensNote(const QString& note);                 // why there is none, or what it shows
    void setChosenToken(int row);
    [[nodiscard]] bool isShowing() const; // a trace

  signals:
    void choiceChanged();
    void layersPicked(const std::vector<int>& layers);
    void tokenChosen(int row);
    void becameVisible();

  protected:
    void showEvent(QShowEvent* event) override;

  private:
    void buildBar();
    QWidget* buildPage();
    QWidget* buildLens();
    void connectParts();
    void refresh();

    TraceModel& m_model;
    LensModel& m_lensModel;
    TraceControls* m_controls;
    QWidget* m_bar;
    QToolButton* m_fact;
    QToolButton* m_average;
    QToolButton* m_asTable;
    QToolButton* m_suggest;
    FailureLine* m_failure;
    MutedLabel* m_progressText;
    QProgressBar* m_progress;
    QStackedWidget* m_stack;
    EmptyState* m_nothing;
    EmptyState* m_notRun;
    EmptyState* m_noAverage;
    QWidget* m_page;
    QLabel* m_statement;
    QStackedWidget* m_views;
    TraceMap* m_map;
    QTableView* m_table;
    QWidget* m_suggestionBox;
    QLabel* m_suggestion;
    QPushButton* m_use;
    QWidget* m_lensBox;
    MutedLabel* m_lensNote;
    LensTable* m_lens;
    std::vector<int> m_suggested;
};

} // namespace emend::ui
