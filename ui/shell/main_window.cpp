// SPDX-License-Identifier: GPL-3.0-or-later
// The panels and what flows between them; actions and menus are in main_window_actions.cpp.
#include "shell/main_window.h"

#include "models/text_format.h"
#include "panels/compare_panel.h"
#include "panels/edits_panel.h"
#include "panels/generation_view.h"
#include "panels/job_bar.h"
#include "panels/log_panel.h"
#include "panels/panel_parts.h"
#include "panels/recipe_panel.h"
#include "panels/trace_panel.h"
#include "panels/trade_off_panel.h"
#include "panels/update_panel.h"
#include "shell/result_line.h"
#include "shell/session_line.h"

#include <QCloseEvent>
#include <QDockWidget>
#include <QDragEnterEvent>
#include <QFileInfo>
#include <QMimeData>
#include <QSplitter>
#include <QStatusBar>
#include <QTabBar>
#include <QTabWidget>
#include <QVBoxLayout>

namespace emend::ui {

namespace {

constexpr int layoutVersion = 2;

QString modelFolderOf(const QMimeData* data) {
    for (const QUrl& url : data->urls())
        if (const QFileInfo info(url.toLocalFile()); info.isDir())
            return info.absoluteFilePath();
    return {};
}

QString sessionFileOf(const QMimeData* data) {
    for (const QUrl& url : data->urls())
        if (SessionDesk::isSessionFile(url.toLocalFile()))
            return url.toLocalFile();
    return {};
}

} // namespace

MainWindow::MainWindow(Workbench& workbench, Settings& settings, Theme& theme, Questions questions)
    : m_workbench(workbench)
    , m_settings(settings)
    , m_theme(theme)
    , m_questions(std::move(questions))
    , m_session(workbench)
    , m_sessionDesk(workbench, m_session, settings, m_actions, m_questions, this)
    , m_checking(workbench, m_sessionDesk, m_actions, m_questions, this)
    , m_history(workbench.studio(), workbench.log())
    , m_scoring(workbench, m_history.model())
    , m_tradeOff(workbench)
    , m_tracing(workbench)
    , m_diagnosing(workbench)
    , m_trying(workbench)
    , m_sessionNorms(workbench, settings)
    , m_exporting(workbench, settings) {
    setObjectName(QStringLiteral("mainWindow"));
    setWindowTitle(tr("Emend"));
    setAcceptDrops(true);
    {
        const SheetPause undressed;
        buildPanels();
        buildMenus();
        buildToolBar();
    }
    connectActions();
    connectViewActions();
    connectWorkbench();
    connectCompare();
    connectRecipe();
    connectTrace();
    connectHistory();
    connectExport();
    connectWhy();
    connectLayers();
    connectSession();
    loadLayout();
    refreshActions();
    m_compare->showNothing(tr("Opening the model…"), tr("Edits can be typed meanwhile."));
}

void MainWindow::buildPanels() {
    m_edits = new EditsPanel(m_workbench.edits());
    m_edits->setObjectName(QStringLiteral("editsPanel"));
    m_compare = new ComparePanel(m_workbench.wordings(), m_workbench.tokensBefore(), m_workbench.tokensAfter());
    m_compare->setObjectName(QStringLiteral("comparePanel"));
    m_trace = new TracePanel(m_tracing.model(), m_tracing.lens());
    m_trace->setObjectName(QStringLiteral("tracePanel"));
    m_update = new UpdatePanel(m_workbench.norms(), m_sessionNorms.model());
    m_update->setObjectName(QStringLiteral("updatePanel"));
    m_tradeOffPanel = new TradeOffPanel(m_tradeOff.model());
    m_tradeOffPanel->setObjectName(QStringLiteral("tradeOffPanel"));
    m_recipe = new RecipePanel;
    m_recipe->setObjectName(QStringLiteral("recipePanel"));
    m_jobs = new JobBar;
    m_jobs->setObjectName(QStringLiteral("jobBar"));
    m_failure = new FailureLine;
    m_failure->setObjectName(QStringLiteral("mainFailure"));
    m_sessionLine = new SessionLine;
    m_sessionLine->setObjectName(QStringLiteral("sessionLine"));

    m_result = new ResultLine;
    m_result->setObjectName(QStringLiteral("resultLine"));

    m_tabs = new QTabWidget;
    m_tabs->setObjectName(QStringLiteral("centreTabs"));
    m_tabs->tabBar()->setDrawBase(false);
    m_tabs->addTab(m_compare, tr("Compare"));
    m_tabs->addTab(m_trace, tr("Trace"));
    m_tabs->addTab(m_update, tr("Update"));
    m_tabs->addTab(m_tradeOffPanel, tr("Trade-off"));
    buildWhy();
    m_tabs->tabBar()->setAccessibleName(tr("Views of the selected edit"));

    m_splitter = new QSplitter(Qt::Horizontal);
    m_splitter->setObjectName(QStringLiteral("mainSplitter"));
    m_splitter->setHandleWidth(1);
    m_splitter->setChildrenCollapsible(false);
    for (QWidget* panel :
         {static_cast<QWidget*>(m_edits), static_cast<QWidget*>(m_tabs), static_cast<QWidget*>(m_recipe)})
        m_splitter->addWidget(panel);
    m_splitter->setStretchFactor(0, 2);
    m_splitter->setStretchFactor(1, 3);
    m_splitter->setStretchFactor(2, 0);

    auto* centre = new QWidget;
    auto* layout = new QVBoxLayout(centre);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(m_sessionLine);
    layout->addWidget(m_failure);
    layout->addWidget(m_result);
    layout->addWidget(m_splitter, 1);
    setCentralWidget(centre);

    // A permanent widget: tips of menus pass over it.
    statusBar()->setSizeGripEnabled(false);
    statusBar()->addPermanentWidget(m_jobs, 1);

    m_logDock = makeDock(tr("Log"), "logDock", new LogPanel(m_workbench.log()));
    buildHistory();
}

void MainWindow::connectWorkbench() {
    Studio& studio = m_workbench.studio();
    connect(&studio.jobs(), &JobQueue::statusChanged, m_jobs, &JobBar::setStatus);
    connect(&studio, &Studio::modelOpened, this, [this](const std::shared_ptr<const ModelInfo>& model) {
        m_jobs->setModel(model.get());
        m_recipe->setModel(*model);
        refreshTitle();
        m_modelButton->setText(fromStd(model->name));
        m_settings.addRecentModel(fromStd(model->path));
        refreshRecent();
    });
    connect(&studio, &Studio::ledgerChanged, this, &MainWindow::refreshUndo);
    connect(&m_workbench, &Workbench::message, m_jobs, &JobBar::setMessage);
    connect(&m_workbench, &Workbench::failed, m_failure, &FailureLine::showFailure);
    connect(&m_workbench, &Workbench::recovered, m_failure, &FailureLine::clear);
    connect(&m_workbench, &Workbench::stateChanged, this, &MainWindow::refreshActions);
    connect(&m_workbench, &Workbench::editsAdded, m_edits, &EditsPanel::selectRow);
    connect(m_edits, &EditsPanel::currentRowChanged, &m_workbench, &Workbench::setCurrentRow);
    connect(m_edits, &EditsPanel::selectionChanged, this, &MainWindow::refreshActions);
    connect(m_edits, &EditsPanel::fileDropped, &m_workbench, &Workbench::importEdits);
}

void MainWindow::connectCompare() {
    connect(&m_workbench, &Workbench::nothingToCompare, m_compare, &ComparePanel::showNothing);
    connect(&m_workbench, &Workbench::compareStarted, this,
            [this](const EditRow& row, const QString& prompt, bool after) {
                m_compare->start(row, after);
                m_compare->generation().start(prompt, after);
            });
    connect(&m_workbench, &Workbench::compareReady, this,
            [this](const EditRow& row, const std::shared_ptr<const Comparison>& comparison, bool after) {
                m_compare->setComparison(row, *comparison, after);
            });
    connect(&m_workbench, &Workbench::compareFailed, m_compare, &ComparePanel::setFailure);
    connect(&m_workbench, &Workbench::token, this,
            [this](Side side, const GeneratedToken& token) { m_compare->generation().add(side, token); });
    connect(&m_workbench, &Workbench::generated, this,
            [this](Side side, const std::shared_ptr<const GenerationResult>& result) {
                m_compare->generation().finish(side, *result);
            });
    connect(&m_workbench, &Workbench::textsKept, this, [this](const SessionText& texts) {
        m_compare->generation().showKept(fromStd(texts.before), fromStd(texts.after));
    });
    connect(&m_workbench, &Workbench::textOutdated, &m_compare->generation(), &GenerationView::outdate);
    connect(&m_workbench, &Workbench::generateFailed, this,
            [this](Side side, const Failure& failure) { m_compare->generation().fail(side, failure.what); });
}

void MainWindow::openModel(const QString& folder) {
    if (folder.isEmpty())
        return;
    m_sessionDesk.leave(tr("Open another model?"), [this, folder](Unsaved end) {
        m_settings.set(Setting::LastFolder, QFileInfo(folder).absolutePath());
        m_workbench.openModel(folder, end);
    });
}

void MainWindow::showTab(CentreTab tab) {
    m_tabs->setCurrentIndex(static_cast<int>(tab));
}

void MainWindow::restoreDefaultLayout() {
    resize(1280, 800);
    for (QDockWidget* dock : {m_historyDock, m_logDock}) {
        dock->setFloating(false);
        addDockWidget(Qt::BottomDockWidgetArea, dock);
        dock->hide();
    }
    // Of whatever width there is: the tables left and centre share what the recipe leaves.
    const int recipe = fontMetrics().averageCharWidth() * 46;
    const int rest = width() - recipe;
    m_splitter->setSizes({rest * 48 / 100, rest * 52 / 100, recipe});
    showTab(CentreTab::Compare);
}

void MainWindow::saveLayout() {
    m_settings.set(Setting::Geometry, saveGeometry());
    m_settings.set(Setting::WindowState, saveState(layoutVersion));
    m_settings.set(Setting::Splitter, m_splitter->saveState());
}

void MainWindow::loadLayout() {
    restoreDefaultLayout();
    if (const QByteArray geometry = m_settings.get(Setting::Geometry).toByteArray(); !geometry.isEmpty())
        restoreGeometry(geometry);
    if (const QByteArray state = m_settings.get(Setting::WindowState).toByteArray(); !state.isEmpty())
        restoreState(state, layoutVersion);
    if (const QByteArray splitter = m_settings.get(Setting::Splitter).toByteArray(); !splitter.isEmpty())
        m_splitter->restoreState(splitter);
}

// Closing waits for what is being written; then it is asked for again.
void MainWindow::closeEvent(QCloseEvent* event) {
    if (!m_closed) {
        m_sessionDesk.quit();
        event->setAccepted(m_closed);
    }
    if (!event->isAccepted())
        return;
    m_closed = false; // shown again, it is another time
    saveLayout();
}

void MainWindow::dragEnterEvent(QDragEnterEvent* event) {
    if (!modelFolderOf(event->mimeData()).isEmpty() || !sessionFileOf(event->mimeData()).isEmpty())
        event->acceptProposedAction();
}

void MainWindow::dropEvent(QDropEvent* event) {
    const QString folder = modelFolderOf(event->mimeData());
    const QString session = sessionFileOf(event->mimeData());
    if (folder.isEmpty() && session.isEmpty())
        return;
    event->acceptProposedAction();
    if (!session.isEmpty())
        openSession(session);
    else
        openModel(folder);
}

} // namespace emend::ui
