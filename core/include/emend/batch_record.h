// SPDX-License-Identifier: GPL-3.0-or-later
// An applied batch by itself: everything that puts it back bit for bit into the same model. What sessions and delta
// files hold. Plain values.
#pragma once

#include "emend/report.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace emend {

// D = left * right of one layer's matrix, mathematical orientation.
struct StoredUpdate {
    int layer = 0;
    std::int64_t rows = 0; // d_model
    std::int64_t rank = 0;
    std::int64_t columns = 0;  // d_mlp
    std::vector<double> left;  // [rows, rank], row by row
    std::vector<double> right; // [rank, columns], row by row
};

// What was searched for: the states that make the model say the objects, a column an edit (or a unit of merged ones).
struct StoredValues {
    int layer = 0;
    std::int64_t rows = 0; // d_model
    std::int64_t edits = 0;
    std::vector<double> targets; // [rows, edits], row by row
};

struct BatchRecord {
    std::uint64_t id = 0; // within its history
    std::string title;
    std::string note;
    std::shared_ptr<const EditReport> report; // requests, recipe with its contexts and seeds, losses, answers, timings
    bool active = true;
    std::string base;                  // hash of the state it was solved on; empty: the checkpoint
    std::string hash;                  // of `updates`, as the ledger has it
    std::vector<StoredUpdate> updates; // in the order they were written; a layer may come several times
    std::vector<StoredValues> values;  // empty for fine-tuning
};

} // namespace emend
