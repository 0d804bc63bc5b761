// SPDX-License-Identifier: GPL-3.0-or-later
// The editing half of the engine: checks, statistics, apply, the ledger.
#include "analysis/prediction.h"
#include "base/job_part.h"
#include "editing/editor.h"
#include "editing/statistics_file.h"
#include "emend/error.h"
#include "engine/statistics_source.h"
#include "engine/torch_engine.h"
#include "engine/torch_errors.h"
#include "text/subject_locator.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <iterator>

namespace emend {

namespace {

using Clock = std::chrono::steady_clock;

constexpr int shown_answers = 5;
constexpr double statistics_share = 0.5; // of an edit's progress, when they have to be collected first

double seconds_since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

std::vector<PredictionQuery> queries_of(const std::vector<EditRequest>& requests) {
    std::vector<PredictionQuery> queries;
    for (const auto& request : requests)
        queries.push_back(query_of(request));
    return queries;
}

std::string title_of(const std::vector<EditRequest>& requests) {
    std::string title = requests.front().subject + " \u2192 " + requests.front().object;
    if (requests.size() > 1)
        title += " and " + std::to_string(requests.size() - 1) + " more";
    return title;
}

EditCheck check_one(const OpenModel& open, const EditRequest& request) {
    EditCheck check;
    check.problem = find_problem(open.tokenizer, request, open.info.positions);
    if (check.problem)
        return check;
    const LocatedPrompt located = locate_subject(open.tokenizer, request.prompt, request.subject);
    for (const auto id : located.full.ids)
        check.pieces.push_back(open.tokenizer.piece(id));
    check.subject_first_token = located.first_subject_token;
    check.subject_last_token = located.last_subject_token;
    for (const auto id : encode_target(open.tokenizer, request.object))
        check.object_pieces.push_back(open.tokenizer.piece(id));
    return check;
}

// The user's checkpoint is never written to: neither by its name, nor through a link to it.
void check_output(const OpenModel& open, const std::string& file) {
    if (file.empty())
        return;
    namespace fs = std::filesystem;
    const fs::path target = fs::weakly_canonical(fs::absolute(file));
    const fs::path folder = fs::weakly_canonical(fs::absolute(open.info.path));
    bool inside = std::ranges::mismatch(folder, target).in1 == folder.end();
    std::error_code none; // a file that is not there is no shard's twin
    for (const SafetensorsFile& shard : open.folder->shards())
        inside = inside || fs::equivalent(target, shard.path(), none);
    if (inside)
        throw Error("the model's own folder is never written to", file, "choose a file outside " + folder.string());
}

} // namespace

std::vector<EditCheck> TorchEngine::check(const std::vector<EditRequest>& requests, const JobContext& job) {
    return guarded("checking the edits", [&] {
        const OpenModel& open = model();
        std::vector<EditCheck> checks;
        std::vector<PredictionQuery> queries;
        std::vector<std::size_t> asked; // the request each query is about
        for (std::size_t i = 0; i < requests.size(); ++i) {
            checks.push_back(check_one(open, requests[i]));
            if (checks.back().problem)
                continue;
            queries.push_back(query_of(requests[i]));
            asked.push_back(i);
        }
        auto answers = predict(open.decoder, open.tokenizer, queries, shown_answers, job);
        for (std::size_t q = 0; q < asked.size(); ++q)
            checks[asked[q]].present = std::move(answers[q]);
        return checks;
    });
}

StatisticsReport TorchEngine::collect_statistics(const StatisticsRequest& request, const JobContext& job) {
    return guarded("collecting statistics", [&] {
        OpenModel& open = model();
        check_output(open, request.out);
        Collected collected;
        {
            const AtPosition unedited(open.ledger, 0);
            collected = collect(open.decoder, open.tokenizer, open.info.fingerprint,
                                {.corpus = corpus_path(open, request.corpus),
                                 .layers = request.layers,
                                 .tokens = request.tokens,
                                 .resume = request.resume},
                                job);
        }
        StatisticsReport report{.layers = {},
                                .file = collected.file,
                                .tokens_per_second = collected.tokens_per_second,
                                .from_cache = collected.from_cache};
        if (!request.out.empty()) {
            write_statistics(request.out, collected.layers, open.info.fingerprint, collected.corpus_sha256);
            report.file = request.out;
        }
        for (const auto& layer : collected.layers) {
            job.check();
            report.layers.push_back({.layer = layer.layer,
                                     .tokens = layer.count,
                                     .trace = layer.second_moment.trace().item<double>(),
                                     .condition = condition_number(layer.second_moment)});
        }
        return report;
    });
}

EditReport TorchEngine::apply(const std::vector<EditRequest>& requests, const Recipe& recipe,
                              const ApplyOptions& options, const JobContext& job) {
    return guarded("the edit", [&] {
        const NoGrad no_grad;
        OpenModel& open = model();
        if (requests.empty())
            throw Error("there is nothing to edit", {}, "add at least one edit");
        check_recipe(recipe, open.info);
        check_output(open, options.dump_file);
        const auto start = Clock::now();

        // Faulty requests come to light before minutes of statistics.
        static_cast<void>(prepare_edits(open.tokenizer, requests, {"{}"}, open.info.positions));
        bool collecting = false; // statistics that are at hand take no time and no part of the progress
        const JobContext statistics_part = part_of(job, 0, statistics_share, start);
        const JobContext statistics_job(
            [&](const Progress& progress) {
                collecting = true;
                statistics_part.report(progress);
            },
            job.stop_token());
        std::vector<std::string> warnings = provide_statistics(open, recipe, options.force, statistics_job);
        const JobContext edit_job = part_of(job, collecting ? statistics_share : 0, 1, start);
        const double statistics_seconds = seconds_since(start);

        const auto queries = queries_of(requests);
        auto before = predict(open.decoder, open.tokenizer, queries, shown_answers, job);

        // Until the draft is committed, anything that throws leaves the weights as they were.
        Ledger::Draft draft(open.ledger);
        const MetricSource metric = [&](int layer) {
            return open.metrics.metric(layer, metric_options(recipe));
        };
        EditBatchResult result =
            run_edits({open.decoder, open.tokenizer, draft, metric}, requests, recipe, {}, edit_job);
        auto after = predict(open.decoder, open.tokenizer, queries, shown_answers, job);
        job.check();
        if (!options.dump_file.empty())
            write_dump(options.dump_file, result);

        auto report = std::make_shared<EditReport>();
        for (std::size_t i = 0; i < requests.size(); ++i)
            report->edits.push_back({.request = requests[i],
                                     .before = std::move(before[i]),
                                     .after = std::move(after[i]),
                                     .loss = std::move(result.values[i].loss),
                                     .stopped_early = result.values[i].stopped_early,
                                     .clamped = result.values[i].clamped});
        report->layers = std::move(result.layers);
        report->recipe = std::move(result.recipe);
        report->warnings = std::move(warnings);
        std::ranges::move(result.warnings, std::back_inserter(report->warnings));
        report->seconds = result.seconds;
        report->seconds.statistics = statistics_seconds;
        report->batch_id = open.last_batch_id + 1;

        std::vector<LedgerEntry> entries(open.entries.begin(),
                                         open.entries.begin() + static_cast<std::ptrdiff_t>(open.ledger.position()));
        entries.push_back({report->batch_id, title_of(requests), report});
        report->seconds.total = seconds_since(start);
        EditReport answer = *report; // copied before the commit, which is the last thing that can fail
        draft.commit();
        open.entries.swap(entries);
        open.last_batch_id = report->batch_id;
        return answer;
    });
}

LedgerState TorchEngine::ledger() const {
    const OpenModel& open = model();
    return {.entries = open.entries, .position = open.ledger.position()};
}

LedgerState TorchEngine::undo() {
    return guarded("undoing", [&] {
        model().ledger.undo();
        return ledger();
    });
}

LedgerState TorchEngine::redo() {
    return guarded("redoing", [&] {
        model().ledger.redo();
        return ledger();
    });
}

} // namespace emend
