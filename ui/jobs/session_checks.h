// SPDX-License-Identifier: GPL-3.0-or-later
// A session held against its model: computed again and compared, or made once more from its requests. Whatever comes of
// it, the engine's history is afterwards the one there was, and the session's file has not changed. Worker thread only;
// the results are plain values.
#pragma once

#include "emend/session_work.h"
#include "jobs/document.h"
#include "jobs/job_queue.h"

#include <QString>

#include <optional>
#include <string>
#include <vector>

namespace emend::ui {

// How everything was left.
struct CheckedState {
    LedgerState ledger;
    QString weightsHash; // where it costs no time
    DocumentState kept;
};

struct VerifiedSession {
    std::vector<SessionCheck> checks;
    CheckedState left;
};

struct ReplayedSession {
    QString file; // of another session; empty: the one that is open
    std::vector<ReplayedBatch> batches;
    CheckedState left;
    // What goes with the batches, as the file has it.
    std::vector<SessionEdit> edits;
    std::string note;
    // The history that was made, for whoever wants to keep it. Empty: no batch could be replayed.
    SessionModel model;
    LedgerState made;
    std::vector<BatchRecord> records;
    std::string editedHash;
};

struct RescuedSession {
    QString from, to;
    SessionRescue found;
};

// What is not in the file yet is written first. Throw Error (also when there is no file, or it cannot be written) and
// Cancelled.
VerifiedSession verifySession(const Workplace& place, Document& document);
// `file`: of another session, perhaps of another model; empty: the one that is open.
ReplayedSession replaySession(const Workplace& place, Document& document, const QString& file);
// A new session without a name; its path. Its edits find their batches by what they say. Throws Error, and then there
// is no file.
std::string keepReplayed(const ReplayedSession& replayed);
// A damaged file that does not say any more which model it is about gets the open one.
RescuedSession rescueSession(const QString& from, const QString& to, const std::optional<SessionModel>& open,
                             const JobContext& context);

} // namespace emend::ui
