// SPDX-License-Identifier: GPL-3.0-or-later
// Efficacy, paraphrase and neighbourhood score (METHOD.md section 7). Plain values.
#pragma once

#include <optional>

namespace emend {

// Shares in [0, 1]; unset where there was nothing to ask: no true object, no paraphrases, no neighbours.
struct Scores {
    std::optional<double> efficacy;      // P(new) > P(true) on the edits' own prompts
    std::optional<double> paraphrase;    // the same on their paraphrases
    std::optional<double> neighbourhood; // P(true) > P(new) on prompts about others
    std::optional<double> score;         // harmonic mean of all three; never of fewer
};

} // namespace emend
