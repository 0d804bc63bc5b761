// SPDX-License-Identifier: GPL-3.0-or-later
// Adam (Kingma and Ba, arXiv 1412.6980) as every search here uses it. Belongs to one thread.
#pragma once

#include "model/torch_compat.h"

#include <cmath>

namespace emend {

// torch.optim.Adam's defaults, for a batch of vectors that all are at the same step.
class Adam {
  public:
    Adam(const at::Tensor& like, double learning_rate)
        : learning_rate_(learning_rate)
        , mean_(at::zeros_like(like))
        , square_(at::zeros_like(like)) {}

    void step(at::Tensor& vectors, const at::Tensor& gradient) {
        constexpr double beta1 = 0.9;
        constexpr double beta2 = 0.999;
        constexpr double epsilon = 1e-8;
        ++steps_;
        mean_.mul_(beta1).add_(gradient, 1 - beta1);
        square_.mul_(beta2).addcmul_(gradient, gradient, 1 - beta2);
        const double rate = learning_rate_ / (1 - std::pow(beta1, steps_));
        const at::Tensor root = square_.sqrt().div_(std::sqrt(1 - std::pow(beta2, steps_))).add_(epsilon);
        vectors.addcdiv_(mean_, root, -rate);
    }

    void keep(const at::Tensor& index) {
        mean_ = mean_.index_select(0, index);
        square_ = square_.index_select(0, index);
    }

  private:
    double learning_rate_;
    int steps_ = 0;
    at::Tensor mean_;   // [n, d_model]
    at::Tensor square_; // [n, d_model]
};

} // namespace emend
