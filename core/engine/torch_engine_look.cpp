// SPDX-License-Identifier: GPL-3.0-or-later
// Looking into the model: causal trace, logit lens, how far the layers are.
#include "emend/error.h"
#include "engine/torch_engine.h"
#include "engine/torch_errors.h"

namespace emend {

TraceResult TorchEngine::trace(const TraceRequest&, const JobContext&, const std::function<void(const TraceResult&)>&) {
    throw Error("not there yet", {}, {});
}

LensResult TorchEngine::lens(const LensRequest&, const JobContext&) {
    throw Error("not there yet", {}, {});
}

} // namespace emend
