// SPDX-License-Identifier: GPL-3.0-or-later
#include "editing/batch_run.h"

#include "base/job_part.h"
#include "editing/conflicts.h"
#include "editing/contexts.h"
#include "editing/fine_tune.h"
#include "editing/keys.h"
#include "emend/error.h"

#include <algorithm>
#include <limits>

namespace emend {

namespace {

using Clock = std::chrono::steady_clock;

constexpr double values_share = 0.8; // of a batch's time; measured on small models

} // namespace

BatchRun::BatchRun(const EditTools& tools, const Recipe& recipe, const EditorOptions& options, EditBatchResult& result)
    : tools_(tools)
    , recipe_(recipe)
    , options_(options)
    , algorithm_(find_algorithm(recipe.algorithm))
    , distribution_(find_distribution(recipe.distribution))
    , context_weights_(context_weights(recipe.contexts, algorithm_.grouped_contexts))
    , layer_weights_(distribution_.takes_weights ? recipe.weights : std::vector<double>(recipe.layers.size(), 1.0))
    , result_(result) {}

void BatchRun::run(std::span<const PreparedEdit> edits, std::size_t first_edit, const JobContext& job) {
    Batch batch{.edits = edits, .first_edit = first_edit, .units = {}, .targets = {}};
    if (algorithm_.fine_tunes)
        return fine_tune_layer(batch, job);
    if (recipe_.merge_subjects)
        batch.units = units_by_subject(edits);
    const auto start = Clock::now();
    const std::vector<int> value_layers =
        distribution_.own_values ? recipe_.layers : std::vector<int>{recipe_.layers.back()};
    const auto searches = static_cast<double>(value_layers.size());
    for (std::size_t i = 0; i < value_layers.size(); ++i) {
        const auto part = static_cast<double>(i);
        find_values(batch, value_layers[i],
                    part_of(job, values_share * part / searches, values_share * (part + 1) / searches, start));
    }
    result_.seconds.values += seconds_since(start);

    for (std::size_t i = 0; i < recipe_.layers.size(); ++i) {
        const double done =
            values_share + (1 - values_share) * static_cast<double>(i) / static_cast<double>(recipe_.layers.size());
        job.report({"layer " + std::to_string(recipe_.layers[i]), done, -1, {}});
        write_layer(batch, i, job);
    }
    if (algorithm_.keeps_earlier_edits)
        keep_keys(batch, job);
}

void BatchRun::find_values(Batch& batch, int layer, const JobContext& job) {
    const std::size_t n = batch.edits.size();
    std::vector<ValueResult> values(n);
    std::vector<std::string> keys;
    std::vector<std::size_t> missing; // edits whose unit was not found whole
    const bool kept_values = tools_.values && !options_.record_steps;
    if (tools_.values) {
        const ValueScope scope{.weights = tools_.model + tools_.draft.state_hash(),
                               .layer = layer,
                               .at_mlp = algorithm_.value_at_mlp,
                               .search = recipe_.values};
        keys = value_keys(scope, batch.edits, batch.units);
        for (const auto& members : members_of(batch.units, n)) {
            bool whole = kept_values;
            for (const std::size_t member : members) {
                auto found = whole ? tools_.values->find(keys[member], options_.whole_values) : std::nullopt;
                whole = whole && found;
                if (found) {
                    values[member] = std::move(*found);
                    values[member].kept = true;
                }
            }
            if (!whole)
                missing.insert(missing.end(), members.begin(), members.end());
        }
    } else {
        for (std::size_t i = 0; i < n; ++i)
            missing.push_back(i);
    }
    if (!missing.empty()) {
        std::ranges::sort(missing);
        std::vector<PreparedEdit> searched;
        ValueOptions options;
        options.at_mlp = algorithm_.value_at_mlp;
        options.record_steps = options_.record_steps;
        std::map<std::size_t, std::size_t> renumbered; // units, without those that were found
        for (const std::size_t edit : missing) {
            searched.push_back(batch.edits[edit]);
            if (!batch.units.empty())
                options.unit_of_edit.push_back(
                    renumbered.try_emplace(batch.units[edit], renumbered.size()).first->second);
        }
        if (tools_.values)
            options.on_found = [&](const std::vector<std::size_t>& places, const std::vector<ValueResult>& results) {
                std::vector<std::pair<std::string, ValueResult>> found;
                for (const std::size_t place : places)
                    found.emplace_back(keys[missing[place]], results[place]);
                tools_.values->keep(found);
            };
        auto results = search_values(tools_.decoder, searched, layer, recipe_.values, options, job);
        for (std::size_t i = 0; i < missing.size(); ++i)
            values[missing[i]] = std::move(results[i]);
    }
    std::vector<at::Tensor> columns;
    for (const ValueResult& value : values)
        columns.push_back(value.target);
    batch.targets[layer] = at::stack(columns, 1);
    result_.targets[layer].push_back(batch.targets[layer]);
    if (layer == recipe_.layers.back())
        for (ValueResult& value : values)
            result_.values.push_back(std::move(value));
}

at::Tensor BatchRun::per_unit(const Batch& batch, const at::Tensor& columns) {
    return batch.units.empty() || !columns.defined() ? columns : unit_means(columns, batch.units);
}

void BatchRun::write_layer(const Batch& batch, std::size_t index, const JobContext& job) {
    const int layer = recipe_.layers[index];
    LayerStep step;
    step.layer = layer;
    step.first_edit = batch.first_edit;
    step.edits = batch.edits.size();

    auto start = Clock::now();
    const LayerKeys keys = read_keys(tools_.decoder, batch.edits, layer, context_weights_, job);
    at::Tensor residual;
    if (algorithm_.value_at_mlp) {
        if (algorithm_.bare_prompt_value)
            step.bare_keys = keys.bare_keys;
        residual = batch.targets.at(layer) - (algorithm_.bare_prompt_value ? keys.bare_outputs : keys.mean_outputs);
    } else {
        const int value_layer = distribution_.own_values ? layer : recipe_.layers.back();
        const at::Tensor current = read_block_output(tools_.decoder, batch.edits, value_layer, job);
        step.share = distribution_.share(layer_weights_, index);
        residual = step.share * (batch.targets.at(value_layer) - current);
        if (distribution_.own_values)
            step.targets = batch.targets.at(layer);
    }
    step.keys = per_unit(batch, keys.mean_keys);
    step.residual = per_unit(batch, residual);
    step.bare_keys = per_unit(batch, step.bare_keys);
    result_.seconds.keys += seconds_since(start);

    start = Clock::now();
    job.check();
    const Metric metric = layer_metric(layer);
    if (index == 0)
        report_conflicts(batch, metric, keys.mean_keys, job);
    try {
        if (step.bare_keys.defined()) {
            step.solution = solve_rome(metric, step.keys, step.bare_keys, step.residual, *recipe_.softness);
        } else {
            SolveOptions options{.softness = *recipe_.softness,
                                 .alpha = algorithm_.stabilised ? recipe_.alpha : std::nullopt,
                                 .earlier_keys = {},
                                 .names = {},
                                 .decompose = options_.decompose};
            if (algorithm_.keeps_earlier_edits)
                options.earlier_keys = tools_.draft.earlier_keys(layer);
            const auto members = members_of(batch.units, batch.edits.size());
            for (const auto& unit : members)
                options.names.push_back(batch.edits[unit.front()].label);
            step.solution = solve(metric, step.keys, step.residual, options);
        }
    } catch (const Error& error) {
        const std::string where = batch.edits.front().label + ", layer " + std::to_string(layer);
        throw Error(error.message(), error.where().empty() ? where : where + ", " + error.where(), error.hint());
    }
    job.check();
    tools_.draft.add({layer, step.solution.left, step.solution.right});
    result_.seconds.solve += seconds_since(start);
    for (const std::string& warning : step.solution.warnings)
        warn("layer " + std::to_string(layer) + ": " + warning);
    result_.steps.push_back(std::move(step));
}

// As they are now that all layers are written: what later edits are asked to leave alone.
void BatchRun::keep_keys(const Batch& batch, const JobContext& job) {
    const auto start = Clock::now();
    for (const int layer : recipe_.layers)
        tools_.draft.keep_keys(
            layer, per_unit(batch, read_keys(tools_.decoder, batch.edits, layer, context_weights_, job).mean_keys));
    result_.seconds.keys += seconds_since(start);
}

void BatchRun::fine_tune_layer(const Batch& batch, const JobContext& job) {
    const int layer = recipe_.layers.back();
    const auto start = Clock::now();
    FineTuneOptions options;
    options.largest_change = recipe_.largest_change;
    FineTuneResult tuned = fine_tune(tools_.decoder, batch.edits, layer, recipe_.values, options, job);
    LayerStep step;
    step.layer = layer;
    step.first_edit = batch.first_edit;
    step.edits = batch.edits.size();
    step.solution.left = at::eye(tuned.update.size(0), at::kDouble);
    step.solution.right = tuned.update;
    step.solution.memorization = std::numeric_limits<double>::quiet_NaN(); // it has no residual to miss
    if (recipe_.use_statistics)
        step.solution.preservation = layer_metric(layer).quadratic(step.solution.left, step.solution.right);
    tools_.draft.add({layer, step.solution.left, step.solution.right});
    for (auto& losses : tuned.loss) {
        ValueResult& value = result_.values.emplace_back();
        value.loss = std::move(losses);
        value.stopped_early = tuned.stopped_early;
    }
    result_.steps.push_back(std::move(step));
    result_.seconds.values += seconds_since(start);
}

Metric BatchRun::layer_metric(int layer) const {
    return metric_of(recipe_, tools_.metric, layer, tools_.decoder.config().d_mlp);
}

void BatchRun::report_conflicts(const Batch& batch, const Metric& metric, const at::Tensor& keys,
                                const JobContext& job) {
    if (batch.edits.size() < 2)
        return;
    std::vector<EditConflict> conflicts = find_conflicts(metric, keys, batch.edits, job);
    if (recipe_.merge_subjects)
        std::erase_if(conflicts, [](const EditConflict& conflict) { return conflict.same_subject; });
    if (conflicts.empty())
        return;
    warn("edits are in each other's way, their keys are nearly the same: " + describe(conflicts, batch.edits) +
         ". Merge edits of one subject, or solve them one after another (batch 1)");
    for (EditConflict conflict : conflicts) {
        conflict.first += batch.first_edit;
        conflict.second += batch.first_edit;
        if (result_.conflicts.size() < most_conflicts)
            result_.conflicts.push_back(conflict);
    }
}

void BatchRun::warn(const std::string& text) {
    if (std::ranges::find(result_.warnings, text) == result_.warnings.end())
        result_.warnings.push_back(text);
}

} // namespace emend
