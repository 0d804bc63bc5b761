// SPDX-License-Identifier: GPL-3.0-or-later
// The one formula behind ROME, R-ROME, EMMET and MEMIT (METHOD.md section 1; Gupta et al., arXiv 2403.14236): ridge
// regression on whitened keys, D(mu) = R (Kw^T Kw + mu I)^-1 Kw^T L^-1, with Kw = L^-1 K and M = L L^T the metric.
// mu = 0 memorizes exactly, mu = lambda is MEMIT. Pure functions, float64 on the processor.
#pragma once

#include "editing/metric.h"

#include <optional>
#include <string>
#include <vector>

namespace emend {

// An update of one layer's matrix, D = left * right [d_v, d_k] in mathematical orientation, kept as factors.
struct LayerUpdate {
    int layer = 0;
    at::Tensor left;  // [d_v, r], float64
    at::Tensor right; // [r, d_k], float64
};

// Preservation against memorization for every softness at once, without solving again.
struct Tradeoff {
    at::Tensor spectrum;    // s, squared singular values of the whitened keys, descending [p]; undefined when not known
    at::Tensor asked;       // |R q_i|^2, what the residual asks for along each of them [p]
    double unreachable = 0; // |R|^2 outside their span (more keys than dimensions)

    [[nodiscard]] double preservation(double mu) const; // tr(D M D^T), in the metric as weighted, ridge included
    [[nodiscard]] double memorization(double mu) const; // |R - D K|_F^2
};

struct Solution {
    at::Tensor left;         // [d_v, r], r <= min(n, d_k)
    at::Tensor right;        // [r, d_k]
    Tradeoff tradeoff;       // unknown (spectrum undefined) for very large batches and for ROME with two keys
    double softness = 0;     // mu as used, alpha included
    double condition = 1;    // of Kw^T Kw + mu I, on the part that was solved
    double preservation = 0; // tr(D C D^T), C as in the statistics: neither weighted nor with ridge
    double memorization = 0; // |R - D K|_F^2, measured
    std::vector<std::int64_t> dependent; // columns of keys (from 0) that are linear combinations of each other, if any
    std::vector<std::string> warnings;   // the metric's too
};

// keys [d_k, n], residual R = V - W0 K [d_v, n]; any floating type, brought to float64. softness: mu >= 0. alpha:
// stabilisation, added to mu when n > 1 (EMMET). With mu = 0 and dependent keys: pseudo-inverse, directions below
// max(d_k, n) * epsilon of the largest singular value left out, a warning naming the columns. Throws Error: sizes that
// do not fit, NaN, negative softness, keys that are all zero.
Solution solve(const Metric& metric, const at::Tensor& keys, const at::Tensor& residual, double softness,
               std::optional<double> alpha = {});

// ROME as published, which takes the direction from one key and the divisor from another: u = M^-1 direction / |.|,
// right = u^T, left = residual / (u . divisor). With the same key twice it is solve(…, 0) for n = 1. Keys [d_k] or
// [d_k, 1], residual [d_v] or [d_v, 1] = v - W0 divisor_key. softness moves the divisor as in solve. memorization is
// measured at divisor_key. Throws Error as solve, and when the two keys are orthogonal in the metric.
Solution solve_rome(const Metric& metric, const at::Tensor& direction_key, const at::Tensor& divisor_key,
                    const at::Tensor& residual, double softness = 0);

} // namespace emend
