// SPDX-License-Identifier: GPL-3.0-or-later
#include "jobs/open_now.h"

#include <exception>
#include <string>

namespace emend::ui {

OpenNow::OpenNow(Engine& engine)
    : m_engine(engine) {
    if (!engine.is_open())
        return;
    const ModelInfo& model = engine.model_info();
    m_options = {.path = model.path, .device = model.device, .dtype = model.dtype};
    m_ledger = engine.ledger();
    for (const LedgerEntry& entry : m_ledger.entries)
        m_batches.push_back(engine.record(entry.id));
}

void OpenNow::putBack(Since since) const {
    if (m_options.path.empty()) {
        m_engine.close();
        return;
    }
    if (since == Since::Reopened)
        m_engine.open(m_options, JobContext{});
    if (since == Since::Replaced || !sameHistory(m_engine.ledger(), m_ledger))
        m_engine.restore(m_batches, m_ledger.position, JobContext{});
}

void OpenNow::putBack(Since since, Document& document) const {
    try {
        putBack(since);
    } catch (const std::exception& fault) {
        const std::string file = document.state().path.toStdString();
        document.close(Unsaved::AsWritten);
        m_engine.close();
        throw NothingOpen(std::string("what was open could not be put back and is not open any more: ") + fault.what(),
                          file, "open it again; its file is whole");
    }
}

} // namespace emend::ui
