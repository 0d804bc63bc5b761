// SPDX-License-Identifier: GPL-3.0-or-later
// An adapter in PEFT's layout: all updates of a layer as one product B A with scaling 1, so that whoever loads it gets
// the edited model. Exact up to F32 unless a smaller rank is asked for; then the best one of that rank.
#pragma once

#include "emend/job.h"
#include "engine/export_parts.h"

namespace emend {

void plan_lora(const ExportJob& job, ExportPlan& plan);
void write_lora(const ExportJob& job, ExportReport& report, const JobContext& context);

} // namespace emend
