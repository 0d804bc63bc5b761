// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/values_json.h"

#include "emend/recipe.h"

namespace emend::report {

Json to_json(const TokenProbability& token) {
    return {{"id", token.id}, {"piece", token.piece}, {"probability", token.probability}};
}

Json to_json(const Prediction& prediction) {
    return {{"p_new", prediction.p_new},
            {"says_new", prediction.says_new},
            {"p_true", or_null(prediction.p_true)},
            {"top", list_of(prediction.top, [](const TokenProbability& token) { return to_json(token); })}};
}

Json to_json(const EditRequest& request) {
    Json json{{"subject", request.subject}, {"prompt", request.prompt}};
    if (!request.relation.empty())
        json["relation"] = request.relation;
    json["object"] = request.object;
    if (request.true_object)
        json["true_object"] = *request.true_object;
    return json;
}

void add_probes(Json& json, const EditRequest& request) {
    if (!request.paraphrases.empty())
        json["paraphrases"] = request.paraphrases;
    if (!request.neighbours.empty())
        json["neighbours"] = request.neighbours;
}

Json to_json(const EditOutcome& outcome) {
    Json json = to_json(outcome.request);
    json["before"] = to_json(outcome.before);
    json["after"] = to_json(outcome.after);
    json["loss"] = outcome.loss;
    json["stopped_early"] = outcome.stopped_early;
    json["clamped"] = outcome.clamped;
    json["value_kept"] = outcome.value_kept;
    return json;
}

Json to_json(const std::vector<LayerReport>& layers) {
    return list_of(layers, [](const LayerReport& layer) {
        return Json{{"layer", layer.layer},
                    {"update_norm", layer.update_norm},
                    {"weight_norm", layer.weight_norm},
                    {"relative_norm", layer.relative_norm},
                    {"rank", layer.rank},
                    {"dimensions", layer.dimensions},
                    {"condition", layer.condition},
                    {"preservation", layer.preservation},
                    {"memorization", layer.memorization},
                    {"residual_share", layer.residual_share}};
    });
}

Json to_json(const std::vector<EditConflict>& conflicts) {
    return list_of(conflicts, [](const EditConflict& conflict) {
        return Json{{"first", conflict.first},
                    {"second", conflict.second},
                    {"same_subject", conflict.same_subject},
                    {"cosine", conflict.cosine}};
    });
}

Json to_json(const EditSeconds& seconds) {
    return {{"contexts", seconds.contexts}, {"statistics", seconds.statistics}, {"values", seconds.values},
            {"keys", seconds.keys},         {"solve", seconds.solve},           {"total", seconds.total}};
}

Json to_json(const Recipe& recipe) {
    return Json::parse(recipe_to_json(recipe));
}

Json to_json(const Scores& scores) {
    return {{"efficacy", or_null(scores.efficacy)},
            {"paraphrase", or_null(scores.paraphrase)},
            {"neighbourhood", or_null(scores.neighbourhood)},
            {"score", or_null(scores.score)}};
}

Json to_json(const FrontierPoint& point) {
    return {{"softness", point.softness},
            {"preservation", point.preservation},
            {"memorization", point.memorization},
            {"update_norm", point.update_norm}};
}

std::string text_of(const Json& json) {
    return json.dump(2, ' ', false, Json::error_handler_t::replace);
}

} // namespace emend::report
