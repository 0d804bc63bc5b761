// SPDX-License-Identifier: GPL-3.0-or-later
#include "jobs/session_checks.h"

#include "emend/paths.h"
#include "jobs/open_now.h"
#include "jobs/weights_hash.h"

#include <filesystem>
#include <utility>

namespace emend::ui {

namespace {

// The file as it is with everything in it, to be read beside the document that has it open.
std::unique_ptr<Session> savedSession(Engine& engine, Document& document) {
    const DocumentState state = document.save(engine);
    if (state.problem)
        throw Error("the session cannot be written: " + state.problem->what.toStdString(),
                    state.problem->where.toStdString(), "save it under another name first");
    if (state.path.isEmpty())
        throw Error("the session has no file yet", {}, "apply an edit, or save it by name");
    return Session::open(state.path.toStdString(), Session::Access::read_only);
}

CheckedState leftNow(Engine& engine, const Document& document) {
    return {engine.ledger(), hashWhereCheap(engine), document.state()};
}

// Runs `work` on the open model and has the history of before put back, however it ends.
template<class Work>
auto withHistoryBack(Engine& engine, Document& document, OpenNow::Since since, Work work) {
    const OpenNow before(engine);
    auto found = [&] {
        try {
            return work();
        } catch (...) {
            before.putBack(since, document);
            throw;
        }
    }();
    before.putBack(since, document);
    return found;
}

} // namespace

VerifiedSession verifySession(const Workplace& place, Document& document) {
    Engine& engine = *place.engine;
    const auto session = savedSession(engine, document);
    VerifiedSession verified;
    verified.checks = withHistoryBack(engine, document, OpenNow::Since::Looked,
                                      [&] { return verify_session(engine, *session, place.context); });
    verified.left = leftNow(engine, document);
    return verified;
}

ReplayedSession replaySession(const Workplace& place, Document& document, const QString& file) {
    Engine& engine = *place.engine;
    const auto session =
        file.isEmpty() ? savedSession(engine, document) : Session::open(file.toStdString(), Session::Access::read_only);
    ReplayedSession replayed = withHistoryBack(engine, document, OpenNow::Since::Replaced, [&] {
        ReplayedSession made;
        made.batches = replay_session(engine, *session, place.context);
        made.model = session_model(engine.model_info());
        made.made = engine.ledger();
        for (const LedgerEntry& entry : made.made.entries)
            made.records.push_back(engine.record(entry.id));
        made.editedHash = engine.edited_hash(place.context);
        return made;
    });
    replayed.file = file;
    replayed.edits = session->edits();
    replayed.note = session->head().note;
    replayed.left = leftNow(engine, document);
    return replayed;
}

std::string keepReplayed(const ReplayedSession& replayed) {
    const std::string path = new_session_path(sessions_dir());
    auto session = Session::create(path, replayed.model, true);
    try {
        session->sync(
            replayed.made,
            [&](std::uint64_t id) {
                for (const BatchRecord& record : replayed.records)
                    if (record.id == id)
                        return record;
                throw Error("the replay has no batch " + std::to_string(id), {}, "replay the session again");
            },
            replayed.editedHash, replayed.model);
        session->set_edits(rows_after_replay(replayed.edits, replayed.made));
        session->set_note(replayed.note);
    } catch (...) {
        session.reset();
        std::error_code ignored; // what is left is nobody's, and is offered as an unsaved session
        std::filesystem::remove(path, ignored);
        throw;
    }
    return path;
}

RescuedSession rescueSession(const QString& from, const QString& to, const std::optional<SessionModel>& open,
                             const JobContext& context) {
    return {.from = from, .to = to, .found = rescue_session(from.toStdString(), to.toStdString(), open, context)};
}

} // namespace emend::ui
