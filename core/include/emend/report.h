// SPDX-License-Identifier: GPL-3.0-or-later
// What came of an edit: answers before and after, losses of the search, how far each layer moved. Plain values.
#pragma once

#include "emend/edit.h"
#include "emend/recipe.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace emend {

// Which weights answer: those of the ledger after `n` batches. Unset: as they are now. 0: as in the checkpoint.
using LedgerPosition = std::optional<std::size_t>;

struct EditOutcome {
    EditRequest request;
    Prediction before;
    Prediction after;
    std::vector<double> loss;   // of the value search, one per evaluation
    bool stopped_early = false; // the loss fell below the recipe's bound
    bool clamped = false;       // |delta| ended at its bound: a larger clamp may find a better value
    bool value_kept = false;    // the value came from an earlier search for the same thing
};

struct LayerReport {
    int layer = 0;
    double update_norm = 0;   // |D|, Frobenius
    double weight_norm = 0;   // |W0|
    double relative_norm = 0; // |D| / |W0|
    int rank = 0;             // of the update as kept: edits written
    int dimensions = 0;       // directions the update could use: d_k, or those of the null space (AlphaEdit)
    double condition = 1;     // of the system that was solved, the worst one where there were several
    double preservation = 0;  // tr(D C D^T) = mean |D k0|^2 over the statistics' tokens; NaN without statistics
    double memorization = 0;  // |R - D K|_F^2
    // Of the residual as it was before the first layer was written, what this layer's write took away, by norms over
    // the batch's edits: 1 over all layers means that every value was reached. Negative: it got worse. 0 for FT-L.
    double residual_share = 0;
};

// Two edits that ask nearly the same key for something else.
struct EditConflict {
    std::size_t first = 0; // places in the list of edits, first < second
    std::size_t second = 0;
    bool same_subject = false;
    double cosine = 0; // between their keys; NaN when only the subjects were compared
};

struct EditSeconds {
    double contexts = 0;
    double statistics = 0;
    double values = 0;
    double keys = 0;
    double solve = 0;
    double total = 0;
};

struct EditReport {
    std::uint64_t batch_id = 0; // of the ledger
    std::vector<EditOutcome> edits;
    std::vector<LayerReport> layers;
    EditSeconds seconds;
    Recipe recipe;                       // as used: contexts written out, softness and layers filled in
    std::vector<EditConflict> conflicts; // of edits solved together, worst first
    std::vector<std::string> warnings;   // "the system is ill-conditioned (1e13): …"
};

// One applied batch, as the history shows it.
struct LedgerEntry {
    std::uint64_t id = 0;
    std::string title; // "Eiffel Tower → Rome" or "Eiffel Tower → Rome and 9 more", until somebody names it
    std::string note;  // somebody's words
    std::string hash;  // of the updates: the same updates, the same hash
    std::shared_ptr<const EditReport> report;
    bool active = true; // switched on; in the weights when it also lies before the position
    bool stale = false; // solved on weights that are no longer underneath it: an earlier batch was switched or softened
};

struct LedgerState {
    std::vector<LedgerEntry> entries; // applied and undone, in order
    std::size_t position = 0;         // entries[0 … position) are applied, those of them that are switched on
    [[nodiscard]] bool can_undo() const { return position > 0; }
    [[nodiscard]] bool can_redo() const { return position < entries.size(); }
};

// Names the weights after `at` batches of the history: the same name, the same weights, of one model. Empty: nothing is
// in them. What was seen of the model (traces, texts, scores) is kept with the name of the weights it was seen on.
std::string state_name(const LedgerState& ledger, LedgerPosition at = {});
// A place in the history that has these weights, the earliest; unset: there is none any more.
LedgerPosition position_named(const LedgerState& ledger, std::string_view state);
// The name after one more batch with updates of this hash.
std::string state_name_with(const std::string& state, const std::string& batch_hash);

// Preservation against memorization, from one decomposition of the system (METHOD.md section 1).
struct FrontierPoint {
    double softness = 0;
    double preservation = 0; // tr(D C D^T), C as in the statistics; NaN without statistics
    double memorization = 0; // |R - D K|_F^2
    double update_norm = 0;  // |D|_F
};
struct LayerFrontier {
    int layer = 0;
    std::vector<FrontierPoint> points; // ascending softness
};
struct Frontier {
    std::uint64_t batch_id = 0;
    double softness = 0;               // of the batch as it is
    std::vector<LayerFrontier> layers; // keys and residuals as they were read when the batch was solved
    std::vector<FrontierPoint> total;  // sums over the layers; update_norm: root of the sum of squares
};

// How far the layers are from the checkpoint: one point a batch of [0, position) that is switched on.
struct NormHistory {
    std::vector<int> layers; // every layer that was written, ascending
    struct Point {
        std::size_t position = 0; // of the ledger, after the batch
        std::uint64_t batch_id = 0;
        std::vector<double> update_norm;   // [layers] |W - W0|, all batches up to here together
        std::vector<double> relative_norm; // [layers] |W - W0| / |W0|
    };
    std::vector<Point> points;
};

struct LayerStatisticsReport {
    int layer = 0;
    std::int64_t tokens = 0;
    double trace = 0;
    double condition = 0;            // largest over smallest eigenvalue of C, infinite when singular
    double effective_rank = 0;       // exp of the entropy of the eigenvalues' shares; 0: not known
    std::vector<double> eigenvalues; // of C, ascending; empty: not known
};

// What is there for a recipe, without collecting anything.
struct StatisticsStatus {
    struct Layer {
        int layer = 0;
        bool present = false;
        std::int64_t tokens = 0; // when present
        double condition = 0;    // 0: not known yet
        double effective_rank = 0;
    };
    bool needed = true; // off: the recipe goes without statistics
    std::vector<Layer> layers;
    std::string source;             // file they come from, or the corpus they would be collected over
    std::int64_t tokens_wanted = 0; // cap of a collection
    double seconds_estimate = -1;   // for what is missing; -1: not known
    std::string problem, hint;      // why they cannot be used or collected; empty when all is well
    [[nodiscard]] bool complete() const {
        for (const Layer& layer : layers)
            if (!layer.present)
                return false;
        return problem.empty();
    }
};

struct StatisticsReport {
    std::vector<LayerStatisticsReport> layers;
    std::string file;
    double tokens_per_second = 0;
    bool from_cache = false;
};

} // namespace emend
