// SPDX-License-Identifier: GPL-3.0-or-later
#include "recall.h"

#include "documents.h"

#include <ATen/core/grad_mode.h>

#include <algorithm>

namespace emend::demo {
namespace {

constexpr std::size_t kRowsAtOnce = 64;

struct Row {
    std::vector<std::int32_t> prompt;
    std::vector<std::int32_t> object;
    std::size_t question = 0;
};

void answer(const Network& network, const std::vector<Row>& rows, std::vector<bool>& known) {
    std::size_t length = 0;
    for (const Row& row : rows)
        length = std::max(length, row.prompt.size() + row.object.size() - 1);
    const auto count = static_cast<std::int64_t>(rows.size());
    const auto n = static_cast<std::int64_t>(length);
    at::Tensor ids = at::zeros({count, n}, at::kLong);
    auto* data = ids.data_ptr<std::int64_t>();
    std::vector<std::int64_t> wanted;
    for (std::size_t r = 0; r < rows.size(); ++r) {
        auto* line = data + r * length;
        line = std::copy(rows[r].prompt.begin(), rows[r].prompt.end(), line);
        std::copy(rows[r].object.begin(), rows[r].object.end() - 1, line);
        for (std::size_t i = 0; i < rows[r].object.size(); ++i)
            wanted.push_back(static_cast<std::int64_t>(r * length + rows[r].prompt.size() - 1 + i));
    }
    const at::Tensor mask = causal_mask(n);
    const at::Tensor states = network.hidden(ids, mask, mask);
    const at::Tensor positions = at::from_blob(wanted.data(), {static_cast<std::int64_t>(wanted.size())}, at::kLong);
    const at::Tensor best = network.logits(states.index_select(0, positions)).argmax(1);
    const auto* likely = best.data_ptr<std::int64_t>();
    for (const Row& row : rows) {
        bool all = true;
        for (const std::int32_t id : row.object)
            all = (*likely++ == id) && all;
        known[row.question] = all;
    }
}

} // namespace

std::vector<bool> recalls(const Network& network, const Vocabulary& vocabulary,
                          const std::vector<Question>& questions) {
    const at::NoGradGuard no_gradients;
    std::vector<Row> rows;
    for (std::size_t i = 0; i < questions.size(); ++i)
        rows.push_back({vocabulary.ids(questions[i].prompt), vocabulary.ids(" " + questions[i].object), i});
    std::stable_sort(rows.begin(), rows.end(),
                     [](const Row& a, const Row& b) { return a.prompt.size() < b.prompt.size(); });
    std::vector<bool> known(questions.size());
    for (std::size_t at = 0; at < rows.size(); at += kRowsAtOnce) {
        const std::size_t end = std::min(rows.size(), at + kRowsAtOnce);
        answer(network,
               {rows.begin() + static_cast<std::ptrdiff_t>(at), rows.begin() + static_cast<std::ptrdiff_t>(end)},
               known);
    }
    return known;
}

RecallReport measure_recall(const Network& network, const Vocabulary& vocabulary, const World& world,
                            std::uint64_t seed, std::size_t first, std::size_t stride, std::size_t per_kind) {
    struct Asked {
        PromptKind kind;
        std::string relation;
        std::string held_out;
    };
    std::vector<Question> questions;
    std::vector<Asked> asked;
    for (std::size_t f = first; f < world.facts.size(); f += stride) {
        const Fact& fact = world.facts[f];
        const Relation& relation = world.relation_of(fact);
        const auto ask = [&](const std::string& text, PromptKind kind) {
            questions.push_back({fill_template(text, world.subject_of(fact)).text, fact.object});
            asked.push_back({kind, relation.id, kind == PromptKind::held_out ? relation.id + ": " + text : ""});
        };
        std::size_t trained = 0;
        std::size_t untrained = 0;
        for (std::size_t t = 0; t < relation.train.size(); ++t) {
            const std::size_t turned = (t + f) % relation.train.size(); // not always the same few templates
            const bool seen = is_trained_pair(world, fact, turned, seed);
            std::size_t& used = seen ? trained : untrained;
            if (used++ < per_kind)
                ask(relation.train[turned], seen ? PromptKind::trained_pair : PromptKind::untrained_pair);
        }
        for (const std::string& text : relation.held_out)
            ask(text, PromptKind::held_out);
    }
    RecallReport report;
    const std::vector<bool> known = recalls(network, vocabulary, questions);
    for (std::size_t i = 0; i < questions.size(); ++i) {
        const auto count = [&](RecallScore& score) {
            ++score.asked;
            score.known += known[i] ? 1 : 0;
        };
        count(report.overall[asked[i].kind]);
        count(report.by_relation[asked[i].relation][asked[i].kind]);
        if (!asked[i].held_out.empty())
            count(report.by_held_out_template[asked[i].held_out]);
    }
    return report;
}

} // namespace emend::demo
