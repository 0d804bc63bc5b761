// SPDX-License-Identifier: GPL-3.0-or-later
// The tensors of one model. F32 and F64 checkpoints computed with in their own precision on the processor stay mapped
// from disk: no second copy, and never written to. Only the editable matrices can be replaced. Invariant: everything
// but `edited` is constant after loading.
#pragma once

#include "emend/job.h"
#include "model/family.h"
#include "model/torch_compat.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace emend {

// As LibTorch calls a floating type of a checkpoint.
at::ScalarType scalar_type(DType dtype);

struct Linear {
    at::Tensor weight; // as stored: [in, out] where Family::conv1d, else [out, in]
    at::Tensor bias;   // [out], undefined when there is none
};

struct Norm {
    at::Tensor weight; // [d_model]
    at::Tensor bias;   // [d_model]
};

struct BlockWeights {
    Norm attention_norm;
    Linear qkv; // d_model -> 3 d_model
    Linear attention_out;
    Norm mlp_norm;
    Linear up;   // d_model -> d_mlp
    Linear down; // d_mlp -> d_model: the matrix that edits change
};

class Weights {
  public:
    // dtype: what to compute with. Throws Error naming missing or misshaped tensors and out of memory.
    static Weights load(std::shared_ptr<const ModelFolder> folder, const ModelConfig& config, const Family& family,
                        at::ScalarType dtype, at::Device device, const JobContext& job);

    [[nodiscard]] const at::Tensor& token_embedding() const { return token_embedding_; }       // [vocab, d_model]
    [[nodiscard]] const at::Tensor& position_embedding() const { return position_embedding_; } // [positions, d_model]
    [[nodiscard]] const at::Tensor& head() const { return head_; }                             // [vocab, d_model]
    [[nodiscard]] const Norm& final_norm() const { return final_norm_; }
    [[nodiscard]] const BlockWeights& block(int layer) const { return blocks_[static_cast<std::size_t>(layer)]; }
    [[nodiscard]] int layers() const { return static_cast<int>(blocks_.size()); }
    [[nodiscard]] bool conv1d() const { return conv1d_; }

    // W0 of a layer in mathematical orientation, [d_model, d_mlp], float64, from the checkpoint: exact, whatever was
    // edited. The caller's own copy.
    [[nodiscard]] at::Tensor original_down(int layer) const;
    // W as it is now in mathematical orientation, [d_model, d_mlp]: a view, in the computing precision.
    [[nodiscard]] at::Tensor current_down(int layer) const;
    // The checkpoint's matrix again.
    void restore_down(int layer);
    // Another matrix in its place, without a copy and without fail; the checkpoint stays as it is. `stored` must have
    // orientation, type and device of block(layer).down.weight, and gets what stood there.
    void swap_down(int layer, at::Tensor& stored) noexcept {
        std::swap(blocks_[static_cast<std::size_t>(layer)].down.weight, stored);
    }

    [[nodiscard]] at::ScalarType dtype() const { return dtype_; }
    [[nodiscard]] at::Device device() const { return device_; }
    // Name of a layer's editable matrix in the checkpoint.
    [[nodiscard]] std::string down_name(int layer) const;
    // Every tensor as it is now, by checkpoint name; for hashing and export.
    [[nodiscard]] std::vector<std::pair<std::string, at::Tensor>> named() const;

  private:
    std::shared_ptr<const ModelFolder> folder_; // keeps the mapping alive
    std::string down_pattern_;
    at::ScalarType dtype_ = at::kFloat;
    at::Device device_ = at::kCPU;
    bool conv1d_ = false;
    at::Tensor token_embedding_;
    at::Tensor position_embedding_;
    at::Tensor head_;
    Norm final_norm_;
    std::vector<BlockWeights> blocks_;
    std::vector<at::Tensor> original_down_;                 // as loaded
    std::vector<std::pair<std::string, at::Tensor>> named_; // as loaded, in the checkpoint's order of weights
};

} // namespace emend
