// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/prediction.h"

#include "emend/error.h"
#include "text/subject_locator.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace emend {

namespace {

// Rows of a batch are padded to the longest: so many tokens at a time, whatever their number.
constexpr std::size_t tokens_per_batch = 2048;
constexpr std::size_t worth_reporting = 256; // texts; fewer are done in a blink

// One text to run: a prompt, or a prompt with all tokens of an object but the last.
struct Row {
    std::vector<std::int32_t> ids;
    std::size_t prompt_length = 0;
    std::vector<std::int32_t> target; // empty: the row that asks for the next tokens
};

// Product of the target's probabilities; logits [target, vocab], row j answering for target j.
double target_probability(const at::Tensor& logits, const std::vector<std::int32_t>& target) {
    const at::Tensor log_probabilities = at::log_softmax(logits.to(at::kDouble), 1);
    double sum = 0;
    for (std::size_t j = 0; j < target.size(); ++j)
        sum += log_probabilities[static_cast<std::int64_t>(j)][target[j]].item<double>();
    return std::exp(sum);
}

// Whether every token of the target is the likeliest in its place.
bool is_likeliest(const at::Tensor& logits, const std::vector<std::int32_t>& target) {
    const at::Tensor best = logits.argmax(1);
    for (std::size_t j = 0; j < target.size(); ++j)
        if (best[static_cast<std::int64_t>(j)].item<std::int64_t>() != target[j])
            return false;
    return true;
}

void check_length(const Row& row, const std::string& prompt, int positions) {
    if (row.prompt_length == 0)
        throw Error("the prompt is empty", {}, "type at least one word");
    if (std::cmp_greater(row.ids.size(), positions))
        throw Error("the text has " + std::to_string(row.ids.size()) + " tokens, the model reads at most " +
                        std::to_string(positions),
                    "\"" + prompt.substr(0, 60) + "…\"", "shorten the prompt");
}

} // namespace

PredictionQuery query_of(const EditRequest& request) {
    return {fill_template(request.prompt, request.subject), request.object, request.true_object};
}

std::vector<TokenProbability> most_likely(const at::Tensor& logits, const Tokenizer& tokenizer, int k) {
    const at::Tensor probabilities = at::softmax(logits.to(at::kCPU, at::kDouble), 0).contiguous();
    const double* p = probabilities.data_ptr<double>();
    std::vector<std::int32_t> order(static_cast<std::size_t>(probabilities.numel()));
    for (std::size_t i = 0; i < order.size(); ++i)
        order[i] = static_cast<std::int32_t>(i);
    const auto kept = static_cast<std::ptrdiff_t>(std::min(order.size(), static_cast<std::size_t>(std::max(k, 0))));
    std::partial_sort(order.begin(), order.begin() + kept, order.end(),
                      [&](std::int32_t a, std::int32_t b) { return p[a] != p[b] ? p[a] > p[b] : a < b; });
    std::vector<TokenProbability> top;
    for (std::ptrdiff_t i = 0; i < kept; ++i) {
        const std::int32_t id = order[static_cast<std::size_t>(i)];
        // A vocabulary padded beyond the tokenizer's has ids that spell nothing.
        top.push_back({id, id < tokenizer.vocab_size() ? tokenizer.piece(id) : std::string(), p[id]});
    }
    return top;
}

std::vector<Prediction> predict(const Decoder& decoder, const Tokenizer& tokenizer,
                                const std::vector<PredictionQuery>& queries, int top, const JobContext& job) {
    const NoGrad no_grad;
    std::vector<Prediction> answers(queries.size());
    struct Place {
        std::size_t query;
        enum { next_token, new_object, true_object } what;
    };
    std::vector<Row> rows;
    std::vector<Place> places;
    for (std::size_t i = 0; i < queries.size(); ++i) {
        const PredictionQuery& query = queries[i];
        answers[i].prompt = query.prompt;
        const std::vector<std::int32_t> prompt = tokenizer.encode(query.prompt).ids;
        const auto add = [&](std::vector<std::int32_t> target, auto what) {
            Row row{prompt, prompt.size(), std::move(target)};
            if (!row.target.empty())
                row.ids.insert(row.ids.end(), row.target.begin(), row.target.end() - 1);
            check_length(row, query.prompt, decoder.config().positions);
            rows.push_back(std::move(row));
            places.push_back({i, what});
        };
        add({}, Place::next_token);
        if (!query.object.empty())
            add(encode_target(tokenizer, query.object), Place::new_object);
        if (query.true_object)
            add(encode_target(tokenizer, *query.true_object), Place::true_object);
    }

    std::vector<std::size_t> order(rows.size()); // like lengths together: little is padded
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(order, {}, [&](std::size_t r) { return rows[r].ids.size(); });
    Pass pass;
    pass.hook = [&](int, Site, const at::Tensor& value) {
        job.check();
        return value;
    };
    for (std::size_t begin = 0; begin < order.size();) {
        job.check();
        if (order.size() > worth_reporting)
            job.report({"answers", static_cast<double>(begin) / static_cast<double>(order.size()), -1,
                        std::to_string(begin) + " of " + std::to_string(order.size()) + " prompts"});
        std::vector<std::vector<std::int32_t>> ids;
        std::size_t end = begin;
        // Ascending lengths: the newest row is the longest, and decides what all are padded to.
        while (end < order.size() &&
               (end == begin || (ids.size() + 1) * rows[order[end]].ids.size() <= tokens_per_batch))
            ids.push_back(rows[order[end++]].ids);
        const at::Tensor hidden = decoder.forward(decoder.pad(ids), pass);
        for (std::size_t i = begin; i < end; ++i) {
            const std::size_t r = order[i];
            const Row& row = rows[r];
            Prediction& answer = answers[places[r].query];
            // Logits of the positions that are looked at alone: a vocabulary is wide.
            const auto first = static_cast<std::int64_t>(row.prompt_length) - 1;
            const auto length = static_cast<std::int64_t>(std::max<std::size_t>(row.target.size(), 1));
            const at::Tensor looked_at = hidden[static_cast<std::int64_t>(i - begin)].slice(0, first, first + length);
            const at::Tensor logits = decoder.logits(looked_at);
            switch (places[r].what) {
            case Place::next_token:
                answer.top = most_likely(logits[0], tokenizer, top);
                break;
            case Place::new_object:
                answer.p_new = target_probability(logits, row.target);
                answer.says_new = is_likeliest(logits, row.target);
                break;
            case Place::true_object:
                answer.p_true = target_probability(logits, row.target);
                break;
            }
        }
        begin = end;
    }
    return answers;
}

} // namespace emend
