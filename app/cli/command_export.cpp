// SPDX-License-Identifier: GPL-3.0-or-later
// emend-cli export: what a session did to its model, as a folder, a delta, an adapter, or a report.
#include "base/file.h"
#include "base/hash.h"
#include "export_text.h"
#include "session_input.h"

#include <algorithm>
#include <filesystem>
#include <iostream>

namespace emend::cli {

namespace {

using Access = Session::Access;

struct Options {
    SessionOptions session;
    std::string format, out;
    std::optional<int> rank;
    std::optional<std::size_t> at;
    bool force = false;
    bool dry_run = false;
};

constexpr const char* report_format = "report";
constexpr const char* layers_format = "csv-layers";

// --- of the engine

// What the engine says can be done, in words of the command line: whether replacing would help, a second plan tells.
std::string hint_for(Program& program, Engine& engine, ExportRequest request, const std::string& hint) {
    if (request.force || engine.plan_export(request, program.job()).problem.empty())
        return hint;
    request.force = true;
    const bool helps = engine.plan_export(request, program.job()).problem.empty();
    return helps ? "choose another name, or replace what is there with --force" : hint;
}

ExportReport run(Program& program, Engine& engine, const ExportRequest& request) {
    try {
        return engine.export_edits(request, program.job());
    } catch (const Error& error) {
        throw Error(error.message(), error.where(), hint_for(program, engine, request, error.hint()));
    }
}

void export_weights(Program& program, const Options& options) {
    if (options.at)
        check_position(*options.at, peek_session(options.session.file).batches, "--at");
    const LoadedSession loaded = load_session(program, options.session, Access::read_only);
    const ExportRequest request{.format = export_format_from(options.format),
                                .out = options.out,
                                .at = options.at,
                                .rank = options.rank.value_or(0),
                                .force = options.force,
                                .provenance = provenance_of(*loaded.session)};
    if (options.dry_run) {
        const ExportPlan plan = loaded.engine->plan_export(request, program.job());
        program.clear_progress();
        if (!plan.problem.empty())
            throw Error(plan.problem, options.out, hint_for(program, *loaded.engine, request, plan.hint));
        for (const std::string& warning : plan.warnings)
            program.message(warning, true);
        if (program.json)
            return program.print(to_json(plan));
        return print_plan(options.out, plan);
    }
    const ExportReport report = run(program, *loaded.engine, request);
    for (const std::string& warning : report.warnings)
        program.message(warning, true);
    program.clear_progress();
    if (program.json)
        return program.print(to_json(report));
    print_export(report);
}

// --- a report

SessionReportContents gather(Program& program, const Options& options, ReportFormat format) {
    if (format == ReportFormat::csv_edits || format == ReportFormat::csv_layers) { // the file has all of these
        const auto session = open_session(options.session.file, Access::read_only);
        return read_contents(*session, program);
    }
    const LoadedSession loaded = load_session(program, options.session, Access::read_only);
    SessionReportContents contents = read_contents(*loaded.session, program);
    complete_report(contents, *loaded.engine, format, program.job());
    for (const std::string& note : contents.notes)
        program.message(note, true);
    program.clear_progress();
    return contents;
}

ReportFormat report_kind(const Options& options) {
    if (options.format == layers_format)
        return ReportFormat::csv_layers;
    const auto format = report_format_of(options.out);
    if (!format)
        throw UsageError("the ending does not say what kind of report it is", "--out",
                         "end the name in .html, .md, .json or .csv");
    return *format;
}

void export_report(Program& program, const Options& options) {
    if (options.at || options.rank)
        throw UsageError("a report is of the whole session", options.at ? "--at" : "--rank", "leave it out");
    const ReportFormat format = report_kind(options);
    check_output_file(options.out, peek_session(options.session.file).model.path);
    if (!options.session.model.empty()) { // where it is now is no place for a report either
        program.load.path = options.session.model;
        check_output_file(options.out, program.model_folder());
    }
    std::error_code none;
    if (!options.force && std::filesystem::exists(options.out, none))
        throw Error("a file is there already", options.out, "name another one, or replace it with --force");
    if (std::filesystem::equivalent(options.out, options.session.file, none))
        throw Error("this is the session itself", options.out, "name another file");
    const std::string text = render_session_report(gather(program, options, format), format);
    program.check_stop();
    if (!options.dry_run)
        write_file_atomic(options.out, text);
    const std::string name = std::filesystem::path(options.out).filename().string();
    const std::string hash = sha256_hex(text);
    if (program.json)
        return program.print(
            {{"format", options.format},
             {"out", options.out},
             {"files", {{{"name", name}, {"bytes", text.size()}, {"sha256", hash}, {"origin", "new"}}}},
             {"bytes", text.size()},
             {"sha256", {{name, hash}}}});
    std::cout << (options.dry_run ? "  would be written: " : "  written: ") << options.out << ", "
              << bytes_text(static_cast<double>(text.size())) << '\n';
}

void run_export(Program& program, const Options& options) {
    if (options.format == report_format || options.format == layers_format)
        return export_report(program, options);
    if (options.rank && export_format_from(options.format) != ExportFormat::lora)
        throw UsageError("only an adapter has a rank", "--rank", "use it with --format lora");
    export_weights(program, options);
}

} // namespace

void add_export(Program& program) {
    auto options = std::make_shared<Options>();
    CLI::App* command = program.add_command("export", "Take a session's edits along: model folder, delta, LoRA, report",
                                            [&program, options] { run_export(program, *options); });
    add_session_file(command, options->session);
    add_session_model(program, command, options->session);
    command
        ->add_option("--format", options->format,
                     "folder: a Hugging Face model; delta: the change alone; lora: a PEFT adapter; report: by the "
                     "ending of --out, .html, .md, .json or .csv; csv-layers: the layers' numbers")
        ->check(CLI::IsMember({"folder", "delta", "lora", report_format, layers_format}))
        ->required();
    command->add_option("--out", options->out, "Folder or file to write")->check(names_a_file)->required();
    command->add_option("--rank", options->rank, "lora: at most this rank a layer (default: what is needed)")
        ->check(above_zero("leave it out for what is needed"));
    command->add_option("--at", options->at, "After so many batches of the history (default: as it is)")
        ->check(is_digits);
    command->add_flag("--force", options->force, "Replace what an earlier export wrote there");
    command->add_flag("--dry-run", options->dry_run, "Say what would be written, and write nothing");
    command->footer("The result is there as a whole or not at all, read back and compared. The model's own folder is "
                    "never written to.");
}

} // namespace emend::cli
