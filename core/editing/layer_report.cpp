// SPDX-License-Identifier: GPL-3.0-or-later
#include "editing/layer_report.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>

namespace emend {

UpdateSum sum_of_updates(const std::vector<at::Tensor>& left, const std::vector<at::Tensor>& right,
                         const Metric* metric) {
    const at::Tensor all_left = at::cat(left, 1);
    const at::Tensor all_right = at::cat(right, 0);
    const at::Tensor square = all_left.t().matmul(all_left) * all_right.matmul(all_right.t());
    return {.norm = std::sqrt(std::max(0.0, square.sum().item<double>())),
            .preservation = metric ? metric->quadratic(all_left, all_right) : std::numeric_limits<double>::quiet_NaN()};
}

std::vector<LayerResidual> layer_residuals(const std::vector<LayerStep>& steps) {
    std::map<int, LayerResidual> by_layer; // squares, until all are in
    for (const LayerStep& step : steps) {
        if (!step.residual.defined())
            continue;
        LayerResidual& sum = by_layer[step.layer];
        const double asked = step.residual.square().sum().item<double>();
        sum.layer = step.layer;
        sum.whole += asked / (step.share * step.share);
        sum.asked += asked;
        sum.missed += step.solution.memorization;
    }
    std::vector<LayerResidual> residuals;
    for (const auto& [layer, sum] : by_layer)
        residuals.push_back({.layer = layer,
                             .whole = std::sqrt(sum.whole),
                             .asked = std::sqrt(sum.asked),
                             .missed = std::sqrt(sum.missed)});
    return residuals;
}

std::map<int, double> residual_shares(const std::vector<LayerResidual>& residuals, bool own_values) {
    double all = residuals.empty() ? 0 : residuals.front().whole;
    if (own_values) {
        all = 0;
        for (const LayerResidual& residual : residuals)
            all += residual.whole;
    }
    std::map<int, double> shares;
    for (std::size_t i = 0; i < residuals.size(); ++i) {
        const bool read_again = !own_values && i + 1 < residuals.size();
        const double left = read_again ? residuals[i + 1].whole : residuals[i].missed;
        shares[residuals[i].layer] = all > 0 ? (residuals[i].whole - left) / all : 0;
    }
    return shares;
}

void set_residual_shares(std::vector<LayerReport>& reports, const std::map<int, double>& shares) {
    for (LayerReport& report : reports) {
        const auto found = shares.find(report.layer);
        report.residual_share = found == shares.end() ? 0 : found->second;
    }
}

std::optional<std::string> weight_warning(const std::vector<LayerReport>& reports) {
    const auto most = std::ranges::max_element(reports, {}, &LayerReport::relative_norm);
    if (most == reports.end() || !(most->relative_norm > outweighs))
        return {};
    char times[32];
    std::snprintf(times, sizeof times, most->relative_norm < 10 ? "%.1f" : "%.0f", most->relative_norm);
    const bool broken = most->relative_norm >= breaks;
    return "layer " + std::to_string(most->layer) + " was moved by " + times + " times its own norm: " +
           (broken ? "the model is likely broken, also where nothing was edited. Undo it; a"
                   : "look whether neighbours and other texts are still answered as before. A") +
           " larger softness, statistics of more text, another layer or fewer edits keep the change small";
}

} // namespace emend
