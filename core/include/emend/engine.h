// SPDX-License-Identifier: GPL-3.0-or-later
// The one door to everything that needs LibTorch. Abstract: programs load the engine library on their worker thread,
// tests of the window bring their own. Thread safety: none; one worker thread owns an engine. Results are plain values
// and may go anywhere. Errors: every call throws Error for faults of files, requests and memory, and Cancelled when its
// JobContext was stopped; in both cases the model is bit-identical to before the call.
#pragma once

#include "emend/batch_record.h"
#include "emend/diagnosis.h"
#include "emend/edit.h"
#include "emend/export.h"
#include "emend/job.h"
#include "emend/model_info.h"
#include "emend/recipe.h"
#include "emend/report.h"
#include "emend/scores.h"
#include "emend/trace.h"
#include "emend/trial.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace emend {

struct LogitsRequest {
    std::string text; // used when ids is empty
    std::vector<std::int32_t> ids;
    int top = 5;         // how many of the most likely tokens
    bool full = false;   // all logits too
    bool hidden = false; // the residual stream after every block at the last token
};
struct LogitsResult {
    std::vector<std::int32_t> ids;
    std::vector<double> logits; // [vocab] when full
    std::vector<TokenProbability> top;
    std::vector<std::vector<double>> hidden; // [layers][d_model]
};

struct GenerateRequest {
    std::string prompt;
    int max_tokens = 40;
    bool greedy = true;
    double temperature = 1; // > 0
    int top_k = 0;          // 0: all
    double top_p = 1;       // (0, 1]
    std::uint64_t seed = 0;
    std::vector<std::string> stop; // generation ends before the first of these
    bool use_cache = true;         // keys and values of earlier tokens are kept; off only to check that nothing changes
    LedgerPosition at;
};
struct GeneratedToken {
    std::int32_t id = 0;
    std::string text; // what this token adds to the text, complete UTF-8 only (may be empty)
};
struct GenerationResult {
    std::string text; // what was added to the prompt
    std::vector<std::int32_t> ids;
    std::vector<std::string> pieces; // one a token
    double tokens_per_second = 0;
    std::string ended_by; // "length", "stop", "end of text"
};

// One edit seen before and after: its own prompt first, then the paraphrases, then the neighbours.
struct ComparisonRequest {
    EditRequest edit;
    LedgerPosition before = 0;
    LedgerPosition after; // as now
    int top = 5;
};
struct Comparison {
    struct Row {
        enum class Kind { edit, paraphrase, neighbour } kind = Kind::edit;
        Prediction before;
        Prediction after;
    };
    std::vector<Row> rows;
};

struct StatisticsRequest {
    std::vector<int> layers;
    std::string corpus;      // file; empty: corpus.txt of the model's folder
    std::int64_t tokens = 0; // cap; 0: ten per dimension of the key
    std::string out;         // file; empty: the cache
    bool resume = true;      // go on where a stopped collection ended
};

// The knob: another softness for a batch that is applied.
struct SoftnessRequest {
    std::uint64_t batch_id = 0;
    double softness = 0;
    // Off: the keys and residuals of the solve are kept and the update follows from its decomposition in milliseconds;
    // exact for one layer, close for several. On: the batch is solved again with the kept values, and is then what
    // applying it with this softness would have made it.
    bool settle = false;
    std::vector<EditRequest> watch; // answered with the new weights
    int top = 5;
};
struct SoftnessResult {
    double softness = 0;
    std::vector<LayerReport> layers;
    std::vector<Prediction> answers; // one a watched request; empty when they could not be asked
};

// A frontier of edits that are not applied, or of applied ones under another recipe.
struct FrontierRequest {
    std::optional<std::uint64_t> batch_id; // its edits, on the weights that lie underneath it
    std::vector<EditRequest> requests;     // without a batch: these, on the weights as they are
    Recipe recipe;
};

struct ApplyOptions {
    std::string dump_file; // tensors of the computation (CLI.md), safetensors; empty: none
    bool force = false;    // use statistics that name another model
};

class Engine {
  public:
    Engine() = default;
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;
    virtual ~Engine() = default;

    // --- the model
    [[nodiscard]] virtual ModelInfo inspect(const LoadOptions& options,
                                            const JobContext& job) = 0; // reads headers, hashes; loads nothing
    virtual ModelInfo open(const LoadOptions& options,
                           const JobContext& job) = 0; // replaces the open model when it succeeds
    virtual void close() = 0;
    [[nodiscard]] virtual bool is_open() const = 0;
    [[nodiscard]] virtual const ModelInfo& model_info() const = 0;
    [[nodiscard]] virtual std::string weights_hash(const JobContext& job) = 0; // of every weight as it is now

    // --- running it
    [[nodiscard]] virtual LogitsResult logits(const LogitsRequest& request, const JobContext& job) = 0;
    virtual GenerationResult generate(const GenerateRequest& request, const JobContext& job,
                                      const std::function<void(const GeneratedToken&)>& on_token) = 0;
    [[nodiscard]] virtual Comparison compare(const ComparisonRequest& request, const JobContext& job) = 0;

    // --- editing it
    // One answer per request, in order; a faulty request gets a problem, never an exception.
    [[nodiscard]] virtual std::vector<EditCheck> check(const std::vector<EditRequest>& requests,
                                                       const JobContext& job) = 0;
    virtual StatisticsReport collect_statistics(const StatisticsRequest& request, const JobContext& job) = 0;
    // What `apply` would find, from headers of files alone; a missing corpus is a problem in the answer, not an Error.
    [[nodiscard]] virtual StatisticsStatus statistics_status(const Recipe& recipe, const JobContext& job) = 0;
    // Edits that would be solved together and are in each other's way. Faulty requests are passed over.
    [[nodiscard]] virtual std::vector<EditConflict> find_conflicts(const std::vector<EditRequest>& requests,
                                                                   const Recipe& recipe, const JobContext& job) = 0;
    // All or nothing. Drops undone batches from the ledger.
    virtual EditReport apply(const std::vector<EditRequest>& requests, const Recipe& recipe,
                             const ApplyOptions& options, const JobContext& job) = 0;
    [[nodiscard]] virtual LedgerState ledger() const = 0;
    virtual LedgerState undo() = 0; // Error when there is nothing to undo
    virtual LedgerState redo() = 0;
    virtual LedgerState go_to(std::size_t position) = 0;
    // Switches a batch off or on. resolve_later: every switched-on batch after it up to the position is then solved
    // again, in order, on the weights it now finds; all or nothing. Error when there is no such batch.
    virtual LedgerState switch_batch(std::uint64_t batch_id, bool active, bool resolve_later,
                                     const JobContext& job) = 0;
    // Of a batch that is applied. Large batches are decomposed here for the first time, which takes a while.
    virtual Frontier frontier(std::uint64_t batch_id, const JobContext& job) = 0;
    virtual SoftnessResult set_softness(const SoftnessRequest& request, const JobContext& job) = 0;
    // Solves and drops the result; values that are kept are not searched again. batch_id of the answer: the request's,
    // 0 without.
    virtual Frontier frontier_of(const FrontierRequest& request, const JobContext& job) = 0;

    // --- looking into it; the weights are afterwards bit for bit what they were
    // on_cells: the trace as far as it is, now and then; what the caller was told is its own when the job is stopped.
    virtual TraceResult trace(const TraceRequest& request, const JobContext& job,
                              const std::function<void(const TraceResult&)>& on_cells) = 0;
    virtual LensResult lens(const LensRequest& request, const JobContext& job) = 0;
    // How far every layer is from the checkpoint after each batch of the ledger that is applied.
    virtual NormHistory norm_history(const JobContext& job) = 0;
    // Of an applied batch. Solves it once more with the kept values to see every step.
    virtual Diagnosis diagnose(std::uint64_t batch_id, std::size_t edit, const JobContext& job) = 0;
    // Of requests on the weights after `at` batches; unset: as they are. Shares; unset where nothing was there to ask.
    // Throws Error for a faulty request or a position the history does not have.
    virtual Scores score(const std::vector<EditRequest>& requests, LedgerPosition at, const JobContext& job) = 0;
    // One row a recipe, in order, each told as soon as it is known. A recipe that fails has a problem in its row, and
    // the others go on; faulty requests are an Error.
    virtual std::vector<TrialRow> try_recipes(const std::vector<EditRequest>& requests,
                                              const std::vector<Recipe>& recipes, const JobContext& job,
                                              const std::function<void(const TrialRow&)>& on_row) = 0;

    // --- taking it along
    // How the history shows a batch. Error when there is no such batch.
    virtual LedgerState annotate(std::uint64_t batch_id, const std::string& title, const std::string& note) = 0;
    [[nodiscard]] virtual BatchRecord record(std::uint64_t batch_id) const = 0; // Error when there is no such batch
    // The history becomes this one, bit for bit; all or nothing. Error: sizes that do not fit the model, a hash that is
    // not that of the updates.
    virtual LedgerState restore(const std::vector<BatchRecord>& batches, std::size_t position,
                                const JobContext& job) = 0;
    // Of the editable matrices of all layers that some batch writes, as they are now; hex, empty on the checkpoint.
    [[nodiscard]] virtual std::string edited_hash(const JobContext& job) const = 0;
    [[nodiscard]] virtual ExportPlan plan_export(const ExportRequest& request, const JobContext& job) = 0;
    // There as a whole or not at all; afterwards the weights are bit for bit what they were.
    virtual ExportReport export_edits(const ExportRequest& request, const JobContext& job) = 0;
    // The batches of a delta file, behind those that are applied. Undone ones are dropped. All or nothing.
    virtual LedgerState import_delta(const std::string& file, bool force, const JobContext& job) = 0;
};

// The only symbol the engine library offers by name: `extern "C" emend::Engine* emend_create_engine()`; the caller owns
// it.
using CreateEngine = Engine* (*)();
inline constexpr const char* create_engine_symbol = "emend_create_engine";

} // namespace emend
