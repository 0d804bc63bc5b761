// SPDX-License-Identifier: GPL-3.0-or-later
// What the window is about, without a widget: the studio and the models around it, and who follows whom. Rows are
// checked as they are typed, looked at as they are selected, applied, taken back; the log is written here.
// UI thread only.
#pragma once

#include "jobs/studio.h"
#include "models/comparison_model.h"
#include "models/edits_model.h"
#include "models/log_model.h"
#include "models/norms_model.h"
#include "models/token_list_model.h"

#include <QObject>
#include <QTimer>

namespace emend::ui {

class Workbench : public QObject {
    Q_OBJECT
  public:
    explicit Workbench(EngineFactory factory, QObject* parent = nullptr);

    [[nodiscard]] Studio& studio() { return m_studio; }
    [[nodiscard]] const Studio& studio() const { return m_studio; }
    [[nodiscard]] EditsModel& edits() { return m_edits; }
    [[nodiscard]] const EditsModel& edits() const { return m_edits; }
    [[nodiscard]] ComparisonModel& wordings() { return m_wordings; }
    [[nodiscard]] TokenListModel& tokensBefore() { return m_tokensBefore; }
    [[nodiscard]] TokenListModel& tokensAfter() { return m_tokensAfter; }
    [[nodiscard]] NormsModel& norms() { return m_norms; }
    [[nodiscard]] LogModel& log() { return m_log; }

    void openModel(const QString& path, Unsaved end = Unsaved::Keep); // `end`: of the session there is
    // Drafts with their problems, from a file that was read already.
    void addEdits(const EditsFile& edits, const QString& from);
    void importEdits(const QString& file); // read on the worker thread

    void setRecipe(const Recipe& recipe, bool valid);
    void setCurrentRow(int row); // the one that is looked at
    [[nodiscard]] int currentRow() const { return m_edits.indexOf(m_currentId); }

    [[nodiscard]] QList<int> applicable(const QList<int>& rows) const; // those of them that can be applied as they are
    [[nodiscard]] QList<int> drafts() const;                           // all rows that can be applied
    [[nodiscard]] bool hasDraft() const;
    [[nodiscard]] bool canFindConflicts() const;
    [[nodiscard]] bool canApply() const; // a model is open, nothing else is being written
    void apply(const QList<int>& rows);
    void undo();
    void redo();
    void cancel();
    void askStatistics();     // what is there for the recipe; Studio tells
    void collectStatistics(); // for the layers the recipe writes
    void findConflicts();     // compares the keys of all drafts

    // Nothing runs and nothing is about to.
    [[nodiscard]] bool isSettled() const;

  signals:
    void message(const QString& text, bool alarm);
    void failed(const emend::ui::Failure& failure); // of the program as a whole: no engine, no model
    void recovered();                               // what failed() said does not hold any more
    void stateChanged();                            // what can be done now may have changed
    void nothingToCompare(const QString& title, const QString& hint);
    void compareStarted(const emend::ui::EditRow& row, const QString& prompt, bool after);
    void compareReady(const emend::ui::EditRow& row, const std::shared_ptr<const emend::Comparison>& comparison,
                      bool after);
    void compareFailed(const emend::ui::Failure& failure);
    void token(emend::ui::Side side, const emend::GeneratedToken& token);
    void generated(emend::ui::Side side, const std::shared_ptr<const emend::GenerationResult>& result);
    void generateFailed(emend::ui::Side side, const emend::ui::Failure& failure);
    void textsWritten(const emend::SessionText& texts); // both sides of an applied edit
    void textsKept(const emend::SessionText& texts);    // of exactly these weights: nothing is generated
    void textOutdated(emend::ui::Side side);            // the knob has moved since; another follows when it rests
    void editsAdded(int firstRow);
    void applied(const std::shared_ptr<const emend::EditReport>& report);
    void applyFailed(const emend::ui::Failure& failure);
    void settled();

  private:
    void connectModel();
    void connectChecks();
    void connectEdits();
    void connectLooking();   // workbench_look.cpp
    void connectPreparing(); // workbench_prepare.cpp
    void goOnAfterStatistics();
    void askAgain();                                                   // what stood back for an edit
    [[nodiscard]] QString keptText(const EditReport& report) const;    // empty: every value was searched
    [[nodiscard]] QString appliedText(const EditReport& report) const; // and how many of them hold
    void pumpChecks();
    void look();
    void showNorms(const EditRow* row);
    void lookAgain();
    [[nodiscard]] std::optional<SessionText> textWanted(const EditRow& row, const CompareTask& task) const;
    [[nodiscard]] const SessionText* keptText(const SessionText& wanted) const; // null: none
    void followText(Side side, const WrittenText& text);
    void outdateTexts(quint64 batch);
    void showComparison(const EditRow& row, const std::shared_ptr<const Comparison>& comparison, bool after);
    // workbench_look.cpp; `watched`: the row whose answer it is.
    void followKnob(quint64 batch, const SoftnessResult& result, quint64 watched);
    void noteState(); // stateChanged(), once for all that happens in this turn
    void noteSettled();

    Studio m_studio;
    EditsModel m_edits;
    ComparisonModel m_wordings;
    TokenListModel m_tokensBefore;
    TokenListModel m_tokensAfter;
    NormsModel m_norms;
    LogModel m_log;
    Recipe m_recipe;
    bool m_recipeValid = false;
    QString m_whenMoved; // what to say once the undo or redo under way has happened
    quint64 m_currentId = 0;
    QTimer m_checkTimer;  // typing is over
    QTimer m_lookTimer;   // the selection rests
    QTimer m_statusTimer; // the recipe rests
    QTimer m_stateTimer;
    QTimer m_settleTimer;
    quint64 m_tag = 0; // of the edit that is looked at; answers for another one are late
    EditRow m_looked;
    bool m_lookedAfter = false;
    std::vector<SessionText> m_texts;  // of this session, of whatever weights
    std::optional<SessionText> m_text; // of what is looked at; its sides are being written
    // The last whole comparison of an applied edit; while the knob turns, its own answer is put over it.
    EditRow m_compared;
    std::shared_ptr<const Comparison> m_comparison;
    bool m_knobTurned = false; // and nothing else happened to the ledger
    // On its way; or it stood back for an edit and is asked again after it.
    enum class Asked { No, Yes, Again };
    Asked m_status = Asked::No;
    Asked m_conflicts = Asked::No;
};

} // namespace emend::ui
