// SPDX-License-Identifier: GPL-3.0-or-later
// emend-cli logits: what the model expects next.
#include "program.h"
#include "report_json.h"
#include "report_text.h"
#include "session_input.h"

#include <cmath>

namespace emend::cli {

namespace {

struct LogitsOptions {
    std::string text, ids;
    CLI::Option *text_option = nullptr, *ids_option = nullptr;
    std::optional<int> top;
    bool hidden = false;
    LookedAt model;
};

void run_logits(Program& program, const LogitsOptions& options) {
    if (options.text_option->count() == options.ids_option->count())
        throw UsageError("give either --text or --ids");
    LogitsRequest request;
    request.text = options.text;
    if (options.ids_option->count() > 0)
        request.ids = parse_ids(options.ids);
    request.top = options.top.value_or(program.json ? 5 : 10);
    request.full = program.json && !options.top;
    request.hidden = options.hidden;

    const auto session = take_session(program, options.model);
    auto engine = open_model(program, session.get(), options.model);
    const LogitsResult result = engine->logits(request, program.job());
    program.check_stop();
    if (program.json) {
        Json document{{"ids", result.ids}};
        if (request.full)
            document["logits"] = result.logits;
        document["top"] = Json::array();
        for (const TokenProbability& token : result.top)
            document["top"].push_back(to_json(token));
        if (request.hidden)
            document["hidden"] = result.hidden;
        return program.print(document);
    }
    print_top(result.top);
    if (request.hidden) {
        Table table({{"after block", Table::Align::right}, {"|h|", Table::Align::right}});
        for (std::size_t layer = 0; layer < result.hidden.size(); ++layer) {
            double squares = 0;
            for (const double value : result.hidden[layer])
                squares += value * value;
            table.row({std::to_string(layer), number_text(std::sqrt(squares))});
        }
        table.print();
    }
}

} // namespace

void add_logits(Program& program) {
    auto options = std::make_shared<LogitsOptions>();
    CLI::App* command = program.add_command("logits", "The distribution of the next token",
                                            [&program, options] { run_logits(program, *options); });
    add_looked_at(program, command, options->model);
    options->text_option = command->add_option("--text", options->text, "The text so far");
    options->ids_option = command->add_option("--ids", options->ids, "The text so far as ids: 1,2,3");
    command->add_option("--top", options->top, "Only the K most likely tokens; without it JSON has every logit")
        ->check(CLI::Range(1, 10000000));
    command->add_flag("--hidden", options->hidden, "Also the residual stream after every block at the last token");
}

} // namespace emend::cli
