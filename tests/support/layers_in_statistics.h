// SPDX-License-Identifier: GPL-3.0-or-later
// Which layers a file of statistics, or a folder of them, has.
#pragma once

#include "editing/statistics_file.h"

#include <filesystem>
#include <vector>

namespace emend::test {

inline std::vector<int> layers_in_statistics(const std::filesystem::path& path) {
    std::vector<int> layers;
    for (const auto& layer : read_statistics_header(path).layers)
        layers.push_back(layer.layer);
    return layers;
}

} // namespace emend::test
