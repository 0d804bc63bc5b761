// SPDX-License-Identifier: GPL-3.0-or-later
#include "shell/screenshot.h"

#include "panels/edits_panel.h"
#include "plots/chart_export.h"

#include <QBuffer>
#include <QPixmap>
#include <QTimer>

namespace emend::ui {

Screenshot::Screenshot(MainWindow& window, Workbench& workbench, ScreenshotOptions options, QObject* parent)
    : QObject(parent)
    , m_window(window)
    , m_workbench(workbench)
    , m_options(std::move(options)) {
    window.restoreDefaultLayout();
    window.resize(m_options.size);
    window.showTab(m_options.tab);
    window.showHistory(m_options.history);
    connect(&workbench, &Workbench::settled, this, &Screenshot::proceed);
    connect(&workbench, &Workbench::failed, this, [this](const Failure& failure) { fail(failure.details()); });
    const SessionKeeper& sessions = workbench.studio().sessions();
    connect(&sessions, &SessionKeeper::openFailed, this,
            [this](const QString&, const Failure& failure) { fail(failure.details()); });
    connect(&sessions, &SessionKeeper::modelWanted, this, [this](const WantedModel& wanted) {
        fail(tr("the session's model is not at %1").arg(QString::fromStdString(wanted.folder)));
    });
    connect(&workbench, &Workbench::applyFailed, this, [this](const Failure& failure) { fail(failure.details()); });
    connect(&workbench, &Workbench::compareFailed, this, [this](const Failure& failure) { fail(failure.details()); });
}

void Screenshot::proceed() {
    if (m_done || !m_workbench.studio().model())
        return;
    if (m_window.editsPanel().currentRow() < 0 && m_workbench.edits().rowCount() > 0) {
        m_window.editsPanel().selectRow(0);
        return; // settles again when it was looked at
    }
    if (m_options.applied && !m_applyAsked) {
        m_applyAsked = true;
        if (m_workbench.applicable({0}).isEmpty())
            return fail(tr("the first edit cannot be applied"));
        m_workbench.apply({0});
        return;
    }
    if (m_options.tab == CentreTab::Trials && !m_trialsAsked) {
        m_trialsAsked = true;
        // What is applied cannot be tried: the next one that is prepared is.
        if (const QList<int> drafts = m_workbench.drafts(); m_options.applied && !drafts.isEmpty())
            m_window.editsPanel().selectRow(drafts.front());
        m_window.runTrials();
        if (!m_workbench.studio().isTrying())
            return fail(tr("no recipes can be tried"));
        return;
    }
    if (m_options.tab == CentreTab::Trace && !m_traceAsked) {
        m_traceAsked = true;
        if (!m_window.traceSelected())
            return fail(tr("the first edit cannot be traced"));
        return;
    }
    m_done = true;
    // One more turn: queued repaints of the chart, the last token.
    QTimer::singleShot(200, this, &Screenshot::grab);
}

void Screenshot::grab() {
    const QPixmap picture = m_window.grab();
    QByteArray png;
    QBuffer buffer(&png);
    buffer.open(QIODevice::WriteOnly);
    if (!picture.save(&buffer, "PNG"))
        return emit finished(1, tr("the window could not be rendered"));
    const QString problem = writeFile(m_options.file, png);
    if (problem.isEmpty())
        emit finished(0, {});
    else
        emit finished(1, tr("%1 could not be written: %2").arg(m_options.file, problem));
}

void Screenshot::fail(const QString& problem) {
    if (m_done)
        return;
    m_done = true;
    emit finished(1, problem);
}

} // namespace emend::ui
