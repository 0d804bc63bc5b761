// SPDX-License-Identifier: GPL-3.0-or-later
// The window: edits at the left, one edit before and after in the centre, the recipe at the right, progress at the
// foot. Puts the panels together and keeps the actions true to what can be done. UI thread only.
#pragma once

#include "shell/actions.h"
#include "shell/diagnosing.h"
#include "shell/exporting.h"
#include "shell/history.h"
#include "shell/questions.h"
#include "shell/scoring.h"
#include "shell/session_checking.h"
#include "shell/session_desk.h"
#include "shell/session_document.h"
#include "shell/session_norms.h"
#include "shell/settings.h"
#include "shell/theme.h"
#include "shell/tracing.h"
#include "shell/trade_off.h"
#include "shell/trying.h"
#include "shell/workbench.h"

#include <QMainWindow>

class QDockWidget;
class QLabel;
class QMenu;
class QSplitter;
class QTabWidget;
class QToolButton;

namespace emend::ui {

class ComparePanel;
class DiagnosisPanel;
class EditsPanel;
class FailureLine;
class HistoryPanel;
class JobBar;
class RecipePanel;
class ResultLine;
class SessionLine;
class TracePanel;
class TradeOffPanel;
class TrialsPanel;
class UpdatePanel;

enum class CentreTab { Compare, Trace, Update, TradeOff, Diagnosis, Trials };

class MainWindow : public QMainWindow {
    Q_OBJECT
  public:
    MainWindow(Workbench& workbench, Settings& settings, Theme& theme, Questions questions = Questions::fromUser());

    [[nodiscard]] Actions& actions() { return m_actions; }
    [[nodiscard]] EditsPanel& editsPanel() { return *m_edits; }
    [[nodiscard]] HistoryPanel& historyPanel() { return *m_historyPanel; }
    void showTab(CentreTab tab);
    void showHistory(bool shown);
    bool traceSelected(); // shows the tab; false: there is nothing that can be traced
    void showExport();    // the dialog, where there is something to export
    void runTrials();     // as the tab stands
    void restoreDefaultLayout();
    // Opens a folder, remembers it.
    void openModel(const QString& folder);
    void openSession(const QString& file) { m_sessionDesk.open(file); }
    [[nodiscard]] SessionDocument& session() { return m_session; }
    // The rows there are came with the program. `recovery`: sessions that were left behind are looked for and offered.
    void begin(bool recovery);

  protected:
    void closeEvent(QCloseEvent* event) override;
    void dragEnterEvent(QDragEnterEvent* event) override;
    void dropEvent(QDropEvent* event) override;

  private:
    // main_window.cpp
    void buildPanels();
    void connectWorkbench();
    void connectCompare();
    void connectRecipe(); // main_window_recipe.cpp
    void connectTrace();  // main_window_trace.cpp
    // main_window_why.cpp
    void buildWhy();
    void connectWhy();
    void changeSetting(const QString& setting); // that a verdict names
    void useRecipe(const Recipe& recipe);       // of the trials
    // main_window_export.cpp
    void connectExport();
    void refreshExport();
    // main_window_history.cpp
    void buildHistory();
    void connectHistory();
    void connectLayers();
    void refreshHistory();
    void showEditsOf(int historyRow);
    void showDock(QDockWidget* dock, bool shown);
    QDockWidget* makeDock(const QString& title, const char* name, QWidget* panel);
    // main_window_session.cpp
    void connectSession();
    void refreshTitle();
    void refreshRecentSessions();
    void editNote(); // of the current row
    [[nodiscard]] QJsonObject viewState() const;
    void restoreView(const QJsonObject& state);
    void saveLayout();
    void loadLayout();
    // main_window_actions.cpp
    void connectActions();
    void connectViewActions();
    void buildMenus();
    void buildToolBar();
    void refreshActions();
    void refreshUndo();
    void refreshRecent();
    void setTheme(ThemeMode mode);
    void setTextStep(int step);
    void applySelected();
    void addEdit();
    void pasteRows();
    void editWatch(); // of the current row

    Workbench& m_workbench;
    Settings& m_settings;
    Theme& m_theme;
    Questions m_questions;
    Actions m_actions;
    SessionDocument m_session;
    SessionDesk m_sessionDesk;
    SessionChecking m_checking;
    History m_history;
    Scoring m_scoring;
    TradeOff m_tradeOff;
    Tracing m_tracing;
    Diagnosing m_diagnosing;
    Trying m_trying;
    SessionNorms m_sessionNorms;
    Exporting m_exporting;
    EditsPanel* m_edits;
    ComparePanel* m_compare;
    TracePanel* m_trace;
    UpdatePanel* m_update;
    TradeOffPanel* m_tradeOffPanel;
    DiagnosisPanel* m_diagnosisPanel;
    TrialsPanel* m_trialsPanel;
    HistoryPanel* m_historyPanel;
    RecipePanel* m_recipe;
    JobBar* m_jobs;
    FailureLine* m_failure;
    SessionLine* m_sessionLine;
    ResultLine* m_result;
    QSplitter* m_splitter;
    QTabWidget* m_tabs;
    QDockWidget* m_logDock;
    QDockWidget* m_historyDock;
    QMenu* m_recentMenu = nullptr;
    QMenu* m_recentSessionsMenu = nullptr;
    bool m_closed = false; // the session is
    QToolButton* m_modelButton = nullptr;
};

} // namespace emend::ui
