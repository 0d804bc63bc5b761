// SPDX-License-Identifier: GPL-3.0-or-later
// A whole Hugging Face folder with the edited matrices in the checkpoint's own precision and orientation. A changed
// shard is a copy of the old one with the matrices' bytes written over, so everything else in it is as it was.
#pragma once

#include "emend/job.h"
#include "engine/export_parts.h"

namespace emend {

void plan_folder(const ExportJob& job, ExportPlan& plan);
void write_folder(const ExportJob& job, ExportReport& report, const JobContext& context);

} // namespace emend
