// SPDX-License-Identifier: GPL-3.0-or-later
#include "editing/editor.h"

#include "base/job_part.h"
#include "editing/batch_run.h"
#include "editing/contexts.h"
#include "editing/layer_report.h"
#include "emend/error.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>
#include <span>

namespace emend {
namespace {

using Clock = std::chrono::steady_clock;

constexpr double contexts_end = 0.05; // of an edit's time

// All solves of one layer, factors side by side.
LayerReport report_layer(const EditTools& tools, const Recipe& recipe, int layer, const std::vector<LayerStep>& steps) {
    std::vector<at::Tensor> left;
    std::vector<at::Tensor> right;
    LayerReport report;
    report.layer = layer;
    for (const LayerStep& step : steps) {
        if (step.layer != layer)
            continue;
        left.push_back(step.solution.left);
        right.push_back(step.solution.right);
        report.memorization += step.solution.memorization;
        report.preservation += step.solution.preservation;
        report.condition = std::max(report.condition, step.solution.condition);
    }
    std::optional<Metric> metric; // of several solves the preservation is that of the sum, not the sum of each
    if (recipe.use_statistics && (left.size() > 1 || find_algorithm(recipe.algorithm).in_null_space))
        metric = tools.metric(layer);
    const UpdateSum sum = sum_of_updates(left, right, metric && left.size() > 1 ? &*metric : nullptr);
    report.rank = std::accumulate(right.begin(), right.end(), 0, [](int rank, const at::Tensor& rows) {
        return rank + static_cast<int>(rows.size(0));
    });
    report.dimensions = static_cast<int>(metric ? metric->dimensions() : right.front().size(1));
    report.update_norm = sum.norm;
    report.weight_norm = tools.decoder.weights().original_down(layer).norm().item<double>();
    report.relative_norm = report.weight_norm > 0 ? report.update_norm / report.weight_norm : 0;
    if (!recipe.use_statistics)
        report.preservation = std::numeric_limits<double>::quiet_NaN();
    else if (left.size() > 1)
        report.preservation = sum.preservation;
    return report;
}

// The recipe as it will be run. Throws Error where it cannot be, for callers who have not checked it themselves.
Recipe fitted(const Recipe& given, const Decoder& decoder) {
    const AlgorithmInfo& algorithm = find_algorithm(given.algorithm);
    Recipe recipe = given;
    recipe.layers = written_layers(given);
    recipe.softness = given.softness.value_or(algorithm.default_softness);
    if (recipe.layers.size() == 1)
        recipe.distribution = "single"; // whatever was chosen, one layer takes all
    if (recipe.layers.empty())
        throw Error("no layer is chosen", "layers", "name at least one");
    for (const int layer : recipe.layers)
        if (layer < 0 || layer >= decoder.config().layers)
            throw Error("the model has no layer " + std::to_string(layer), "layers",
                        "layers are counted from 0 to " + std::to_string(decoder.config().layers - 1));
    if (!std::is_sorted(recipe.layers.begin(), recipe.layers.end()) ||
        std::adjacent_find(recipe.layers.begin(), recipe.layers.end()) != recipe.layers.end())
        throw Error("layers must ascend, each once", "layers", "write " + layers_to_text(recipe.layers));
    if ((algorithm.value_at_mlp || algorithm.fine_tunes) && recipe.layers.size() > 1)
        throw Error(std::string(algorithm.id) + " writes one layer only, not " + std::to_string(recipe.layers.size()),
                    "layers", "choose one layer, or EMMET or MEMIT for several");
    if (recipe.values.steps < 1)
        throw Error("the value search needs at least one step", "values.steps", "20 to 25 is usual");
    if (find_distribution(recipe.distribution).takes_weights && recipe.weights.size() != recipe.layers.size())
        throw Error("there is not one weight for each layer", "weights", "give one number above 0 for each layer");
    return recipe;
}

} // namespace

MetricOptions metric_options(const Recipe& recipe) {
    return {.weight = recipe.statistics_weight,
            .ridge = recipe.ridge,
            .norm = recipe.norm_weight,
            .null_space = find_algorithm(recipe.algorithm).in_null_space,
            .threshold = recipe.null_space_threshold};
}

Metric metric_of(const Recipe& recipe, const MetricSource& statistics, int layer, std::int64_t keys) {
    return recipe.use_statistics ? statistics(layer)
                                 : Metric::identity(keys, recipe.statistics_weight + recipe.norm_weight);
}

std::size_t edits_together(const Recipe& recipe, std::size_t edits) {
    const std::size_t wanted =
        find_algorithm(recipe.algorithm).one_at_a_time ? 1 : static_cast<std::size_t>(std::max(0, recipe.batch));
    return wanted == 0 ? edits : std::min(wanted, edits);
}

EditBatchResult run_prepared_edits(const EditTools& tools, const std::vector<PreparedEdit>& edits, const Recipe& recipe,
                                   const EditorOptions& options, const JobContext& job) {
    const NoGrad no_grad;
    EditBatchResult result;
    if (edits.empty())
        throw Error("there is nothing to edit", {}, "add at least one edit");
    result.recipe = fitted(recipe, tools.decoder);

    const auto start = Clock::now();
    const std::size_t size = edits_together(recipe, edits.size());
    const auto total = static_cast<double>(edits.size());
    BatchRun batch(tools, result.recipe, options, result);
    for (std::size_t first = 0; first < edits.size(); first += size) {
        const std::size_t count = std::min(size, edits.size() - first);
        batch.run(std::span(edits).subspan(first, count), first,
                  part_of(job, static_cast<double>(first) / total, static_cast<double>(first + count) / total, start));
    }
    for (const int layer : result.recipe.layers)
        result.layers.push_back(report_layer(tools, result.recipe, layer, result.steps));
    set_residual_shares(result.layers, residual_shares(layer_residuals(result.steps),
                                                       find_distribution(result.recipe.distribution).own_values));
    if (auto warning = weight_warning(result.layers))
        result.warnings.push_back(*std::move(warning));
    return result;
}

EditBatchResult run_edits(const EditTools& tools, const std::vector<EditRequest>& requests, const Recipe& recipe,
                          const EditorOptions& options, const JobContext& job) {
    const NoGrad no_grad;
    const auto start = Clock::now();
    const AlgorithmInfo& algorithm = find_algorithm(recipe.algorithm);
    (void)fitted(recipe, tools.decoder);
    // Faulty requests come to light before the model writes a word.
    const int positions = tools.decoder.config().positions;
    (void)prepare_edits(tools.tokenizer, requests, {"{}"}, positions);

    job.report({"contexts", 0, -1, {}});
    Recipe filled = recipe;
    filled.contexts =
        resolve_contexts(tools.decoder, tools.tokenizer, recipe.contexts, algorithm.grouped_contexts, job);
    const auto edits = prepare_edits(tools.tokenizer, requests, flatten_contexts(filled.contexts), positions);
    const double contexts_seconds = seconds_since(start);

    EditBatchResult result = run_prepared_edits(tools, edits, filled, options, part_of(job, contexts_end, 1, start));
    result.seconds.contexts = contexts_seconds;
    return result;
}

} // namespace emend
