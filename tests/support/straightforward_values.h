// SPDX-License-Identifier: GPL-3.0-or-later
// The value search as one would write it down: at every step the whole model on whole texts, logits everywhere, the
// gradient of everything by the machine. What the fast search must agree with, and is measured against.
#pragma once

#include "editing/prepared_edit.h"
#include "emend/recipe.h"
#include "model/decoder.h"

#include <cmath>
#include <vector>

namespace emend::test {

struct StraightforwardValue {
    std::vector<double> loss;
    at::Tensor init;
    at::Tensor delta;
};

inline StraightforwardValue straightforward_search(const Decoder& decoder, const PreparedEdit& edit, int layer,
                                                   bool at_mlp, const ValueSearch& search) {
    std::vector<std::vector<std::int32_t>> texts;
    std::vector<std::int64_t> lookups;
    for (const PreparedRow& row : edit.rows) {
        texts.push_back(row.ids);
        lookups.push_back(row.lookup);
    }
    texts.push_back(edit.essence.ids);
    lookups.push_back(edit.essence.lookup);
    const at::Tensor ids = decoder.pad(texts);
    const at::Tensor lookup = at::tensor(lookups);
    const at::Tensor lines = at::arange(lookup.size(0));
    const auto essence = static_cast<std::int64_t>(edit.rows.size());
    at::Tensor targets = at::zeros_like(ids); // the token asked for at each place, where is_target is one
    at::Tensor is_target = at::zeros(ids.sizes(), decoder.weights().token_embedding().options());
    for (std::size_t k = 0; k < edit.contexts; ++k)
        for (std::size_t j = 0; j < edit.target_ids.size(); ++j) {
            const auto row = static_cast<std::int64_t>(k);
            const std::int64_t place = edit.rows[k].target_begin + static_cast<std::int64_t>(j);
            targets[row][place] = edit.target_ids[j];
            is_target[row][place] = 1;
        }

    StraightforwardValue result;
    const c10::AutoGradMode gradient_mode(true);
    at::Tensor delta =
        at::zeros({decoder.config().d_model}, decoder.weights().token_embedding().options()).requires_grad_(true);
    at::Tensor mean = at::zeros_like(delta);
    at::Tensor square = at::zeros_like(delta);
    at::Tensor before;
    const Site wanted = at_mlp ? Site::mlp_out : Site::block_out;
    for (int step = 0; step < search.steps; ++step) {
        Pass pass;
        pass.hook = [&](int at_layer, Site site, const at::Tensor& value) {
            if (at_layer != layer || site != wanted)
                return value;
            if (!result.init.defined())
                result.init = value.detach()[static_cast<std::int64_t>(edit.bare)][lookups[edit.bare]].clone();
            return value.index_put({lines, lookup}, delta.expand({lines.size(0), delta.size(0)}), true);
        };
        const at::Tensor log_p = at::log_softmax(decoder.logits(decoder.forward(ids, pass)), -1);
        const at::Tensor picked = log_p.gather(2, targets.unsqueeze(2)).squeeze(2);
        const at::Tensor nll =
            -(picked * is_target).sum() / static_cast<double>(edit.contexts * edit.target_ids.size());
        const at::Tensor now = log_p.select(0, essence).select(0, edit.essence.lookup);
        if (!before.defined())
            before = now.detach().clone();
        const at::Tensor kl = search.kl_factor * (now.exp() * (now - before)).sum();
        const at::Tensor decay = search.weight_decay * delta.norm() / result.init.norm().square();
        const at::Tensor loss = nll + kl + decay;
        result.loss.push_back(loss.item<double>());
        if (result.loss.back() < search.stop_loss || step + 1 == search.steps)
            break;
        loss.backward();

        const NoGrad no_grad;
        const at::Tensor gradient = delta.grad().clone();
        mean = 0.9 * mean + 0.1 * gradient;
        square = 0.999 * square + 0.001 * gradient * gradient;
        const at::Tensor m = mean / (1 - std::pow(0.9, step + 1));
        const at::Tensor v = square / (1 - std::pow(0.999, step + 1));
        at::Tensor next = delta.detach() - search.learning_rate * m / (v.sqrt() + 1e-8);
        const double bound = search.clamp * result.init.norm().item<double>();
        const double length = next.norm().item<double>();
        if (length > bound)
            next = next * (bound / length);
        delta = next.clone().requires_grad_(true);
    }
    result.delta = delta.detach();
    return result;
}

} // namespace emend::test
