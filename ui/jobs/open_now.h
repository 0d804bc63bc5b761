// SPDX-License-Identifier: GPL-3.0-or-later
// What the engine has open, model and history, to be put back by a job that needs it for something else meanwhile.
// Worker thread only.
#pragma once

#include "jobs/document.h"

#include <vector>

namespace emend::ui {

class OpenNow {
  public:
    explicit OpenNow(Engine& engine);

    enum class Since {
        Looked,   // the history may have changed: put back where it differs
        Replaced, // another history is there, even if it looks the same
        Reopened  // so is another model
    };
    // Cannot be stopped. Hardly ever fails: it was there a moment ago. If it does, the document's file must not follow
    // an engine that has lost it: both are closed, and the Error says so.
    void putBack(Since since, Document& document) const;

  private:
    void putBack(Since since) const;

    Engine& m_engine;
    LoadOptions m_options; // no path: nothing was open
    LedgerState m_ledger;
    std::vector<BatchRecord> m_batches;
};

} // namespace emend::ui
