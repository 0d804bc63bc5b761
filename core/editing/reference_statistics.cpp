// SPDX-License-Identifier: GPL-3.0-or-later
#include "editing/reference_statistics.h"

#include "emend/error.h"
#include "storage/npz.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <map>

namespace emend {

namespace {

namespace fs = std::filesystem;

constexpr const char* moment_name = "mom2.mom2";
constexpr const char* count_name = "mom2.count";
constexpr const char* expected_name = "the reference implementations name it, as in "
                                      "transformer.h.17.mlp.c_proj_float32_mom2_100000.npz";
constexpr std::int64_t most_layers = 10'000;

// Sums are never allocated before this was checked.
ReferenceLayer read_header(const fs::path& path, int layer) {
    const NpzFile file = NpzFile::open(path);
    const NpzArray moment = file.at(moment_name);
    const std::string where = path.string() + ", " + moment.name + " " + describe(moment);
    if (moment.type != "<f4" && moment.type != "<f8")
        throw Error(moment.type.starts_with('>') ? "the second moment is big-endian"
                                                 : "the second moment must be float32 or float64",
                    where, "save it again with numpy.savez: mom2.astype('<f8')");
    if (moment.shape.size() != 2 || moment.shape[0] != moment.shape[1] || moment.shape[0] == 0)
        throw Error("the second moment must be a square matrix", where);
    const std::int64_t count = file.read_integer(count_name);
    if (count < 1)
        throw Error("the token count is " + std::to_string(count), path.string() + ", " + count_name,
                    "collect the statistics again");
    return {.layer = layer, .file = path, .count = count, .key_size = moment.shape[0]};
}

std::vector<fs::path> files_of(const fs::path& path) {
    std::error_code fault;
    if (!fs::is_directory(path, fault))
        return {path};
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(path, fault))
        if (entry.path().extension() == ".npz" && layer_in_name(entry.path().filename().string()))
            files.push_back(entry.path());
    if (fault)
        throw Error("the folder cannot be read: " + fault.message(), path.string());
    std::ranges::sort(files);
    if (files.empty())
        throw Error("this folder holds no key statistics", path.string(),
                    std::string("give the folder with the .npz files themselves; the layer is in their names: ") +
                        expected_name);
    return files;
}

} // namespace

bool is_reference_statistics(const fs::path& path) {
    std::error_code none;
    if (fs::is_directory(path, none) || path.extension() == ".npz")
        return true;
    std::string start(4, '\0');
    std::ifstream file(path, std::ios::binary);
    return file.read(start.data(), 4) && start == "PK\x03\x04";
}

std::optional<int> layer_in_name(std::string_view file_name) {
    if (file_name.find("attn") != std::string_view::npos || file_name.find("attention") != std::string_view::npos)
        return {};
    while (!file_name.empty()) {
        const std::string_view part = file_name.substr(0, file_name.find('.'));
        int layer = -1;
        const auto [end, fault] = std::from_chars(part.data(), part.data() + part.size(), layer);
        if (fault == std::errc() && end == part.data() + part.size() && layer >= 0 && layer < most_layers)
            return layer;
        file_name.remove_prefix(std::min(file_name.size(), part.size() + 1));
    }
    return {};
}

std::vector<ReferenceLayer> list_reference_statistics(const fs::path& path, const std::vector<int>& wanted,
                                                      std::vector<std::string>& warnings) {
    std::map<int, ReferenceLayer> found;
    std::map<int, Error> broken;
    for (const fs::path& file : files_of(path)) {
        const auto layer = layer_in_name(file.filename().string());
        if (!layer) {
            static_cast<void>(NpzFile::open(file)); // what is wrong with the file itself is worth more
            throw Error("the file's name does not say which layer it is of", file.string(), expected_name);
        }
        try {
            ReferenceLayer header = read_header(file, *layer);
            const auto before = found.find(*layer);
            if (before == found.end()) {
                found.emplace(*layer, std::move(header));
                continue;
            }
            if (header.count > before->second.count)
                before->second = std::move(header);
            warnings.push_back("there are several statistics of layer " + std::to_string(*layer) + ": taking " +
                               before->second.file.filename().string() + ", which has the most tokens");
        } catch (const Error& fault) {
            broken.emplace(*layer, fault);
        }
    }
    for (const auto& [layer, fault] : broken)
        if (!found.contains(layer) && (wanted.empty() || std::ranges::find(wanted, layer) != wanted.end()))
            throw fault;
    std::vector<ReferenceLayer> layers;
    for (auto& [layer, header] : found)
        layers.push_back(std::move(header));
    return layers;
}

LayerStatistics read_reference_layer(const ReferenceLayer& layer) {
    const NoGrad no_grad;
    const NpzFile file = NpzFile::open(layer.file);
    const NpzArray array = file.at(moment_name);
    if (array.shape != std::vector<std::int64_t>{layer.key_size, layer.key_size})
        throw Error("the file changed while it was read", layer.file.string());
    at::Tensor sum = at::empty(array.shape, at::TensorOptions().dtype(array.type == "<f4" ? at::kFloat : at::kDouble));
    file.read(array, {static_cast<std::byte*>(sum.data_ptr()), sum.nbytes()});
    // A symmetric matrix is the same rows first and columns first.
    return {.layer = layer.layer,
            .count = layer.count,
            .second_moment = sum.to(at::kDouble).div_(static_cast<double>(layer.count))};
}

} // namespace emend
