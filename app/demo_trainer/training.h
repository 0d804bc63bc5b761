// SPDX-License-Identifier: GPL-3.0-or-later
// The training run: AdamW on one thread, resumable, and the same bytes again from the same seed on the same machine.
#pragma once

#include "batches.h"
#include "network.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

namespace emend::demo {

struct TrainingPlan {
    std::uint64_t seed = 1;
    // Two parts: first the language, then the facts, when the loss of a prompt's object counts several times.
    std::int64_t language_steps = 1500;
    std::int64_t language_horizon = 3000; // the rate falls as if the first part had this many steps
    std::int64_t fact_steps = 2400;
    double object_weight = 5;
    double peak_rate = 1.8e-3;
    double last_rate_share = 0.03; // of the peak, at the end
    double warm_up_share = 0.02;   // of the horizon
    double beta1 = 0.9;
    double beta2 = 0.98;
    double epsilon = 1e-8;
    double weight_decay = 0.1;
    double clip = 1.0; // largest norm of the gradient
    BatchShape batch;
    std::int64_t save_every = 250;
};

class Trainer {
  public:
    // Keeps references to all of them.
    Trainer(Network& network, const DocumentWriter& writer, const Vocabulary& vocabulary, const TrainingPlan& plan);

    // One step; the mean loss over its tokens.
    double step();
    [[nodiscard]] std::int64_t steps_done() const noexcept { return done_; }
    [[nodiscard]] std::int64_t steps() const noexcept { return plan_.language_steps + plan_.fact_steps; }
    [[nodiscard]] double rate(std::int64_t step) const noexcept;

    // Parameters, moments and the number of steps. Throws Error; a checkpoint of another shape is refused.
    void save(const std::filesystem::path& path) const;
    void load(const std::filesystem::path& path);

  private:
    void update(double rate);

    Network& network_;
    const DocumentWriter& writer_;
    const Vocabulary& vocabulary_;
    TrainingPlan plan_;
    std::vector<float> first_moment_;
    std::vector<float> second_moment_;
    std::vector<float> decay_; // per parameter: weight decay or 0
    std::int64_t done_ = 0;
};

// LibTorch and BLAS on one thread: sums in one order, so the same result every time.
void use_one_thread();

} // namespace emend::demo
