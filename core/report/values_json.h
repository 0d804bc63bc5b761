// SPDX-License-Identifier: GPL-3.0-or-later
// Edits and what came of them as JSON: one form for reports and for the command line, whose keys are a contract. What
// is not a number is null. Plain functions.
#pragma once

#include "emend/report.h"
#include "emend/scores.h"

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace emend::report {

using Json = nlohmann::ordered_json;

template<class Value>
Json or_null(const std::optional<Value>& value) {
    return value ? Json(*value) : Json();
}

template<class List, class Write>
Json list_of(const List& list, Write write) {
    Json out = Json::array();
    for (const auto& one : list)
        out.push_back(write(one));
    return out;
}

Json to_json(const TokenProbability& token);
Json to_json(const Prediction& prediction);
// What is asked, without the texts that only test it.
Json to_json(const EditRequest& request);
// Its paraphrases and neighbours, where it has some.
void add_probes(Json& json, const EditRequest& request);
Json to_json(const EditOutcome& outcome); // its request, without probes, and what came of it
Json to_json(const std::vector<LayerReport>& layers);
Json to_json(const std::vector<EditConflict>& conflicts);
Json to_json(const EditSeconds& seconds);
Json to_json(const Recipe& recipe);
Json to_json(const Scores& scores);
Json to_json(const FrontierPoint& point);

// As text; bytes that are not UTF-8 are replaced.
std::string text_of(const Json& json);

} // namespace emend::report
