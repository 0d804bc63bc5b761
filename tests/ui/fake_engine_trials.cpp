// SPDX-License-Identifier: GPL-3.0-or-later
#include "fake_engine.h"

#include "emend/error.h"

namespace emend::test {

Diagnosis FakeEngine::diagnose(std::uint64_t, std::size_t, const JobContext&) {
    throw Error("not there yet", {}, {});
}

Scores FakeEngine::score(const std::vector<EditRequest>&, const JobContext&) {
    throw Error("not there yet", {}, {});
}

std::vector<TrialRow> FakeEngine::try_recipes(const std::vector<EditRequest>&, const std::vector<Recipe>&,
                                              const JobContext&, const std::function<void(const TrialRow&)>&) {
    throw Error("not there yet", {}, {});
}

} // namespace emend::test
