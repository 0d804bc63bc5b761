// SPDX-License-Identifier: GPL-3.0-or-later
#include "edit_run.h"

#include "base/job_part.h"
#include "emend/report_totals.h"
#include "report_json.h"
#include "report_text.h"
#include "session_input.h"

#include <algorithm>
#include <filesystem>
#include <iostream>

namespace emend::cli {

namespace {

namespace fs = std::filesystem;

std::string count_text(std::size_t count, const std::string& one) {
    return std::to_string(count) + " " + one + (count == 1 ? "" : one == "batch" ? "es" : "s");
}

// For an export after minutes of work.
void check_new_place(const std::string& out, const std::string& model_folder) {
    std::error_code none;
    const bool empty_folder = fs::is_directory(out, none) && fs::is_empty(out, none);
    if (fs::exists(out, none) && !empty_folder)
        throw Error("something is there already", out,
                    "name another place; emend-cli export --force replaces what an earlier export wrote");
    if (!empty_folder)
        check_output_file(out, model_folder);
}

std::string title_of(const Engine& engine, std::uint64_t batch) {
    for (const LedgerEntry& entry : engine.ledger().entries)
        if (entry.id == batch)
            return entry.title;
    return {};
}

// What is there when a run ends in the middle.
class Kept {
  public:
    Kept(Program& program, Engine& engine, EditSession* session)
        : program_(program)
        , engine_(engine)
        , session_(session) {}

    void keep(const EditReport& report) {
        if (!session_)
            return;
        session_->keep(report);
        ++kept_;
        program_.kept_when_cancelled = text();
        program_.message("batch " + std::to_string(report.batch_id) + " (" + title_of(engine_, report.batch_id) +
                         ") is in the session: " + std::to_string(holding(report)) + " of " +
                         count_text(report.edits.size(), "edit") + (report.edits.size() == 1 ? " holds" : " hold"));
    }
    [[nodiscard]] std::string text() const {
        return kept_ == 0
                   ? std::string()
                   : count_text(kept_, "batch") + (kept_ == 1 ? " is in " : " are in ") + session_->session().path();
    }

  private:
    Program& program_;
    Engine& engine_;
    EditSession* session_;
    std::size_t kept_ = 0;
};

void add_warnings(std::vector<std::string>& all, const std::vector<std::string>& more) {
    for (const std::string& warning : more)
        if (std::ranges::find(all, warning) == all.end())
            all.push_back(warning);
}

void add(EditSeconds& sum, const EditSeconds& more) {
    sum.contexts += more.contexts;
    sum.statistics += more.statistics;
    sum.values += more.values;
    sum.keys += more.keys;
    sum.solve += more.solve;
    sum.total += more.total;
}

// Later batches may have changed what earlier ones say: the answers are those at the end.
void finish(AppliedEdits& applied, Engine& engine, const JobContext& job) {
    EditReport& whole = applied.whole;
    if (applied.batches.size() == 1)
        whole = applied.batches.front();
    for (const EditReport& batch : applied.batches) {
        for (std::size_t edit = 0; edit < batch.edits.size(); ++edit)
            applied.places.push_back({batch.batch_id, edit});
        if (applied.batches.size() == 1)
            return;
        for (EditConflict conflict : batch.conflicts) {
            conflict.first += whole.edits.size();
            conflict.second += whole.edits.size();
            whole.conflicts.push_back(conflict);
        }
        whole.edits.insert(whole.edits.end(), batch.edits.begin(), batch.edits.end());
        add(whole.seconds, batch.seconds);
        add_warnings(whole.warnings, batch.warnings);
        whole.batch_id = batch.batch_id;
        whole.recipe = batch.recipe;
    }
    const std::vector<EditCheck> answers = engine.check(applied.requests(), job);
    for (std::size_t i = 0; i < answers.size(); ++i)
        if (!answers[i].problem)
            whole.edits[i].after = answers[i].present;
}

void import(AppliedEdits& applied, Engine& engine, const EditPlaces& places, bool force, Kept& kept,
            const JobContext& job) {
    const std::vector<LedgerEntry> before = engine.ledger().entries;
    const LedgerState ledger = engine.import_delta(places.delta, force, job);
    for (std::size_t i = applied.position; i < ledger.position; ++i) {
        EditReport& batch = applied.batches.emplace_back(*ledger.entries[i].report);
        if (std::ranges::count(before, ledger.entries[i].hash, &LedgerEntry::hash) > 0)
            batch.warnings.push_back("the history had this batch already, and has it twice now: " +
                                     ledger.entries[i].title);
    }
    for (const EditReport& report : applied.batches)
        kept.keep(report);
}

// What was written down to be applied, and now is; wordings to watch may differ.
bool same_fact(const EditRequest& a, const EditRequest& b) {
    return a.subject == b.subject && a.prompt == b.prompt && a.object == b.object;
}

} // namespace

void add_place_options(CLI::App* command, EditPlaces& places) {
    const char* const group = "Session and export";
    command->add_option("--session", places.session, "Keep every batch in this file (.emend), new or continued")
        ->check(names_a_file)
        ->group(group);
    command->add_option("--delta", places.delta, "Apply a delta file first; then no edits need be given")
        ->check(CLI::ExistingFile)
        ->group(group);
    command->add_option("--export", places.out, "Write the edited model here: a folder, or the file of a delta")
        ->check(names_a_file)
        ->group(group);
    command
        ->add_option("--export-format", places.out_format,
                     "folder, delta or lora (default folder; delta when --export "
                     "ends in .safetensors)")
        ->check(readable(export_format_from))
        ->group(group);
}

void settle_places(Program& program, EditPlaces& places) {
    if (!places.out_format.empty() && places.out.empty())
        throw UsageError("--export-format goes with --export");
    if (places.out_format.empty())
        places.out_format = places.out.ends_with(".safetensors") ? "delta" : "folder";
    std::error_code none;
    std::optional<SessionModel> kept;
    if (names_a_session(program.load.path)) {
        kept = peek_session(program.load.path).model;
        if (places.session.empty())
            places.session = program.load.path;
        else if (!fs::equivalent(places.session, program.load.path, none))
            throw UsageError("the edits of one session cannot go into another file", "--session",
                             "leave --session out to go on with " + program.load.path + ", or copy that file first");
    }
    const bool continued = !places.session.empty() && fs::exists(places.session, none);
    if (kept)
        choose_model(program, *kept, {});
    else if (continued)
        choose_model(program, peek_session(places.session).model, program.load.path);
    if (!places.session.empty() && !continued)
        check_output_file(places.session, program.model_folder());
    if (!places.out.empty())
        check_new_place(places.out, program.model_folder());
}

std::unique_ptr<EditSession> EditSession::open(Program& program, Engine& engine, const std::string& file) {
    if (file.empty())
        return nullptr;
    std::error_code none;
    if (!fs::exists(file, none))
        return std::unique_ptr<EditSession>(
            new EditSession(engine, Session::create(file, session_model(engine.model_info())), true));
    auto session = open_session(file, Session::Access::read_write);
    restore_history(program, engine, *session);
    const LedgerState ledger = engine.ledger();
    if (ledger.can_redo())
        program.message(count_text(ledger.entries.size() - ledger.position, "undone batch") +
                            " of the session will be dropped by the next one",
                        true);
    return std::unique_ptr<EditSession>(new EditSession(engine, std::move(session), false));
}

EditSession::~EditSession() {
    if (!empty_)
        return;
    const std::string file = session_->path();
    session_.reset();
    try {
        (void)discard_session(file);
    } catch (const std::exception&) { // an empty session is in nobody's way
    }
}

void EditSession::keep(const EditReport& report) {
    save_history(engine_, *session_, JobContext());
    empty_ = false;
    std::vector<SessionEdit> rows = session_->edits();
    std::vector<std::size_t> drafts;
    for (std::size_t i = 0; i < rows.size(); ++i)
        if (!rows[i].batch)
            drafts.push_back(i);
    for (const EditOutcome& edit : report.edits) {
        const auto draft =
            std::ranges::find_if(drafts, [&](std::size_t i) { return same_fact(rows[i].request, edit.request); });
        if (draft == drafts.end()) {
            rows.push_back({.request = edit.request, .note = {}, .batch = report.batch_id});
        } else {
            rows[*draft] = {.request = edit.request, .note = rows[*draft].note, .batch = report.batch_id};
            drafts.erase(draft);
        }
    }
    session_->set_edits(rows);
}

void EditSession::keep(std::uint64_t batch, const Scores& before, const Scores& after) {
    session_->set_scores(
        {.batch = batch, .before = before, .after = after, .edits = 0, .state = state_name(engine_.ledger())});
}

std::vector<EditRequest> AppliedEdits::requests() const {
    std::vector<EditRequest> requests;
    for (const EditOutcome& edit : whole.edits)
        requests.push_back(edit.request);
    return requests;
}

std::size_t batch_count(const Recipe& recipe, std::size_t edits, bool with_session) {
    const auto size = static_cast<std::size_t>(recipe.batch);
    return !with_session || size == 0 ? std::min<std::size_t>(edits, 1) : (edits + size - 1) / size;
}

AppliedEdits apply_edits(Program& program, Engine& engine, EditSession* session, const EditPlaces& places,
                         const std::vector<EditRequest>& edits, const Recipe& recipe, const ApplyOptions& options,
                         const JobContext& job) {
    AppliedEdits applied{.position = engine.ledger().position, .batches = {}, .whole = {}, .places = {}};
    const std::size_t batches = batch_count(recipe, edits.size(), session != nullptr);
    Kept kept(program, engine, session);
    try {
        if (!places.delta.empty())
            import(applied, engine, places, options.force, kept, job);
        const auto start = std::chrono::steady_clock::now();
        const auto all = static_cast<double>(batches);
        const std::size_t size = batches <= 1 ? edits.size() : static_cast<std::size_t>(recipe.batch);
        Recipe used = recipe;
        for (std::size_t batch = 0; batch < batches; ++batch) {
            const auto first = edits.begin() + static_cast<std::ptrdiff_t>(batch * size);
            const auto count = static_cast<std::ptrdiff_t>(std::min(size, edits.size() - batch * size));
            const auto done = static_cast<double>(batch);
            applied.batches.push_back(
                engine.apply({first, first + count}, used, options, part_of(job, done / all, (done + 1) / all, start)));
            used.contexts = applied.batches.back().recipe.contexts; // the same for all, as without a session
            kept.keep(applied.batches.back());
        }
        finish(applied, engine, job);
    } catch (const Error& error) {
        if (kept.text().empty())
            throw;
        throw Error(error.message(), error.where(), error.hint() + (error.hint().empty() ? "" : "; ") + kept.text());
    }
    return applied;
}

Json batches_json(const AppliedEdits& applied) {
    Json list = Json::array();
    std::size_t first = 0;
    for (const EditReport& report : applied.batches) {
        list.push_back({{"batch", report.batch_id},
                        {"first_edit", first},
                        {"edits", report.edits.size()},
                        {"layers", to_json(report.layers)},
                        {"seconds", report.seconds.total}});
        first += report.edits.size();
    }
    return list;
}

bool have_several_recipes(const AppliedEdits& applied) {
    return std::ranges::any_of(applied.batches, [&](const EditReport& batch) {
        return recipe_text(batch.recipe) != recipe_text(applied.batches.front().recipe);
    });
}

void print_batches(const AppliedEdits& applied) {
    if (applied.batches.size() < 2)
        return;
    constexpr std::size_t most = 20;
    const bool several = have_several_recipes(applied);
    Table table({{"batch", Table::Align::right},
                 {"edits", Table::Align::right},
                 {"|D|", Table::Align::right},
                 {"|D|/|W|", Table::Align::right},
                 {"preservation", Table::Align::right},
                 {"memorization", Table::Align::right},
                 {"seconds", Table::Align::right},
                 {several ? "recipe" : ""}});
    const std::size_t first = applied.batches.size() > most ? applied.batches.size() - most : 0;
    for (std::size_t i = first; i < applied.batches.size(); ++i) {
        const EditReport& report = applied.batches[i];
        const LayerReport total = total_of(report.layers);
        const LargestUpdate largest = largest_update(report.layers);
        table.row({std::to_string(report.batch_id), std::to_string(report.edits.size()), number_text(largest.norm),
                   number_text(largest.relative), number_text(total.preservation), number_text(total.memorization),
                   number_text(report.seconds.total), several ? recipe_text(report.recipe) : ""});
    }
    std::cout << "  " << count_text(applied.batches.size(), "batch")
              << (first > 0 ? ", the last " + std::to_string(most) : "") << '\n';
    table.print();
    print_largest_note();
}

} // namespace emend::cli
