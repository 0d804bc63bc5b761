// SPDX-License-Identifier: GPL-3.0-or-later
// What restoring, verifying and replaying have in common.
#pragma once

#include "emend/engine.h"
#include "emend/session.h"

#include <string>
#include <vector>

namespace emend {

// The same model, computed with otherwise: other bits.
std::vector<std::string> other_precision(const SessionModel& kept, const ModelInfo& now);

// The open model. Throws Error when there is none.
const ModelInfo& open_model(const Engine& engine);

// All batches, in order. Reports progress up to `share` of the job.
std::vector<BatchRecord> read_batches(Session& session, const JobContext& job, double share);

// Frobenius norm of what the updates of a layer add up to.
double update_norm(const std::vector<StoredUpdate>& updates, int layer, const JobContext& job);

std::string joined(const std::vector<std::string>& lines);

} // namespace emend
