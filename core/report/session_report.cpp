// SPDX-License-Identifier: GPL-3.0-or-later
#include "emend/session_report.h"

#include "report/formats.h"

#include <algorithm>
#include <cctype>

namespace emend {

std::optional<ReportFormat> report_format_of(std::string_view file) {
    const std::size_t dot = file.rfind('.');
    std::string ending(dot == std::string_view::npos ? std::string_view() : file.substr(dot + 1));
    std::ranges::transform(ending, ending.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    if (ending == "html" || ending == "htm")
        return ReportFormat::html;
    if (ending == "md")
        return ReportFormat::markdown;
    if (ending == "json")
        return ReportFormat::json;
    if (ending == "csv")
        return ReportFormat::csv_edits;
    return std::nullopt;
}

std::string render_session_report(const SessionReportContents& contents, ReportFormat format) {
    switch (format) {
    case ReportFormat::html:
        return report::html(contents);
    case ReportFormat::markdown:
        return report::markdown(contents);
    case ReportFormat::json:
        return report::json(contents);
    case ReportFormat::csv_edits:
        return report::csv_of_edits(contents);
    case ReportFormat::csv_layers:
        break;
    }
    return report::csv_of_layers(contents);
}

} // namespace emend
