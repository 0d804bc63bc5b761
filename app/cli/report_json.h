// SPDX-License-Identifier: GPL-3.0-or-later
// Results as JSON, with the keys of the command line's contract.
#pragma once

#include "emend/engine.h"
#include "program.h"
#include "report/values_json.h"

namespace emend::cli {

using report::to_json; // of an edit's parts, as reports of sessions have them

Json to_json(const ModelInfo& info);
Json to_json(const EditReport& report);
Json to_json(const EditReport& report, const Diagnosis& diagnosis); // of one of its edits
Json to_json(const NormHistory& history);                           // [{position, layer, update_norm, relative_norm}]
// layer, update_norm, relative_norm: all applied batches together. What a single solve tells beside these adds up to
// nothing over several.
Json total_layers_json(const NormHistory& history);
Json to_json(const StatisticsReport& report);
Json to_json(const GenerationResult& result);
// {prompt, before: {…}, after: {…}}
Json to_json(const Comparison::Row& row);

// What a row of a comparison shows: a paraphrase is turned when every token of the new object is the likeliest after
// the edit, a neighbour is unchanged when its answer is the same as before.
bool turned(const Comparison::Row& row);
bool unchanged(const Comparison::Row& row);
// Edits whose whole object is what the model now says.
std::size_t holding(const EditReport& report);

} // namespace emend::cli
