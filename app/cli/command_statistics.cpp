// SPDX-License-Identifier: GPL-3.0-or-later
// emend-cli statistics: second moments of the keys over a text.
#include "program.h"
#include "report_json.h"
#include "report_text.h"

#include <cmath>
#include <iostream>

namespace emend::cli {

namespace {

struct StatisticsOptions {
    StatisticsRequest request;
    std::string layers;
    bool resume = false;
    bool eigenvalues = false;
};

// What a spectrum says, where it is known; JSON has no infinity: a singular C has a condition of null.
Json layer_json(const LayerStatisticsReport& layer, bool with_eigenvalues) {
    const bool singular = !std::isfinite(layer.condition);
    Json json{
        {"layer", layer.layer}, {"tokens", layer.tokens},
        {"trace", layer.trace}, {"condition", singular ? Json() : Json(layer.condition)},
        {"singular", singular}, {"effective_rank", layer.effective_rank > 0 ? Json(layer.effective_rank) : Json()}};
    if (with_eigenvalues)
        json["eigenvalues"] = layer.eigenvalues;
    return json;
}

void print_eigenvalues(const LayerStatisticsReport& layer) {
    constexpr std::size_t a_line = 8;
    print_heading("Eigenvalues of layer " + std::to_string(layer.layer));
    if (layer.eigenvalues.empty())
        std::cout << "  not known: keys of this length would take minutes\n";
    for (std::size_t i = 0; i < layer.eigenvalues.size(); ++i)
        std::cout << (i % a_line == 0 ? "  " : " ") << number_text(layer.eigenvalues[i])
                  << (i % a_line == a_line - 1 || i + 1 == layer.eigenvalues.size() ? "\n" : "");
}

void run_statistics(Program& program, StatisticsOptions& options) {
    StatisticsRequest& request = options.request;
    request.layers = parse_layers(options.layers);
    request.resume = options.resume;
    check_output_file(request.out);
    auto engine = program.open_model();
    const StatisticsReport report = engine->collect_statistics(request, program.job());
    if (program.json) {
        Json json = to_json(report);
        json["layers"] = Json::array();
        for (const LayerStatisticsReport& layer : report.layers)
            json["layers"].push_back(layer_json(layer, options.eigenvalues));
        return program.print(json);
    }
    program.clear_progress();
    using Align = Table::Align;
    Table table({{"layer", Align::right},
                 {"tokens", Align::right},
                 {"trace", Align::right},
                 {"condition", Align::right},
                 {"effective rank", Align::right}});
    for (const LayerStatisticsReport& layer : report.layers) {
        table.row({std::to_string(layer.layer), std::to_string(layer.tokens), number_text(layer.trace),
                   std::isfinite(layer.condition) ? number_text(layer.condition) : "singular",
                   layer.effective_rank > 0 ? number_text(layer.effective_rank) : "-"});
    }
    table.print();
    if (options.eigenvalues)
        for (const LayerStatisticsReport& layer : report.layers)
            print_eigenvalues(layer);
    std::cout << "  " << report.file << (report.from_cache ? " (kept from before)" : "") << '\n';
    if (!report.from_cache)
        std::cout << "  " << number_text(report.tokens_per_second) << " tokens a second\n";
}

} // namespace

void add_statistics(Program& program) {
    auto options = std::make_shared<StatisticsOptions>();
    CLI::App* command = program.add_command("statistics", "Second moments of the keys over a text",
                                            [&program, options] { run_statistics(program, *options); });
    program.add_model(command);
    program.add_compute(command);
    StatisticsRequest& request = options->request;
    command->add_option("--corpus", request.corpus, "Text file (default: corpus.txt of the model's folder)");
    command->add_option("--layers", options->layers, "5, 3-8 or 0,1,2")->check(readable(parse_layers))->required();
    command->add_option("--tokens", request.tokens, "Stop after so many tokens; 0 is ten per dimension of the key")
        ->check(not_negative());
    command->add_option("--out", request.out, "File to write (default: the cache)");
    command->add_flag("--eigenvalues", options->eigenvalues, "Show every eigenvalue of the second moments");
    command->add_flag("--resume", options->resume, "Go on where a stopped collection ended");
}

} // namespace emend::cli
