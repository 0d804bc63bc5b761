// SPDX-License-Identifier: GPL-3.0-or-later
// A Hugging Face model folder: config.json, the tensors of model.safetensors or of its shards, and the tokenizer's
// files. Opening checks that all of them are there and sound; nothing is read from the weights until it is used. Thread
// safety: const after open, may be shared between threads.
#pragma once

#include "storage/safetensors.h"

#include <cstdint>
#include <filesystem>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace emend {

// A JSON object with typed getters. Every getter throws Error (file, key, what was found, what was expected) for a
// value of the wrong type or out of range; require_* also for a missing one. A key set to null counts as missing.
class ConfigFile {
  public:
    static ConfigFile open(const std::filesystem::path& path);
    static ConfigFile from_text(const std::string& text, const std::string& file_name);

    [[nodiscard]] bool has(const std::string& key) const; // present and not null
    [[nodiscard]] std::vector<std::string> keys() const;

    [[nodiscard]] std::int64_t require_int(const std::string& key, std::int64_t min, std::int64_t max) const;
    [[nodiscard]] std::optional<std::int64_t> optional_int(const std::string& key, std::int64_t min,
                                                           std::int64_t max) const;
    // Finite numbers only; integers count as numbers.
    [[nodiscard]] double require_double(const std::string& key, double min = std::numeric_limits<double>::lowest(),
                                        double max = std::numeric_limits<double>::max()) const;
    [[nodiscard]] std::optional<double> optional_double(const std::string& key,
                                                        double min = std::numeric_limits<double>::lowest(),
                                                        double max = std::numeric_limits<double>::max()) const;
    [[nodiscard]] std::string require_string(const std::string& key) const;
    [[nodiscard]] std::optional<std::string> optional_string(const std::string& key) const;
    [[nodiscard]] bool require_bool(const std::string& key) const;
    [[nodiscard]] std::optional<bool> optional_bool(const std::string& key) const;
    // A list of integers; a single integer is a list of one (eos_token_id comes both ways).
    [[nodiscard]] std::optional<std::vector<std::int64_t>> optional_int_list(const std::string& key) const;
    [[nodiscard]] std::optional<std::vector<std::string>> optional_string_list(const std::string& key) const;
    // A nested object ("rope_scaling"); its errors name the outer key too.
    [[nodiscard]] std::optional<ConfigFile> optional_object(const std::string& key) const;

    [[nodiscard]] const std::string& file_name() const noexcept;
    [[nodiscard]] std::string dump() const; // compact JSON, keys sorted

  private:
    struct Impl;
    std::shared_ptr<const Impl> impl_;
};

struct ModelFolderOptions {
    bool needs_tokenizer = true; // refuse a folder without tokenizer.json or vocab.json + merges.txt or tokenizer.model
};

class ModelFolder {
  public:
    // Throws Error, each fault with its own message and hint: not a folder, no config, no safetensors (and what is
    // there instead), missing or unsound shard, tensor in the index but not in its shard, tensor twice, no tokenizer.
    static ModelFolder open(const std::filesystem::path& path, const ModelFolderOptions& options = {});

    [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
    [[nodiscard]] const ConfigFile& config() const noexcept { return config_; }
    [[nodiscard]] std::optional<ConfigFile> generation_config() const; // generation_config.json, if there

    [[nodiscard]] bool has(const std::string& tensor_name) const { return shard_of_.contains(tensor_name); }
    // Throws Error naming similar names when there is no such tensor.
    [[nodiscard]] const TensorView& tensor(const std::string& name) const;
    [[nodiscard]] const std::vector<std::string>& tensor_names() const noexcept { return names_; } // sorted
    [[nodiscard]] std::uint64_t total_bytes() const noexcept { return total_bytes_; }              // of all tensors
    [[nodiscard]] const std::vector<SafetensorsFile>& shards() const noexcept { return shards_; }

  private:
    std::filesystem::path path_;
    ConfigFile config_;
    std::vector<SafetensorsFile> shards_;
    std::unordered_map<std::string, std::size_t> shard_of_;
    std::vector<std::string> names_;
    std::uint64_t total_bytes_ = 0;
};

} // namespace emend
