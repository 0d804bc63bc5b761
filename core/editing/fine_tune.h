// SPDX-License-Identifier: GPL-3.0-or-later
// FT-L, the baseline the papers compare with (Zhu et al., arXiv 2012.00363; Meng et al., arXiv 2202.05262): Adam on the
// one matrix until the prompts say the new objects, every entry kept within a bound. The states below the layer do not
// depend on it and are computed once.
#pragma once

#include "editing/prepared_edit.h"
#include "emend/job.h"
#include "emend/recipe.h"
#include "model/decoder.h"

#include <span>
#include <vector>

namespace emend {

struct FineTuneResult {
    at::Tensor update;                     // D [d_model, d_mlp], float64 on the processor
    std::vector<std::vector<double>> loss; // per edit, one a step before the step's update
    bool stopped_early = false;
};

struct FineTuneOptions {
    double largest_change = 0; // |D_ij| at most; 0: no bound
    int batch_rows = 32;       // texts run together
};

// search: steps, learning_rate, weight_decay (on D) and stop_loss count; the rest is for vectors. The loss is the mean
// over the edits of the NLL per token of the object. Throws Error when it stops being a number, Cancelled. Changes
// nothing.
FineTuneResult fine_tune(const Decoder& decoder, std::span<const PreparedEdit> edits, int layer,
                         const ValueSearch& search, const FineTuneOptions& options, const JobContext& job);

} // namespace emend
