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

// What the window keeps of itself. Unset: as it was.
struct SessionParts {
    std::optional<std::vector<SessionEdit>> edits;
    std::optional<std::string> ui_state;
    std::optional<std::string> note;
    std::vector<SessionTrace> traces; // added to those there are
    std::vector<SessionText> texts;   // likewise
    // Those of `later` go before these.
    void add(SessionParts later);
    [[nodiscard]] bool isEmpty() const;
};

// What becomes of a session nobody gave a name.
enum class Unsaved { Keep, Discard };

class Document {
  public:
    Document() = default;
    ~Document() { close(Unsaved::Keep); }
    Document(const Document&) = delete;
    Document& operator=(const Document&) = delete;

    // --- none of these throws; what went wrong is in the state
    // The file comes into being with the first batch or the first edit a person wrote.
    DocumentState saveHistory(const Engine& engine);
    DocumentState save(const Engine& engine, SessionParts parts, bool history = false);
    // An untitled file that holds nothing, or is discarded, goes. Contents are forgotten.
    void close(Unsaved end);
    [[nodiscard]] DocumentState state() const;

    // --- these do; the session then is as before
    void adopt(std::unique_ptr<Session> session, Unsaved end); // reads what is in it
    // Everything into another file, which is then the session. An untitled file is gone afterwards.
    void saveAs(const Engine& engine, const std::string& path);

    [[nodiscard]] const SessionParts& contents() const { return m_contents; }

  private:
    void ensureFile(const Engine& engine);
    void write(const Engine& engine);
    void takeIn(SessionParts parts);
    void forgetWritten();
    void copyTo(const Engine& engine, const std::string& path);
    [[nodiscard]] bool isWorthAFile() const;

    std::unique_ptr<Session> m_session;
    SessionParts m_contents;
    bool m_untitled = true;
    bool m_copied = false;
    std::optional<Failure> m_problem;
    // Not in the file yet.
    bool m_historyDue = false;
    bool m_editsDue = false;
    bool m_uiDue = false;
    bool m_noteDue = false;
    std::size_t m_tracesWritten = 0;
    std::size_t m_textsWritten = 0;
};

} // namespace emend::ui
