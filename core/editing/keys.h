// SPDX-License-Identifier: GPL-3.0-or-later
// What the model has at the subject's last token: the key (input of the editable matrix), the MLP's output, the state
// after a block. Rows are cut behind that token and run stops at the layer asked for. Nothing is changed; works on the
// weights as they are now.
#pragma once

#include "editing/prepared_edit.h"
#include "emend/job.h"
#include "model/decoder.h"

#include <span>
#include <vector>

namespace emend {

struct KeyOptions {
    int batch_tokens = 4096; // rows are run together up to this many tokens
};

// Keys and MLP outputs of n edits at one layer, float64 on the processor.
struct LayerKeys {
    at::Tensor mean_keys;    // [d_mlp, n], weighted mean over the contexts
    at::Tensor mean_outputs; // [d_model, n]
    at::Tensor bare_keys;    // [d_mlp, n], of the bare prompt
    at::Tensor bare_outputs; // [d_model, n]
};

// weights: of the contexts (context_weights); their sum is 1.
LayerKeys read_keys(const Decoder& decoder, std::span<const PreparedEdit> edits, int layer,
                    std::span<const double> weights, const JobContext& job, const KeyOptions& options = {});

// The residual stream after block `layer` at the bare prompt's subject, [d_model, n], float64 on the processor.
at::Tensor read_block_output(const Decoder& decoder, std::span<const PreparedEdit> edits, int layer,
                             const JobContext& job, const KeyOptions& options = {});

} // namespace emend
