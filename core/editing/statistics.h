// SPDX-License-Identifier: GPL-3.0-or-later
// Second moments of the keys over a text, C = mean of k k^T: what an edit should leave alone. One pass over the text
// serves all layers and stops at the highest. The text is UTF-8, one document per line, blank lines ignored, each
// document cut to the model's positions; every token counts. Statistics describe the model as it is: collect them on
// the unedited weights. Belongs to one thread.
#pragma once

#include "emend/job.h"
#include "model/decoder.h"
#include "text/tokenizer.h"

#include <cstdint>
#include <string>
#include <vector>

namespace emend {

struct LayerStatistics {
    int layer = 0;
    std::int64_t count = 0;   // tokens
    at::Tensor second_moment; // [d_k, d_k], float64, on the processor: mean of k k^T
};

// The sums, and nothing about where the tokens come from.
class SecondMoments {
  public:
    // layers: any order, no layer twice.
    SecondMoments(const Decoder& decoder, std::vector<int> layers);

    // Runs the rows (token ids from position 0, not longer than the model's positions) as one batch and adds the keys
    // of all their tokens, in float64. All or nothing: when it throws (Cancelled, out of memory) nothing was added.
    void add(const std::vector<std::vector<std::int32_t>>& rows, const JobContext& job = {});

    [[nodiscard]] std::int64_t count() const { return count_; }
    [[nodiscard]] const std::vector<int>& layers() const { return layers_; }
    // Means so far. Throws Error when nothing was added.
    [[nodiscard]] std::vector<LayerStatistics> result() const;
    // The same without a second copy of anything; the sums are used up.
    [[nodiscard]] std::vector<LayerStatistics> finish() &&;

    // For going on after a stop: the bare sums, [d_k, d_k] float64 per layer in the order of layers(), meaningful on
    // and below the diagonal.
    [[nodiscard]] std::vector<at::Tensor> sums() const;
    void restore(const std::vector<at::Tensor>& sums, std::int64_t count);

  private:
    const Decoder& decoder_;
    std::vector<int> layers_;
    std::int64_t count_ = 0;
    std::vector<at::Tensor> sums_;
};

// Tokens run as one batch: enough to keep the matrix products busy, few enough to stop within a second on a processor.
std::int64_t tokens_per_batch(const Decoder& decoder);
// Memory that collecting so many layers takes beside the model, at its peak.
std::uint64_t collection_bytes(const Decoder& decoder, std::size_t layers);

struct CollectOptions {
    std::string corpus = {};           // file
    std::vector<int> layers = {};      // ascending
    std::int64_t tokens = 0;           // cap; 0: ten per dimension of the key
    bool resume = true;                // go on where a stopped collection of the same ended
    bool use_cache = true;             // take layers that are there already; off: collect again
    std::uint64_t bytes_available = 0; // memory it may take; 0: what the machine has free
};

struct Collected {
    std::vector<LayerStatistics> layers; // as asked for
    std::string file;                    // in the cache, CLI.md's format; empty when it could not be kept
    std::string corpus_sha256;
    double tokens_per_second = 0; // of this run; 0 from the cache
    bool from_cache = false;      // nothing had to be collected
    std::vector<std::string> warnings;
};

// Finished layers are kept in the cache by fingerprint, precision, corpus hash and cap; a partial file beside it is
// renewed every few seconds and when the job is stopped, and a resumed collection gives the same bits as one that ran
// through. Throws Cancelled, and Error: corpus missing, empty, binary or not UTF-8 (with byte and line), layer out of
// range, not enough memory for so many layers at once. A cache that cannot be written costs a warning, not the
// collection.
Collected collect(const Decoder& decoder, const Tokenizer& tokenizer, const std::string& model_fingerprint,
                  const CollectOptions& options, const JobContext& job);

} // namespace emend
