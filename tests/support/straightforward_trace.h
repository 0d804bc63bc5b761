// SPDX-License-Identifier: GPL-3.0-or-later
// The causal trace as one would write it down: for every cell the whole model on the clean row and all noisy rows, the
// clean row's state copied into the others on the way, logits everywhere. What the fast trace must agree with, and is
// measured against.
#pragma once

#include "emend/trace.h"
#include "model/decoder.h"

#include <cmath>
#include <vector>

namespace emend::test {

struct StraightforwardTrace {
    const Decoder& decoder;
    std::vector<std::int32_t> prompt;
    int subject_first = 0;
    at::Tensor noise;                 // F64 [samples, subject tokens, d_model]
    std::vector<std::int32_t> object; // its probability is the product over its tokens

    // Probability in each row: clean, then the samples; with the outputs of `kind` at `token` put back in layers
    // [first, end).
    [[nodiscard]] at::Tensor rows(TraceKind kind, int token, int first, int end) const {
        const NoGrad no_grad;
        std::vector<std::int32_t> text = prompt;
        text.insert(text.end(), object.begin(), object.end() - 1);
        const at::Tensor ids = decoder.pad(std::vector(static_cast<std::size_t>(noise.size(0) + 1), text));
        at::Tensor embedded = decoder.embed(ids, at::arange(ids.size(1))).clone();
        embedded.narrow(0, 1, noise.size(0))
            .narrow(1, subject_first, noise.size(1))
            .add_(noise.to(embedded.scalar_type()));
        const Site site = kind == TraceKind::hidden ? Site::block_out
                          : kind == TraceKind::mlp  ? Site::mlp_out
                                                    : Site::attention_out;
        Pass pass;
        pass.hook = [&](int layer, Site at, const at::Tensor& value) {
            if (at != site || layer < first || layer >= end)
                return value;
            at::Tensor restored = value.clone();
            restored.select(1, token).copy_(value[0][token].expand({value.size(0), value.size(2)}));
            return restored;
        };
        const at::Tensor logits = decoder.logits(decoder.run(embedded, pass)); // [rows, tokens, vocab]
        at::Tensor log_probability = at::zeros({ids.size(0)}, at::kDouble);
        for (std::size_t j = 0; j < object.size(); ++j) {
            const auto place = static_cast<std::int64_t>(prompt.size() + j) - 1;
            log_probability += at::log_softmax(logits.select(1, place).to(at::kDouble), 1).select(1, object[j]);
        }
        return log_probability.exp();
    }

    [[nodiscard]] double cell(TraceKind kind, int token, int first, int end) const {
        return rows(kind, token, first, end).slice(0, 1).mean().item<double>();
    }

    // As the published code has it, with Python's division that rounds down.
    [[nodiscard]] double cell(TraceKind kind, int token, int layer, int layers, int window) const {
        if (kind == TraceKind::hidden)
            return cell(kind, token, layer, layer + 1);
        const auto half_down = static_cast<int>(std::floor(window / 2.0));
        const auto half_up = -static_cast<int>(std::floor(-window / 2.0));
        return cell(kind, token, std::max(0, layer - half_down), std::min(layers, layer + half_up));
    }
};

} // namespace emend::test
