// SPDX-License-Identifier: GPL-3.0-or-later
#include "editing/values.h"

#include "editing/value_batch.h"
#include "emend/error.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <numeric>

namespace emend {
namespace {

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

at::Tensor on_cpu(const at::Tensor& x) {
    return x.to(at::kCPU, at::kDouble).clone();
}

std::vector<double> to_doubles(const at::Tensor& x) {
    const at::Tensor flat = x.to(at::kCPU, at::kDouble).contiguous();
    const auto* data = flat.data_ptr<double>();
    return {data, data + flat.numel()};
}

// Progress over all groups of one search.
class SearchProgress {
  public:
    SearchProgress(const JobContext& job, std::size_t edits, int steps)
        : job_(job)
        , edits_(static_cast<double>(edits))
        , steps_(steps) {}

    // step: of the group under way, from 0; loss: mean over the edits still searched.
    void report(int step, std::size_t group_edits, double loss) {
        job_.check();
        const double fraction = (done_ + static_cast<double>(group_edits) * step / steps_) / edits_;
        const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
        char detail[80];
        std::snprintf(detail, sizeof detail, "step %d of %d, loss %.3g", step + 1, steps_, loss);
        job_.report({"values", fraction, fraction > 0 ? seconds * (1 - fraction) / fraction : -1, detail});
    }
    void group_done(std::size_t group_edits) { done_ += static_cast<double>(group_edits); }

  private:
    const JobContext& job_;
    double edits_;
    int steps_;
    double done_ = 0;
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

void check_finite(bool finite, const PreparedEdit& edit, int step) {
    if (!finite)
        throw Error("the value search left the range of numbers at step " + std::to_string(step + 1), edit.label,
                    "lower the learning rate or the clamp; if the model runs in float16, try float32");
}

// Searches one group; numbers[i] is the place of its i-th edit in `results`.
void search_group(const Decoder& decoder, std::span<const PreparedEdit* const> edits,
                  const std::vector<std::size_t>& numbers, int layer, const ValueSearch& search,
                  const ValueOptions& options, const JobContext& job, SearchProgress& progress,
                  std::vector<ValueResult>& results) {
    const NoGrad no_grad;
    ValueBatch batch(decoder, edits, layer, options.at_mlp, search.kl_factor != 0, job);
    std::vector<std::size_t> active(edits.size()); // places in `edits`, in the order of the batch
    std::iota(active.begin(), active.end(), std::size_t{0});

    at::Tensor init = batch.init(); // [n, d_model]
    at::Tensor init_norm = init.norm(2, {1}, true);
    at::Tensor delta = at::zeros_like(init);
    Adam adam(delta, search.learning_rate);
    for (std::size_t i = 0; i < edits.size(); ++i)
        results[numbers[i]].init = on_cpu(init[static_cast<std::int64_t>(i)]);

    double mean_loss = 0;
    for (int step = 0; !active.empty(); ++step) {
        const bool last = step + 1 >= search.steps;
        progress.report(step, edits.size(), mean_loss);
        // |delta| pulls towards zero; at zero itself it has no direction.
        const at::Tensor norm = delta.norm(2, {1}, true);
        const at::Tensor decay = search.weight_decay * norm / init_norm.square();
        ValueBatch::Losses losses = batch.evaluate(delta, search.kl_factor, !last, job);

        const auto nll = to_doubles(losses.nll);
        const auto kl = to_doubles(losses.kl);
        const auto wd = to_doubles(decay);
        const auto probability = to_doubles(losses.log_probability.exp());
        std::vector<std::int64_t> kept;
        mean_loss = 0;
        for (std::size_t i = 0; i < active.size(); ++i) {
            const auto row = static_cast<std::int64_t>(i);
            const double loss = nll[i] + kl[i] + wd[i];
            ValueResult& result = results[numbers[active[i]]];
            check_finite(std::isfinite(loss), *edits[active[i]], step);
            result.loss.push_back(loss);
            result.nll.push_back(nll[i]);
            result.kl.push_back(kl[i]);
            result.decay.push_back(wd[i]);
            if (options.record_steps)
                result.delta_per_step.push_back(on_cpu(delta[row]));
            result.probability = probability[i];
            result.stopped_early = loss < search.stop_loss;
            if (result.stopped_early || last) {
                result.delta = on_cpu(delta[row]);
                result.target = result.init + result.delta;
            } else {
                kept.push_back(row);
                mean_loss += loss;
            }
        }
        if (kept.empty())
            return;
        mean_loss /= static_cast<double>(kept.size());

        const at::Tensor slope = search.weight_decay / init_norm.square();
        at::Tensor gradient = losses.gradient + (slope * delta / norm).masked_fill(norm == 0, 0.0);
        if (kept.size() < active.size()) {
            const at::Tensor index = at::tensor(kept).to(delta.device());
            batch.keep(kept);
            adam.keep(index);
            delta = delta.index_select(0, index);
            init_norm = init_norm.index_select(0, index);
            gradient = gradient.index_select(0, index);
            for (std::size_t i = 0; i < kept.size(); ++i)
                active[i] = active[static_cast<std::size_t>(kept[i])];
            active.resize(kept.size());
        }
        adam.step(delta, gradient);
        const at::Tensor length = delta.norm(2, {1}, true);
        const at::Tensor bound = search.clamp * init_norm;
        const at::Tensor too_long = length > bound;
        delta = at::where(too_long, delta * bound / length, delta);
        const auto clamped = to_doubles(too_long);
        const auto lengths = to_doubles(length);
        for (std::size_t i = 0; i < active.size(); ++i) {
            check_finite(std::isfinite(lengths[i]), *edits[active[i]], step);
            results[numbers[active[i]]].clamped = clamped[i] != 0;
        }
    }
}

} // namespace

std::vector<ValueResult> search_values(const Decoder& decoder, std::span<const PreparedEdit> edits, int layer,
                                       const ValueSearch& search, const ValueOptions& options, const JobContext& job) {
    // Edits of like length share a group, so that little is padded.
    std::vector<std::size_t> order(edits.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::vector<std::uint64_t> bytes;
    for (const PreparedEdit& edit : edits)
        bytes.push_back(
            ValueBatch::bytes_needed(decoder.config(), edit, layer, c10::elementSize(decoder.weights().dtype())));
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return bytes[a] > bytes[b]; });

    std::vector<ValueResult> results(edits.size());
    SearchProgress progress(job, edits.size(), search.steps);
    for (std::size_t begin = 0; begin < order.size();) {
        // Padded to the largest of the group, which comes first.
        const std::uint64_t each = std::max<std::uint64_t>(1, bytes[order[begin]]);
        const auto fit = std::max<std::size_t>(1, static_cast<std::size_t>(options.memory_bytes / each));
        const std::size_t end = std::min(order.size(), begin + fit);
        const std::vector<std::size_t> numbers(order.begin() + static_cast<std::ptrdiff_t>(begin),
                                               order.begin() + static_cast<std::ptrdiff_t>(end));
        std::vector<const PreparedEdit*> group;
        for (const std::size_t number : numbers)
            group.push_back(&edits[number]);
        search_group(decoder, group, numbers, layer, search, options, job, progress, results);
        progress.group_done(numbers.size());
        begin = end;
    }
    return results;
}

} // namespace emend
