// SPDX-License-Identifier: GPL-3.0-or-later
// One pass over a corpus. What is summed in which order depends on corpus, tokenizer, cap and model alone, so that a
// collection that was stopped and resumed ends with the bits of one that ran through.
#include "base/job_part.h"
#include "base/log.h"
#include "base/memory.h"
#include "editing/corpus.h"
#include "editing/statistics.h"
#include "editing/statistics_cache.h"
#include "editing/statistics_file.h"
#include "emend/error.h"
#include "storage/safetensors.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstring>
#include <filesystem>

namespace emend {

namespace {

using Clock = std::chrono::steady_clock;
using Rows = std::vector<std::vector<std::int32_t>>;

// Documents are read by the window, sorted by length inside it and run in batches of nearly equal length.
constexpr std::int64_t window_tokens = 1 << 16;

// Where a collection stands. Windows follow from their start, so a start and a number of batches say it all.
struct Cursor {
    std::uint64_t window_offset = 0; // byte of the corpus
    std::int64_t window_first = 0;   // tokens before the window
    std::int64_t batches_done = 0;   // of the window
    std::int64_t documents_cut = 0;  // before the window
    std::int64_t tokens = 0;         // summed so far

    bool operator==(const Cursor&) const = default;
};

struct Window {
    Rows rows;
    std::int64_t tokens = 0;
    std::int64_t documents_cut = 0;
    std::uint64_t end_offset = 0;
    bool last = false;
};

Window read_window(const Corpus& corpus, const Tokenizer& tokenizer, std::uint64_t offset, std::int64_t cap,
                   std::int64_t positions, const JobContext& job) {
    Window window;
    while (window.tokens < std::min(cap, window_tokens)) {
        job.check();
        auto line = corpus.next(offset);
        if (!line) {
            window.last = true;
            break;
        }
        // A line of megabytes need not be tokenised whole to get its first tokens.
        std::size_t length = std::min(line->size(), static_cast<std::size_t>(positions) * 64);
        while (length < line->size() && length > 0 && (static_cast<unsigned char>((*line)[length]) & 0xC0) == 0x80)
            --length;
        std::vector<std::int32_t> ids = tokenizer.encode(line->substr(0, length)).ids;
        if (length < line->size() || static_cast<std::int64_t>(ids.size()) > positions)
            ++window.documents_cut;
        const std::int64_t room = std::min(positions, cap - window.tokens);
        if (static_cast<std::int64_t>(ids.size()) > room)
            ids.resize(static_cast<std::size_t>(room));
        if (ids.empty())
            continue;
        window.tokens += static_cast<std::int64_t>(ids.size());
        window.rows.push_back(std::move(ids));
    }
    window.end_offset = offset;
    window.last = window.last || window.tokens >= cap;
    std::ranges::stable_sort(window.rows, {}, &std::vector<std::int32_t>::size);
    return window;
}

std::vector<Rows> to_batches(Rows rows, std::int64_t batch_tokens) {
    std::vector<Rows> batches;
    for (auto& row : rows) { // ascending: the newest row is the longest
        const auto length = static_cast<std::int64_t>(row.size());
        if (batches.empty() || (static_cast<std::int64_t>(batches.back().size()) + 1) * length > batch_tokens)
            batches.emplace_back();
        batches.back().push_back(std::move(row));
    }
    return batches;
}

constexpr std::array cursor_keys = {"window_offset", "window_first", "batches_done", "documents_cut", "tokens"};

void save_partial(const std::filesystem::path& path, const SecondMoments& moments, const Cursor& cursor) {
    const std::array<std::int64_t, 5> values = {static_cast<std::int64_t>(cursor.window_offset), cursor.window_first,
                                                cursor.batches_done, cursor.documents_cut, cursor.tokens};
    const std::vector<at::Tensor> sums = moments.sums();
    SafetensorsWriter writer;
    for (std::size_t i = 0; i < sums.size(); ++i)
        writer.add("sum." + std::to_string(moments.layers()[i]), DType::F64, sums[i].sizes().vec(), sums[i].data_ptr());
    for (std::size_t i = 0; i < values.size(); ++i)
        writer.set_metadata(cursor_keys[i], std::to_string(values[i]));
    writer.write(path);
}

// Empty (and a line in the log) when there is nothing usable: starting over is always right.
std::optional<Cursor> load_partial(const std::filesystem::path& path, SecondMoments& moments) {
    if (!std::filesystem::exists(path))
        return {};
    try {
        const SafetensorsFile file = SafetensorsFile::open(path);
        std::array<std::int64_t, 5> values{};
        for (std::size_t i = 0; i < values.size(); ++i)
            values[i] = std::stoll(file.metadata().at(cursor_keys[i]));
        std::vector<at::Tensor> sums = moments.sums();
        for (std::size_t i = 0; i < sums.size(); ++i) {
            const TensorView& view = file.at("sum." + std::to_string(moments.layers()[i]));
            if (view.dtype != DType::F64 || view.shape != sums[i].sizes().vec())
                throw Error("sums of another size");
            sums[i] = at::empty(view.shape, at::kDouble);
            std::memcpy(sums[i].data_ptr(), view.data, view.bytes);
        }
        moments.restore(sums, values[4]);
        return Cursor{.window_offset = static_cast<std::uint64_t>(values[0]),
                      .window_first = values[1],
                      .batches_done = values[2],
                      .documents_cut = values[3],
                      .tokens = values[4]};
    } catch (const std::exception& fault) {
        log_warning("a stopped collection of statistics cannot be resumed and starts over: " +
                    std::string(fault.what()));
        return {};
    }
}

struct CorpusPass {
    const Corpus& corpus;
    const Tokenizer& tokenizer;
    std::int64_t cap = 0;
    std::int64_t positions = 0;
    std::int64_t batch_tokens = 0;
    std::filesystem::path partial;
};

// Runs the corpus through; when the job is stopped the partial file holds all that was summed.
Cursor run_pass(const CorpusPass& pass, SecondMoments& moments, Cursor cursor, const JobContext& job) {
    const Clock::time_point start = Clock::now();
    const std::int64_t tokens_before = cursor.tokens;
    Clock::time_point saved = start;
    double save_interval = 5; // seconds; never more than a tenth of the time goes into saving
    Cursor on_disk = cursor;
    bool can_save = !pass.partial.empty();
    const auto save = [&] { // only nice to have: a full disk must not end a collection
        if (!can_save)
            return;
        const Clock::time_point begin = Clock::now();
        try {
            save_partial(pass.partial, moments, cursor);
        } catch (const Error& fault) {
            can_save = false;
            log_warning(std::string("what is collected cannot be kept for going on later: ") + fault.what());
        }
        on_disk = cursor;
        saved = Clock::now();
        save_interval = std::max(5.0, 10 * seconds_since(begin));
    };
    double first_fraction = -1;
    try {
        for (bool finished = false; !finished;) {
            const Window window = read_window(pass.corpus, pass.tokenizer, cursor.window_offset,
                                              pass.cap - cursor.window_first, pass.positions, job);
            const std::vector<Rows> batches = to_batches(window.rows, pass.batch_tokens);
            while (cursor.batches_done < static_cast<std::int64_t>(batches.size())) {
                job.check();
                moments.add(batches[static_cast<std::size_t>(cursor.batches_done)], job);
                ++cursor.batches_done;
                cursor.tokens = moments.count();

                const double in_window =
                    static_cast<double>(cursor.tokens - cursor.window_first) / static_cast<double>(window.tokens);
                const double bytes = static_cast<double>(cursor.window_offset) +
                                     in_window * static_cast<double>(window.end_offset - cursor.window_offset);
                const double fraction = std::max(static_cast<double>(cursor.tokens) / static_cast<double>(pass.cap),
                                                 bytes / static_cast<double>(pass.corpus.size()));
                if (first_fraction < 0)
                    first_fraction = fraction;
                const double elapsed = seconds_since(start);
                const double speed = static_cast<double>(cursor.tokens - tokens_before) / elapsed;
                const double here = fraction - first_fraction;
                job.report({.phase = "statistics",
                            .fraction = fraction,
                            .seconds_left = here > 0 ? elapsed * (1 - fraction) / here : -1,
                            .detail = std::to_string(cursor.tokens) + " tokens, " +
                                      std::to_string(static_cast<std::int64_t>(speed)) + " tokens/s"});
                if (seconds_since(saved) > save_interval)
                    save();
            }
            cursor = {.window_offset = window.end_offset,
                      .window_first = cursor.window_first + window.tokens,
                      .batches_done = 0,
                      .documents_cut = cursor.documents_cut + window.documents_cut,
                      .tokens = cursor.tokens};
            finished = window.last;
        }
    } catch (const Cancelled&) {
        if (!(on_disk == cursor))
            save();
        throw;
    }
    return cursor;
}

// Rather an Error now than a program that is killed an hour later.
void check_memory(const Decoder& decoder, std::size_t layers, std::uint64_t available) {
    if (available == 0 && decoder.weights().device().is_cpu())
        available = memory_available();
    const std::uint64_t needed = collection_bytes(decoder, layers);
    if (available != 0 && needed > available)
        throw Error("collecting " + std::to_string(layers) + " layers at once takes about " + gigabytes_text(needed) +
                        " beside the model, and " + gigabytes_text(available) + " are free",
                    {}, "collect fewer layers at a time: those that are done are kept, and are used together");
}

} // namespace

Collected collect(const Decoder& decoder, const Tokenizer& tokenizer, const std::string& model_fingerprint,
                  const CollectOptions& options, const JobContext& job) {
    namespace fs = std::filesystem;
    const std::int64_t key_size = decoder.config().d_mlp;
    const std::int64_t cap = options.tokens > 0 ? options.tokens : 10 * key_size;
    if (options.layers.empty())
        throw Error("no layer was named to collect statistics of");
    const Corpus corpus = Corpus::open(options.corpus, job);

    Collected result;
    const fs::path file = collected_file(decoder, model_fingerprint, corpus.sha256(), cap);
    const bool has_cache = !file.empty(); // else nothing is kept, and the work goes on
    if (!has_cache)
        result.warnings.push_back("the statistics are not kept for the next time: there is no folder for a cache");
    const std::string precision = at::toString(decoder.weights().dtype());
    StatisticsNotes notes = StatisticsNotes::load();
    notes.set_corpus(file_state(options.corpus), corpus.sha256());

    std::vector<LayerStatistics> present;
    if (options.use_cache && has_cache && fs::exists(file)) {
        try {
            present =
                read_statistics(file, {.layers = {}, .key_size = key_size, .model_fingerprint = model_fingerprint})
                    .layers;
        } catch (const Error& fault) {
            log_warning(std::string("cached statistics are collected again: ") + fault.what());
        }
    }
    const auto find = [&](int layer) { return std::ranges::find(present, layer, &LayerStatistics::layer); };
    std::vector<int> missing;
    std::ranges::copy_if(options.layers, std::back_inserter(missing),
                         [&](int layer) { return find(layer) == present.end(); });

    result.file = file.string();
    result.corpus_sha256 = corpus.sha256();
    result.from_cache = missing.empty();
    if (!missing.empty()) {
        std::string names;
        for (const int layer : missing)
            names += "-" + std::to_string(layer);
        const fs::path partial =
            has_cache ? file.parent_path() / (file.stem().string() + names.substr(0, 100) + ".partial") : fs::path();
        check_memory(decoder, missing.size(), options.bytes_available);
        SecondMoments moments(decoder, missing);
        Cursor cursor;
        if (options.resume && has_cache)
            cursor = load_partial(partial, moments).value_or(Cursor{});
        const std::int64_t tokens_before = cursor.tokens;
        const Clock::time_point start = Clock::now();
        cursor = run_pass({.corpus = corpus,
                           .tokenizer = tokenizer,
                           .cap = cap,
                           .positions = decoder.config().positions,
                           .batch_tokens = tokens_per_batch(decoder),
                           .partial = partial},
                          moments, cursor, job);
        result.tokens_per_second = static_cast<double>(cursor.tokens - tokens_before) / seconds_since(start);
        notes.set_speed(speed_key(decoder, model_fingerprint),
                        result.tokens_per_second * collection_work(decoder.config(), missing));
        std::ranges::move(std::move(moments).finish(), std::back_inserter(present));
        std::ranges::sort(present, {}, &LayerStatistics::layer);
        if (has_cache) {
            try {
                write_statistics(file, present, model_fingerprint, corpus.sha256(),
                                 {{"precision", precision},
                                  {"token_cap", std::to_string(cap)},
                                  {"tokens_per_second", std::to_string(std::llround(result.tokens_per_second))},
                                  {"documents_cut", std::to_string(cursor.documents_cut)}});
            } catch (const Error& fault) {
                result.file.clear();
                result.warnings.push_back(std::string("the statistics are not kept for the next time: ") +
                                          fault.what());
            }
            std::error_code ignored;
            fs::remove(partial, ignored);
        }
        if (cursor.documents_cut > 0)
            result.warnings.push_back(std::to_string(cursor.documents_cut) +
                                      " documents of the corpus were cut to the model's " +
                                      std::to_string(decoder.config().positions) +
                                      " positions; a paragraph per line would use all of the text");
    }
    notes.save();
    for (const int layer : options.layers)
        result.layers.push_back(*find(layer));
    if (const std::int64_t count = result.layers.front().count; count < std::min(cap, 2 * key_size))
        result.warnings.push_back("the corpus has only " + std::to_string(count) + " tokens for keys of length " +
                                  std::to_string(key_size) + ": a longer text makes edits more specific");
    return result;
}

} // namespace emend
