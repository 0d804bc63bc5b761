// SPDX-License-Identifier: GPL-3.0-or-later
// Which batches of updates are in the weights, with undo and redo. The weights of a state are a pure function:
// cast(original from the checkpoint + sum over active batches, update by update, accumulated in float64 in a fixed
// order), so any way to the same state gives the same bits, whatever the number of threads. Every call is all or
// nothing. Belongs to the thread that owns the weights.
#pragma once

#include "editing/closed_form.h"
#include "model/weights.h"

#include <cstddef>
#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace emend {

class Ledger {
  public:
    // The weights must be as in the checkpoint, and outlive the ledger.
    explicit Ledger(Weights& weights)
        : weights_(weights) {}
    Ledger(const Ledger&) = delete;
    Ledger& operator=(const Ledger&) = delete;

    [[nodiscard]] std::size_t position() const { return position_; } // batches [0, position) are in the weights
    [[nodiscard]] std::size_t size() const { return batches_.size(); }
    [[nodiscard]] const std::vector<LayerUpdate>& batch(std::size_t index) const { return batches_.at(index); }

    // Appends a batch and makes it active; undone batches are dropped. A layer may come several times. Returns the new
    // position. Throws Error (and nothing changed) for sizes that do not fit, NaN, and entries too large for the
    // weights' type.
    std::size_t apply(std::vector<LayerUpdate> updates);
    void undo();                      // throws Error when there is nothing to undo
    void redo();                      // throws Error when there is nothing to redo
    void go_to(std::size_t position); // throws Error when position > size

    // The weights with updates that are not decided yet, while an edit is being made: each add is seen by whatever runs
    // next; without commit the destructor takes everything back, bit by bit. One draft at a time.
    class Draft {
      public:
        explicit Draft(Ledger& ledger);
        ~Draft();
        Draft(const Draft&) = delete;
        Draft& operator=(const Draft&) = delete;

        // Throws as apply does; the weights then are as before this add, and the draft can only be dropped.
        void add(LayerUpdate update);
        [[nodiscard]] const std::vector<LayerUpdate>& updates() const { return updates_; }
        // The batch enters the ledger; undone batches are dropped. Returns the new position.
        std::size_t commit();

      private:
        Ledger& ledger_;
        std::vector<LayerUpdate> updates_;
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
    [[nodiscard]] Stored tensors_for(std::size_t from, std::size_t to) const; // of the layers that differ
    void swap_in(Stored& tensors) noexcept;                                   // gives back what was there
    void check(const LayerUpdate& update) const;

    Weights& weights_;
    std::vector<std::vector<LayerUpdate>> batches_;
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
