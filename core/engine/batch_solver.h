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
    std::vector<std::string> warnings; // of the statistics
    bool answers = true;               // off: nobody asks what the model says before and after
};

struct SolvedBatch {
    EditReport report; // without statistics' seconds and total
    KeptBatch kept;
};

// The job with statistics for its recipe's layers. Collects when it must, but not for fine-tuning, which only reports
// by them; not while a draft is open.
SolveJob prepare_job(OpenModel& model, std::vector<EditRequest> requests, const Recipe& recipe, bool force,
                     const JobContext& job);

// For an algorithm that keeps earlier edits: reads the keys of applied batches below `position` on the recipe's layers,
// each on the weights right after its batch, where they are not kept already.
void provide_earlier_keys(OpenModel& model, const Recipe& recipe, std::size_t position, const JobContext& job);

// Keys of a batch's edits on the weights as they are now, one column an edit or a unit of merged ones.
at::Tensor batch_keys(OpenModel& model, const EditReport& report, int layer, const JobContext& job);

// Where a batch stands in the history. Throws Error when it is not there.
std::size_t index_of(const OpenModel& model, std::uint64_t batch_id);
std::vector<EditRequest> requests_of(const EditReport& report);
// A batch of the history as a job to be done again.
SolveJob again(OpenModel& model, const EditReport& report, const JobContext& job);

// The solve alone, without answers and report.
EditBatchResult run_batch(OpenModel& model, Ledger::Draft& draft, const SolveJob& what, const JobContext& job);
SolvedBatch solve_batch(OpenModel& model, Ledger::Draft& draft, const SolveJob& what, const JobContext& job);

} // namespace emend
