// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/prediction.h"

#include "emend/error.h"
#include "text/subject_locator.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>

namespace emend {

namespace {

// Rows of a batch are padded to the longest: so many tokens at a time, whatever their number.
constexpr std::size_t tokens_per_batch = 2048;
constexpr std::size_t worth_reporting = 256; // texts; fewer are done in a blink

// One thing to be read after a prompt: the next token, or how likely an object is.
struct Row {
    std::size_t query = 0;
    enum class Asks { next_token, new_object, true_object } asks = Asks::next_token;
    std::size_t prompt_length = 0;
    std::vector<std::int32_t> target; // empty: the row that asks for the next tokens
};

// One text to run: a prompt with all tokens of an object but the last. The model is causal: what a longer text says in
// its midst answers for the shorter ones it begins with, so a query with objects of one token is run once.
struct Text {
    std::vector<std::int32_t> ids;
    std::vector<Row> rows;
};

bool begins_with(const std::vector<std::int32_t>& text, const std::vector<std::int32_t>& start) {
    return start.size() <= text.size() && std::ranges::equal(start, std::span(text).first(start.size()));
}

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

void check_length(std::size_t tokens, const std::string& prompt, int positions) {
    if (std::cmp_greater(tokens, positions))
        throw Error("the text has " + std::to_string(tokens) + " tokens, the model reads at most " +
                        std::to_string(positions),
                    "\"" + prompt.substr(0, 60) + "…\"", "shorten the prompt");
}

// Throws Error for a prompt that cannot be asked.
std::vector<Text> texts_of(const Tokenizer& tokenizer, const std::vector<PredictionQuery>& queries, bool next_tokens,
                           int positions) {
    std::vector<Text> texts;
    for (std::size_t i = 0; i < queries.size(); ++i) {
        const PredictionQuery& query = queries[i];
        const std::vector<std::int32_t> prompt = tokenizer.encode(query.prompt).ids;
        if (prompt.empty())
            throw Error("the prompt is empty", {}, "type at least one word");
        const auto own = static_cast<std::ptrdiff_t>(texts.size()); // where this query's texts begin
        const auto add = [&](Row::Asks asks, std::vector<std::int32_t> target) {
            std::vector<std::int32_t> ids = prompt;
            if (!target.empty())
                ids.insert(ids.end(), target.begin(), target.end() - 1);
            check_length(ids.size(), query.prompt, positions);
            const auto same = std::find_if(texts.begin() + own, texts.end(), [&](const Text& text) {
                return begins_with(text.ids, ids) || begins_with(ids, text.ids);
            });
            Text& text = same == texts.end() ? texts.emplace_back() : *same;
            if (ids.size() > text.ids.size())
                text.ids = std::move(ids);
            text.rows.push_back(
                {.query = i, .asks = asks, .prompt_length = prompt.size(), .target = std::move(target)});
        };
        if (next_tokens)
            add(Row::Asks::next_token, {});
        if (!query.object.empty())
            add(Row::Asks::new_object, encode_target(tokenizer, query.object));
        if (query.true_object)
            add(Row::Asks::true_object, encode_target(tokenizer, *query.true_object));
    }
    return texts;
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
    const std::vector<Text> texts = texts_of(tokenizer, queries, top > 0, decoder.config().positions);
    std::vector<Prediction> answers(queries.size());
    for (std::size_t i = 0; i < queries.size(); ++i)
        answers[i].prompt = queries[i].prompt;

    std::vector<std::size_t> order(texts.size()); // like lengths together: little is padded
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(order, {}, [&](std::size_t t) { return texts[t].ids.size(); });
    Pass pass;
    pass.hook = [&](int, Site, const at::Tensor& value) {
        job.check();
        return value;
    };
    const auto read = [&](const Row& row, const at::Tensor& hidden) {
        Prediction& answer = answers[row.query];
        // Logits of the positions that are looked at alone: a vocabulary is wide.
        const auto first = static_cast<std::int64_t>(row.prompt_length) - 1;
        const auto length = static_cast<std::int64_t>(std::max<std::size_t>(row.target.size(), 1));
        const at::Tensor logits = decoder.logits(hidden.slice(0, first, first + length));
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
    };
    for (std::size_t begin = 0; begin < order.size();) {
        job.check();
        if (order.size() > worth_reporting)
            job.report({"answers", static_cast<double>(begin) / static_cast<double>(order.size()), -1,
                        std::to_string(begin) + " of " + std::to_string(order.size()) + " prompts"});
        std::vector<std::vector<std::int32_t>> ids;
        std::size_t end = begin;
        // Ascending lengths: the newest text is the longest, and decides what all are padded to.
        while (end < order.size() &&
               (end == begin || (ids.size() + 1) * texts[order[end]].ids.size() <= tokens_per_batch))
            ids.push_back(texts[order[end++]].ids);
        const at::Tensor hidden = decoder.forward(decoder.pad(ids), pass);
        for (std::size_t i = begin; i < end; ++i)
            for (const Row& row : texts[order[i]].rows)
                read(row, hidden[static_cast<std::int64_t>(i - begin)]);
        begin = end;
    }
    return answers;
}

void check_queries(const Decoder& decoder, const Tokenizer& tokenizer, const std::vector<PredictionQuery>& queries) {
    static_cast<void>(texts_of(tokenizer, queries, true, decoder.config().positions));
}

} // namespace emend
