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
    std::size_t query = 0;
    enum class Asks { next_token, new_object, true_object } asks = Asks::next_token;
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

// Throws Error for a prompt that cannot be asked.
std::vector<Row> rows_of(const Tokenizer& tokenizer, const std::vector<PredictionQuery>& queries, bool next_tokens,
                         int positions) {
    std::vector<Row> rows;
    for (std::size_t i = 0; i < queries.size(); ++i) {
        const PredictionQuery& query = queries[i];
        const std::vector<std::int32_t> prompt = tokenizer.encode(query.prompt).ids;
        const auto add = [&](Row::Asks asks, std::vector<std::int32_t> target) {
            Row row{
                .query = i, .asks = asks, .ids = prompt, .prompt_length = prompt.size(), .target = std::move(target)};
            if (!row.target.empty())
                row.ids.insert(row.ids.end(), row.target.begin(), row.target.end() - 1);
            check_length(row, query.prompt, positions);
            rows.push_back(std::move(row));
        };
        if (next_tokens)
            add(Row::Asks::next_token, {});
        if (!query.object.empty())
            add(Row::Asks::new_object, encode_target(tokenizer, query.object));
        if (query.true_object)
            add(Row::Asks::true_object, encode_target(tokenizer, *query.true_object));
    }
    return rows;
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
    const std::vector<Row> rows = rows_of(tokenizer, queries, top > 0, decoder.config().positions);
    std::vector<Prediction> answers(queries.size());
    for (std::size_t i = 0; i < queries.size(); ++i)
        answers[i].prompt = queries[i].prompt;

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
            const Row& row = rows[order[i]];
            Prediction& answer = answers[row.query];
            // Logits of the positions that are looked at alone: a vocabulary is wide.
            const auto first = static_cast<std::int64_t>(row.prompt_length) - 1;
            const auto length = static_cast<std::int64_t>(std::max<std::size_t>(row.target.size(), 1));
            const at::Tensor looked_at = hidden[static_cast<std::int64_t>(i - begin)].slice(0, first, first + length);
            const at::Tensor logits = decoder.logits(looked_at);
            switch (row.asks) {
            case Row::Asks::next_token:
                answer.top = most_likely(logits[0], tokenizer, top);
                break;
            case Row::Asks::new_object:
                answer.p_new = target_probability(logits, row.target);
                answer.says_new = is_likeliest(logits, row.target);
                break;
            case Row::Asks::true_object:
                answer.p_true = target_probability(logits, row.target);
                break;
            }
        }
        begin = end;
    }
    return answers;
}

void check_queries(const Decoder& decoder, const Tokenizer& tokenizer, const std::vector<PredictionQuery>& queries) {
    static_cast<void>(rows_of(tokenizer, queries, true, decoder.config().positions));
}

} // namespace emend
