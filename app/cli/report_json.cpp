// SPDX-License-Identifier: GPL-3.0-or-later
#include "report_json.h"

#include <algorithm>

namespace emend::cli {

namespace {

// What a layer would answer: the likeliest tokens, and how likely the new object's first is.
Json to_json(const LensLayer& layer) {
    Json top = Json::array();
    for (const TokenProbability& token : layer.top)
        top.push_back(cli::to_json(token));
    return {{"top", std::move(top)}, {"p_new", layer.p_new}};
}

Json lens_json(const LensResult& lens) {
    Json rows = Json::array();
    for (std::size_t layer = 0; layer < std::min(lens.before.size(), lens.after.size()); ++layer)
        rows.push_back(
            {{"layer", layer}, {"before", to_json(lens.before[layer])}, {"after", to_json(lens.after[layer])}});
    return rows;
}

} // namespace

Json to_json(const ModelInfo& info) {
    return {{"name", info.name},
            {"path", info.path},
            {"family", info.family},
            {"layers", info.layers},
            {"d_model", info.d_model},
            {"d_mlp", info.d_mlp},
            {"heads", info.heads},
            {"kv_heads", info.kv_heads},
            {"vocab", info.vocab},
            {"positions", info.positions},
            {"parameters", info.parameters},
            {"checkpoint_dtype", info.checkpoint_dtype},
            {"dtype", info.dtype},
            {"device", info.device},
            {"bytes_on_disk", info.bytes_on_disk},
            {"bytes_needed", info.bytes_needed},
            {"bytes_available", info.bytes_available},
            {"fingerprint", info.fingerprint},
            {"editable_matrix", info.editable_matrix}};
}

Json to_json(const TokenProbability& token) {
    return {{"id", token.id}, {"piece", token.piece}, {"probability", token.probability}};
}

Json to_json(const Prediction& prediction) {
    Json top = Json::array();
    for (const TokenProbability& token : prediction.top)
        top.push_back(to_json(token));
    return {{"p_new", prediction.p_new},
            {"says_new", prediction.says_new},
            {"p_true", prediction.p_true ? Json(*prediction.p_true) : Json()},
            {"top", std::move(top)}};
}

Json to_json(const EditReport& report) {
    Json edits = Json::array();
    for (const EditOutcome& outcome : report.edits) {
        Json edit{{"subject", outcome.request.subject}, {"prompt", outcome.request.prompt}};
        if (!outcome.request.relation.empty())
            edit["relation"] = outcome.request.relation;
        edit["object"] = outcome.request.object;
        if (outcome.request.true_object)
            edit["true_object"] = *outcome.request.true_object;
        edit["before"] = to_json(outcome.before);
        edit["after"] = to_json(outcome.after);
        edit["loss"] = outcome.loss;
        edit["stopped_early"] = outcome.stopped_early;
        edit["clamped"] = outcome.clamped;
        edit["value_kept"] = outcome.value_kept;
        edits.push_back(std::move(edit));
    }
    Json conflicts = Json::array();
    for (const EditConflict& conflict : report.conflicts) {
        conflicts.push_back({{"first", conflict.first},
                             {"second", conflict.second},
                             {"same_subject", conflict.same_subject},
                             {"cosine", conflict.cosine}}); // NaN is written as null, here and everywhere
    }
    return {{"edits", std::move(edits)},
            {"holding", holding(report)},
            {"layers", to_json(report.layers)},
            {"conflicts", std::move(conflicts)},
            {"seconds",
             {{"contexts", report.seconds.contexts},
              {"statistics", report.seconds.statistics},
              {"values", report.seconds.values},
              {"keys", report.seconds.keys},
              {"solve", report.seconds.solve},
              {"total", report.seconds.total}}},
            {"recipe", Json::parse(recipe_to_json(report.recipe))},
            {"warnings", report.warnings}};
}

Json to_json(const std::vector<LayerReport>& layers) {
    Json list = Json::array();
    for (const LayerReport& layer : layers) {
        list.push_back({{"layer", layer.layer},
                        {"update_norm", layer.update_norm},
                        {"weight_norm", layer.weight_norm},
                        {"relative_norm", layer.relative_norm},
                        {"rank", layer.rank},
                        {"dimensions", layer.dimensions},
                        {"condition", layer.condition},
                        {"preservation", layer.preservation},
                        {"memorization", layer.memorization},
                        {"residual_share", layer.residual_share}});
    }
    return list;
}

Json to_json(const EditReport& report, const Diagnosis& diagnosis) {
    Json verdicts = Json::array();
    for (const DiagnosisVerdict& verdict : diagnosis.verdicts)
        verdicts.push_back({{"check", verdict.check},
                            {"ok", verdict.ok},
                            {"judged", verdict.judged},
                            {"value", verdict.value},
                            {"bound", verdict.bound},
                            {"finding", verdict.finding},
                            {"advice", verdict.advice},
                            {"setting", verdict.setting}});
    Json layers = Json::array();
    for (const DiagnosisLayer& layer : diagnosis.layers)
        layers.push_back(
            {{"layer", layer.layer}, {"residual", layer.residual}, {"left", layer.left}, {"share", layer.share}});
    return {{"edit", diagnosis.edit},
            {"subject", report.edits[diagnosis.edit].request.subject},
            {"object", report.edits[diagnosis.edit].request.object},
            {"holds", diagnosis.holds},
            {"summary", diagnosis.summary},
            {"verdicts", std::move(verdicts)},
            {"layers", std::move(layers)},
            {"loss", diagnosis.loss},
            {"lens", lens_json(diagnosis.lens)}};
}

Json to_json(const NormHistory& history) {
    Json rows = Json::array();
    for (const NormHistory::Point& point : history.points)
        for (std::size_t i = 0; i < history.layers.size(); ++i)
            rows.push_back({{"position", point.position},
                            {"layer", history.layers[i]},
                            {"update_norm", point.update_norm[i]},
                            {"relative_norm", point.relative_norm[i]}});
    return rows;
}

Json to_json(const Scores& scores) {
    const auto value = [](const std::optional<double>& share) { return share ? Json(*share) : Json(); };
    return {{"efficacy", value(scores.efficacy)},
            {"paraphrase", value(scores.paraphrase)},
            {"neighbourhood", value(scores.neighbourhood)},
            {"score", value(scores.score)}};
}

Json to_json(const StatisticsReport& report) {
    Json layers = Json::array();
    for (const LayerStatisticsReport& layer : report.layers) {
        layers.push_back(
            {{"layer", layer.layer}, {"tokens", layer.tokens}, {"trace", layer.trace}, {"condition", layer.condition}});
    }
    return {{"layers", std::move(layers)},
            {"file", report.file},
            {"tokens_per_second", report.tokens_per_second},
            {"from_cache", report.from_cache}};
}

Json to_json(const GenerationResult& result) {
    return {{"text", result.text},
            {"ids", result.ids},
            {"pieces", result.pieces},
            {"tokens_per_second", result.tokens_per_second},
            {"ended_by", result.ended_by}};
}

Json to_json(const Comparison::Row& row) {
    return {{"prompt", row.before.prompt}, {"before", to_json(row.before)}, {"after", to_json(row.after)}};
}

std::size_t holding(const EditReport& report) {
    return static_cast<std::size_t>(
        std::ranges::count_if(report.edits, [](const EditOutcome& outcome) { return outcome.after.says_new; }));
}

bool turned(const Comparison::Row& row) {
    return row.after.says_new;
}

bool unchanged(const Comparison::Row& row) {
    return !row.before.top.empty() && !row.after.top.empty() && row.before.top.front().id == row.after.top.front().id;
}

} // namespace emend::cli
