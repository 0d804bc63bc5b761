// SPDX-License-Identifier: GPL-3.0-or-later
// Second moments of the keys the straightforward way: a pass over the text for every layer, all of k k^T in float64.
// For tests and benchmarks.
#pragma once

#include "editing/statistics.h"

namespace emend::test {

// How much of the model runs in each pass: all of it with its logits, as a plain call of the model does, or nothing
// above the layer, as the published statistics code has it.
enum class Run { whole_model, up_to_the_layer };

inline std::vector<LayerStatistics>
straightforward_statistics(const Decoder& decoder, const std::vector<std::vector<std::vector<std::int32_t>>>& batches,
                           const std::vector<int>& layers, Run run) {
    const NoGrad no_grad;
    std::vector<LayerStatistics> result;
    for (const int wanted : layers) {
        at::Tensor sum = at::zeros({decoder.config().d_mlp, decoder.config().d_mlp}, at::kDouble);
        std::int64_t count = 0;
        for (const auto& rows : batches) {
            at::Tensor keys;
            Pass pass;
            pass.end_layer = run == Run::whole_model ? -1 : wanted + 1;
            pass.hook = [&](int layer, Site site, const at::Tensor& value) {
                if (layer == wanted && site == Site::mlp_in)
                    keys = value;
                return value;
            };
            const at::Tensor hidden = decoder.forward(decoder.pad(rows), pass);
            if (run == Run::whole_model)
                static_cast<void>(decoder.logits(hidden));
            std::vector<at::Tensor> real; // without the padding
            for (std::size_t row = 0; row < rows.size(); ++row)
                real.push_back(
                    keys[static_cast<std::int64_t>(row)].slice(0, 0, static_cast<std::int64_t>(rows[row].size())));
            const at::Tensor seen = at::cat(real).to(at::kDouble);
            sum.add_(at::matmul(seen.t(), seen));
            count += seen.size(0);
        }
        result.push_back({.layer = wanted, .count = count, .second_moment = sum / static_cast<double>(count)});
    }
    return result;
}

} // namespace emend::test
