// SPDX-License-Identifier: GPL-3.0-or-later
// Which tokens of two generations differ.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

namespace emend {

// For each side, true where the token is not part of the longest common subsequence of both.
std::pair<std::vector<bool>, std::vector<bool>> token_difference(const std::vector<std::int32_t>& before,
                                                                 const std::vector<std::int32_t>& after);

} // namespace emend
