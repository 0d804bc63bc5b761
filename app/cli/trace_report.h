// SPDX-License-Identifier: GPL-3.0-or-later
// Causal traces as JSON, as CSV and as people read them in a terminal.
#pragma once

#include "emend/trace.h"
#include "program.h"

#include <string>

namespace emend::cli {

// The cell of the subject's tokens that brings the first object back best. token -1: none does.
struct TracePeak {
    int token = -1;
    int layer = -1;
    double effect = 0;
};
TracePeak peak_of(const TraceResult& trace);

// The top-level clean, corrupted and effect are those of the first object. What was not run is null.
Json to_json(const TraceResult& trace);
Json to_json(const TraceAverage& average);
Json to_json(const LayerSuggestion& suggestion);

// A row a cell: object, kind, window, token, piece, role, layer, clean, corrupted, effect.
std::string trace_csv(const TraceResult& trace);
// A row a role and layer: role, kind, window, facts, layer, mean, spread.
std::string trace_csv(const TraceAverage& average);

// A small map: tokens down, layers across, five shades from the least to the largest number.
void print_trace(const TraceResult& trace);
void print_trace(const TraceAverage& average);

} // namespace emend::cli
