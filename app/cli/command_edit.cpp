// SPDX-License-Identifier: GPL-3.0-or-later
// emend-cli edit: applies edits to the model in memory and reports what came of them.
#include "edit_input.h"
#include "program.h"
#include "report_json.h"
#include "report_text.h"

#include <iostream>

namespace emend::cli {

namespace {

struct Options {
    EditOptions edits;
    RecipeOptions recipe;
    ApplyOptions apply;
};

void run_edit(Program& program, const Options& options) {
    if (options.edits.file.empty() && options.edits.prompt.empty() && options.edits.relation.empty())
        throw UsageError("give --edits FILE, or --subject, --prompt and --object");
    check_output_file(options.apply.dump_file);
    // Faults of the request are found before a model is loaded.
    GatheredEdits gathered = gather_edits(options.edits);
    auto engine = program.open_model();
    const Recipe recipe = build_recipe(options.recipe, engine->model_info(), program.seed);
    const JobContext job = program.job();
    drop_faulty(gathered, *engine, job);
    for (const auto& skipped : gathered.skipped)
        program.message("record " + std::to_string(skipped.index) + " is passed over: " + skipped.reason, true);
    const EditReport report = engine->apply(gathered.edits, recipe, options.apply, job);
    for (const std::string& warning : report.warnings)
        program.message(warning, true);

    std::vector<Comparison> comparisons;
    for (const EditRequest& edit : gathered.edits) {
        ComparisonRequest request;
        request.edit = edit;
        const bool more = !edit.paraphrases.empty() || !edit.neighbours.empty();
        comparisons.push_back(more ? engine->compare(request, job) : Comparison{});
    }
    if (program.json) {
        Json document = to_json(report);
        for (std::size_t i = 0; i < comparisons.size(); ++i)
            for (const Comparison::Row& row : comparisons[i].rows)
                if (row.kind != Comparison::Row::Kind::edit) {
                    const bool paraphrase = row.kind == Comparison::Row::Kind::paraphrase;
                    document["edits"][i][paraphrase ? "paraphrases" : "neighbours"].push_back(to_json(row));
                }
        document["skipped"] = Json::array();
        for (const auto& skipped : gathered.skipped)
            document["skipped"].push_back({{"index", skipped.index}, {"reason", skipped.reason}});
        return program.print(document);
    }
    program.clear_progress();
    print_report(report);
    for (std::size_t i = 0; i < comparisons.size(); ++i) {
        if (!comparisons[i].rows.empty()) {
            std::cout << '\n';
            print_comparison(comparisons[i].rows, gathered.edits[i]);
        }
    }
}

} // namespace

void add_edit(Program& program) {
    auto options = std::make_shared<Options>();
    CLI::App* command = program.add_command("edit", "Apply edits to the model in memory and report",
                                            [&program, options] { run_edit(program, *options); });
    program.add_model(command);
    program.add_compute(command);
    program.add_seed(command);
    add_edit_options(command, options->edits);
    add_recipe_options(command, options->recipe);
    command->add_option("--dump", options->apply.dump_file, "Tensors of the computation (safetensors)");
    command->add_flag("--force", options->apply.force, "Use statistics that name another model");
    command->footer("The model's folder is never written to.");
}

} // namespace emend::cli
