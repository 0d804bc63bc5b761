// SPDX-License-Identifier: GPL-3.0-or-later
#include "editing/values.h"

#include "base/job_part.h"
#include "editing/adam.h"
#include "editing/value_batch.h"
#include "emend/error.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <functional>
#include <utility>

namespace emend {
namespace {

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
        const double seconds = seconds_since(start_);
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

// Edits that share a delta.
struct Unit {
    std::vector<std::size_t> edits;
    std::uint64_t bytes = 0; // the largest of its edits
};

std::vector<Unit> units_of(const Decoder& decoder, std::span<const PreparedEdit> edits, int layer,
                           const std::vector<std::size_t>& unit_of_edit) {
    std::vector<Unit> units;
    for (std::size_t i = 0; i < edits.size(); ++i) {
        const std::size_t unit = unit_of_edit.empty() ? i : unit_of_edit[i];
        if (unit >= units.size())
            units.resize(unit + 1);
        units[unit].edits.push_back(i);
        units[unit].bytes =
            std::max(units[unit].bytes, ValueBatch::bytes_needed(decoder.config(), edits[i], layer,
                                                                 c10::elementSize(decoder.weights().dtype())));
    }
    return units;
}

at::Tensor index_of(const std::vector<std::int64_t>& places, at::Device device) {
    return at::tensor(places, at::kLong).to(device);
}

// Searches one group of edits. What is searched are units: edits that share a delta, mostly each for itself.
class GroupSearch {
  public:
    // numbers[i] is the place of the i-th edit in `results`, units[i] the unit it belongs to: 0, 1, … in order of their
    // first edits.
    GroupSearch(const Decoder& decoder, std::span<const PreparedEdit* const> edits,
                const std::vector<std::size_t>& numbers, std::vector<std::int64_t> units, int layer,
                const ValueSearch& search, const ValueOptions& options, const JobContext& job,
                std::vector<ValueResult>& results)
        : edits_(edits)
        , search_(search)
        , options_(options)
        , job_(job)
        , batch_(decoder, edits, layer, options.at_mlp, search.kl_factor != 0, job)
        , unit_of_(std::move(units))
        , delta_(
              at::zeros({unit_of_.empty() ? 0 : unit_of_.back() + 1, batch_.init().size(1)}, batch_.init().options()))
        , adam_(delta_, search.learning_rate) {
        for (std::size_t i = 0; i < edits.size(); ++i) {
            results_.push_back(&results[numbers[i]]);
            results_.back()->init = on_cpu(batch_.init()[static_cast<std::int64_t>(i)]);
        }
        unit_of_row_ = index_of(unit_of_, delta_.device());
        sizes_ = per_unit(at::ones({unit_of_row_.size(0)}, delta_.options()));
        init_norm_ = mean(batch_.init().norm(2, {1})).unsqueeze(1);
    }

    void run(SearchProgress& progress) {
        for (int step = 0; !results_.empty(); ++step) {
            const bool last = step + 1 >= search_.steps;
            progress.report(step, edits_.size(), mean_loss_);
            const at::Tensor norm = delta_.norm(2, {1}, true);
            ValueBatch::Losses losses =
                batch_.evaluate(delta_.index_select(0, unit_of_row_), search_.kl_factor, !last, job_);
            std::vector<std::int64_t> kept = note(step, last, losses, norm);
            if (kept.empty())
                return;
            // |delta| pulls towards zero; at zero itself it has no direction.
            const at::Tensor slope = search_.weight_decay / init_norm_.square();
            at::Tensor gradient = mean(losses.gradient) + (slope * delta_ / norm).masked_fill(norm == 0, 0.0);
            if (std::cmp_less(kept.size(), delta_.size(0))) {
                gradient = gradient.index_select(0, index_of(kept, delta_.device()));
                leave(kept);
            }
            adam_.step(delta_, gradient);
            clamp(step);
        }
    }

  private:
    // Sum over the edits of each unit, [n, …] -> [units, …].
    [[nodiscard]] at::Tensor per_unit(const at::Tensor& values) const {
        auto shape = values.sizes().vec();
        shape[0] = delta_.size(0);
        return at::zeros(shape, values.options()).index_add(0, unit_of_row_, values);
    }
    [[nodiscard]] at::Tensor mean(const at::Tensor& values) const {
        const at::Tensor sizes = sizes_.to(values.scalar_type());
        return per_unit(values) / (values.dim() > 1 ? sizes.unsqueeze(1) : sizes);
    }

    // Writes the step down and closes the units that are done; the places of those that go on.
    std::vector<std::int64_t> note(int step, bool last, const ValueBatch::Losses& losses, const at::Tensor& norm) {
        const auto nll = to_doubles(losses.nll);
        const auto kl = to_doubles(losses.kl);
        const auto decay = to_doubles(search_.weight_decay * norm / init_norm_.square());
        const auto unit_nll = to_doubles(mean(losses.nll));
        const auto unit_kl = to_doubles(mean(losses.kl));
        const auto unit_misses = to_doubles(per_unit(losses.misses));
        const auto probability = to_doubles(losses.log_probability.exp());
        const auto units = static_cast<std::size_t>(delta_.size(0));
        reached_.resize(units, -1);
        std::vector<std::int64_t> kept;
        std::vector<bool> low(units);
        std::vector<bool> done(units);
        mean_loss_ = 0;
        for (std::size_t u = 0; u < units; ++u) {
            const double loss = unit_nll[u] + unit_kl[u] + decay[u];
            if (reached_[u] < 0 && unit_misses[u] == 0)
                reached_[u] = step;
            low[u] = loss < search_.stop_loss || (search_.steps_after_argmax && reached_[u] >= 0 &&
                                                  step - reached_[u] >= *search_.steps_after_argmax);
            done[u] = low[u] || last;
            if (!done[u]) {
                kept.push_back(static_cast<std::int64_t>(u));
                mean_loss_ += loss;
            }
        }
        mean_loss_ /= std::max<double>(1, static_cast<double>(kept.size()));
        for (std::size_t i = 0; i < results_.size(); ++i) {
            const auto u = static_cast<std::size_t>(unit_of_[i]);
            const double loss = nll[i] + kl[i] + decay[u];
            ValueResult& result = *results_[i];
            check_finite(std::isfinite(loss), *edits_of(i), step);
            result.loss.push_back(loss);
            result.nll.push_back(nll[i]);
            result.kl.push_back(kl[i]);
            result.decay.push_back(decay[u]);
            if (options_.record_steps)
                result.delta_per_step.push_back(on_cpu(delta_[unit_of_[i]]));
            result.probability = probability[i];
            result.stopped_early = low[u];
            if (done[u]) {
                result.delta = on_cpu(delta_[unit_of_[i]]);
                result.target = result.init + result.delta;
            }
        }
        return kept;
    }

    // Only these units (ascending) go on.
    void leave(const std::vector<std::int64_t>& kept) {
        std::vector<std::int64_t> new_place(static_cast<std::size_t>(delta_.size(0)), -1);
        for (std::size_t u = 0; u < kept.size(); ++u)
            new_place[static_cast<std::size_t>(kept[u])] = static_cast<std::int64_t>(u);
        std::vector<std::int64_t> rows;
        std::vector<std::int64_t> units;
        std::vector<ValueResult*> results;
        std::vector<std::size_t> active;
        for (std::size_t i = 0; i < results_.size(); ++i) {
            const std::int64_t place = new_place[static_cast<std::size_t>(unit_of_[i])];
            if (place < 0)
                continue;
            rows.push_back(static_cast<std::int64_t>(i));
            units.push_back(place);
            results.push_back(results_[i]);
            active.push_back(place_of(i));
        }
        batch_.keep(rows);
        const at::Tensor index = index_of(kept, delta_.device());
        adam_.keep(index);
        delta_ = delta_.index_select(0, index);
        init_norm_ = init_norm_.index_select(0, index);
        sizes_ = sizes_.index_select(0, index);
        std::vector<int> reached;
        for (const std::int64_t u : kept)
            reached.push_back(reached_[static_cast<std::size_t>(u)]);
        reached_ = std::move(reached);
        unit_of_ = std::move(units);
        unit_of_row_ = index_of(unit_of_, delta_.device());
        results_ = std::move(results);
        active_ = std::move(active);
    }

    void clamp(int step) {
        const at::Tensor length = delta_.norm(2, {1}, true);
        const at::Tensor bound = search_.clamp * init_norm_;
        const at::Tensor too_long = length > bound;
        delta_ = at::where(too_long, delta_ * bound / length, delta_);
        const auto clamped = to_doubles(too_long);
        const auto lengths = to_doubles(length);
        for (std::size_t i = 0; i < results_.size(); ++i) {
            const auto u = static_cast<std::size_t>(unit_of_[i]);
            check_finite(std::isfinite(lengths[u]), *edits_of(i), step);
            results_[i]->clamped = clamped[u] != 0;
        }
    }

    [[nodiscard]] std::size_t place_of(std::size_t i) const { return active_.empty() ? i : active_[i]; }
    [[nodiscard]] const PreparedEdit* edits_of(std::size_t i) const { return edits_[place_of(i)]; }

    std::span<const PreparedEdit* const> edits_;
    const ValueSearch& search_;
    const ValueOptions& options_;
    const JobContext& job_;
    ValueBatch batch_;
    std::vector<ValueResult*> results_; // of the edits under way, in the order of the batch
    std::vector<std::size_t> active_;   // their places in edits_; empty: all
    std::vector<std::int64_t> unit_of_;
    at::Tensor unit_of_row_;   // the same as a tensor
    at::Tensor delta_;         // [units, d_model]
    at::Tensor init_norm_;     // [units, 1]
    at::Tensor sizes_;         // [units]
    std::vector<int> reached_; // step at which every token of the unit's objects first was the likeliest; -1: not yet
    Adam adam_;
    double mean_loss_ = 0;
};

} // namespace

std::vector<ValueResult> search_values(const Decoder& decoder, std::span<const PreparedEdit> edits, int layer,
                                       const ValueSearch& search, const ValueOptions& options, const JobContext& job) {
    const NoGrad no_grad;
    std::vector<Unit> units = units_of(decoder, edits, layer, options.unit_of_edit);
    // Units of like length share a group, so that little is padded.
    std::ranges::stable_sort(units, std::greater{}, &Unit::bytes);

    std::vector<ValueResult> results(edits.size());
    SearchProgress progress(job, edits.size(), search.steps);
    for (std::size_t begin = 0; begin < units.size();) {
        // Padded to the largest of the group, which comes first.
        const std::uint64_t each = std::max<std::uint64_t>(1, units[begin].bytes);
        std::vector<std::size_t> numbers;
        std::vector<const PreparedEdit*> group;
        std::vector<std::int64_t> unit_of;
        std::size_t end = begin;
        for (; end < units.size(); ++end) {
            const std::size_t size = numbers.size() + units[end].edits.size();
            if (end > begin && (size > options.largest_group || size * each > options.memory_bytes))
                break;
            for (const std::size_t number : units[end].edits) {
                numbers.push_back(number);
                group.push_back(&edits[number]);
                unit_of.push_back(static_cast<std::int64_t>(end - begin));
            }
        }
        GroupSearch(decoder, group, numbers, std::move(unit_of), layer, search, options, job, results).run(progress);
        progress.group_done(numbers.size());
        if (options.on_found)
            options.on_found(numbers, results);
        begin = end;
    }
    return results;
}

} // namespace emend
