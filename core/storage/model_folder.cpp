// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/model_folder.h"

#include "base/json_text.h"
#include "emend/error.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <set>
#include <unistd.h>

namespace emend {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t index_limit = std::uint64_t{64} << 20;

bool is_file(const fs::path& path) {
    std::error_code ignored;
    return fs::is_regular_file(path, ignored);
}

void check_folder(const fs::path& folder) {
    std::error_code code;
    const auto status = fs::status(folder, code);
    if (status.type() == fs::file_type::not_found)
        throw Error("there is no such folder", folder.string(), "check the path");
    if (code)
        throw Error("cannot look into the folder: " + code.message(), folder.string(), "check the permissions");
    if (!fs::is_directory(status))
        throw Error("this is a file, not a model folder", folder.string(),
                    folder.extension() == ".gguf"
                        ? "GGUF files cannot be edited; take the original Hugging Face folder of the model"
                        : "choose the folder that holds config.json, not a file in it");
    // What is in a folder that may not be entered looks as if it were not there.
    if (access(folder.c_str(), X_OK) != 0)
        throw Error("the folder may not be looked into", folder.string(),
                    "no permission; change the permissions or choose another folder");
}

// What other kinds of weights are there, to say why they cannot be read.
std::string hint_for_missing_weights(const fs::path& folder) {
    std::error_code code;
    for (fs::directory_iterator entry(folder, code), end; !code && entry != end; entry.increment(code)) {
        const std::string name = entry->path().filename().string();
        if (name.ends_with(".gguf"))
            return name +
                   " is there, but GGUF files cannot be edited; take the original Hugging Face folder of the model";
        if (name.starts_with("pytorch_model") || name.ends_with(".pt") || name.ends_with(".pth"))
            return name + " is there, but pickled weights can run code and are not read; convert them to safetensors, "
                          "or take the safetensors version of the model";
        if (name == "adapter_model.safetensors")
            return "this is an adapter (LoRA) without its base model; merge it into the model first";
        if (name == "tf_model.h5" || name == "flax_model.msgpack")
            return name + " is there, but only safetensors are read; take the safetensors version of the model";
        if (name.ends_with(".safetensors"))
            return name + " is there; the weights are looked for as model.safetensors";
        if (name.ends_with(".part") || name.ends_with(".incomplete") || name.ends_with(".crdownload"))
            return name + " is there: has the download finished?";
    }
    return "model.safetensors or model.safetensors.index.json is needed; download the model's folder again";
}

struct Index {
    std::vector<std::string> shards; // file names, each once, sorted
    nlohmann::json weight_map;       // tensor -> shard
};

Index read_index(const fs::path& path) {
    const std::string file = path.string();
    auto index = parse_json(read_file(path, index_limit), file);
    if (!index.is_object() || !index.contains("weight_map") || !index["weight_map"].is_object())
        throw Error("the index has no \"weight_map\" object", file, "download the index again");
    Index result{.shards = {}, .weight_map = std::move(index["weight_map"])};
    std::set<std::string> shards;
    for (const auto& [tensor, value] : result.weight_map.items()) {
        const std::string where = file + ", tensor " + tensor;
        if (!value.is_string())
            throw Error("the shard of the tensor is " + json_kind(value) + " instead of a file name", where,
                        "download the index again");
        const auto& shard = value.get_ref<const std::string&>();
        // A shard lies in the model's own folder: an index must not make us read anything else.
        if (shard.empty() || shard == "." || shard == ".." ||
            shard.find_first_of(std::string("/\\\0", 3)) != shard.npos)
            throw Error("the shard name " + json_excerpt(value) + " is not a plain file name", where,
                        "do not use this folder: its index points outside of it");
        shards.insert(shard);
    }
    if (shards.empty())
        throw Error("the index names no tensors", file, "download the index again");
    result.shards.assign(shards.begin(), shards.end());
    return result;
}

void check_index(const Index& index, const fs::path& index_path,
                 const std::unordered_map<std::string, std::size_t>& shard_of) {
    for (const auto& [tensor, value] : index.weight_map.items()) {
        const auto& shard = value.get_ref<const std::string&>();
        const auto found = shard_of.find(tensor);
        if (found == shard_of.end() || index.shards[found->second] != shard)
            throw Error("the index says the tensor is in " + shard + ", but it is not there",
                        index_path.string() + ", tensor " + tensor,
                        "index and shards are of different versions; download the folder again");
    }
}

void check_tokenizer(const fs::path& folder) {
    if (is_file(folder / "tokenizer.json") || is_file(folder / "tokenizer.model"))
        return;
    const bool vocabulary = is_file(folder / "vocab.json");
    const bool merges = is_file(folder / "merges.txt");
    if (vocabulary && merges)
        return;
    throw Error(vocabulary ? "the tokenizer is incomplete: vocab.json is there, merges.txt is missing"
                : merges   ? "the tokenizer is incomplete: merges.txt is there, vocab.json is missing"
                           : "the folder has no tokenizer",
                folder.string(),
                "tokenizer.json, or vocab.json and merges.txt, are needed; copy them from the model's page");
}

} // namespace

ModelFolder ModelFolder::open(const fs::path& path, const ModelFolderOptions& options) {
    check_folder(path);
    ModelFolder folder;
    folder.path_ = path;

    const fs::path config = path / "config.json";
    if (!is_file(config))
        throw Error("the folder has no config.json", path.string(),
                    is_file(path / "adapter_config.json")
                        ? "this is an adapter (LoRA); merge it into its base model first"
                        : "choose the folder of a Hugging Face model");
    folder.config_ = ConfigFile::open(config);

    const fs::path single = path / "model.safetensors";
    const fs::path index_path = path / "model.safetensors.index.json";
    std::optional<Index> index;
    std::vector<std::string> files;
    if (is_file(single)) {
        files.push_back(single.filename().string());
    } else if (is_file(index_path)) {
        index = read_index(index_path);
        files = index->shards;
        std::string missing;
        for (const std::string& file : files)
            if (!is_file(path / file))
                missing += (missing.empty() ? "" : ", ") + file;
        if (!missing.empty())
            throw Error("shards are missing: " + missing, path.string(),
                        "incomplete download? Fetch the missing files");
    } else {
        throw Error("the folder has no weights in safetensors format", path.string(), hint_for_missing_weights(path));
    }

    for (const std::string& file : files) {
        folder.shards_.push_back(SafetensorsFile::open(path / file));
        const SafetensorsFile& shard = folder.shards_.back();
        for (const std::string& name : shard.names()) {
            const auto [place, fresh] = folder.shard_of_.emplace(name, folder.shards_.size() - 1);
            if (!fresh)
                throw Error("the tensor is in two shards, " + files[place->second] + " and " + file,
                            path.string() + ", tensor " + name, "the folder mixes two versions; download it again");
            folder.names_.push_back(name);
            folder.total_bytes_ += shard.at(name).bytes;
        }
    }
    if (index)
        check_index(*index, index_path, folder.shard_of_);
    if (folder.names_.empty())
        throw Error("the weights file holds no tensors", path.string(), "download the model again");
    std::ranges::sort(folder.names_);
    if (options.needs_tokenizer)
        check_tokenizer(path);
    return folder;
}

std::optional<ConfigFile> ModelFolder::generation_config() const {
    const fs::path file = path_ / "generation_config.json";
    return is_file(file) ? std::optional(ConfigFile::open(file)) : std::nullopt;
}

const TensorView& ModelFolder::tensor(const std::string& name) const {
    const auto found = shard_of_.find(name);
    if (found == shard_of_.end())
        throw Error("the model has no tensor " + name + similar_names(name, names_), path_.string(),
                    "config.json and the weights belong to different models, or the download is incomplete");
    return shards_[found->second].at(name);
}

} // namespace emend
