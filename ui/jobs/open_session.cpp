// SPDX-License-Identifier: GPL-3.0-or-later
#include "jobs/open_session.h"

#include "emend/session_work.h"
#include "jobs/open_now.h"
#include "jobs/weights_hash.h"

#include <filesystem>
#include <utility>

namespace emend::ui {

namespace {

ModelInfo inspectThere(Engine& engine, LoadOptions& options, const JobContext& job) {
    try {
        return engine.inspect(options, job);
    } catch (const Error&) {
        if (options.device == "cpu")
            throw;
        options.device = "cpu"; // the session comes from a machine with another device
        return engine.inspect(options, job);
    }
}

QStringList toLines(const std::vector<std::string>& texts) {
    QStringList lines;
    for (const std::string& text : texts)
        lines << QString::fromStdString(text);
    return lines;
}

} // namespace

OpenSessionAnswer openSession(Engine& engine, Document& document, const OpenSessionRequest& request,
                              const JobContext& job) {
    auto session = Session::open(request.path);
    Document::Stored stored = Document::read(*session); // what cannot be read is no reason to touch the engine
    const SessionHead& head = stored.head;
    OpenedSession opened;
    LoadOptions options;
    const bool there = engine.is_open() && differences(head.model, engine.model_info()).empty() &&
                       (request.model.empty() || request.model == engine.model_info().path);
    if (!there) {
        options = {.path = request.model.empty() ? head.model.path : request.model,
                   .device = head.model.device,
                   .dtype = head.model.dtype};
        std::error_code unreadable;
        if (!std::filesystem::exists(options.path, unreadable))
            return WantedModel{request.path, head.model.name, options.path, {}};
        const ModelInfo found = inspectThere(engine, options, job);
        if (auto other = model_differences(head.model, found); !other.empty())
            return WantedModel{request.path, head.model.name, options.path, std::move(other)};
    }
    document.prepareToLeave(engine, request.end);
    const OpenNow before(engine);
    if (!there)
        engine.open(options, job); // all or nothing
    try {
        if (!there)
            opened.checkpointHash = hashWhereCheap(engine);
        RestoredSession restored = restore_session(engine, *session, job);
        opened.rebuilt = !restored.ledger.entries.empty();
        opened.sameBits = restored.same_bits;
        opened.warnings = toLines(restored.warnings);
        opened.ledger = std::move(restored.ledger);
        if (!session->read_only() && head.model.path != engine.model_info().path)
            session->set_model_path(engine.model_info().path);
        opened.model = std::make_shared<const ModelInfo>(engine.model_info());
        opened.weightsHash = hashWhereCheap(engine);
    } catch (...) {
        before.putBack(there ? OpenNow::Since::Looked : OpenNow::Since::Reopened, document);
        throw;
    }
    document.adopt(std::move(session), std::move(stored), opened.ledger, request.end);
    opened.state = document.state();
    opened.parts = document.contents();
    return opened;
}

} // namespace emend::ui
