// SPDX-License-Identifier: GPL-3.0-or-later
// An engine without a model, for the tests of the window: answers from a small table of facts, and can be slow, fail,
// be cancelled or stream as its script says. The script may be written from the test's thread at any time.
#pragma once

#include "emend/engine.h"
#include "jobs/job_queue.h"

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>

namespace emend::test {

struct FakeScript {
    std::atomic<int> layers{8};
    std::atomic<std::int64_t> parameters{4'000'000};
    std::atomic<int> open_ms{0};
    std::atomic<int> apply_ms{0};
    std::atomic<int> check_ms{0};
    std::atomic<int> token_ms{0};
    std::atomic<bool> spin{false};        // burn the processor instead of sleeping
    std::atomic<bool> half_said{false};   // of an object of several words, edits bring the first one only
    std::atomic<bool> fail_engine{false}; // the library cannot be loaded
    std::atomic<bool> fail_open{false};
    std::atomic<bool> fail_compare{false};
    std::atomic<bool> throw_unknown{false}; // apply throws something that is no exception class

    // What statistics_status answers.
    enum class Statistics { Complete, Missing, Problem, NotNeeded };
    std::atomic<Statistics> statistics{Statistics::Complete};
    std::atomic<int> collect_ms{0};
    std::atomic<int> frontier_ms{0};
    std::atomic<int> soften_ms{0};
    std::atomic<bool> fail_collect{false};
    std::atomic<bool> fail_frontier{false};
    std::atomic<bool> fail_soften{false};
    std::atomic<bool> fail_overlay{false};
    std::atomic<bool> fail_norms{false};
    std::atomic<bool> fail_switch{false};
    std::atomic<int> trace_ms{0}; // of a whole trace, which is told token by token
    std::atomic<bool> fail_trace{false};
    std::atomic<bool> fail_lens{false};

    // Diagnosis and trials.
    std::atomic<int> diagnose_ms{0};
    std::atomic<int> try_ms{0}; // of every recipe
    std::atomic<bool> fail_diagnose{false};
    std::atomic<bool> fail_trials{false};
    std::atomic<int> score_ms{0};
    std::atomic<bool> fail_score{false};

    // Sessions and exports. A model whose folder is named "other…" is another model.
    std::atomic<int> restore_ms{0};
    std::atomic<int> plan_ms{0};
    std::atomic<int> export_ms{0};
    std::atomic<std::uint64_t> bytes_free{400'000'000'000};
    std::atomic<int> fail_restores{0}; // so many of the next ones
    std::atomic<bool> fail_plan{false};
    std::atomic<bool> fail_export{false};
    std::atomic<bool> fail_import{false}; // unless it is forced
    std::atomic<double> drift{0};         // so far off are probabilities of edits that are checked

    void noteExport(const ExportRequest& request);
    [[nodiscard]] ExportRequest exported() const; // the last one
    void failApply(const std::string& what, const std::string& hint);
    [[nodiscard]] std::pair<std::string, std::string> applyFailure() const;

    // What happened, counted on the worker thread.
    std::atomic<int> engines_made{0};
    std::atomic<int> engines_destroyed{0};
    std::atomic<int> checks{0};
    std::atomic<int> rows_checked{0};
    std::atomic<int> applies{0};
    std::atomic<int> comparisons{0};
    std::atomic<int> generations{0}; // begun
    std::atomic<int> softenings{0};
    std::atomic<int> frontiers{0};
    std::atomic<int> overlays{0};
    std::atomic<int> norm_histories{0};
    std::atomic<int> statuses{0}; // asked for statistics
    std::atomic<int> conflict_searches{0};
    std::atomic<int> traces{0};
    std::atomic<int> lenses{0};
    std::atomic<int> diagnoses{0};
    std::atomic<int> trials{0};
    std::atomic<int> rows_tried{0};
    std::atomic<int> scorings{0};    // begun
    std::atomic<int> rows_scored{0}; // of the last one that came to its end
    std::atomic<int> opens{0};
    std::atomic<int> restores{0};
    std::atomic<int> plans{0};
    std::atomic<int> exports{0};
    std::atomic<std::size_t> position{0}; // of the ledger
    std::atomic<bool> off_thread{false};  // a call came from another thread than the engine's

  private:
    mutable std::mutex m_mutex;
    std::pair<std::string, std::string> m_failure;
    ExportRequest m_exported;
};

class FakeEngine : public Engine {
  public:
    explicit FakeEngine(std::shared_ptr<FakeScript> script);
    ~FakeEngine() override;

    ModelInfo inspect(const LoadOptions& options, const emend::JobContext& job) override;
    ModelInfo open(const LoadOptions& options, const JobContext& job) override;
    void close() override { m_open = false; }
    bool is_open() const override { return m_open; }
    const ModelInfo& model_info() const override { return m_info; }
    std::string weights_hash(const JobContext& job) override;
    LogitsResult logits(const LogitsRequest& request, const emend::JobContext& job) override;
    GenerationResult generate(const GenerateRequest& request, const JobContext& job,
                              const std::function<void(const GeneratedToken&)>& on_token) override;
    Comparison compare(const ComparisonRequest& request, const JobContext& job) override;
    std::vector<EditCheck> check(const std::vector<EditRequest>& requests, const JobContext& job) override;
    StatisticsReport collect_statistics(const StatisticsRequest& request, const JobContext& job) override;
    EditReport apply(const std::vector<EditRequest>& requests, const Recipe& recipe, const ApplyOptions& options,
                     const JobContext& job) override;
    LedgerState ledger() const override { return m_ledger; }
    LedgerState undo() override;
    LedgerState redo() override;
    StatisticsStatus statistics_status(const Recipe& recipe, const JobContext& job) override;
    std::vector<EditConflict> find_conflicts(const std::vector<EditRequest>& requests, const Recipe& recipe,
                                             const JobContext& job) override;
    LedgerState go_to(std::size_t position) override;
    LedgerState switch_batch(std::uint64_t batch_id, bool active, bool resolve_later, const JobContext& job) override;
    Frontier frontier(std::uint64_t batch_id, const JobContext& job) override;
    SoftnessResult set_softness(const SoftnessRequest& request, const JobContext& job) override;
    // fake_engine_look.cpp
    TraceResult trace(const TraceRequest& request, const JobContext& job,
                      const std::function<void(const TraceResult&)>& on_cells) override;
    LensResult lens(const LensRequest& request, const JobContext& job) override;
    // fake_engine_norms.cpp
    NormHistory norm_history(const JobContext& job) override;
    Frontier frontier_of(const FrontierRequest& request, const JobContext& job) override;
    // fake_engine_trials.cpp
    Diagnosis diagnose(std::uint64_t batch_id, std::size_t edit, const JobContext& job) override;
    Scores score(const std::vector<EditRequest>& requests, LedgerPosition at, const JobContext& job) override;
    std::vector<TrialRow> try_recipes(const std::vector<EditRequest>& requests, const std::vector<Recipe>& recipes,
                                      const JobContext& job,
                                      const std::function<void(const TrialRow&)>& on_row) override;
    // fake_engine_session.cpp
    LedgerState annotate(std::uint64_t batch_id, const std::string& title, const std::string& note) override;
    [[nodiscard]] BatchRecord record(std::uint64_t batch_id) const override;
    LedgerState restore(const std::vector<BatchRecord>& batches, std::size_t position, const JobContext& job) override;
    [[nodiscard]] std::string edited_hash(const JobContext& job) const override;
    [[nodiscard]] ExportPlan plan_export(const ExportRequest& request, const JobContext& job) override;
    ExportReport export_edits(const ExportRequest& request, const JobContext& job) override;
    LedgerState import_delta(const std::string& file, bool force, const JobContext& job) override;

  private:
    struct Fact {
        std::string object;
        double sureness = 1; // 1: as sure as this engine gets
    };
    using Facts = std::map<std::string, Fact>; // by subject
    // What a batch would be at another softness: everything here is a smooth function of it.
    struct Solve {
        double applied = 0;  // softness when it was applied
        double softness = 0; // now
        [[nodiscard]] double strength() const;
    };
    void work(int ms, const JobContext& job, const std::string& phase) const;
    [[nodiscard]] Facts factsAt(LedgerPosition at) const;
    [[nodiscard]] Prediction predict(const std::string& prompt, const EditRequest& edit, const Facts& facts) const;
    void onThread() const;
    [[nodiscard]] LedgerEntry& entry(std::uint64_t batch_id); // Error when there is none
    void staleAfter(std::uint64_t batch_id);
    [[nodiscard]] static std::string hashOf(const LedgerEntry& entry);
    [[nodiscard]] std::string hashBelow(std::size_t position) const; // empty: the checkpoint
    [[nodiscard]] static std::string answerNow(const Prediction& prediction);
    [[nodiscard]] TrialRow trialOf(const Recipe& recipe, std::size_t edits) const;

    std::shared_ptr<FakeScript> m_script;
    std::thread::id m_thread;
    bool m_open = false;
    ModelInfo m_info;
    LedgerState m_ledger;
    std::uint64_t m_lastBatch = 0;
    std::map<std::uint64_t, Solve> m_solves;
    std::set<std::string> m_values; // searched for before: kept
    std::set<int> m_collected;      // layers
};

// Words as tokens, each with its leading blank; long words in two pieces, as a real tokenizer would.
std::vector<std::string> fakePieces(const std::string& text);
// Those of a prompt with its subject filled in, and which are the subject's.
EditCheck fakeTokens(const std::string& prompt, const std::string& subject);

ui::EngineFactory fakeFactory(const std::shared_ptr<FakeScript>& script);

// The three drafts every test begins with, and a library with their relations.
std::vector<EditRequest> fakeDrafts();
std::string fakeLibraryJson();

} // namespace emend::test
