// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/generate.h"

#include "base/job_part.h"
#include "emend/error.h"
#include "model/sampler.h"

#include <algorithm>
#include <chrono>
#include <map>

namespace emend {

namespace {

// Runs a growing text, with a key/value cache or by running everything again.
class Runner {
  public:
    Runner(const Decoder& decoder, bool use_cache)
        : decoder_(decoder)
        , use_cache_(use_cache) {}

    // ids I64 [B, T], the whole text so far -> logits [B, vocab] of what comes next.
    at::Tensor next_logits(const at::Tensor& ids) {
        const std::int64_t length = ids.size(1);
        const std::int64_t from = use_cache_ ? seen_ : 0;
        const at::Tensor fresh = ids.slice(1, from);
        Pass pass;
        KeyValues grown;
        if (use_cache_) {
            pass.prefix = from > 0 ? &cache_ : nullptr;
            pass.record = &grown;
        }
        const at::Tensor hidden = decoder_.run(decoder_.embed(fresh, at::arange(from, length, ids.options())), pass);
        cache_ = std::move(grown);
        seen_ = length;
        return decoder_.logits(hidden.select(1, hidden.size(1) - 1));
    }

  private:
    const Decoder& decoder_;
    bool use_cache_;
    KeyValues cache_;
    std::int64_t seen_ = 0;
};

at::Tensor appended(const at::Tensor& ids, const std::vector<std::int64_t>& next) {
    const at::Tensor column = at::tensor(next, at::kLong).view({-1, 1}).to(ids.device());
    return at::cat({ids, column}, 1);
}

void check_request(const GenerateRequest& request) {
    if (request.max_tokens < 0)
        throw Error("the number of tokens to generate is negative", "max_tokens");
    if (!request.greedy && !(request.temperature > 0))
        throw Error("the temperature must be above 0", "temperature",
                    "use greedy for the most likely token every time");
    if (!request.greedy && !(request.top_p > 0 && request.top_p <= 1))
        throw Error("top-p must be above 0 and at most 1", "top_p");
    if (request.top_k < 0)
        throw Error("top-k must not be negative", "top_k", "0 keeps every token");
}

// Text that streams out, held back while it may still turn out to be the start of a stop string.
class StoppedText {
  public:
    explicit StoppedText(const std::vector<std::string>& stops) {
        for (const auto& stop : stops)
            if (!stop.empty())
                stops_.push_back(stop);
    }

    // What of `fresh` and of what was held back may be shown now. `stopped()` tells whether a stop string came.
    std::string push(const std::string& fresh) {
        text_ += fresh;
        std::size_t end = std::string::npos;
        for (const auto& stop : stops_)
            end = std::min(end, text_.find(stop, shown_));
        if (end != std::string::npos) {
            stopped_ = true;
            text_.resize(end);
            return take(end);
        }
        std::size_t held = 0;
        for (const auto& stop : stops_)
            for (std::size_t n = std::min(stop.size() - 1, text_.size() - shown_); n > held; --n)
                if (text_.ends_with(std::string_view(stop).substr(0, n))) {
                    held = n;
                    break;
                }
        return take(text_.size() - held);
    }
    std::string finish() { return take(text_.size()); }
    [[nodiscard]] bool stopped() const { return stopped_; }
    [[nodiscard]] const std::string& text() const { return text_; }

  private:
    std::string take(std::size_t end) {
        std::string part = text_.substr(shown_, end - shown_);
        shown_ = end;
        return part;
    }
    std::vector<std::string> stops_;
    std::string text_;
    std::size_t shown_ = 0;
    bool stopped_ = false;
};

} // namespace

GenerationResult generate_text(const Decoder& decoder, const Tokenizer& tokenizer, const GenerateRequest& request,
                               const JobContext& job, const std::function<void(const GeneratedToken&)>& on_token) {
    check_request(request);
    const NoGrad no_grad;
    const ModelConfig& config = decoder.config();
    std::vector<std::int32_t> prompt = tokenizer.encode(request.prompt).ids;
    if (prompt.empty()) {
        if (!tokenizer.end_of_text())
            throw Error("an empty prompt needs an end-of-text token to start from, and this tokenizer has none",
                        "prompt", "type at least one word");
        prompt.push_back(*tokenizer.end_of_text());
    }
    if (std::cmp_greater(prompt.size(), config.positions))
        throw Error("the prompt has " + std::to_string(prompt.size()) + " tokens, the model reads at most " +
                        std::to_string(config.positions),
                    "prompt", "shorten the prompt");

    std::vector<std::int32_t> ends = config.end_of_text;
    if (tokenizer.end_of_text())
        ends.push_back(*tokenizer.end_of_text());

    // A vocabulary padded beyond the tokenizer's has ids that spell nothing: they are not drawn.
    const std::int64_t spelled = std::min(config.vocab, tokenizer.vocab_size());

    GenerationResult result;
    result.ended_by = "length";
    Random random(request.seed);
    const Sampling sampling{request.greedy, request.temperature, request.top_k, request.top_p};
    Runner runner(decoder, request.use_cache);
    StreamDecoder stream(tokenizer);
    StoppedText text(request.stop);
    std::vector<std::size_t> begins; // of each token in the text, in bytes
    at::Tensor ids = decoder.pad({prompt});
    const auto start = std::chrono::steady_clock::now();
    while (std::cmp_less(result.ids.size(), request.max_tokens) && ids.size(1) <= config.positions) {
        job.check();
        const std::int32_t id = pick_token(runner.next_logits(ids)[0].slice(0, 0, spelled), sampling, random);
        if (std::ranges::find(ends, id) != ends.end()) {
            result.ended_by = "end of text";
            break;
        }
        begins.push_back(text.text().size());
        result.ids.push_back(id);
        result.pieces.push_back(tokenizer.piece(id));
        const std::string shown = text.push(stream.push(id));
        if (on_token)
            on_token({id, shown});
        if (text.stopped()) {
            result.ended_by = "stop";
            break;
        }
        ids = appended(ids, {id});
        job.report({.phase = "generating",
                    .fraction = static_cast<double>(result.ids.size()) / request.max_tokens,
                    .seconds_left = -1,
                    .detail = {}});
    }
    const double seconds = seconds_since(start);
    result.tokens_per_second = seconds > 0 ? static_cast<double>(result.ids.size()) / seconds : 0;

    if (text.stopped()) {
        // Tokens that only spell the stop string are not part of the answer.
        while (!result.ids.empty() && begins[result.ids.size() - 1] >= text.text().size()) {
            result.ids.pop_back();
            result.pieces.pop_back();
        }
    } else {
        const std::string rest = text.push(stream.finish()) + text.finish();
        if (on_token && !rest.empty())
            on_token({-1, rest});
    }
    result.text = text.text();
    return result;
}

std::vector<std::vector<std::int32_t>> sample_batch(const Decoder& decoder,
                                                    const std::vector<std::vector<std::int32_t>>& prompts, int length,
                                                    std::uint64_t seed, const JobContext& job) {
    const NoGrad no_grad;
    std::map<std::size_t, std::vector<std::size_t>> rows_by_length; // rows of one length run together without padding
    for (std::size_t row = 0; row < prompts.size(); ++row)
        rows_by_length[prompts[row].size()].push_back(row);

    std::vector<std::vector<std::int32_t>> written(prompts.size());
    const Sampling sampling{.greedy = false, .temperature = 1, .top_k = 5, .top_p = 1};
    for (const auto& [prompt_length, rows] : rows_by_length) {
        std::vector<std::vector<std::int32_t>> texts;
        std::vector<Random> random; // one a row: what a row says does not depend on its neighbours
        for (const std::size_t row : rows) {
            texts.push_back(prompts[row]);
            random.emplace_back(Random(seed + row).next());
        }
        at::Tensor ids = decoder.pad(texts);
        Runner runner(decoder, true);
        for (int step = 0; step < length && ids.size(1) < decoder.config().positions; ++step) {
            job.check();
            at::Tensor logits = runner.next_logits(ids).clone();
            for (const std::int32_t end : decoder.config().end_of_text)
                if (end >= 0 && end < logits.size(1))
                    logits.select(1, end).fill_(-INFINITY); // a context is one running text
            std::vector<std::int64_t> next;
            for (std::size_t i = 0; i < rows.size(); ++i) {
                next.push_back(pick_token(logits[static_cast<std::int64_t>(i)], sampling, random[i]));
                written[rows[i]].push_back(static_cast<std::int32_t>(next.back()));
            }
            ids = appended(ids, next);
        }
    }
    return written;
}

} // namespace emend
