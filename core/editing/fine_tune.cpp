// SPDX-License-Identifier: GPL-3.0-or-later
#include "editing/fine_tune.h"

#include "editing/adam.h"
#include "emend/error.h"

#include <algorithm>
#include <cmath>

namespace emend {

namespace {

// Texts that are run together, from the state before the layer on.
struct Chunk {
    at::Tensor states;  // [rows, T, d_model]
    at::Tensor look;    // I64 [targets]: places in [rows * T] whose logits count
    at::Tensor targets; // I64 [targets]
    at::Tensor weights; // [targets]: 1 / (tokens of the object * texts of the edit)
    at::Tensor edits;   // I64 [targets]
};

class FineTune {
  public:
    FineTune(const Decoder& decoder, std::span<const PreparedEdit> edits, int layer, const FineTuneOptions& options,
             const JobContext& job)
        : decoder_(decoder)
        , layer_(layer)
        , edits_(edits)
        , job_(job) {
        std::vector<std::pair<std::int64_t, const PreparedRow*>> rows;
        for (std::size_t i = 0; i < edits.size(); ++i)
            for (std::size_t r = 0; r < edits[i].contexts; ++r)
                rows.emplace_back(static_cast<std::int64_t>(i), &edits[i].rows[r]);
        const auto size = static_cast<std::size_t>(options.batch_rows);
        for (std::size_t begin = 0; begin < rows.size(); begin += size)
            chunks_.push_back(prepare(std::span(rows).subspan(begin, std::min(size, rows.size() - begin))));
    }

    // Losses [n] on the processor with D added to the matrix; the gradient of their mean is added to delta's.
    at::Tensor evaluate(const at::Tensor& delta, bool with_gradient) {
        const c10::AutoGradMode gradient_mode(with_gradient);
        const auto n = static_cast<std::int64_t>(edits_.size());
        at::Tensor losses = at::zeros({n}, at::kDouble);
        for (const Chunk& chunk : chunks_) {
            at::Tensor keys;
            Pass pass;
            pass.first_layer = layer_;
            pass.hook = [&](int layer, Site site, const at::Tensor& value) {
                job_.check();
                if (layer != layer_)
                    return value;
                if (site == Site::mlp_in)
                    keys = value;
                return site == Site::mlp_out ? value + at::matmul(keys, delta.t().to(keys.scalar_type())) : value;
            };
            const at::Tensor states = decoder_.run(chunk.states, pass);
            const at::Tensor seen = states.reshape({-1, states.size(2)}).index_select(0, chunk.look);
            const at::Tensor logits = decoder_.logits(seen);
            const at::Tensor log_p = at::log_softmax(logits.to(delta.scalar_type()), -1);
            const at::Tensor nll =
                -log_p.gather(1, chunk.targets.unsqueeze(1)).squeeze(1) * chunk.weights.to(log_p.scalar_type());
            if (with_gradient)
                (nll.sum() / static_cast<double>(n)).backward();
            losses.index_add_(0, chunk.edits.to(at::kCPU), nll.detach().to(at::kCPU, at::kDouble));
        }
        return losses;
    }

  private:
    Chunk prepare(std::span<const std::pair<std::int64_t, const PreparedRow*>> rows) {
        std::vector<std::vector<std::int32_t>> ids;
        for (const auto& [edit, row] : rows)
            ids.push_back(row->ids);
        const at::Tensor batch = decoder_.pad(ids);
        std::vector<std::int64_t> look;
        std::vector<std::int64_t> targets;
        std::vector<std::int64_t> of_edit;
        std::vector<double> weights;
        for (std::size_t r = 0; r < rows.size(); ++r) {
            const auto& [number, row] = rows[r];
            const PreparedEdit& edit = edits_[static_cast<std::size_t>(number)];
            for (std::size_t j = 0; j < edit.target_ids.size(); ++j) {
                look.push_back(static_cast<std::int64_t>(r) * batch.size(1) + row->target_begin +
                               static_cast<std::int64_t>(j));
                targets.push_back(edit.target_ids[j]);
                of_edit.push_back(number);
                weights.push_back(1.0 / static_cast<double>(edit.target_ids.size() * edit.contexts));
            }
        }
        Pass below;
        below.end_layer = layer_;
        below.hook = [&](int, Site, const at::Tensor& value) {
            job_.check();
            return value;
        };
        const auto to_device = [&](const at::Tensor& tensor) { return tensor.to(batch.device()); };
        return {.states = decoder_.forward(batch, below),
                .look = to_device(at::tensor(look)),
                .targets = to_device(at::tensor(targets)),
                .weights = to_device(at::tensor(weights)),
                .edits = to_device(at::tensor(of_edit))};
    }

    const Decoder& decoder_;
    int layer_;
    std::span<const PreparedEdit> edits_;
    const JobContext& job_;
    std::vector<Chunk> chunks_;
};

} // namespace

FineTuneResult fine_tune(const Decoder& decoder, std::span<const PreparedEdit> edits, int layer,
                         const ValueSearch& search, const FineTuneOptions& options, const JobContext& job) {
    const NoGrad no_grad;
    FineTune tuning(decoder, edits, layer, options, job);
    const at::Tensor matrix = decoder.weights().current_down(layer);
    const bool half = matrix.scalar_type() == at::kHalf || matrix.scalar_type() == at::kBFloat16;
    at::Tensor delta = at::zeros(matrix.sizes(), matrix.options().dtype(half ? at::kFloat : matrix.scalar_type()));
    Adam adam(delta, search.learning_rate);
    FineTuneResult result;
    result.loss.resize(edits.size());
    for (int step = 0; step < search.steps; ++step) {
        job.check();
        const bool last = step + 1 == search.steps;
        const at::Tensor variable = delta.detach().clone().requires_grad_(!last);
        const at::Tensor losses = tuning.evaluate(variable, !last);
        const double mean = losses.mean().item<double>();
        if (!std::isfinite(mean))
            throw Error("fine-tuning left the range of numbers at step " + std::to_string(step + 1), {},
                        "lower the learning rate");
        for (std::size_t i = 0; i < edits.size(); ++i)
            result.loss[i].push_back(losses[static_cast<std::int64_t>(i)].item<double>());
        job.report({"fine-tuning", static_cast<double>(step) / search.steps, -1,
                    "step " + std::to_string(step + 1) + " of " + std::to_string(search.steps)});
        result.stopped_early = mean < search.stop_loss;
        if (result.stopped_early || last)
            break;
        adam.step(delta, variable.grad() + search.weight_decay * delta);
        if (options.largest_change > 0)
            delta.clamp_(-options.largest_change, options.largest_change);
    }
    result.update = delta.to(at::kCPU, at::kDouble).contiguous();
    return result;
}

} // namespace emend
