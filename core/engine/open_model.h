// SPDX-License-Identifier: GPL-3.0-or-later
// A model in use: what belongs together from opening to closing.
#pragma once

#include "editing/ledger.h"
#include "editing/metric_store.h"
#include "editing/value_store.h"
#include "emend/job.h"
#include "emend/model_info.h"
#include "emend/report.h"
#include "engine/kept_batches.h"
#include "model/decoder.h"
#include "text/tokenizer.h"

#include <memory>
#include <string>
#include <vector>

namespace emend {

struct OpenModel {
    OpenModel(std::shared_ptr<const ModelFolder> model_folder, ModelInfo model_info, Decoder model_decoder,
              Tokenizer model_tokenizer, const std::string& values_file)
        : folder(std::move(model_folder))
        , info(std::move(model_info))
        , decoder(std::move(model_decoder))
        , tokenizer(std::move(model_tokenizer))
        , ledger(decoder.weights())
        , values(values_file.empty() ? ValueStore() : ValueStore(values_file)) {}

    std::shared_ptr<const ModelFolder> folder;
    ModelInfo info;
    Decoder decoder;
    Tokenizer tokenizer;
    Ledger ledger;
    std::vector<LedgerEntry> entries; // one per batch of the ledger
    std::uint64_t last_batch_id = 0;
    MetricStore metrics;        // statistics in use and their factors
    ValueStore values;          // of earlier searches
    KeptBatches kept;           // applied batches, taken apart for the knob
    std::string metrics_source; // which file they come from, as it was then, and how much of it
    std::vector<std::string> metrics_warnings;
};

// What opening would give, from headers and hashes alone. Throws Error for a faulty folder, an unknown device or
// precision.
ModelInfo inspect_model(const LoadOptions& options, const JobContext& job);
std::unique_ptr<OpenModel> open_model(const LoadOptions& options, const JobContext& job);

} // namespace emend
