// SPDX-License-Identifier: GPL-3.0-or-later
// Where collected statistics are kept, and what is remembered beside them so that questions about them can be answered
// from headers: hashes of corpora, how fast collections went, spectra in two numbers. All of it can be computed again:
// notes that are missing, broken or cannot be written cost time, never an Error. Belongs to one thread.
#pragma once

#include "model/decoder.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace emend {

// A folder of the cache ("statistics", "factors"), made when missing; empty when there is no cache.
std::filesystem::path cache_folder(const std::string& name);

// Statistics of these weights over this text, up to `cap` tokens; empty when there is no cache.
std::filesystem::path collected_file(const Decoder& decoder, const std::string& model_fingerprint,
                                     const std::string& corpus_sha256, std::int64_t cap);

// A file as it is now, in words: another size or time of writing is another file. Of a folder: of all files in it.
std::string file_state(const std::filesystem::path& path);

// Multiplications and additions per token of a pass over the text for these layers: what its time goes with.
double collection_work(const ModelConfig& config, const std::vector<int>& layers);

// Under which speeds are remembered.
std::string speed_key(const Decoder& decoder, const std::string& model_fingerprint);

struct SpectrumNote {
    double condition = 0; // may be infinite
    double effective_rank = 0;
};

class StatisticsNotes {
  public:
    static StatisticsNotes load();
    void save() const;

    [[nodiscard]] std::string corpus_sha256(const std::string& state) const; // empty: not known
    void set_corpus(const std::string& state, const std::string& sha256) { corpora_[state] = sha256; }
    // Work done per second by the last collection of this model; 0: not known.
    [[nodiscard]] double speed(const std::string& model) const;
    void set_speed(const std::string& model, double work_per_second) { speeds_[model] = work_per_second; }
    [[nodiscard]] std::optional<SpectrumNote> spectrum(const std::string& state, int layer) const;
    void set_spectrum(const std::string& state, int layer, SpectrumNote note);

  private:
    std::map<std::string, std::string> corpora_;
    std::map<std::string, double> speeds_;
    std::map<std::string, SpectrumNote> spectra_;
};

} // namespace emend
