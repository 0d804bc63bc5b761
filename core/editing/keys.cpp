// SPDX-License-Identifier: GPL-3.0-or-later
#include "editing/keys.h"

#include <algorithm>
#include <cassert>
#include <functional>
#include <numeric>

namespace emend {
namespace {

using Rows = std::vector<const PreparedRow*>;

// Called with what a site says at the subject's last token of some rows: their numbers I64 [k], values [k, width],
// float64 on the processor.
using Reader = std::function<void(Site site, const at::Tensor& numbers, const at::Tensor& values)>;

// Runs rows, cut behind the subject, up to and with block `layer`. Rows of like length share a batch.
void read_states(const Decoder& decoder, const Rows& rows, int layer, const JobContext& job, const KeyOptions& options,
                 const Reader& reader) {
    const NoGrad no_grad;
    std::vector<std::size_t> order(rows.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return rows[a]->lookup > rows[b]->lookup; });

    for (std::size_t begin = 0; begin < order.size();) {
        const auto width = static_cast<std::size_t>(rows[order[begin]]->lookup) + 1;
        const std::size_t fit = std::max<std::size_t>(1, static_cast<std::size_t>(options.batch_tokens) / width);
        const std::size_t end = std::min(order.size(), begin + fit);
        std::vector<std::vector<std::int32_t>> ids;
        std::vector<std::int64_t> last;
        std::vector<std::int64_t> numbers;
        for (std::size_t i = begin; i < end; ++i) {
            const PreparedRow& row = *rows[order[i]];
            ids.emplace_back(row.ids.begin(), row.ids.begin() + row.lookup + 1);
            last.push_back(row.lookup);
            numbers.push_back(static_cast<std::int64_t>(order[i]));
        }
        const at::Tensor batch = decoder.pad(ids);
        const at::Tensor column = at::tensor(last).to(batch.device());
        const at::Tensor line = at::arange(column.size(0), column.options());
        const at::Tensor number = at::tensor(numbers);
        Pass pass;
        pass.end_layer = layer + 1;
        pass.hook = [&](int at_layer, Site site, const at::Tensor& value) {
            job.check();
            if (at_layer == layer && site != Site::attention_out)
                reader(site, number, value.index({line, column}).to(at::kCPU, at::kDouble));
            return value;
        };
        (void)decoder.forward(batch, pass);
        begin = end;
    }
}

} // namespace

LayerKeys read_keys(const Decoder& decoder, std::span<const PreparedEdit> edits, int layer,
                    std::span<const double> weights, const JobContext& job, const KeyOptions& options) {
    Rows rows;
    std::vector<std::int64_t> edit_of_row;
    std::vector<double> weight_of_row;
    std::vector<double> is_bare;
    for (std::size_t i = 0; i < edits.size(); ++i) {
        assert(edits[i].contexts == weights.size());
        for (std::size_t k = 0; k < edits[i].rows.size(); ++k) {
            rows.push_back(&edits[i].rows[k]);
            edit_of_row.push_back(static_cast<std::int64_t>(i));
            weight_of_row.push_back(k < weights.size() ? weights[k] : 0.0);
            is_bare.push_back(k == edits[i].bare ? 1.0 : 0.0);
        }
    }
    const at::Tensor edit = at::tensor(edit_of_row);
    const at::Tensor weight = at::tensor(weight_of_row).unsqueeze(1);
    const at::Tensor bare = at::tensor(is_bare).unsqueeze(1);

    const auto n = static_cast<std::int64_t>(edits.size());
    const auto zeros = [n](int width) { return at::zeros({n, width}, at::kDouble); };
    at::Tensor mean_keys = zeros(decoder.config().d_mlp);
    at::Tensor bare_keys = zeros(decoder.config().d_mlp);
    at::Tensor mean_outputs = zeros(decoder.config().d_model);
    at::Tensor bare_outputs = zeros(decoder.config().d_model);
    read_states(decoder, rows, layer, job, options,
                [&](Site site, const at::Tensor& numbers, const at::Tensor& values) {
                    if (site != Site::mlp_in && site != Site::mlp_out)
                        return;
                    const at::Tensor into = edit.index_select(0, numbers);
                    const bool key = site == Site::mlp_in;
                    (key ? mean_keys : mean_outputs).index_add_(0, into, values * weight.index_select(0, numbers));
                    (key ? bare_keys : bare_outputs).index_add_(0, into, values * bare.index_select(0, numbers));
                });
    const auto columns = [](const at::Tensor& x) { return x.t().contiguous(); };
    return {columns(mean_keys), columns(mean_outputs), columns(bare_keys), columns(bare_outputs)};
}

at::Tensor read_block_output(const Decoder& decoder, std::span<const PreparedEdit> edits, int layer,
                             const JobContext& job, const KeyOptions& options) {
    Rows rows;
    for (const PreparedEdit& edit : edits)
        rows.push_back(&edit.rows[edit.bare]);
    at::Tensor states = at::zeros({static_cast<std::int64_t>(rows.size()), decoder.config().d_model}, at::kDouble);
    read_states(decoder, rows, layer, job, options,
                [&](Site site, const at::Tensor& numbers, const at::Tensor& values) {
                    if (site == Site::block_out)
                        states.index_copy_(0, numbers, values);
                });
    return states.t().contiguous();
}

} // namespace emend
