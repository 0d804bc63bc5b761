// SPDX-License-Identifier: GPL-3.0-or-later
// Which batches of updates are in the weights: undo, redo, jumps, and switches that take one batch out and put it back.
// The weights of a state are a pure function: cast(original from the checkpoint + sum over the batches in it, update by
// update, accumulated in float64 in a fixed order), so any way to the same state gives the same bits, whatever the
// number of threads. Every call is all or nothing. Belongs to the thread that owns the weights.
#pragma once

#include "base/hash.h"
#include "editing/closed_form.h"
#include "emend/job.h"
#include "model/weights.h"

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace emend {

// What one apply did.
struct LedgerBatch {
    std::vector<LayerUpdate> updates;
    // [d_k, n] per layer, float64: the edits' keys as they are after the batch, for algorithms that keep earlier edits.
    std::map<int, at::Tensor> keys;
    std::string keys_state; // state_hash of what the keys were read on
    bool active = true;
    std::string hash; // of the updates
    std::string base; // state_hash of what it was solved on
};

class Ledger {
  public:
    // The weights must be as in the checkpoint, and outlive the ledger.
    explicit Ledger(Weights& weights)
        : weights_(weights) {}
    Ledger(const Ledger&) = delete;
    Ledger& operator=(const Ledger&) = delete;

    [[nodiscard]] std::size_t position() const { return position_; } // active batches of [0, position) are in
    [[nodiscard]] std::size_t size() const { return batches_.size(); }
    [[nodiscard]] const LedgerBatch& batch(std::size_t index) const { return batches_.at(index); }
    // Of the weights after the first `position` batches; the same for the same active batches. Empty: the checkpoint.
    [[nodiscard]] std::string state_hash(std::size_t position) const;
    // Solved on other weights than are underneath it now.
    [[nodiscard]] bool is_stale(std::size_t index) const { return batches_.at(index).base != state_hash(index); }

    // Appends a batch and makes it active; undone batches are dropped. A layer may come several times. Returns the new
    // position. Throws Error (and nothing changed) for sizes that do not fit, NaN, and entries too large for the
    // weights' type.
    std::size_t apply(std::vector<LayerUpdate> updates);
    void undo();                      // throws Error when there is nothing to undo
    void redo();                      // throws Error when there is nothing to redo
    void go_to(std::size_t position); // throws Error when position > size
    // Takes a batch out of the weights, or back in, wherever it stands.
    void set_active(std::size_t index, bool active);
    // Other updates for the same edits (another softness); solved_anew: on what is underneath the batch now. Kept keys
    // are forgotten. Throws as apply.
    void replace(std::size_t index, std::vector<LayerUpdate> updates, bool solved_anew);
    // The batches as they were once, switched off or undone ones too, in place of those that are here. Hashes must be
    // those of the updates, and have been compared. All or nothing. Throws as apply, and Cancelled.
    void restore(std::vector<LedgerBatch> batches, std::size_t position, const JobContext& job);
    // W of a layer after the first `position` batches, [d_model, d_mlp] in float64, before it is rounded to the
    // weights' type. The caller's own copy.
    [[nodiscard]] at::Tensor exact_down(int layer, std::size_t position) const;
    // Layers that active batches of [0, position) write, ascending.
    [[nodiscard]] std::vector<int> written_layers(std::size_t position) const;
    // LedgerBatch::hash of a batch with these updates.
    [[nodiscard]] static std::string hash_of(const std::vector<LayerUpdate>& updates);
    // Keys of a batch as they are right after it; what was read on other weights is forgotten.
    [[nodiscard]] bool has_keys(std::size_t index, int layer) const {
        const LedgerBatch& batch = batches_.at(index);
        return batch.keys_state == state_hash(index + 1) && batch.keys.contains(layer);
    }
    void keep_keys(std::size_t index, int layer, at::Tensor keys);

    // The weights with updates that are not decided yet, while an edit is being made: each add is seen by whatever runs
    // next; without commit the destructor takes everything back, bit by bit. One draft at a time.
    class Draft {
      public:
        // On the weights as they are now; or on those of an earlier position, and then the batches from there on are
        // replaced by those of the draft.
        explicit Draft(Ledger& ledger)
            : Draft(ledger, ledger.position()) {}
        Draft(Ledger& ledger, std::size_t from);
        ~Draft();
        Draft(const Draft&) = delete;
        Draft& operator=(const Draft&) = delete;

        // Throws as apply does; the weights then are as before this add, and the draft can only be dropped.
        void add(LayerUpdate update);
        void keep_keys(int layer, const at::Tensor& keys); // of the batch under way, side by side
        // The batch under way is complete; what is added now belongs to the next.
        void end_batch();
        // A batch of the replaced part as it is, switched on or off.
        void carry(std::size_t index, bool active);
        void carry(std::size_t index) { carry(index, ledger_.batch(index).active); }
        // Keys of the batch that was ended or carried last.
        [[nodiscard]] bool has_keys_of_last(int layer) const { return done_batches_.back().keys.contains(layer); }
        void keep_keys_of_last(int layer, at::Tensor keys) { done_batches_.back().keys[layer] = std::move(keys); }

        // [d_k, m]: kept keys of a layer, of the ledger's active batches below and of the draft; undefined: none.
        [[nodiscard]] at::Tensor earlier_keys(int layer) const;
        [[nodiscard]] std::string state_hash() const; // of the weights as the draft has them
        [[nodiscard]] const std::vector<LayerUpdate>& updates() const {
            return open_.updates;
        } // of the batch under way
        // The batches enter the ledger, replacing those from `from` to the position. Behind a new edit (from =
        // position) undone batches are dropped. Returns the new position.
        std::size_t commit();

      private:
        void close_batch();

        Ledger& ledger_;
        std::size_t from_;
        LedgerBatch open_;
        std::unique_ptr<Xxh3> open_hash_; // of open_.updates so far
        std::vector<LedgerBatch> done_batches_;
        std::map<int, at::Tensor> sums_;   // float64, original + active + this draft's
        std::map<int, at::Tensor> before_; // as stored, to be put back
        bool failed_ = false;
        bool done_ = false;
    };

  private:
    friend class AtPosition;
    using Stored = std::vector<std::pair<int, at::Tensor>>; // layer, tensor as the weights hold it

    [[nodiscard]] at::Tensor sum_at(int layer, std::size_t position) const; // undefined: the checkpoint's own
    [[nodiscard]] at::Tensor to_stored(int layer, const at::Tensor& sum) const;
    [[nodiscard]] at::Tensor stored_at(int layer, std::size_t position) const; // undefined: the checkpoint's own
    [[nodiscard]] Stored tensors_for(std::size_t from, std::size_t to) const;  // of the layers that differ
    void swap_in(Stored& tensors) noexcept;                                    // gives back what was there
    void check(const LayerUpdate& update) const;

    Weights& weights_;
    std::vector<LedgerBatch> batches_;
    std::size_t position_ = 0;
    std::size_t shown_ = 0; // what the weights are at: position_, or where an AtPosition looks
    bool drafting_ = false;
};

// The weights as of another position while this lives; then bit-exactly as before. Unset: as they are now. Nests; not
// while a draft is open, and nothing may be applied or undone meanwhile.
class AtPosition {
  public:
    // Throws Error when the position is past the ledger's end.
    AtPosition(Ledger& ledger, std::optional<std::size_t> position);
    ~AtPosition();
    AtPosition(const AtPosition&) = delete;
    AtPosition& operator=(const AtPosition&) = delete;

  private:
    Ledger& ledger_;
    Ledger::Stored kept_;
    std::size_t shown_before_;
};

} // namespace emend
