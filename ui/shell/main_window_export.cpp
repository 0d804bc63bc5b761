// SPDX-License-Identifier: GPL-3.0-or-later
// Edits out of the window and into it: the export dialog, what came of it, deltas.
#include "panels/job_bar.h"
#include "panels/panel_parts.h"
#include "shell/export_dialog.h"
#include "shell/main_window.h"
#include "shell/result_line.h"

#include <QFileDialog>

namespace emend::ui {

using enum ActionId;

QString Questions::askExportPlace(QWidget* parent, const ExportChoice& choice) {
    // The dialog of the program says itself what is there already, and what to do about it.
    constexpr auto options = QFileDialog::DontConfirmOverwrite;
    switch (choice.kind) {
    case ExportKind::Delta:
        return QFileDialog::getSaveFileName(parent, tr("Export the delta to"), choice.out, tr("Deltas (*.safetensors)"),
                                            nullptr, options);
    case ExportKind::Report:
        return QFileDialog::getSaveFileName(
            parent, tr("Write the report to"), choice.out,
            tr("Page (*.html);;Markdown (*.md);;Numbers (*.json);;Edits as a table (*.csv)"), nullptr, options);
    case ExportKind::Folder:
    case ExportKind::Lora:
        break;
    }
    return QFileDialog::getSaveFileName(parent, tr("Export to a new folder"), choice.out, tr("Folders (*)"), nullptr,
                                        options);
}

void MainWindow::connectExport() {
    connect(&m_exporting, &Exporting::message, m_jobs, &JobBar::setMessage);
    connect(&m_exporting, &Exporting::finished, m_result, &ResultLine::showResult);
    connect(&m_exporting, &Exporting::failed, m_failure, &FailureLine::showFailure);
    connect(&m_exporting, &Exporting::recovered, m_failure, &FailureLine::clear);
    connect(&m_exporting, &Exporting::foreignDelta, this, [this](const QString& file, const Failure& failure) {
        if (m_questions.takeForeignDelta(this, failure.what))
            m_exporting.importDelta(file, true);
        else
            m_failure->showFailure(failure);
    });
    connect(m_actions[Export], &QAction::triggered, this, &MainWindow::showExport);
    connect(m_actions[ImportDelta], &QAction::triggered, this, [this] {
        m_exporting.importDelta(m_questions.chooseDeltaFile(this, m_settings.get(Setting::LastExport).toString()));
    });
}

void MainWindow::showExport() {
    if (!m_exporting.canExport())
        return;
    m_result->hide();
    auto* dialog = new ExportDialog(m_exporting, m_questions.chooseExportPlace, this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->open();
}

void MainWindow::refreshExport() {
    m_actions[Export]->setEnabled(m_exporting.canExport());
    m_actions[ImportDelta]->setEnabled(m_exporting.canImport());
}

} // namespace emend::ui
