// SPDX-License-Identifier: GPL-3.0-or-later
// Key statistics on disk (CLI.md): `layer.<l>.second_moment` [d_k, d_k] F32 or F64, `layer.<l>.count` I64 [1], metadata
// model_fingerprint and corpus_sha256. The .npz files of the reference implementations are read too, one or a folder of
// them (reference_statistics.h). Writing is atomic. Pure functions.
#pragma once

#include "editing/statistics.h"

#include <filesystem>

namespace emend {

struct StatisticsFile {
    std::vector<LayerStatistics> layers; // ascending
    std::string model_fingerprint;       // empty when the file does not say
    std::string corpus_sha256;           // empty when the file does not say
    std::map<std::string, std::string> metadata;
    std::vector<std::string> warnings;
};

struct StatisticsExpectation {
    std::vector<int> layers = {};       // needed; empty: all that are in the file
    std::int64_t key_size = 0;          // d_k; 0: not checked
    std::string model_fingerprint = {}; // empty: not checked
    bool force = false;                 // take statistics that name another model, with a warning
};

// Throws Error naming file, tensor, what was found and what is needed: not safetensors, no statistics in it, a layer
// missing (and which are there), wrong size or type, not symmetric, NaN, count below 1, another model's without force.
// Warns when the file does not say whose it is.
StatisticsFile read_statistics(const std::filesystem::path& path, const StatisticsExpectation& expected);

// What is in a file, from its headers alone: milliseconds for files of gigabytes.
struct StatisticsHeader {
    struct Layer {
        int layer = 0;
        std::int64_t count = 0;
        std::int64_t key_size = 0;
    };
    std::vector<Layer> layers; // ascending
    std::string model_fingerprint;
    std::string corpus_sha256;
    std::map<std::string, std::string> metadata;
    [[nodiscard]] const Layer* find(int layer) const; // null when it is not there
};
// Throws Error as read_statistics does, but for what only the numbers themselves can tell. `layers`: in a folder,
// broken files of others are passed over; empty: all matter.
StatisticsHeader read_statistics_header(const std::filesystem::path& path, const std::vector<int>& layers = {});

void write_statistics(const std::filesystem::path& path, const std::vector<LayerStatistics>& layers,
                      const std::string& model_fingerprint, const std::string& corpus_sha256,
                      const std::map<std::string, std::string>& more_metadata = {});

} // namespace emend
