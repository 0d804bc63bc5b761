// SPDX-License-Identifier: GPL-3.0-or-later
// Systems of random size for the closed form, and the straightforward linear algebra to compare it with.
#pragma once

#include "editing/closed_form.h"

#include <cstdint>

namespace emend::test {

inline double error_of(const at::Tensor& value, const at::Tensor& reference) {
    return ((value - reference).norm() / reference.norm()).item<double>();
}

// A problem of random size with a C whose condition is that of real statistics.
struct Problem {
    at::Tensor c, keys, residual;
};

inline Problem random_problem(int seed, std::int64_t dv, std::int64_t dk, std::int64_t n) {
    at::manual_seed(static_cast<std::uint64_t>(seed));
    const at::Tensor scale = at::exp(at::linspace(0, -3, dk, at::kDouble)).unsqueeze(0);
    const at::Tensor seen = at::randn({4 * dk + 8, dk}, at::kDouble) * scale;
    return {.c = at::matmul(seen.t(), seen) / static_cast<double>(seen.size(0)),
            .keys = (at::randn({n, dk}, at::kDouble) * scale).t().contiguous(),
            .residual = at::randn({dv, n}, at::kDouble)};
}

// X A^-1 by elimination: no whitening, nothing shared with what is tested.
inline at::Tensor right_divide(const at::Tensor& x, const at::Tensor& a) {
    return at::linalg_solve(a.t().contiguous(), x.t().contiguous()).t();
}

inline double trace_of(const at::Tensor& d, const at::Tensor& c) {
    return (at::matmul(d, c) * d).sum().item<double>();
}

inline at::Tensor product(const Solution& solution) {
    return at::matmul(solution.left, solution.right);
}

} // namespace emend::test
