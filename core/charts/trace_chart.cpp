// SPDX-License-Identifier: GPL-3.0-or-later
#include "charts/trace_chart.h"

#include "charts/chart_text.h"
#include "emend/chart.h"

#include <algorithm>
#include <cmath>

namespace emend {

namespace charts {

namespace {

// "Hidden state put back", "MLP put back over 10 layers"
std::string what_was_put_back(TraceKind kind, int window) {
    if (kind == TraceKind::hidden)
        return "Hidden state put back";
    const std::string over = window == 1 ? "in one layer" : "over " + std::to_string(window) + " layers";
    return (kind == TraceKind::mlp ? "MLP put back " : "Attention put back ") + over;
}

// The largest number of a map in words, for those who do not see it.
std::string peak_of(const HeatMap& map) {
    const std::vector<double>& values = map.panels.front().values;
    std::size_t best = values.size();
    for (std::size_t i = 0; i < values.size(); ++i)
        if (std::isfinite(values[i]) && (best == values.size() || values[i] > values[best]))
            best = i;
    if (best == values.size())
        return "No cell has been run.";
    return "Largest: " + number(values[best]) + " at layer " + std::to_string(best % map.columns) + ", " +
           map.rows[best / map.columns].label + ".";
}

bool is_whole(const HeatMap& map) {
    return std::ranges::all_of(map.panels, [](const HeatMap::Panel& panel) {
        return std::ranges::all_of(panel.values, [](double value) { return std::isfinite(value); });
    });
}

} // namespace

HeatMap map_of(const TraceResult& trace) {
    HeatMap map;
    map.unit = "p(object)";
    map.columns_name = "layer";
    map.columns = static_cast<std::size_t>(trace.layers);
    for (std::size_t i = 0; i < trace.tokens.size(); ++i) {
        const auto token = static_cast<int>(i);
        map.rows.push_back(
            {.label = visible(trace.tokens[i]), .marked = token >= trace.subject_first && token <= trace.subject_last});
    }
    const std::string put_back = what_was_put_back(trace.kind, trace.window);
    for (const TraceObject& object : trace.objects) {
        // A few cells that are alike must not look like all that could come back.
        map.reach.insert(map.reach.end(), {object.corrupted, object.clean});
        map.panels.push_back({.title = put_back + ": p(" + visible(object.text) + ")",
                              .subtitle = "clean " + number(object.clean) + ", corrupted " + number(object.corrupted) +
                                          " \xC2\xB1 " + number(object.corrupted_spread), // ±
                              .values = object.effect});
    }
    map.title = put_back + ": " + visible(trace.prompt);
    if (!map.panels.empty() && !map.rows.empty() && map.columns > 0)
        map.summary = map.panels.front().title + "; " + map.panels.front().subtitle + ". " + peak_of(map);
    const std::string noise = trace.noise > 0 ? "noise " + number(trace.noise) + ", " : "noise from a file, ";
    map.note = "bar: the subject's tokens; " + std::string(is_whole(map) ? "" : "hatched: not run; ") + noise +
               std::to_string(trace.samples) + (trace.samples == 1 ? " sample" : " samples");
    return map;
}

HeatMap map_of(const TraceAverage& average) {
    HeatMap map;
    map.unit = "probability";
    map.columns_name = "layer";
    map.columns = static_cast<std::size_t>(average.layers);
    std::vector<double> mean, spread;
    for (std::size_t i = 0; i < average.roles.size(); ++i) {
        const TraceAverage::Role& role = average.roles[i];
        const auto which = static_cast<TokenRole>(i);
        map.rows.push_back({.label = std::string(to_text(which)) + " (" + std::to_string(role.facts) + ")",
                            .marked = which <= TokenRole::last_subject});
        mean.insert(mean.end(), role.mean.begin(), role.mean.end());
        constexpr double nothing = 1e-9; // below it an effect is the sum's rounding
        map.diverging =
            map.diverging || std::ranges::any_of(role.mean, [](double effect) { return effect < -nothing; });
        // Where nothing was measured, nothing spreads.
        for (std::size_t layer = 0; layer < role.spread.size(); ++layer)
            spread.push_back(std::isfinite(role.mean[layer]) ? role.spread[layer] : role.mean[layer]);
    }
    const std::string put_back = what_was_put_back(average.kind, average.window);
    map.panels.push_back(
        {.title = put_back + ": mean effect over " + std::to_string(average.facts) +
                  (average.facts == 1 ? " fact" : " facts"),
         .subtitle = "mean clean " + number(average.clean) + ", mean corrupted " + number(average.corrupted),
         .values = std::move(mean)});
    map.panels.push_back({.title = "Standard deviation over the facts",
                          .subtitle = "of the same effect, on the same scale",
                          .values = std::move(spread)});
    map.title = map.panels.front().title;
    if (!map.rows.empty() && map.columns > 0)
        map.summary = map.panels.front().subtitle + ". " + peak_of(map);
    map.note = "effect: put back - corrupted; bar: the subject; in brackets: facts with such a token" +
               std::string(is_whole(map) ? "" : "; hatched: no fact has one");
    return map;
}

} // namespace charts

std::string render_trace(const TraceResult& trace, ChartFormat format, double scale) {
    return charts::draw_heat_map(charts::map_of(trace), format, scale);
}

std::string render_trace(const TraceAverage& average, ChartFormat format, double scale) {
    return charts::draw_heat_map(charts::map_of(average), format, scale);
}

} // namespace emend
