// SPDX-License-Identifier: GPL-3.0-or-later
// Exports, planned and done, as people read them and as JSON.
#pragma once

#include "emend/export.h"
#include "program.h"

#include <string>

namespace emend::cli {

Json to_json(const ExportReport& report);
Json to_json(const ExportPlan& plan);
void print_export(const ExportReport& report);
void print_plan(const std::string& out, const ExportPlan& plan);

} // namespace emend::cli
