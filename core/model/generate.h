// SPDX-License-Identifier: GPL-3.0-or-later
// Text from a model: greedy or sampled, one token at a time, with or without a key/value cache. The same request gives
// the same tokens: the sampler is our own and seeded, and cached and uncached runs agree token for token.
#pragma once

#include "emend/engine.h"
#include "model/decoder.h"
#include "text/tokenizer.h"

#include <functional>

namespace emend {

// Continues request.prompt (request.at is the engine's business). An empty prompt starts from the end-of-text token.
// Throws Error when the prompt is longer than the model's positions; ends with "length" when they are used up.
GenerationResult generate_text(const Decoder& decoder, const Tokenizer& tokenizer, const GenerateRequest& request,
                               const JobContext& job, const std::function<void(const GeneratedToken&)>& on_token);

// Several continuations of `length` tokens each of the same prompt as one batch, sampled (top 5) with the seed; for
// contexts.
std::vector<std::vector<std::int32_t>> sample_batch(const Decoder& decoder,
                                                    const std::vector<std::vector<std::int32_t>>& prompts, int length,
                                                    std::uint64_t seed, const JobContext& job);

} // namespace emend
