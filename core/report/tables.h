// SPDX-License-Identifier: GPL-3.0-or-later
// The tables of a report, before any format: columns, and cells as they are read. Plain values.
#pragma once

#include "emend/session_report.h"

#include <string>
#include <vector>

namespace emend::report {

struct Table {
    // lines: short texts, one a line. verdict: "held", or "not held".
    enum class Kind { text, lines, number, verdict };
    struct Column {
        std::string name;
        Kind kind = Kind::text;
    };
    std::vector<Column> columns;
    std::vector<std::vector<std::string>> rows;
};

// Two columns, what and how much.
Table model_facts(const SessionReportContents& contents);
Table edits_table(const SessionReportContents& contents, const LedgerEntry& batch); // notes where there are any
Table layers_table(const EditReport& report);
Table scores_table(const SessionScores& scores);
Table norms_table(const NormHistory& norms);                  // a row a batch, a column a layer: |W - W0| / |W0|
Table frontier_table(const Frontier& frontier);               // all layers together
Table drafts_table(const std::vector<SessionEdit>& edits);    // that no batch has applied
std::vector<std::string> conflicts(const EditReport& report); // a sentence each

} // namespace emend::report
