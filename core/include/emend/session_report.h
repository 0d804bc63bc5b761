// SPDX-License-Identifier: GPL-3.0-or-later
// A session as a page: model, recipe, edits with before and after, scores, charts, versions. Plain functions from
// values to texts; nothing is written here. Thread safety: no state.
#pragma once

#include "emend/session.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace emend {

struct SessionReportContents {
    SessionHead head;
    LedgerState ledger;
    std::vector<SessionEdit> edits;
    std::vector<SessionTrace> traces;
    std::vector<SessionText> texts;
    std::vector<SessionScores> scores;
    std::optional<NormHistory> norms;
    std::vector<Frontier> frontiers;   // one a batch that has one
    std::vector<std::string> notes;    // what is missing and why; shown at the end
    std::vector<std::string> versions; // "Emend 0.1.0", "LibTorch 1.13", …
};

enum class ReportFormat { html, markdown, json, csv_edits, csv_layers };
// By the ending of the file's name: .html .htm .md .json .csv (edits); unset: another one.
std::optional<ReportFormat> report_format_of(std::string_view file);
// html: one page with everything inside, light and dark, printable; charts are SVG. json: all the numbers.
std::string render_session_report(const SessionReportContents& contents, ReportFormat format);

} // namespace emend
