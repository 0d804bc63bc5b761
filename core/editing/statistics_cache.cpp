// SPDX-License-Identifier: GPL-3.0-or-later
#include "editing/statistics_cache.h"

#include "base/file.h"
#include "base/hash.h"
#include "base/json_text.h"
#include "base/log.h"
#include "editing/statistics.h"
#include "emend/error.h"
#include "emend/paths.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace emend {

namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t notes_limit = 1 << 20; // bytes; a few hundred lines are usual
constexpr std::size_t entries_limit = 1000;    // of a kind; beyond, the notes of that kind start over

fs::path notes_file() {
    return fs::path(cache_dir()) / "statistics-notes.json";
}

template<typename Entries>
void keep_small(Entries& entries) {
    if (entries.size() > entries_limit)
        entries.clear();
}

} // namespace

fs::path cache_folder(const std::string& name) {
    try {
        fs::path folder = fs::path(cache_dir()) / name;
        std::error_code ignored; // whoever writes there says it better
        fs::create_directories(folder, ignored);
        return folder;
    } catch (const Error&) {
        return {};
    }
}

fs::path collected_file(const Decoder& decoder, const std::string& model_fingerprint, const std::string& corpus_sha256,
                        std::int64_t cap) {
    const fs::path folder = cache_folder("statistics");
    if (folder.empty())
        return {};
    const std::string key =
        sha256_hex(model_fingerprint + '\n' + at::toString(decoder.weights().dtype()) + '\n' + corpus_sha256 + '\n' +
                   std::to_string(cap) + '\n' + std::to_string(tokens_per_batch(decoder)));
    return folder / (key.substr(0, 32) + ".safetensors");
}

std::string file_state(const fs::path& path) {
    std::error_code none; // a missing file is reported by whoever reads it
    const auto one = [&](const fs::path& file) {
        const auto size = fs::file_size(file, none);
        const auto written = fs::last_write_time(file, none).time_since_epoch().count();
        return file.string() + ' ' + std::to_string(size) + ' ' + std::to_string(written);
    };
    const fs::path whole = fs::weakly_canonical(path, none);
    const fs::path& named = whole.empty() ? path : whole;
    if (!fs::is_directory(named, none))
        return one(named);
    std::vector<std::string> files;
    for (const auto& entry : fs::directory_iterator(named, none))
        if (entry.is_regular_file(none))
            files.push_back(one(entry.path()));
    std::ranges::sort(files);
    std::string text = named.string();
    for (const auto& file : files)
        text += '\n' + file;
    return text;
}

double collection_work(const ModelConfig& config, const std::vector<int>& layers) {
    if (layers.empty())
        return 0;
    const auto d = static_cast<double>(config.d_model);
    const auto d_k = static_cast<double>(config.d_mlp);
    const double blocks = std::ranges::max(layers) + 1;
    // Float64 takes twice as long as float32, and half of the outer product is computed.
    return 2 * blocks * (4 * d * d + 2 * d * d_k) + 2 * static_cast<double>(layers.size()) * d_k * d_k;
}

std::string speed_key(const Decoder& decoder, const std::string& model_fingerprint) {
    return model_fingerprint + ' ' + at::toString(decoder.weights().dtype()) + ' ' + decoder.weights().device().str();
}

StatisticsNotes StatisticsNotes::load() {
    StatisticsNotes notes;
    try {
        const fs::path path = notes_file();
        if (!fs::exists(path))
            return notes;
        const nlohmann::json json = parse_json(read_file(path, notes_limit), path.string());
        notes.corpora_ = json.at("corpora").get<std::map<std::string, std::string>>();
        notes.speeds_ = json.at("speeds").get<std::map<std::string, double>>();
        for (const auto& [key, value] : json.at("spectra").items()) {
            const double condition =
                value.at(0).is_null() ? std::numeric_limits<double>::infinity() : value.at(0).get<double>();
            notes.spectra_[key] = {.condition = condition, .effective_rank = value.at(1).get<double>()};
        }
    } catch (const std::exception& fault) {
        log_debug(std::string("notes about statistics are started over: ") + fault.what());
        return {};
    }
    return notes;
}

void StatisticsNotes::save() const {
    try {
        StatisticsNotes small = *this;
        keep_small(small.corpora_);
        keep_small(small.speeds_);
        keep_small(small.spectra_);
        nlohmann::json spectra = nlohmann::json::object();
        for (const auto& [key, note] : small.spectra_) // infinite has no number in JSON
            spectra[key] = {std::isfinite(note.condition) ? nlohmann::json(note.condition) : nlohmann::json(),
                            note.effective_rank};
        const nlohmann::json json = {
            {"corpora", small.corpora_}, {"speeds", small.speeds_}, {"spectra", std::move(spectra)}};
        write_file_atomic(notes_file(), json.dump(1, ' ', false, nlohmann::json::error_handler_t::replace));
    } catch (const std::exception& fault) {
        log_debug(std::string("notes about statistics cannot be kept: ") + fault.what());
    }
}

std::string StatisticsNotes::corpus_sha256(const std::string& state) const {
    const auto found = corpora_.find(state);
    return found == corpora_.end() ? std::string() : found->second;
}

double StatisticsNotes::speed(const std::string& model) const {
    const auto found = speeds_.find(model);
    return found == speeds_.end() ? 0 : found->second;
}

std::optional<SpectrumNote> StatisticsNotes::spectrum(const std::string& state, int layer) const {
    const auto found = spectra_.find(sha256_hex(state) + ' ' + std::to_string(layer));
    return found == spectra_.end() ? std::nullopt : std::optional(found->second);
}

void StatisticsNotes::set_spectrum(const std::string& state, int layer, SpectrumNote note) {
    spectra_[sha256_hex(state) + ' ' + std::to_string(layer)] = note;
}

} // namespace emend
