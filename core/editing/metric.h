// SPDX-License-Identifier: GPL-3.0-or-later
// What an update may cost elsewhere: M = weight * (C + ridge), C the second moment of the keys that must keep their
// values, factored once (M = L L^T) and kept, so that each edit after that costs two triangular solves. All float64 on
// the processor. Immutable: may be shared between threads; copies share the tensors.
#pragma once

#include "model/torch_compat.h"

#include <cstdint>
#include <string>
#include <vector>

namespace emend {

class Metric {
  public:
    // M = weight * I: every direction costs the same (editing without statistics).
    static Metric identity(std::int64_t dk, double weight = 1);
    // c [dk, dk], symmetric, only the lower triangle is factored. `ridge` times the mean diagonal of C is added to its
    // diagonal. A C that is singular in float64 gets the smallest ridge of a fixed ladder that makes it sound, and a
    // warning says so. Throws Error: not square, NaN or infinite, no positive diagonal, weight or ridge not a sensible
    // number.
    static Metric factor(const at::Tensor& c, double weight, double ridge);
    // The same C and ridge with another weight; factors nothing.
    [[nodiscard]] Metric with_weight(double weight) const;

    [[nodiscard]] std::int64_t size() const { return size_; } // d_k
    [[nodiscard]] bool is_identity() const { return !factor_.defined(); }
    [[nodiscard]] double weight() const { return weight_; }
    // What was added to the diagonal of C itself (before weighting): ridge * mean diagonal.
    [[nodiscard]] double ridge_added() const { return ridge_added_; }
    [[nodiscard]] const std::vector<std::string>& warnings() const { return warnings_; }

    // L^-1 K: keys [dk, n] -> whitened keys [dk, n].
    [[nodiscard]] at::Tensor whiten(const at::Tensor& keys) const;
    // X L^-1: rows [r, dk] of a factor for whitened keys -> rows for plain keys.
    [[nodiscard]] at::Tensor unwhiten_rows(const at::Tensor& rows) const;
    // tr(D C D^T) = mean |D k0|^2 over the statistics' tokens, D = left [d_v, r] * right [r, dk], without forming D. C
    // alone: neither weight nor ridge. |D|_F^2 for the identity.
    [[nodiscard]] double quadratic(const at::Tensor& left, const at::Tensor& right) const;

  private:
    std::int64_t size_ = 0;
    double weight_ = 1;
    double ridge_added_ = 0;
    at::Tensor factor_; // lower triangular, of C + ridge without the weight; undefined for the identity
    std::vector<std::string> warnings_;
};

// Largest over smallest eigenvalue of a symmetric positive C [dk, dk], float64; infinite when singular. Exact up to
// dk = 1024, above by power iteration (good to some percent).
double condition_number(const at::Tensor& c);

} // namespace emend
