// SPDX-License-Identifier: GPL-3.0-or-later
// The low-rank change alone, exact, as one safetensors file (README.md here), and back.
#pragma once

#include "emend/job.h"
#include "engine/export_json.h"
#include "engine/export_parts.h"

#include <filesystem>
#include <string>
#include <vector>

namespace emend {

// The file that is meant by a request: itself, or delta.safetensors in the folder that it names.
std::filesystem::path delta_file(const ExportJob& job);

void plan_delta(const ExportJob& job, ExportPlan& plan);
void write_delta(const ExportJob& job, ExportReport& report, const JobContext& context);

// What is in a delta file.
struct DeltaBatch {
    DescribedBatch described;
    std::vector<LayerUpdate> updates; // in the order of writing
};
// Throws Error: not such a file, of another model (unless force), damaged.
std::vector<DeltaBatch> read_delta(const std::filesystem::path& file, const ModelInfo& model, bool force,
                                   const JobContext& context);

} // namespace emend
