// SPDX-License-Identifier: GPL-3.0-or-later
// Causal tracing (METHOD.md section 6, arXiv 2202.05262): noise on the subject's embedding takes the answer away; which
// state, put back to what it was, brings it back? Every cell gives the number that a whole run of the model for that
// cell alone would give (to rounding), in a fraction of the time: see restored_runs.h.
#pragma once

#include "emend/job.h"
#include "emend/trace.h"
#include "model/decoder.h"
#include "text/tokenizer.h"

#include <functional>

namespace emend {

struct TraceOptions {
    int cells_at_once = 0; // 0: by the size of the model and of the prompt; a cell's number is the same to rounding
};

// Traces one fact on the weights as they are; request.at is the caller's business. An object's probability is the
// product over its tokens, each read after the ones before it; a leading space is added where missing. With a noise
// file, the file says how many samples there are. The best cells come first: the subject's last token, the prompt's
// last, the rest of the subject, the tokens behind it; tokens before the subject cannot have an effect and are filled
// at once. on_cells (may be empty) hears the trace with clean and corrupted probabilities alone, then as cells become
// known, at most ten times a second, and what is there when the job is stopped. Throws Cancelled; Error for a faulty
// subject, prompt or object, a prompt beyond the model's positions, samples or window below 1, noise that is negative
// or not finite, a noise file that does not fit, an output of the model that is not a number, too little memory.
TraceResult trace_fact(const Decoder& decoder, const Tokenizer& tokenizer, const TraceRequest& request,
                       const JobContext& job, const std::function<void(const TraceResult&)>& on_cells,
                       const TraceOptions& options = {});

} // namespace emend
