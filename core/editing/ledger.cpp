// SPDX-License-Identifier: GPL-3.0-or-later
#include "editing/ledger.h"

#include "editing/accumulate.h"
#include "emend/error.h"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace emend {

namespace {

// sum += D, in place. `sum` belongs to the caller alone, never to the mapped checkpoint.
void add_update(at::Tensor& sum, const LayerUpdate& update) {
    add_product(sum.data_ptr<double>(), update.left.data_ptr<double>(), update.right.data_ptr<double>(), sum.size(0),
                update.left.size(1), sum.size(1), at::get_num_threads());
}

// The ledger's own copy: later changes of the caller's tensors must not change history.
LayerUpdate kept(const LayerUpdate& update) {
    const auto copy = [](const at::Tensor& factor) { return factor.to(at::kCPU, at::kDouble).contiguous().clone(); };
    return {.layer = update.layer, .left = copy(update.left), .right = copy(update.right)};
}

bool touches(const std::vector<LayerUpdate>& batch, int layer) {
    return std::ranges::any_of(batch, [layer](const LayerUpdate& update) { return update.layer == layer; });
}

} // namespace

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

at::Tensor Ledger::sum_at(int layer, std::size_t position) const {
    at::Tensor sum;
    for (std::size_t index = 0; index < position; ++index)
        for (const LayerUpdate& update : batches_[index]) {
            if (update.layer != layer)
                continue;
            if (!sum.defined())
                sum = weights_.original_down(layer).contiguous().clone();
            add_update(sum, update);
        }
    return sum;
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
            differs = differs || touches(batches_[index], layer);
        if (!differs)
            continue;
        const at::Tensor sum = sum_at(layer, to);
        tensors.emplace_back(layer, sum.defined() ? to_stored(layer, sum) : at::Tensor());
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

Ledger::Draft::Draft(Ledger& ledger)
    : ledger_(ledger) {
    assert(!ledger.drafting_ && ledger.shown_ == ledger.position_);
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
        entry->second = ledger_.sum_at(layer, ledger_.position_);
        if (!entry->second.defined())
            entry->second = ledger_.weights_.original_down(layer).contiguous().clone();
        before_.emplace(layer, ledger_.weights_.block(layer).down.weight);
    }
    add_update(entry->second, update);
    at::Tensor stored = ledger_.to_stored(layer, entry->second);
    updates_.push_back(std::move(update));
    ledger_.weights_.swap_down(layer, stored);
    failed_ = false;
}

std::size_t Ledger::Draft::commit() {
    assert(!failed_ && !done_);
    ledger_.batches_.reserve(ledger_.position_ + 1); // the last thing that can fail
    ledger_.batches_.resize(ledger_.position_);
    ledger_.batches_.push_back(std::move(updates_));
    ledger_.shown_ = ++ledger_.position_;
    done_ = true;
    return ledger_.position_;
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
