// SPDX-License-Identifier: GPL-3.0-or-later
// The one sum that the weights of a ledger state are made by. Matrix libraries add in an order that depends on machine
// and threads; this one does not, so that a state has the same bits everywhere. Plain memory, no LibTorch.
#pragma once

#include <cstdint>

namespace emend {

// target [rows, cols] += left [rows, rank] * right [rank, cols], all row-major and float64. Each entry is summed in the
// order of the rank, rounded after every product and every sum; zeros in `left` are passed over. `threads`: how many
// may help when it is worth it; the bits do not depend on it.
void add_product(double* target, const double* left, const double* right, std::int64_t rows, std::int64_t rank,
                 std::int64_t cols, int threads = 1);

} // namespace emend
