// SPDX-License-Identifier: GPL-3.0-or-later
#include "frontier_file.h"

#include "base/csv_text.h"
#include "emend/chart.h"
#include "report/values_json.h"

#include <algorithm>
#include <cctype>
#include <filesystem>

namespace emend::cli {

namespace {

constexpr double png_scale = 2; // sharp on most screens

Json row(const Json& layer, const FrontierPoint& point) {
    Json json{{"layer", layer}};
    json.update(report::to_json(point));
    return json;
}

std::string ending_of(const std::string& file) {
    std::string extension = std::filesystem::path(file).extension().string();
    std::transform(extension.begin(), extension.end(), extension.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return extension;
}

// begin: what stands in front of every row.
void add_rows(const std::string& begin, const Frontier& frontier, std::string& text) {
    const auto add = [&](const std::string& layer, const FrontierPoint& point) {
        text += begin + layer + ',' + digits(point.softness) + ',' + digits(point.preservation) + ',' +
                digits(point.memorization) + ',' + digits(point.update_norm) +
                (point.softness == frontier.softness ? ",1\n" : ",0\n");
    };
    for (const LayerFrontier& layer : frontier.layers)
        for (const FrontierPoint& point : layer.points)
            add(std::to_string(layer.layer), point);
    for (const FrontierPoint& point : frontier.total)
        add("all", point);
}

} // namespace

void check_frontier_file(const std::string& file) {
    const std::string ending = ending_of(file);
    if (!chart_format_of(file) && ending != ".csv" && ending != ".json")
        throw UsageError("what should be written is not known from the ending \"" + ending + "\"", "--frontier",
                         "end the name in .json, .csv, .png, .svg or .pdf");
}

Json to_json(const OverlaidFrontier& overlay) {
    return {{"distribution", overlay.distribution},
            {"softness", overlay.frontier.softness},
            {"rows", frontier_rows(overlay.frontier)}};
}

Json frontier_rows(const Frontier& frontier) {
    Json rows = Json::array();
    for (const LayerFrontier& layer : frontier.layers)
        for (const FrontierPoint& point : layer.points)
            rows.push_back(row(layer.layer, point));
    for (const FrontierPoint& point : frontier.total)
        rows.push_back(row(nullptr, point));
    return rows;
}

std::string frontier_content(const std::string& file, const Frontier& frontier, const Recipe& recipe,
                             const std::optional<OverlaidFrontier>& overlay) {
    if (const auto format = chart_format_of(file)) {
        std::vector<NamedFrontier> others;
        if (overlay)
            others.push_back({.name = overlay->distribution, .frontier = overlay->frontier});
        return render_frontier(frontier, *format, png_scale, others);
    }
    if (ending_of(file) != ".csv") {
        Json document{{"softness", frontier.softness},
                      {"algorithm", recipe.algorithm},
                      {"distribution", recipe.distribution},
                      {"layers", recipe.layers},
                      {"rows", frontier_rows(frontier)}};
        if (overlay)
            document["overlay"] = to_json(*overlay);
        return document.dump(2) + '\n';
    }
    std::string text =
        std::string(overlay ? "distribution," : "") + "layer,softness,preservation,memorization,update_norm,applied\n";
    add_rows(overlay ? recipe.distribution + ',' : "", frontier, text);
    if (overlay)
        add_rows(overlay->distribution + ',', overlay->frontier, text);
    return text;
}

} // namespace emend::cli
