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
        const LedgerState ledger = engine.ledger();
        for (const LedgerEntry& entry : ledger.entries)
            m_batches.push_back(engine.record(entry.id));
        m_position = ledger.position;
    }

    void putBack() const {
        if (m_options.path.empty()) {
            m_engine.close();
            return;
        }
        m_engine.open(m_options, JobContext{});
        if (!m_batches.empty())
            m_engine.restore(m_batches, m_position, JobContext{});
    }

  private:
    Engine& m_engine;
    LoadOptions m_options;
    std::vector<BatchRecord> m_batches;
    std::size_t m_position = 0;
};

// Hardly ever fails: it was there a moment ago. If it does, its file must not follow an engine that has lost it.
void putBack(const OpenNow& before, Engine& engine, Document& document) {
    try {
        before.putBack();
    } catch (const std::exception& fault) {
        const std::string file = document.state().path.toStdString();
        document.close(Unsaved::Keep);
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
    const SessionHead head = session->head();
    OpenedSession opened;
    bool loaded = false;
    std::optional<OpenNow> before;
    const bool there = engine.is_open() && differences(head.model, engine.model_info()).empty() &&
                       (request.model.empty() || request.model == engine.model_info().path);
    if (!there) {
        LoadOptions options{.path = request.model.empty() ? head.model.path : request.model,
                            .device = head.model.device,
                            .dtype = head.model.dtype};
        std::error_code unreadable;
        if (!std::filesystem::exists(options.path, unreadable))
            return WantedModel{request.path, head.model.name, options.path, {}};
        const ModelInfo found = inspectThere(engine, options, job);
        if (auto other = modelDifferences(head.model, found); !other.empty())
            return WantedModel{request.path, head.model.name, options.path, std::move(other)};
        before.emplace(engine);
        engine.open(options, job); // all or nothing
        loaded = true;
    }
    try {
        if (loaded)
            opened.checkpointHash = hashWhereCheap(engine);
        RestoredSession restored = restore_session(engine, *session, job);
        opened.rebuilt = !restored.ledger.entries.empty();
        opened.sameBits = restored.same_bits;
        opened.warnings = toLines(restored.warnings);
        opened.ledger = std::move(restored.ledger);
        if (!session->read_only() && head.model.path != engine.model_info().path)
            session->set_model(session_model(engine.model_info()));
        document.adopt(std::move(session), request.end);
    } catch (...) {
        if (loaded)
            putBack(*before, engine, document);
        throw;
    }
    opened.model = std::make_shared<const ModelInfo>(engine.model_info());
    opened.weightsHash = hashWhereCheap(engine);
    opened.state = document.state();
    opened.parts = document.contents();
    return opened;
}

} // namespace emend::ui
