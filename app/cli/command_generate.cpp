// SPDX-License-Identifier: GPL-3.0-or-later
// emend-cli generate: continues a text.
#include "program.h"
#include "report_json.h"
#include "report_text.h"
#include "session_input.h"

#include <iostream>

namespace emend::cli {

namespace {

struct GenerateOptions {
    GenerateRequest request;
    bool greedy = false;
    bool stream = false;
    bool no_cache = false;
    LookedAt model;
    CLI::Option *temperature = nullptr, *top_p = nullptr, *top_k = nullptr;
};

void run_generate(Program& program, GenerateOptions& options) {
    const bool sampling = options.temperature->count() + options.top_p->count() + options.top_k->count() > 0;
    if (options.greedy && sampling)
        throw UsageError("--greedy takes the likeliest token; it goes with no --temperature, --top-p or --top-k");
    if (options.stream && program.json)
        throw UsageError("--stream prints tokens as they come; it does not go with --json");
    GenerateRequest& request = options.request;
    request.greedy = !sampling;
    request.seed = program.seed.value_or(0);
    request.use_cache = !options.no_cache;

    const auto session = take_session(program, options.model);
    auto engine = open_model(program, session.get(), options.model);
    if (options.stream)
        std::cout << styled(request.prompt, Style::dim) << std::flush;
    const auto on_token = [&](const GeneratedToken& token) {
        if (options.stream)
            std::cout << token.text << std::flush;
    };
    // The line of progress and the streamed text would overwrite each other.
    const JobContext job = options.stream ? JobContext({}, program.job().stop_token()) : program.job();
    GenerationResult result;
    try {
        result = engine->generate(request, job, on_token);
    } catch (...) {
        if (options.stream)
            std::cout << std::endl;
        throw;
    }
    if (program.json) {
        Json document = to_json(result);
        document["prompt"] = request.prompt;
        return program.print(document);
    }
    program.clear_progress();
    if (options.stream)
        std::cout << std::endl;
    else
        std::cout << styled(request.prompt, Style::dim) << result.text << std::endl;
    program.message(std::to_string(result.ids.size()) + " tokens, " + number_text(result.tokens_per_second) +
                    " a second, ended by " + result.ended_by);
}

} // namespace

void add_generate(Program& program) {
    auto options = std::make_shared<GenerateOptions>();
    CLI::App* command =
        program.add_command("generate", "Continue a text", [&program, options] { run_generate(program, *options); });
    add_looked_at(program, command, options->model);
    program.add_seed(command);
    GenerateRequest& request = options->request;
    command->add_option("--prompt", request.prompt, "The text to continue")->required();
    command->add_option("--max-tokens", request.max_tokens, "How many tokens at most")
        ->check(CLI::Range(1, 1000000))
        ->capture_default_str();
    command->add_flag("--greedy", options->greedy, "Always the likeliest token (the default)");
    options->temperature = command->add_option("--temperature", request.temperature, "Sample; below 1 is more careful")
                               ->check(above_zero("use --greedy for the likeliest token"));
    options->top_p = command->add_option("--top-p", request.top_p, "Sample from the likeliest tokens that make up P")
                         ->check(CLI::Range(1e-9, 1.0));
    options->top_k = command->add_option("--top-k", request.top_k, "Sample from the K likeliest tokens")
                         ->check(CLI::Range(1, 10000000));
    command->add_option("--stop", request.stop, "End before this text (repeatable)")->allow_extra_args(false);
    command->add_flag("--stream", options->stream, "Print tokens as they come");
    command->add_flag("--no-cache", options->no_cache, "Compute every token from the start, to check the cache");
}

} // namespace emend::cli
