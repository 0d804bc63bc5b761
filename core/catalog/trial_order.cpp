// SPDX-License-Identifier: GPL-3.0-or-later
#include "emend/trial_order.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <tuple>

namespace emend {

namespace {

double merit(const Scores& scores) {
    if (scores.score)
        return *scores.score;
    double sum = 0;
    int known = 0;
    for (const auto& one : {scores.efficacy, scores.paraphrase, scores.neighbourhood}) {
        sum += one.value_or(0);
        known += one ? 1 : 0;
    }
    return known > 0 ? sum / known : 0;
}

// Not a number compares with nothing: it comes last.
double or_worst(double harm) {
    return std::isnan(harm) ? std::numeric_limits<double>::infinity() : harm;
}

} // namespace

std::vector<std::size_t> best_first(const std::vector<TrialRow>& rows) {
    const bool preserved = std::ranges::all_of(
        rows, [](const TrialRow& row) { return !row.problem.empty() || std::isfinite(row.preservation); });
    const auto key = [&](std::size_t i) {
        const TrialRow& row = rows[i];
        if (!row.problem.empty())
            return std::tuple(false, 0.0, std::size_t{0}, 0.0);
        return std::tuple(true, merit(row.scores), row.held,
                          -or_worst(preserved ? row.preservation : row.relative_norm));
    };
    std::vector<std::size_t> order(rows.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) { return key(a) > key(b); });
    return order;
}

} // namespace emend
