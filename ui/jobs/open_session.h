// SPDX-License-Identifier: GPL-3.0-or-later
// Opening a session on the worker thread: its file, its model, its history. Whatever goes wrong, what was open before
// is open afterwards.
#pragma once

#include "jobs/document.h"

#include <QStringList>

#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace emend::ui {

struct OpenSessionRequest {
    std::string path;
    std::string model;           // folder; empty: where the session says it was
    Unsaved end = Unsaved::Keep; // of the session that is open now
};

struct OpenedSession {
    std::shared_ptr<const ModelInfo> model;
    LedgerState ledger;
    QString checkpointHash; // where it costs no time and was not known before
    QString weightsHash;
    DocumentState state;
    SessionParts parts;
    bool rebuilt = false;  // there was a history
    bool sameBits = false; // and its weights are bit for bit those of the session
    QStringList warnings;
};

// The model has to be chosen first.
struct WantedModel {
    std::string session;
    std::string name;                     // of the model
    std::string folder;                   // looked at
    std::vector<std::string> differences; // of the model there; empty: there is none
};

using OpenSessionAnswer = std::variant<OpenedSession, WantedModel>;

// Throws Error and Cancelled.
OpenSessionAnswer openSession(Engine& engine, Document& document, const OpenSessionRequest& request,
                              const JobContext& job);

} // namespace emend::ui
