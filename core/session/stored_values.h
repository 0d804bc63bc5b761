// SPDX-License-Identifier: GPL-3.0-or-later
// Reports, traces, requests and scores as texts of a session file (json_values.h), and back without a bit lost.
// Reading throws Error for whatever is not as it was written.
#pragma once

#include "emend/edit.h"
#include "emend/report.h"
#include "emend/scores.h"
#include "emend/trace.h"

#include <string>
#include <string_view>

namespace emend {

std::string report_to_text(const EditReport& report);
EditReport report_from_text(std::string_view text);

std::string request_to_text(const EditRequest& request);
EditRequest request_from_text(std::string_view text);

std::string trace_request_to_text(const TraceRequest& request);
TraceRequest trace_request_from_text(std::string_view text);
std::string trace_to_text(const TraceResult& result);
TraceResult trace_from_text(std::string_view text);

std::string scores_to_text(const Scores& scores);
Scores scores_from_text(std::string_view text);

} // namespace emend
