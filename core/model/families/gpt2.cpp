// SPDX-License-Identifier: GPL-3.0-or-later
// GPT-2: learned positions, LayerNorm before each part, fused q/k/v, Conv1D layers ([in, out]), head tied to the
// embedding.
#include "emend/error.h"
#include "model/family.h"

#include <algorithm>
#include <array>

namespace emend {

namespace {

// Bounds that no real model comes near; a config beyond them is broken.
constexpr std::int64_t most_layers = 1024;
constexpr std::int64_t most_width = 1 << 20;
constexpr std::int64_t most_tokens = 1 << 24;

constexpr std::array activations{"gelu_new", "gelu_pytorch_tanh", "gelu", "relu", "silu"};

ModelConfig read_gpt2_config(const ConfigFile& file) {
    ModelConfig config;
    config.family = "gpt2";
    config.layers = static_cast<int>(file.require_int("n_layer", 1, most_layers));
    config.d_model = static_cast<int>(file.require_int("n_embd", 1, most_width));
    config.heads = static_cast<int>(file.require_int("n_head", 1, most_width));
    config.kv_heads = config.heads;
    if (config.d_model % config.heads != 0)
        throw Error("the width " + std::to_string(config.d_model) + " cannot be shared among " +
                        std::to_string(config.heads) + " attention heads",
                    file.file_name() + ", keys n_embd and n_head", "n_embd must be a multiple of n_head");
    config.head_dim = config.d_model / config.heads;
    config.d_mlp = static_cast<int>(file.optional_int("n_inner", 1, most_width).value_or(4 * config.d_model));
    config.vocab = static_cast<int>(file.require_int("vocab_size", 1, most_tokens));
    config.positions = static_cast<int>(file.require_int("n_positions", 1, most_tokens));
    config.norm_epsilon = file.optional_double("layer_norm_epsilon", 0.0, 1.0).value_or(1e-5);
    config.activation = file.optional_string("activation_function").value_or("gelu_new");
    if (std::ranges::find(activations, config.activation) == activations.end())
        throw Error("the activation \"" + config.activation + "\" is not known",
                    file.file_name() + ", key activation_function",
                    "known: gelu_new, gelu_pytorch_tanh, gelu, relu, silu");
    config.scale_attention = file.optional_bool("scale_attn_weights").value_or(true);
    config.scale_by_inverse_layer = file.optional_bool("scale_attn_by_inverse_layer_idx").value_or(false);
    if (file.optional_bool("add_cross_attention").value_or(false))
        throw Error("models with cross-attention cannot be opened", file.file_name() + ", key add_cross_attention",
                    "Emend edits decoder-only models");
    for (const auto id : file.optional_int_list("eos_token_id").value_or(std::vector<std::int64_t>{}))
        config.end_of_text.push_back(static_cast<std::int32_t>(id));
    return config;
}

} // namespace

const Family& gpt2_family() {
    static constexpr Family family{
        .model_type = "gpt2",
        .prefix = "transformer.",
        .names = {.token_embedding = "wte",
                  .position_embedding = "wpe",
                  .attention_norm = "h.{}.ln_1",
                  .attention_qkv = "h.{}.attn.c_attn",
                  .attention_out = "h.{}.attn.c_proj",
                  .mlp_norm = "h.{}.ln_2",
                  .mlp_up = "h.{}.mlp.c_fc",
                  .mlp_down = "h.{}.mlp.c_proj",
                  .final_norm = "ln_f",
                  .head = "lm_head"},
        .conv1d = true,
        .read_config = &read_gpt2_config,
    };
    return family;
}

} // namespace emend
