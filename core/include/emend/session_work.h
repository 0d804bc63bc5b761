// SPDX-License-Identifier: GPL-3.0-or-later
// What a session and an engine do together; the same calls for window and command line. Belongs to the engine's thread.
#pragma once

#include "emend/engine.h"
#include "emend/session.h"
#include "emend/session_report.h"

#include <cstdint>
#include <string>
#include <vector>

namespace emend {

// The session's history becomes the engine's: all or nothing. The model must be open already. `warnings` of the result
// say what is not bit for bit as it was ("opened in float64, the session was made in float32"). Throws Error naming
// every difference when the open model is another one.
struct RestoredSession {
    LedgerState ledger;
    bool same_bits = false; // hash of the edited weights compared and equal
    std::vector<std::string> warnings;
};
RestoredSession restore_session(Engine& engine, Session& session, const JobContext& job);

// Writes the engine's history into the session (Session::sync with the engine's records and hash).
void save_history(const Engine& engine, Session& session, const JobContext& job);

// What only the open model tells, for a report in this format: its name, the history, how far the layers are, the
// trade-off of every batch that has one; notes of what could not be told. A table asks for no charts.
void complete_report(SessionReportContents& contents, Engine& engine, ReportFormat format, const JobContext& job);

struct SessionCheck {
    std::string check; // short and stable: "file", "model", "weights", "batch-hash", "update-norm", "answers", "texts",
                       // "scores"
    std::uint64_t batch = 0; // 0: of the whole session
    bool ok = true;
    bool compared = true;  // false: there was nothing to compare with, the finding says why; ok is true then
    std::string finding;   // with numbers
    double difference = 0; // largest found, absolute; NaN: not a number
};
// Recomputes what can be: the file's own soundness, hashes of updates and of the edited weights, norms of the updates,
// what the model answers before and after every batch, texts, scores. The engine's history is afterwards the session's;
// as it was where the file is unsound or of another model.
std::vector<SessionCheck> verify_session(Engine& engine, Session& session, const JobContext& job);

// Every batch of the session that is switched on, solved anew from its requests and recipe on the open model, which may
// be another one. The engine's history is afterwards the new one; the session is only read.
struct ReplayedBatch {
    std::uint64_t batch = 0;
    std::string title;
    bool same_updates = false;          // bit for bit
    double largest_norm_difference = 0; // relative, over the layers both have
    struct Edit {
        std::string subject, object;
        double p_new_kept = 0, p_new_now = 0;
        bool held_kept = false, held_now = false;
    };
    std::vector<Edit> edits;
    std::string problem, hint; // why it could not be done; the batches behind it go on
};
std::vector<ReplayedBatch> replay_session(Engine& engine, Session& session, const JobContext& job);
// The rows of the session for the history that a replay made: each with the batch that has its request, or a draft.
std::vector<SessionEdit> rows_after_replay(std::vector<SessionEdit> rows, const LedgerState& made);

} // namespace emend
