// SPDX-License-Identifier: GPL-3.0-or-later
// Second moments as ROME's and MEMIT's code saves them: one .npz a layer with mom2.mom2 [d_k, d_k] (the SUM of k k^T,
// float32 or float64) and mom2.count, the layer in the file's name alone ("transformer.h.17.mlp.c_proj_float32_mom2_
// 100000.npz"). A path is such a file or a folder of them. Pure functions.
#pragma once

#include "editing/statistics.h"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace emend {

// A folder, or a file that is called .npz or begins like a zip archive.
bool is_reference_statistics(const std::filesystem::path& path);

// The layer in "model.layers.5.mlp.down_proj_float32_mom2_100000.npz"; empty when the name has none or is of attention.
std::optional<int> layer_in_name(std::string_view file_name);

struct ReferenceLayer {
    int layer = 0;
    std::filesystem::path file;
    std::int64_t count = 0;
    std::int64_t key_size = 0;
};

// What is there, ascending, from headers alone. Of several files of one layer the one with the most tokens is taken,
// with a warning. Throws Error: no statistics there, a file that names no layer, and - for the layers `wanted` (empty:
// all) - a broken file.
std::vector<ReferenceLayer> list_reference_statistics(const std::filesystem::path& path, const std::vector<int>& wanted,
                                                      std::vector<std::string>& warnings);

// Sum over count, exactly symmetric. Throws Error: unsound data, another type or order than numpy.savez writes.
LayerStatistics read_reference_layer(const ReferenceLayer& found);

} // namespace emend
