// SPDX-License-Identifier: GPL-3.0-or-later
// One batch on a draft of the open model's ledger, with the answers before and after: what applying, solving again and
// the settled knob have in common.
#pragma once

#include "engine/open_model.h"

#include <map>
#include <string>
#include <vector>

namespace emend {

inline constexpr double statistics_share = 0.5; // of a job's progress, when they have to be collected first

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
    SearchedValues searched;
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
// The same of one that is applied. Throws Error when it is undone.
std::size_t applied_index(const OpenModel& model, std::uint64_t batch_id);
std::vector<EditRequest> requests_of(const EditReport& report);
// "Eiffel Tower -> Rome and 9 more"
std::string title_of(const std::vector<EditRequest>& requests);
// A batch of the history as a job to be done again. Its values are found again, unless what lies underneath changed.
SolveJob again(OpenModel& model, std::size_t index, const JobContext& job);

// The solve alone, without answers and report.
EditBatchResult run_batch(OpenModel& model, Ledger::Draft& draft, const SolveJob& what, const JobContext& job);
SolvedBatch solve_batch(OpenModel& model, Ledger::Draft& draft, const SolveJob& what, const JobContext& job);

// Throws Error for an algorithm that follows no formula.
void check_softness_known(const Recipe& recipe, const std::string& where);
// Solves on what lies underneath position `index` and drops the result, so that every softness is known; without
// answers. Throws Error where none can be chosen.
SolvedBatch take_apart(OpenModel& model, std::size_t index, SolveJob what, const std::string& where,
                       const JobContext& job);

} // namespace emend
