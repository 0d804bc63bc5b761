// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/sampler.h"

#include "emend/error.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>
#include <vector>

namespace emend {

std::int32_t pick_token(const at::Tensor& logits, const Sampling& sampling, Random& random) {
    const at::Tensor on_host = logits.to(at::kCPU, at::kDouble).contiguous();
    const std::span scores(on_host.data_ptr<double>(), static_cast<std::size_t>(on_host.numel()));
    if (std::ranges::any_of(scores, [](double score) { return std::isnan(score); }))
        throw Error("the model's output is not a number", "logits of the next token",
                    "undo the last edit, or open the model in float32");
    if (sampling.greedy)
        return static_cast<std::int32_t>(std::ranges::max_element(scores) - scores.begin());

    std::vector<std::int32_t> order(scores.size());
    std::iota(order.begin(), order.end(), 0);
    const auto better = [&](std::int32_t a, std::int32_t b) {
        const double x = scores[static_cast<std::size_t>(a)];
        const double y = scores[static_cast<std::size_t>(b)];
        return x != y ? x > y : a < b;
    };
    std::size_t kept = order.size();
    if (sampling.top_k > 0)
        kept = std::min(kept, static_cast<std::size_t>(sampling.top_k));
    std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(kept), order.end(), better);

    const double best = scores[static_cast<std::size_t>(order.front())];
    std::vector<double> weights(kept);
    for (std::size_t i = 0; i < kept; ++i)
        weights[i] = std::exp((scores[static_cast<std::size_t>(order[i])] - best) / sampling.temperature);
    double total = std::accumulate(weights.begin(), weights.end(), 0.0);
    if (sampling.top_p < 1) {
        double held = 0;
        std::size_t used = 0;
        while (used < kept && held < sampling.top_p * total)
            held += weights[used++];
        kept = std::max<std::size_t>(used, 1);
        total = std::accumulate(weights.begin(), weights.begin() + static_cast<std::ptrdiff_t>(kept), 0.0);
    }
    double left = random.uniform() * total;
    for (std::size_t i = 0; i + 1 < kept; ++i) {
        left -= weights[i];
        if (left < 0)
            return order[i];
    }
    return order[kept - 1];
}

} // namespace emend
