// SPDX-License-Identifier: GPL-3.0-or-later
#include "emend/session_work.h"

namespace emend {

namespace {

bool has_trade_off(const LedgerEntry& entry) {
    return entry.active && entry.report && !find_algorithm(entry.report->recipe.algorithm).fine_tunes;
}

} // namespace

void complete_report(SessionReportContents& contents, Engine& engine, ReportFormat format, const JobContext& job) {
    contents.ledger = engine.ledger();
    contents.head.model = session_model(engine.model_info());
    contents.head.position = contents.ledger.position;
    contents.head.edited_hash = engine.edited_hash(job);
    if (format == ReportFormat::csv_edits || format == ReportFormat::csv_layers)
        return;
    contents.norms = engine.norm_history(job);
    const auto all = static_cast<double>(contents.ledger.position);
    for (std::size_t i = 0; i < contents.ledger.position; ++i) {
        const LedgerEntry& entry = contents.ledger.entries[i];
        if (!has_trade_off(entry))
            continue;
        job.check();
        job.report(
            {.phase = "trade-off of batch " + std::to_string(i + 1) + " of " + std::to_string(contents.ledger.position),
             .fraction = static_cast<double>(i) / all,
             .seconds_left = -1,
             .detail = {}});
        try {
            contents.frontiers.push_back(engine.frontier(entry.id, job));
        } catch (const Error& error) {
            contents.notes.push_back("no trade-off of batch " + std::to_string(entry.id) + ": " + error.message());
        }
    }
}

} // namespace emend
