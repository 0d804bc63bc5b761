// SPDX-License-Identifier: GPL-3.0-or-later
// How a set of edits scores, and what other recipes would do: each is solved and asked in a draft that is dropped.
#include "base/job_part.h"
#include "editing/prepared_edit.h"
#include "emend/error.h"
#include "engine/batch_solver.h"
#include "engine/statistics_source.h"
#include "engine/torch_engine.h"
#include "engine/torch_errors.h"
#include "evaluation/scores.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <set>

namespace emend {

namespace {

using Clock = std::chrono::steady_clock;

// Of a recipe's time; the rest is asking.
constexpr double prepare_share = 0.05;
constexpr double solve_share = 0.9;

void check_requests(const OpenModel& open, const std::vector<EditRequest>& requests) {
    if (requests.empty())
        throw Error("there is nothing to edit", {}, "add at least one edit");
    static_cast<void>(prepare_edits(open.tokenizer, requests, {"{}"}, open.info.positions));
    check_evaluation(open.decoder, open.tokenizer, requests);
}

// One pass over the text serves the layers of all recipes that take their statistics from the same place. What goes
// wrong here is told by the rows that it concerns.
void provide_statistics_of_all(OpenModel& open, const std::vector<Recipe>& recipes, const JobContext& job) {
    const auto same_place = [](const Recipe& a, const Recipe& b) {
        return a.corpus == b.corpus && a.statistics_file == b.statistics_file &&
               a.statistics_tokens == b.statistics_tokens;
    };
    std::vector<Recipe> places; // layers of all that share them
    for (const Recipe& recipe : recipes) {
        try {
            check_recipe(recipe, open.info);
        } catch (const Error&) {
            continue;
        }
        if (!recipe.use_statistics || find_algorithm(recipe.algorithm).fine_tunes)
            continue;
        auto place = std::ranges::find_if(places, [&](const Recipe& known) { return same_place(known, recipe); });
        if (place == places.end()) {
            place = places.insert(places.end(), recipe);
            place->distribution = "spread"; // writes them all
        }
        std::set<int> layers(place->layers.begin(), place->layers.end());
        std::ranges::copy(written_layers(recipe), std::inserter(layers, layers.end()));
        place->layers.assign(layers.begin(), layers.end());
    }
    for (const Recipe& place : places) {
        try {
            guarded("collecting statistics", [&] { static_cast<void>(provide_statistics(open, place, false, job)); });
        } catch (const Error&) {
        }
    }
}

// Everything but how long it took.
TrialRow tried(OpenModel& open, const std::vector<EditRequest>& requests, const Recipe& recipe, const JobContext& job) {
    check_recipe(recipe, open.info);
    const auto start = Clock::now();
    const JobContext preparing = part_of(job, 0, prepare_share, start);
    const SolveJob what = prepare_job(open, requests, recipe, false, preparing);
    provide_earlier_keys(open, what.recipe, open.ledger.position(), preparing);
    Ledger::Draft dropped(open.ledger);
    EditBatchResult result = run_batch(open, dropped, what, part_of(job, prepare_share, solve_share, start));
    const Evaluation evaluation =
        evaluate_edits(open.decoder, open.tokenizer, requests, part_of(job, solve_share, 1, start));
    TrialRow row;
    row.scores = evaluation.scores;
    row.held = evaluation.held;
    row.p_new = evaluation.p_new;
    for (const LayerReport& layer : result.layers) {
        row.relative_norm = std::max(row.relative_norm, layer.relative_norm);
        row.preservation += layer.preservation;
        row.memorization += layer.memorization;
    }
    row.values_kept = static_cast<std::size_t>(std::ranges::count_if(result.values, &ValueResult::kept));
    row.recipe = std::move(result.recipe);
    row.layers = std::move(result.layers);
    return row;
}

TrialRow try_recipe(OpenModel& open, const std::vector<EditRequest>& requests, const Recipe& recipe,
                    const JobContext& job) {
    const auto start = Clock::now();
    TrialRow row;
    try {
        row = guarded("trying the recipe", [&] { return tried(open, requests, recipe, job); });
    } catch (const Error& fault) { // the draft is gone: the next recipe finds the model as it was
        row.recipe = recipe;
        row.problem = fault.what();
        row.where = fault.where();
        row.hint = fault.hint();
    }
    row.seconds = seconds_since(start);
    return row;
}

} // namespace

Scores TorchEngine::score(const std::vector<EditRequest>& requests, LedgerPosition at, const JobContext& job) {
    return guarded("scoring the edits", [&] {
        OpenModel& open = model();
        const AtPosition state(open.ledger, at);
        return evaluate_edits(open.decoder, open.tokenizer, requests, job).scores;
    });
}

std::vector<TrialRow> TorchEngine::try_recipes(const std::vector<EditRequest>& requests,
                                               const std::vector<Recipe>& recipes, const JobContext& job,
                                               const std::function<void(const TrialRow&)>& on_row) {
    return guarded("trying recipes", [&] {
        const NoGrad no_grad;
        OpenModel& open = model();
        check_requests(open, requests);
        const auto start = Clock::now();
        const FirstPart statistics(job, statistics_share, start);
        provide_statistics_of_all(open, recipes, statistics.job());
        const JobContext trials = statistics.rest();
        const auto all = static_cast<double>(recipes.size());
        std::vector<TrialRow> rows;
        for (const Recipe& recipe : recipes) {
            const auto done = static_cast<double>(rows.size());
            const JobContext part = part_of(trials, done / all, (done + 1) / all, start);
            const std::string phase =
                "recipe " + std::to_string(rows.size() + 1) + " of " + std::to_string(recipes.size());
            const JobContext named(
                [&](Progress progress) {
                    progress.detail = progress.phase + (progress.detail.empty() ? "" : ", ") + progress.detail;
                    progress.phase = phase;
                    part.report(progress);
                },
                job.stop_token());
            job.check();
            rows.push_back(try_recipe(open, requests, recipe, named));
            if (on_row)
                on_row(rows.back());
        }
        return rows;
    });
}

} // namespace emend
