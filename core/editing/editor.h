// SPDX-License-Identifier: GPL-3.0-or-later
// One edit batch from requests to updates (DESIGN.md section 4): contexts, values of all edits together, then per layer
// in ascending order keys, residual and closed form, each layer written into the caller's draft before the next is
// read. Nothing outside the draft changes: when a call throws (a faulty request, a number out of range, a stop), drop
// the draft and the weights are bit for bit what they were.
#pragma once

#include "editing/closed_form.h"
#include "editing/ledger.h"
#include "editing/metric_store.h"
#include "editing/prepared_edit.h"
#include "editing/value_store.h"
#include "editing/values.h"
#include "emend/job.h"
#include "emend/recipe.h"
#include "emend/report.h"
#include "model/decoder.h"
#include "text/tokenizer.h"

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace emend {

// What the statistics say about a layer, with the recipe's weight and ridge in it. Not asked when the recipe goes
// without statistics. Throws Error when there are none.
using MetricSource = std::function<Metric(int layer)>;

// What the recipe asks of the statistics.
MetricOptions metric_options(const Recipe& recipe);

// The metric of a layer: the statistics', or the identity where the recipe goes without. keys: their length d_k.
Metric metric_of(const Recipe& recipe, const MetricSource& statistics, int layer, std::int64_t keys);

struct EditTools {
    const Decoder& decoder;
    const Tokenizer& tokenizer;
    Ledger::Draft& draft; // of a ledger on the decoder's weights
    MetricSource metric;
    ValueStore* values = nullptr; // values kept from earlier searches; null: search always
    std::string model = {};       // what the values belong to: fingerprint and precision
};

// One solve: a layer, and the edits [first_edit, first_edit + edits) it was solved for. n columns: one an edit, or one
// a unit of merged edits.
struct LayerStep {
    int layer = 0;
    std::size_t first_edit = 0;
    std::size_t edits = 0;
    at::Tensor keys;      // [d_k, n], mean over contexts; float64 on the processor, as all here
    at::Tensor bare_keys; // [d_k, n] where the algorithm's divisor uses the bare prompt (ROME), else undefined
    at::Tensor residual;  // [d_v, n], what the layer was asked for, after distribution
    double share = 1;     // of the whole residual z - h, what that is: 1 for the last layer
    at::Tensor targets;   // [d_v, n] where the layer has values of its own (first-and-last), else undefined
    Solution solution;
};

struct EditBatchResult {
    Recipe recipe;                                  // as used: contexts and softness filled in
    std::vector<ValueResult> values;                // one a request, in order
    std::vector<LayerStep> steps;                   // in the order of writing
    std::map<int, std::vector<at::Tensor>> targets; // by layer of the value: [d_v, n] of every solve, a column an edit
    std::vector<LayerReport> layers;                // ascending; of all steps of a layer together
    EditSeconds seconds;                            // without statistics and total, which are the caller's
    std::vector<EditConflict> conflicts;
    std::vector<std::string> warnings;
};

struct EditorOptions {
    bool record_steps = false; // delta of every step of the value search; then nothing is taken from the store
    bool decompose = false;    // Solution::system is wanted of every step, however large the batch
    bool whole_values = false; // where a value began and how likely it made the object are wanted too
};

// How many of so many edits are solved together.
std::size_t edits_together(const Recipe& recipe, std::size_t edits);

// All requests are checked before anything runs. Edits that the algorithm solves one at a time, and batches of
// recipe.batch edits, follow one another on the weights the earlier ones left, all in the one draft.
// Throws Error (where: the edit, the layer or the recipe's field) and Cancelled.
EditBatchResult run_edits(const EditTools& tools, const std::vector<EditRequest>& requests, const Recipe& recipe,
                          const EditorOptions& options, const JobContext& job);

// The same from prepared edits; recipe.contexts.groups must be what they were prepared with.
EditBatchResult run_prepared_edits(const EditTools& tools, const std::vector<PreparedEdit>& edits, const Recipe& recipe,
                                   const EditorOptions& options, const JobContext& job);

// Tensors of the computation as `edit --dump` has them (CLI.md), float64: targets, keys.<l>, residual.<l>, delta.<l>,
// loss.<i>; for ROME also bare_keys.<l>. Several solves of a layer: columns side by side, deltas added.
void write_dump(const std::filesystem::path& path, const EditBatchResult& result);

} // namespace emend
