// SPDX-License-Identifier: GPL-3.0-or-later
// Taking edits along: exports, deltas that come in, and what somebody writes beside a batch.
#include "jobs/studio.h"

namespace emend::ui {

namespace {

struct Noted {
    LedgerState ledger;
    DocumentState kept;
};

} // namespace

void Studio::planExport(const ExportRequest& request, quint64 tag) {
    m_jobs.submit<ExportPlan>(
        {.lane = Lane::Plan, .title = tr("Measuring the export"), .urgent = true, .supersedes = true},
        [request](const Workplace& place) { return place.engine->plan_export(request, place.context); },
        [this, tag](const auto& plan) { emit exportPlanned(tag, plan); },
        [this, tag](const Failure& failure) { emit planFailed(tag, failure); });
}

void Studio::exportEdits(const ExportRequest& request) {
    m_jobs.submit<ExportReport>(
        {.lane = Lane::Export, .title = tr("Exporting"), .urgent = true},
        [request, document = m_sessions.document()](const Workplace& place) {
            ExportRequest whole = request;
            if (whole.provenance.empty())
                whole.provenance = document->provenance();
            return place.engine->export_edits(whole, place.context);
        },
        [this](const auto& report) { emit exported(report); },
        [this](const Failure& failure) { emit exportFailed(failure); });
}

void Studio::importDelta(const QString& file, bool force) {
    m_jobs.submit<Noted>(
        {.lane = Lane::Edit, .title = tr("Importing the delta"), .urgent = true},
        [path = file.toStdString(), force, document = m_sessions.document()](const Workplace& place) {
            LedgerState ledger = place.engine->import_delta(path, force, place.context);
            return Noted{std::move(ledger), document->save(*place.engine)};
        },
        [this, file](const std::shared_ptr<const Noted>& imported) {
            m_sessions.note(imported->kept);
            emit deltaImported(file);
            setLedger(imported->ledger);
        },
        [this, file](const Failure& failure) { emit deltaFailed(file, failure); });
    makeRoom();
}

void Studio::annotate(std::uint64_t batch, const QString& title, const QString& note) {
    m_jobs.submit<Noted>(
        {.lane = Lane::Note, .title = tr("Writing it down"), .urgent = true},
        [batch, title = title.toStdString(), note = note.toStdString(),
         document = m_sessions.document()](const Workplace& place) {
            LedgerState ledger = place.engine->annotate(batch, title, note);
            return Noted{std::move(ledger), document->save(*place.engine)};
        },
        [this](const std::shared_ptr<const Noted>& noted) {
            m_sessions.note(noted->kept);
            setLedger(noted->ledger, m_weightsHash); // the weights are what they were
        },
        [this](const Failure& failure) { emit ledgerFailed(failure); });
}

} // namespace emend::ui
