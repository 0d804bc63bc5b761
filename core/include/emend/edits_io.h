// SPDX-License-Identifier: GPL-3.0-or-later
// Edits from files: CounterFact, zsRE and EasyEdit JSON, our own records, CSV (CLI.md, "edits"). The kind is
// recognised.
#pragma once

#include "emend/edit.h"

#include <string>
#include <string_view>
#include <vector>

namespace emend {

struct EditsFile {
    struct Problem {
        int index = 0;      // of the record, from 0
        std::string reason; // "no subject"
    };
    std::vector<EditRequest> edits;
    std::vector<Problem> problems; // records that were passed over; the others came in
    std::string kind;              // "CounterFact", "CSV", … as recognised
};

// Throws Error when the text as a whole cannot be read (no such file, not JSON, no header, nothing recognised).
EditsFile read_edits_file(const std::string& path);
EditsFile parse_edits(std::string_view text, const std::string& where);

} // namespace emend
