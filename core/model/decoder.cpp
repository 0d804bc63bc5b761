// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/decoder.h"

#include "emend/error.h"

#include <algorithm>
#include <cmath>

namespace emend {

namespace {

// x [B, T, in] -> [B, T, out].
at::Tensor apply(const Linear& linear, bool conv1d, const at::Tensor& x) {
    const at::Tensor weight = conv1d ? linear.weight : linear.weight.t(); // [in, out]
    const at::Tensor flat = x.reshape({-1, x.size(-1)});
    const at::Tensor out = linear.bias.defined() ? at::addmm(linear.bias, flat, weight) : at::mm(flat, weight);
    auto shape = x.sizes().vec();
    shape.back() = weight.size(1);
    return out.view(shape);
}

at::Tensor apply(const Norm& norm, double epsilon, const at::Tensor& x) {
    return at::layer_norm(x, {x.size(-1)}, norm.weight, norm.bias, epsilon);
}

at::Tensor activate(const std::string& name, const at::Tensor& x) {
    if (name == "gelu_new" || name == "gelu_pytorch_tanh")
        return at::gelu(x, "tanh");
    if (name == "gelu")
        return at::gelu(x);
    return name == "silu" ? at::silu(x) : at::relu(x);
}

// [B, T, heads * head_dim] -> [B, heads, T, head_dim]
at::Tensor split_heads(const at::Tensor& x, int heads) {
    return x.view({x.size(0), x.size(1), heads, -1}).transpose(1, 2);
}

// True where a query may not look, [1 or B, 1, T, P + T]: later positions of the run, and what prefix_mask leaves out.
at::Tensor blocked_positions(std::int64_t run_length, std::int64_t prefix_length, const at::Tensor& prefix_mask,
                             at::Device device) {
    const auto options = at::TensorOptions().dtype(at::kBool).device(device);
    at::Tensor blocked = at::ones({run_length, run_length}, options).triu(1).view({1, 1, run_length, run_length});
    if (prefix_length == 0)
        return blocked;
    if (!prefix_mask.defined())
        return at::cat({at::zeros({1, 1, run_length, prefix_length}, options), blocked}, 3);
    const std::int64_t batch = prefix_mask.size(0);
    const at::Tensor hidden = prefix_mask.logical_not().view({batch, 1, 1, prefix_length});
    return at::cat(
        {hidden.expand({batch, 1, run_length, prefix_length}), blocked.expand({batch, 1, run_length, run_length})}, 3);
}

// One layer's keys (or values) of the run behind those of the prefix.
at::Tensor behind_prefix(const at::Tensor& prefix, const at::Tensor& run) {
    auto shape = prefix.sizes().vec();
    shape[0] = run.size(0);
    return at::cat({prefix.expand(shape), run}, 2);
}

} // namespace

at::Tensor Decoder::embed(const at::Tensor& ids, const at::Tensor& positions) const {
    const std::int64_t last = positions.numel() == 0 ? 0 : positions.max().item<std::int64_t>();
    if (last >= config_.positions)
        throw Error("the text has more tokens than the model has positions (" + std::to_string(config_.positions) + ")",
                    {}, "shorten the text");
    return at::embedding(weights_.token_embedding(), ids) + at::embedding(weights_.position_embedding(), positions);
}

at::Tensor Decoder::run(const at::Tensor& hidden, const Pass& pass) const {
    const int end = pass.end_layer < 0 ? config_.layers : pass.end_layer;
    const std::int64_t length = hidden.size(1);
    const auto hook = [&](int layer, Site site, at::Tensor value) {
        return pass.hook ? pass.hook(layer, site, value) : value;
    };
    if (pass.record) {
        pass.record->keys.resize(static_cast<std::size_t>(config_.layers));
        pass.record->values.resize(static_cast<std::size_t>(config_.layers));
    }

    at::Tensor blocked;
    at::Tensor x = hidden;
    for (int layer = pass.first_layer; layer < end; ++layer) {
        const auto index = static_cast<std::size_t>(layer);
        const BlockWeights& block = weights_.block(layer);
        const auto parts =
            apply(block.qkv, weights_.conv1d(), apply(block.attention_norm, config_.norm_epsilon, x)).chunk(3, 2);
        const at::Tensor query = split_heads(parts[0], config_.heads);
        at::Tensor key = split_heads(parts[1], config_.kv_heads);
        at::Tensor value = split_heads(parts[2], config_.kv_heads);
        if (pass.prefix) {
            key = behind_prefix(pass.prefix->keys[index], key);
            value = behind_prefix(pass.prefix->values[index], value);
        }
        if (pass.record) {
            pass.record->keys[index] = key;
            pass.record->values[index] = value;
        }
        if (!blocked.defined())
            blocked = blocked_positions(length, key.size(2) - length, pass.prefix_mask, hidden.device());

        double scale = config_.scale_attention ? 1.0 / std::sqrt(config_.head_dim) : 1.0;
        if (config_.scale_by_inverse_layer)
            scale /= layer + 1;
        const at::Tensor scores = at::matmul(query, key.transpose(2, 3)) * scale;
        const at::Tensor attention = at::softmax(scores.masked_fill(blocked, -INFINITY), -1);
        at::Tensor mixed = at::matmul(attention, value).transpose(1, 2).reshape(x.sizes());
        if (pass.only.defined() && layer + 1 == end) {
            mixed = mixed.reshape({-1, mixed.size(2)}).index_select(0, pass.only).unsqueeze(0);
            x = x.reshape({-1, x.size(2)}).index_select(0, pass.only).unsqueeze(0);
        }
        x = x + hook(layer, Site::attention_out, apply(block.attention_out, weights_.conv1d(), mixed));

        const at::Tensor up = apply(block.up, weights_.conv1d(), apply(block.mlp_norm, config_.norm_epsilon, x));
        const at::Tensor key_of_fact = hook(layer, Site::mlp_in, activate(config_.activation, up));
        x = x + hook(layer, Site::mlp_out, apply(block.down, weights_.conv1d(), key_of_fact));
        x = hook(layer, Site::block_out, x);
    }
    return x;
}

at::Tensor Decoder::logits(const at::Tensor& hidden) const {
    return at::matmul(apply(weights_.final_norm(), config_.norm_epsilon, hidden), weights_.head().t());
}

at::Tensor Decoder::forward(const at::Tensor& ids, const Pass& pass) const {
    return run(embed(ids, at::arange(ids.size(1), ids.options())), pass);
}

at::Tensor Decoder::pad(const std::vector<std::vector<std::int32_t>>& rows) const {
    std::size_t longest = 0;
    for (const auto& row : rows)
        longest = std::max(longest, row.size());
    at::Tensor ids = at::zeros({static_cast<std::int64_t>(rows.size()), static_cast<std::int64_t>(longest)}, at::kLong);
    auto* to = ids.data_ptr<std::int64_t>();
    for (std::size_t row = 0; row < rows.size(); ++row)
        std::ranges::copy(rows[row], to + row * longest);
    return ids.to(weights_.device());
}

} // namespace emend
