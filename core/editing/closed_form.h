// SPDX-License-Identifier: GPL-3.0-or-later
// The one formula behind ROME, R-ROME, EMMET, MEMIT and their kin (METHOD.md section 1; Gupta et al., arXiv
// 2403.14236): ridge regression on whitened keys, D(mu) = R (Kw^T Kw + mu I)^-1 Kw^T L^-1, with Kw = L^-1 K and M = L
// L^T the metric. mu = 0 memorizes exactly, mu = lambda is MEMIT. Pure functions, float64 on the processor.
#pragma once

#include "editing/decomposition.h"

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

// Conditions from here on leave few digits.
inline constexpr double ill_conditioned = 1e12;

struct Solution {
    at::Tensor left;         // [d_v, r], r <= min(n, d_k)
    at::Tensor right;        // [r, d_k]
    Decomposition system;    // unknown for large batches with a softness above 0, which are solved without it
    double softness = 0;     // mu as used, alpha included
    double condition = 1;    // of Kw^T Kw + mu I, on the part that was solved
    double preservation = 0; // tr(D C D^T), C as in the statistics: neither weighted nor with ridge
    double memorization = 0; // |R - D K|_F^2, measured, of the edits alone
    double disturbance = 0;  // |D Kp|_F^2, measured: what the earlier edits' keys get
    std::vector<std::int64_t> dependent; // columns of keys (from 0) that are linear combinations of each other, if any
    std::vector<std::string> warnings;   // the metric's too
};

struct SolveOptions {
    double softness = 0;         // mu >= 0
    std::optional<double> alpha; // stabilisation, added to mu when n > 1 (EMMET)
    // [d_k, m]: keys of earlier edits, asked to keep what they have: columns with a residual of zero, which is the
    // metric C + Kp Kp^T / mu of MEMIT for sequences for every mu at once. Undefined or m = 0: none.
    at::Tensor earlier_keys;
    std::vector<std::string> names; // of the edits, for warnings; empty: numbers from 1
    bool decompose = false;         // Solution::system is wanted, however large the batch
};

// keys [d_k, n], residual R = V - W0 K [d_v, n]; any floating type, brought to float64. With mu = 0 and dependent keys:
// pseudo-inverse, directions below max(d_k, n) * epsilon of the largest singular value left out, a warning naming the
// columns. Throws Error: sizes that do not fit, NaN, negative softness, keys that are all zero.
Solution solve(const Metric& metric, const at::Tensor& keys, const at::Tensor& residual, const SolveOptions& options);
inline Solution solve(const Metric& metric, const at::Tensor& keys, const at::Tensor& residual, double softness,
                      std::optional<double> alpha = {}) {
    return solve(metric, keys, residual,
                 {.softness = softness, .alpha = alpha, .earlier_keys = {}, .names = {}, .decompose = false});
}

// ROME as published, which takes the direction from one key and the divisor from another: u = M^-1 direction / |.|,
// right = u^T, left = residual / (u . divisor). With the same key twice it is solve(…, 0) for n = 1. Keys [d_k] or
// [d_k, 1], residual [d_v] or [d_v, 1] = v - W0 divisor_key. softness moves the divisor as in solve. memorization is
// measured at divisor_key. Throws Error as solve, and when the two keys are orthogonal in the metric.
Solution solve_rome(const Metric& metric, const at::Tensor& direction_key, const at::Tensor& divisor_key,
                    const at::Tensor& residual, double softness = 0);

} // namespace emend
