// SPDX-License-Identifier: GPL-3.0-or-later
#include "trace_report.h"

#include "base/csv_text.h"
#include "report_json.h"
#include "report_text.h"
#include "terminal.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <iostream>
#include <limits>
#include <span>

namespace emend::cli {

namespace {

constexpr std::array<const char*, 5> shades{"·", "░", "▒", "▓", "█"};

struct Range {
    double low = std::numeric_limits<double>::infinity();
    double high = -std::numeric_limits<double>::infinity();
};

Range range_of(std::span<const double> values) {
    Range range;
    for (const double value : values)
        if (std::isfinite(value)) {
            range.low = std::min(range.low, value);
            range.high = std::max(range.high, value);
        }
    return range;
}

// Cells of a map are two characters wide as long as a line of a usual terminal holds them.
std::size_t cell_width(std::size_t layers) {
    constexpr std::size_t wide_layers = 32;
    return layers <= wide_layers ? 2 : 1;
}

std::string shaded(std::span<const double> row, const Range& range) {
    std::string text;
    for (const double value : row) {
        const char* shade = " ";
        if (std::isfinite(value)) {
            const double share = range.high > range.low ? (value - range.low) / (range.high - range.low) : 0;
            shade = shades[std::min(shades.size() - 1, static_cast<std::size_t>(share * shades.size()))];
        }
        for (std::size_t i = 0; i < cell_width(row.size()); ++i)
            text += shade;
    }
    return text;
}

// "0         5         10"
std::string ruler(std::size_t layers) {
    constexpr std::size_t every = 5;
    std::string text;
    for (std::size_t layer = 0; layer < layers; layer += every) {
        text.resize(layer * cell_width(layers), ' ');
        text += std::to_string(layer);
    }
    return text;
}

struct MapRow {
    Table::Cell label;
    std::span<const double> values;
};

void print_map(const std::vector<MapRow>& rows, std::size_t layers, const Range& range) {
    using Align = Table::Align;
    Table table({{"", Align::right}, {ruler(layers)}, {"largest", Align::right}, {"layer", Align::right}});
    for (const MapRow& row : rows) {
        const Range own = range_of(row.values);
        const bool known = own.low <= own.high;
        const auto best = std::ranges::find(row.values, own.high) - row.values.begin();
        table.row({row.label,
                   {shaded(row.values, range), Style::accent},
                   known ? probability_text(own.high) : "-",
                   known ? std::to_string(best) : "-"});
    }
    table.print();
    if (range.low <= range.high)
        std::cout << "  "
                  << styled("layers across; " + std::string(shades.front()) + " " + number_text(range.low) + " to " +
                                shades.back() + " " + number_text(range.high),
                            Style::dim)
                  << '\n';
}

std::span<const double> row_of(const std::vector<double>& values, std::size_t row, std::size_t columns) {
    return std::span(values).subspan(row * columns, columns);
}

std::string kind_text(TraceKind kind, int window) {
    if (kind == TraceKind::hidden)
        return "hidden states put back";
    return std::string(kind == TraceKind::mlp ? "MLP" : "attention") + " put back over " + std::to_string(window) +
           (window == 1 ? " layer" : " layers");
}

std::string percent(double share) {
    return number_text(std::round(100 * share)) + " %";
}

// "p(Rome)"; with quotes where a blank would not be seen.
std::string p_of(const std::string& object) {
    const bool blank = object.starts_with(' ') || object.ends_with(' ');
    return "p(" + (blank ? in_quotes(one_line(object, 40)) : one_line(object, 40)) + ")";
}

// In words. Shares are of what the noise takes away.
void print_place(const TraceResult& trace) {
    constexpr double least_share = 0.1; // as for a suggestion of layers
    constexpr double least_probability = 0.01;
    const TracePeak peak = peak_of(trace);
    const TraceObject& object = trace.objects.front();
    const double taken = object.clean - object.corrupted;
    const bool ends_prompt = trace.subject_last + 1 == static_cast<int>(trace.tokens.size());
    std::cout << "  where the fact is kept: ";
    if (ends_prompt || !(taken >= least_probability)) {
        std::cout << "nothing can be read here\n"; // the suggestion says why
        return;
    }
    if (peak.token < 0) {
        std::cout << "nothing of the subject brings the object back\n";
        return;
    }
    const std::string place = "layer " + std::to_string(peak.layer) + " at token " +
                              in_quotes(trace.tokens[static_cast<std::size_t>(peak.token)]);
    const double share = (peak.effect - object.corrupted) / taken;
    const std::string brought = percent(share) + " of what the noise takes away";
    if (share < least_share)
        std::cout << "no place of the subject stands out; the best, " << place << ", brings back " << brought << '\n';
    else
        std::cout << styled(place, Style::bold) << ", which brings back " << brought << '\n';
}

void print_suggestion(const LayerSuggestion& suggestion) {
    std::cout << "  " << suggestion.reason << '\n';
    if (!suggestion.layers.empty())
        std::cout << "  " << styled("edit " + layers_phrase(suggestion.layers), Style::bold)
                  << ": emend-cli edit --layers " << layers_to_text(suggestion.layers) << '\n';
}

Json rows_json(const std::vector<double>& values, int columns) {
    Json rows = Json::array();
    for (auto row = values.begin(); row != values.end(); row += columns)
        rows.push_back(std::vector<double>(row, row + columns));
    return rows;
}

} // namespace

TracePeak peak_of(const TraceResult& trace) {
    TracePeak peak;
    peak.effect = trace.objects.front().corrupted;
    for (int token = trace.subject_first; token <= trace.subject_last; ++token)
        for (int layer = 0; layer < trace.layers; ++layer)
            if (const double effect = trace.effect(0, token, layer); effect > peak.effect)
                peak = {token, layer, effect};
    return peak;
}

Json to_json(const TraceResult& trace) {
    const TraceObject& first = trace.objects.front();
    Json objects = Json::array();
    for (const TraceObject& object : trace.objects)
        objects.push_back({{"object", object.text},
                           {"clean", object.clean},
                           {"corrupted", object.corrupted},
                           {"corrupted_spread", object.corrupted_spread},
                           {"effect", rows_json(object.effect, trace.layers)}});
    const TracePeak peak = peak_of(trace);
    return {
        {"kind", to_text(trace.kind)},
        {"window", trace.window},
        {"samples", trace.samples},
        {"noise", trace.noise > 0 ? Json(trace.noise) : Json()},
        {"subject", trace.subject},
        {"prompt", trace.prompt},
        {"tokens", trace.tokens},
        {"subject_range", {trace.subject_first, trace.subject_last + 1}},
        {"layers", trace.layers},
        {"clean", first.clean},
        {"corrupted", first.corrupted},
        {"effect", rows_json(first.effect, trace.layers)},
        {"objects", std::move(objects)},
        {"peak", peak.token < 0 ? Json() : Json{{"token", peak.token}, {"layer", peak.layer}, {"effect", peak.effect}}},
        {"seconds", trace.seconds}};
}

Json to_json(const TraceAverage& average) {
    Json roles = Json::array();
    for (std::size_t i = 0; i < average.roles.size(); ++i)
        roles.push_back({{"role", to_text(static_cast<TokenRole>(i))},
                         {"facts", average.roles[i].facts},
                         {"indirect_effect", average.roles[i].mean},
                         {"spread", average.roles[i].spread}});
    return {{"facts", average.facts},
            {"clean", average.clean},
            {"corrupted", average.corrupted},
            {"roles", std::move(roles)}};
}

Json to_json(const LayerSuggestion& suggestion) {
    return {{"layers", suggestion.layers},
            {"peak", suggestion.peak < 0 ? Json() : Json(suggestion.peak)},
            {"indirect_effect", suggestion.effect},
            {"reason", suggestion.reason}};
}

std::string trace_csv(const TraceResult& trace) {
    std::string text = "object,kind,window,token,piece,role,layer,clean,corrupted,effect\n";
    for (std::size_t o = 0; o < trace.objects.size(); ++o) {
        const TraceObject& object = trace.objects[o];
        const std::string begin =
            csv_field(object.text) + ',' + std::string(to_text(trace.kind)) + ',' + std::to_string(trace.window) + ',';
        const std::string ends = digits(object.clean) + ',' + digits(object.corrupted) + ',';
        for (std::size_t i = 0; i < trace.tokens.size(); ++i) {
            const auto token = static_cast<int>(i);
            const std::string before_subject = token < trace.subject_first ? "before the subject" : "";
            const std::string role =
                before_subject.empty() ? std::string(to_text(role_of(trace, token))) : before_subject;
            for (int layer = 0; layer < trace.layers; ++layer)
                text += begin + std::to_string(token) + ',' + csv_field(trace.tokens[i]) + ',' + role + ',' +
                        std::to_string(layer) + ',' + ends + digits(trace.effect(o, token, layer)) + '\n';
        }
    }
    return text;
}

std::string trace_csv(const TraceAverage& average) {
    std::string text = "role,kind,window,facts,layer,indirect_effect,spread\n";
    for (std::size_t i = 0; i < average.roles.size(); ++i) {
        const TraceAverage::Role& role = average.roles[i];
        const std::string begin = std::string(to_text(static_cast<TokenRole>(i))) + ',' +
                                  std::string(to_text(average.kind)) + ',' + std::to_string(average.window) + ',' +
                                  std::to_string(role.facts) + ',';
        for (std::size_t layer = 0; layer < role.mean.size(); ++layer)
            text += begin + std::to_string(layer) + ',' + digits(role.mean[layer]) + ',' +
                    (role.facts > 0 ? digits(role.spread[layer]) : "") + '\n';
    }
    return text;
}

void print_trace(const TraceResult& trace, const LayerSuggestion& suggestion) {
    print_heading(one_line(trace.prompt, 100));
    const auto layers = static_cast<std::size_t>(trace.layers);
    std::vector<double> all; // one scale for all objects
    for (const TraceObject& object : trace.objects)
        all.insert(all.end(), object.effect.begin(), object.effect.end());
    const Range range = range_of(all);
    for (const TraceObject& object : trace.objects) {
        std::cout << "  " << kind_text(trace.kind, trace.window) << ": " << p_of(object.text) << " clean "
                  << probability_text(object.clean) << ", corrupted " << probability_text(object.corrupted) << " ± "
                  << probability_text(object.corrupted_spread) << '\n';
        std::vector<MapRow> rows;
        for (std::size_t i = 0; i < trace.tokens.size(); ++i) {
            const auto token = static_cast<int>(i);
            const bool of_subject = token >= trace.subject_first && token <= trace.subject_last;
            rows.push_back(
                {{in_quotes(trace.tokens[i]) + (of_subject ? " *" : "  "), of_subject ? Style::bold : Style::plain},
                 row_of(object.effect, i, layers)});
        }
        print_map(rows, layers, range);
    }
    std::cout << "  * the subject's tokens; " << trace.samples << (trace.samples == 1 ? " sample" : " samples")
              << " of the noise, " << number_text(trace.seconds) << " s\n";
    print_place(trace);
    print_suggestion(suggestion);
}

void print_trace(const TraceAverage& average, const LayerSuggestion& suggestion) {
    print_heading("Average of " + std::to_string(average.facts) + (average.facts == 1 ? " fact" : " facts"));
    std::cout << "  " << kind_text(average.kind, average.window) << ": mean p clean " << probability_text(average.clean)
              << ", corrupted " << probability_text(average.corrupted)
              << "; indirect effect: probability put back - corrupted\n";
    std::vector<MapRow> rows;
    std::vector<double> all;
    for (std::size_t i = 0; i < average.roles.size(); ++i) {
        const TraceAverage::Role& role = average.roles[i];
        all.insert(all.end(), role.mean.begin(), role.mean.end());
        rows.push_back(
            {std::string(to_text(static_cast<TokenRole>(i))) + " (" + std::to_string(role.facts) + ")", role.mean});
    }
    print_map(rows, static_cast<std::size_t>(average.layers), range_of(all));
    print_suggestion(suggestion);
}

namespace {

Json side_json(const LensLayer& layer, std::size_t objects) {
    Json side{{"top", Json::array()}};
    for (const TokenProbability& token : layer.top)
        side["top"].push_back(to_json(token));
    if (objects > 0)
        side["p"] = Json::array({layer.p_new});
    if (objects > 1)
        side["p"].push_back(layer.p_true.value_or(0));
    return side;
}

void add_answer(std::vector<Table::Cell>& cells, const LensLayer& layer, std::size_t objects) {
    cells.emplace_back(layer.top.empty() ? "-" : in_quotes(layer.top[0].piece));
    cells.emplace_back(layer.top.empty() ? "-" : probability_text(layer.top[0].probability));
    if (objects > 0)
        cells.emplace_back(probability_text(layer.p_new));
    if (objects > 1)
        cells.emplace_back(probability_text(layer.p_true.value_or(0)));
}

std::string runners_up(const LensLayer& layer) {
    std::string then;
    for (std::size_t i = 1; i < layer.top.size(); ++i)
        then += (i > 1 ? ", " : "") + in_quotes(layer.top[i].piece);
    return then;
}

} // namespace

Json lens_json(const LensResult& lens, const std::vector<std::string>& objects, bool compared) {
    Json rows = Json::array();
    for (std::size_t layer = 0; layer < lens.after.size(); ++layer) {
        Json row{{"layer", layer}};
        row.update(side_json(lens.after[layer], objects.size()));
        if (compared)
            row["before"] = side_json(lens.before[layer], objects.size());
        rows.push_back(std::move(row));
    }
    return {{"tokens", lens.tokens}, {"token", lens.token}, {"objects", objects}, {"layers", std::move(rows)}};
}

void print_lens(const LensResult& lens, const std::vector<std::string>& objects, bool compared) {
    print_heading("What each layer would answer at token " + std::to_string(lens.token) + ", " +
                  in_quotes(lens.tokens.at(static_cast<std::size_t>(lens.token))));
    using Align = Table::Align;
    std::vector<Table::Column> columns{{"layer", Align::right}};
    const auto add_columns = [&](const std::string& says) {
        columns.push_back({says});
        columns.push_back({"p", Align::right});
        for (const std::string& object : objects)
            columns.push_back({p_of(object), Align::right});
    };
    if (compared)
        add_columns("said");
    add_columns("says");
    if (!compared)
        columns.push_back({"then"});
    Table table(std::move(columns));
    for (std::size_t layer = 0; layer < lens.after.size(); ++layer) {
        std::vector<Table::Cell> cells{std::to_string(layer)};
        if (compared)
            add_answer(cells, lens.before[layer], objects.size());
        add_answer(cells, lens.after[layer], objects.size());
        if (!compared)
            cells.emplace_back(runners_up(lens.after[layer]));
        table.row(std::move(cells));
    }
    table.print();
}

} // namespace emend::cli
