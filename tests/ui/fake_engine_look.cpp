// SPDX-License-Identifier: GPL-3.0-or-later
#include "fake_engine.h"

#include "emend/error.h"

namespace emend::test {

TraceResult FakeEngine::trace(const TraceRequest&, const JobContext&, const std::function<void(const TraceResult&)>&) {
    throw Error("not there yet", {}, {});
}

LensResult FakeEngine::lens(const LensRequest&, const JobContext&) {
    throw Error("not there yet", {}, {});
}

} // namespace emend::test
