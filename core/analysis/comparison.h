// SPDX-License-Identifier: GPL-3.0-or-later
// One edit seen before and after, on two states of the ledger.
#pragma once

#include "analysis/prediction.h"
#include "editing/ledger.h"
#include "emend/engine.h"

namespace emend {

// The edit's prompt, its paraphrases and its neighbours on both states; the weights are afterwards as they were. A
// paraphrase without {} is asked as it stands. Throws Error for a position past the ledger's end and as predict does.
Comparison compare_states(const Decoder& decoder, const Tokenizer& tokenizer, Ledger& ledger,
                          const ComparisonRequest& request, const JobContext& job);

} // namespace emend
