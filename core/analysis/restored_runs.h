// SPDX-License-Identifier: GPL-3.0-or-later
// One text with noise on its subject, run again and again with single states put back to what they are without noise:
// the parts of the model that a causal trace has to run, everything else computed once. Putting back at a token changes
// nothing at the tokens before it and nothing below its layer, so a run takes up the noisy states there, and reads keys
// and values of the tokens before. Runs that start at different layers join one batch on the way up. Thread safety:
// none.
#pragma once

#include "emend/job.h"
#include "emend/trace.h"
#include "model/decoder.h"

#include <cstdint>
#include <span>
#include <vector>

namespace emend {

struct TracedText {
    std::vector<std::int32_t> ids; // the prompt, then tokens of the objects that read on after the first
    int prompt_tokens = 0;
    int subject_first = 0;
    int subject_last = 0;
    std::vector<std::vector<std::int32_t>> objects; // ids; all but the last of each are what follows the prompt in ids
};

class RestoredRuns {
  public:
    // Layers [first, end) whose output is put back; for hidden states end is first + 1.
    struct Window {
        int first;
        int end;
    };

    // Runs the model clean and with noise (F64 [samples, subject tokens, d_model], added to the embedding of the
    // subject's tokens). The decoder must outlive this. Throws Cancelled.
    RestoredRuns(const Decoder& decoder, TracedText text, TraceKind kind, const at::Tensor& noise,
                 const JobContext& job);

    // Probability of each object, the product over its tokens.
    [[nodiscard]] const at::Tensor& clean() const { return clean_probability_; }         // F64 [objects]
    [[nodiscard]] const at::Tensor& corrupted() const { return corrupted_probability_; } // F64 [samples, objects]

    // Whether putting this back at the token cannot change any object's probability: the state is clean with the noise
    // too, or nothing that is read for the objects looks at it.
    [[nodiscard]] bool is_without_effect(int token, Window window) const;

    // Probabilities with the states of one token put back, F64 [windows, samples, objects]. Windows in ascending order
    // of first, then end. The job hears a fraction of these windows' work. Throws Cancelled.
    [[nodiscard]] at::Tensor restore(int token, std::span<const Window> windows, const JobContext& job) const;

    // How many windows of a token are worth running together: enough to keep the processor busy, few enough for
    // memory, and to say something about once a second.
    [[nodiscard]] int windows_at_once(int token) const;

    // What is kept of a text this long, in bytes.
    static std::uint64_t bytes_needed(const ModelConfig& config, std::size_t tokens, std::int64_t samples,
                                      std::size_t element_bytes);

  private:
    // Samples of the noise that run together.
    struct Samples {
        std::int64_t begin;
        std::int64_t count;
    };
    // A run under way, a row for every sample. Windows that start together share it until the first of them ends.
    struct Strand {
        std::vector<std::pair<int, std::int64_t>> ends; // end of window, its place in the list; ascending
        [[nodiscard]] bool puts_back_at(int layer) const { return ends.back().first > layer; }
    };
    // Strands and their states after a block, [strands * samples, tokens from the restored one on, d_model].
    struct Batch {
        int token;
        Samples samples;
        std::vector<Strand> strands;
        at::Tensor states;
    };

    void run_clean(const at::Tensor& embedded, const JobContext& job);
    void run_corrupted(const at::Tensor& embedded, const at::Tensor& noise, const JobContext& job);
    [[nodiscard]] Site site() const;
    [[nodiscard]] std::int64_t answers() const { return length() - text_.prompt_tokens + 1; } // places that are read
    [[nodiscard]] std::int64_t length() const { return static_cast<std::int64_t>(text_.ids.size()); }
    // Noisy states before block `layer`, [samples, tokens, d_model].
    [[nodiscard]] at::Tensor corrupted_before(int layer, Samples samples, int token, std::int64_t tokens) const;
    // Noisy keys and values of the tokens before this one in one layer, a copy for each strand.
    [[nodiscard]] KeyValues before(int token, int layer, Samples samples, std::int64_t strands) const;

    void end_windows(Batch& batch, int layer) const;
    void run_block(Batch& batch, int layer, const JobContext& job) const;
    void start_windows(Batch& batch, int layer, std::span<const Window> windows, const JobContext& job) const;
    [[nodiscard]] at::Tensor restore_samples(int token, std::span<const Window> windows, Samples samples,
                                             const JobContext& job) const;
    // States after the last block at the answers' places [rows * answers, d_model] -> F64 [rows, objects].
    [[nodiscard]] at::Tensor probabilities(const at::Tensor& states, const JobContext& job) const;

    const Decoder& decoder_;
    TracedText text_;
    TraceKind kind_;
    std::int64_t samples_;

    std::vector<at::Tensor> clean_;     // per layer [tokens, d_model]: what is put back
    KeyValues clean_keys_;              // per layer [1, heads, tokens, head_dim]
    std::vector<at::Tensor> corrupted_; // before block 0, 1, …: [samples, tokens from the subject on, d_model]
    KeyValues corrupted_keys_;          // per layer [samples, heads, tokens, head_dim]
    at::Tensor clean_probability_;
    at::Tensor corrupted_probability_;
};

} // namespace emend
