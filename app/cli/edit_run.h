// SPDX-License-Identifier: GPL-3.0-or-later
// Applying edits with or without a session underneath: every batch is in the session's file before anybody is told.
#pragma once

#include "emend/engine.h"
#include "emend/session.h"
#include "program.h"

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace emend::cli {

// Where edits come from and go to beside the command line itself.
struct EditPlaces {
    std::string session; // made when it is not there
    std::string delta;   // applied before the edits
    std::string out;     // export
    std::string out_format;
};
void add_place_options(CLI::App* command, EditPlaces& places);

// MODEL may be a session: it is continued, on its model. What a session was computed with is kept. To be called before
// the model is opened. Throws Error, also when there is something in the place of the export already.
void settle_places(Program& program, EditPlaces& places);

// A session that an edit writes into.
class EditSession {
  public:
    // Its history, or that of a new session, becomes the engine's. Null without a session.
    static std::unique_ptr<EditSession> open(Program& program, Engine& engine, const std::string& file);
    ~EditSession(); // a new session that nothing came into is gone again
    EditSession(const EditSession&) = delete;
    EditSession& operator=(const EditSession&) = delete;

    void keep(const EditReport& report); // the engine's history with this newest batch
    void keep(std::uint64_t batch, const Scores& before, const Scores& after);
    [[nodiscard]] Session& session() { return *session_; }

  private:
    EditSession(Engine& engine, std::unique_ptr<Session> session, bool is_new)
        : engine_(engine)
        , session_(std::move(session))
        , empty_(is_new) {}
    Engine& engine_;
    std::unique_ptr<Session> session_;
    bool empty_; // and new
};

struct AppliedEdits {
    std::size_t position = 0;        // of the history before
    std::vector<EditReport> batches; // in order, those of the delta first
    EditReport whole; // one report of all: edits as they answer at the end; with several batches no layers
    struct Place {
        std::uint64_t batch = 0;
        std::size_t edit = 0; // of it
    };
    std::vector<Place> places; // of the whole's edits
    [[nodiscard]] std::vector<EditRequest> requests() const;
};

// How many batches of the history the edits become: with a session every batch of the recipe is one of its own, so that
// none is lost and each can be undone.
std::size_t batch_count(const Recipe& recipe, std::size_t edits, bool with_session);

// The delta, then the edits. session may be null. A stop or a fault on the way leaves what the session has, and says
// so.
AppliedEdits apply_edits(Program& program, Engine& engine, EditSession* session, const EditPlaces& places,
                         const std::vector<EditRequest>& edits, const Recipe& recipe, const ApplyOptions& options,
                         const JobContext& job);

// batch, title, edits, holding, layers, seconds: one a batch.
Json batches_json(const AppliedEdits& applied);
bool have_several_recipes(const AppliedEdits& applied);
void print_batches(const AppliedEdits& applied);

} // namespace emend::cli
