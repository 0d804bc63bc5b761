// SPDX-License-Identifier: GPL-3.0-or-later
// emend/engine.h on LibTorch. Puts the rooms together and computes nothing itself.
#pragma once

#include "emend/engine.h"
#include "engine/open_model.h"

namespace emend {

class TorchEngine final : public Engine {
  public:
    [[nodiscard]] ModelInfo inspect(const LoadOptions& options, const JobContext& job) override;
    ModelInfo open(const LoadOptions& options, const JobContext& job) override;
    void close() override { model_.reset(); }
    [[nodiscard]] bool is_open() const override { return model_ != nullptr; }
    [[nodiscard]] const ModelInfo& model_info() const override { return model().info; }
    [[nodiscard]] std::string weights_hash(const JobContext& job) override;

    [[nodiscard]] LogitsResult logits(const LogitsRequest& request, const JobContext& job) override;
    GenerationResult generate(const GenerateRequest& request, const JobContext& job,
                              const std::function<void(const GeneratedToken&)>& on_token) override;
    [[nodiscard]] Comparison compare(const ComparisonRequest& request, const JobContext& job) override;

    [[nodiscard]] std::vector<EditCheck> check(const std::vector<EditRequest>& requests,
                                               const JobContext& job) override;
    StatisticsReport collect_statistics(const StatisticsRequest& request, const JobContext& job) override;
    [[nodiscard]] StatisticsStatus statistics_status(const Recipe& recipe, const JobContext& job) override;
    [[nodiscard]] std::vector<EditConflict> find_conflicts(const std::vector<EditRequest>& requests,
                                                           const Recipe& recipe, const JobContext& job) override;
    EditReport apply(const std::vector<EditRequest>& requests, const Recipe& recipe, const ApplyOptions& options,
                     const JobContext& job) override;
    [[nodiscard]] LedgerState ledger() const override;
    LedgerState undo() override;
    LedgerState redo() override;
    LedgerState go_to(std::size_t position) override;
    LedgerState switch_batch(std::uint64_t batch_id, bool active, bool resolve_later, const JobContext& job) override;
    Frontier frontier(std::uint64_t batch_id, const JobContext& job) override;
    SoftnessResult set_softness(const SoftnessRequest& request, const JobContext& job) override;
    Frontier frontier_of(const FrontierRequest& request, const JobContext& job) override;
    TraceResult trace(const TraceRequest& request, const JobContext& job,
                      const std::function<void(const TraceResult&)>& on_cells) override;
    LensResult lens(const LensRequest& request, const JobContext& job) override;
    NormHistory norm_history(const JobContext& job) override;
    Diagnosis diagnose(std::uint64_t batch_id, std::size_t edit, const JobContext& job) override;
    Scores score(const std::vector<EditRequest>& requests, LedgerPosition at, const JobContext& job) override;
    std::vector<TrialRow> try_recipes(const std::vector<EditRequest>& requests, const std::vector<Recipe>& recipes,
                                      const JobContext& job,
                                      const std::function<void(const TrialRow&)>& on_row) override;
    // torch_engine_carry.cpp, torch_engine_export.cpp
    LedgerState annotate(std::uint64_t batch_id, const std::string& title, const std::string& note) override;
    [[nodiscard]] BatchRecord record(std::uint64_t batch_id) const override;
    LedgerState restore(const std::vector<BatchRecord>& batches, std::size_t position, const JobContext& job) override;
    [[nodiscard]] std::string edited_hash(const JobContext& job) const override;
    [[nodiscard]] ExportPlan plan_export(const ExportRequest& request, const JobContext& job) override;
    ExportReport export_edits(const ExportRequest& request, const JobContext& job) override;
    LedgerState import_delta(const std::string& file, bool force, const JobContext& job) override;

  private:
    [[nodiscard]] OpenModel& model() const; // throws Error when none is open
    // The systems of a batch, from memory or solved again.
    const KeptBatch& taken_apart(std::size_t index, const JobContext& job);

    std::unique_ptr<OpenModel> model_;
};

} // namespace emend
