// SPDX-License-Identifier: GPL-3.0-or-later
#include "editing/editor.h"

#include "base/job_part.h"
#include "editing/contexts.h"
#include "editing/keys.h"
#include "emend/error.h"
#include "storage/safetensors.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <map>
#include <span>

namespace emend {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

// Weights of the phases in the progress of a batch; measured on small models, the search dominates everywhere.
constexpr double contexts_end = 0.05;
constexpr double values_share = 0.8;

// |left * right|_F without forming the product.
double product_norm(const at::Tensor& left, const at::Tensor& right) {
    const double square = (left.t().matmul(left) * right.matmul(right.t())).sum().item<double>();
    return std::sqrt(std::max(0.0, square));
}

// One batch of edits that are solved together.
class BatchRun {
  public:
    BatchRun(const EditTools& tools, const Recipe& recipe, EditBatchResult& result)
        : tools_(tools)
        , recipe_(recipe)
        , algorithm_(find_algorithm(recipe.algorithm))
        , distribution_(find_distribution(recipe.distribution))
        , weights_(context_weights(recipe.contexts, algorithm_.grouped_contexts))
        , result_(result) {}

    void run(std::span<const PreparedEdit> edits, std::size_t first_edit, const EditorOptions& options,
             const JobContext& job) {
        const auto start = Clock::now();
        ValueOptions value_options;
        value_options.at_mlp = algorithm_.value_at_mlp;
        value_options.record_steps = options.record_steps;
        auto values = search_values(tools_.decoder, edits, recipe_.layers.back(), recipe_.values, value_options,
                                    part_of(job, 0, values_share, start));
        std::vector<at::Tensor> columns;
        for (ValueResult& value : values) {
            columns.push_back(value.target);
            result_.values.push_back(std::move(value));
        }
        const at::Tensor targets = at::stack(columns, 1); // [d_v, n]
        result_.seconds.values += seconds_since(start);

        const auto layers = static_cast<int>(recipe_.layers.size());
        for (int i = 0; i < layers; ++i) {
            const int layer = recipe_.layers[static_cast<std::size_t>(i)];
            const double done = values_share + (1 - values_share) * i / layers;
            job.report({"layer " + std::to_string(layer), done, -1, {}});
            write_layer(edits, first_edit, layer, layers - i, targets, job);
        }
    }

  private:
    void write_layer(std::span<const PreparedEdit> edits, std::size_t first_edit, int layer, int layers_left,
                     const at::Tensor& targets, const JobContext& job) {
        LayerStep step;
        step.layer = layer;
        step.first_edit = first_edit;

        auto start = Clock::now();
        const LayerKeys keys = read_keys(tools_.decoder, edits, layer, weights_, job);
        step.keys = keys.mean_keys;
        if (algorithm_.value_at_mlp) {
            if (algorithm_.bare_prompt_value)
                step.bare_keys = keys.bare_keys;
            step.residual = targets - (algorithm_.bare_prompt_value ? keys.bare_outputs : keys.mean_outputs);
        } else {
            const at::Tensor current = read_block_output(tools_.decoder, edits, recipe_.layers.back(), job);
            step.residual = distribution_.share(layers_left) * (targets - current);
        }
        result_.seconds.keys += seconds_since(start);

        start = Clock::now();
        job.check();
        const Metric metric = layer_metric(layer);
        try {
            step.solution = step.bare_keys.defined()
                                ? solve_rome(metric, step.keys, step.bare_keys, step.residual, *recipe_.softness)
                                : solve(metric, step.keys, step.residual, *recipe_.softness, recipe_.alpha);
        } catch (const Error& error) {
            const std::string where = edits.front().label + ", layer " + std::to_string(layer);
            throw Error(error.message(), error.where().empty() ? where : where + ", " + error.where(), error.hint());
        }
        job.check();
        tools_.draft.add({layer, step.solution.left, step.solution.right});
        result_.seconds.solve += seconds_since(start);
        for (const std::string& warning : step.solution.warnings)
            warn("layer " + std::to_string(layer) + ": " + warning);
        result_.steps.push_back(std::move(step));
    }

    Metric layer_metric(int layer) const {
        return recipe_.use_statistics ? tools_.metric(layer)
                                      : Metric::identity(tools_.decoder.config().d_mlp, recipe_.statistics_weight);
    }

    void warn(const std::string& text) {
        if (std::find(result_.warnings.begin(), result_.warnings.end(), text) == result_.warnings.end())
            result_.warnings.push_back(text);
    }

    const EditTools& tools_;
    const Recipe& recipe_;
    const AlgorithmInfo& algorithm_;
    const DistributionInfo& distribution_;
    std::vector<double> weights_; // of the contexts
    EditBatchResult& result_;
};

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
    }
    const at::Tensor all_left = at::cat(left, 1);
    const at::Tensor all_right = at::cat(right, 0);
    report.rank = static_cast<int>(all_right.size(0));
    report.update_norm = product_norm(all_left, all_right);
    report.weight_norm = tools.decoder.weights().original_down(layer).norm().item<double>();
    report.relative_norm = report.weight_norm > 0 ? report.update_norm / report.weight_norm : 0;
    if (!recipe.use_statistics)
        report.preservation = std::numeric_limits<double>::quiet_NaN();
    else if (left.size() > 1) // of the sum, not the sum of each
        report.preservation = tools.metric(layer).quadratic(all_left, all_right);
    return report;
}

void check_fit(const Recipe& recipe, const Decoder& decoder, const AlgorithmInfo& algorithm) {
    if (recipe.layers.empty())
        throw Error("no layer is chosen", "layers", "name at least one");
    for (const int layer : recipe.layers)
        if (layer < 0 || layer >= decoder.config().layers)
            throw Error("the model has no layer " + std::to_string(layer), "layers",
                        "layers are counted from 0 to " + std::to_string(decoder.config().layers - 1));
    if (!std::is_sorted(recipe.layers.begin(), recipe.layers.end()) ||
        std::adjacent_find(recipe.layers.begin(), recipe.layers.end()) != recipe.layers.end())
        throw Error("layers must ascend, each once", "layers", "write " + layers_to_text(recipe.layers));
    if (algorithm.value_at_mlp && recipe.layers.size() > 1)
        throw Error(std::string(algorithm.id) + " writes one layer only, not " + std::to_string(recipe.layers.size()),
                    "layers", "choose one layer, or EMMET or MEMIT for several");
    if (recipe.values.steps < 1)
        throw Error("the value search needs at least one step", "values.steps", "20 to 25 is usual");
}

} // namespace

EditBatchResult run_prepared_edits(const EditTools& tools, const std::vector<PreparedEdit>& edits, const Recipe& recipe,
                                   const EditorOptions& options, const JobContext& job) {
    const NoGrad no_grad;
    EditBatchResult result;
    if (edits.empty())
        throw Error("there is nothing to edit", {}, "add at least one edit");
    const AlgorithmInfo& algorithm = find_algorithm(recipe.algorithm);
    check_fit(recipe, tools.decoder, algorithm);
    result.recipe = recipe;
    result.recipe.softness = recipe.softness.value_or(algorithm.default_softness);

    const auto start = Clock::now();
    const std::size_t wanted = algorithm.one_at_a_time ? 1 : static_cast<std::size_t>(std::max(0, recipe.batch));
    const std::size_t size = wanted == 0 ? edits.size() : std::min(wanted, edits.size());
    const auto total = static_cast<double>(edits.size());
    BatchRun batch(tools, result.recipe, result);
    for (std::size_t first = 0; first < edits.size(); first += size) {
        const std::size_t count = std::min(size, edits.size() - first);
        batch.run(std::span(edits).subspan(first, count), first, options,
                  part_of(job, static_cast<double>(first) / total, static_cast<double>(first + count) / total, start));
    }
    for (const int layer : recipe.layers)
        result.layers.push_back(report_layer(tools, result.recipe, layer, result.steps));
    return result;
}

EditBatchResult run_edits(const EditTools& tools, const std::vector<EditRequest>& requests, const Recipe& recipe,
                          const EditorOptions& options, const JobContext& job) {
    const NoGrad no_grad;
    const auto start = Clock::now();
    const AlgorithmInfo& algorithm = find_algorithm(recipe.algorithm);
    check_fit(recipe, tools.decoder, algorithm);
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

void write_dump(const std::filesystem::path& path, const EditBatchResult& result) {
    std::map<std::string, std::vector<at::Tensor>> parts; // joined along the edits
    std::map<std::string, at::Tensor> tensors;
    for (std::size_t i = 0; i < result.values.size(); ++i) {
        const ValueResult& value = result.values[i];
        parts["targets"].push_back(value.target.unsqueeze(1));
        tensors["loss." + std::to_string(i)] = at::tensor(value.loss, at::kDouble);
    }
    for (const LayerStep& step : result.steps) {
        const std::string layer = std::to_string(step.layer);
        parts["keys." + layer].push_back(step.keys);
        parts["residual." + layer].push_back(step.residual);
        if (step.bare_keys.defined())
            parts["bare_keys." + layer].push_back(step.bare_keys);
        at::Tensor& delta = tensors["delta." + layer];
        const at::Tensor update = step.solution.left.matmul(step.solution.right);
        delta = delta.defined() ? delta + update : update;
    }
    for (const auto& [name, columns] : parts)
        tensors[name] = at::cat(columns, 1);

    SafetensorsWriter writer;
    for (auto& [name, tensor] : tensors) {
        tensor = tensor.contiguous();
        writer.add(name, DType::F64, tensor.sizes().vec(), tensor.data_ptr());
    }
    writer.set_metadata("algorithm", result.recipe.algorithm);
    writer.write(path);
}

} // namespace emend
