// SPDX-License-Identifier: GPL-3.0-or-later
#include "network.h"

#include "random.h"

#include <cmath>

namespace emend::demo {
namespace {

constexpr double kNormEpsilon = 1e-5;
constexpr int kPartsPerLayer = 12;

// Position of a layer's parameters in the list, in the order they are added.
enum Part { ln1_w, ln1_b, qkv_w, qkv_b, out_w, out_b, ln2_w, ln2_b, up_w, up_b, down_w, down_b };

} // namespace

Network::Network(const NetworkShape& shape, std::uint64_t seed)
    : shape_(shape) {
    const std::int64_t d = shape.width;
    add("transformer.wte.weight", {shape.vocabulary, d}, true);
    add("transformer.wpe.weight", {shape.positions, d}, true);
    for (std::int64_t layer = 0; layer < shape.layers; ++layer) {
        const std::string at = "transformer.h." + std::to_string(layer) + ".";
        add(at + "ln_1.weight", {d}, false);
        add(at + "ln_1.bias", {d}, false);
        add(at + "attn.c_attn.weight", {d, 3 * d}, true);
        add(at + "attn.c_attn.bias", {3 * d}, false);
        add(at + "attn.c_proj.weight", {d, d}, true);
        add(at + "attn.c_proj.bias", {d}, false);
        add(at + "ln_2.weight", {d}, false);
        add(at + "ln_2.bias", {d}, false);
        add(at + "mlp.c_fc.weight", {d, 4 * d}, true);
        add(at + "mlp.c_fc.bias", {4 * d}, false);
        add(at + "mlp.c_proj.weight", {4 * d, d}, true);
        add(at + "mlp.c_proj.bias", {d}, false);
    }
    add("transformer.ln_f.weight", {d}, false);
    add("transformer.ln_f.bias", {d}, false);

    std::int64_t total = 0;
    for (Parameter& parameter : parameters_) {
        parameter.offset = total;
        total += parameter.value.numel();
    }
    flat_ = at::zeros({total}, at::kFloat);
    flat_gradient_ = at::zeros({total}, at::kFloat);
    auto* values = flat_.data_ptr<float>();
    for (Parameter& parameter : parameters_) {
        const std::int64_t count = parameter.value.numel();
        const std::string& name = parameter.name;
        const bool residual = name.ends_with("c_proj.weight");
        const double spread = name.ends_with("wpe.weight") ? 0.01
                              : residual                   ? 0.02 / std::sqrt(2.0 * static_cast<double>(shape.layers))
                                                           : 0.02;
        Random random(seed, hash_text(name));
        for (std::int64_t i = 0; i < count; ++i) {
            if (parameter.decays)
                values[parameter.offset + i] = static_cast<float>(spread * random.normal());
            else
                values[parameter.offset + i] =
                    name.find(".ln_") != std::string::npos && name.ends_with("weight") ? 1.0F : 0.0F;
        }
        const auto sizes = parameter.value.sizes().vec();
        parameter.value = flat_.narrow(0, parameter.offset, count).view(sizes).detach();
        parameter.value.requires_grad_(true);
        parameter.value.mutable_grad() = flat_gradient_.narrow(0, parameter.offset, count).view(sizes);
    }
}

void Network::add(const std::string& name, std::vector<std::int64_t> sizes, bool decays) {
    parameters_.push_back({name, at::empty(sizes, at::kFloat), 0, decays});
}

const at::Tensor& Network::of(std::int64_t layer, int part) const {
    return parameters_[static_cast<std::size_t>(2 + layer * kPartsPerLayer + part)].value;
}

at::Tensor Network::hidden(const at::Tensor& ids, const at::Tensor& mask_low, const at::Tensor& mask_high,
                           const Hook& hook) const {
    const std::int64_t rows = ids.size(0);
    const std::int64_t n = ids.size(1);
    const std::int64_t d = shape_.width;
    const std::int64_t heads = shape_.heads;
    const std::int64_t head = d / heads;
    const double scale = 1.0 / std::sqrt(static_cast<double>(head));
    const auto spread = [&](const at::Tensor& mask) {
        return mask.expand({rows, heads, n, n}).reshape({rows * heads, n, n});
    };
    const at::Tensor low = spread(mask_low);
    const at::Tensor high = spread(mask_high);

    const at::Tensor tokens = at::embedding(parameters_[0].value, ids);
    at::Tensor x = (tokens + parameters_[1].value.narrow(0, 0, n)).view({rows * n, d});
    if (hook)
        x = hook(-1, x);
    for (std::int64_t layer = 0; layer < shape_.layers; ++layer) {
        const at::Tensor before = at::layer_norm(x, {d}, of(layer, ln1_w), of(layer, ln1_b), kNormEpsilon);
        const at::Tensor qkv = at::addmm(of(layer, qkv_b), before, of(layer, qkv_w))
                                   .view({rows, n, 3, heads, head})
                                   .permute({2, 0, 3, 1, 4})
                                   .reshape({3, rows * heads, n, head});
        const at::Tensor scores = at::baddbmm(layer < shape_.bottleneck_layers ? low : high, qkv.select(0, 0),
                                              qkv.select(0, 1).transpose(1, 2), 1.0, scale);
        const at::Tensor mixed = at::bmm(at::softmax(scores, -1), qkv.select(0, 2))
                                     .view({rows, heads, n, head})
                                     .permute({0, 2, 1, 3})
                                     .reshape({rows * n, d});
        x = x + at::addmm(of(layer, out_b), mixed, of(layer, out_w));
        const at::Tensor after = at::layer_norm(x, {d}, of(layer, ln2_w), of(layer, ln2_b), kNormEpsilon);
        const at::Tensor inner = at::gelu(at::addmm(of(layer, up_b), after, of(layer, up_w)), "tanh");
        x = x + at::addmm(of(layer, down_b), inner, of(layer, down_w));
        if (hook)
            x = hook(layer, x);
    }
    const std::size_t last = parameters_.size();
    return at::layer_norm(x, {d}, parameters_[last - 2].value, parameters_[last - 1].value, kNormEpsilon);
}

at::Tensor Network::logits(const at::Tensor& hidden_states) const {
    return at::mm(hidden_states, parameters_[0].value.t());
}

at::Tensor causal_mask(std::int64_t length) {
    return at::full({length, length}, -1e9, at::kFloat).triu(1).view({1, 1, length, length});
}

} // namespace emend::demo
