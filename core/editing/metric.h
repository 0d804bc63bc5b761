// SPDX-License-Identifier: GPL-3.0-or-later
// What an update may cost elsewhere: M = weight * (C + ridge) + norm, C the second moment of the keys that must keep
// their values, factored once (M = L L^T) and kept, so that each edit after that costs two triangular solves; or M = I
// on the null space of C alone (AlphaEdit, arXiv 2410.02355). All float64 on the processor. Immutable: may be shared
// between threads; copies share the tensors.
#pragma once

#include "model/torch_compat.h"

#include <cstdint>
#include <string>
#include <vector>

namespace emend {

// C = vectors diag(values) vectors^T, symmetric.
struct Spectrum {
    at::Tensor values;  // [dk], ascending
    at::Tensor vectors; // [dk, dk], columns
};
// Eigen-decomposition of C [dk, dk], float64 on the processor; O(dk^3), minutes above dk = 8000.
Spectrum decompose(const at::Tensor& c);
// exp of the entropy of the eigenvalues' shares: how many directions C really has, 1 to dk.
double effective_rank(const at::Tensor& eigenvalues);

class Metric {
  public:
    // M = weight * I: every direction costs the same (editing without statistics).
    static Metric identity(std::int64_t dk, double weight = 1);
    // c [dk, dk], symmetric, only the lower triangle is factored. `ridge` times the mean diagonal of C is added to its
    // diagonal. A C that is singular in float64 gets the smallest ridge of a fixed ladder that makes it sound, and a
    // warning says so. Throws Error: not square, NaN or infinite, no positive diagonal, weight or ridge not a sensible
    // number.
    static Metric factor(const at::Tensor& c, double weight, double ridge, double norm = 0);
    // From a factor of C + ridge_added that was made before (the file beside the statistics).
    static Metric from_factor(const at::Tensor& factor, double ridge_added, double weight,
                              std::vector<std::string> warnings = {});
    // M = I where C's eigenvalues are below `threshold`; no update anywhere else. Throws Error, with the smallest
    // eigenvalue, when there is no such direction.
    static Metric null_space(const Spectrum& spectrum, double threshold);
    // The same factor with another weight; factors nothing. Not for metrics with a norm of their own.
    [[nodiscard]] Metric with_weight(double weight) const;

    [[nodiscard]] std::int64_t size() const { return size_; } // d_k
    // Directions an update can use: d_k, or those of the null space.
    [[nodiscard]] std::int64_t dimensions() const { return basis_.defined() ? basis_.size(1) : size_; }
    [[nodiscard]] bool is_identity() const { return !factor_.defined() && !basis_.defined(); }
    [[nodiscard]] double weight() const { return weight_; }
    // What was added to the diagonal of C itself (before weighting): ridge * mean diagonal, norm / weight.
    [[nodiscard]] double ridge_added() const { return ridge_added_; }
    [[nodiscard]] const at::Tensor& factor() const { return factor_; } // undefined for identity and null space
    [[nodiscard]] const std::vector<std::string>& warnings() const { return warnings_; }

    // L^-1 K: keys [dk, n] -> whitened keys [dimensions, n].
    [[nodiscard]] at::Tensor whiten(const at::Tensor& keys) const;
    // X L^-1: rows [r, dimensions] of a factor for whitened keys -> rows for plain keys [r, dk].
    [[nodiscard]] at::Tensor unwhiten_rows(const at::Tensor& rows) const;
    // right C right^T [r, r] for whitened rows and right = unwhiten_rows(whitened), C alone: neither weight nor ridge.
    // Plain products for the identity. Touches no d_k x d_k matrix.
    [[nodiscard]] at::Tensor products(const at::Tensor& whitened, const at::Tensor& right) const;
    // The same for rows that are not whitened yet.
    [[nodiscard]] at::Tensor products(const at::Tensor& right) const;
    // Their trace alone: tr(D C D^T) for D = right itself.
    [[nodiscard]] double trace(const at::Tensor& whitened, const at::Tensor& right) const;
    // tr(D C D^T) = mean |D k0|^2 over the statistics' tokens, D = left [d_v, r] * right [r, dk], without forming D. C
    // alone: neither weight nor ridge. |D|_F^2 for the identity.
    [[nodiscard]] double quadratic(const at::Tensor& left, const at::Tensor& right) const;

  private:
    std::int64_t size_ = 0;
    double weight_ = 1;
    double ridge_added_ = 0;
    at::Tensor factor_;       // lower triangular, of C + ridge without the weight; undefined for the identity
    at::Tensor basis_;        // null space: [dk, m], orthonormal columns
    at::Tensor basis_values_; // C's eigenvalues along them [m]
    std::vector<std::string> warnings_;
};

// Largest over smallest eigenvalue of a symmetric positive C [dk, dk], float64; infinite when singular. Exact up to
// dk = 1024, above by power iteration (good to some percent).
double condition_number(const at::Tensor& c);

} // namespace emend
