// SPDX-License-Identifier: GPL-3.0-or-later
// A model family is a table of tensor names and a few switches (DESIGN.md rule 7). Adding one adds a file in families/
// and a line to the list in family.cpp.
#pragma once

#include "model/config.h"

#include <string>
#include <string_view>
#include <vector>

namespace emend {

// Names of modules in the checkpoint, after the prefix; {} stands for the layer. Each module has a .weight and, where
// the family has biases, a .bias.
struct TensorNames {
    std::string_view token_embedding;
    std::string_view position_embedding;
    std::string_view attention_norm;
    std::string_view attention_qkv; // fused: q, k, v side by side
    std::string_view attention_out;
    std::string_view mlp_norm;
    std::string_view mlp_up;
    std::string_view mlp_down; // the matrix that edits change
    std::string_view final_norm;
    std::string_view head; // without the prefix; absent in the file when tied to the embedding
};

struct Family {
    std::string_view model_type; // as config.json says it
    std::string_view prefix;     // "transformer.", left out by some checkpoints
    TensorNames names;
    bool conv1d = false; // linear layers are stored [in, out] (GPT-2) instead of [out, in]
    ModelConfig (*read_config)(const ConfigFile& config);
};

const Family& gpt2_family();

// Throws Error naming the families that can be opened.
const Family& find_family(const ConfigFile& config);

// A weight as the checkpoint must have it.
struct WeightSpec {
    std::string name;
    std::vector<std::int64_t> shape;
};

// Every weight of the model in a fixed order, and the prefix this checkpoint uses. Buffers that checkpoints carry along
// (attention masks) are not weights and are not listed.
struct WeightList {
    std::string prefix;
    std::vector<WeightSpec> weights;
    bool tied_head = true;
};

// Throws Error naming the first tensor that is missing or has another shape than config.json promises.
WeightList list_weights(const ModelFolder& folder, const ModelConfig& config, const Family& family);

// "h.{}.mlp" with 3 -> "h.3.mlp".
std::string name_for_layer(std::string_view pattern, int layer);

} // namespace emend
