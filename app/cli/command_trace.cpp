// SPDX-License-Identifier: GPL-3.0-or-later
// emend-cli trace: where the model keeps a fact, or the facts of a file on average.
#include "base/file.h"
#include "base/job_part.h"
#include "edit_input.h"
#include "emend/chart.h"
#include "program.h"
#include "session_input.h"
#include "trace_report.h"

#include <chrono>
#include <exception>
#include <filesystem>
#include <iostream>
#include <utility>

namespace emend::cli {

namespace {

struct Options {
    EditOptions facts;
    std::vector<std::string> objects;
    std::string kind = "hidden";
    std::optional<int> window, samples;
    std::optional<double> noise, scale;
    std::string noise_file;
    std::string png, svg, pdf, csv;
    bool lens = false;
    // Of the lens.
    std::optional<int> token;
    std::optional<std::size_t> before;
    LookedAt model;
};

// The lens reads one prompt; noise and pictures are the map's.
void check_lens(const Options& options) {
    if (!options.lens) {
        if (options.token)
            throw UsageError("the token is the lens's", "--token", "use it with --lens");
        if (options.before)
            throw UsageError("the lens compares, a map does not", "--before", "use it with --lens, or --at");
        return;
    }
    if (!options.facts.file.empty())
        throw UsageError("--lens reads one prompt, not a file", "--lens", "give --subject and --prompt");
    if (options.objects.size() > 2)
        throw UsageError("the lens follows two objects at most", "--object");
    if (!options.png.empty() || !options.svg.empty() || !options.pdf.empty() || !options.csv.empty() ||
        options.window || options.samples || options.noise || !options.noise_file.empty() || options.kind != "hidden")
        throw UsageError("--lens is a table without noise and pictures", "--lens", "leave the options of the map out");
}

void check_options(const Options& options) {
    check_lens(options);
    const EditOptions& facts = options.facts;
    if (facts.file.empty() && facts.prompt.empty() && facts.relation.empty())
        throw UsageError("give --subject and --prompt, or --edits FILE");
    if (!facts.file.empty()) {
        if (!facts.subject.empty() || !facts.prompt.empty() || !facts.relation.empty() || facts.article ||
            !options.objects.empty())
            throw UsageError("give either --edits or --subject, --prompt and --object");
        if (!options.noise_file.empty())
            throw UsageError("--noise-file fits one subject, not a file of facts", "--noise-file", "use --noise");
    }
    if (options.window && options.kind == "hidden")
        throw UsageError("hidden states are put back one at a time", "--window",
                         "use it with --kind mlp or --kind attention");
    if (!options.noise_file.empty() && (options.noise || options.samples))
        throw UsageError("the file holds the noise of every sample: leave --noise and --samples out", "--noise-file");
    if (options.scale && options.png.empty())
        throw UsageError("only a PNG has pixels", "--scale", "use it with --png");
    std::error_code none;
    if (!options.noise_file.empty() && !std::filesystem::exists(options.noise_file, none))
        throw Error("there is no such file for --noise-file", options.noise_file,
                    "it holds `noise` [samples, subject tokens, d_model], or leave the option out");
}

TraceRequest request_of(const Options& options, const ModelInfo& model, Program& program) {
    TraceRequest request;
    request.kind = trace_kind_from(options.kind);
    request.window = options.window.value_or(request.window);
    if (request.kind != TraceKind::hidden && request.window > model.layers) {
        program.message("the model has " + std::to_string(model.layers) + " layers: a window of " +
                            std::to_string(request.window) + " is cut to " + std::to_string(model.layers) +
                            (options.window ? "" : "; --window 3 tells its layers apart"),
                        options.window.has_value());
        request.window = model.layers;
    }
    request.samples = options.samples.value_or(request.samples);
    request.noise = options.noise;
    request.noise_file = options.noise_file;
    request.seed = program.seed.value_or(request.seed);
    return request;
}

void tell_files(const Options& options) {
    for (const std::string& file : {options.png, options.svg, options.pdf, options.csv})
        if (!file.empty())
            std::cout << "  written: " << file << '\n';
}

// All is drawn before the first file is written, so that a fault leaves none.
template<typename Traced>
void write_files(const Options& options, const Traced& traced, const Program& program) {
    std::vector<std::pair<std::string, std::string>> files;
    const auto draw = [&](const std::string& file, ChartFormat format, double scale) {
        if (!file.empty())
            files.emplace_back(file, render_trace(traced, format, scale));
    };
    constexpr double usual_scale = 2; // sharp on most screens
    draw(options.png, ChartFormat::png, options.scale.value_or(usual_scale));
    draw(options.svg, ChartFormat::svg, 1);
    draw(options.pdf, ChartFormat::pdf, 1);
    if (!options.csv.empty())
        files.emplace_back(options.csv, trace_csv(traced));
    program.check_stop();
    for (const auto& [file, content] : files)
        if (file == standard_output)
            std::cout << content;
        else
            write_file_atomic(file, content);
}

// All of a result for people, or nothing where standard output is the CSV's.
template<typename Traced>
void print_text(const Options& options, const Traced& traced, const LayerSuggestion& suggestion, Program& program) {
    program.clear_progress();
    if (options.csv == standard_output)
        return;
    print_trace(traced, suggestion);
    tell_files(options);
}

void trace_one(Program& program, const Options& options, Session* session) {
    EditRequest fact;
    fill_prompt(fact, options.facts);
    auto engine = open_model(program, session, options.model);
    TraceRequest request = request_of(options, engine->model_info(), program);
    request.subject = fact.subject;
    request.prompt = fact.prompt;
    request.objects = options.objects;
    const TraceResult trace = engine->trace(request, program.job(), {});
    const LayerSuggestion suggestion = suggest_layers(average_traces({trace}));
    write_files(options, trace, program);
    if (program.json) {
        Json document = to_json(trace);
        document["suggestion"] = to_json(suggestion);
        return program.print(document);
    }
    print_text(options, trace, suggestion, program);
}

void read_lens(Program& program, const Options& options, Session* session) {
    EditRequest fact;
    fill_prompt(fact, options.facts);
    auto engine = open_model(program, session, options.model);
    LensRequest request;
    request.prompt = fact.prompt;
    if (const std::size_t gap = request.prompt.find("{}"); gap != std::string::npos)
        request.prompt.replace(gap, 2, fact.subject);
    request.token = options.token.value_or(request.token);
    if (!options.objects.empty())
        request.object = options.objects[0];
    if (options.objects.size() > 1)
        request.true_object = options.objects[1];
    request.before = options.before.value_or(0);
    const LensResult lens = engine->lens(request, program.job());
    if (program.json)
        return program.print(lens_json(lens, options.objects, session != nullptr));
    program.clear_progress();
    print_lens(lens, options.objects, session != nullptr);
}

// What the model says now is traced: the true object where it is known, else its own answer.
// One that cannot be traced joins those that are passed over, as long as one is left.
std::vector<TraceResult> trace_all(GatheredEdits& gathered, const TraceRequest& like, Engine& engine,
                                   Program& program) {
    const JobContext job = program.job();
    std::vector<TraceResult> traces;
    const auto start = std::chrono::steady_clock::now();
    const auto count = static_cast<double>(gathered.edits.size());
    std::exception_ptr last_fault;
    for (std::size_t i = 0; i < gathered.edits.size(); ++i) {
        const EditRequest& fact = gathered.edits[i];
        TraceRequest request = like;
        request.subject = fact.subject;
        request.prompt = fact.prompt;
        if (fact.true_object)
            request.objects = {*fact.true_object};
        const auto done = static_cast<double>(i);
        try {
            traces.push_back(engine.trace(request, part_of(job, done / count, (done + 1) / count, start), {}));
        } catch (const Cancelled&) {
            throw;
        } catch (const Error& error) {
            last_fault = std::current_exception();
            const int record = gathered.records.at(i);
            gathered.skipped.push_back({record, error.message()});
            program.message("record " + std::to_string(record + 1) + " of the file is passed over: " + error.message(),
                            true);
        }
    }
    if (traces.empty() && last_fault)
        std::rethrow_exception(last_fault);
    return traces;
}

void trace_file(Program& program, const Options& options, Session* session) {
    GatheredEdits gathered = gather_edits(options.facts);
    auto engine = open_model(program, session, options.model);
    drop_faulty(gathered, *engine, program.model_folder(), program.job());
    tell_about(gathered, program);
    const std::vector<TraceResult> traces =
        trace_all(gathered, request_of(options, engine->model_info(), program), *engine, program);
    const TraceAverage average = average_traces(traces);
    const LayerSuggestion suggestion = suggest_layers(average);
    write_files(options, average, program);
    if (program.json) {
        Json document{
            {"kind", to_text(average.kind)},     {"window", average.window}, {"samples", traces.front().samples},
            {"noise", traces.front().noise},     {"layers", average.layers}, {"average", to_json(average)},
            {"suggestion", to_json(suggestion)}, {"facts", Json::array()},   {"skipped", skipped_json(gathered)}};
        for (const TraceResult& trace : traces)
            document["facts"].push_back(to_json(trace));
        return program.print(document);
    }
    print_text(options, average, suggestion, program);
}

void run_trace(Program& program, const Options& options) {
    check_options(options);
    if (options.csv == standard_output && program.json)
        throw UsageError("standard output is the JSON's", "--csv", "name a file, or leave --json out");
    const auto session = take_session(program, options.model);
    if (options.before)
        check_position(*options.before, session ? session->head().batches : 0, "--before");
    check_output_files({options.png, options.svg, options.pdf, options.csv}, program.model_folder());
    if (options.lens)
        read_lens(program, options, session.get());
    else if (options.facts.file.empty())
        trace_one(program, options, session.get());
    else
        trace_file(program, options, session.get());
}

void add_fact_options(CLI::App* command, Options& options) {
    const char* const group = "Facts";
    command->add_option("--subject", options.facts.subject, "Whom the fact is about: \"Eiffel Tower\"")->group(group);
    command->add_option("--prompt", options.facts.prompt, "The fact's beginning, {} for the subject: \"The {} is in\"")
        ->group(group);
    command->add_option("--relation", options.facts.relation, "Instead of --prompt, see edit --list-relations")
        ->group(group);
    command->add_flag("--article", options.facts.article, "With --relation: the subject takes \"the\"")->group(group);
    command->add_option("--object", options.objects, "Whose probability is read (repeatable; default: the answer)")
        ->group(group)
        ->allow_extra_args(false);
    command->add_option("--edits", options.facts.file, "File of edits: the average over what the model says now")
        ->group(group);
}

} // namespace

void add_trace(Program& program) {
    auto options = std::make_shared<Options>();
    CLI::App* command = program.add_command("trace", "Find the tokens and layers where the model keeps a fact",
                                            [&program, options] { run_trace(program, *options); });
    add_looked_at(program, command, options->model);
    program.add_seed(command);
    add_fact_options(command, *options);
    const char* group = "Trace";
    command->add_option("--kind", options->kind, "What is put back: hidden, mlp or attention")
        ->check(readable(trace_kind_from))
        ->capture_default_str()
        ->group(group);
    command->add_option("--window", options->window, "Layers put back together, mlp and attention (default 10)")
        ->check(above_zero())
        ->group(group);
    command->add_option("--samples", options->samples, "Of the noise (default 10)")->check(above_zero())->group(group);
    command->add_option("--noise", options->noise, "Its sigma (default: three standard deviations of the embedding)")
        ->check(not_negative())
        ->group(group);
    command->add_option("--noise-file", options->noise_file, "`noise` [samples, subject tokens, d_model], safetensors")
        ->group(group);
    command->add_flag("--lens", options->lens, "Instead of a map: what each layer would answer (logit lens)")
        ->group(group);
    command->add_option("--token", options->token, "Of the prompt, from 0, where the lens looks (default: the last)")
        ->group(group);
    command
        ->add_option(
            "--before", options->before,
            "Of the lens on a session: what it compares with, after so many batches (default 0, the checkpoint)")
        ->check(is_digits)
        ->group(group);
    group = "Output";
    const auto file = [&](const char* name, std::string& value, const char* text) {
        command->add_option(name, value, text)->check(names_a_file)->group(group);
    };
    file("--png", options->png, "The map as a picture");
    file("--svg", options->svg, "The same, texts as texts, numbers on hover");
    file("--pdf", options->pdf, "The same on one page");
    command->add_option("--csv", options->csv, "Every cell, or role and layer, in a row; - is standard output")
        ->check(names_a_table)
        ->group(group);
    command->add_option("--scale", options->scale, "Pixels of the PNG a unit (default 2)")
        ->check(above_zero())
        ->group(group);
}

} // namespace emend::cli
