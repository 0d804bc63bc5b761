// SPDX-License-Identifier: GPL-3.0-or-later
// What the edited layer should say at the subject's last token so that the model goes on with the new object: Adam on
// one vector per edit (METHOD.md section 3). What does not depend on that vector is computed once: states at and below
// the layer, keys and values of the positions before the subject's last token. A step runs the layers above alone, the
// positions from the subject on alone, and asks for logits only where the loss looks. Edits are searched as one batch,
// each with its own Adam state and its own end; the result does not depend on who shares the batch.
#pragma once

#include "editing/prepared_edit.h"
#include "emend/job.h"
#include "emend/recipe.h"
#include "model/decoder.h"

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace emend {

struct ValueResult {
    at::Tensor init;   // [d_model] h: the state at the bare prompt's subject; float64 on the processor, as all here
    at::Tensor delta;  // [d_model]
    at::Tensor target; // [d_model] h + delta
    // One a step, before the step's update: total = nll + kl + decay, kl and decay with their factors.
    std::vector<double> loss;
    std::vector<double> nll;
    std::vector<double> kl;
    std::vector<double> decay;
    std::vector<at::Tensor> delta_per_step; // [d_model] each, when recorded
    bool stopped_early = false;             // the loss fell below stop_loss
    bool clamped = false;                   // |delta| ended at its bound
    bool kept = false;                      // from an earlier search (value_store.h)
    double probability = 0;                 // of the object after the bare prompt with delta put in
};

// Called when a group of edits is done: their places in the list, and all results so far.
using ValuesFound =
    std::function<void(const std::vector<std::size_t>& places, const std::vector<ValueResult>& results)>;

struct ValueOptions {
    bool at_mlp = false;                                 // h is the MLP's output (ROME) instead of the block's
    bool record_steps = false;                           // keep delta of every step
    std::uint64_t memory_bytes = std::uint64_t{1} << 30; // for activations; a batch that needs more is split
    std::size_t largest_group = 64;                      // edits searched together: what a kill can lose
    // Edits that share one delta (MEMIT-Merge, arXiv 2502.07322): for each edit the number of its unit. The unit's loss
    // is the mean of its edits' losses. Empty: every edit for itself.
    std::vector<std::size_t> unit_of_edit;
    ValuesFound on_found;
};

// One result per edit, in order. Throws Error naming the edit when its loss or vector stops being a number, Cancelled
// when asked to stop. Changes nothing.
std::vector<ValueResult> search_values(const Decoder& decoder, std::span<const PreparedEdit> edits, int layer,
                                       const ValueSearch& search, const ValueOptions& options, const JobContext& job);

} // namespace emend
