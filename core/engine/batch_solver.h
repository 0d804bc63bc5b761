// SPDX-License-Identifier: GPL-3.0-or-later
// One batch on a draft of the open model's ledger, with the answers before and after: what applying, solving again and
// the settled knob have in common.
#pragma once

#include "engine/open_model.h"

#include <map>
#include <string>
#include <vector>

namespace emend {

struct SolveJob {
    std::vector<EditRequest> requests;
    Recipe recipe;
    std::map<int, Metric> metrics; // of the layers that are written; empty without statistics
    EditorOptions options;
    std::string dump_file;
};

struct SolvedBatch {
    EditReport report; // without statistics' seconds and total
    KeptBatch kept;
};

// Statistics for the recipe's layers, and what they make of it. Collects when it must; not while a draft is open.
std::map<int, Metric> provide_metrics(OpenModel& model, const Recipe& recipe, bool force, const JobContext& job,
                                      std::vector<std::string>& warnings);

// For an algorithm that keeps earlier edits: reads the keys that applied batches below `position` do not have yet.
void provide_earlier_keys(OpenModel& model, const Recipe& recipe, std::size_t position, const JobContext& job);

SolvedBatch solve_batch(OpenModel& model, Ledger::Draft& draft, const SolveJob& what, const JobContext& job);

} // namespace emend
