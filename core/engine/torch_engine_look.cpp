// SPDX-License-Identifier: GPL-3.0-or-later
// Looking into the model: causal trace and logit lens.
#include "analysis/causal_trace.h"
#include "analysis/logit_lens.h"
#include "engine/torch_engine.h"
#include "engine/torch_errors.h"

namespace emend {

TraceResult TorchEngine::trace(const TraceRequest& request, const JobContext& job,
                               const std::function<void(const TraceResult&)>& on_cells) {
    return guarded("tracing", [&] {
        OpenModel& open = model();
        const AtPosition state(open.ledger, request.at);
        return trace_fact(open.decoder, open.tokenizer, request, job, on_cells);
    });
}

LensResult TorchEngine::lens(const LensRequest& request, const JobContext& job) {
    return guarded("reading the layers", [&] {
        OpenModel& open = model();
        return lens_states(open.decoder, open.tokenizer, open.ledger, request, job);
    });
}

} // namespace emend
