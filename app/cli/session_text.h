// SPDX-License-Identifier: GPL-3.0-or-later
// Sessions and what was found in them, as people read them and as JSON.
#pragma once

#include "emend/session_report.h"
#include "emend/session_work.h"
#include "program.h"

#include <string>
#include <vector>

namespace emend::cli {

// A file of a folder of sessions; without a head, why it cannot be read.
struct ListedSession {
    std::string path;
    std::optional<SessionHead> head;
    std::string problem;
};
Json to_json(const ListedSession& listed);
void print_sessions(const std::string& folder, const std::vector<ListedSession>& sessions);

void print_session(const SessionReportContents& contents, bool all_edits);

// {position, edited_hash, batches: [{id, title, note, active, stale, applied}]}
Json history_json(const LedgerState& ledger, const std::string& edited_hash);
void print_history(const LedgerState& ledger);

Json to_json(const SessionCheck& check);
void print_checks(const std::vector<SessionCheck>& checks);

Json to_json(const SessionRescue& rescue, const std::string& file, const std::string& out);
void print_rescue(const SessionRescue& rescue, const std::string& out);

Json to_json(const ReplayedBatch& batch);
void print_replay(const std::vector<ReplayedBatch>& batches);

} // namespace emend::cli
