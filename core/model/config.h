// SPDX-License-Identifier: GPL-3.0-or-later
// The shape of a decoder-only transformer, read from config.json and checked before anything is allocated.
#pragma once

#include "storage/model_folder.h"

#include <cstdint>
#include <string>
#include <vector>

namespace emend {

struct ModelConfig {
    std::string family; // "gpt2"
    int layers = 0;
    int d_model = 0;
    int d_mlp = 0;
    int heads = 0;
    int kv_heads = 0;
    int head_dim = 0;
    int vocab = 0;
    int positions = 0;
    double norm_epsilon = 1e-5;
    std::string activation;                // "gelu_new", "gelu", "relu", "silu", …
    bool scale_attention = true;           // by 1/sqrt(head_dim)
    bool scale_by_inverse_layer = false;   // and by 1/(layer + 1)
    std::vector<std::int32_t> end_of_text; // any of these ends a generation
};

// Throws Error naming file, key, what stands there and what was expected; unsupported families and switches are named.
ModelConfig read_config(const ModelFolder& folder);

} // namespace emend
