// SPDX-License-Identifier: GPL-3.0-or-later
#include "editing/statistics_file.h"

#include "editing/reference_statistics.h"
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

// The side of a second moment, from its header.
std::int64_t key_size_of(const TensorView& view, const std::string& where) {
    if (view.dtype != DType::F64 && view.dtype != DType::F32)
        throw Error("the second moment must be F32 or F64", where);
    if (view.shape.size() != 2 || view.shape[0] != view.shape[1] || view.shape[0] == 0)
        throw Error("the second moment must be a square matrix", where);
    return view.shape[0];
}

void check_key_size(std::int64_t found, std::int64_t wanted, const std::string& where) {
    if (wanted != 0 && found != wanted)
        throw Error("the statistics do not fit this model, whose keys have " + std::to_string(wanted) +
                        " entries and not " + std::to_string(found) + ": they belong to another model or layer",
                    where, "collect statistics for this model, or give the file that belongs to it");
}

// Throws Error unless the matrix is finite and symmetric.
void check_numbers(const at::Tensor& moment, const std::string& where) {
    const double largest = moment.abs().max().item<double>();
    if (!std::isfinite(largest))
        throw Error("the second moment holds numbers that are not finite", where, "collect the statistics again");
    if ((moment - moment.t()).abs().max().item<double>() > 1e-5 * largest)
        throw Error("the second moment is not symmetric", where, "collect the statistics again");
}

std::string place_of(const SafetensorsFile& file, const TensorView& view) {
    return file.path().string() + ", " + describe(view) + " " + view.name;
}

at::Tensor read_moment(const SafetensorsFile& file, int layer, std::int64_t key_size) {
    const TensorView& view = file.at(moment_name(layer));
    const std::string where = place_of(file, view);
    check_key_size(key_size_of(view, where), key_size, where);
    at::Tensor moment = copied(view, view.dtype == DType::F64 ? at::kDouble : at::kFloat).to(at::kDouble);
    check_numbers(moment, where);
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

StatisticsHeader safetensors_header(const SafetensorsFile& file) {
    StatisticsHeader header;
    for (const int layer : layers_in(file)) {
        const TensorView& view = file.at(moment_name(layer));
        header.layers.push_back(
            {.layer = layer, .count = read_count(file, layer), .key_size = key_size_of(view, place_of(file, view))});
    }
    header.metadata = file.metadata();
    const auto said = [&](const char* key) {
        const auto entry = file.metadata().find(key);
        return entry == file.metadata().end() ? std::string() : entry->second;
    };
    header.model_fingerprint = said("model_fingerprint");
    header.corpus_sha256 = said("corpus_sha256");
    return header;
}

StatisticsHeader reference_header(const std::vector<ReferenceLayer>& layers) {
    StatisticsHeader header;
    for (const ReferenceLayer& layer : layers)
        header.layers.push_back({.layer = layer.layer, .count = layer.count, .key_size = layer.key_size});
    return header;
}

// The layers to be read. Throws Error when one is not there.
std::vector<int> layers_to_read(const StatisticsHeader& header, const StatisticsExpectation& expected,
                                const std::string& path) {
    std::vector<int> present;
    for (const auto& layer : header.layers)
        present.push_back(layer.layer);
    std::vector<int> wanted = expected.layers.empty() ? present : expected.layers;
    std::ranges::sort(wanted);
    for (const int layer : wanted)
        if (!header.find(layer))
            throw Error("the file has no statistics of layer " + std::to_string(layer), path,
                        "it has layers " + joined(present) + "; collect the missing one or edit one of these");
    return wanted;
}

// Throws Error when the statistics name another model, or says in `warnings` what is not known.
void check_fingerprint(const std::string& found, const StatisticsExpectation& expected, const std::string& path,
                       std::vector<std::string>& warnings) {
    if (expected.model_fingerprint.empty() || found == expected.model_fingerprint)
        return;
    if (found.empty())
        warnings.push_back("the statistics do not say which model they are of (" + path + ")");
    else if (expected.force)
        warnings.push_back("the statistics are of another model, " + found + " (" + path + ")");
    else
        throw Error("these statistics are of another model, " + found + ", not of " + expected.model_fingerprint, path,
                    "collect statistics for this model; emend-cli edit --force takes these all the same");
}

} // namespace

const StatisticsHeader::Layer* StatisticsHeader::find(int layer) const {
    const auto found = std::ranges::find(layers, layer, &Layer::layer);
    return found == layers.end() ? nullptr : &*found;
}

StatisticsHeader read_statistics_header(const std::filesystem::path& path, const std::vector<int>& layers) {
    std::vector<std::string> ignored;
    if (is_reference_statistics(path))
        return reference_header(list_reference_statistics(path, layers, ignored));
    return safetensors_header(SafetensorsFile::open(path));
}

StatisticsFile read_statistics(const std::filesystem::path& path, const StatisticsExpectation& expected) {
    const NoGrad no_grad;
    StatisticsFile result;
    if (is_reference_statistics(path)) {
        const auto present = list_reference_statistics(path, expected.layers, result.warnings);
        const std::vector<int> wanted = layers_to_read(reference_header(present), expected, path.string());
        check_fingerprint({}, expected, path.string(), result.warnings);
        for (const ReferenceLayer& layer : present) {
            if (!std::ranges::binary_search(wanted, layer.layer))
                continue;
            check_key_size(layer.key_size, expected.key_size, layer.file.string());
            result.layers.push_back(read_reference_layer(layer));
            check_numbers(result.layers.back().second_moment, layer.file.string());
        }
        return result;
    }
    const SafetensorsFile file = SafetensorsFile::open(path);
    const StatisticsHeader header = safetensors_header(file);
    result.metadata = header.metadata;
    result.model_fingerprint = header.model_fingerprint;
    result.corpus_sha256 = header.corpus_sha256;
    const std::vector<int> wanted = layers_to_read(header, expected, path.string());
    check_fingerprint(header.model_fingerprint, expected, path.string(), result.warnings);
    for (const int layer : wanted)
        result.layers.push_back({.layer = layer,
                                 .count = header.find(layer)->count,
                                 .second_moment = read_moment(file, layer, expected.key_size)});
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
