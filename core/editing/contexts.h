// SPDX-License-Identifier: GPL-3.0-or-later
// The texts an edit's prompt is put into, so that key and value do not hang on one wording (METHOD.md section 2):
// given by the recipe, or written by the model itself from a seed. Either way they end up in the recipe that is shown
// and saved.
#pragma once

#include "emend/job.h"
#include "emend/recipe.h"
#include "model/decoder.h"
#include "text/tokenizer.h"

#include <string>
#include <vector>

namespace emend {

// Contexts with `groups` filled: given groups are used as they are; else the bare prompt and, for every sample of the
// recipe, `count` texts of `length` tokens that the model writes after "The", "Therefore", "Because", "I", "You" in
// turn. grouped: the bare prompt and each sample are groups of their own (MEMIT, EMMET), else all are one group (ROME).
// The same seed and model give the same texts. Throws Error for a template without exactly one {}.
Contexts resolve_contexts(const Decoder& decoder, const Tokenizer& tokenizer, const Contexts& contexts, bool grouped,
                          const JobContext& job);

// All templates, group after group.
std::vector<std::string> flatten_contexts(const Contexts& contexts);

// Weight of every template in the key, in the order of flatten_contexts; the sum is 1. grouped: mean of the group
// means, else plain mean.
std::vector<double> context_weights(const Contexts& contexts, bool grouped);

// Generated text as a prefix: one line, no braces, no broken characters, no spaces or full stop at the end.
std::string clean_prefix(std::string_view text);

} // namespace emend
