// SPDX-License-Identifier: GPL-3.0-or-later
// What every command shares: the options that mean the same everywhere, one way to get an engine with a model, one way
// to write results. Standard output carries results only (one JSON document with --json); everything else goes to
// standard error.
#pragma once

#include "emend/engine.h"
#include "emend/error.h"
#include "terminal.h"

#include <CLI/CLI.hpp>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace emend::cli {

using Json = nlohmann::ordered_json;

// Wrong usage that only shows when options are seen together. Exit code 2.
struct UsageError : std::runtime_error {
    // where: the option; hint: empty for the command's --help.
    explicit UsageError(const std::string& what, std::string at = "command line", std::string advice = {})
        : std::runtime_error(what)
        , where(std::move(at))
        , hint(std::move(advice)) {}
    std::string where;
    std::string hint;
};

// Checks for CLI11 that say what they want. advice: "use --greedy for the likeliest token", or nothing.
std::function<std::string(const std::string&)> above_zero(const std::string& advice = {});
std::function<std::string(const std::string&)> not_negative(const std::string& advice = {});
std::string is_digits(const std::string& value); // CLI11 reads -3 as a large unsigned number
// Of a file to be written: neither nothing nor "-", standard output is for the result.
std::string names_a_file(const std::string& value);
// Of a table to be written: a file, or standard output, which then carries the table alone.
inline constexpr std::string_view standard_output = "-";
std::string names_a_table(const std::string& value);

// A check for CLI11 from a function that throws Error for a value it cannot read: such a value is wrong usage.
template<typename Read>
auto readable(Read read) {
    return [read](const std::string& value) -> std::string {
        try {
            static_cast<void>(read(value));
            return {};
        } catch (const Error& error) {
            return error.message() + (error.hint().empty() ? "" : "; " + error.hint());
        }
    };
}

class Program {
  public:
    explicit Program(std::stop_token stop)
        : stop_(std::move(stop)) {}

    // --- setting up: each add_<command> calls these
    // group: of add_group, for a command below another; none for one of the program.
    CLI::App* add_command(const std::string& name, const std::string& description, std::function<void()> run,
                          CLI::App* group = nullptr);
    CLI::App* add_group(const std::string& name, const std::string& description); // of commands
    void add_model(CLI::App* command);                                            // MODEL
    void add_compute(CLI::App* command);                                          // --device --dtype --threads
    void add_seed(CLI::App* command);                                             // --seed

    // Parses and runs. Returns the exit code; never throws.
    int run(int argc, char** argv);

    // --- for running commands
    bool json = false;
    bool quiet = false;
    std::optional<std::uint64_t> seed; // when given
    LoadOptions load;                  // path as typed until model_folder()
    bool device_named = false;         // by --device
    int verdict = 0;                   // exit code of work that was done and found something wrong: 1
    std::string kept_when_cancelled;   // what a stop leaves behind; empty: nothing

    [[nodiscard]] std::string model_folder() const;                // MODEL; `demo` is the bundled one
    [[nodiscard]] std::unique_ptr<Engine> make_engine_for_model(); // MODEL is there and sound, but not open
    [[nodiscard]] std::unique_ptr<Engine> open_model();            // with MODEL
    // Progress on standard error, stopped by Ctrl+C. edits: how many it is about, 0 for none.
    [[nodiscard]] JobContext job(std::size_t edits = 0);
    void check_stop() const;                                     // throws Cancelled
    void message(const std::string& text, bool warning = false); // to standard error unless quiet
    void print(const Json& document);
    void clear_progress() { progress_.reset(); }

  private:
    [[nodiscard]] std::unique_ptr<Engine> make_engine(); // without a model
    void check_command(int argc, char** argv) const;     // throws UsageError for a command there is not
    [[nodiscard]] std::string parse_fault(const CLI::ParseError& error) const;
    [[nodiscard]] std::string help_hint(int argc, char** argv) const;
    int fail(const std::string& what, const std::string& where, const std::string& hint, int code);

    CLI::App app_{"Edit what a language model knows, and see what it does to everything else."};
    std::function<void()> chosen_;
    std::stop_token stop_;
    std::shared_ptr<ProgressLine> progress_;
};

void add_info(Program& program);
void add_tokenize(Program& program); // tokenize and detokenize
void add_logits(Program& program);
void add_generate(Program& program);
void add_statistics(Program& program);
void add_trace(Program& program);
void add_edit(Program& program);
void add_try(Program& program);
void add_session(Program& program);
void add_export(Program& program);
void add_demo(Program& program);

// "1,2,3". Throws UsageError.
std::vector<std::int32_t> parse_ids(const std::string& text);

// Faults of a file to be written are found before the work, not after it: a folder that is not there or cannot be
// written, and a place in the model's folder. Throws Error.
void check_output_file(const std::string& path, const std::string& model_folder = {});
// Of all the files a command writes; empty names are none. Throws UsageError when two are the same.
void check_output_files(const std::vector<std::string>& files, const std::string& model_folder);

} // namespace emend::cli
