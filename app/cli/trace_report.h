// SPDX-License-Identifier: GPL-3.0-or-later
// Causal traces as JSON, as CSV and as people read them in a terminal.
#pragma once

#include "emend/trace.h"
#include "program.h"

#include <string>
#include <vector>

namespace emend::cli {

// The cell of the subject's tokens that brings the first object back best. token -1: none does.
struct TracePeak {
    int token = -1;
    int layer = -1;
    double effect = 0;
};
TracePeak peak_of(const TraceResult& trace);

// The top-level clean, corrupted and effect are those of the first object. effect of one fact: probability with the
// state put back; indirect_effect of averages and suggestions: that less the corrupted one. What was not run is null.
Json to_json(const TraceResult& trace);
Json to_json(const TraceAverage& average);
Json to_json(const LayerSuggestion& suggestion);

// A row a cell: object, kind, window, token, piece, role, layer, clean, corrupted, effect.
std::string trace_csv(const TraceResult& trace);
// A row a role and layer: role, kind, window, facts, layer, indirect_effect, spread.
std::string trace_csv(const TraceAverage& average);

// A small map: tokens down, layers across, five shades from the least to the largest number of all objects. Below,
// where the fact is kept and which layers to edit.
void print_trace(const TraceResult& trace, const LayerSuggestion& suggestion);
void print_trace(const TraceAverage& average, const LayerSuggestion& suggestion);

// The logit lens: what each layer would answer at a token. objects: those that are followed, none to two. compared: with
// the other weights of `lens`, too.
Json lens_json(const LensResult& lens, const std::vector<std::string>& objects, bool compared);
void print_lens(const LensResult& lens, const std::vector<std::string>& objects, bool compared);

} // namespace emend::cli
