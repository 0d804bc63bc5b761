// SPDX-License-Identifier: GPL-3.0-or-later
// Sessions as commands open them: the file alone, or with its model and its history in the engine.
#pragma once

#include "emend/session.h"
#include "emend/session_report.h"
#include "emend/session_work.h"
#include "program.h"

#include <memory>
#include <optional>
#include <string>

namespace emend::cli {

struct SessionOptions {
    std::string file;
    std::string model; // where it is now; empty: where it was
};

void add_session_file(CLI::App* command, SessionOptions& options);                    // SESSION
void add_session_model(Program& program, CLI::App* command, SessionOptions& options); // --model --device --dtype …

// Whether MODEL names a session instead.
bool names_a_session(const std::string& model);

// For writing means that: what opens read-only is an Error that says why.
std::unique_ptr<Session> open_session(const std::string& file, Session::Access access);

// What the session was computed with is what it is opened with, unless options said otherwise. Throws Error when its
// model is not where it was and nobody says where it is.
void choose_model(Program& program, const SessionModel& kept, const std::string& moved_to);

// The history in the engine; what is not as it was is told. The session learns where the model is now when it may be
// written.
void restore_history(Program& program, Engine& engine, Session& session);

struct LoadedSession {
    std::unique_ptr<Session> session;
    std::unique_ptr<Engine> engine;
};
LoadedSession load_session(Program& program, const SessionOptions& options, Session::Access access);

// MODEL of a command that only looks: a model, or a session, whose model it is with the edits in it.
struct LookedAt {
    std::optional<std::size_t> at; // after so many batches of its history; unset: as it is
};
void add_looked_at(Program& program, CLI::App* command, LookedAt& options); // MODEL --at --device --dtype --threads
// Comes first: where MODEL is a session, what the program loads is its model from here on. Null: MODEL is a model.
std::unique_ptr<Session> take_session(Program& program, const LookedAt& options);
std::unique_ptr<Engine> open_model(Program& program, Session* session, const LookedAt& options);

// Throws Error when the history has fewer batches.
void check_position(std::size_t at, std::size_t batches, const std::string& option);

// All that the file holds, and the history as far as it can be known without the model.
SessionReportContents read_contents(Session& session, Program& program);

// Name, times and note of the session, for ExportRequest::provenance.
std::string provenance_of(Session& session);

} // namespace emend::cli
