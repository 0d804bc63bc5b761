// SPDX-License-Identifier: GPL-3.0-or-later
#include "training.h"

#include "emend/error.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <fstream>

namespace emend::demo {
namespace {

constexpr std::uint64_t kMagic = 0x454D44454D4F3031ULL; // "EMDEMO01"

at::Tensor view_of(std::vector<std::int64_t>& values, std::vector<std::int64_t> sizes) {
    return at::from_blob(values.data(), sizes, at::kLong);
}

at::Tensor view_of(std::vector<float>& values, std::vector<std::int64_t> sizes) {
    return at::from_blob(values.data(), sizes, at::kFloat);
}

void write_floats(std::ofstream& out, const float* values, std::size_t count) {
    out.write(reinterpret_cast<const char*>(values), static_cast<std::streamsize>(count * sizeof(float)));
}

void read_floats(std::ifstream& in, float* values, std::size_t count) {
    in.read(reinterpret_cast<char*>(values), static_cast<std::streamsize>(count * sizeof(float)));
}

} // namespace

void use_one_thread() {
    at::set_num_threads(1);
    at::globalContext().setDeterministicAlgorithms(true, true);
}

Trainer::Trainer(Network& network, const DocumentWriter& writer, const Vocabulary& vocabulary, const TrainingPlan& plan)
    : network_(network)
    , writer_(writer)
    , vocabulary_(vocabulary)
    , plan_(plan) {
    const auto count = static_cast<std::size_t>(network.flat().numel());
    first_moment_.assign(count, 0.0F);
    second_moment_.assign(count, 0.0F);
    decay_.assign(count, 0.0F);
    for (const Network::Parameter& parameter : network.parameters())
        if (parameter.decays)
            std::fill_n(decay_.begin() + parameter.offset, parameter.value.numel(),
                        static_cast<float>(plan.weight_decay));
}

double Trainer::rate(std::int64_t step) const noexcept {
    const auto falling = [&](double at, double steps) {
        return plan_.peak_rate *
               (plan_.last_rate_share + (1.0 - plan_.last_rate_share) * (1.0 - at / std::max(1.0, steps)));
    };
    if (step >= plan_.language_steps)
        return falling(static_cast<double>(step - plan_.language_steps), static_cast<double>(plan_.fact_steps));
    const double horizon = static_cast<double>(plan_.language_horizon);
    const double warm_up = std::max(1.0, plan_.warm_up_share * horizon);
    const double at = static_cast<double>(step);
    return at < warm_up ? plan_.peak_rate * (at + 1.0) / warm_up : falling(at - warm_up, horizon - warm_up);
}

double Trainer::step() {
    Batch batch = make_batch(writer_, vocabulary_, plan_.batch, plan_.seed, static_cast<std::uint64_t>(done_));
    const auto rows = static_cast<std::int64_t>(batch.rows);
    const auto length = static_cast<std::int64_t>(batch.length);
    const at::Tensor states =
        network_.hidden(view_of(batch.inputs, {rows, length}), view_of(batch.mask_low, {rows, 1, length, length}),
                        view_of(batch.mask_high, {rows, 1, length, length}));
    const at::Tensor logits = network_.logits(states);
    const at::Tensor targets = view_of(batch.targets, {rows * length});
    std::vector<float> weights; // until the gradients are there
    at::Tensor loss;
    if (done_ < plan_.language_steps) {
        loss = at::cross_entropy_loss(logits, targets);
    } else {
        for (const bool object : batch.is_object)
            weights.push_back(object ? static_cast<float>(plan_.object_weight) : 1.0F);
        const at::Tensor weight = view_of(weights, {rows * length});
        const at::Tensor each = at::cross_entropy_loss(logits, targets, {}, at::Reduction::None);
        loss = (each * weight).sum() / weight.sum();
    }
    network_.flat_gradient().zero_();
    loss.backward();
    update(rate(done_));
    ++done_;
    return loss.item<double>();
}

void Trainer::update(double rate) {
    auto* values = network_.flat().data_ptr<float>();
    const auto* gradient = network_.flat_gradient().data_ptr<float>();
    const std::size_t count = decay_.size();
    double square = 0;
    for (std::size_t i = 0; i < count; ++i)
        square += static_cast<double>(gradient[i]) * static_cast<double>(gradient[i]);
    const double norm = std::sqrt(square);
    const auto clip = static_cast<float>(norm > plan_.clip ? plan_.clip / norm : 1.0);
    const auto beta1 = static_cast<float>(plan_.beta1);
    const auto beta2 = static_cast<float>(plan_.beta2);
    const double t = static_cast<double>(done_ + 1);
    const auto size = static_cast<float>(rate / (1.0 - std::pow(plan_.beta1, t)));
    const auto correction = static_cast<float>(1.0 / (1.0 - std::pow(plan_.beta2, t)));
    const auto epsilon = static_cast<float>(plan_.epsilon);
    const auto shrink = static_cast<float>(rate);
    float* first = first_moment_.data();
    float* second = second_moment_.data();
    const float* decay = decay_.data();
    for (std::size_t i = 0; i < count; ++i) {
        const float g = gradient[i] * clip;
        first[i] = beta1 * first[i] + (1.0F - beta1) * g;
        second[i] = beta2 * second[i] + (1.0F - beta2) * g * g;
        values[i] -= shrink * decay[i] * values[i] + size * first[i] / (std::sqrt(second[i] * correction) + epsilon);
    }
}

void Trainer::save(const std::filesystem::path& path) const {
    const std::filesystem::path beside = path.string() + ".part";
    std::ofstream out(beside, std::ios::binary);
    const std::uint64_t head[] = {kMagic, decay_.size(), static_cast<std::uint64_t>(done_)};
    out.write(reinterpret_cast<const char*>(head), sizeof head);
    write_floats(out, network_.flat().data_ptr<float>(), decay_.size());
    write_floats(out, first_moment_.data(), decay_.size());
    write_floats(out, second_moment_.data(), decay_.size());
    out.close();
    if (!out)
        throw Error("The checkpoint cannot be written", beside.string());
    std::filesystem::rename(beside, path);
}

void Trainer::load(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    std::uint64_t head[3] = {};
    in.read(reinterpret_cast<char*>(head), sizeof head);
    if (!in || head[0] != kMagic)
        throw Error("Not a checkpoint of the trainer", path.string());
    if (head[1] != decay_.size())
        throw Error("The checkpoint belongs to a model of another size", path.string());
    read_floats(in, network_.flat().data_ptr<float>(), decay_.size());
    read_floats(in, first_moment_.data(), decay_.size());
    read_floats(in, second_moment_.data(), decay_.size());
    if (!in)
        throw Error("The checkpoint ends too early", path.string());
    done_ = static_cast<std::int64_t>(head[2]);
}

} // namespace emend::demo
