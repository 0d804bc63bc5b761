// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/restored_runs.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace emend {
namespace {

constexpr double operations_at_once = 1e11;      // of one batch: a second or two of one core
constexpr std::int64_t fewest_tokens = 128;      // of a batch: below, reading the weights costs more than using them
constexpr std::int64_t most_tokens = 4096;       // above, nothing is gained
constexpr std::uint64_t bytes_at_once = 1 << 29; // of a batch
constexpr std::int64_t logits_at_once = 128;     // places; a vocabulary is wide

std::uint64_t size(std::int64_t value) {
    return static_cast<std::uint64_t>(value);
}

} // namespace

RestoredRuns::RestoredRuns(const Decoder& decoder, TracedText text, TraceKind kind, const at::Tensor& noise,
                           const JobContext& job)
    : decoder_(decoder)
    , text_(std::move(text))
    , kind_(kind)
    , samples_(noise.size(0)) {
    const NoGrad no_grad;
    assert(noise.size(1) == text_.subject_last - text_.subject_first + 1);
    const at::Tensor ids = decoder_.pad({text_.ids});
    const at::Tensor embedded = decoder_.embed(ids, at::arange(ids.size(1), ids.options()));
    run_clean(embedded, job);
    run_corrupted(embedded, noise, job);
    clean_keys_ = {};
}

Site RestoredRuns::site() const {
    switch (kind_) {
    case TraceKind::hidden:
        return Site::block_out;
    case TraceKind::mlp:
        return Site::mlp_out;
    case TraceKind::attention:
        return Site::attention_out;
    }
    return Site::block_out;
}

void RestoredRuns::run_clean(const at::Tensor& embedded, const JobContext& job) {
    Pass pass;
    pass.record = &clean_keys_;
    pass.hook = [&](int, Site at, const at::Tensor& value) {
        job.check();
        if (at == site())
            clean_.push_back(value[0]);
        return value;
    };
    const at::Tensor last = decoder_.run(embedded, pass)[0];
    clean_probability_ = probabilities(last.narrow(0, text_.prompt_tokens - 1, answers()), job)[0];
}

// From the subject on: nothing before it sees the noise.
void RestoredRuns::run_corrupted(const at::Tensor& embedded, const at::Tensor& noise, const JobContext& job) {
    const std::int64_t first = text_.subject_first;
    at::Tensor start = embedded.narrow(1, first, length() - first).repeat({samples_, 1, 1});
    start.narrow(1, 0, noise.size(1)).add_(noise.to(start.options()));
    corrupted_.push_back(start);
    KeyValues prefix = clean_keys_;
    for (auto* tensors : {&prefix.keys, &prefix.values})
        for (at::Tensor& tensor : *tensors)
            tensor = tensor.narrow(2, 0, first);
    Pass pass;
    pass.prefix = first > 0 ? &prefix : nullptr;
    pass.record = &corrupted_keys_;
    pass.hook = [&](int, Site at, const at::Tensor& value) {
        job.check();
        if (at == Site::block_out)
            corrupted_.push_back(value);
        return value;
    };
    const at::Tensor last = decoder_.run(start, pass);
    const at::Tensor read = last.narrow(1, text_.prompt_tokens - 1 - first, answers());
    corrupted_probability_ = probabilities(read.reshape({-1, read.size(2)}), job);
}

bool RestoredRuns::is_without_effect(int token, Window window) const {
    const int last_layer = decoder_.config().layers - 1;
    return token < text_.subject_first || (window.first >= last_layer && token < text_.prompt_tokens - 1);
}

at::Tensor RestoredRuns::corrupted_before(int layer, Samples samples, int token, std::int64_t tokens) const {
    return corrupted_[static_cast<std::size_t>(layer)]
        .narrow(0, samples.begin, samples.count)
        .narrow(1, token - text_.subject_first, tokens);
}

KeyValues RestoredRuns::before(int token, int layer, Samples samples, std::int64_t strands) const {
    const auto index = static_cast<std::size_t>(layer);
    const auto copied = [&](const at::Tensor& recorded) {
        const at::Tensor rows = recorded.narrow(0, samples.begin, samples.count).narrow(2, 0, token);
        return strands == 1 ? rows : rows.repeat({strands, 1, 1, 1});
    };
    KeyValues prefix;
    prefix.keys.resize(index + 1);
    prefix.values.resize(index + 1);
    prefix.keys[index] = copied(corrupted_keys_.keys[index]);
    prefix.values[index] = copied(corrupted_keys_.values[index]);
    return prefix;
}

// Where the windows of a strand do not all end together, the one that ends goes on as a strand of its own.
void RestoredRuns::end_windows(Batch& batch, int layer) const {
    const std::int64_t count = batch.samples.count;
    const auto strands = batch.strands.size();
    for (std::size_t s = 0; s < strands; ++s) {
        auto& ends = batch.strands[s].ends;
        if (ends.front().first != layer || ends.back().first == layer)
            continue;
        const auto later = std::ranges::find_if(ends, [&](const auto& end) { return end.first > layer; });
        Strand ended{{ends.begin(), later}};
        ends.erase(ends.begin(), later);
        batch.strands.push_back(std::move(ended));
        const at::Tensor rows = batch.states.narrow(0, static_cast<std::int64_t>(s) * count, count);
        batch.states = at::cat({batch.states, rows});
    }
}

void RestoredRuns::run_block(Batch& batch, int layer, const JobContext& job) const {
    if (batch.strands.empty())
        return;
    const std::int64_t rows = batch.states.size(0);
    const std::int64_t tokens = batch.states.size(1);
    std::vector<std::int64_t> put_back; // rows
    for (std::size_t s = 0; s < batch.strands.size(); ++s)
        for (std::int64_t i = 0; batch.strands[s].puts_back_at(layer) && i < batch.samples.count; ++i)
            put_back.push_back(static_cast<std::int64_t>(s) * batch.samples.count + i);

    KeyValues prefix;
    Pass pass;
    pass.first_layer = layer;
    pass.end_layer = layer + 1;
    if (batch.token > 0) {
        prefix = before(batch.token, layer, batch.samples, static_cast<std::int64_t>(batch.strands.size()));
        pass.prefix = &prefix;
    }
    // Of the last block, nothing but the answers' places is read.
    const bool last = layer + 1 == decoder_.config().layers && tokens > answers();
    if (last) {
        const at::Tensor places = at::arange(tokens - answers(), tokens, at::kLong).unsqueeze(0);
        const at::Tensor begins = at::arange(rows, at::kLong).unsqueeze(1) * tokens;
        pass.only = (begins + places).reshape({-1}).to(batch.states.device());
    }
    pass.hook = [&](int, Site at, const at::Tensor& value) {
        job.check();
        if (at != site() || put_back.empty() || last)
            return value;
        at::Tensor changed = value.clone();
        const at::Tensor& clean = clean_[static_cast<std::size_t>(layer)][batch.token];
        const auto count = static_cast<std::int64_t>(put_back.size());
        changed.select(1, 0).index_copy_(0, at::tensor(put_back).to(value.device()),
                                         clean.expand({count, clean.size(0)}));
        return changed;
    };
    batch.states = decoder_.run(batch.states, pass);
    if (last)
        batch.states = batch.states.view({rows, answers(), -1});
}

// The block where a window starts is run at the restored token alone: behind it, nothing has changed yet.
void RestoredRuns::start_windows(Batch& batch, int layer, std::span<const Window> windows,
                                 const JobContext& job) const {
    Strand strand;
    for (std::size_t i = 0; i < windows.size(); ++i)
        if (windows[i].first == layer)
            strand.ends.emplace_back(windows[i].end, static_cast<std::int64_t>(i));
    if (strand.ends.empty())
        return;
    const at::Tensor& clean = clean_[static_cast<std::size_t>(layer)][batch.token];
    at::Tensor restored = clean.expand({batch.samples.count, 1, clean.size(0)});
    if (kind_ != TraceKind::hidden) {
        const at::Tensor put_back = restored;
        KeyValues prefix;
        Pass pass;
        pass.first_layer = layer;
        pass.end_layer = layer + 1;
        if (batch.token > 0) {
            prefix = before(batch.token, layer, batch.samples, 1);
            pass.prefix = &prefix;
        }
        pass.hook = [&](int, Site at, const at::Tensor& value) {
            job.check();
            return at == site() ? put_back : value;
        };
        restored = decoder_.run(corrupted_before(layer, batch.samples, batch.token, 1), pass);
    }
    const std::int64_t behind = length() - batch.token - 1;
    at::Tensor states = at::cat({restored, corrupted_before(layer + 1, batch.samples, batch.token + 1, behind)}, 1);
    if (layer + 1 == decoder_.config().layers)
        states = states.narrow(1, states.size(1) - answers(), answers());
    batch.states = batch.states.defined() ? at::cat({batch.states, states}) : states;
    batch.strands.push_back(std::move(strand));
}

at::Tensor RestoredRuns::restore_samples(int token, std::span<const Window> windows, Samples samples,
                                         const JobContext& job) const {
    Batch batch{token, samples, {}, {}};
    const int layers = decoder_.config().layers;
    const int first = windows.front().first;
    for (int layer = first; layer < layers; ++layer) {
        end_windows(batch, layer);
        run_block(batch, layer, job);
        start_windows(batch, layer, windows, job);
        job.report({"causal trace", static_cast<double>(layer + 1 - first) / (layers - first), -1, {}});
    }
    const at::Tensor found = probabilities(batch.states.reshape({-1, batch.states.size(2)}), job)
                                 .view({static_cast<std::int64_t>(batch.strands.size()), samples.count, -1});
    std::vector<std::int64_t> strand_of_window(windows.size());
    for (std::size_t s = 0; s < batch.strands.size(); ++s)
        for (const auto& [end, window] : batch.strands[s].ends)
            strand_of_window[static_cast<std::size_t>(window)] = static_cast<std::int64_t>(s);
    return found.index_select(0, at::tensor(strand_of_window));
}

at::Tensor RestoredRuns::restore(int token, std::span<const Window> windows, const JobContext& job) const {
    const NoGrad no_grad;
    assert(token >= text_.subject_first && token < text_.prompt_tokens && !windows.empty());
    const std::int64_t tokens = length() - token;
    const std::int64_t together = std::clamp<std::int64_t>(most_tokens / tokens, 1, samples_);
    std::vector<at::Tensor> found;
    for (std::int64_t begin = 0; begin < samples_; begin += together) {
        const Samples samples{begin, std::min(together, samples_ - begin)};
        const auto part = [&](double done) {
            return (static_cast<double>(begin) + done * static_cast<double>(samples.count)) /
                   static_cast<double>(samples_);
        };
        const JobContext part_job(
            [&](Progress progress) {
                progress.fraction = part(progress.fraction);
                job.report(progress);
            },
            job.stop_token());
        found.push_back(restore_samples(token, windows, samples, part_job));
    }
    return at::cat(found, 1);
}

int RestoredRuns::windows_at_once(int token) const {
    const ModelConfig& config = decoder_.config();
    const std::int64_t behind = length() - token;
    const double block = 2.0 * config.d_model * (4.0 * config.d_model + 2.0 * config.d_mlp);
    const double budget = operations_at_once / (block * config.layers);
    const std::int64_t tokens =
        budget >= most_tokens ? most_tokens : std::max(fewest_tokens, static_cast<std::int64_t>(budget));
    // Keys and values, repeated and joined; scores of attention; streams and the MLP's middle.
    const std::uint64_t a_row = (size(length()) * 6 * size(config.kv_heads) * size(config.head_dim) +
                                 3 * size(config.heads) * size(behind) * size(length()) +
                                 size(behind) * (8 * size(config.d_model) + 3 * size(config.d_mlp))) *
                                decoder_.weights().token_embedding().element_size();
    const auto rows = static_cast<std::int64_t>(bytes_at_once / std::max<std::uint64_t>(1, a_row));
    return static_cast<int>(
        std::clamp<std::int64_t>(std::min(tokens / (behind * samples_), rows / samples_), 1, config.layers));
}

std::uint64_t RestoredRuns::bytes_needed(const ModelConfig& config, std::size_t tokens, std::int64_t samples,
                                         std::size_t element_bytes) {
    const std::uint64_t a_token =
        size(config.layers) * (size(config.d_model) + 2 * size(config.kv_heads) * size(config.head_dim));
    return a_token * tokens * size(samples + 1) * element_bytes;
}

at::Tensor RestoredRuns::probabilities(const at::Tensor& states, const JobContext& job) const {
    const std::int64_t places = answers();
    const std::int64_t rows = states.size(0) / places;
    const std::int64_t together = std::max<std::int64_t>(1, logits_at_once / places);
    at::Tensor result = at::empty({rows, static_cast<std::int64_t>(text_.objects.size())}, at::kDouble);
    for (std::int64_t begin = 0; begin < rows; begin += together) {
        job.check();
        const std::int64_t count = std::min(together, rows - begin);
        at::Tensor logits = decoder_.logits(states.narrow(0, begin * places, count * places));
        if (logits.scalar_type() == at::kHalf || logits.scalar_type() == at::kBFloat16)
            logits = logits.to(at::kFloat);
        logits = logits.view({count, places, -1});
        const at::Tensor total = at::logsumexp(logits, {2}).to(at::kDouble); // [rows, places]
        for (std::size_t o = 0; o < text_.objects.size(); ++o) {
            const auto& ids = text_.objects[o];
            const auto tokens = static_cast<std::int64_t>(ids.size());
            const at::Tensor targets =
                at::tensor(std::vector<std::int64_t>(ids.begin(), ids.end())).to(logits.device());
            const at::Tensor picked = logits.narrow(1, 0, tokens)
                                          .gather(2, targets.view({1, tokens, 1}).expand({count, tokens, 1}))
                                          .squeeze(2)
                                          .to(at::kDouble);
            const at::Tensor log_probability = (picked - total.narrow(1, 0, tokens)).sum(1);
            result.narrow(0, begin, count).select(1, static_cast<std::int64_t>(o)).copy_(log_probability.exp());
        }
    }
    return result;
}

} // namespace emend
