// SPDX-License-Identifier: GPL-3.0-or-later
// The part of the model that a value search has to run again and again, for several edits at once: the layers above the
// edited one, on the positions from the subject's last token on, with everything else computed beforehand.
#pragma once

#include "editing/prepared_edit.h"
#include "emend/job.h"
#include "model/decoder.h"

#include <cstdint>
#include <span>
#include <vector>

namespace emend {

class ValueBatch {
  public:
    // Runs the whole model once. with_essence: the "{subject} is a" rows take part. The edits must outlive the batch.
    ValueBatch(const Decoder& decoder, std::span<const PreparedEdit* const> edits, int layer, bool at_mlp,
               bool with_essence, const JobContext& job);

    // h: what the MLP (at_mlp) or the block says at the bare prompt's subject, [n, d_model].
    [[nodiscard]] const at::Tensor& init() const { return init_; }

    struct Losses {
        at::Tensor nll;             // [n], mean over contexts and over the object's tokens
        at::Tensor kl;              // [n], times its factor; zero without essence rows
        at::Tensor log_probability; // [n], of the object after the bare prompt
        at::Tensor gradient;        // [n, d_model] of nll + kl; undefined unless asked for
        at::Tensor misses;          // [n]: tokens of the object that are not the likeliest, over the contexts
    };
    // Losses with delta [n, d_model] added at the subject's last token. The first call, with delta = 0, sets what the
    // essence is compared with.
    Losses evaluate(const at::Tensor& delta, double kl_factor, bool with_gradient, const JobContext& job);

    // Leaves only these edits (ascending places) in the batch.
    void keep(const std::vector<std::int64_t>& places);

    // Memory one edit takes at most, in a batch of edits no larger than itself.
    static std::uint64_t bytes_needed(const ModelConfig& config, const PreparedEdit& edit, int layer,
                                      std::size_t element_bytes);

  private:
    struct Row {
        const PreparedRow* text;
        std::int64_t edit;  // place in edits_
        std::size_t number; // of the edit's rows; contexts + 1 and more: the essence
        bool essence;
        [[nodiscard]] std::int64_t lookup() const { return text->lookup; }
        // Tokens that are run. Nothing behind the subject has a say in what the essence row is read for.
        [[nodiscard]] std::int64_t length() const {
            return essence ? lookup() + 1 : static_cast<std::int64_t>(text->ids.size());
        }
        [[nodiscard]] std::int64_t width() const { return length() - lookup(); } // of them again at every step
    };
    // Rows that run together, padded to the widest.
    struct Part {
        std::vector<Row> rows;
        at::Tensor start;       // [rows, T, d_model]: states after the edited layer, from the subject's last token on
        KeyValues prefix;       // [rows, heads, P, head_dim] of the layers above: positions before it
        at::Tensor prefix_mask; // bool [rows, P]
        at::Tensor edit_of_row; // I64 [rows]
        at::Tensor look;        // I64: places in start flattened to [rows * T] that are asked for something
    };
    static std::vector<Part> parts_of(std::vector<Row> rows);
    void run_once(Part& part, bool at_mlp, const JobContext& job);
    // States after the last block at part.look, [look, d_model].
    [[nodiscard]] at::Tensor run_above(const Part& part, const at::Tensor& delta, const JobContext& job) const;
    void look_up(); // fills the index tensors from the rows

    const Decoder& decoder_;
    int layer_;
    std::vector<const PreparedEdit*> edits_;
    std::vector<Part> parts_;

    at::Tensor init_;           // [n, d_model]
    at::Tensor essence_before_; // [n, vocab], log probabilities

    // What is asked for, in the order of the parts' looks: targets; then the essences, in the order of the edits.
    at::Tensor order_;          // I64 [targets + essences]: places in the parts' looks, one part behind the other
    at::Tensor target_ids_;     // I64 [targets]
    at::Tensor edit_of_target_; // I64 [targets]
    at::Tensor nll_weight_;     // [targets], float64
    at::Tensor bare_weight_;    // [targets], float64: 1 in the bare prompt
};

} // namespace emend
