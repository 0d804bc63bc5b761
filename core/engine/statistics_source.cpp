// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/statistics_source.h"

#include "base/hash.h"
#include "base/job_part.h"
#include "base/memory.h"
#include "editing/corpus.h"
#include "editing/statistics_cache.h"
#include "editing/statistics_file.h"
#include "emend/error.h"

#include <algorithm>
#include <filesystem>

namespace emend {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uintmax_t quickly_hashed = std::uintmax_t{16} << 20; // bytes of a corpus: some ten milliseconds
constexpr double spectrum_share = 0.1;                              // of a collection's progress

std::int64_t tokens_wanted(const OpenModel& model, std::int64_t asked) {
    return asked > 0 ? asked : 10 * std::int64_t{model.info.d_mlp};
}

// What model.metrics_source says when the statistics come from there.
std::string source_of(const Recipe& recipe, const std::string& path, bool force) {
    const bool from_file = !recipe.statistics_file.empty();
    return file_state(path) +
           (from_file ? (force ? " forced" : " file") : " " + std::to_string(recipe.statistics_tokens));
}

void look_at(StatisticsStatus& status, const StatisticsHeader& header, const std::filesystem::path& file,
             const StatisticsNotes& notes) {
    const std::string state = file_state(file);
    for (auto& layer : status.layers) {
        const StatisticsHeader::Layer* found = header.find(layer.layer);
        if (!found)
            continue;
        layer.present = true;
        layer.tokens = found->count;
        if (const auto spectrum = notes.spectrum(state, layer.layer)) {
            layer.condition = spectrum->condition;
            layer.effective_rank = spectrum->effective_rank;
        }
    }
}

std::vector<int> missing_layers(const StatisticsStatus& status) {
    std::vector<int> missing;
    for (const auto& layer : status.layers)
        if (!layer.present)
            missing.push_back(layer.layer);
    return missing;
}

void look_at_file(StatisticsStatus& status, const OpenModel& model, const Recipe& recipe,
                  const StatisticsNotes& notes) {
    status.source = recipe.statistics_file;
    const StatisticsHeader header = read_statistics_header(recipe.statistics_file, written_layers(recipe));
    look_at(status, header, recipe.statistics_file, notes);
    const auto unfit =
        std::ranges::find_if(header.layers, [&](const auto& layer) { return layer.key_size != model.info.d_mlp; });
    if (!header.model_fingerprint.empty() && header.model_fingerprint != model.info.fingerprint) {
        status.problem = "these statistics are of another model";
        status.hint = "collect statistics for this model; emend-cli edit --force takes these all the same";
    } else if (unfit != header.layers.end()) {
        status.problem = "these statistics are for keys of " + std::to_string(unfit->key_size) +
                         " entries, and this model's have " + std::to_string(model.info.d_mlp);
        status.hint = "they belong to another model or layer; collect statistics for this one";
    } else if (const std::vector<int> missing = missing_layers(status); !missing.empty()) {
        status.problem = "the file has no statistics of layer " + layers_to_text(missing);
        status.hint = "collect the missing ones, or edit the layers that are there";
    }
}

// Empty when nobody knows it and it would take long to find out.
std::string sha256_of(const std::string& corpus, const StatisticsNotes& notes, const JobContext& job) {
    std::string known = notes.corpus_sha256(file_state(corpus));
    std::error_code none;
    if (known.empty() && std::filesystem::file_size(corpus, none) <= quickly_hashed && !none)
        known = Corpus::open(corpus, job).sha256();
    return known;
}

void look_at_cache(StatisticsStatus& status, const OpenModel& model, const Recipe& recipe, const StatisticsNotes& notes,
                   const JobContext& job) {
    status.source = corpus_path(model, recipe.corpus);
    status.tokens_wanted = tokens_wanted(model, recipe.statistics_tokens);
    static_cast<void>(MappedFile(status.source)); // missing or not to be read: said now, as the collection would
    if (const std::string sha256 = sha256_of(status.source, notes, job); !sha256.empty()) {
        const auto file = collected_file(model.decoder, model.info.fingerprint, sha256, status.tokens_wanted);
        std::error_code none;
        if (!file.empty() && std::filesystem::exists(file, none)) {
            try {
                look_at(status, read_statistics_header(file), file, notes);
            } catch (const Error&) { // a broken one is collected again
            }
        }
    }
    const std::vector<int> missing = missing_layers(status);
    if (missing.empty()) {
        status.seconds_estimate = 0;
        return;
    }
    if (const double speed = notes.speed(speed_key(model.decoder, model.info.fingerprint)); speed > 0)
        status.seconds_estimate =
            static_cast<double>(status.tokens_wanted) * collection_work(model.decoder.config(), missing) / speed;
    const std::uint64_t needed = collection_bytes(model.decoder, missing.size());
    const std::uint64_t available = model.decoder.weights().device().is_cpu() ? memory_available() : 0;
    if (available != 0 && needed > available) {
        status.problem = "collecting " + std::to_string(missing.size()) + " layers at once takes about " +
                         gigabytes_text(needed) + ", and " + gigabytes_text(available) + " are free";
        status.hint = "collect fewer layers at a time: those that are done are kept, and are used together";
    }
}

LayerStatisticsReport report_of(MetricStore& store, int layer) {
    const NoGrad no_grad;
    const LayerStatistics& statistics = store.statistics(layer);
    const at::Tensor& c = statistics.second_moment;
    LayerStatisticsReport report{
        .layer = layer, .tokens = statistics.count, .trace = c.trace().item<double>(), .eigenvalues = {}};
    if (c.size(0) > exact_spectrum_up_to) {
        report.condition = condition_number(c);
        return report;
    }
    const at::Tensor values = store.eigenvalues(layer).contiguous();
    report.condition = condition_of(values);
    report.effective_rank = effective_rank(values);
    report.eigenvalues.assign(values.data_ptr<double>(), values.data_ptr<double>() + values.numel());
    return report;
}

} // namespace

std::string corpus_path(const OpenModel& model, const std::string& asked) {
    if (!asked.empty())
        return asked;
    const std::filesystem::path beside = std::filesystem::path(model.info.path) / "corpus.txt";
    if (!std::filesystem::exists(beside))
        throw Error("key statistics need a text to be collected over, and the model's folder has none", beside.string(),
                    "give a text file as corpus, a statistics file, or edit without statistics");
    return beside.string();
}

std::vector<std::string> provide_statistics(OpenModel& model, const Recipe& recipe, bool force, const JobContext& job) {
    if (!recipe.use_statistics)
        return {};
    const bool from_file = !recipe.statistics_file.empty();
    const std::string path = from_file ? recipe.statistics_file : corpus_path(model, recipe.corpus);
    const std::string source = source_of(recipe, path, force);
    model.metrics.keep_in(cache_folder("factors"));
    // What was taken with a check of whose it is needs no second reading without one.
    const bool at_hand =
        source == model.metrics_source || (force && source_of(recipe, path, false) == model.metrics_source);
    if (!at_hand) {
        model.metrics.clear();
        model.metrics_warnings.clear();
        model.metrics_source = source;
    }
    std::vector<int> missing;
    std::ranges::copy_if(written_layers(recipe), std::back_inserter(missing),
                         [&](int layer) { return !model.metrics.has(layer); });
    if (missing.empty())
        return model.metrics_warnings;

    std::vector<LayerStatistics> layers;
    std::vector<std::string> warnings;
    if (from_file) {
        StatisticsFile file = read_statistics(path, {.layers = missing,
                                                     .key_size = model.info.d_mlp,
                                                     .model_fingerprint = model.info.fingerprint,
                                                     .force = force});
        layers = std::move(file.layers);
        warnings = std::move(file.warnings);
    } else {
        const AtPosition unedited(model.ledger, 0);
        Collected collected = collect(model.decoder, model.tokenizer, model.info.fingerprint,
                                      {.corpus = path, .layers = missing, .tokens = recipe.statistics_tokens}, job);
        layers = std::move(collected.layers);
        warnings = std::move(collected.warnings);
    }
    for (auto& layer : layers)
        model.metrics.put(std::move(layer));
    for (auto& warning : warnings)
        if (std::ranges::find(model.metrics_warnings, warning) == model.metrics_warnings.end())
            model.metrics_warnings.push_back(std::move(warning));
    return model.metrics_warnings;
}

StatisticsStatus statistics_status(OpenModel& model, const Recipe& recipe, const JobContext& job) {
    job.check();
    StatisticsStatus status;
    status.needed = recipe.use_statistics;
    if (!status.needed)
        return status;
    try {
        for (const int layer : written_layers(recipe)) {
            if (layer < 0 || layer >= model.info.layers)
                throw Error("the model has no layer " + std::to_string(layer), {},
                            "its layers are 0 to " + std::to_string(model.info.layers - 1));
            status.layers.push_back({.layer = layer});
        }
        const StatisticsNotes notes = StatisticsNotes::load();
        if (!recipe.statistics_file.empty())
            look_at_file(status, model, recipe, notes);
        else
            look_at_cache(status, model, recipe, notes, job);
        // In use already: there also without a cache, or when they were taken by force.
        for (const bool force : {false, true}) {
            if (model.metrics_source != source_of(recipe, status.source, force))
                continue;
            for (auto& layer : status.layers)
                if (model.metrics.has(layer.layer)) {
                    layer.present = true;
                    layer.tokens = model.metrics.statistics(layer.layer).count;
                }
            if (missing_layers(status).empty()) {
                status.problem.clear();
                status.hint.clear();
                status.seconds_estimate = 0;
            }
        }
    } catch (const Error& fault) {
        status.problem = fault.what();
        status.hint = fault.hint();
    }
    return status;
}

StatisticsReport collect_statistics(OpenModel& model, const StatisticsRequest& request, const JobContext& job) {
    const Clock::time_point start = Clock::now();
    Collected collected;
    {
        const AtPosition unedited(model.ledger, 0);
        collected = collect(model.decoder, model.tokenizer, model.info.fingerprint,
                            {.corpus = corpus_path(model, request.corpus),
                             .layers = request.layers,
                             .tokens = request.tokens,
                             .resume = request.resume},
                            part_of(job, 0, 1 - spectrum_share, start));
    }
    StatisticsReport report{.layers = {},
                            .file = collected.file,
                            .tokens_per_second = collected.tokens_per_second,
                            .from_cache = collected.from_cache};
    if (!request.out.empty()) {
        write_statistics(request.out, collected.layers, model.info.fingerprint, collected.corpus_sha256);
        report.file = request.out;
    }
    StatisticsNotes notes = StatisticsNotes::load();
    const JobContext spectra = part_of(job, 1 - spectrum_share, 1, start);
    const auto count = static_cast<double>(collected.layers.size());
    for (LayerStatistics& statistics : collected.layers) {
        job.check();
        const int layer = statistics.layer;
        spectra.report({.phase = "spectrum",
                        .fraction = static_cast<double>(report.layers.size()) / count,
                        .seconds_left = -1,
                        .detail = "layer " + std::to_string(layer)});
        MetricStore store; // one layer at a time: the others' memory is not taken twice
        store.keep_in(cache_folder("factors"));
        store.put(std::move(statistics));
        report.layers.push_back(report_of(store, layer));
        const SpectrumNote note{.condition = report.layers.back().condition,
                                .effective_rank = report.layers.back().effective_rank};
        for (const std::string& file : {collected.file, request.out})
            if (!file.empty())
                notes.set_spectrum(file_state(file), layer, note);
    }
    notes.save();
    return report;
}

} // namespace emend
