// SPDX-License-Identifier: GPL-3.0-or-later
#include "editing/ledger.h"

#include "editing/ledger_parts.h"
#include "emend/error.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <iterator>
#include <set>

namespace emend {

using namespace ledger_parts;

void Ledger::check(const LayerUpdate& update) const {
    const std::string where = "layer " + std::to_string(update.layer);
    if (update.layer < 0 || update.layer >= weights_.layers())
        throw Error("the update is for a layer that the model does not have", where,
                    "the model has layers 0 to " + std::to_string(weights_.layers() - 1));
    const at::Tensor matrix = weights_.current_down(update.layer);
    if (update.left.dim() != 2 || update.right.dim() != 2 || update.left.size(0) != matrix.size(0) ||
        update.right.size(1) != matrix.size(1) || update.left.size(1) != update.right.size(0))
        throw Error("the update's factors do not fit the matrix", where);
    if (!std::isfinite(update.left.sum().item<double>()) || !std::isfinite(update.right.sum().item<double>()))
        throw Error("the update holds numbers that are not finite; nothing was changed", where,
                    "a larger ridge or softness makes the system solvable");
}

std::string Ledger::state_hash(std::size_t position) const {
    std::string state;
    for (std::size_t index = 0; index < position; ++index)
        if (batches_[index].active)
            state = state_name_with(state, batches_[index].hash);
    return state;
}

at::Tensor Ledger::sum_at(int layer, std::size_t position) const {
    at::Tensor sum;
    for (std::size_t index = 0; index < position; ++index) {
        if (!batches_[index].active)
            continue;
        for (const LayerUpdate& update : batches_[index].updates) {
            if (update.layer != layer)
                continue;
            if (!sum.defined())
                sum = weights_.original_down(layer);
            add_update(sum, update);
        }
    }
    return sum;
}

at::Tensor Ledger::stored_at(int layer, std::size_t position) const {
    const at::Tensor sum = sum_at(layer, position);
    return sum.defined() ? to_stored(layer, sum) : at::Tensor();
}

at::Tensor Ledger::to_stored(int layer, const at::Tensor& sum) const {
    const auto [lowest, highest] = at::aminmax(sum);
    const at::Tensor extremes = at::stack({lowest, highest}).to(weights_.dtype()).to(at::kDouble);
    if (!std::isfinite(extremes.sum().item<double>()))
        throw Error("the edited matrix does not fit the precision of the model; nothing was changed",
                    "layer " + std::to_string(layer), "open the model in float32 or bfloat16");
    const at::Tensor oriented = weights_.conv1d() ? sum.t() : sum;
    const at::Tensor stored = oriented.to(weights_.device(), weights_.dtype()).contiguous();
    // With float64 weights the conversion is none: the weights must not share memory with a sum that grows.
    return stored.is_alias_of(sum) ? stored.clone() : stored;
}

Ledger::Stored Ledger::tensors_for(std::size_t from, std::size_t to) const {
    const auto [low, high] = std::minmax(from, to);
    Stored tensors;
    for (int layer = 0; layer < weights_.layers(); ++layer) {
        bool differs = false;
        for (std::size_t index = low; index < high; ++index)
            differs = differs || (batches_[index].active && touches(batches_[index], layer));
        if (differs)
            tensors.emplace_back(layer, stored_at(layer, to));
    }
    return tensors;
}

void Ledger::swap_in(Stored& tensors) noexcept {
    for (auto& [layer, tensor] : tensors) {
        if (tensor.defined()) {
            weights_.swap_down(layer, tensor);
        } else {
            tensor = weights_.block(layer).down.weight;
            weights_.restore_down(layer);
        }
    }
}

std::size_t Ledger::apply(std::vector<LayerUpdate> updates) {
    Draft draft(*this);
    for (LayerUpdate& update : updates)
        draft.add(std::move(update));
    return draft.commit();
}

void Ledger::keep_keys(std::size_t index, int layer, at::Tensor keys) {
    LedgerBatch& batch = batches_.at(index);
    std::string state = state_hash(index + 1);
    if (batch.keys_state != state)
        batch.keys.clear();
    batch.keys[layer] = std::move(keys);
    batch.keys_state.swap(state);
}

void Ledger::undo() {
    if (position_ == 0)
        throw Error("there is nothing to undo");
    go_to(position_ - 1);
}

void Ledger::redo() {
    if (position_ == batches_.size())
        throw Error("there is nothing to redo");
    go_to(position_ + 1);
}

void Ledger::go_to(std::size_t position) {
    assert(!drafting_ && shown_ == position_);
    const NoGrad no_grad;
    if (position > batches_.size())
        throw Error("the history has " + std::to_string(batches_.size()) + " entries, not " + std::to_string(position));
    Stored tensors = tensors_for(position_, position);
    swap_in(tensors);
    position_ = shown_ = position;
}

void Ledger::set_active(std::size_t index, bool active) {
    assert(!drafting_ && shown_ == position_);
    const NoGrad no_grad;
    LedgerBatch& batch = batches_.at(index);
    if (batch.active == active)
        return;
    batch.active = active;
    Stored tensors;
    try {
        if (index < position_)
            for (int layer = 0; layer < weights_.layers(); ++layer)
                if (touches(batch, layer))
                    tensors.emplace_back(layer, stored_at(layer, position_));
    } catch (...) {
        batch.active = !active;
        throw;
    }
    swap_in(tensors);
}

void Ledger::replace(std::size_t index, std::vector<LayerUpdate> updates, bool solved_anew) {
    assert(!drafting_ && shown_ == position_);
    const NoGrad no_grad;
    LedgerBatch& batch = batches_.at(index);
    for (LayerUpdate& update : updates) {
        check(update);
        update = kept(update);
    }
    std::string hash = hash_of(updates);
    std::string base = solved_anew ? state_hash(index) : batch.base;
    const bool shown = batch.active && index < position_;
    std::vector<bool> touched(static_cast<std::size_t>(weights_.layers()), false);
    const auto mark = [&](const std::vector<LayerUpdate>& of) {
        for (const LayerUpdate& update : of)
            touched[static_cast<std::size_t>(update.layer)] = true;
    };
    mark(batch.updates);
    mark(updates);
    batch.updates.swap(updates);
    Stored tensors;
    try {
        for (int layer = 0; shown && layer < weights_.layers(); ++layer)
            if (touched[static_cast<std::size_t>(layer)])
                tensors.emplace_back(layer, stored_at(layer, position_));
    } catch (...) {
        batch.updates.swap(updates);
        throw;
    }
    batch.hash.swap(hash);
    batch.base.swap(base);
    batch.keys.clear(); // they were read with the other updates in place
    swap_in(tensors);
}

void Ledger::restore(std::vector<LedgerBatch> batches, std::size_t position, const JobContext& job) {
    assert(!drafting_ && shown_ == position_);
    const NoGrad no_grad;
    if (position > batches.size())
        throw Error("the history has " + std::to_string(batches.size()) + " entries, not " + std::to_string(position));
    for (LedgerBatch& batch : batches)
        for (LayerUpdate& update : batch.updates) {
            check(update);
            update = kept(update);
        }
    std::vector<int> layers = written_layers(position_);
    batches_.swap(batches);
    Stored tensors;
    try {
        std::ranges::copy(written_layers(position), std::back_inserter(layers));
        std::ranges::sort(layers);
        layers.erase(std::ranges::unique(layers).begin(), layers.end());
        for (const int layer : layers) {
            job.check();
            job.report({.phase = "layer " + std::to_string(layer),
                        .fraction = static_cast<double>(tensors.size()) / static_cast<double>(layers.size()),
                        .seconds_left = -1,
                        .detail = {}});
            tensors.emplace_back(layer, stored_at(layer, position));
        }
        job.check();
    } catch (...) {
        batches_.swap(batches);
        throw;
    }
    swap_in(tensors);
    position_ = shown_ = position;
}

at::Tensor Ledger::exact_down(int layer, std::size_t position) const {
    const NoGrad no_grad;
    at::Tensor sum = sum_at(layer, position);
    return sum.defined() ? sum : weights_.original_down(layer);
}

std::vector<int> Ledger::written_layers(std::size_t position) const {
    std::set<int> layers;
    for (std::size_t index = 0; index < position; ++index)
        if (batches_.at(index).active)
            for (const LayerUpdate& update : batches_[index].updates)
                layers.insert(update.layer);
    return {layers.begin(), layers.end()};
}

std::string Ledger::hash_of(const std::vector<LayerUpdate>& updates) {
    Xxh3 hash;
    for (const LayerUpdate& update : updates)
        add_to(hash, update);
    return hash.hex();
}

AtPosition::AtPosition(Ledger& ledger, std::optional<std::size_t> position)
    : ledger_(ledger)
    , shown_before_(ledger.shown_) {
    assert(!ledger.drafting_);
    const NoGrad no_grad;
    const std::size_t target = position.value_or(ledger.position_);
    if (target > ledger.size())
        throw Error("the history has " + std::to_string(ledger.size()) + " entries, not " + std::to_string(target));
    kept_ = ledger.tensors_for(ledger.shown_, target);
    ledger.swap_in(kept_);
    ledger.shown_ = target;
}

AtPosition::~AtPosition() {
    ledger_.swap_in(kept_);
    ledger_.shown_ = shown_before_;
}

} // namespace emend
