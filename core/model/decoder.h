// SPDX-License-Identifier: GPL-3.0-or-later
// A decoder-only transformer that can be run in part: from a layer, to a layer, from a position on (with the keys and
// values of the positions before), looked into and changed on the way. Causal, so rows of a batch may be padded on the
// right with anything: what stands behind a position never changes it. Thread safety: const methods may run on several
// threads at once; at::NoGradGuard is the caller's business.
#pragma once

#include "model/config.h"
#include "model/torch_compat.h"
#include "model/weights.h"

#include <functional>
#include <vector>

namespace emend {

// Places inside a block where a run can be read and changed.
enum class Site {
    attention_out, // [B, T, d_model], what attention adds to the residual stream
    mlp_in,        // [B, T, d_mlp], input of the editable matrix: the keys
    mlp_out,       // [B, T, d_model], what the MLP adds: the values
    block_out,     // [B, T, d_model], the residual stream after the block
};

// Called at every site of every layer run; returns the value to go on with (usually `value` itself).
using Hook = std::function<at::Tensor(int layer, Site site, const at::Tensor& value)>;

// Keys and values of attention, per layer [B, kv_heads, P, head_dim]; undefined where a layer was not run.
struct KeyValues {
    std::vector<at::Tensor> keys;
    std::vector<at::Tensor> values;
};

struct Pass {
    int first_layer = 0;
    int end_layer = -1;                // one past the last; -1: all
    const KeyValues* prefix = nullptr; // earlier positions; B may be 1 (shared by all rows)
    at::Tensor prefix_mask;            // bool [B, P], true where a row may look; undefined: everywhere
    KeyValues* record = nullptr;       // gets keys and values of prefix and run together
    // I64 [N], places in [B * T]: what the last block is wanted for. Its attention looks at all, but only these go
    // through the rest of it: run() gives [1, N, d_model], and so do that block's sites. Undefined: all.
    at::Tensor only;
    Hook hook;
};

class Decoder {
  public:
    Decoder(ModelConfig config, Weights weights)
        : config_(std::move(config))
        , weights_(std::move(weights)) {}

    [[nodiscard]] const ModelConfig& config() const { return config_; }
    [[nodiscard]] const Weights& weights() const { return weights_; }
    [[nodiscard]] Weights& weights() { return weights_; }

    // ids I64 [B, T], positions I64 [T] or [B, T] -> [B, T, d_model]. Throws Error when a position is beyond the
    // model's.
    [[nodiscard]] at::Tensor embed(const at::Tensor& ids, const at::Tensor& positions) const;
    // hidden [B, T, d_model] before block `first_layer` -> residual stream after block `end_layer` - 1.
    [[nodiscard]] at::Tensor run(const at::Tensor& hidden, const Pass& pass = {}) const;
    // Residual stream [..., d_model] after the last block -> logits [..., vocab].
    [[nodiscard]] at::Tensor logits(const at::Tensor& hidden) const;

    // The whole model on ids [B, T] from position 0: embed + run.
    [[nodiscard]] at::Tensor forward(const at::Tensor& ids, const Pass& pass = {}) const;

    // Right-padded batch of token ids, I64 [B, longest] on the model's device.
    [[nodiscard]] at::Tensor pad(const std::vector<std::vector<std::int32_t>>& rows) const;

  private:
    ModelConfig config_;
    Weights weights_;
};

} // namespace emend
