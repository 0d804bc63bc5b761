// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/weights.h"

#include "emend/error.h"

#include <cstring>
#include <unordered_map>

namespace emend {

at::ScalarType scalar_type(DType dtype) {
    switch (dtype) {
    case DType::F64:
        return at::kDouble;
    case DType::F16:
        return at::kHalf;
    case DType::BF16:
        return at::kBFloat16;
    default:
        return at::kFloat; // list_weights let only floating types through
    }
}

namespace {

// The tensor as it lies in the file. The mapping is read-only: writing to this tensor would crash, and nothing does.
at::Tensor mapped_tensor(const TensorView& view) {
    const auto options = at::TensorOptions().dtype(scalar_type(view.dtype));
    if (!view.aligned()) {
        at::Tensor copy = at::empty(view.shape, options);
        std::memcpy(copy.data_ptr(), view.data, view.bytes);
        return copy;
    }
    auto keep = view.file;
    return at::from_blob(
        const_cast<std::byte*>(view.data), view.shape, [keep](void*) mutable { keep.reset(); }, options);
}

} // namespace

Weights Weights::load(std::shared_ptr<const ModelFolder> folder, const ModelConfig& config, const Family& family,
                      at::ScalarType dtype, at::Device device, const JobContext& job) {
    const NoGrad no_grad;
    const WeightList list = list_weights(*folder, config, family);

    Weights weights;
    weights.folder_ = folder;
    weights.dtype_ = dtype;
    weights.device_ = device;
    weights.conv1d_ = family.conv1d;
    weights.down_pattern_ = list.prefix + std::string(family.names.mlp_down) + ".weight";

    std::unordered_map<std::string, at::Tensor> loaded;
    std::uint64_t bytes_done = 0;
    for (const WeightSpec& spec : list.weights) {
        job.check();
        const TensorView& view = folder->tensor(spec.name);
        at::Tensor tensor = mapped_tensor(view).to(device, dtype);
        loaded.emplace(spec.name, tensor);
        weights.named_.emplace_back(spec.name, tensor);
        bytes_done += view.bytes;
        job.report({.phase = "loading",
                    .fraction = static_cast<double>(bytes_done) / static_cast<double>(folder->total_bytes()),
                    .seconds_left = -1,
                    .detail = spec.name});
    }

    const TensorNames& names = family.names;
    const auto module = [&](std::string_view pattern, int layer) {
        return list.prefix + name_for_layer(pattern, layer);
    };
    const auto norm = [&](const std::string& name) {
        return Norm{loaded.at(name + ".weight"), loaded.at(name + ".bias")};
    };
    const auto linear = [&](const std::string& name) {
        return Linear{loaded.at(name + ".weight"), loaded.at(name + ".bias")};
    };
    weights.token_embedding_ = loaded.at(module(names.token_embedding, 0) + ".weight");
    weights.position_embedding_ = loaded.at(module(names.position_embedding, 0) + ".weight");
    weights.head_ = list.tied_head ? weights.token_embedding_ : loaded.at(std::string(names.head) + ".weight");
    weights.final_norm_ = norm(module(names.final_norm, 0));
    for (int layer = 0; layer < config.layers; ++layer) {
        weights.blocks_.push_back({.attention_norm = norm(module(names.attention_norm, layer)),
                                   .qkv = linear(module(names.attention_qkv, layer)),
                                   .attention_out = linear(module(names.attention_out, layer)),
                                   .mlp_norm = norm(module(names.mlp_norm, layer)),
                                   .up = linear(module(names.mlp_up, layer)),
                                   .down = linear(module(names.mlp_down, layer))});
        weights.original_down_.push_back(weights.blocks_.back().down.weight);
    }
    return weights;
}

std::string Weights::down_name(int layer) const {
    return name_for_layer(down_pattern_, layer);
}

at::Tensor Weights::original_down(int layer) const {
    const at::Tensor stored = mapped_tensor(folder_->tensor(down_name(layer)));
    return (conv1d_ ? stored.t() : stored).to(at::kDouble, false, /*copy=*/true, at::MemoryFormat::Contiguous);
}

at::Tensor Weights::current_down(int layer) const {
    const at::Tensor& stored = block(layer).down.weight;
    return conv1d_ ? stored.t() : stored;
}

void Weights::restore_down(int layer) {
    const auto index = static_cast<std::size_t>(layer);
    blocks_[index].down.weight = original_down_[index];
}

std::vector<std::pair<std::string, at::Tensor>> Weights::named() const {
    auto all = named_;
    std::unordered_map<std::string, at::Tensor> edited;
    for (int layer = 0; layer < layers(); ++layer)
        edited.emplace(down_name(layer), block(layer).down.weight);
    for (auto& [name, tensor] : all)
        if (const auto found = edited.find(name); found != edited.end())
            tensor = found->second;
    return all;
}

} // namespace emend
