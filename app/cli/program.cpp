// SPDX-License-Identifier: GPL-3.0-or-later
#include "program.h"

#include "base/log.h"
#include "base/spelling.h"
#include "emend/error.h"
#include "emend/output_guard.h"
#include "emend/paths.h"
#include "engine_loader.h"
#include "storage/model_folder.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <new>
#include <set>
#include <unistd.h>

namespace emend::cli {

namespace {

constexpr int failed = 1, wrong_usage = 2, cancelled = 130;

std::function<std::string(const std::string&)> number_check(bool zero_too, const std::string& advice) {
    return [zero_too, advice](const std::string& text) -> std::string {
        double value = 0;
        const auto [stopped, code] = std::from_chars(text.data(), text.data() + text.size(), value);
        if (code != std::errc() || stopped != text.data() + text.size() || value > 0 || (zero_too && value == 0))
            return {}; // what is no number is said elsewhere
        return std::string(zero_too ? "must be 0 or more" : "must be above 0") + ", not " + text +
               (advice.empty() ? "" : "; " + advice);
    };
}

std::vector<std::string> command_names(const CLI::App& app) {
    std::vector<std::string> names;
    for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; }))
        names.push_back(command->get_name());
    return names;
}

bool asks_for_help(std::string_view word) {
    return word == "--help" || word == "-h" || word == "--version";
}

// The command that was named and those below it, as far as they are known. No option before a command takes a value.
struct NamedCommand {
    const CLI::App* command; // the program itself when none was named
    std::string words;       // "session show"
    std::string unknown;     // the word behind them that is no command; empty: none
};
NamedCommand named_command(const CLI::App& app, int argc, char** argv) {
    NamedCommand named{&app, {}, {}};
    for (int i = 1; i < argc; ++i) {
        const std::vector<std::string> known = command_names(*named.command);
        const std::string word = argv[i];
        if (known.empty() || asks_for_help(word))
            break;
        if (word.starts_with('-'))
            continue;
        if (std::ranges::find(known, word) == known.end()) {
            named.unknown = word;
            break;
        }
        named.command = named.command->get_subcommand(word);
        named.words += (named.words.empty() ? "" : " ") + word;
    }
    return named;
}

} // namespace

CLI::App* Program::add_group(const std::string& name, const std::string& description) {
    CLI::App* group = app_.add_subcommand(name, description);
    group->require_subcommand(1);
    return group;
}

CLI::App* Program::add_command(const std::string& name, const std::string& description, std::function<void()> run,
                               CLI::App* group) {
    CLI::App* command = (group ? *group : app_).add_subcommand(name, description);
    command->add_flag("--json", json, "Print one JSON document instead of text");
    command->add_flag("-q,--quiet", quiet, "Keep standard error silent but for errors");
    command->callback([this, run = std::move(run)] { chosen_ = run; });
    return command;
}

void Program::add_model(CLI::App* command) {
    command->add_option("MODEL", load.path, "A Hugging Face folder, or `demo` for the bundled model")->required();
}

void Program::add_compute(CLI::App* command) {
    command->add_option("--device", load.device, "cpu, cuda or cuda:N")
        ->each([this](const std::string&) { device_named = true; })
        ->check([](const std::string& device) {
            const bool sound = device == "cpu" || device == "cuda" ||
                               (device.starts_with("cuda:") && device.size() > 5 &&
                                device.find_first_not_of("0123456789", 5) == std::string::npos);
            return sound ? std::string() : "there is no device \"" + device + "\"; write cpu, cuda or cuda:N";
        })
        ->capture_default_str();
    command->add_option("--dtype", load.dtype, "Precision to compute with")
        ->check(CLI::IsMember({"auto", "float32", "float64", "bfloat16", "float16"}))
        ->capture_default_str();
    command->add_option("--threads", load.threads, "Processor threads; 0 is one per core")
        ->check(CLI::Range(0, 4096))
        ->capture_default_str();
}

void Program::add_seed(CLI::App* command) {
    command->add_option("--seed", seed, "Seed of everything random (default 0)")->check(is_digits);
}

int Program::run(int argc, char** argv) {
    app_.name("emend-cli");
    app_.require_subcommand(1);
    app_.set_version_flag("--version", EMEND_VERSION);
    app_.footer(
        "MODEL is a Hugging Face folder or `demo`. Exit codes: 0 done, 1 failed, 2 wrong usage, 130 cancelled.");
    // Usage errors may come before --json was read.
    for (int i = 1; i < argc; ++i)
        if (std::strcmp(argv[i], "--json") == 0)
            json = true;
    try {
        check_command(argc, argv);
        app_.parse(argc, argv);
        if (quiet)
            set_log_level(LogLevel::Error);
        set_log_sink([this](LogLevel level, const std::string& text) {
            clear_progress();
            const bool serious = level == LogLevel::Warning || level == LogLevel::Error;
            std::cerr << (serious ? "warning: " : "") << text << '\n';
        });
        chosen_();
        clear_progress();
        std::cout.flush();
        if (!std::cout)
            throw Error("the result could not be written", "standard output", "is the disk full?");
        return verdict;
    } catch (const CLI::ParseError& error) {
        if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::Success))
            return app_.exit(error) == 0 ? 0 : wrong_usage; // --help, --version
        const std::string what = parse_fault(error);
        // "--softness: must be …"
        const std::size_t colon = what.starts_with("--") ? what.find(": ") : std::string::npos;
        return fail(what, colon == std::string::npos ? "command line" : what.substr(0, colon), help_hint(argc, argv),
                    wrong_usage);
    } catch (const UsageError& error) {
        return fail(error.what(), error.where, error.hint.empty() ? help_hint(argc, argv) : error.hint, wrong_usage);
    } catch (const Cancelled&) {
        return fail("cancelled", "", kept_when_cancelled.empty() ? "nothing was changed" : kept_when_cancelled,
                    cancelled);
    } catch (const DamagedSession& error) {
        return fail(error.message(), error.where(), error.hint() + "; emend-cli session rescue writes a new one",
                    failed);
    } catch (const Error& error) {
        return fail(error.message(), error.where(), error.hint(), failed);
    } catch (const std::bad_alloc&) {
        return fail("there is not enough memory", "", "close other programs, or choose a smaller model or batch",
                    failed);
    } catch (const std::exception& error) {
        return fail(error.what(), "", "this is a fault of the program: please report it", failed);
    }
}

void Program::check_command(int argc, char** argv) const {
    const NamedCommand named = named_command(app_, argc, argv);
    const std::vector<std::string> known = command_names(*named.command);
    if (known.empty() || (named.unknown.empty() && std::any_of(argv + 1, argv + argc, asks_for_help)))
        return;
    std::string all;
    for (const std::string& name : known)
        all += (all.empty() ? "commands: " : ", ") + name;
    if (named.unknown.empty())
        throw UsageError("no command is given" + (named.words.empty() ? "" : " for " + named.words) + "; " + all);
    const std::string meant = did_you_mean(named.unknown, known);
    throw UsageError("there is no command \"" + named.words + (named.words.empty() ? "" : " ") + named.unknown + "\"" +
                     (meant.empty() ? "; " : meant + " ") + all);
}

// Options that nobody knows are named, with what may have been meant.
std::string Program::parse_fault(const CLI::ParseError& error) const {
    const auto code = static_cast<CLI::ExitCodes>(error.get_exit_code());
    if (code == CLI::ExitCodes::ExtrasError || code == CLI::ExitCodes::RequiredError) {
        for (const CLI::App* command = &app_; !command->get_subcommands().empty();) {
            command = command->get_subcommands().front();
            std::vector<std::string> known;
            for (const CLI::Option* option : command->get_options())
                for (const std::string& name : option->get_lnames())
                    known.push_back("--" + name);
            for (const std::string& word : command->remaining())
                if (word.starts_with("--"))
                    return "there is no option \"" + word + "\"" + did_you_mean(word.substr(0, word.find('=')), known);
        }
    }
    return error.what();
}

std::string Program::help_hint(int argc, char** argv) const {
    const std::string words = named_command(app_, argc, argv).words;
    return "emend-cli " + words + (words.empty() ? "" : " ") + "--help";
}

int Program::fail(const std::string& what, const std::string& where, const std::string& hint, int code) {
    clear_progress();
    if (json) {
        try {
            print(Json{{"error", {{"what", what}, {"where", where}, {"hint", hint}}}});
            std::cout.flush();
        } catch (const std::exception&) {
            return code; // nothing can be said
        }
        return code;
    }
    std::cerr << "emend-cli: " << what << '\n';
    if (!where.empty())
        std::cerr << "  where: " << where << '\n';
    if (!hint.empty())
        std::cerr << "  hint:  " << hint << '\n';
    return code;
}

std::string Program::model_folder() const {
    return load.path == "demo" ? demo_model_dir() : load.path;
}

std::unique_ptr<Engine> Program::make_engine() {
    auto engine = load_engine();
    check_stop();
    return engine;
}

std::unique_ptr<Engine> Program::make_engine_for_model() {
    // Loading LibTorch takes longer than all else: faults of the folder are told before it.
    (void)ModelFolder::open(model_folder());
    return make_engine();
}

std::unique_ptr<Engine> Program::open_model() {
    auto engine = make_engine_for_model();
    LoadOptions options = load;
    options.path = model_folder();
    engine->open(options, job());
    clear_progress();
    check_stop();
    return engine;
}

JobContext Program::job(std::size_t edits) {
    progress_ = std::make_shared<ProgressLine>(quiet, edits);
    return JobContext(
        [this, edits](const Progress& progress) {
            if (!progress_)
                progress_ = std::make_shared<ProgressLine>(quiet, edits);
            progress_->show(progress);
        },
        stop_);
}

void Program::check_stop() const {
    if (stop_.stop_requested())
        throw Cancelled();
}

void Program::message(const std::string& text, bool warning) {
    if (quiet)
        return;
    clear_progress();
    std::cerr << (warning ? "warning: " : "") << text << '\n';
}

void Program::print(const Json& document) {
    clear_progress();
    // Pieces of tokens may be half a character.
    std::cout << document.dump(2, ' ', false, Json::error_handler_t::replace) << '\n';
}

std::function<std::string(const std::string&)> above_zero(const std::string& advice) {
    return number_check(false, advice);
}
std::function<std::string(const std::string&)> not_negative(const std::string& advice) {
    return number_check(true, advice);
}
std::string is_digits(const std::string& value) {
    const bool digits = !value.empty() && value.find_first_not_of("0123456789") == std::string::npos;
    return digits ? "" : "\"" + value + "\" is not a whole number of 0 or more";
}

std::string names_a_file(const std::string& value) {
    if (value.empty())
        return "the name is empty; name a file";
    return value == "-" ? "standard output is for the result; name a file" : "";
}

std::string names_a_table(const std::string& value) {
    return value.empty() ? "the name is empty; name a file, or - for standard output" : "";
}

std::vector<std::int32_t> parse_ids(const std::string& text) {
    std::vector<std::int32_t> ids;
    if (text.empty())
        return ids;
    std::size_t begin = 0;
    while (begin <= text.size()) {
        std::size_t end = std::min(text.find(',', begin), text.size());
        std::string part = text.substr(begin, end - begin);
        part.erase(0, part.find_first_not_of(' '));
        part.erase(part.find_last_not_of(' ') + 1);
        std::int32_t id = 0;
        const auto [stopped, code] = std::from_chars(part.data(), part.data() + part.size(), id);
        if (part.empty() || code != std::errc() || stopped != part.data() + part.size())
            throw UsageError("--ids: \"" + part + "\" is not a token id; write 1,2,3");
        ids.push_back(id);
        begin = end + 1;
    }
    return ids;
}

void check_output_file(const std::string& path, const std::string& model_folder) {
    namespace fs = std::filesystem;
    if (path.empty())
        return;
    check_outside_model(path, model_folder);
    std::error_code ignored;
    const fs::path folder = fs::path(path).has_parent_path() ? fs::path(path).parent_path() : fs::path(".");
    if (fs::is_directory(path, ignored))
        throw Error("this is a folder, not a file", path, "name a file to write");
    if (!fs::is_directory(folder, ignored))
        throw Error("the folder to write into does not exist", folder.string(), "make it first, or name another");
    if (access(folder.c_str(), W_OK | X_OK) != 0) {
        throw Error(std::string("the folder cannot be written to: ") + std::strerror(errno), folder.string(),
                    "choose a folder you may write to");
    }
}

void check_output_files(const std::vector<std::string>& files, const std::string& model_folder) {
    std::set<std::filesystem::path> seen;
    for (const std::string& file : files) {
        check_output_file(file, model_folder);
        std::error_code ignored;
        const auto name = std::filesystem::weakly_canonical(std::filesystem::absolute(file, ignored), ignored);
        if (!file.empty() && !seen.insert(name).second)
            throw UsageError("two results would be written to " + file);
    }
}

} // namespace emend::cli
