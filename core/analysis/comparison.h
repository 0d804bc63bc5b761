// SPDX-License-Identifier: GPL-3.0-or-later
// One edit seen before and after, on two states of the ledger.
#pragma once

#include "analysis/prediction.h"
#include "editing/ledger.h"
#include "emend/engine.h"

#include <vector>

namespace emend {

struct EditQuery {
    Comparison::Row::Kind kind;
    PredictionQuery query;
};
// All that is asked about an edit: its own prompt, then its paraphrases, then its neighbours. What has no {} is asked
// as it stands.
std::vector<EditQuery> queries_of(const EditRequest& edit);

// The answers on both states; the weights are afterwards as they were. Throws Error for a position past the ledger's
// end and as predict does.
Comparison compare_states(const Decoder& decoder, const Tokenizer& tokenizer, Ledger& ledger,
                          const ComparisonRequest& request, const JobContext& job);

} // namespace emend
