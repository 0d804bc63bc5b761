// SPDX-License-Identifier: GPL-3.0-or-later
// How a set of edits scores, and what other recipes would do.
#include "emend/error.h"
#include "engine/torch_engine.h"
#include "engine/torch_errors.h"

namespace emend {

Scores TorchEngine::score(const std::vector<EditRequest>&, const JobContext&) {
    throw Error("not there yet", {}, {});
}

std::vector<TrialRow> TorchEngine::try_recipes(const std::vector<EditRequest>&, const std::vector<Recipe>&,
                                               const JobContext&, const std::function<void(const TrialRow&)>&) {
    throw Error("not there yet", {}, {});
}

} // namespace emend
