// SPDX-License-Identifier: GPL-3.0-or-later
// The logit lens: what each layer would answer at a token, were it the last. The final norm and the head read the
// residual stream after every block. The last layer's row is the model's own answer.
#pragma once

#include "editing/ledger.h"
#include "emend/job.h"
#include "emend/trace.h"
#include "model/decoder.h"
#include "text/tokenizer.h"

namespace emend {

// The prompt's token on both states of the ledger; the weights are afterwards as they were. Throws Cancelled; Error for
// a prompt that is empty or beyond the model's positions, a token that is not in it, an empty object, a position past
// the ledger's end.
LensResult lens_states(const Decoder& decoder, const Tokenizer& tokenizer, Ledger& ledger, const LensRequest& request,
                       const JobContext& job);

} // namespace emend
