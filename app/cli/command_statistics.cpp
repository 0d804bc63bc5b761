// SPDX-License-Identifier: GPL-3.0-or-later
// emend-cli statistics: second moments of the keys over a text.
#include "program.h"
#include "report_json.h"
#include "report_text.h"

#include <iostream>

namespace emend::cli {

namespace {

struct StatisticsOptions {
    StatisticsRequest request;
    std::string layers;
    bool resume = false;
};

void run_statistics(Program& program, StatisticsOptions& options) {
    StatisticsRequest& request = options.request;
    request.layers = parse_layers(options.layers);
    request.resume = options.resume;
    check_output_file(request.out);
    auto engine = program.open_model();
    const StatisticsReport report = engine->collect_statistics(request, program.job());
    if (program.json)
        return program.print(to_json(report));
    program.clear_progress();
    using Align = Table::Align;
    Table table(
        {{"layer", Align::right}, {"tokens", Align::right}, {"trace", Align::right}, {"condition", Align::right}});
    for (const LayerStatisticsReport& layer : report.layers) {
        table.row({std::to_string(layer.layer), std::to_string(layer.tokens), number_text(layer.trace),
                   number_text(layer.condition)});
    }
    table.print();
    std::cout << "  " << report.file << (report.from_cache ? " (kept from before)" : "") << '\n';
    if (!report.from_cache)
        program.message(number_text(report.tokens_per_second) + " tokens a second");
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
        ->check(CLI::NonNegativeNumber);
    command->add_option("--out", request.out, "File to write (default: the cache)");
    command->add_flag("--resume", options->resume, "Go on where a stopped collection ended");
}

} // namespace emend::cli
