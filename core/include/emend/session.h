// SPDX-License-Identifier: GPL-3.0-or-later
// The document: one SQLite file that holds everything of a session with one model (schema: core/session/README.md).
// Every write is one transaction that is on disk when the call returns, or an Error and the file as it was. Nobody else
// can write while a Session has it open for writing; anybody can read. Closing leaves one file and nothing beside it.
// Thread safety: a Session belongs to one thread at a time.
#pragma once

#include "emend/batch_record.h"
#include "emend/edit.h"
#include "emend/job.h"
#include "emend/model_info.h"
#include "emend/report.h"
#include "emend/scores.h"
#include "emend/trace.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace emend {

// Which model the session is about.
struct SessionModel {
    std::string path; // where it was last
    std::string name, family, fingerprint;
    std::string dtype;  // computed with; another one gives other bits
    std::string device; // likewise
    int layers = 0, d_model = 0, d_mlp = 0, vocab = 0;
    std::int64_t parameters = 0;
};
SessionModel session_model(const ModelInfo& model);
// What is not alike, a line each ("layers: 12 in the session, 24 here"); the path and the name do not count. Empty: the
// same model, in the same precision.
std::vector<std::string> differences(const SessionModel& kept, const ModelInfo& now);
// The same, with any precision and on any device. Empty: the same model.
std::vector<std::string> model_differences(const SessionModel& kept, const ModelInfo& now);

// A row of the edits table, applied or not.
struct SessionEdit {
    EditRequest request;
    std::string note;
    std::optional<std::uint64_t> batch; // that applied it
};

// What was seen of the model is kept with the state_name of the weights it was seen on. Unset: not known, in files of
// format 1.
struct SessionTrace {
    TraceRequest request; // `at`: as it was then, of no meaning later
    TraceResult result;
    std::optional<std::string> state = std::nullopt;
};

// What the model wrote, before and after, from one seed.
struct SessionText {
    std::uint64_t batch = 0;
    std::size_t edit = 0; // of the batch
    std::string prompt;
    std::string before, after;
    std::uint64_t seed = 0;
    std::optional<std::string> state_before = std::nullopt, state_after = std::nullopt;
};

struct SessionScores {
    std::uint64_t batch = 0;
    std::optional<Scores> before;                    // on the weights below the batch
    Scores after;                                    // right after it
    std::size_t edits = 0;                           // so many of its edits were asked, the first ones; 0: all
    std::optional<std::string> state = std::nullopt; // of `after`
};

struct SessionHead {
    std::string path;
    int schema = 0;
    std::string program; // version that wrote it last
    SessionModel model;
    std::string note;
    std::string created, changed; // UTC, ISO 8601
    bool untitled = false;        // saved by itself, never by name
    std::size_t edits = 0, batches = 0, traces = 0;
    std::size_t position = 0;
    std::string edited_hash; // Engine::edited_hash at `position`
    std::uint64_t bytes = 0; // of the file
    // Something a person made; a file that saved itself and has nothing of it is not kept.
    [[nodiscard]] bool holds_something() const { return edits > 0 || batches > 0 || traces > 0 || !note.empty(); }
};

class Session {
  public:
    enum class Access { read_write, read_only };

    // A new file. Throws Error when something is there already, or the folder cannot be written.
    static std::unique_ptr<Session> create(const std::string& path, const SessionModel& model, bool untitled = false);
    // Of an older schema: brought up to date on the way. read_write turns into read_only where it must (locked by
    // another window, file or folder not writable), and read_only_because() says why. Throws Error: no such file, a
    // folder, empty, not a session, of a newer version, damaged. The file stays as it was.
    static std::unique_ptr<Session> open(const std::string& path, Access access = Access::read_write);
    virtual ~Session() = default; // closes; does not throw
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    [[nodiscard]] virtual const std::string& path() const = 0;
    [[nodiscard]] virtual bool read_only() const = 0;
    [[nodiscard]] virtual const std::string& read_only_because() const = 0; // empty: it may be written

    [[nodiscard]] virtual SessionHead head() = 0;
    [[nodiscard]] virtual std::vector<SessionEdit> edits() = 0;
    [[nodiscard]] virtual std::vector<std::uint64_t> batch_ids() = 0; // in the history's order
    [[nodiscard]] virtual BatchRecord batch(std::uint64_t id) = 0;    // Error when there is none, or damaged
    [[nodiscard]] virtual std::vector<SessionTrace> traces() = 0;
    [[nodiscard]] virtual std::vector<SessionText> texts() = 0;
    [[nodiscard]] virtual std::vector<SessionScores> scores() = 0;
    [[nodiscard]] virtual std::string ui_state() = 0; // JSON of the window's own; may be empty

    // The history as it is now: what differs from the file is written, in one transaction: new batches, gone ones,
    // switches, other updates, titles, notes, the position. `fetch` is asked for batches that are new or changed.
    // `model`: which the hash was computed with; in another precision nobody has the weights any more that traces,
    // texts and scores name, and they forget them.
    virtual void sync(const LedgerState& ledger, const std::function<BatchRecord(std::uint64_t)>& fetch,
                      const std::string& edited_hash, const SessionModel& model) = 0;
    virtual void set_edits(const std::vector<SessionEdit>& edits) = 0; // all of them
    virtual void set_note(const std::string& note) = 0;
    virtual void set_model_path(const std::string& path) = 0; // it was moved
    // Takes the place of one with the same request (`at` aside) and state.
    virtual void add_trace(const SessionTrace& trace) = 0;
    virtual void set_text(const SessionText& text) = 0; // likewise by batch, edit and prompt
    virtual void set_scores(const SessionScores& scores) = 0;
    virtual void set_ui_state(const std::string& json) = 0;

    // A whole copy under another name, there or not at all; `replace` an existing session. This session goes on with
    // the file it had. Throws Cancelled, and then there is none.
    virtual void copy_to(const std::string& path, bool replace, const JobContext& job) = 0;
    // Faults of the file, in words: SQLite's own check, references, sizes and hashes of every blob. Empty: sound.
    [[nodiscard]] virtual std::vector<std::string> check(const JobContext& job) = 0;

  protected:
    Session() = default;
};

// Of a damaged session, whatever can still be read, as a new file that is sound. Batches keep their place; one that
// cannot be read is left out, and what was solved on top of it is stale. Nobody knows the answers of a model that the
// file does not name any more: then `model` has to be given.
struct SessionRescue {
    std::size_t edits = 0, batches = 0, traces = 0, texts = 0, scores = 0; // saved
    std::vector<std::string> lost; // in words, one a thing; empty: nothing was damaged
};
// Throws Error: no such file, not an SQLite file at all, nothing in it can be read, `out` is there already or is the
// file itself. `path` stays as it is.
SessionRescue rescue_session(const std::string& path, const std::string& out, const std::optional<SessionModel>& model,
                             const JobContext& job);

// From a short look, without keeping the file open. Throws Error as Session::open.
SessionHead peek_session(const std::string& path);
// Sessions in a folder that were saved by themselves, belong to nobody who is running, and hold edits or batches;
// newest first. What cannot be read is passed over.
std::vector<SessionHead> recoverable_sessions(const std::string& folder);
// Paths of those with names of new_session_path that are damaged so far that nobody knows what they hold, newest first.
std::vector<std::string> damaged_sessions(const std::string& folder);
// A session, damaged or not, goes for good, with what a crash left beside it. False: somebody has it open, it stays.
// Throws Error.
bool discard_session(const std::string& path);
// A session as `fill` makes it, under this name as a whole or not at all; `replace` an existing session. Throws Error,
// Cancelled and what `fill` throws.
void write_session(const std::string& path, bool replace, const SessionModel& model,
                   const std::function<void(Session&)>& fill, const JobContext& job);
// A name in the folder nobody has: "untitled-20260102-030405.emend".
std::string new_session_path(const std::string& folder);

} // namespace emend
