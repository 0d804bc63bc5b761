// SPDX-License-Identifier: GPL-3.0-or-later
// The trained network as a Hugging Face folder (config.json, model.safetensors in float16), and back again.
#pragma once

#include "network.h"

#include <filesystem>

namespace emend::demo {

void write_model(const std::filesystem::path& folder, const Network& network);

// Reads what write_model wrote. Throws Error for any other model.
[[nodiscard]] Network read_model(const std::filesystem::path& folder);

} // namespace emend::demo
