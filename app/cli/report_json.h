// SPDX-License-Identifier: GPL-3.0-or-later
// Results as JSON, with the keys of the command line's contract.
#pragma once

#include "emend/engine.h"
#include "program.h"

namespace emend::cli {

Json to_json(const ModelInfo& info);
Json to_json(const TokenProbability& token);
Json to_json(const Prediction& prediction);
Json to_json(const EditReport& report);
Json to_json(const StatisticsReport& report);
Json to_json(const GenerationResult& result);
// {prompt, before: {…}, after: {…}}
Json to_json(const Comparison::Row& row);

// What a row of a comparison shows: a paraphrase is turned when the new object's first token leads after the edit, a
// neighbour is unchanged when its answer is the same as before.
bool turned(const Comparison::Row& row, const EditRequest& edit);
bool unchanged(const Comparison::Row& row);
// Whether a token piece begins the object: " Ro" and " Rome" do for "Rome".
bool begins_object(const std::string& piece, const std::string& object);

} // namespace emend::cli
