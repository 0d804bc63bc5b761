// SPDX-License-Identifier: GPL-3.0-or-later
// Which tokens of two texts differ, for marking them side by side.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace emend {

struct TokenDiff {
    std::vector<bool> first;  // true where a token of the first sequence is not in the common part
    std::vector<bool> second; // the same for the second
};

// By longest common subsequence.
[[nodiscard]] TokenDiff diff_tokens(std::span<const std::int32_t> first, std::span<const std::int32_t> second);

} // namespace emend
