// SPDX-License-Identifier: GPL-3.0-or-later
// Batches of the history as plain values, and back into what the ledger holds.
#pragma once

#include "emend/batch_record.h"
#include "engine/open_model.h"

#include <string>

namespace emend {

StoredUpdate stored_update(const LayerUpdate& update);
// Throws Error (where) for sizes that do not fit the model.
LayerUpdate layer_update(const StoredUpdate& stored, const ModelInfo& model, const std::string& where);

BatchRecord record_of(const OpenModel& open, std::size_t index);

// All of a batch that was read, checked: what the parts of an open model keep of it.
struct ReadBatch {
    LedgerBatch batch;
    LedgerEntry entry;
    SearchedValues searched;
};
// Throws Error naming the batch: no report, an algorithm that nobody knows, sizes that do not fit, another hash.
ReadBatch read_record(const BatchRecord& record, std::size_t index, const ModelInfo& model);

} // namespace emend
