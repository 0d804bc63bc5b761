// SPDX-License-Identifier: GPL-3.0-or-later
#include "frontier_file.h"

#include "csv_text.h"
#include "emend/chart.h"

#include <algorithm>
#include <cctype>
#include <filesystem>

namespace emend::cli {

namespace {

constexpr double png_scale = 2; // sharp on most screens

Json row(const Json& layer, const FrontierPoint& point) {
    // NaN is written as null.
    return {{"layer", layer},
            {"softness", point.softness},
            {"preservation", point.preservation},
            {"memorization", point.memorization},
            {"update_norm", point.update_norm}};
}

bool is_csv(const std::string& file) {
    std::string extension = std::filesystem::path(file).extension().string();
    std::transform(extension.begin(), extension.end(), extension.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return extension == ".csv";
}

} // namespace

Json frontier_rows(const Frontier& frontier) {
    Json rows = Json::array();
    for (const LayerFrontier& layer : frontier.layers)
        for (const FrontierPoint& point : layer.points)
            rows.push_back(row(layer.layer, point));
    for (const FrontierPoint& point : frontier.total)
        rows.push_back(row(nullptr, point));
    return rows;
}

std::string frontier_content(const std::string& file, const Frontier& frontier, const Recipe& recipe) {
    if (const auto format = chart_format_of(file))
        return render_frontier(frontier, *format, png_scale);
    if (!is_csv(file)) {
        const Json document{{"softness", frontier.softness},
                            {"algorithm", recipe.algorithm},
                            {"distribution", recipe.distribution},
                            {"layers", recipe.layers},
                            {"rows", frontier_rows(frontier)}};
        return document.dump(2) + '\n';
    }
    std::string text = "layer,softness,preservation,memorization,update_norm,applied\n";
    const auto add = [&](const std::string& layer, const FrontierPoint& point) {
        text += layer + ',' + digits(point.softness) + ',' + digits(point.preservation) + ',' +
                digits(point.memorization) + ',' + digits(point.update_norm) +
                (point.softness == frontier.softness ? ",1\n" : ",0\n");
    };
    for (const LayerFrontier& layer : frontier.layers)
        for (const FrontierPoint& point : layer.points)
            add(std::to_string(layer.layer), point);
    for (const FrontierPoint& point : frontier.total)
        add("all", point);
    return text;
}

} // namespace emend::cli
