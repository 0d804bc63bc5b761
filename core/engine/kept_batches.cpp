// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/kept_batches.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace emend {

namespace {

constexpr std::uint64_t most_bytes = std::uint64_t{512} << 20;
constexpr int points_between = 60;  // of a frontier
constexpr double hardly_any = 1e-3; // of the residual: too little to scale by
constexpr double beyond = 1e3;      // how far past the spectrum's ends it goes

FrontierPoint point_at(const KeptStep& step, double softness, bool with_preservation) {
    const double mu = softness + step.alpha;
    return {.softness = softness,
            .preservation = with_preservation ? step.system.preservation(mu) : std::numeric_limits<double>::quiet_NaN(),
            .memorization = step.system.memorization(mu),
            .update_norm = step.system.update_norm(mu)};
}

// Several solves of one layer, which write one matrix: size and cost are those of the sum of their updates, as in
// sum_of_updates, with the products made once for every softness.
class SolvesOfLayer {
  public:
    // metric: undefined without statistics.
    SolvesOfLayer(std::vector<const KeptStep*> steps, const Metric* metric)
        : steps_(std::move(steps)) {
        std::vector<at::Tensor> lefts;
        std::vector<at::Tensor> rights;
        for (const KeptStep* step : steps_) {
            lefts.push_back(step->system.left);
            rights.push_back(step->system.right);
        }
        const at::Tensor left = at::cat(lefts, 1);
        const at::Tensor right = at::cat(rights, 0);
        const at::Tensor outer = left.t().matmul(left);
        moved_ = outer * right.matmul(right.t());
        if (metric)
            preserved_ = outer * metric->products(right);
    }
    [[nodiscard]] FrontierPoint at_softness(double softness) const {
        std::vector<at::Tensor> factors;
        FrontierPoint point;
        for (const KeptStep* step : steps_) {
            factors.push_back(step->system.factors(softness + step->alpha));
            point.memorization += step->system.memorization(softness + step->alpha);
        }
        const at::Tensor all = at::cat(factors);
        const auto square = [&](const at::Tensor& products) {
            return std::max(0.0, at::dot(all, products.matmul(all)).item<double>());
        };
        point.softness = softness;
        point.update_norm = std::sqrt(square(moved_));
        point.preservation = preserved_.defined() ? square(preserved_) : std::numeric_limits<double>::quiet_NaN();
        return point;
    }

  private:
    std::vector<const KeptStep*> steps_;
    at::Tensor moved_;     // [r, r]: (left^T left) o (right right^T)
    at::Tensor preserved_; // [r, r]: (left^T left) o (right C right^T)
};

double share_of(const std::vector<LayerReport>& layers, int layer) {
    return std::ranges::find(layers, layer, &LayerReport::layer)->residual_share;
}

void add(FrontierPoint& sum, const FrontierPoint& point) {
    sum.softness = point.softness;
    sum.preservation += point.preservation;
    sum.memorization += point.memorization;
    sum.update_norm = std::hypot(sum.update_norm, point.update_norm);
}

} // namespace

bool KeptBatch::known() const {
    return !steps.empty() && std::ranges::all_of(steps, [](const KeptStep& step) { return step.system.known(); });
}

std::uint64_t KeptBatch::bytes() const {
    std::uint64_t sum = 0;
    for (const KeptStep& step : steps)
        sum += step.system.bytes();
    for (const auto& [layer, metric] : metrics)
        sum += metric.factor().defined() ? metric.factor().nbytes() : 0;
    return sum;
}

std::vector<LayerUpdate> KeptBatch::updates(double softness) const {
    std::vector<LayerUpdate> updates;
    for (const KeptStep& step : steps)
        updates.push_back({step.layer, step.system.left_at(softness + step.alpha), step.system.right});
    return updates;
}

std::vector<LayerReport> KeptBatch::layers(double softness, const std::vector<LayerReport>& before) const {
    const NoGrad no_grad;
    std::vector<LayerReport> reports = before;
    for (LayerReport& report : reports) {
        std::vector<at::Tensor> left;
        std::vector<at::Tensor> right;
        report.memorization = 0;
        report.condition = 1;
        FrontierPoint point;
        for (const KeptStep& step : steps) {
            if (step.layer != report.layer)
                continue;
            const double mu = softness + step.alpha;
            const at::Tensor positive = step.system.spectrum.masked_select(step.system.spectrum > 0);
            report.condition =
                std::max(report.condition, ((positive.max() + mu) / (positive.min() + mu)).item<double>());
            report.memorization += step.system.memorization(mu);
            point = point_at(step, softness, with_statistics);
            left.push_back(step.system.left_at(mu));
            right.push_back(step.system.right);
        }
        if (left.size() > 1) { // of the sum, not the sum of each
            const auto metric = metrics.find(report.layer);
            const UpdateSum sum = sum_of_updates(left, right, metric == metrics.end() ? nullptr : &metric->second);
            point.update_norm = sum.norm;
            if (metric != metrics.end())
                point.preservation = sum.preservation;
        }
        report.update_norm = point.update_norm;
        report.preservation = point.preservation;
        report.relative_norm = report.weight_norm > 0 ? report.update_norm / report.weight_norm : 0;
    }
    set_residual_shares(reports, shares(softness));
    return reports;
}

std::map<int, double> KeptBatch::shares(double softness) const {
    struct Squares {
        double whole = 0;
        double left = 0;
    };
    std::map<int, Squares> by_layer;
    for (const KeptStep& step : steps) {
        Squares& sum = by_layer[step.layer];
        sum.whole += step.system.residual / (step.share * step.share);
        sum.left += step.system.left_of_whole(softness + step.alpha, step.share);
    }
    double all = 0;
    for (const auto& [layer, sum] : by_layer)
        if (own_values || layer == by_layer.begin()->first)
            all += std::sqrt(sum.whole);
    std::map<int, double> shares;
    for (const auto& [layer, sum] : by_layer) {
        const auto found = reach.find(layer);
        const double taken = (std::sqrt(sum.whole) - std::sqrt(sum.left)) * (found == reach.end() ? 1 : found->second);
        shares[layer] = all > 0 ? taken / all : 0;
    }
    return shares;
}

Frontier KeptBatch::frontier(const std::vector<double>& also) const {
    const NoGrad no_grad;
    double smallest = std::numeric_limits<double>::infinity();
    double largest = 0;
    for (const KeptStep& step : steps) {
        const at::Tensor positive = step.system.spectrum.masked_select(step.system.spectrum > 0);
        smallest = std::min(smallest, positive.min().item<double>());
        largest = std::max(largest, positive.max().item<double>());
    }
    std::vector<double> grid = also;
    grid.push_back(0);
    const double low = std::log(smallest / beyond);
    const double high = std::log(largest * beyond);
    for (int i = 0; i <= points_between; ++i)
        grid.push_back(std::exp(low + (high - low) * i / points_between));
    std::ranges::sort(grid);
    grid.erase(std::ranges::unique(grid).begin(), grid.end());

    Frontier frontier;
    for (const KeptStep& step : steps)
        if (std::ranges::none_of(frontier.layers, [&](const LayerFrontier& f) { return f.layer == step.layer; }))
            frontier.layers.push_back({.layer = step.layer, .points = {}});
    for (LayerFrontier& layer : frontier.layers) {
        std::vector<const KeptStep*> own;
        for (const KeptStep& step : steps)
            if (step.layer == layer.layer)
                own.push_back(&step);
        if (own.size() == 1) {
            for (const double softness : grid)
                layer.points.push_back(point_at(*own.front(), softness, with_statistics));
            continue;
        }
        const auto metric = metrics.find(layer.layer);
        const SolvesOfLayer solves(own, metric == metrics.end() ? nullptr : &metric->second);
        for (const double softness : grid)
            layer.points.push_back(solves.at_softness(softness));
    }
    frontier.total.resize(grid.size());
    for (const LayerFrontier& layer : frontier.layers)
        for (std::size_t i = 0; i < grid.size(); ++i)
            add(frontier.total[i], layer.points[i]);
    return frontier;
}

KeptBatch keep_batch(const EditBatchResult& result, std::map<int, Metric> metrics) {
    KeptBatch batch;
    batch.with_statistics = !metrics.empty();
    if (result.steps.size() > result.recipe.layers.size())
        batch.metrics = std::move(metrics);
    for (const LayerStep& step : result.steps)
        batch.steps.push_back({.layer = step.layer,
                               .alpha = step.solution.softness - result.recipe.softness.value_or(0),
                               .share = step.share,
                               .system = step.solution.system});
    batch.own_values = find_distribution(result.recipe.distribution).own_values;
    if (batch.known())
        for (const auto& [layer, by_formula] : batch.shares(result.recipe.softness.value_or(0)))
            batch.reach[layer] = std::abs(by_formula) > hardly_any ? share_of(result.layers, layer) / by_formula : 1;
    return batch;
}

void KeptBatches::put(std::uint64_t batch_id, KeptBatch batch) {
    if (!batch.known()) {
        batches_.erase(batch_id);
        return;
    }
    batches_.insert_or_assign(batch_id, std::move(batch));
    std::uint64_t total = 0;
    for (const auto& [id, kept] : batches_)
        total += kept.bytes();
    while (total > most_bytes && batches_.size() > 1) {
        const auto oldest = batches_.begin()->first == batch_id ? std::next(batches_.begin()) : batches_.begin();
        total -= oldest->second.bytes();
        batches_.erase(oldest);
    }
}

void KeptBatches::keep_only(const std::vector<std::uint64_t>& batch_ids) {
    std::erase_if(batches_,
                  [&](const auto& entry) { return std::ranges::find(batch_ids, entry.first) == batch_ids.end(); });
}

const KeptBatch* KeptBatches::find(std::uint64_t batch_id) const {
    const auto found = batches_.find(batch_id);
    return found != batches_.end() && found->second.known() ? &found->second : nullptr;
}

} // namespace emend
