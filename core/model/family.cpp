// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/family.h"

#include "emend/error.h"

#include <array>

namespace emend {

namespace {

// Every family there is: add a line here.
constexpr std::array families{&gpt2_family};

std::string shape_text(const std::vector<std::int64_t>& shape) {
    std::string text = "[";
    for (const auto size : shape)
        text += (text.size() > 1 ? ", " : "") + std::to_string(size);
    return text + "]";
}

void check_weight(const ModelFolder& folder, const WeightSpec& spec) {
    const TensorView& view = folder.tensor(spec.name);
    if (view.shape != spec.shape)
        throw Error("a tensor does not have the shape that config.json promises: " + shape_text(view.shape) +
                        " instead of " + shape_text(spec.shape),
                    view.file->path().string() + ", tensor " + spec.name,
                    "check that config.json and the weights belong to the same model");
    if (view.dtype != DType::F16 && view.dtype != DType::BF16 && view.dtype != DType::F32 && view.dtype != DType::F64)
        throw Error("a weight is stored as " + std::string(dtype_name(view.dtype)) + ", which cannot be computed with",
                    view.file->path().string() + ", tensor " + spec.name,
                    "use a checkpoint in float16, bfloat16, float32 or float64; quantised ones cannot be edited");
}

} // namespace

const Family& find_family(const ConfigFile& config) {
    const std::string type = config.require_string("model_type");
    std::string known;
    for (const auto& family : families) {
        if (family().model_type == type)
            return family();
        known += (known.empty() ? "" : ", ") + std::string(family().model_type);
    }
    throw Error("models of the family \"" + type + "\" cannot be opened yet", config.file_name() + ", key model_type",
                "families that can: " + known);
}

ModelConfig read_config(const ModelFolder& folder) {
    return find_family(folder.config()).read_config(folder.config());
}

std::string name_for_layer(std::string_view pattern, int layer) {
    std::string name(pattern);
    const auto hole = name.find("{}");
    if (hole != std::string::npos)
        name.replace(hole, 2, std::to_string(layer));
    return name;
}

WeightList list_weights(const ModelFolder& folder, const ModelConfig& config, const Family& family) {
    const TensorNames& names = family.names;
    WeightList list;
    list.prefix = family.prefix;
    const std::string embedding = std::string(names.token_embedding) + ".weight";
    if (!folder.has(list.prefix + embedding) && folder.has(embedding))
        list.prefix.clear();

    const std::int64_t d = config.d_model;
    const auto add = [&](std::string name, std::vector<std::int64_t> shape) {
        list.weights.push_back({std::move(name), std::move(shape)});
        check_weight(folder, list.weights.back());
    };
    const auto norm = [&](const std::string& module) {
        add(module + ".weight", {d});
        add(module + ".bias", {d});
    };
    const auto linear = [&](const std::string& module, std::int64_t in, std::int64_t out) {
        add(module + ".weight", family.conv1d ? std::vector{in, out} : std::vector{out, in});
        add(module + ".bias", {out});
    };

    add(list.prefix + embedding, {config.vocab, d});
    add(list.prefix + std::string(names.position_embedding) + ".weight", {config.positions, d});
    for (int layer = 0; layer < config.layers; ++layer) {
        const auto named = [&](std::string_view pattern) { return list.prefix + name_for_layer(pattern, layer); };
        norm(named(names.attention_norm));
        linear(named(names.attention_qkv), d, 3 * d);
        linear(named(names.attention_out), d, d);
        norm(named(names.mlp_norm));
        linear(named(names.mlp_up), d, config.d_mlp);
        linear(named(names.mlp_down), config.d_mlp, d);
    }
    norm(list.prefix + std::string(names.final_norm));
    list.tied_head = folder.config().optional_bool("tie_word_embeddings").value_or(true);
    if (!list.tied_head)
        add(std::string(names.head) + ".weight", {config.vocab, d});
    return list;
}

} // namespace emend
