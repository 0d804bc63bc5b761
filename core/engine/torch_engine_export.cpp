// SPDX-License-Identifier: GPL-3.0-or-later
// Taking edits along: out of the program, and deltas back in.
#include "analysis/prediction.h"
#include "base/job_part.h"
#include "base/part.h"
#include "emend/error.h"
#include "engine/batch_solver.h"
#include "engine/export_delta.h"
#include "engine/export_folder.h"
#include "engine/export_lora.h"
#include "engine/export_staging.h"
#include "engine/torch_engine.h"
#include "engine/torch_errors.h"

#include <algorithm>
#include <chrono>
#include <limits>

namespace emend {

namespace {

using Clock = std::chrono::steady_clock;

// Copied, synced, hashed and compared, per second: of a slow disk rather than a fast one.
constexpr double bytes_per_second = 150e6;

struct Format {
    void (*plan)(const ExportJob&, ExportPlan&); // throws Error where it cannot be done
    void (*write)(const ExportJob&, ExportReport&, const JobContext&);
};

Format format_of(ExportFormat format) {
    switch (format) {
    case ExportFormat::delta:
        return {&plan_delta, &write_delta};
    case ExportFormat::lora:
        return {&plan_lora, &write_lora};
    default:
        return {&plan_folder, &write_folder};
    }
}

std::filesystem::path target_of(const ExportJob& job) {
    return job.request.format == ExportFormat::delta ? delta_file(job) : job.out;
}

// Of exports to the same place that were killed.
std::string about_leftovers(std::uint64_t bytes, const char* what_becomes_of_them) {
    const std::string what = bytes > 0 ? size_text(bytes) : "something"; // they may share all of their blocks
    return "an interrupted export had left " + what + " there, which " + what_becomes_of_them;
}

// The plan up to what its format adds; what stands in the way is thrown.
void fill_plan(const ExportJob& job, ExportPlan& plan) {
    const std::int64_t most = std::min(job.open.info.d_model, job.open.info.d_mlp);
    for (const int layer : job.layers) {
        std::int64_t rank = 0;
        for (const LayerUpdate& update : updates_of(job, layer))
            rank += update.left.size(1);
        plan.layers.push_back({.layer = layer, .rank = static_cast<int>(std::min(rank, most))});
    }
    plan.bytes_free = bytes_free_at(job.out.empty() ? job.out : job.out.parent_path());
    format_of(job.request.format).plan(job, plan);
    for (const ExportFile& file : plan.files)
        plan.bytes += file.bytes;
    std::uint64_t left_over = 0;
    const std::vector<Leftover> leftovers = leftovers_of(target_of(job));
    for (const Leftover& leftover : leftovers)
        left_over += leftover.bytes;
    if (!leftovers.empty())
        plan.warnings.push_back(about_leftovers(left_over, "will be removed"));
    if (plan.bytes_free > 0)
        plan.bytes_free += left_over;
    plan.seconds_estimate = static_cast<double>(plan.bytes) / bytes_per_second;
    if (plan.bytes_free > 0 && plan.bytes > plan.bytes_free)
        throw Error("the export needs " + size_text(plan.bytes) + ", and " + size_text(plan.bytes_free) + " are free",
                    job.out.string(), "free some space or choose another folder");
}

// As apply would have reported it, as far as that can be known from the updates.
std::vector<LayerReport> layers_of(const std::vector<LayerUpdate>& updates, const OpenModel& open) {
    std::vector<LayerReport> layers;
    std::map<int, std::vector<LayerUpdate>> by_layer;
    for (const LayerUpdate& update : updates)
        by_layer[update.layer].push_back(update);
    for (const auto& [layer, parts] : by_layer) {
        std::vector<at::Tensor> left;
        std::vector<at::Tensor> right;
        LayerReport report;
        for (const LayerUpdate& update : parts) {
            report.rank += static_cast<int>(update.left.size(1));
            left.push_back(update.left);
            right.push_back(update.right);
        }
        report.layer = layer;
        report.update_norm = sum_of_updates(left, right, nullptr).norm;
        report.weight_norm = open.decoder.weights().original_down(layer).norm().item<double>();
        report.relative_norm = report.weight_norm > 0 ? report.update_norm / report.weight_norm : 0;
        report.dimensions = open.info.d_mlp;
        report.preservation = report.memorization = std::numeric_limits<double>::quiet_NaN();
        layers.push_back(report);
    }
    return layers;
}

// One batch of a delta into the draft, with what the model says before and after.
LedgerEntry take_in(OpenModel& open, Ledger::Draft& draft, DeltaBatch batch, std::uint64_t id, const std::string& file,
                    const JobContext& job) {
    const auto start = Clock::now();
    std::vector<PredictionQuery> queries;
    for (const EditRequest& request : batch.described.requests)
        queries.push_back(query_of(request));
    auto before = predict(open.decoder, open.tokenizer, queries, shown_answers, part_of(job, 0, 0.5, start));
    auto report = std::make_shared<EditReport>();
    report->batch_id = id;
    report->recipe = std::move(batch.described.recipe);
    for (const LayerUpdate& update : batch.updates)
        draft.add(update);
    draft.end_batch();
    report->layers = layers_of(batch.updates, open);
    auto after = predict(open.decoder, open.tokenizer, queries, shown_answers, part_of(job, 0.5, 1, start));
    for (std::size_t i = 0; i < queries.size(); ++i) {
        EditOutcome& outcome = report->edits.emplace_back();
        outcome.request = std::move(batch.described.requests[i]);
        outcome.before = std::move(before[i]);
        outcome.after = std::move(after[i]);
    }
    report->warnings.push_back("imported from " + std::filesystem::path(file).filename().string());
    report->seconds.total = seconds_since(start);
    std::string title = batch.described.title.empty() ? title_of(requests_of(*report)) : batch.described.title;
    return {.id = id, .title = std::move(title), .note = batch.described.note, .hash = {}, .report = std::move(report)};
}

} // namespace

ExportPlan TorchEngine::plan_export(const ExportRequest& request, const JobContext& job) {
    return guarded("planning the export", [&] {
        const NoGrad no_grad;
        OpenModel& open = model();
        job.check();
        ExportPlan plan;
        try {
            fill_plan(export_job(open, request), plan);
        } catch (const Error& error) {
            plan.problem = error.where().empty() ? error.message() : error.message() + " (" + error.where() + ")";
            plan.hint = error.hint();
        }
        return plan;
    });
}

ExportReport TorchEngine::export_edits(const ExportRequest& request, const JobContext& job) {
    return guarded("the export", [&] {
        const NoGrad no_grad;
        OpenModel& open = model();
        const auto start = Clock::now();
        const ExportJob what = export_job(open, request);
        ExportPlan plan;
        fill_plan(what, plan);
        job.check();
        ExportReport report{.format = request.format,
                            .out = what.out.string(),
                            .files = {},
                            .bytes = 0,
                            .verified = false,
                            .layers = {},
                            .held_before = {},
                            .held_after = {},
                            .warnings = {},
                            .seconds = 0};
        const bool left = !leftovers_of(target_of(what)).empty();
        const std::uint64_t freed = remove_leftovers(target_of(what));
        if (left && leftovers_of(target_of(what)).empty())
            report.warnings.push_back(about_leftovers(freed, "was removed"));
        format_of(request.format).write(what, report, job);
        if (report.layers.empty())
            for (const ExportPlan::Layer& layer : plan.layers)
                report.layers.push_back(
                    {.layer = layer.layer, .rank_needed = layer.rank, .rank = layer.rank, .norm_lost = 0});
        report.seconds = seconds_since(start);
        return report;
    });
}

LedgerState TorchEngine::import_delta(const std::string& file, bool force, const JobContext& job) {
    return guarded("importing the delta", [&] {
        const NoGrad no_grad;
        OpenModel& open = model();
        const auto start = Clock::now();
        std::vector<DeltaBatch> batches = read_delta(file, open.info, force, job);
        std::vector<LedgerEntry> entries(open.entries.begin(),
                                         open.entries.begin() + static_cast<std::ptrdiff_t>(open.ledger.position()));
        std::uint64_t id = open.last_batch_id;
        Ledger::Draft draft(open.ledger);
        const auto all = static_cast<double>(batches.size());
        for (std::size_t i = 0; i < batches.size(); ++i) {
            const auto done = static_cast<double>(i);
            entries.push_back(take_in(open, draft, std::move(batches[i]), ++id, file,
                                      part_of(job, done / all, (done + 1) / all, start)));
        }
        std::vector<std::uint64_t> ids;
        for (const LedgerEntry& entry : entries)
            ids.push_back(entry.id);
        job.check();
        draft.commit();
        open.entries.swap(entries);
        open.last_batch_id = id;
        open.keep_only(ids);
        return ledger();
    });
}

} // namespace emend
