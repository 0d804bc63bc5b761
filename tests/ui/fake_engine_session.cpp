// SPDX-License-Identifier: GPL-3.0-or-later
// Sessions and exports without a model.
#include "emend/error.h"
#include "fake_engine.h"

namespace emend::test {

LedgerState FakeEngine::annotate(std::uint64_t, const std::string&, const std::string&) {
    throw Error("not there yet");
}
BatchRecord FakeEngine::record(std::uint64_t) const {
    throw Error("not there yet");
}
LedgerState FakeEngine::restore(const std::vector<BatchRecord>&, std::size_t, const JobContext&) {
    throw Error("not there yet");
}
std::string FakeEngine::edited_hash(const JobContext&) const {
    throw Error("not there yet");
}
ExportPlan FakeEngine::plan_export(const ExportRequest&, const JobContext&) {
    throw Error("not there yet");
}
ExportReport FakeEngine::export_edits(const ExportRequest&, const JobContext&) {
    throw Error("not there yet");
}
LedgerState FakeEngine::import_delta(const std::string&, bool, const JobContext&) {
    throw Error("not there yet");
}

} // namespace emend::test
