// SPDX-License-Identifier: GPL-3.0-or-later
// Where the demo model looks a fact up: the average indirect effect of hidden states (Meng et al., arXiv 2202.05262),
// by layer and by the role of the token. To show that the early site is there.
#pragma once

#include "network.h"
#include "vocabulary.h"
#include "world.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace emend::demo {

enum class TokenRole { first_subject, middle_subject, last_subject, first_after, last_token };
inline constexpr std::size_t kTokenRoles = 5;
inline constexpr std::array<std::string_view, kTokenRoles> kTokenRoleNames = {
    "first subject token", "middle subject token", "last subject token", "first token after", "last token"};

struct TraceSummary {
    std::size_t facts = 0;
    double clean = 0;                                    // mean probability of the object
    double corrupted = 0;                                // the same with noise on the subject
    std::vector<std::array<double, kTokenRoles>> effect; // per layer: restored minus corrupted
};

// Over up to `facts` facts that the model knows and whose object is one token and subject two or more.
[[nodiscard]] TraceSummary trace_facts(const Network& network, const Vocabulary& vocabulary, const World& world,
                                       std::size_t facts, std::uint64_t seed);

} // namespace emend::demo
