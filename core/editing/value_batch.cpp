// SPDX-License-Identifier: GPL-3.0-or-later
#include "editing/value_batch.h"

#include <algorithm>
#include <functional>

namespace emend {
namespace {

// Log probabilities in at least single precision.
at::Tensor log_probabilities(const at::Tensor& logits) {
    const bool half = logits.scalar_type() == at::kHalf || logits.scalar_type() == at::kBFloat16;
    return at::log_softmax(half ? logits.to(at::kFloat) : logits, -1);
}

} // namespace

ValueBatch::ValueBatch(const Decoder& decoder, std::span<const PreparedEdit* const> edits, int layer, bool at_mlp,
                       bool with_essence, const JobContext& job)
    : decoder_(decoder)
    , layer_(layer)
    , edits_(edits.begin(), edits.end()) {
    std::vector<Row> rows;
    for (std::size_t i = 0; i < edits_.size(); ++i) {
        const auto place = static_cast<std::int64_t>(i);
        for (std::size_t k = 0; k < edits_[i]->rows.size(); ++k)
            rows.push_back({&edits_[i]->rows[k], place, k, false});
        if (with_essence)
            rows.push_back({&edits_[i]->essence, place, edits_[i]->rows.size(), true});
    }
    parts_ = parts_of(std::move(rows));
    for (Part& part : parts_)
        run_once(part, at_mlp, job);
    if (init_.scalar_type() == at::kHalf || init_.scalar_type() == at::kBFloat16)
        init_ = init_.to(at::kFloat); // Adam's small steps would be lost
    look_up();
}

// Rows of one width share a part; those of another join them where the padding costs less than a run of its own, whose
// weights have to be read once more.
std::vector<ValueBatch::Part> ValueBatch::parts_of(std::vector<Row> rows) {
    constexpr std::int64_t run_costs = 24; // tokens
    std::ranges::stable_sort(rows, std::greater{}, &Row::width);
    std::vector<Part> parts;
    for (auto begin = rows.begin(); begin != rows.end();) {
        const auto end = std::find_if(begin, rows.end(), [&](const Row& row) { return row.width() != begin->width(); });
        const std::int64_t padding = parts.empty() ? 0 : parts.back().rows.front().width() - begin->width();
        if (parts.empty() || padding * (end - begin) > run_costs)
            parts.emplace_back();
        parts.back().rows.insert(parts.back().rows.end(), begin, end);
        begin = end;
    }
    return parts;
}

void ValueBatch::run_once(Part& part, bool at_mlp, const JobContext& job) {
    const NoGrad no_grad;
    std::vector<std::vector<std::int32_t>> ids;
    std::vector<std::int64_t> lookups;
    std::int64_t prefix_length = 0;
    std::int64_t run_length = 1;
    for (const Row& row : part.rows) {
        ids.emplace_back(row.text->ids.begin(), row.text->ids.begin() + row.length());
        lookups.push_back(row.lookup());
        prefix_length = std::max(prefix_length, row.lookup());
        run_length = std::max(run_length, row.width());
    }
    const at::Tensor batch = decoder_.pad(ids);
    const at::Tensor lookup = at::tensor(lookups).to(batch.device());
    const at::Tensor lines = at::arange(lookup.size(0), lookup.options());

    at::Tensor mlp_out;
    Pass below;
    below.end_layer = layer_ + 1;
    below.hook = [&](int layer, Site site, const at::Tensor& value) {
        job.check();
        if (layer == layer_ && site == Site::mlp_out)
            mlp_out = value;
        return value;
    };
    const at::Tensor states = decoder_.forward(batch, below); // [rows, longest, d_model]

    // Row r's positions lookup … lookup + T - 1; past its end anything may stand, so the last position is repeated.
    const at::Tensor columns =
        (lookup.unsqueeze(1) + at::arange(run_length, lookup.options()).unsqueeze(0)).clamp_max(states.size(1) - 1);
    part.start = states.index({lines.unsqueeze(1), columns});

    if (prefix_length > 0 && layer_ + 1 < decoder_.config().layers) {
        Pass above;
        above.first_layer = layer_ + 1;
        above.record = &part.prefix;
        above.hook = [&](int, Site, const at::Tensor& value) {
            job.check();
            return value;
        };
        (void)decoder_.run(states.narrow(1, 0, prefix_length), above);
        part.prefix_mask = at::arange(prefix_length, lookup.options()).unsqueeze(0) < lookup.unsqueeze(1);
    }

    const at::Tensor& wanted = at_mlp ? mlp_out : states;
    if (!init_.defined())
        init_ = at::empty({static_cast<std::int64_t>(edits_.size()), wanted.size(2)}, wanted.options());
    for (std::size_t r = 0; r < part.rows.size(); ++r) {
        const Row& row = part.rows[r];
        if (!row.essence && row.number == edits_[static_cast<std::size_t>(row.edit)]->bare)
            init_[row.edit].copy_(wanted[static_cast<std::int64_t>(r)][row.lookup()]);
    }
}

void ValueBatch::look_up() {
    std::vector<std::int64_t> target_ids;
    std::vector<std::int64_t> edit_of_target;
    std::vector<double> nll_weight;
    std::vector<double> bare_weight;
    std::vector<std::int64_t> order;
    std::vector<std::int64_t> essences; // one an edit
    std::int64_t place = 0;             // in all looks
    const at::Device device = decoder_.weights().device();
    for (Part& part : parts_) {
        const std::int64_t width = part.start.size(1);
        std::vector<std::int64_t> edit_of_row;
        std::vector<std::int64_t> look;
        for (std::size_t r = 0; r < part.rows.size(); ++r) {
            const Row& row = part.rows[r];
            const PreparedEdit& edit = *edits_[static_cast<std::size_t>(row.edit)];
            const std::int64_t begin = static_cast<std::int64_t>(r) * width;
            edit_of_row.push_back(row.edit);
            if (row.essence) {
                look.push_back(begin);
                essences.resize(edits_.size());
                essences[static_cast<std::size_t>(row.edit)] = place++;
                continue;
            }
            const auto length = static_cast<double>(edit.target_ids.size());
            const double weight =
                row.number < edit.contexts ? 1.0 / (length * static_cast<double>(edit.contexts)) : 0.0;
            for (std::size_t j = 0; j < edit.target_ids.size(); ++j) {
                look.push_back(begin + row.text->target_begin - row.lookup() + static_cast<std::int64_t>(j));
                order.push_back(place++);
                target_ids.push_back(edit.target_ids[j]);
                edit_of_target.push_back(row.edit);
                nll_weight.push_back(weight);
                bare_weight.push_back(row.number == edit.bare ? 1.0 : 0.0);
            }
        }
        part.edit_of_row = at::tensor(edit_of_row).to(device);
        part.look = at::tensor(look).to(device);
    }
    order.insert(order.end(), essences.begin(), essences.end());
    order_ = at::tensor(order).to(device);
    target_ids_ = at::tensor(target_ids).to(device);
    edit_of_target_ = at::tensor(edit_of_target).to(device);
    nll_weight_ = at::tensor(nll_weight).to(device);
    bare_weight_ = at::tensor(bare_weight).to(device);
}

at::Tensor ValueBatch::run_above(const Part& part, const at::Tensor& delta, const JobContext& job) const {
    const at::Tensor added = delta.index_select(0, part.edit_of_row).to(part.start.scalar_type()).unsqueeze(1);
    const at::Tensor first = part.start.narrow(1, 0, 1) + added;
    const at::Tensor states = at::cat({first, part.start.narrow(1, 1, part.start.size(1) - 1)}, 1);
    if (layer_ + 1 == decoder_.config().layers)
        return states.reshape({-1, states.size(2)}).index_select(0, part.look);
    Pass above;
    above.first_layer = layer_ + 1;
    above.only = part.look;
    if (part.prefix_mask.defined()) {
        above.prefix = &part.prefix;
        above.prefix_mask = part.prefix_mask;
    }
    above.hook = [&](int, Site, const at::Tensor& value) {
        job.check();
        return value;
    };
    return decoder_.run(states, above).squeeze(0);
}

ValueBatch::Losses ValueBatch::evaluate(const at::Tensor& delta, double kl_factor, bool with_gradient,
                                        const JobContext& job) {
    const c10::AutoGradMode gradient_mode(with_gradient);
    const at::Tensor variable = delta.detach().clone().requires_grad_(with_gradient);
    std::vector<at::Tensor> seen;
    for (const Part& part : parts_)
        seen.push_back(run_above(part, variable, job));
    const at::Tensor asked = at::cat(seen).index_select(0, order_);
    const at::Tensor log_p = log_probabilities(decoder_.logits(asked)); // [targets + essences, vocab]

    const std::int64_t targets = target_ids_.size(0);
    const std::int64_t n = delta.size(0);
    const at::Tensor zeros = at::zeros({n}, log_p.options());
    const at::Tensor picked = log_p.narrow(0, 0, targets).gather(1, target_ids_.unsqueeze(1)).squeeze(1);
    const auto per_edit = [&](const at::Tensor& weight) {
        return zeros.index_add(0, edit_of_target_, picked * weight.to(picked.scalar_type()));
    };
    Losses losses;
    losses.nll = -per_edit(nll_weight_);
    losses.log_probability = per_edit(bare_weight_).detach();
    const at::Tensor missed = log_p.narrow(0, 0, targets).detach().argmax(-1) != target_ids_;
    const at::Tensor counts = missed.logical_and(nll_weight_ > 0).to(nll_weight_.scalar_type());
    losses.misses = at::zeros({n}, nll_weight_.options()).index_add(0, edit_of_target_, counts);
    losses.kl = zeros;
    if (log_p.size(0) > targets) {
        const at::Tensor now = log_p.narrow(0, targets, n); // one essence row an edit, in their order
        if (!essence_before_.defined())
            essence_before_ = now.detach().clone();
        losses.kl = kl_factor * (now.exp() * (now - essence_before_)).sum(1);
    }
    if (with_gradient) {
        (losses.nll + losses.kl).sum().backward();
        losses.gradient = variable.grad();
    }
    losses.nll = losses.nll.detach();
    losses.kl = losses.kl.detach();
    return losses;
}

void ValueBatch::keep(const std::vector<std::int64_t>& places) {
    const NoGrad no_grad;
    std::vector<std::int64_t> new_place(edits_.size(), -1);
    std::vector<const PreparedEdit*> edits;
    for (const std::int64_t place : places) {
        new_place[static_cast<std::size_t>(place)] = static_cast<std::int64_t>(edits.size());
        edits.push_back(edits_[static_cast<std::size_t>(place)]);
    }
    edits_ = std::move(edits);
    const at::Tensor edit_index = at::tensor(places).to(init_.device());
    init_ = init_.index_select(0, edit_index);
    if (essence_before_.defined())
        essence_before_ = essence_before_.index_select(0, edit_index);

    for (Part& part : parts_) {
        std::vector<Row> rows;
        std::vector<std::int64_t> kept_rows;
        for (std::size_t r = 0; r < part.rows.size(); ++r) {
            Row row = part.rows[r];
            row.edit = new_place[static_cast<std::size_t>(row.edit)];
            if (row.edit < 0)
                continue;
            rows.push_back(row);
            kept_rows.push_back(static_cast<std::int64_t>(r));
        }
        part.rows = std::move(rows);
        if (part.rows.empty())
            continue;
        const at::Tensor index = at::tensor(kept_rows).to(part.start.device());
        part.start = part.start.index_select(0, index);
        if (part.prefix_mask.defined())
            part.prefix_mask = part.prefix_mask.index_select(0, index);
        for (auto* tensors : {&part.prefix.keys, &part.prefix.values})
            for (at::Tensor& tensor : *tensors)
                if (tensor.defined())
                    tensor = tensor.index_select(0, index);
    }
    std::erase_if(parts_, [](const Part& part) { return part.rows.empty(); });
    look_up();
}

std::uint64_t ValueBatch::bytes_needed(const ModelConfig& config, const PreparedEdit& edit, int layer,
                                       std::size_t element_bytes) {
    std::size_t longest = 0;
    std::size_t run_length = 1;
    for (const PreparedRow& row : edit.rows) {
        longest = std::max(longest, row.ids.size());
        run_length = std::max(run_length, row.ids.size() - static_cast<std::size_t>(row.lookup));
    }
    const auto size = [](int value) { return static_cast<std::uint64_t>(value); };
    const std::uint64_t rows = edit.rows.size() + 1;
    const std::uint64_t above = size(config.layers - 1 - layer);
    // What a block keeps for the way back: about ten vectors of the stream, three of the MLP, scores and weights of
    // attention; besides, the prefix' keys and values.
    const std::uint64_t each_token =
        10 * size(config.d_model) + 3 * size(config.d_mlp) + 3 * size(config.heads) * longest;
    const std::uint64_t blocks = above * rows * (run_length * each_token + 2 * size(config.d_model) * longest);
    const std::uint64_t once = rows * longest * (4 * size(config.d_model) + 2 * size(config.d_mlp));
    const std::uint64_t logits = 4 * size(config.vocab) * (edit.rows.size() * edit.target_ids.size() + 1);
    return (blocks + once + logits) * element_bytes;
}

} // namespace emend
