// SPDX-License-Identifier: GPL-3.0-or-later
// The demo model as it is trained: GPT-2, written with LibTorch operations and its automatic gradients. All parameters
// are views of one flat tensor, and all gradients of another, so that the optimiser is a single loop. One thread.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace emend::demo {

struct NetworkShape {
    std::int64_t layers = 8;
    std::int64_t width = 192;
    std::int64_t heads = 6;
    std::int64_t vocabulary = 2048;
    std::int64_t positions = 128;
    std::int64_t bottleneck_layers = 3; // how many layers see mask_low
};

class Network {
  public:
    struct Parameter {
        std::string name; // as in a Hugging Face GPT-2
        at::Tensor value;
        std::int64_t offset = 0; // into the flat tensor
        bool decays = false;     // weight decay: matrices only
    };

    // N(0, 0.02), positions 0.01, residual outputs 0.02 / sqrt(2 layers); norms 1 and 0; biases 0.
    Network(const NetworkShape& shape, std::uint64_t seed);

    // Final hidden states [rows * length, width], after the last layer norm. ids: int64 [rows, length]; masks: float32
    // [rows, 1, length, length] or [1, 1, length, length].
    // hook, when given, sees the residual stream [rows * length, width] after the embedding (layer -1) and after every
    // block, and returns the one to go on with.
    using Hook = std::function<at::Tensor(std::int64_t layer, const at::Tensor& residual)>;
    [[nodiscard]] at::Tensor hidden(const at::Tensor& ids, const at::Tensor& mask_low, const at::Tensor& mask_high,
                                    const Hook& hook = {}) const;
    [[nodiscard]] at::Tensor logits(const at::Tensor& hidden_states) const;

    [[nodiscard]] const NetworkShape& shape() const noexcept { return shape_; }
    [[nodiscard]] const std::vector<Parameter>& parameters() const noexcept { return parameters_; }
    [[nodiscard]] at::Tensor& flat() noexcept { return flat_; }
    [[nodiscard]] at::Tensor& flat_gradient() noexcept { return flat_gradient_; }

  private:
    void add(const std::string& name, std::vector<std::int64_t> sizes, bool decays);
    [[nodiscard]] const at::Tensor& of(std::int64_t layer, int part) const;

    NetworkShape shape_;
    std::vector<Parameter> parameters_;
    at::Tensor flat_;
    at::Tensor flat_gradient_;
};

// The plain causal mask [1, 1, length, length].
[[nodiscard]] at::Tensor causal_mask(std::int64_t length);

} // namespace emend::demo
