// SPDX-License-Identifier: GPL-3.0-or-later
#include "report_json.h"

#include <algorithm>

namespace emend::cli {

namespace {

// What a layer would answer: the likeliest tokens, and how likely the new object's first is.
Json to_json(const LensLayer& layer) {
    return {{"top", report::list_of(layer.top, [](const TokenProbability& token) { return cli::to_json(token); })},
            {"p_new", layer.p_new}};
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

Json to_json(const EditReport& report) {
    return {{"edits", report::list_of(report.edits, [](const EditOutcome& outcome) { return to_json(outcome); })},
            {"holding", holding(report)},
            {"layers", to_json(report.layers)},
            {"conflicts", to_json(report.conflicts)},
            {"seconds", to_json(report.seconds)},
            {"recipe", to_json(report.recipe)},
            {"warnings", report.warnings}};
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

Json total_layers_json(const NormHistory& history) {
    Json rows = Json::array();
    if (history.points.empty())
        return rows;
    const NormHistory::Point& last = history.points.back();
    for (std::size_t i = 0; i < history.layers.size(); ++i)
        rows.push_back({{"layer", history.layers[i]},
                        {"update_norm", last.update_norm[i]},
                        {"relative_norm", last.relative_norm[i]}});
    return rows;
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
