// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/update_norms.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace emend {

namespace {

constexpr std::int64_t rows_at_a_time = 256; // of products: a stop is heard within a second
// Updates that take each other back leave rounding where the norm was; then the sum itself is made.
constexpr double least_left = 1e-3;

// The updates of one layer, point after point.
struct LayerUpdates {
    std::vector<std::vector<const LayerUpdate*>> points;
    std::int64_t rank = 0;
};

// |sum of D|_F after every point from |sum|^2 = sum of (left_i . left_j)(right_i . right_j). Nothing where too little
// of the products would be left.
std::optional<std::vector<double>> norms_by_products(const LayerUpdates& updates, const JobContext& job) {
    std::vector<at::Tensor> lefts;
    std::vector<at::Tensor> rights;
    std::vector<std::int64_t> ends; // of each point, in rows
    std::int64_t rows = 0;
    for (const auto& point : updates.points) {
        for (const LayerUpdate* update : point) {
            lefts.push_back(update->left);
            rights.push_back(update->right);
            rows += update->right.size(0);
        }
        ends.push_back(rows);
    }
    const at::Tensor left = at::cat(lefts, 1);   // [d_v, r]
    const at::Tensor right = at::cat(rights, 0); // [r, d_k]
    std::vector<double> norms;
    double square = 0;
    double largest = 0;
    std::int64_t begin = 0;
    for (const std::int64_t point_end : ends) {
        for (; begin < point_end; begin = std::min(point_end, begin + rows_at_a_time)) {
            job.check();
            const std::int64_t end = std::min(point_end, begin + rows_at_a_time);
            const at::Tensor products = left.slice(1, begin, end).t().matmul(left.slice(1, 0, end)) *
                                        right.slice(0, begin, end).matmul(right.slice(0, 0, end).t());
            const double own = products.slice(1, begin, end).sum().item<double>();
            square += own + 2 * products.slice(1, 0, begin).sum().item<double>();
            largest = std::max({largest, own, square});
        }
        if (square < least_left * largest)
            return std::nullopt;
        norms.push_back(std::sqrt(square));
    }
    return norms;
}

std::vector<double> norms_of_sum(const LayerUpdates& updates, const JobContext& job) {
    std::vector<double> norms;
    at::Tensor sum;
    for (const auto& point : updates.points) {
        for (const LayerUpdate* update : point) {
            job.check();
            if (!sum.defined())
                sum = at::zeros({update->left.size(0), update->right.size(1)}, at::kDouble);
            sum.addmm_(update->left, update->right);
        }
        norms.push_back(!point.empty() ? sum.norm().item<double>() : norms.empty() ? 0 : norms.back());
    }
    return norms;
}

std::vector<double> norms_of(const LayerUpdates& updates, const at::Tensor& original, const JobContext& job) {
    if (2 * updates.rank <= std::min(original.size(0), original.size(1)))
        if (auto norms = norms_by_products(updates, job))
            return std::move(*norms);
    return norms_of_sum(updates, job);
}

} // namespace

NormHistory norm_history(const Ledger& ledger, const Weights& weights, const JobContext& job) {
    const NoGrad no_grad;
    NormHistory history;
    std::map<int, LayerUpdates> layers;
    for (std::size_t index = 0; index < ledger.position(); ++index) {
        const LedgerBatch& batch = ledger.batch(index);
        if (!batch.active)
            continue;
        history.points.push_back({.position = index + 1, .batch_id = 0, .update_norm = {}, .relative_norm = {}});
        for (const LayerUpdate& update : batch.updates) {
            LayerUpdates& updates = layers[update.layer];
            updates.points.resize(history.points.size());
            updates.points.back().push_back(&update);
            updates.rank += update.right.size(0);
        }
    }
    for (auto& [layer, updates] : layers) {
        job.check();
        job.report({.phase = "update norms",
                    .fraction = static_cast<double>(history.layers.size()) / static_cast<double>(layers.size()),
                    .seconds_left = -1,
                    .detail = "layer " + std::to_string(layer)});
        updates.points.resize(history.points.size());
        const at::Tensor original = weights.original_down(layer);
        const double weight_norm = original.norm().item<double>();
        const std::vector<double> norms = norms_of(updates, original, job);
        history.layers.push_back(layer);
        for (std::size_t i = 0; i < norms.size(); ++i) {
            history.points[i].update_norm.push_back(norms[i]);
            history.points[i].relative_norm.push_back(weight_norm > 0 ? norms[i] / weight_norm : 0);
        }
    }
    return history;
}

} // namespace emend
