// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/statistics_source.h"

#include "editing/statistics_file.h"
#include "emend/error.h"

#include <algorithm>
#include <filesystem>

namespace emend {

namespace {

// A file as it is now: another size or time of writing is another file.
std::string state_of(const std::filesystem::path& path) {
    std::error_code none; // a missing file is reported by whoever reads it
    const auto size = std::filesystem::file_size(path, none);
    const auto written = std::filesystem::last_write_time(path, none).time_since_epoch().count();
    return path.string() + ' ' + std::to_string(size) + ' ' + std::to_string(written);
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
    const std::string source =
        state_of(path) + (from_file ? (force ? " forced" : " file") : " " + std::to_string(recipe.statistics_tokens));
    if (source != model.metrics_source) {
        model.metrics.clear();
        model.metrics_warnings.clear();
        model.metrics_source = source;
    }
    std::vector<int> missing;
    std::ranges::copy_if(recipe.layers, std::back_inserter(missing),
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

} // namespace emend
