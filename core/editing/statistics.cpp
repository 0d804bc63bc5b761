// SPDX-License-Identifier: GPL-3.0-or-later
#include "editing/statistics.h"

#include "emend/error.h"

#include <algorithm>

namespace emend {

namespace {

// What ends a run early, where nothing above is needed.
struct AllKeysSeen {};

// Columns of the sums that are computed together: the half above the diagonal is never computed, as BLAS's syrk would
// have it, which LibTorch does not offer.
std::int64_t block_width(std::int64_t size) {
    return std::max<std::int64_t>(128, (size / 16 + 63) / 64 * 64);
}

// sum += keys^T keys, keys [n, d_k], on and below the diagonal.
void add_lower_product(at::Tensor& sum, const at::Tensor& keys) {
    const std::int64_t size = sum.size(0);
    const std::int64_t width = block_width(size);
    for (std::int64_t begin = 0; begin < size; begin += width) {
        const std::int64_t end = std::min(size, begin + width);
        at::Tensor rows = sum.slice(0, begin, end).slice(1, 0, end);
        rows.addmm_(keys.slice(1, begin, end).t(), keys.slice(1, 0, end));
    }
}

// Copies what is below the diagonal above it.
void mirror(at::Tensor& matrix) {
    const std::int64_t size = matrix.size(0);
    const std::int64_t width = block_width(size);
    for (std::int64_t begin = 0; begin < size; begin += width) {
        const std::int64_t end = std::min(size, begin + width);
        at::Tensor diagonal = matrix.slice(0, begin, end).slice(1, begin, end);
        diagonal.copy_(diagonal.tril() + diagonal.tril(-1).t());
        matrix.slice(0, 0, begin).slice(1, begin, end).copy_(matrix.slice(0, begin, end).slice(1, 0, begin).t());
    }
}

} // namespace

std::int64_t tokens_per_batch(const Decoder& decoder) {
    if (!decoder.weights().device().is_cpu())
        return 8192;
    const auto size = static_cast<std::int64_t>(decoder.config().d_mlp);
    return std::clamp<std::int64_t>(4'000'000'000 / (size * size), 64, 2048);
}

std::uint64_t collection_bytes(const Decoder& decoder, std::size_t layers) {
    const auto size = static_cast<std::uint64_t>(decoder.config().d_mlp);
    const auto tokens = static_cast<std::uint64_t>(tokens_per_batch(decoder));
    const std::uint64_t element = at::elementSize(decoder.weights().dtype());
    const std::uint64_t sums = layers * size * size * sizeof(double);
    const std::uint64_t keys = layers * tokens * size * (element + sizeof(double));
    // Inside one block: the attention's and the MLP's intermediate states.
    const std::uint64_t states =
        tokens * (8 * static_cast<std::uint64_t>(decoder.config().d_model) + 3 * size) * element;
    return sums + keys + states;
}

SecondMoments::SecondMoments(const Decoder& decoder, std::vector<int> layers)
    : decoder_(decoder)
    , layers_(std::move(layers)) {
    const auto size = static_cast<std::int64_t>(decoder.config().d_mlp);
    for (const int layer : layers_) {
        if (layer < 0 || layer >= decoder.config().layers)
            throw Error("the model has no layer " + std::to_string(layer), {},
                        "its layers are 0 to " + std::to_string(decoder.config().layers - 1));
        sums_.push_back(
            at::zeros({size, size}, at::TensorOptions().dtype(at::kDouble).device(decoder.weights().device())));
    }
    if (layers_.empty())
        throw Error("no layer was named to collect statistics of");
}

void SecondMoments::add(const std::vector<std::vector<std::int32_t>>& rows, const JobContext& job) {
    const NoGrad no_grad;
    std::vector<at::Tensor> keys(layers_.size());
    const int highest = std::ranges::max(layers_);
    Pass pass;
    pass.end_layer = highest + 1;
    pass.hook = [&](int layer, Site site, const at::Tensor& value) {
        job.check();
        if (site == Site::mlp_in) {
            if (const auto found = std::ranges::find(layers_, layer); found != layers_.end())
                keys[static_cast<std::size_t>(found - layers_.begin())] = value;
            if (layer == highest)
                throw AllKeysSeen();
        }
        return value;
    };
    const at::Tensor ids = decoder_.pad(rows);
    try {
        static_cast<void>(decoder_.forward(ids, pass));
    } catch (const AllKeysSeen&) { // the highest layer's down-projection is not run
    }

    std::vector<std::int64_t> real; // rows of the flattened batch that are tokens, not padding
    const std::int64_t longest = ids.size(1);
    for (std::size_t row = 0; row < rows.size(); ++row)
        for (std::size_t column = 0; column < rows[row].size(); ++column)
            real.push_back(static_cast<std::int64_t>(row) * longest + static_cast<std::int64_t>(column));
    const auto added = static_cast<std::int64_t>(real.size());
    at::Tensor chosen;
    if (added != ids.numel())
        chosen = at::tensor(real, at::kLong).to(ids.device());
    for (at::Tensor& key : keys) {
        key = key.reshape({-1, key.size(-1)});
        key = (chosen.defined() ? key.index_select(0, chosen) : key).to(at::kDouble);
    }
    for (std::size_t i = 0; i < keys.size(); ++i)
        add_lower_product(sums_[i], keys[i]);
    count_ += added;
}

std::vector<LayerStatistics> SecondMoments::result() const {
    const NoGrad no_grad;
    SecondMoments copy(*this);
    for (at::Tensor& sum : copy.sums_)
        sum = sum.clone();
    return std::move(copy).finish();
}

std::vector<LayerStatistics> SecondMoments::finish() && {
    if (count_ == 0)
        throw Error("no tokens were seen: there are no statistics yet");
    const NoGrad no_grad;
    std::vector<LayerStatistics> result;
    for (std::size_t i = 0; i < layers_.size(); ++i) {
        at::Tensor moment = std::move(sums_[i]).to(at::kCPU);
        mirror(moment);
        moment.div_(static_cast<double>(count_));
        result.push_back({.layer = layers_[i], .count = count_, .second_moment = std::move(moment)});
    }
    return result;
}

std::vector<at::Tensor> SecondMoments::sums() const {
    std::vector<at::Tensor> copies;
    for (const at::Tensor& sum : sums_)
        copies.push_back(sum.to(at::kCPU).contiguous());
    return copies;
}

void SecondMoments::restore(const std::vector<at::Tensor>& sums, std::int64_t count) {
    const NoGrad no_grad;
    for (std::size_t i = 0; i < sums_.size(); ++i)
        sums_[i].copy_(sums.at(i));
    count_ = count;
}

} // namespace emend
