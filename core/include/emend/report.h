// SPDX-License-Identifier: GPL-3.0-or-later
// What came of an edit: answers before and after, losses of the search, how far each layer moved. Plain values.
#pragma once

#include "emend/edit.h"
#include "emend/recipe.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace emend {

struct EditOutcome {
    EditRequest request;
    Prediction before;
    Prediction after;
    std::vector<double> loss;   // of the value search, one per evaluation
    bool stopped_early = false; // the loss fell below the recipe's bound
    bool clamped = false;       // |delta| ended at its bound: a larger clamp may find a better value
};

struct LayerReport {
    int layer = 0;
    double update_norm = 0;   // |D|, Frobenius
    double weight_norm = 0;   // |W0|
    double relative_norm = 0; // |D| / |W0|
    int rank = 0;             // of the update as kept: edits written
    double preservation = 0;  // tr(D C D^T) = mean |D k0|^2 over the statistics' tokens; NaN without statistics
    double memorization = 0;  // |R - D K|_F^2
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
    Recipe recipe;                     // as used: contexts written out, softness and layers filled in
    std::vector<std::string> warnings; // "the system is ill-conditioned (1e13): …"
};

// One applied batch, as the history shows it.
struct LedgerEntry {
    std::uint64_t id = 0;
    std::string title; // "Eiffel Tower → Rome" or "Eiffel Tower → Rome and 9 more"
    std::shared_ptr<const EditReport> report;
};

struct LedgerState {
    std::vector<LedgerEntry> entries; // applied and undone, in order
    std::size_t position = 0;         // entries[0 … position) are active
    [[nodiscard]] bool can_undo() const { return position > 0; }
    [[nodiscard]] bool can_redo() const { return position < entries.size(); }
};

struct LayerStatisticsReport {
    int layer = 0;
    std::int64_t tokens = 0;
    double trace = 0;
    double condition = 0; // largest over smallest eigenvalue of C, infinite when singular
};

struct StatisticsReport {
    std::vector<LayerStatisticsReport> layers;
    std::string file;
    double tokens_per_second = 0;
    bool from_cache = false;
};

} // namespace emend
