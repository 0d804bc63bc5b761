// SPDX-License-Identifier: GPL-3.0-or-later
#include "editing/value_batch.h"

#include <algorithm>

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
    for (std::size_t i = 0; i < edits_.size(); ++i) {
        const auto place = static_cast<std::int64_t>(i);
        for (std::size_t k = 0; k < edits_[i]->rows.size(); ++k)
            rows_.push_back({&edits_[i]->rows[k], place, k, false});
        if (with_essence)
            rows_.push_back({&edits_[i]->essence, place, edits_[i]->rows.size(), true});
    }
    run_once(at_mlp, job);
    look_up();
}

void ValueBatch::run_once(bool at_mlp, const JobContext& job) {
    const NoGrad no_grad;
    std::vector<std::vector<std::int32_t>> ids;
    std::vector<std::int64_t> lookups;
    std::int64_t prefix_length = 0;
    std::int64_t run_length = 1;
    for (const Row& row : rows_) {
        // Nothing behind the subject has a say in what the essence row is read for.
        const std::int64_t length = row.essence ? row.lookup() + 1 : static_cast<std::int64_t>(row.text->ids.size());
        ids.emplace_back(row.text->ids.begin(), row.text->ids.begin() + length);
        lookups.push_back(row.lookup());
        prefix_length = std::max(prefix_length, row.lookup());
        run_length = std::max(run_length, length - row.lookup());
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
    start_ = states.index({lines.unsqueeze(1), columns});

    if (prefix_length > 0 && layer_ + 1 < decoder_.config().layers) {
        Pass above;
        above.first_layer = layer_ + 1;
        above.record = &prefix_;
        above.hook = [&](int, Site, const at::Tensor& value) {
            job.check();
            return value;
        };
        (void)decoder_.run(states.narrow(1, 0, prefix_length), above);
        prefix_mask_ = at::arange(prefix_length, lookup.options()).unsqueeze(0) < lookup.unsqueeze(1);
    }

    std::vector<std::int64_t> bare;
    for (std::size_t r = 0; r < rows_.size(); ++r)
        if (!rows_[r].essence && rows_[r].number == edits_[static_cast<std::size_t>(rows_[r].edit)]->bare)
            bare.push_back(static_cast<std::int64_t>(r));
    const at::Tensor bare_rows = at::tensor(bare).to(batch.device());
    init_ = (at_mlp ? mlp_out : states).index({bare_rows, lookup.index_select(0, bare_rows)});
    const bool half = init_.scalar_type() == at::kHalf || init_.scalar_type() == at::kBFloat16;
    if (half)
        init_ = init_.to(at::kFloat); // Adam's small steps would be lost
}

void ValueBatch::look_up() {
    const std::int64_t width = start_.size(1);
    std::vector<std::int64_t> edit_of_row;
    std::vector<std::int64_t> look;
    std::vector<std::int64_t> essence_look;
    std::vector<std::int64_t> target_ids;
    std::vector<std::int64_t> edit_of_target;
    std::vector<double> nll_weight;
    std::vector<double> bare_weight;
    for (std::size_t r = 0; r < rows_.size(); ++r) {
        const Row& row = rows_[r];
        const PreparedEdit& edit = *edits_[static_cast<std::size_t>(row.edit)];
        const std::int64_t begin = static_cast<std::int64_t>(r) * width;
        edit_of_row.push_back(row.edit);
        if (row.essence) {
            essence_look.push_back(begin);
            continue;
        }
        const auto length = static_cast<double>(edit.target_ids.size());
        const double weight = row.number < edit.contexts ? 1.0 / (length * static_cast<double>(edit.contexts)) : 0.0;
        for (std::size_t j = 0; j < edit.target_ids.size(); ++j) {
            look.push_back(begin + row.text->target_begin - row.lookup() + static_cast<std::int64_t>(j));
            target_ids.push_back(edit.target_ids[j]);
            edit_of_target.push_back(row.edit);
            nll_weight.push_back(weight);
            bare_weight.push_back(row.number == edit.bare ? 1.0 : 0.0);
        }
    }
    look.insert(look.end(), essence_look.begin(), essence_look.end());
    const at::Device device = start_.device();
    edit_of_row_ = at::tensor(edit_of_row).to(device);
    look_ = at::tensor(look).to(device);
    target_ids_ = at::tensor(target_ids).to(device);
    edit_of_target_ = at::tensor(edit_of_target).to(device);
    nll_weight_ = at::tensor(nll_weight).to(device);
    bare_weight_ = at::tensor(bare_weight).to(device);
}

ValueBatch::Losses ValueBatch::evaluate(const at::Tensor& delta, double kl_factor, bool with_gradient,
                                        const JobContext& job) {
    const c10::AutoGradMode gradient_mode(with_gradient);
    const at::Tensor variable = delta.detach().clone().requires_grad_(with_gradient);
    const at::Tensor added = variable.index_select(0, edit_of_row_).to(start_.scalar_type()).unsqueeze(1);
    const at::Tensor first = start_.narrow(1, 0, 1) + added;
    at::Tensor states = at::cat({first, start_.narrow(1, 1, start_.size(1) - 1)}, 1);
    if (layer_ + 1 < decoder_.config().layers) {
        Pass above;
        above.first_layer = layer_ + 1;
        if (prefix_mask_.defined()) {
            above.prefix = &prefix_;
            above.prefix_mask = prefix_mask_;
        }
        above.hook = [&](int, Site, const at::Tensor& value) {
            job.check();
            return value;
        };
        states = decoder_.run(states, above);
    }
    const at::Tensor seen = states.reshape({-1, states.size(2)}).index_select(0, look_);
    const at::Tensor log_p = log_probabilities(decoder_.logits(seen)); // [targets + essences, vocab]

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
    std::vector<Row> rows;
    std::vector<std::int64_t> kept_rows;
    for (std::size_t r = 0; r < rows_.size(); ++r) {
        Row row = rows_[r];
        row.edit = new_place[static_cast<std::size_t>(row.edit)];
        if (row.edit < 0)
            continue;
        rows.push_back(row);
        kept_rows.push_back(static_cast<std::int64_t>(r));
    }
    edits_ = std::move(edits);
    rows_ = std::move(rows);

    const at::Tensor index = at::tensor(kept_rows).to(start_.device());
    const at::Tensor edit_index = at::tensor(places).to(start_.device());
    start_ = start_.index_select(0, index);
    init_ = init_.index_select(0, edit_index);
    if (essence_before_.defined())
        essence_before_ = essence_before_.index_select(0, edit_index);
    if (prefix_mask_.defined())
        prefix_mask_ = prefix_mask_.index_select(0, index);
    for (auto* tensors : {&prefix_.keys, &prefix_.values})
        for (at::Tensor& tensor : *tensors)
            if (tensor.defined())
                tensor = tensor.index_select(0, index);
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
