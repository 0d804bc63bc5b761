// SPDX-License-Identifier: GPL-3.0-or-later
// How a set of edits does on what it is asked (METHOD.md section 7): the edits' own prompts, paraphrases, neighbours.
// Reads the weights as they are.
#pragma once

#include "analysis/comparison.h"
#include "emend/scores.h"

#include <cstddef>
#include <span>
#include <vector>

namespace emend {

// P(x) = exp(-mean NLL) of an object from the product of its tokens' probabilities.
double per_token(double product, std::size_t tokens);

// The two objects after one prompt, per token.
struct ScoredAnswer {
    Comparison::Row::Kind kind = Comparison::Row::Kind::edit;
    double p_new = 0;
    double p_true = 0;
};
Scores scores_of(std::span<const ScoredAnswer> answers);

struct Evaluation {
    Scores scores;        // of the requests that have a true object
    std::size_t held = 0; // edits whose new object the model says, of all
    double p_new = 0;     // mean over the edits: probability of the whole new object
};

// All prompts of all requests run together. Throws Error for a prompt that cannot be asked.
Evaluation evaluate_edits(const Decoder& decoder, const Tokenizer& tokenizer, const std::vector<EditRequest>& requests,
                          const JobContext& job);

// Throws as evaluate_edits would, without running anything.
void check_evaluation(const Decoder& decoder, const Tokenizer& tokenizer, const std::vector<EditRequest>& requests);

} // namespace emend
