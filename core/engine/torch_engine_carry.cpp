// SPDX-License-Identifier: GPL-3.0-or-later
// Taking edits along: batches as records, and the history put back from them.
#include "emend/error.h"
#include "engine/torch_engine.h"

namespace emend {

LedgerState TorchEngine::annotate(std::uint64_t, const std::string&, const std::string&) {
    throw Error("not there yet");
}
BatchRecord TorchEngine::record(std::uint64_t) const {
    throw Error("not there yet");
}
LedgerState TorchEngine::restore(const std::vector<BatchRecord>&, std::size_t, const JobContext&) {
    throw Error("not there yet");
}
std::string TorchEngine::edited_hash(const JobContext&) const {
    throw Error("not there yet");
}
ExportPlan TorchEngine::plan_export(const ExportRequest&, const JobContext&) {
    throw Error("not there yet");
}
ExportReport TorchEngine::export_edits(const ExportRequest&, const JobContext&) {
    throw Error("not there yet");
}
LedgerState TorchEngine::import_delta(const std::string&, bool, const JobContext&) {
    throw Error("not there yet");
}

} // namespace emend
