// SPDX-License-Identifier: GPL-3.0-or-later
// A model family is a table of tensor names and a few switches (DESIGN.md rule 7). Adding one adds a file in families/
// and a line in family.cpp's list.
#pragma once

#include "model/config.h"

#include <string>
#include <string_view>

namespace emend {

// Names of the tensors of one block, with {} for the layer; as the checkpoint has them after `prefix`.
struct TensorNames {
    std::string_view token_embedding;
    std::string_view position_embedding;
    std::string_view attention_norm; // + ".weight", ".bias"
    std::string_view attention_qkv;  // fused: q, k, v side by side
    std::string_view attention_out;
    std::string_view mlp_norm;
    std::string_view mlp_up;
    std::string_view mlp_down; // the matrix that edits change
    std::string_view final_norm;
    std::string_view head; // the output matrix; absent in the file when tied to the embedding
};

struct Family {
    std::string_view model_type; // config.json
    std::string_view prefix;     // "transformer.", left out by some checkpoints
    TensorNames names;
    bool conv1d = false; // linear layers are stored [in, out] (GPT-2) instead of [out, in]
    ModelConfig (*read_config)(const ConfigFile& config);
};

const Family& gpt2_family();

// Throws Error naming the families that can be opened.
const Family& find_family(const ConfigFile& config);

} // namespace emend
