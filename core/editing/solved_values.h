// SPDX-License-Identifier: GPL-3.0-or-later
// Values of a batch that was solved in another run of the program, put where solving it again will look for them.
#pragma once

#include "editing/closed_form.h"
#include "editing/value_store.h"
#include "emend/report.h"
#include "text/tokenizer.h"

#include <map>
#include <string>
#include <vector>

namespace emend {

struct SolvedValues {
    const EditReport& report;                 // requests, recipe as used, losses
    const std::vector<LayerUpdate>& updates;  // as they were solved, in the order of writing
    const std::map<int, at::Tensor>& targets; // [d_v, edits] by layer of the value
    std::string base;                         // state of the ledger it was solved on
};

// model: what goes before the ledger's state in ValueScope::weights; positions: the longest text. Batches that were
// solved in several parts: each part's values belong to the state that the parts before it left. Throws Error as
// prepare_edits.
void remember_values(ValueStore& store, const std::string& model, const Tokenizer& tokenizer, int positions,
                     const SolvedValues& solved);

} // namespace emend
