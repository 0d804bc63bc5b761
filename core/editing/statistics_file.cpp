// SPDX-License-Identifier: GPL-3.0-or-later
#include "editing/statistics_file.h"

#include "emend/error.h"
#include "storage/safetensors.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <optional>

namespace emend {

namespace {

constexpr std::string_view stem = "layer.";
constexpr std::string_view moment_tail = ".second_moment";

std::string moment_name(int layer) {
    return std::string(stem) + std::to_string(layer) + std::string(moment_tail);
}
std::string count_name(int layer) {
    return std::string(stem) + std::to_string(layer) + ".count";
}

// The layer of "layer.12.second_moment", empty for any other name.
std::optional<int> layer_of(std::string_view name) {
    if (!name.starts_with(stem) || !name.ends_with(moment_tail) || name.size() <= stem.size() + moment_tail.size())
        return {};
    name.remove_prefix(stem.size());
    name.remove_suffix(moment_tail.size());
    int layer = -1;
    const auto [end, fault] = std::from_chars(name.data(), name.data() + name.size(), layer);
    return fault == std::errc() && end == name.data() + name.size() && layer >= 0 ? std::optional(layer) : std::nullopt;
}

std::vector<int> layers_in(const SafetensorsFile& file) {
    std::vector<int> layers;
    for (const std::string& name : file.names())
        if (const auto layer = layer_of(name))
            layers.push_back(*layer);
    if (layers.empty())
        throw Error("this file holds no key statistics", file.path().string(),
                    "it must have tensors named layer.<number>.second_moment and layer.<number>.count");
    std::ranges::sort(layers);
    return layers;
}

std::string joined(const std::vector<int>& layers) {
    std::string text;
    for (const int layer : layers)
        text += (text.empty() ? "" : ", ") + std::to_string(layer);
    return text;
}

// A copy: the file may be replaced or cut while the statistics are in use.
at::Tensor copied(const TensorView& view, at::ScalarType type) {
    at::Tensor tensor = at::empty(view.shape, at::TensorOptions().dtype(type));
    std::memcpy(tensor.data_ptr(), view.data, view.bytes);
    return tensor;
}

at::Tensor read_moment(const SafetensorsFile& file, int layer, std::int64_t key_size) {
    const TensorView& view = file.at(moment_name(layer));
    const std::string where = file.path().string() + ", " + describe(view) + " " + view.name;
    if (view.dtype != DType::F64 && view.dtype != DType::F32)
        throw Error("the second moment must be F32 or F64", where);
    if (view.shape.size() != 2 || view.shape[0] != view.shape[1] || view.shape[0] == 0)
        throw Error("the second moment must be a square matrix", where);
    if (key_size != 0 && view.shape[0] != key_size)
        throw Error("the statistics do not fit this model, whose keys have " + std::to_string(key_size) + " entries",
                    where, "collect statistics for this model");
    const at::Tensor moment = copied(view, view.dtype == DType::F64 ? at::kDouble : at::kFloat).to(at::kDouble);
    const double largest = moment.abs().max().item<double>();
    if (!std::isfinite(largest))
        throw Error("the second moment holds numbers that are not finite", where, "collect the statistics again");
    if ((moment - moment.t()).abs().max().item<double>() > 1e-5 * largest)
        throw Error("the second moment is not symmetric", where, "collect the statistics again");
    return moment;
}

std::int64_t read_count(const SafetensorsFile& file, int layer) {
    const TensorView& view = file.at(count_name(layer));
    const std::string where = file.path().string() + ", " + view.name;
    if (view.dtype != DType::I64 || view.elements() != 1)
        throw Error("the token count must be one I64", where);
    std::int64_t count = 0;
    std::memcpy(&count, view.data, sizeof count);
    if (count < 1)
        throw Error("the token count is " + std::to_string(count), where, "collect the statistics again");
    return count;
}

} // namespace

std::vector<int> layers_in_statistics(const std::filesystem::path& path) {
    return layers_in(SafetensorsFile::open(path));
}

StatisticsFile read_statistics(const std::filesystem::path& path, const StatisticsExpectation& expected) {
    const NoGrad no_grad;
    const SafetensorsFile file = SafetensorsFile::open(path);
    const std::vector<int> present = layers_in(file);

    StatisticsFile result;
    result.metadata = file.metadata();
    const auto said = [&](const char* key) {
        const auto entry = file.metadata().find(key);
        return entry == file.metadata().end() ? std::string() : entry->second;
    };
    result.model_fingerprint = said("model_fingerprint");
    result.corpus_sha256 = said("corpus_sha256");
    if (!expected.model_fingerprint.empty() && result.model_fingerprint != expected.model_fingerprint) {
        if (result.model_fingerprint.empty())
            result.warnings.push_back("the statistics do not say which model they are of (" + path.string() + ")");
        else if (expected.force)
            result.warnings.push_back("the statistics are of another model, " + result.model_fingerprint + " (" +
                                      path.string() + ")");
        else
            throw Error("these statistics are of another model, " + result.model_fingerprint + ", not of " +
                            expected.model_fingerprint,
                        path.string(), "collect statistics for this model, or use --force");
    }

    std::vector<int> wanted = expected.layers.empty() ? present : expected.layers;
    std::ranges::sort(wanted);
    for (const int layer : wanted) {
        if (!std::ranges::binary_search(present, layer))
            throw Error("the file has no statistics of layer " + std::to_string(layer), path.string(),
                        "it has layers " + joined(present) + "; collect the missing one or edit one of these");
        const std::int64_t count = read_count(file, layer);
        result.layers.push_back(
            {.layer = layer, .count = count, .second_moment = read_moment(file, layer, expected.key_size)});
    }
    return result;
}

void write_statistics(const std::filesystem::path& path, const std::vector<LayerStatistics>& layers,
                      const std::string& model_fingerprint, const std::string& corpus_sha256,
                      const std::map<std::string, std::string>& more_metadata) {
    SafetensorsWriter writer;
    std::vector<at::Tensor> moments; // kept until the file is written
    for (const LayerStatistics& layer : layers) {
        moments.push_back(layer.second_moment.to(at::kCPU, at::kDouble).contiguous());
        writer.add(moment_name(layer.layer), DType::F64, moments.back().sizes().vec(), moments.back().data_ptr());
        writer.add(count_name(layer.layer), DType::I64, {1}, &layer.count);
    }
    for (const auto& [key, value] : more_metadata)
        writer.set_metadata(key, value);
    if (!model_fingerprint.empty())
        writer.set_metadata("model_fingerprint", model_fingerprint);
    if (!corpus_sha256.empty())
        writer.set_metadata("corpus_sha256", corpus_sha256);
    writer.write(path);
}

} // namespace emend
