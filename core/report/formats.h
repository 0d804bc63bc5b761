// SPDX-License-Identifier: GPL-3.0-or-later
// The formats of a report, a file each. Plain functions without state.
#pragma once

#include "emend/session_report.h"

#include <string>

namespace emend::report {

// XHTML that HTML readers take as well; no script, nothing from outside.
std::string html(const SessionReportContents& contents);
std::string markdown(const SessionReportContents& contents);
std::string json(const SessionReportContents& contents);
// The batch's requests as a file that `emend-cli edit --edits` reads.
std::string edits_file(const EditReport& report);
// RFC 4180, one row an edit of a batch; edits that were never applied come last, without numbers.
std::string csv_of_edits(const SessionReportContents& contents);
std::string csv_of_layers(const SessionReportContents& contents); // one row a layer of a batch

} // namespace emend::report
