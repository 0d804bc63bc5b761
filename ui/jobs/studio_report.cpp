// SPDX-License-Identifier: GPL-3.0-or-later
// A report of the session: what the engine knows is gathered on its thread, the page is written there, whole or not at
// all.
#include "emend/output_guard.h"
#include "emend/session_work.h"
#include "jobs/studio.h"

#include <QDateTime>
#include <QFileInfo>
#include <QSaveFile>
#include <QStorageInfo>

namespace emend::ui {

namespace {

// The place is judged without writing anything.
ExportPlan planOf(const QString& file, bool replace, const std::string& modelFolder) {
    ExportPlan plan;
    const QFileInfo info(file);
    const QFileInfo folder(info.absolutePath());
    const auto refuse = [&](const QString& problem, const QString& hint) {
        plan.problem = problem.toStdString();
        plan.hint = hint.toStdString();
        return plan;
    };
    if (file.isEmpty())
        return refuse(Studio::tr("no file is named"), Studio::tr("name one that ends in .html"));
    if (!report_format_of(file.toStdString()))
        return refuse(Studio::tr("the ending does not say what kind of report it is"),
                      Studio::tr("end the name in .html, .md, .json or .csv"));
    if (!folder.isDir())
        return refuse(Studio::tr("there is no folder %1").arg(folder.filePath()), Studio::tr("choose another one"));
    if (const QStorageInfo disk(folder.filePath()); disk.isValid())
        plan.bytes_free = static_cast<std::uint64_t>(disk.bytesAvailable());
    if (info.isDir())
        return refuse(Studio::tr("this is a folder"), Studio::tr("name a file in it"));
    if (!folder.isWritable())
        return refuse(Studio::tr("the folder may not be written to"), Studio::tr("choose another one"));
    try {
        check_outside_model(file.toStdString(), modelFolder);
    } catch (const Error& error) {
        return refuse(QString::fromStdString(error.message()), QString::fromStdString(error.hint()));
    }
    if (info.exists() && !replace)
        return refuse(Studio::tr("a file is there already"), Studio::tr("name another one, or tick Replace"));
    return plan;
}

SessionReportContents gather(Engine& engine, const Document& document, ReportFormat wanted, const JobContext& job) {
    SessionReportContents contents;
    const SessionParts& kept = document.contents();
    contents.head = document.head();
    if (contents.head.changed.empty()) // there is no file yet
        contents.head.changed = QDateTime::currentDateTimeUtc().toString(Qt::ISODate).toStdString();
    contents.traces = kept.traces;
    contents.texts = kept.texts;
    contents.scores = kept.scores; // those of other weights are marked
    complete_report(contents, engine, wanted, job);
    return contents;
}

QString write(const QString& path, const std::string& text) {
    QSaveFile file(path);
    const bool whole = file.open(QIODevice::WriteOnly) &&
                       file.write(text.data(), static_cast<qint64>(text.size())) == static_cast<qint64>(text.size()) &&
                       file.commit();
    return whole ? QString() : file.errorString();
}

} // namespace

void Studio::planReport(const QString& file, bool replace, quint64 tag) {
    m_jobs.submit<ExportPlan>(
        {.lane = Lane::Plan,
         .title = tr("Looking at the place"),
         .urgent = true,
         .supersedes = true,
         .needs_engine = false},
        [file, replace, folder = m_model ? m_model->path : std::string()](const Workplace&) {
            return planOf(file, replace, folder);
        },
        [this, tag](const auto& plan) { emit exportPlanned(tag, plan); },
        [this, tag](const Failure& failure) { emit planFailed(tag, failure); });
}

void Studio::writeReport(const QString& file, std::vector<SessionEdit> edits, std::vector<std::string> versions,
                         std::optional<ReportFormat> chosen) {
    m_jobs.submit<quint64>(
        {.lane = Lane::Export, .title = tr("Writing the report"), .urgent = true},
        [file, chosen, edits = std::move(edits), versions = std::move(versions),
         document = m_sessions.document()](const Workplace& place) {
            const auto format = chosen ? chosen : report_format_of(file.toStdString());
            if (!format)
                throw Error("the ending does not say what kind of report it is", file.toStdString(),
                            "end the name in .html, .md, .json or .csv");
            check_outside_model(file.toStdString(), place.engine->model_info().path);
            SessionReportContents contents = gather(*place.engine, *document, *format, place.context);
            contents.edits = edits;
            contents.versions = versions;
            const std::string text = render_session_report(contents, *format);
            place.context.check();
            if (const QString problem = write(file, text); !problem.isEmpty())
                throw Error("the report could not be written: " + problem.toStdString(), file.toStdString(),
                            "choose a folder you may write to");
            return quint64{text.size()};
        },
        [this, file](const std::shared_ptr<const quint64>& bytes) { emit reportWritten(file, *bytes); },
        [this](const Failure& failure) { emit exportFailed(failure); });
}

} // namespace emend::ui
