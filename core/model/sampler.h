// SPDX-License-Identifier: GPL-3.0-or-later
// Picks the next token. Our own generator and our own order of sums: the same seed gives the same tokens on every
// machine whose logits agree.
#pragma once

#include "model/torch_compat.h"

#include <cstdint>

namespace emend {

// SplitMix64: small, seedable with anything, good enough to draw tokens.
class Random {
  public:
    explicit Random(std::uint64_t seed)
        : state_(seed) {}
    std::uint64_t next() {
        std::uint64_t z = (state_ += 0x9e3779b97f4a7c15u);
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        return z ^ (z >> 31);
    }
    double uniform() { return static_cast<double>(next() >> 11) * 0x1p-53; } // [0, 1)

  private:
    std::uint64_t state_;
};

struct Sampling {
    bool greedy = true;
    double temperature = 1;
    int top_k = 0;    // 0: all
    double top_p = 1; // smallest set of most likely tokens that holds this much
};

// logits [vocab]. Ties go to the lower id. Throws Error when a logit is NaN.
std::int32_t pick_token(const at::Tensor& logits, const Sampling& sampling, Random& random);

} // namespace emend
