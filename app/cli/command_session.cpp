// SPDX-License-Identifier: GPL-3.0-or-later
// emend-cli session: what is in a session, whether it is sound, and its history.
#include "emend/paths.h"
#include "report_json.h"
#include "session_input.h"
#include "session_text.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <iostream>

namespace emend::cli {

namespace {

namespace fs = std::filesystem;
using Access = Session::Access;

struct Options {
    SessionOptions session;
    std::string folder;
    std::string batch, title;
    std::vector<std::string> note; // [batch] text
    std::string out;
    std::size_t position = 0;
    bool resolve = false;
    bool verbose = false;
};

// --- the file alone

void run_list(Program& program, const Options& options) {
    const std::string folder = options.folder.empty() ? sessions_dir() : options.folder;
    std::error_code fault;
    fs::directory_iterator entry(folder, fault);
    if (fault)
        throw Error("the folder cannot be read: " + fault.message(), folder, "name a folder of sessions");
    std::vector<ListedSession> sessions;
    for (; entry != fs::directory_iterator(); entry.increment(fault)) {
        program.check_stop();
        if (fault)
            break;
        if (entry->path().extension() != ".emend")
            continue;
        ListedSession& listed =
            sessions.emplace_back(ListedSession{.path = entry->path().string(), .head = {}, .problem = {}});
        try {
            listed.head = peek_session(listed.path);
        } catch (const Error& error) {
            listed.problem = error.message();
        }
    }
    // Newest first, what cannot be read last; ISO 8601 sorts as text.
    const auto changed = [](const ListedSession& listed) { return listed.head ? listed.head->changed : std::string(); };
    std::ranges::sort(sessions, [&](const ListedSession& a, const ListedSession& b) {
        return std::pair(changed(b), a.path) < std::pair(changed(a), b.path);
    });
    if (!program.json)
        return print_sessions(folder, sessions);
    Json document{{"folder", folder}, {"sessions", Json::array()}, {"unreadable", Json::array()}};
    for (const ListedSession& listed : sessions)
        document[listed.head ? "sessions" : "unreadable"].push_back(to_json(listed));
    program.print(document);
}

void run_show(Program& program, const Options& options) {
    const auto session = open_session(options.session.file, Access::read_only);
    const SessionReportContents contents = read_contents(*session, program);
    if (!program.json)
        return print_session(contents, options.verbose);
    Json document = Json::parse(render_session_report(contents, ReportFormat::json));
    document["session"]["schema"] = contents.head.schema;
    document["session"]["untitled"] = contents.head.untitled;
    document["session"]["bytes"] = contents.head.bytes;
    program.print(document);
}

std::uint64_t batch_of(const std::vector<std::uint64_t>& ids, const std::string& text) {
    std::uint64_t id = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), id);
    if (code != std::errc() || end != text.data() + text.size())
        throw UsageError("\"" + text + "\" is not the number of a batch", "BATCH", "session show lists them");
    if (std::ranges::find(ids, id) == ids.end()) {
        std::string all;
        for (const std::uint64_t known : ids)
            all += (all.empty() ? "batches are " : ", ") + std::to_string(known);
        throw Error("the session has no batch " + text, "BATCH", all.empty() ? "it has none yet" : all);
    }
    return id;
}

// Title and note are the file's own: neither the model nor its weights are needed.
void annotate(Program& program, Session& session, std::uint64_t id, const std::function<void(LedgerEntry&)>& change) {
    const SessionReportContents contents = read_contents(session, program);
    LedgerState ledger = contents.ledger;
    for (LedgerEntry& entry : ledger.entries)
        if (entry.id == id)
            change(entry);
    const auto fetch = [&](std::uint64_t batch) {
        BatchRecord record = session.batch(batch);
        for (const LedgerEntry& entry : ledger.entries)
            if (entry.id == batch) {
                record.title = entry.title;
                record.note = entry.note;
            }
        return record;
    };
    session.sync(ledger, fetch, contents.head.edited_hash, contents.head.model);
}

void run_rename(Program& program, const Options& options) {
    if (options.title.find_first_not_of(" \t\r\n") == std::string::npos)
        throw UsageError("the title is empty", "TITLE", "write a few words");
    const auto session = open_session(options.session.file, Access::read_write);
    const std::uint64_t id = batch_of(session->batch_ids(), options.batch);
    annotate(program, *session, id, [&](LedgerEntry& entry) { entry.title = options.title; });
    if (program.json)
        return program.print({{"batch", id}, {"title", options.title}});
    std::cout << "  batch " << id << " is called " << in_quotes(options.title) << '\n';
}

void run_note(Program& program, const Options& options) {
    const auto session = open_session(options.session.file, Access::read_write);
    const std::string& text = options.note.back();
    if (options.note.size() == 1) {
        session->set_note(text);
        if (program.json)
            return program.print({{"batch", nullptr}, {"note", text}});
        std::cout << "  the session's note is " << (text.empty() ? "gone" : in_quotes(text)) << '\n';
        return;
    }
    const std::uint64_t id = batch_of(session->batch_ids(), options.note.front());
    annotate(program, *session, id, [&](LedgerEntry& entry) { entry.note = text; });
    if (program.json)
        return program.print({{"batch", id}, {"note", text}});
    std::cout << "  the note of batch " << id << " is " << (text.empty() ? "gone" : in_quotes(text)) << '\n';
}

void check_new_session(const std::string& file) {
    std::error_code none;
    check_output_file(file);
    if (fs::exists(file, none))
        throw Error("something is there already", file, "name a file that is not there yet");
}

void run_rescue(Program& program, const Options& options) {
    check_new_session(options.out);
    std::optional<SessionModel> model;
    if (!options.session.model.empty()) {
        choose_model(program, {}, options.session.model);
        model = session_model(program.open_model()->model_info());
    }
    const SessionRescue rescue = rescue_session(options.session.file, options.out, model, program.job());
    program.clear_progress();
    if (program.json)
        return program.print(to_json(rescue, options.session.file, options.out));
    print_rescue(rescue, options.out);
}

// --- with the model

// The history is moved in the engine, where it can be checked, and then written down.
void move_history(Program& program, const Options& options,
                  const std::function<void(Engine&, const JobContext&)>& move) {
    const LoadedSession loaded = load_session(program, options.session, Access::read_write);
    const JobContext job = program.job();
    move(*loaded.engine, job);
    program.check_stop(); // the last moment at which nothing has changed
    save_history(*loaded.engine, *loaded.session, JobContext());
    program.clear_progress();
    const LedgerState ledger = loaded.engine->ledger();
    if (program.json)
        return program.print(history_json(ledger, loaded.engine->edited_hash(JobContext())));
    print_history(ledger);
}

void run_undo(Program& program, const Options& options) {
    move_history(program, options, [](Engine& engine, const JobContext&) { engine.undo(); });
}

void run_redo(Program& program, const Options& options) {
    move_history(program, options, [](Engine& engine, const JobContext&) { engine.redo(); });
}

void run_goto(Program& program, const Options& options) {
    move_history(program, options, [&](Engine& engine, const JobContext&) {
        const std::size_t batches = engine.ledger().entries.size();
        if (options.position > batches)
            throw Error("the history has " + std::to_string(batches) + " batches, not " +
                            std::to_string(options.position),
                        "POSITION", "0 is the model as it was");
        engine.go_to(options.position);
    });
}

void run_toggle(Program& program, const Options& options) {
    move_history(program, options, [&](Engine& engine, const JobContext& job) {
        const LedgerState ledger = engine.ledger();
        std::vector<std::uint64_t> ids;
        for (const LedgerEntry& entry : ledger.entries)
            ids.push_back(entry.id);
        const std::uint64_t id = batch_of(ids, options.batch);
        const LedgerEntry& entry = *std::ranges::find(ledger.entries, id, &LedgerEntry::id);
        engine.switch_batch(id, !entry.active, options.resolve, job);
    });
}

void run_verify(Program& program, const Options& options) {
    const auto session = open_session(options.session.file, Access::read_only);
    choose_model(program, session->head().model, options.session.model);
    const auto engine = program.open_model();
    const std::vector<SessionCheck> checks = verify_session(*engine, *session, program.job());
    program.clear_progress();
    const bool sound = std::ranges::all_of(checks, &SessionCheck::ok);
    program.verdict = sound ? 0 : 1;
    if (!program.json)
        return print_checks(checks);
    Json document{{"session", options.session.file}, {"ok", sound}, {"checks", Json::array()}};
    for (const SessionCheck& check : checks)
        document["checks"].push_back(to_json(check));
    program.print(document);
}

// The engine's history as a new session, whole or not at all.
void keep_replayed(const std::string& out, Engine& engine, Session& old) {
    const auto fill = [&](Session& session) {
        save_history(engine, session, JobContext());
        session.set_edits(rows_after_replay(old.edits(), engine.ledger()));
        session.set_note(old.head().note);
    };
    write_session(out, false, session_model(engine.model_info()), fill, JobContext());
}

// Those that the weights are without, whose edits are not made again.
std::vector<std::string> left_out(const LedgerState& ledger, const std::string& out) {
    std::vector<std::string> told;
    for (std::size_t i = 0; i < ledger.entries.size(); ++i) {
        const LedgerEntry& entry = ledger.entries[i];
        const bool undone = i >= ledger.position;
        if (undone || !entry.active)
            told.push_back("batch " + std::to_string(entry.id) + " (" + one_line(entry.title, 50) + ") is " +
                           (undone ? "undone" : "switched off") + " and was not replayed" +
                           (out.empty() ? "" : ": " + out + " is without it"));
    }
    return told;
}

void run_replay(Program& program, const Options& options) {
    if (!options.out.empty())
        check_new_session(options.out);
    const auto session = open_session(options.session.file, Access::read_only);
    choose_model(program, session->head().model, options.session.model);
    const auto engine = program.open_model();
    const std::vector<ReplayedBatch> batches = replay_session(*engine, *session, program.job());
    program.check_stop();
    program.clear_progress();
    if (!options.out.empty())
        keep_replayed(options.out, *engine, *session);
    const std::vector<std::string> warnings = left_out(read_contents(*session, program).ledger, options.out);
    for (const std::string& warning : warnings)
        program.message(warning, true);
    const bool all = std::ranges::all_of(batches, [](const ReplayedBatch& batch) { return batch.problem.empty(); });
    program.verdict = all ? 0 : 1;
    if (!program.json) {
        print_replay(batches);
        if (!options.out.empty())
            std::cout << "  written: " << options.out << '\n';
        return;
    }
    Json document{
        {"session", options.session.file}, {"model", cli::to_json(engine->model_info())}, {"batches", Json::array()}};
    for (const ReplayedBatch& batch : batches)
        document["batches"].push_back(to_json(batch));
    document["warnings"] = warnings;
    if (!options.out.empty())
        document["out"] = options.out;
    program.print(document);
}

} // namespace

void add_session(Program& program) {
    auto options = std::make_shared<Options>();
    CLI::App* group = program.add_group(
        "session",
        "Saved sessions: list, show, verify, undo, redo, replay, …; `session show --help` and so on tell more");
    const auto add = [&](const std::string& name, const std::string& description,
                         void (*run)(Program&, const Options&)) {
        return program.add_command(
            name, description, [&program, options, run] { run(program, *options); }, group);
    };
    const auto with_model = [&](CLI::App* command) {
        add_session_file(command, options->session);
        add_session_model(program, command, options->session);
        return command;
    };
    const auto with_batch = [&](CLI::App* command) {
        command->add_option("BATCH", options->batch, "Its number, as session show has it")->required();
        return command;
    };

    CLI::App* list = add("list", "The sessions of a folder", run_list);
    list->add_option("FOLDER", options->folder, "A folder (default: where sessions without a name are kept)");
    CLI::App* show = add("show", "What is in a session; needs no model", run_show);
    add_session_file(show, options->session);
    show->add_flag("--verbose", options->verbose, "List every edit, however many");
    with_model(add("verify", "Compute again what can be, and compare", run_verify))
        ->footer("Exit code 1 when something differs.");
    with_model(add("undo", "Take the last applied batch back", run_undo));
    with_model(add("redo", "Apply what was taken back", run_redo));
    with_model(add("goto", "Go to a place of the history", run_goto))
        ->add_option("POSITION", options->position, "How many batches are applied; 0: the model as it was")
        ->check(is_digits)
        ->required();
    with_batch(with_model(add("toggle", "Switch a batch off, or on again", run_toggle)))
        ->add_flag("--resolve", options->resolve, "Solve the later ones again on what they now find");
    CLI::App* rename = add("rename", "Name a batch; needs no model", run_rename);
    add_session_file(rename, options->session);
    with_batch(rename)->add_option("TITLE", options->title, "Its new title")->required();
    CLI::App* note = add("note", "Write a note; needs no model", run_note);
    add_session_file(note, options->session);
    note->add_option("NOTE", options->note,
                     "[BATCH] TEXT; without a batch it is the session's; an empty text clears it")
        ->expected(1, 2)
        ->required();
    CLI::App* replay = with_model(add("replay", "Edit again from the requests, and compare", run_replay));
    replay->add_option("--out", options->out, "The new history as a session of its own (.emend)")->check(names_a_file);
    CLI::App* rescue =
        with_model(add("rescue", "What can still be read of a damaged session, as a new one", run_rescue));
    rescue->add_option("OUT", options->out, "The new session (.emend)")->check(names_a_file)->required();
    rescue->footer("SESSION stays as it is. --model is needed only when it does not say any more which model it is "
                   "about.");
    replay->footer(
        "With --model another model can be tried: nothing of the session is changed. Batches that are switched off or "
        "undone are not replayed, nor are they in OUT; a warning names them.");
}

} // namespace emend::cli
