// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/causal_trace.h"

#include "analysis/prediction.h"
#include "analysis/restored_runs.h"
#include "analysis/trace_noise.h"
#include "base/job_part.h"
#include "base/memory.h"
#include "emend/error.h"
#include "text/subject_locator.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <memory>
#include <utility>

namespace emend {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::milliseconds between_tellings{100};

void check(const TraceRequest& request) {
    if (request.samples < 1)
        throw Error("the trace needs at least one sample of the noise, not " + std::to_string(request.samples),
                    "samples", "10 is usual");
    if (request.window < 1)
        throw Error("the window needs at least one layer, not " + std::to_string(request.window), "window",
                    "10 is usual");
    if (request.noise && (!std::isfinite(*request.noise) || *request.noise < 0))
        throw Error("the noise must be zero or a positive number", "noise",
                    "leave it out for three standard deviations of the token embedding");
}

// Layers put back for a cell.
RestoredRuns::Window window_of(const TraceRequest& request, int layer, int layers) {
    if (request.kind == TraceKind::hidden)
        return {layer, layer + 1};
    const int below = request.window / 2;
    const int above = request.window - below; // as the reference: l - (-W // 2), rounded down
    return {std::max(0, layer - below), layer + std::min(above, layers - layer)};
}

// Objects whose other tokens read on from one another share a text: {text, its objects by number}.
struct TextOfObjects {
    TracedText text;
    std::vector<std::size_t> objects;
};
std::vector<TextOfObjects> texts_of(const LocatedPrompt& prompt, const std::vector<std::vector<std::int32_t>>& ids) {
    std::vector<std::size_t> longest_first(ids.size());
    for (std::size_t i = 0; i < ids.size(); ++i)
        longest_first[i] = i;
    std::ranges::stable_sort(longest_first, std::greater{}, [&](std::size_t i) { return ids[i].size(); });
    std::vector<TextOfObjects> texts;
    for (const std::size_t i : longest_first) {
        const std::size_t following = ids[i].size() - 1;
        auto found = std::ranges::find_if(texts, [&](const TextOfObjects& text) {
            return std::equal(ids[i].begin(), ids[i].end() - 1, text.text.ids.begin() + text.text.prompt_tokens);
        });
        if (found == texts.end()) {
            TracedText text{.ids = prompt.full.ids,
                            .prompt_tokens = static_cast<int>(prompt.full.ids.size()),
                            .subject_first = prompt.first_subject_token,
                            .subject_last = prompt.last_subject_token,
                            .objects = {}};
            text.ids.insert(text.ids.end(), ids[i].begin(), ids[i].begin() + static_cast<std::ptrdiff_t>(following));
            found = texts.insert(texts.end(), {std::move(text), {}});
        }
        found->text.objects.push_back(ids[i]);
        found->objects.push_back(i);
    }
    return texts;
}

// Mean and standard deviation (0 for one number).
std::pair<double, double> mean_and_spread(const at::Tensor& numbers) {
    const double mean = numbers.mean().item<double>();
    return {mean, numbers.numel() > 1 ? numbers.std().item<double>() : 0.0};
}

class Trace {
  public:
    Trace(const Decoder& decoder, const Tokenizer& tokenizer, const TraceRequest& request, const JobContext& job,
          const std::function<void(const TraceResult&)>& on_cells, const TraceOptions& options)
        : decoder_(decoder)
        , tokenizer_(tokenizer)
        , request_(request)
        , job_(job)
        , on_cells_(on_cells)
        , options_(options) {}

    TraceResult run() {
        check(request_);
        prepare();
        tell();
        try {
            for (const Batch& batch : batches_)
                run(batch);
            detailed_.report({"causal trace", 1, 0, {}}); // the newest batch is counted now
            job_.check();
        } catch (const Cancelled&) {
            if (untold_)
                tell();
            throw;
        }
        result_.seconds = seconds();
        return std::move(result_);
    }

  private:
    // Windows of one token that run together, and the layers they are the cells of: several where windows coincide.
    struct Batch {
        int token;
        std::vector<RestoredRuns::Window> windows;
        std::vector<std::vector<int>> layers; // of each window
        double work;                          // blocks times tokens, for the progress
    };

    void prepare() {
        const LocatedPrompt prompt = locate_subject(tokenizer_, request_.prompt, request_.subject);
        const int layers = decoder_.config().layers;
        result_.kind = request_.kind;
        result_.window = request_.kind == TraceKind::hidden ? 1 : request_.window;
        result_.subject = request_.subject;
        result_.prompt = prompt.text;
        for (const std::int32_t id : prompt.full.ids)
            result_.tokens.push_back(tokenizer_.piece(id));
        result_.subject_first = prompt.first_subject_token;
        result_.subject_last = prompt.last_subject_token;
        result_.layers = layers;

        std::vector<TextOfObjects> texts = texts_of(prompt, object_ids(prompt));
        const at::Tensor noise = make_noise(texts);
        for (TextOfObjects& text : texts) {
            runs_.push_back(std::make_unique<RestoredRuns>(decoder_, std::move(text.text), request_.kind, noise, job_));
            objects_.push_back(std::move(text.objects));
        }
        read_ends();
        plan();
    }

    // Ids of each object; fills in their texts. Throws Error when one does not fit behind the prompt.
    std::vector<std::vector<std::int32_t>> object_ids(const LocatedPrompt& prompt) {
        std::vector<std::vector<std::int32_t>> ids;
        std::vector<PredictionQuery> queries;
        for (const std::string& object : request_.objects) {
            ids.push_back(encode_target(tokenizer_, object));
            queries.push_back({prompt.text, object, {}});
            result_.objects.emplace_back().text = object;
        }
        check_queries(decoder_, tokenizer_, queries);
        if (ids.empty()) {
            const TokenProbability said =
                predict(decoder_, tokenizer_, {{prompt.text, {}, {}}}, 1, job_).front().top.front();
            ids.push_back({said.id});
            result_.objects.emplace_back().text = said.piece;
        }
        return ids;
    }

    at::Tensor make_noise(const std::vector<TextOfObjects>& texts) {
        const std::int64_t tokens = result_.subject_last - result_.subject_first + 1;
        const std::int64_t width = decoder_.config().d_model;
        if (!request_.noise_file.empty()) {
            const at::Tensor noise = read_noise(request_.noise_file, tokens, width);
            result_.samples = static_cast<int>(noise.size(0));
            check_memory(texts);
            return noise;
        }
        result_.samples = request_.samples;
        result_.noise = request_.noise ? *request_.noise : default_noise(decoder_.weights());
        check_memory(texts);
        return draw_noise(request_.seed, result_.noise, request_.samples, tokens, width);
    }

    void check_memory(const std::vector<TextOfObjects>& texts) const {
        const Weights& weights = decoder_.weights();
        const std::uint64_t available = weights.device().is_cpu() ? memory_available() : 0;
        std::uint64_t needed = 0;
        for (const TextOfObjects& text : texts)
            needed += RestoredRuns::bytes_needed(decoder_.config(), text.text.ids.size(), result_.samples,
                                                 weights.token_embedding().element_size());
        if (available > 0 && needed > available)
            throw Error("the states to be traced take " + gigabytes_text(needed) + " of memory, of which " +
                            gigabytes_text(available) + " are free",
                        "samples", "ask for fewer samples, or for a shorter prompt");
    }

    // Clean and corrupted probabilities; the cells that need no run.
    void read_ends() {
        const auto cells = result_.tokens.size() * static_cast<std::size_t>(result_.layers);
        for (std::size_t r = 0; r < runs_.size(); ++r)
            for (std::size_t o = 0; o < objects_[r].size(); ++o) {
                const auto column = static_cast<std::int64_t>(o);
                TraceObject& object = result_.objects[objects_[r][o]];
                object.clean = runs_[r]->clean()[column].item<double>();
                std::tie(object.corrupted, object.corrupted_spread) =
                    mean_and_spread(runs_[r]->corrupted().select(1, column));
                if (!std::isfinite(object.clean))
                    throw Error("the model's output is not a number", "the clean run",
                                "undo the last edit, or open the model in float32");
                if (!std::isfinite(object.corrupted))
                    throw Error("the model's output is not a number", "the run with noise",
                                "use less noise, or open the model in float32");
                object.effect.assign(cells, std::numeric_limits<double>::quiet_NaN());
            }
        for (int token = 0; std::cmp_less(token, result_.tokens.size()); ++token)
            for (int layer = 0; layer < result_.layers; ++layer)
                if (runs_[0]->is_without_effect(token, window_of(request_, layer, result_.layers))) {
                    for (TraceObject& object : result_.objects)
                        object.effect[place(token, layer)] = object.corrupted;
                    ++cells_;
                }
    }

    // The best cells first.
    void plan() {
        const int last = static_cast<int>(result_.tokens.size()) - 1;
        std::vector<int> order = {result_.subject_last};
        if (last != result_.subject_last)
            order.push_back(last);
        for (int token = result_.subject_first; token < last; ++token)
            if (token != result_.subject_last)
                order.push_back(token);
        for (const int token : order) {
            int at_once = options_.cells_at_once;
            for (std::size_t r = 0; at_once < 1 && r < runs_.size(); ++r)
                at_once = runs_[r]->windows_at_once(token);
            plan(token, static_cast<std::size_t>(at_once));
        }
    }

    void plan(int token, std::size_t at_once) {
        bool open = false; // the newest batch takes more windows
        for (int layer = 0; layer < result_.layers; ++layer) {
            const RestoredRuns::Window window = window_of(request_, layer, result_.layers);
            if (runs_[0]->is_without_effect(token, window))
                continue;
            if (open && batches_.back().windows.back().first == window.first &&
                batches_.back().windows.back().end == window.end) {
                batches_.back().layers.back().push_back(layer);
                continue;
            }
            if (!open || batches_.back().windows.size() >= at_once)
                batches_.push_back({token, {}, {}, 0});
            open = true;
            Batch& batch = batches_.back();
            batch.windows.push_back(window);
            batch.layers.push_back({layer});
            // Never 0: the last layer's cells run nothing but the logits.
            const double work = (result_.layers - window.first) * (static_cast<double>(result_.tokens.size()) - token);
            batch.work += work;
            work_ += work;
        }
    }

    void run(const Batch& batch) {
        job_.check();
        for (std::size_t r = 0; r < runs_.size(); ++r) {
            const double share = batch.work / (work_ * static_cast<double>(runs_.size()));
            const double begin = done_;
            const JobContext part = part_of(detailed_, begin, begin + share, start_);
            const at::Tensor found = runs_[r]->restore(batch.token, batch.windows, part).mean(1); // [windows, objects]
            fill(batch, found, objects_[r]);
            done_ += share;
        }
        for (const auto& layers : batch.layers)
            cells_ += layers.size();
        untold_ = true;
        if (Clock::now() - told_ >= between_tellings)
            tell();
    }

    void fill(const Batch& batch, const at::Tensor& found, const std::vector<std::size_t>& objects) {
        const auto numbers = found.accessor<double, 2>();
        for (std::size_t w = 0; w < batch.windows.size(); ++w)
            for (std::size_t o = 0; o < objects.size(); ++o) {
                const double effect = numbers[static_cast<std::int64_t>(w)][static_cast<std::int64_t>(o)];
                if (!std::isfinite(effect))
                    throw Error("the model's output is not a number",
                                "token " + std::to_string(batch.token) + ", layer " +
                                    std::to_string(batch.layers[w].front()) + " put back",
                                "use less noise, or open the model in float32");
                for (const int layer : batch.layers[w])
                    result_.objects[objects[o]].effect[place(batch.token, layer)] = effect;
            }
    }

    void tell() {
        result_.seconds = seconds();
        untold_ = false;
        if (on_cells_)
            on_cells_(result_);
        told_ = Clock::now();
    }

    [[nodiscard]] std::size_t place(int token, int layer) const {
        return static_cast<std::size_t>(token) * static_cast<std::size_t>(result_.layers) +
               static_cast<std::size_t>(layer);
    }
    [[nodiscard]] double seconds() const { return std::chrono::duration<double>(Clock::now() - start_).count(); }

    const Decoder& decoder_;
    const Tokenizer& tokenizer_;
    const TraceRequest& request_;
    const JobContext& job_;
    const std::function<void(const TraceResult&)>& on_cells_;
    const TraceOptions& options_;
    const Clock::time_point start_ = Clock::now();
    const JobContext detailed_ = JobContext(
        [this](Progress progress) {
            progress.fraction = std::min(progress.fraction, 1.0); // the shares' sum is rounded
            progress.detail = std::to_string(cells_) + " of " +
                              std::to_string(result_.tokens.size() * static_cast<std::size_t>(result_.layers)) +
                              " cells";
            job_.report(progress);
        },
        job_.stop_token());

    TraceResult result_;
    std::vector<std::unique_ptr<RestoredRuns>> runs_; // one a text
    std::vector<std::vector<std::size_t>> objects_;   // of each text, by number
    std::vector<Batch> batches_;
    double work_ = 0;       // of all batches
    double done_ = 0;       // fraction of it
    std::size_t cells_ = 0; // that are known
    Clock::time_point told_ = start_;
    bool untold_ = false;
};

} // namespace

TraceResult trace_fact(const Decoder& decoder, const Tokenizer& tokenizer, const TraceRequest& request,
                       const JobContext& job, const std::function<void(const TraceResult&)>& on_cells,
                       const TraceOptions& options) {
    const NoGrad no_grad;
    return Trace(decoder, tokenizer, request, job, on_cells, options).run();
}

} // namespace emend
