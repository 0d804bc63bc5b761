// SPDX-License-Identifier: GPL-3.0-or-later
// How many facts the model knows: the object is recalled when every one of its tokens is the most likely one.
#pragma once

#include "network.h"
#include "vocabulary.h"
#include "world.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace emend::demo {

struct Question {
    std::string prompt;
    std::string object;
};

// For each question whether the object is recalled.
[[nodiscard]] std::vector<bool> recalls(const Network& network, const Vocabulary& vocabulary,
                                        const std::vector<Question>& questions);

enum class PromptKind { trained_pair, untrained_pair, held_out };

struct RecallScore {
    std::size_t asked = 0;
    std::size_t known = 0;
    [[nodiscard]] double share() const {
        return asked == 0 ? 0.0 : static_cast<double>(known) / static_cast<double>(asked);
    }
};

struct RecallReport {
    std::map<PromptKind, RecallScore> overall;
    std::map<std::string, std::map<PromptKind, RecallScore>> by_relation;
    std::map<std::string, RecallScore> by_held_out_template; // "city: {T}{S} is situated in the city of"
};

// Asks every `stride`-th fact, starting with fact `first`: with each prompt of the kinds wanted, but at most
// `per_kind` trained and as many untrained pairs per fact.
[[nodiscard]] RecallReport measure_recall(const Network& network, const Vocabulary& vocabulary, const World& world,
                                          std::uint64_t seed, std::size_t first, std::size_t stride,
                                          std::size_t per_kind);

} // namespace emend::demo
