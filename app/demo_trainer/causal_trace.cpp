// SPDX-License-Identifier: GPL-3.0-or-later
#include "causal_trace.h"

#include "documents.h"

#include <ATen/core/grad_mode.h>

namespace emend::demo {
namespace {

constexpr std::int64_t kSamples = 10;
constexpr double kNoise = 3.0;      // standard deviations of the embedding
constexpr double kLeastClean = 0.5; // below, there is nothing to restore
constexpr std::uint64_t kStream = 3ULL << 40;

struct Prompt {
    std::vector<std::int64_t> ids;
    std::size_t first = 0; // subject tokens
    std::size_t last = 0;
    std::int64_t answer = 0;
};

bool make_prompt(const World& world, const Vocabulary& vocabulary, const Fact& fact, Prompt& prompt) {
    const Document document = fill_template(world.relation_of(fact).train[0], world.subject_of(fact));
    const std::vector<Token> tokens = vocabulary.encode(document.text);
    const std::vector<std::int32_t> object = vocabulary.ids(" " + fact.object);
    const auto [begin, end] = document.subjects.at(0);
    prompt = {};
    prompt.first = tokens.size();
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        prompt.ids.push_back(tokens[i].id);
        if (tokens[i].end > begin && tokens[i].begin < end) {
            prompt.first = std::min(prompt.first, i);
            prompt.last = i;
        }
    }
    prompt.answer = object[0];
    return object.size() == 1 && prompt.last > prompt.first && prompt.last + 2 < prompt.ids.size();
}

// Probability of the answer after the last token, per row.
at::Tensor probability(const Network& network, const Prompt& prompt, std::int64_t rows, const Network::Hook& hook) {
    const auto n = static_cast<std::int64_t>(prompt.ids.size());
    const at::Tensor ids = at::tensor(prompt.ids, at::kLong).view({1, n}).repeat({rows, 1});
    const at::Tensor mask = causal_mask(n);
    const at::Tensor states = network.hidden(ids, mask, mask, hook).view({rows, n, -1}).select(1, n - 1);
    return at::softmax(network.logits(states), -1).select(1, prompt.answer);
}

} // namespace

TraceSummary trace_facts(const Network& network, const Vocabulary& vocabulary, const World& world, std::size_t facts,
                         std::uint64_t seed) {
    const at::NoGradGuard no_gradients;
    const std::int64_t layers = network.shape().layers;
    const std::int64_t width = network.shape().width;
    const double sigma = kNoise * network.parameters()[0].value.std().item<double>();
    Random random(seed, kStream);
    TraceSummary summary;
    summary.effect.resize(static_cast<std::size_t>(layers), {});
    for (std::size_t tries = 0; tries < 20 * facts && summary.facts < facts; ++tries) {
        Prompt prompt;
        if (!make_prompt(world, vocabulary, world.facts[random.below(world.facts.size())], prompt))
            continue;
        const auto n = static_cast<std::int64_t>(prompt.ids.size());
        std::vector<at::Tensor> clean; // per layer [n, width]
        const double before = probability(network, prompt, 1, [&](std::int64_t layer, const at::Tensor& x) {
                                  if (layer >= 0)
                                      clean.push_back(x);
                                  return x;
                              }).item<double>();
        if (before < kLeastClean)
            continue;
        const auto first = static_cast<std::int64_t>(prompt.first);
        const auto last = static_cast<std::int64_t>(prompt.last);
        at::Tensor noise = at::zeros({kSamples, n, width});
        auto* values = noise.data_ptr<float>();
        for (std::int64_t sample = 0; sample < kSamples; ++sample)
            for (std::int64_t i = first * width; i < (last + 1) * width; ++i)
                values[sample * n * width + i] = static_cast<float>(sigma * random.normal());
        const std::array<std::int64_t, kTokenRoles> tokens = {first, (first + last) / 2, last, last + 1, n - 1};
        const auto roles = static_cast<std::int64_t>(kTokenRoles);
        // Rows: nothing restored, then every role in turn; each with every sample of noise.
        const std::int64_t rows = (1 + roles) * kSamples;
        for (std::int64_t layer = 0; layer < layers; ++layer) {
            const at::Tensor p = probability(network, prompt, rows, [&](std::int64_t at, const at::Tensor& x) {
                at::Tensor y = x.view({1 + roles, kSamples, n, width});
                if (at == -1)
                    y = y + noise;
                if (at == layer) {
                    y = y.clone();
                    for (std::int64_t role = 0; role < roles; ++role)
                        y.select(0, 1 + role)
                            .select(1, tokens[static_cast<std::size_t>(role)])
                            .copy_(clean[static_cast<std::size_t>(layer)].select(
                                0, tokens[static_cast<std::size_t>(role)]));
                }
                return y.reshape({rows * n, width});
            });
            const at::Tensor mean = p.view({1 + roles, kSamples}).mean(1);
            const double low = mean[0].item<double>();
            if (layer == 0)
                summary.corrupted += low;
            for (std::int64_t role = 0; role < roles; ++role)
                summary.effect[static_cast<std::size_t>(layer)][static_cast<std::size_t>(role)] +=
                    mean[1 + role].item<double>() - low;
        }
        summary.clean += before;
        ++summary.facts;
    }
    const double count = static_cast<double>(std::max<std::size_t>(1, summary.facts));
    summary.clean /= count;
    summary.corrupted /= count;
    for (auto& layer : summary.effect)
        for (double& effect : layer)
            effect /= count;
    return summary;
}

} // namespace emend::demo
