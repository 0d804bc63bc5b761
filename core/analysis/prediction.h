// SPDX-License-Identifier: GPL-3.0-or-later
// What the model says after a prompt: its most likely next tokens, and how likely given objects are. Many prompts run
// as few batches. Reads the weights as they are.
#pragma once

#include "emend/edit.h"
#include "emend/job.h"
#include "model/decoder.h"
#include "text/tokenizer.h"

#include <optional>
#include <string>
#include <vector>

namespace emend {

inline constexpr int shown_answers = 5; // next tokens, where nobody says how many

struct PredictionQuery {
    std::string prompt; // subject filled in
    std::string object; // new object; empty: p_new stays 0
    std::optional<std::string> true_object;
};

// One answer per query, in order. p_new and p_true are the product of the object's token probabilities, each token read
// after the ones before it; a leading space is added to objects that have none. top: how many next tokens; 0 saves
// asking for them. Throws Error naming the prompt when it is empty or longer than the model's positions.
std::vector<Prediction> predict(const Decoder& decoder, const Tokenizer& tokenizer,
                                const std::vector<PredictionQuery>& queries, int top, const JobContext& job);

// Throws as predict would, without running anything.
void check_queries(const Decoder& decoder, const Tokenizer& tokenizer, const std::vector<PredictionQuery>& queries);

// The query that asks an edit's own prompt.
PredictionQuery query_of(const EditRequest& request);

// The k most likely of logits [vocab], best first, ties to the lower id.
std::vector<TokenProbability> most_likely(const at::Tensor& logits, const Tokenizer& tokenizer, int k);

} // namespace emend
