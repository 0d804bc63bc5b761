// SPDX-License-Identifier: GPL-3.0-or-later
#include "fake_engine.h"

#include "emend/error.h"

namespace emend::test {

NormHistory FakeEngine::norm_history(const JobContext&) {
    throw Error("not there yet", {}, {});
}

Frontier FakeEngine::frontier_of(const FrontierRequest&, const JobContext&) {
    throw Error("not there yet", {}, {});
}

} // namespace emend::test
