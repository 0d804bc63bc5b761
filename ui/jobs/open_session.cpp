// SPDX-License-Identifier: GPL-3.0-or-later
#include "jobs/open_session.h"

#include "emend/session_work.h"
#include "jobs/weights_hash.h"

#include <exception>
#include <filesystem>
#include <utility>

namespace emend::ui {

namespace {

// Another precision or device gives other bits, which is said, but it is the same model.
std::vector<std::string> modelDifferences(SessionModel kept, const ModelInfo& now) {
    kept.dtype = now.dtype;
    kept.device = now.device;
    return differences(kept, now);
}

// What is open now, to be put back.
class OpenNow {
  public:
    explicit OpenNow(Engine& engine)
        : m_engine(engine) {
        if (!engine.is_open())
            return;
        const ModelInfo& model = engine.model_info();
        m_options = {.path = model.path, .device = model.device, .dtype = model.dtype};
        m_ledger = engine.ledger();
        for (const LedgerEntry& entry : m_ledger.entries)
            m_batches.push_back(engine.record(entry.id));
    }

    // `loaded`: another model has taken the place of this one.
    void putBack(bool loaded) const {
        if (m_options.path.empty()) {
            m_engine.close();
            return;
        }
        if (loaded)
            m_engine.open(m_options, JobContext{});
        if (!sameHistory(m_engine.ledger(), m_ledger))
            m_engine.restore(m_batches, m_ledger.position, JobContext{});
    }

  private:
    Engine& m_engine;
    LoadOptions m_options;
    LedgerState m_ledger;
    std::vector<BatchRecord> m_batches;
};

// Hardly ever fails: it was there a moment ago. If it does, its file must not follow an engine that has lost it.
void putBack(const OpenNow& before, bool loaded, Engine& engine, Document& document) {
    try {
        before.putBack(loaded);
    } catch (const std::exception& fault) {
        const std::string file = document.state().path.toStdString();
        document.close(Unsaved::AsWritten);
        engine.close();
        throw Error(std::string("the session could not be opened, and what was open is not any more: ") + fault.what(),
                    file, "open it again; its file is whole");
    }
}

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
        if (auto other = modelDifferences(head.model, found); !other.empty())
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
            session->set_model(session_model(engine.model_info()));
        opened.model = std::make_shared<const ModelInfo>(engine.model_info());
        opened.weightsHash = hashWhereCheap(engine);
    } catch (...) {
        putBack(before, !there, engine, document);
        throw;
    }
    document.adopt(std::move(session), std::move(stored), opened.ledger, request.end);
    opened.state = document.state();
    opened.parts = document.contents();
    return opened;
}

} // namespace emend::ui
