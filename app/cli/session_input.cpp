// SPDX-License-Identifier: GPL-3.0-or-later
#include "session_input.h"

#include <filesystem>

namespace emend::cli {

namespace fs = std::filesystem;

void add_session_file(CLI::App* command, SessionOptions& options) {
    command->add_option("SESSION", options.file, "A session, a file that ends in .emend")
        ->check(names_a_file)
        ->required();
}

void add_session_model(Program& program, CLI::App* command, SessionOptions& options) {
    command->add_option("--model", options.model, "Where the session's model is now: a folder, or `demo`");
    program.add_compute(command);
}

bool names_a_session(const std::string& model) {
    std::error_code none;
    return fs::path(model).extension() == ".emend" && !fs::is_directory(model, none);
}

std::unique_ptr<Session> open_session(const std::string& file, Session::Access access) {
    auto session = Session::open(file, access);
    if (access == Session::Access::read_write && session->read_only())
        throw Error("the session cannot be written: " + session->read_only_because(), file,
                    session->read_only_because().find("open in another") != std::string::npos
                        ? "close the window or program that has it open, or work on a copy of the file"
                        : "give yourself the permission, or work on a copy of the file");
    return session;
}

void choose_model(Program& program, const SessionModel& kept, const std::string& moved_to) {
    program.load.path = moved_to.empty() ? kept.path : moved_to;
    if (program.load.dtype == "auto" && !kept.dtype.empty())
        program.load.dtype = kept.dtype;
    if (!program.device_named && !kept.device.empty())
        program.load.device = kept.device;
    std::error_code none;
    if (moved_to.empty() && !fs::exists(kept.path, none))
        throw Error("the session's model " + kept.name + " is not where it was", kept.path,
                    "say where it is now with --model FOLDER");
}

void restore_history(Program& program, Engine& engine, Session& session) {
    const RestoredSession restored = restore_session(engine, session, program.job());
    for (const std::string& warning : restored.warnings)
        program.message(warning, true);
    // Another precision goes into the file with the first change of the history, whose weights have it.
    const std::string path = engine.model_info().path;
    if (path != session.head().model.path && !session.read_only())
        session.set_model_path(path);
}

LoadedSession load_session(Program& program, const SessionOptions& options, Session::Access access) {
    LoadedSession loaded;
    loaded.session = open_session(options.file, access);
    choose_model(program, loaded.session->head().model, options.model);
    loaded.engine = program.open_model();
    restore_history(program, *loaded.engine, *loaded.session);
    program.clear_progress();
    return loaded;
}

void add_looked_at(Program& program, CLI::App* command, LookedAt& options) {
    command
        ->add_option("MODEL", program.load.path,
                     "A Hugging Face folder, `demo` for the bundled model, or a session (.emend): its edited model")
        ->required();
    command->add_option("--at", options.at, "Of a session: after so many batches of its history (default: as it is)")
        ->check(is_digits);
    program.add_compute(command);
}

std::unique_ptr<Session> take_session(Program& program, const LookedAt& options) {
    if (!names_a_session(program.load.path)) {
        if (options.at)
            throw UsageError("only a session has a history", "--at", "name a file that ends in .emend");
        return nullptr;
    }
    auto session = open_session(program.load.path, Session::Access::read_only);
    const SessionHead head = session->head();
    if (options.at)
        check_position(*options.at, head.batches, "--at");
    choose_model(program, head.model, {});
    return session;
}

std::unique_ptr<Engine> open_model(Program& program, Session* session, const LookedAt& options) {
    auto engine = program.open_model();
    if (!session)
        return engine;
    restore_history(program, *engine, *session);
    if (options.at)
        engine->go_to(*options.at);
    return engine;
}

void check_position(std::size_t at, std::size_t batches, const std::string& option) {
    if (at > batches)
        throw Error("the history has " + std::to_string(batches) + (batches == 1 ? " batch" : " batches") + ", not " +
                        std::to_string(at),
                    option, "session show lists them; 0 is the model as it was");
}

SessionReportContents read_contents(Session& session, Program& program) {
    SessionReportContents contents;
    contents.head = session.head();
    contents.ledger.position = contents.head.position;
    std::string below; // the weights that the next batch finds
    for (const std::uint64_t id : session.batch_ids()) {
        program.check_stop();
        const BatchRecord batch = session.batch(id);
        contents.ledger.entries.push_back({.id = batch.id,
                                           .title = batch.title,
                                           .note = batch.note,
                                           .hash = batch.hash,
                                           .report = batch.report,
                                           .active = batch.active,
                                           .stale = batch.base != below});
        if (batch.active)
            below = state_name_with(below, batch.hash);
    }
    contents.edits = session.edits();
    contents.traces = session.traces();
    contents.texts = session.texts();
    contents.scores = session.scores();
    contents.versions = {"Emend " EMEND_VERSION};
    return contents;
}

std::string provenance_of(Session& session) {
    const SessionHead head = session.head();
    return Json{{"file", fs::path(session.path()).filename().string()},
                {"created", head.created},
                {"changed", head.changed},
                {"note", head.note}}
        .dump(-1, ' ', false, Json::error_handler_t::replace);
}

} // namespace emend::cli
