// SPDX-License-Identifier: GPL-3.0-or-later
// The system of one layer taken apart once, so that every softness is known without solving again (METHOD.md section
// 1): whitened keys Kw = U S V^T give D(mu) = (R V) diag(s^1/2 / (s + mu)) (U^T L^-1), s = S^2. Immutable plain data,
// float64 on the processor; copies share the tensors.
#pragma once

#include "editing/metric.h"

#include <cstdint>

namespace emend {

struct Decomposition {
    at::Tensor spectrum;  // s [p], descending; 0 where rounding is all there is. Undefined: not known
    at::Tensor gain;      // [p]: what multiplies left_i right_i is gain / (spectrum + mu)
    at::Tensor left;      // R V [d_v, p]
    at::Tensor right;     // U^T L^-1 [p, d_k]
    at::Tensor preserved; // [p, p]: (left^T left) o (right C right^T); undefined without a C to speak of
    at::Tensor moved;     // [p, p]: (left^T left) o (right right^T)
    at::Tensor asked;     // |left_i|^2 [p], what the residual asks for along each direction
    at::Tensor vanishing; // [n]: how much of each key is in combinations of keys that vanish; undefined: none do
    at::Tensor written; // [p, p]: (left^T left) o (V_e^T V_e), V_e the edits' rows of V; undefined without earlier keys
    double residual = 0;    // |R|^2
    double unreachable = 0; // |R|^2 outside their span (more keys than dimensions)

    [[nodiscard]] bool known() const { return spectrum.defined(); }
    // [p]: gain / (spectrum + mu), 0 in directions that are nothing but rounding.
    [[nodiscard]] at::Tensor factors(double mu) const;
    // D(mu) = left_at(mu) * right.
    [[nodiscard]] at::Tensor left_at(double mu) const;
    [[nodiscard]] double preservation(double mu) const; // tr(D C D^T), C as in the statistics; |D|^2 for the identity
    [[nodiscard]] double memorization(double mu) const; // |R - D K|_F^2, of the edits alone
    // |R / share - D K|^2, likewise: of a residual that R is the share of.
    [[nodiscard]] double left_of_whole(double mu, double share) const;
    [[nodiscard]] double update_norm(double mu) const; // |D|_F
    [[nodiscard]] std::uint64_t bytes() const;
};

// keys [d_k, n], residual [d_v, n], float64 on the processor; sizes that fit. The first `edits` columns are edits, the
// others keys of earlier ones. O(min(d, n)^2 max(d, n)) by singular
// values. Throws Error when every key is zero.
Decomposition decompose_system(const Metric& metric, const at::Tensor& keys, const at::Tensor& residual,
                               std::int64_t edits);

} // namespace emend
