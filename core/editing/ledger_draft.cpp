// SPDX-License-Identifier: GPL-3.0-or-later
#include "editing/ledger.h"
#include "editing/ledger_parts.h"
#include "emend/error.h"

#include <algorithm>
#include <cassert>
#include <iterator>

namespace emend {

using namespace ledger_parts;

Ledger::Draft::Draft(Ledger& ledger, std::size_t from)
    : ledger_(ledger)
    , from_(from)
    , open_hash_(std::make_unique<Xxh3>()) {
    assert(!ledger.drafting_ && ledger.shown_ == ledger.position_ && from <= ledger.position_);
    const NoGrad no_grad;
    Stored tensors = ledger.tensors_for(ledger.position_, from);
    for (const auto& [layer, tensor] : tensors)
        before_.emplace(layer, ledger.weights_.block(layer).down.weight);
    open_.base = ledger.state_hash(from);
    ledger.swap_in(tensors);
    ledger.drafting_ = true;
}

Ledger::Draft::~Draft() {
    ledger_.drafting_ = false;
    if (done_)
        return;
    for (auto& [layer, tensor] : before_)
        ledger_.weights_.swap_down(layer, tensor);
}

void Ledger::Draft::add(LayerUpdate update) {
    assert(!failed_ && !done_);
    const NoGrad no_grad;
    ledger_.check(update);
    update = kept(update);
    const int layer = update.layer;
    failed_ = true; // until everything that can fail has gone well
    auto [entry, first] = sums_.try_emplace(layer);
    if (first) {
        entry->second = ledger_.sum_at(layer, from_);
        if (!entry->second.defined())
            entry->second = ledger_.weights_.original_down(layer);
        before_.emplace(layer, ledger_.weights_.block(layer).down.weight);
    }
    add_update(entry->second, update);
    at::Tensor stored = ledger_.to_stored(layer, entry->second);
    add_to(*open_hash_, update);
    open_.updates.push_back(std::move(update));
    ledger_.weights_.swap_down(layer, stored);
    failed_ = false;
}

void Ledger::Draft::keep_keys(int layer, const at::Tensor& keys) {
    at::Tensor& kept_keys = open_.keys[layer];
    kept_keys = kept_keys.defined() ? at::cat({kept_keys, keys}, 1) : keys;
}

void Ledger::Draft::end_batch() {
    assert(!failed_ && !done_);
    open_.hash = open_hash_->hex();
    close_batch();
}

void Ledger::Draft::close_batch() {
    done_batches_.push_back(std::move(open_));
    open_ = {};
    open_hash_ = std::make_unique<Xxh3>();
    open_.base = state_hash();
    done_batches_.back().keys_state = open_.base;
}

void Ledger::Draft::carry(std::size_t index, bool active) {
    assert(open_.updates.empty() && index >= from_);
    LedgerBatch batch = ledger_.batch(index);
    batch.active = active;
    if (active)
        for (const LayerUpdate& update : batch.updates)
            add(update);
    open_ = std::move(batch); // with its own hash, also when it is switched off
    const std::string keys_state = open_.keys_state;
    close_batch();
    if (done_batches_.back().keys_state != keys_state)
        done_batches_.back().keys.clear(); // they were read on other weights
}

at::Tensor Ledger::Draft::earlier_keys(int layer) const {
    std::vector<at::Tensor> keys;
    const auto take = [&](const LedgerBatch& batch) {
        if (const auto found = batch.keys.find(layer); batch.active && found != batch.keys.end())
            keys.push_back(found->second);
    };
    for (std::size_t index = 0; index < from_; ++index)
        take(ledger_.batches_[index]);
    std::ranges::for_each(done_batches_, take);
    take(open_);
    return keys.empty() ? at::Tensor() : at::cat(keys, 1);
}

std::string Ledger::Draft::state_hash() const {
    std::string state = ledger_.state_hash(from_);
    for (const LedgerBatch& batch : done_batches_)
        if (batch.active)
            state = state_name_with(state, batch.hash);
    return open_.updates.empty() ? state : state_name_with(state, open_hash_->hex());
}

std::size_t Ledger::Draft::commit() {
    assert(!failed_ && !done_);
    if (!open_.updates.empty() || (done_batches_.empty() && from_ == ledger_.position_))
        end_batch();
    ledger_.batches_.reserve(from_ + done_batches_.size() + ledger_.batches_.size()); // so that nothing below fails
    // Solving the middle again leaves alone what is undone behind it; a new edit takes its place.
    const std::size_t replaced = from_ < ledger_.position_ ? ledger_.position_ : ledger_.batches_.size();
    std::vector<LedgerBatch> tail(
        std::make_move_iterator(ledger_.batches_.begin() + static_cast<std::ptrdiff_t>(replaced)),
        std::make_move_iterator(ledger_.batches_.end()));
    const std::size_t position = from_ + done_batches_.size();
    ledger_.batches_.resize(from_);
    std::ranges::move(done_batches_, std::back_inserter(ledger_.batches_));
    std::ranges::move(tail, std::back_inserter(ledger_.batches_));
    ledger_.shown_ = ledger_.position_ = position;
    done_ = true;
    return ledger_.position_;
}

} // namespace emend
