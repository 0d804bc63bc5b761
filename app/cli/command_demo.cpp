// SPDX-License-Identifier: GPL-3.0-or-later
// emend-cli demo: the main job on the bundled model, told step by step. What the model says, one edit, what it says
// now, and back again to the last bit.
#include "emend/edits_io.h"
#include "emend/error.h"
#include "emend/paths.h"
#include "emend/relations.h"
#include "program.h"
#include "report_json.h"
#include "report_text.h"

#include <algorithm>
#include <iostream>

namespace emend::cli {

namespace {

using Kind = Comparison::Row::Kind;

std::string filled(const EditRequest& edit) {
    std::string text = edit.prompt;
    const std::size_t at = text.find("{}");
    return at == std::string::npos ? text : text.replace(at, 2, edit.subject);
}

std::vector<Comparison::Row> rows_of(const Comparison& comparison, Kind kind) {
    std::vector<Comparison::Row> rows;
    std::copy_if(comparison.rows.begin(), comparison.rows.end(), std::back_inserter(rows),
                 [&](const Comparison::Row& row) { return row.kind == kind; });
    return rows;
}

struct Result {
    EditRequest edit;
    EditReport report;
    Comparison comparison;
    std::vector<Comparison::Row> ripples; // what follows from the edit though nobody asked for it
    GenerationResult generated_before, generated_after;
    std::string hash_before, hash_after, hash_undone;

    [[nodiscard]] bool undone() const { return hash_before == hash_undone; }
    [[nodiscard]] auto turned_paraphrases() const {
        const auto rows = rows_of(comparison, Kind::paraphrase);
        return std::count_if(rows.begin(), rows.end(), [](const auto& row) { return turned(row); });
    }
    [[nodiscard]] auto unchanged_neighbours() const {
        const auto rows = rows_of(comparison, Kind::neighbour);
        return std::count_if(rows.begin(), rows.end(), [](const auto& row) { return unchanged(row); });
    }
};

Json to_json(const Result& result) {
    Json document = cli::to_json(result.report);
    const auto rows = [&](Kind kind) {
        Json list = Json::array();
        for (const Comparison::Row& row : rows_of(result.comparison, kind)) {
            Json entry = cli::to_json(row);
            if (kind == Kind::paraphrase)
                entry["turned"] = turned(row);
            else
                entry["unchanged"] = unchanged(row);
            list.push_back(std::move(entry));
        }
        return list;
    };
    document["paraphrases"] = rows(Kind::paraphrase);
    document["paraphrases_turned"] = result.turned_paraphrases();
    document["neighbours"] = rows(Kind::neighbour);
    document["neighbours_unchanged"] = result.unchanged_neighbours();
    document["ripples"] = Json::array();
    for (const Comparison::Row& row : result.ripples)
        document["ripples"].push_back(cli::to_json(row));
    document["generations"] = {{"prompt", filled(result.edit)},
                               {"before", cli::to_json(result.generated_before)},
                               {"after", cli::to_json(result.generated_after)}};
    document["fingerprint"] = {
        {"before", result.hash_before}, {"after", result.hash_after}, {"after_undo", result.hash_undone}};
    document["undone"] = result.undone();
    return document;
}

// Whoever moves a sight to another city moves it to another country.
std::vector<Comparison::Row> find_ripples(Engine& engine, const EditRequest& edit, const JobContext& job) {
    if (edit.relation != "city")
        return {};
    const auto library = RelationLibrary::load(resources_dir() + "/relations/relations.json");
    if (!library.find("lcountry"))
        return {};
    EditRequest country = edit;
    library.fill(country, "lcountry", edit.prompt.find("he {}") != std::string::npos);
    ComparisonRequest request;
    request.edit = edit;
    request.edit.paraphrases = {country.prompt};
    request.edit.neighbours.clear();
    return rows_of(engine.compare(request, job), Kind::paraphrase);
}

// Speaks in text mode only; with --json every step is silent.
class Story {
  public:
    explicit Story(Program& program)
        : program_(program) {}
    [[nodiscard]] bool speaks() const { return !program_.json; }
    void step(const std::string& title) {
        program_.clear_progress();
        if (speaks())
            std::cout << '\n' << styled(std::to_string(++number_) + ". " + title, Style::bold) << std::endl;
    }
    void say(const std::string& text) {
        program_.clear_progress();
        if (speaks())
            std::cout << "  " << text << std::endl;
    }

  private:
    Program& program_;
    int number_ = 0;
};

void tell_rows(Story& story, const Result& result) {
    if (!story.speaks())
        return;
    auto rows = result.comparison.rows;
    const auto first_neighbour =
        std::stable_partition(rows.begin(), rows.end(), [](const auto& row) { return row.kind != Kind::neighbour; });
    print_comparison({rows.begin(), first_neighbour});
    const auto all_paraphrases = rows_of(result.comparison, Kind::paraphrase).size();
    story.say(std::to_string(result.turned_paraphrases()) + " of " + std::to_string(all_paraphrases) +
              " paraphrases turned.");
    for (const Comparison::Row& row : result.ripples) {
        story.say("And nobody told it: " + styled(row.before.prompt, Style::dim) + " " +
                  styled(answer_text(row.after), Style::good) + " (before: " + answer_text(row.before) + ")");
    }
    story.step("What it says about others");
    print_comparison({first_neighbour, rows.end()});
    story.say(std::to_string(result.unchanged_neighbours()) + " of " + std::to_string(rows.end() - first_neighbour) +
              " answers are what they were.");
}

Result tell(Program& program, Story& story) {
    Result result;
    const auto drafts = read_edits_file(demo_model_dir() + "/drafts.json");
    if (drafts.edits.empty())
        throw Error("there is no draft to show", demo_model_dir() + "/drafts.json", "restore the file");
    result.edit = drafts.edits.front();
    const EditRequest& edit = result.edit;

    program.load.path = "demo";
    auto engine = program.open_model();
    const ModelInfo& model = engine->model_info();
    const JobContext job = program.job();
    story.step("The model");
    story.say(model.name + ": " + model.family + ", " + std::to_string(model.layers) + " layers of width " +
              std::to_string(model.d_model) + ", " + std::to_string(model.parameters) + " parameters.");
    result.hash_before = engine->weights_hash(job);

    GenerateRequest generate;
    generate.prompt = filled(edit);
    generate.max_tokens = 24;
    generate.seed = program.seed.value_or(0);

    story.step("What it says");
    result.generated_before = engine->generate(generate, job, {});
    story.say(styled(generate.prompt, Style::dim) + one_line(result.generated_before.text));

    Recipe recipe = default_recipe(model, "ROME");
    recipe.contexts.seed = generate.seed;
    story.step("The edit: " + edit.subject + " → " + edit.object);
    result.report = engine->apply({edit}, recipe, {}, job);
    program.clear_progress();
    for (const std::string& warning : result.report.warnings)
        program.message(warning, true);
    if (story.speaks())
        print_report(result.report);

    story.step("What it says now");
    result.generated_after = engine->generate(generate, job, {});
    story.say(styled(generate.prompt, Style::dim) + styled(one_line(result.generated_after.text), Style::good));
    ComparisonRequest comparison;
    comparison.edit = edit;
    result.comparison = engine->compare(comparison, job);
    result.ripples = find_ripples(*engine, edit, job);
    program.clear_progress();
    tell_rows(story, result);

    result.hash_after = engine->weights_hash(job);
    engine->undo();
    result.hash_undone = engine->weights_hash(job);
    story.step("And back again");
    story.say("weights before the edit  " + result.hash_before);
    story.say("with the edit            " + result.hash_after);
    story.say(
        "after undo               " + result.hash_undone +
        (result.undone() ? styled("  the same to the last bit", Style::good) : styled("  NOT the same", Style::bad)));
    return result;
}

void run_demo(Program& program) {
    Story story(program);
    const Result result = tell(program, story);
    if (!result.undone())
        throw Error("undo did not restore the weights", "demo", "this is a fault of the program: please report it");
    if (program.json)
        program.print(to_json(result));
}

} // namespace

void add_demo(Program& program) {
    CLI::App* command = program.add_command("demo", "The main job on the bundled model, step by step",
                                            [&program] { run_demo(program); });
    program.add_compute(command);
    program.add_seed(command);
}

} // namespace emend::cli
