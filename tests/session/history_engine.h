// SPDX-License-Identifier: GPL-3.0-or-later
// An engine that has a history and nothing else: updates follow from what was asked for, answers from the history.
#pragma once

#include "base/hash.h"
#include "emend/engine.h"
#include "session_fixture.h"

#include <algorithm>
#include <cmath>
#include <new>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace emend::test {

class HistoryEngine : public Engine {
  public:
    HistoryEngine() {
        const SessionModel small = small_model();
        info.path = small.path;
        info.name = small.name;
        info.family = small.family;
        info.fingerprint = small.fingerprint;
        info.dtype = small.dtype;
        info.device = small.device;
        info.layers = small.layers;
        info.d_model = small.d_model;
        info.d_mlp = small.d_mlp;
        info.vocab = small.vocab;
        info.parameters = small.parameters;
    }

    ModelInfo info;
    bool opened = true;
    double drift = 0;           // added to every probability: another machine
    std::string refuses;        // a subject that cannot be edited here
    std::string exhausts;       // a subject there is no memory for
    std::optional<double> norm; // that every update is said to have
    std::optional<double> neighbourhood;
    std::string voice = "Rome!"; // what it writes once something is edited; louder with every batch

    [[nodiscard]] bool is_open() const override { return opened; }
    [[nodiscard]] const ModelInfo& model_info() const override { return info; }

    std::vector<EditCheck> check(const std::vector<EditRequest>& requests, const JobContext& job) override {
        job.check();
        std::vector<EditCheck> checks(requests.size());
        for (std::size_t i = 0; i < requests.size(); ++i)
            checks[i].present = answer(requests[i]);
        return checks;
    }

    EditReport apply(const std::vector<EditRequest>& requests, const Recipe& recipe, const ApplyOptions& /*options*/,
                     const JobContext& job) override {
        job.check();
        BatchRecord batch;
        EditReport report;
        report.batch_id = ++last_id_;
        report.recipe = recipe;
        std::string seed_text;
        for (const EditRequest& request : requests) {
            if (request.subject == refuses)
                throw Error("the subject is not in the prompt", request.subject, "write another prompt");
            if (request.subject == exhausts)
                throw std::bad_alloc();
            EditOutcome& outcome = report.edits.emplace_back();
            outcome.request = request;
            outcome.before = answer(request);
            seed_text += request.subject + request.object;
        }
        const auto seed = static_cast<unsigned>(std::hash<std::string>{}(seed_text));
        for (const int layer : recipe.layers) {
            const std::int64_t rank = std::ssize(requests);
            StoredUpdate& update = batch.updates.emplace_back();
            update = {.layer = layer,
                      .rows = info.d_model,
                      .rank = rank,
                      .columns = info.d_mlp,
                      .left = noise(static_cast<std::size_t>(info.d_model * rank), seed),
                      .right = noise(static_cast<std::size_t>(info.d_mlp * rank), seed + 1)};
            report.layers.push_back({.layer = layer, .update_norm = norm.value_or(norm_of(update))});
        }
        batch.id = last_id_;
        batch.title = requests.front().subject;
        batch.hash = hash_of(batch.updates);
        batch.base = state(position_);
        records_.resize(position_);
        records_.push_back(batch);
        ++position_;
        for (EditOutcome& outcome : report.edits)
            outcome.after = answer(outcome.request);
        // Now that the answers are known.
        records_.back().report = std::make_shared<const EditReport>(report);
        return report;
    }

    [[nodiscard]] LedgerState ledger() const override {
        LedgerState ledger;
        for (std::size_t i = 0; i < records_.size(); ++i) {
            const BatchRecord& batch = records_[i];
            ledger.entries.push_back({.id = batch.id,
                                      .title = batch.title,
                                      .note = batch.note,
                                      .hash = batch.hash,
                                      .report = batch.report,
                                      .active = batch.active,
                                      .stale = batch.base != state(i)});
        }
        ledger.position = position_;
        return ledger;
    }
    LedgerState go_to(std::size_t position) override {
        position_ = position;
        return ledger();
    }
    LedgerState switch_batch(std::uint64_t id, bool active, bool /*again*/, const JobContext& /*job*/) override {
        std::ranges::find(records_, id, &BatchRecord::id)->active = active;
        return ledger();
    }
    LedgerState annotate(std::uint64_t id, const std::string& title, const std::string& note) override {
        const auto batch = std::ranges::find(records_, id, &BatchRecord::id);
        batch->title = title;
        batch->note = note;
        return ledger();
    }
    [[nodiscard]] BatchRecord record(std::uint64_t id) const override {
        return *std::ranges::find(records_, id, &BatchRecord::id);
    }
    LedgerState restore(const std::vector<BatchRecord>& batches, std::size_t position, const JobContext& job) override {
        job.check();
        for (const BatchRecord& batch : batches)
            if (hash_of(batch.updates) != batch.hash)
                throw Error("the updates are not those of their hash", batch.title);
        records_ = batches;
        position_ = position;
        for (const BatchRecord& batch : batches)
            last_id_ = std::max(last_id_, batch.id);
        return ledger();
    }
    [[nodiscard]] std::string edited_hash(const JobContext& /*job*/) const override {
        return state(position_).empty() ? std::string() : info.dtype + state(position_);
    }
    GenerationResult generate(const GenerateRequest& request, const JobContext& job,
                              const std::function<void(const GeneratedToken&)>& on_token) override {
        const std::size_t edited = in_weights(request.at.value_or(position_));
        const std::string text = edited == 0 ? "Paris, of course" : voice + std::string(edited - 1, '!');
        for (const char letter : text) {
            job.check();
            on_token({.id = letter, .text = std::string(1, letter)});
        }
        return {.text = text, .ids = {}, .pieces = {}, .tokens_per_second = 0, .ended_by = "length"};
    }

    Scores score(const std::vector<EditRequest>& requests, LedgerPosition at, const JobContext& job) override {
        job.check();
        const auto held = std::ranges::count_if(
            requests, [&](const EditRequest& request) { return answer(request, at.value_or(position_)).says_new; });
        return {.efficacy = static_cast<double>(held) / static_cast<double>(requests.size()),
                .paraphrase = {},
                .neighbourhood = neighbourhood,
                .score = {}};
    }

    // Not of a history.
    ModelInfo inspect(const LoadOptions& /*o*/, const JobContext& /*j*/) override { none(); }
    ModelInfo open(const LoadOptions& /*o*/, const JobContext& /*j*/) override { none(); }
    void close() override { opened = false; }
    std::string weights_hash(const JobContext& /*j*/) override { none(); }
    LogitsResult logits(const LogitsRequest& /*r*/, const JobContext& /*j*/) override { none(); }
    Comparison compare(const ComparisonRequest& /*r*/, const JobContext& /*j*/) override { none(); }
    StatisticsReport collect_statistics(const StatisticsRequest& /*r*/, const JobContext& /*j*/) override { none(); }
    StatisticsStatus statistics_status(const Recipe& /*r*/, const JobContext& /*j*/) override { none(); }
    std::vector<EditConflict> find_conflicts(const std::vector<EditRequest>& /*e*/, const Recipe& /*r*/,
                                             const JobContext& /*j*/) override {
        none();
    }
    LedgerState undo() override { return go_to(position_ - 1); }
    LedgerState redo() override { return go_to(position_ + 1); }
    Frontier frontier(std::uint64_t /*b*/, const JobContext& /*j*/) override { none(); }
    SoftnessResult set_softness(const SoftnessRequest& /*r*/, const JobContext& /*j*/) override { none(); }
    Frontier frontier_of(const FrontierRequest& /*r*/, const JobContext& /*j*/) override { none(); }
    TraceResult trace(const TraceRequest& /*r*/, const JobContext& /*j*/,
                      const std::function<void(const TraceResult&)>& /*c*/) override {
        none();
    }
    LensResult lens(const LensRequest& /*r*/, const JobContext& /*j*/) override { none(); }
    NormHistory norm_history(const JobContext& /*j*/) override { none(); }
    Diagnosis diagnose(std::uint64_t /*b*/, std::size_t /*e*/, const JobContext& /*j*/) override { none(); }
    std::vector<TrialRow> try_recipes(const std::vector<EditRequest>& /*e*/, const std::vector<Recipe>& /*r*/,
                                      const JobContext& /*j*/,
                                      const std::function<void(const TrialRow&)>& /*row*/) override {
        none();
    }
    ExportPlan plan_export(const ExportRequest& /*r*/, const JobContext& /*j*/) override { none(); }
    ExportReport export_edits(const ExportRequest& /*r*/, const JobContext& /*j*/) override { none(); }
    LedgerState import_delta(const std::string& /*f*/, bool /*force*/, const JobContext& /*j*/) override { none(); }

  private:
    [[noreturn]] static void none() { throw Error("there is no model"); }

    static std::string hash_of(const std::vector<StoredUpdate>& updates) {
        Xxh3 hash;
        for (const StoredUpdate& update : updates) {
            hash.update(update.left.data(), update.left.size() * sizeof(double));
            hash.update(update.right.data(), update.right.size() * sizeof(double));
        }
        return hash.hex();
    }
    // The straightforward way, unlike that of the session.
    static double norm_of(const StoredUpdate& update) {
        double square = 0;
        for (std::int64_t row = 0; row < update.rows; ++row)
            for (std::int64_t column = 0; column < update.columns; ++column) {
                double entry = 0;
                for (std::int64_t k = 0; k < update.rank; ++k)
                    entry += update.left[static_cast<std::size_t>(row * update.rank + k)] *
                             update.right[static_cast<std::size_t>(k * update.columns + column)];
                square += entry * entry;
            }
        return std::sqrt(square);
    }
    [[nodiscard]] std::string state(std::size_t position) const {
        std::string text;
        for (std::size_t i = 0; i < position; ++i)
            if (records_[i].active)
                text += records_[i].hash;
        return text;
    }
    [[nodiscard]] std::size_t in_weights(std::size_t position) const {
        std::size_t batches = 0;
        for (std::size_t i = 0; i < position; ++i)
            batches += records_[i].active ? 1 : 0;
        return batches;
    }
    [[nodiscard]] Prediction answer(const EditRequest& request) const { return answer(request, position_); }
    [[nodiscard]] Prediction answer(const EditRequest& request, std::size_t position) const {
        Prediction prediction;
        prediction.p_new = 0.001 + drift;
        for (std::size_t i = 0; i < position; ++i)
            if (records_[i].active && is_of(records_[i], request.subject))
                prediction.p_new = 0.9 + drift;
        prediction.says_new = prediction.p_new > 0.5;
        prediction.p_true = 1 - prediction.p_new;
        return prediction;
    }
    static bool is_of(const BatchRecord& batch, const std::string& subject) {
        return !batch.report || std::ranges::any_of(batch.report->edits, [&](const EditOutcome& edit) {
            return edit.request.subject == subject;
        });
    }

    std::vector<BatchRecord> records_;
    std::size_t position_ = 0;
    std::uint64_t last_id_ = 0;
};

} // namespace emend::test
