// SPDX-License-Identifier: GPL-3.0-or-later
// What can be done in the window: menus, tool bar, and which of it is possible now.
#include "models/text_format.h"
#include "panels/compare_panel.h"
#include "panels/edits_panel.h"
#include "panels/job_bar.h"
#include "panels/watch_dialog.h"
#include "shell/about_dialog.h"
#include "shell/command_palette.h"
#include "shell/main_window.h"
#include "shell/shortcuts_dialog.h"

#include <QActionGroup>
#include <QApplication>
#include <QClipboard>
#include <QDir>
#include <QDockWidget>
#include <QMenuBar>
#include <QTableView>
#include <QToolBar>
#include <QToolButton>

#include <algorithm>

namespace emend::ui {

using enum ActionId;

void MainWindow::buildMenus() {
    const auto fill = [this](QMenu* menu, std::initializer_list<ActionId> ids) {
        for (const ActionId id : ids) {
            if (id == Count)
                menu->addSeparator();
            else
                menu->addAction(m_actions[id]);
        }
    };
    QMenu* file = menuBar()->addMenu(tr("&File"));
    fill(file, {NewSession, OpenSession, OpenModel});
    QMenu* recent = file->addMenu(tr("Open &recent"));
    m_recentSessionsMenu = recent->addMenu(tr("&Sessions"));
    m_recentMenu = recent->addMenu(tr("&Models"));
    for (QMenu* menu : {m_recentSessionsMenu, m_recentMenu})
        menu->setToolTipsVisible(true);
    fill(file, {Count, SaveSession, SaveSessionAs, SessionNote});
    QMenu* checks = file->addMenu(tr("Session &checks"));
    checks->setToolTipsVisible(true); // why they cannot be done
    fill(checks, {VerifySession, ReplaySession, ReplayOther, Count, RescueSession});
    fill(file, {Count});
    fill(file->addMenu(tr("&Import")), {ImportEdits, ImportDelta});
    fill(file, {Export, Count, Quit});
    QMenu* edit = menuBar()->addMenu(tr("&Edit"));
    fill(edit, {Undo, Redo});
    fill(edit->addMenu(tr("&History")), {GoHere, GoToCheckpoint, GoToNewest, Count, SwitchBatch, SolveAgain, SolveStale,
                                         Count, RenameBatch, NoteBatch});
    fill(edit, {Count, AddEdit, PasteRows, Duplicate, Remove, Count, WatchPrompts, EditNote, FindConflicts});
    fill(menuBar()->addMenu(tr("&Run")),
         {Apply, ApplyAll, Count, TraceFact, SuggestLayers, Count, Diagnose, TryRecipes, Count, ActionId::Cancel});
    fill(menuBar()->addMenu(tr("&View")),
         {ShowEdits, ShowCompare,   ShowTrace,   ShowUpdate, ShowTradeOff, ShowDiagnosis, ShowTrials,
          Count,     ToggleHistory, ToggleLog,   Count,      ThemeSystem,  ThemeLight,    ThemeDark,
          Count,     TextLarger,    TextSmaller, TextReset,  Count,        RestoreLayout});
    fill(menuBar()->addMenu(tr("&Help")), {ActionId::CommandPalette, Shortcuts, Count, About});
    refreshRecent();
}

void MainWindow::buildToolBar() {
    QToolBar* bar = addToolBar(tr("Tools"));
    bar->setObjectName(QStringLiteral("toolBar"));
    bar->setMovable(false);
    bar->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    bar->setIconSize(QSize(16, 16));
    bar->setContextMenuPolicy(Qt::PreventContextMenu);

    m_modelButton = new QToolButton;
    m_modelButton->setObjectName(QStringLiteral("modelButton"));
    m_modelButton->setProperty("outlined", true);
    m_modelButton->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    m_modelButton->setText(tr("No model"));
    m_modelButton->setToolTip(tr("Open another model"));
    m_modelButton->setAccessibleName(tr("Model: open another one"));
    m_modelButton->setPopupMode(QToolButton::InstantPopup);
    auto* menu = new QMenu(m_modelButton);
    menu->addAction(m_actions[OpenModel]);
    menu->addMenu(m_recentMenu);
    m_modelButton->setMenu(menu);
    bar->addWidget(m_modelButton);
    bar->addSeparator();
    for (const ActionId id : {Apply, Undo, Redo, ToggleHistory})
        bar->addAction(m_actions[id]);
    bar->widgetForAction(m_actions[Apply])->setProperty("primary", true);
    bar->widgetForAction(m_actions[Apply])->setObjectName(QStringLiteral("applyButton"));
    auto* spacer = new QWidget;
    spacer->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Preferred);
    bar->addWidget(spacer);
    bar->addAction(m_actions[ActionId::CommandPalette]);
    for (QToolButton* button : bar->findChildren<QToolButton*>())
        button->setFocusPolicy(Qt::TabFocus);

    m_edits->setActions(
        {m_actions[AddEdit], m_actions[PasteRows], m_actions[Duplicate], m_actions[Remove]},
        {m_actions[AddEdit], m_actions[PasteRows], m_actions[ImportEdits]},
        {m_actions[Apply], m_actions[WatchPrompts], m_actions[Duplicate], m_actions[Remove], m_actions[PasteRows]});
    m_compare->setWatchAction(m_actions[WatchPrompts]);
    m_jobs->setCancelAction(m_actions[ActionId::Cancel]);
    // Icons follow the theme.
    const auto recolor = [this] {
        m_actions.recolor();
        m_modelButton->setIcon(m_actions[OpenModel]->icon());
        // The apply button stands on the accent.
        QPalette onAccent = QApplication::palette();
        onAccent.setColor(QPalette::Window, m_theme.isDark() ? Qt::white : Qt::black);
        m_actions[Apply]->setIcon(themeIcon(QStringLiteral("apply"), onAccent));
    };
    connect(&m_theme, &Theme::changed, this, recolor);
    recolor();
}

void MainWindow::connectActions() {
    const auto on = [this](ActionId id, auto&& call) { connect(m_actions[id], &QAction::triggered, this, call); };
    // Everywhere in the window; a field that is being typed into keeps its own keys.
    addActions(m_actions.all());
    // Delete means the table's rows only where the table is.
    removeAction(m_actions[Remove]);
    m_actions[Remove]->setShortcutContext(Qt::WidgetWithChildrenShortcut);
    m_edits->addAction(m_actions[Remove]);

    on(OpenModel,
       [this] { openModel(m_questions.chooseModelFolder(this, m_settings.get(Setting::LastFolder).toString())); });
    on(ImportEdits, [this] {
        const QString file = m_questions.chooseEditsFile(this, m_settings.get(Setting::LastFolder).toString());
        if (!file.isEmpty())
            m_workbench.importEdits(file);
    });
    on(Quit, [this] { close(); });
    on(Undo, [this] { m_workbench.undo(); });
    on(Redo, [this] { m_workbench.redo(); });
    on(AddEdit, [this] { addEdit(); });
    on(Duplicate, [this] { m_edits->selectRow(m_workbench.edits().duplicate(m_edits->selectedRows())); });
    on(Remove, [this] { m_workbench.edits().remove(m_edits->selectedRows()); });
    on(PasteRows, [this] { pasteRows(); });
    on(WatchPrompts, [this] { editWatch(); });
    on(Apply, [this] { applySelected(); });
    on(ApplyAll, [this] { m_workbench.apply(m_workbench.drafts()); });
    on(ActionId::Cancel, [this] { m_workbench.cancel(); });
}

void MainWindow::connectViewActions() {
    const auto on = [this](ActionId id, auto&& call) { connect(m_actions[id], &QAction::triggered, this, call); };
    on(ShowEdits, [this] { m_edits->table()->setFocus(Qt::ShortcutFocusReason); });
    on(ShowCompare, [this] { showTab(CentreTab::Compare); });
    on(ShowTrace, [this] { showTab(CentreTab::Trace); });
    on(ShowUpdate, [this] { showTab(CentreTab::Update); });
    on(ShowTradeOff, [this] { showTab(CentreTab::TradeOff); });
    on(ToggleHistory, [this](bool shown) { showHistory(shown); });
    connect(m_historyDock, &QDockWidget::visibilityChanged, m_actions[ToggleHistory], &QAction::setChecked);
    on(ToggleLog, [this](bool shown) { showDock(m_logDock, shown); });
    connect(m_logDock, &QDockWidget::visibilityChanged, m_actions[ToggleLog], &QAction::setChecked);
    auto* themes = new QActionGroup(this);
    for (const ActionId id : {ThemeSystem, ThemeLight, ThemeDark})
        themes->addAction(m_actions[id]);
    on(ThemeSystem, [this] { setTheme(ThemeMode::System); });
    on(ThemeLight, [this] { setTheme(ThemeMode::Light); });
    on(ThemeDark, [this] { setTheme(ThemeMode::Dark); });
    const auto shown = [this] {
        m_actions[ThemeSystem]->setChecked(m_theme.mode() == ThemeMode::System);
        m_actions[ThemeLight]->setChecked(m_theme.mode() == ThemeMode::Light);
        m_actions[ThemeDark]->setChecked(m_theme.mode() == ThemeMode::Dark);
    };
    connect(&m_theme, &Theme::changed, this, shown);
    shown();
    on(TextLarger, [this] { setTextStep(m_theme.textStep() + 1); });
    on(TextSmaller, [this] { setTextStep(m_theme.textStep() - 1); });
    on(TextReset, [this] { setTextStep(0); });
    on(RestoreLayout, [this] { restoreDefaultLayout(); });
    on(ActionId::CommandPalette, [this] { (new class CommandPalette(m_actions.all(), this))->show(); });
    on(Shortcuts, [this] { ShortcutsDialog(m_actions.all(), this).exec(); });
    on(About, [this] { AboutDialog(this).exec(); });
}

void MainWindow::setTheme(ThemeMode mode) {
    m_theme.setMode(mode);
    m_settings.set(Setting::Theme, themeModeName(mode));
}

void MainWindow::setTextStep(int step) {
    m_theme.setTextStep(step);
    m_settings.set(Setting::TextSize, m_theme.textStep());
}

void MainWindow::applySelected() {
    QList<int> rows = m_workbench.applicable(m_edits->selectedRows());
    // With nothing selected there is only one thing it can mean.
    if (rows.isEmpty() && m_edits->selectedRows().isEmpty())
        rows = m_workbench.drafts();
    m_workbench.apply(rows);
}

void MainWindow::addEdit() {
    m_edits->editCell(m_workbench.edits().addBlank(), EditsModel::Subject);
}

void MainWindow::pasteRows() {
    const int first = m_workbench.edits().addPasted(parseRows(QApplication::clipboard()->text()));
    if (first >= 0)
        m_edits->selectRow(first);
    else
        m_jobs->setMessage(tr("The clipboard holds no rows: copy subject, relation and new object from a spreadsheet"),
                           true);
}

void MainWindow::editWatch() {
    EditsModel& edits = m_workbench.edits();
    const int row = m_edits->currentRow();
    if (row < 0 || row >= edits.rowCount())
        return;
    auto* dialog = new WatchDialog(edits.row(row).request, this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &QDialog::accepted, this, [&edits, dialog, id = edits.row(row).id] {
        edits.setWatch(id, dialog->paraphrases(), dialog->neighbours());
    });
    dialog->open();
}

void MainWindow::refreshActions() {
    const EditsModel& edits = m_workbench.edits();
    const QList<int> selected = m_edits->selectedRows();
    const bool can = m_workbench.canApply();
    const qsizetype ready = m_workbench.applicable(selected).size();
    const bool anyDraft = can && m_workbench.hasDraft();
    m_actions[Apply]->setEnabled(can && (ready > 0 || (selected.isEmpty() && anyDraft)));
    m_actions[Apply]->setText(ready > 1 ? tr("&Apply %n edit(s)", nullptr, static_cast<int>(ready)) : tr("&Apply"));
    m_actions[ApplyAll]->setEnabled(anyDraft);
    m_actions[Duplicate]->setEnabled(!selected.isEmpty());
    m_actions[Remove]->setEnabled(std::any_of(selected.begin(), selected.end(),
                                              [&](int row) { return row < edits.rowCount() && edits.canRemove(row); }));
    const int current = m_edits->currentRow();
    m_actions[WatchPrompts]->setEnabled(current >= 0 && current < edits.rowCount() &&
                                        edits.row(current).state != EditState::Applying);
    m_actions[FindConflicts]->setEnabled(m_workbench.canFindConflicts());
    m_actions[TraceFact]->setEnabled(m_tracing.canRun());
    m_actions[SuggestLayers]->setEnabled(m_tracing.canSuggest());
    m_actions[ActionId::Cancel]->setEnabled(m_workbench.studio().canCancel());
    m_actions[Diagnose]->setEnabled(m_diagnosing.canDiagnose());
    m_actions[EditNote]->setEnabled(current >= 0 && current < edits.rowCount());
    m_sessionDesk.refreshActions();
    m_checking.refreshActions();
    refreshUndo();
    refreshHistory();
    refreshExport();
}

void MainWindow::refreshUndo() {
    const LedgerState& ledger = m_workbench.studio().ledger();
    const bool idle = !m_workbench.studio().isEditing() && !m_workbench.studio().isOpening();
    const auto show = [&](ActionId id, bool possible, std::size_t entry, const QString& verb, const QString& verbOf) {
        QAction* action = m_actions[id];
        const QString title = possible ? fromStd(ledger.entries[entry].title) : QString();
        action->setEnabled(possible && idle);
        action->setText(possible ? verbOf.arg(title) : verb);
        // The tool bar has room for a short title only.
        action->setIconText(possible ? fontMetrics().elidedText(verbOf.arg(title).remove(u'&'), Qt::ElideRight,
                                                                fontMetrics().averageCharWidth() * 34)
                                     : QString(verb).remove(u'&'));
    };
    show(Undo, ledger.can_undo(), ledger.position - 1, tr("&Undo"), tr("&Undo: %1"));
    show(Redo, ledger.can_redo(), ledger.position, tr("&Redo"), tr("&Redo: %1"));
}

void MainWindow::refreshRecent() {
    m_recentMenu->clear();
    const QStringList recent = m_settings.get(Setting::RecentModels).toStringList();
    for (const QString& folder : recent) {
        QAction* action = m_recentMenu->addAction(QDir::toNativeSeparators(folder));
        action->setToolTip(action->text());
        connect(action, &QAction::triggered, this, [this, folder] { openModel(folder); });
    }
    m_recentMenu->setEnabled(!recent.isEmpty());
}

} // namespace emend::ui
