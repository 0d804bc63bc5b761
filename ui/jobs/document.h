// SPDX-License-Identifier: GPL-3.0-or-later
// The session as the worker thread has it: the open file, and everything of it beside the history once more in memory,
// so that what could not be written is written with the next try, or into another file. Owned by the jobs that use it;
// worker thread only. DocumentState and SessionParts are plain values and may go anywhere.
#pragma once

#include "emend/engine.h"
#include "emend/session.h"
#include "jobs/failure.h"

#include <QString>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace emend::ui {

// What the window is told of the file.
struct DocumentState {
    QString path; // empty: nothing was worth a file yet
    bool untitled = true;
    bool read_only = false;
    QString because; // of read_only
    QString note;
    bool copied = false;            // a file that may only be read was left behind: this is a copy of it
    std::optional<Failure> problem; // why the last write failed; everything is tried again with the next one
};

// The weights it was traced on. Files of format 1 name none; those of the checkpoint are known all the same.
[[nodiscard]] std::optional<std::string> stateOf(const SessionTrace& trace);

// Those that were measured right behind their batch as the history has it: with other updates in it or below it, or
// switched off, it scores differently.
[[nodiscard]] std::vector<SessionScores> scoresThatHold(const std::vector<SessionScores>& scores,
                                                        const LedgerState& ledger);

// What the window keeps of itself. Unset: as it was.
struct SessionParts {
    std::optional<std::vector<SessionEdit>> edits;
    std::optional<std::string> ui_state;
    std::optional<std::string> note;
    std::vector<SessionTrace> traces;  // added to those there are
    std::vector<SessionText> texts;    // likewise
    std::vector<SessionScores> scores; // likewise
    // Those of `later` go before these.
    void add(SessionParts later);
    [[nodiscard]] bool isEmpty() const;
};

// What becomes of the session that is left.
enum class Unsaved {
    Keep,      // what is not written yet is written, or it is not left
    AsWritten, // what could not be written is given up, the file stays
    Discard    // a file nobody gave a name goes, too
};

// Step by step, as a file has it.
[[nodiscard]] bool sameHistory(const LedgerState& a, const LedgerState& b);

class Document {
  public:
    Document() = default;
    ~Document() { close(Unsaved::AsWritten); }
    Document(const Document&) = delete;
    Document& operator=(const Document&) = delete;

    // --- none of these throws; what went wrong is in the state
    // Whatever the file lacks: the engine's history, what could not be written before, `parts`. The file comes into
    // being with the first batch or the first edit a person wrote.
    DocumentState save(const Engine& engine, SessionParts parts = {});
    // An untitled file that holds nothing, or is discarded, goes. Contents are forgotten.
    void close(Unsaved end);
    void closeForGood(Unsaved end); // nothing is written any more, whoever comes late
    [[nodiscard]] DocumentState state() const;
    // The session as `read` found it, instead of the one there is. `ledger`: the engine's, which has its history.
    struct Stored {
        SessionHead head;
        SessionParts parts;
    };
    void adopt(std::unique_ptr<Session> session, Stored stored, const LedgerState& ledger, Unsaved end);
    // As the file has it; only the path and the note where there is none, or it cannot be read.
    [[nodiscard]] SessionHead head() const;
    // Name, times and note, as JSON for exports. Empty: there is no file, or it cannot be read.
    [[nodiscard]] std::string provenance() const;

    // --- these do; the session then is as before
    [[nodiscard]] static Stored read(Session& session);
    // Before it is left: Error when something cannot be written and `end` is Keep.
    void prepareToLeave(const Engine& engine, Unsaved end);
    // Everything into another file, which is then the session. An untitled file is gone afterwards. Cancelled: there is
    // no other file. `due` goes into the file there is, too; `whole` is what the window holds, written or not.
    void saveAs(const Engine& engine, SessionParts due, SessionParts whole, const std::string& path,
                const JobContext& context);

    [[nodiscard]] const SessionParts& contents() const { return m_contents; }
    // Of the batches as they are.
    [[nodiscard]] std::vector<SessionScores> scoresOf(const LedgerState& ledger) const;

  private:
    void ensureFile(const Engine& engine);
    void write(Session& session, const Engine& engine); // what is due
    void noteWritten(const Engine& engine);
    void takeIn(SessionParts parts);
    void dropGone(const LedgerState& ledger);
    void forgetWritten();
    [[nodiscard]] bool isWorthAFile() const;

    std::unique_ptr<Session> m_session;
    SessionParts m_contents;
    bool m_untitled = true;
    bool m_copied = false;
    bool m_over = false;
    LedgerState m_written; // the history that is in the file
    std::optional<Failure> m_problem;
    // Not in the file yet.
    bool m_historyDue = false;
    bool m_editsDue = false;
    bool m_uiDue = false;
    bool m_noteDue = false;
    std::size_t m_tracesWritten = 0;
    std::size_t m_textsWritten = 0;
    std::size_t m_scoresWritten = 0;
};

} // namespace emend::ui
