// SPDX-License-Identifier: GPL-3.0-or-later
// Scores of edits with paraphrases and neighbours (METHOD.md section 7).
#pragma once

#include "emend/engine.h"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace emend::cli {

// Shares of prompts, 0 to 1. Unset: there is no such prompt whose true object is known.
struct Scores {
    std::optional<double> efficacy;      // edits' own prompts: the new object is likelier than the true one
    std::optional<double> paraphrase;    // the same for paraphrases
    std::optional<double> neighbourhood; // neighbours: the true object is likelier
    std::optional<double> score;         // harmonic mean of the three, only when all three are there
};

// Probabilities are compared as exp of the mean over the object's tokens. tokens: how many an object has; comparisons:
// one an edit, or none at all.
Scores score_edits(const EditReport& report, const std::vector<Comparison>& comparisons,
                   const std::function<std::size_t(const std::string&)>& tokens);

} // namespace emend::cli
