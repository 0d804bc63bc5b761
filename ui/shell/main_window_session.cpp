// SPDX-License-Identifier: GPL-3.0-or-later
// The session in the window: its name in the title, its menu, its line, and what of the window belongs to it.
#include "emend/error.h"
#include "emend/recipe.h"
#include "models/text_format.h"
#include "panels/edits_panel.h"
#include "panels/job_bar.h"
#include "panels/panel_parts.h"
#include "panels/recipe_panel.h"
#include "shell/main_window.h"
#include "shell/note_dialog.h"
#include "shell/session_line.h"

#include <QDir>
#include <QFileInfo>
#include <QJsonDocument>
#include <QMenu>
#include <QTabWidget>

#include <optional>

namespace emend::ui {

using enum ActionId;

namespace {

// The first edit of the batch that was applied last.
std::optional<int> lastApplied(Workbench& workbench) {
    const LedgerState& ledger = workbench.studio().ledger();
    const EditsModel& edits = workbench.edits();
    for (std::size_t i = ledger.position; i-- > 0;)
        for (int row = 0; row < edits.rowCount(); ++row)
            if (ledger.entries[i].active && edits.row(row).batch == ledger.entries[i].id)
                return row;
    return std::nullopt;
}

} // namespace

void MainWindow::connectSession() {
    m_sessionDesk.follow(*m_sessionLine);
    m_session.setView({[this] { return viewState(); }, [this](const QJsonObject& state) { restoreView(state); }});
    connect(&m_session, &SessionDocument::message, m_jobs, &JobBar::setMessage);
    connect(&m_session, &SessionDocument::changed, this, &MainWindow::refreshTitle);
    connect(&m_sessionDesk, &SessionDesk::message, m_jobs, &JobBar::setMessage);
    connect(&m_sessionDesk, &SessionDesk::failed, m_failure, &FailureLine::showFailure);
    connect(&m_sessionDesk, &SessionDesk::recovered, m_failure, &FailureLine::clear);
    connect(&m_checking, &SessionChecking::message, m_jobs, &JobBar::setMessage);
    connect(&m_checking, &SessionChecking::failed, m_failure, &FailureLine::showFailure);
    connect(&m_checking, &SessionChecking::recovered, m_failure, &FailureLine::clear);
    connect(&m_sessionDesk, &SessionDesk::recentChanged, this, &MainWindow::refreshRecentSessions);
    connect(&m_sessionDesk, &SessionDesk::closed, this, [this] {
        m_closed = true;
        close();
    });
    connect(&m_workbench.studio(), &Studio::sessionOpened, this,
            [this](const std::shared_ptr<const OpenedSession>& session) {
                if (session->sameBits) // the same names in another precision are other weights
                    m_tracing.putBack(session->parts.traces);
            });
    connect(m_edits, &EditsPanel::currentRowChanged, &m_session, &SessionDocument::noteView);
    connect(m_tabs, &QTabWidget::currentChanged, &m_session, &SessionDocument::noteView);
    connect(m_recipe, &RecipePanel::recipeChanged, &m_session, &SessionDocument::noteView);
    connect(m_actions[EditNote], &QAction::triggered, this, &MainWindow::editNote);
    refreshRecentSessions();
    refreshTitle();
}

void MainWindow::begin(bool recovery) {
    m_session.setPristine();
    if (recovery)
        m_sessionDesk.offerRecovery();
}

void MainWindow::refreshTitle() {
    const auto& model = m_workbench.studio().model();
    if (!model)
        return setWindowTitle(tr("Emend"));
    const DocumentState& state = m_workbench.studio().sessions().state();
    QString name = m_session.name();
    if (state.read_only)
        name += QLatin1Char(' ') + tr("[read only]");
    setWindowTitle(tr("%1 — %2 — Emend", "session, model").arg(name, fromStd(model->name)));
    setWindowFilePath(state.path);
    m_modelButton->setToolTip(
        tr("%1\nSession: %2")
            .arg(QDir::toNativeSeparators(fromStd(model->path)),
                 state.path.isEmpty() ? tr("not written yet") : QDir::toNativeSeparators(state.path)));
}

void MainWindow::refreshRecentSessions() {
    m_recentSessionsMenu->clear();
    const QStringList recent = m_settings.get(Setting::RecentSessions).toStringList();
    for (const QString& file : recent) {
        QAction* action = m_recentSessionsMenu->addAction(QFileInfo(file).fileName());
        action->setToolTip(QDir::toNativeSeparators(file));
        action->setStatusTip(action->toolTip());
        connect(action, &QAction::triggered, this, [this, file] { openSession(file); });
    }
    m_recentSessionsMenu->setEnabled(!recent.isEmpty());
}

QJsonObject MainWindow::viewState() const {
    QJsonObject state{{QStringLiteral("row"), m_workbench.currentRow()},
                      {QStringLiteral("tab"), m_tabs->currentIndex()}};
    if (m_recipe->isValid())
        state[QStringLiteral("recipe")] =
            QJsonDocument::fromJson(QByteArray::fromStdString(recipe_to_json(m_recipe->recipe()))).object();
    return state;
}

// Of another version of the program, perhaps: what is not understood is left as it is.
void MainWindow::restoreView(const QJsonObject& state) {
    const auto& model = m_workbench.studio().model();
    if (const QJsonObject kept = state[QStringLiteral("recipe")].toObject(); !kept.isEmpty() && model) {
        try {
            const Recipe recipe = recipe_from_json(QJsonDocument(kept).toJson().toStdString(), Recipe(), "session");
            check_recipe(recipe, *model);
            m_recipe->setRecipe(recipe);
        } catch (const Error& error) {
            m_workbench.log().add(LogModel::Level::Warning,
                                  tr("The session's recipe was not taken over: %1").arg(fromStd(error.message())));
        }
    }
    const int tab = state[QStringLiteral("tab")].toInt(m_tabs->currentIndex());
    if (tab >= 0 && tab < m_tabs->count())
        m_tabs->setCurrentIndex(tab);
    const int row = state[QStringLiteral("row")].toInt(-1);
    if (row >= 0 && row < m_workbench.edits().rowCount())
        m_edits->selectRow(row);
    else if (m_edits->currentRow() < 0 && m_workbench.edits().rowCount() > 0)
        m_edits->selectRow(lastApplied(m_workbench).value_or(0)); // the command line's sessions know no view
}

void MainWindow::editNote() {
    EditsModel& edits = m_workbench.edits();
    const int row = m_edits->currentRow();
    if (row < 0 || row >= edits.rowCount())
        return;
    const EditRow& edit = edits.row(row);
    auto* dialog = new NoteDialog(tr("Note on the edit"),
                                  tr("%1 → %2. The note is kept in the session and shown where the edit is pointed at.")
                                      .arg(fromStd(edit.request.subject), fromStd(edit.request.object)),
                                  edit.note, this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &QDialog::accepted, this, [&edits, dialog, id = edit.id] { edits.setNote(id, dialog->note()); });
    dialog->open();
}

} // namespace emend::ui
