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

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace emend {

// What the edits of a batch were searched for.
struct SearchedValues {
    std::map<int, at::Tensor> targets; // [d_model, edits] by layer of the value
    bool remembered = true;            // the store of values has them, or had
};

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
    std::map<std::uint64_t, SearchedValues> searched; // by batch id; none of fine-tuning
    MetricStore metrics;                              // statistics in use and their factors
    ValueStore values;                                // of earlier searches
    KeptBatches kept;                                 // applied batches, taken apart for the knob
    std::string metrics_source;                       // which file they come from, as it was then, and how much of it
    std::vector<std::string> metrics_warnings;

    // What is known of other batches is forgotten.
    void keep_only(const std::vector<std::uint64_t>& batch_ids);
};

// What opening would give, from headers and hashes alone. Throws Error for a faulty folder, an unknown device or
// precision.
ModelInfo inspect_model(const LoadOptions& options, const JobContext& job);
std::unique_ptr<OpenModel> open_model(const LoadOptions& options, const JobContext& job);

} // namespace emend
