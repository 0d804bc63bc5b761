// SPDX-License-Identifier: GPL-3.0-or-later
#include "editing/statistics.h"

#include "emend/error.h"

#include <algorithm>

namespace emend {

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
    Pass pass;
    pass.end_layer = std::ranges::max(layers_) + 1;
    pass.hook = [&](int layer, Site site, const at::Tensor& value) {
        job.check();
        if (site == Site::mlp_in)
            if (const auto found = std::ranges::find(layers_, layer); found != layers_.end())
                keys[static_cast<std::size_t>(found - layers_.begin())] = value;
        return value;
    };
    const at::Tensor ids = decoder_.pad(rows);
    static_cast<void>(decoder_.forward(ids, pass));

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
        sums_[i].addmm_(keys[i].t(), keys[i]);
    count_ += added;
}

std::vector<LayerStatistics> SecondMoments::result() const {
    if (count_ == 0)
        throw Error("no tokens were seen: there are no statistics yet");
    const NoGrad no_grad;
    std::vector<LayerStatistics> result;
    for (std::size_t i = 0; i < layers_.size(); ++i) {
        const at::Tensor mean = (sums_[i] / static_cast<double>(count_)).to(at::kCPU);
        // Products of a matrix with itself come out symmetric up to rounding; the mean of both halves is so exactly.
        result.push_back({.layer = layers_[i], .count = count_, .second_moment = (mean + mean.t()) / 2});
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
