// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/utf8.h"
#include "session/json_values.h"
#include "session/stored_values.h"

namespace emend {

using namespace stored;

namespace {

Json put(const EditOutcome& outcome) {
    return {{"request", stored::put(outcome.request)}, {"before", stored::put(outcome.before)},
            {"after", stored::put(outcome.after)},     {"loss", stored::put(outcome.loss)},
            {"stopped_early", outcome.stopped_early},  {"clamped", outcome.clamped},
            {"value_kept", outcome.value_kept}};
}

EditOutcome outcome(const Json& value) {
    return {.request = request(member(value, "request")),
            .before = prediction(member(value, "before")),
            .after = prediction(member(value, "after")),
            .loss = numbers(member(value, "loss")),
            .stopped_early = truth(member(value, "stopped_early")),
            .clamped = truth(member(value, "clamped")),
            .value_kept = truth(member(value, "value_kept"))};
}

Json put(const LayerReport& layer) {
    return {{"layer", layer.layer},
            {"update_norm", stored::put(layer.update_norm)},
            {"weight_norm", stored::put(layer.weight_norm)},
            {"relative_norm", stored::put(layer.relative_norm)},
            {"rank", layer.rank},
            {"dimensions", layer.dimensions},
            {"condition", stored::put(layer.condition)},
            {"preservation", stored::put(layer.preservation)},
            {"memorization", stored::put(layer.memorization)},
            {"residual_share", stored::put(layer.residual_share)}};
}

LayerReport layer_report(const Json& value) {
    return {.layer = whole<int>(member(value, "layer")),
            .update_norm = number(member(value, "update_norm")),
            .weight_norm = number(member(value, "weight_norm")),
            .relative_norm = number(member(value, "relative_norm")),
            .rank = whole<int>(member(value, "rank")),
            .dimensions = whole<int>(member(value, "dimensions")),
            .condition = number(member(value, "condition")),
            .preservation = number(member(value, "preservation")),
            .memorization = number(member(value, "memorization")),
            .residual_share = number(member(value, "residual_share"))};
}

Json put(const EditSeconds& seconds) {
    return {{"contexts", stored::put(seconds.contexts)}, {"statistics", stored::put(seconds.statistics)},
            {"values", stored::put(seconds.values)},     {"keys", stored::put(seconds.keys)},
            {"solve", stored::put(seconds.solve)},       {"total", stored::put(seconds.total)}};
}

EditSeconds edit_seconds(const Json& value) {
    return {.contexts = number(member(value, "contexts")),
            .statistics = number(member(value, "statistics")),
            .values = number(member(value, "values")),
            .keys = number(member(value, "keys")),
            .solve = number(member(value, "solve")),
            .total = number(member(value, "total"))};
}

Json put(const EditConflict& conflict) {
    return {{"first", conflict.first},
            {"second", conflict.second},
            {"same_subject", conflict.same_subject},
            {"cosine", stored::put(conflict.cosine)}};
}

EditConflict conflict(const Json& value) {
    return {.first = whole<std::size_t>(member(value, "first")),
            .second = whole<std::size_t>(member(value, "second")),
            .same_subject = truth(member(value, "same_subject")),
            .cosine = number(member(value, "cosine"))};
}

bool all_utf8(const Recipe& recipe) {
    for (const auto& group : recipe.contexts.groups)
        for (const std::string& context : group)
            if (!is_valid_utf8(context))
                return false;
    return is_valid_utf8(recipe.corpus) && is_valid_utf8(recipe.statistics_file);
}

// A recipe as people know it. Texts that its JSON cannot hold (a path of another encoding) stand beside it.
void put(Json& json, const Recipe& recipe) {
    json["recipe"] = parsed(recipe_to_json(recipe, -1));
    if (all_utf8(recipe))
        return;
    Json groups = Json::array();
    for (const auto& group : recipe.contexts.groups)
        groups.push_back(stored::put(group));
    json["recipe_texts"] = {{"corpus", stored::put(recipe.corpus)},
                            {"statistics_file", stored::put(recipe.statistics_file)},
                            {"contexts", std::move(groups)}};
}

Recipe recipe_of(const Json& json) {
    Recipe recipe = recipe_from_json(written(member(json, "recipe")), {}, "recipe of the session");
    const auto exact = json.find("recipe_texts");
    if (exact == json.end())
        return recipe;
    recipe.corpus = text(member(*exact, "corpus"));
    recipe.statistics_file = text(member(*exact, "statistics_file"));
    recipe.contexts.groups.clear();
    for (const Json& group : list(member(*exact, "contexts")))
        recipe.contexts.groups.push_back(texts(group));
    return recipe;
}

} // namespace

std::string report_to_text(const EditReport& report) {
    Json json{{"batch_id", report.batch_id}, {"edits", Json::array()},
              {"layers", Json::array()},     {"seconds", put(report.seconds)},
              {"conflicts", Json::array()},  {"warnings", stored::put(report.warnings)}};
    for (const EditOutcome& edit : report.edits)
        json["edits"].push_back(put(edit));
    for (const LayerReport& layer : report.layers)
        json["layers"].push_back(put(layer));
    for (const EditConflict& found : report.conflicts)
        json["conflicts"].push_back(put(found));
    put(json, report.recipe);
    return written(json);
}

EditReport report_from_text(std::string_view report_text) {
    const Json json = parsed(report_text);
    EditReport report;
    report.batch_id = whole<std::uint64_t>(member(json, "batch_id"));
    report.edits.reserve(list(member(json, "edits")).size());
    for (const Json& edit : json["edits"])
        report.edits.push_back(outcome(edit));
    for (const Json& layer : list(member(json, "layers")))
        report.layers.push_back(layer_report(layer));
    report.seconds = edit_seconds(member(json, "seconds"));
    report.recipe = recipe_of(json);
    for (const Json& found : list(member(json, "conflicts")))
        report.conflicts.push_back(conflict(found));
    report.warnings = texts(member(json, "warnings"));
    return report;
}

std::string request_to_text(const EditRequest& request) {
    return written(stored::put(request));
}

EditRequest request_from_text(std::string_view request_text) {
    return request(parsed(request_text));
}

} // namespace emend
