// SPDX-License-Identifier: GPL-3.0-or-later
// A GPT-2 of any shape with random weights, written as a genuine folder: for benchmarks at the size of real models,
// which cannot be shipped. The tokenizer is the test models' (957 tokens); ids above it are never produced by text.
#pragma once

#include "base/file.h"
#include "model/sampler.h"
#include "storage/safetensors.h"

#include <cmath>
#include <filesystem>
#include <string>
#include <vector>

namespace emend::test {

struct RandomShape {
    int layers = 12;
    int d_model = 768;
    int heads = 12;
    int vocab = 50257;
    int positions = 256;
};

inline void write_random_gpt2(const std::filesystem::path& folder, const RandomShape& shape, std::uint64_t seed = 1) {
    std::filesystem::create_directories(folder);
    const std::filesystem::path tokenizer = std::string(EMEND_TEST_DATA) + "/models/gpt2_edit/tokenizer.json";
    std::filesystem::copy_file(tokenizer, folder / "tokenizer.json", std::filesystem::copy_options::overwrite_existing);
    write_file_atomic(folder / "config.json",
                      R"({"model_type": "gpt2", "n_layer": )" + std::to_string(shape.layers) + R"(, "n_embd": )" +
                          std::to_string(shape.d_model) + R"(, "n_head": )" + std::to_string(shape.heads) +
                          R"(, "vocab_size": )" + std::to_string(shape.vocab) + R"(, "n_positions": )" +
                          std::to_string(shape.positions) +
                          R"(, "activation_function": "gelu_new", "layer_norm_epsilon": 1e-5})");

    Random random(seed);
    std::vector<std::vector<float>> kept;
    SafetensorsWriter writer;
    const auto add = [&](const std::string& name, std::vector<std::int64_t> dims, double deviation, double mean = 0) {
        std::int64_t count = 1;
        for (const auto dim : dims)
            count *= dim;
        auto& values = kept.emplace_back(static_cast<std::size_t>(count));
        for (auto& value : values) // uniform with the standard deviation asked for
            value = static_cast<float>(mean + deviation * std::sqrt(12.0) * (random.uniform() - 0.5));
        writer.add(name, DType::F32, std::move(dims), values.data());
    };
    const std::int64_t d = shape.d_model;
    const auto linear = [&](const std::string& name, std::int64_t in, std::int64_t out) {
        add(name + ".weight", {in, out}, 0.02 * std::sqrt(768.0 / static_cast<double>(d)));
        add(name + ".bias", {out}, 0.01);
    };
    const auto norm = [&](const std::string& name) {
        add(name + ".weight", {d}, 0.05, 1);
        add(name + ".bias", {d}, 0.02);
    };
    kept.reserve(static_cast<std::size_t>(12 * shape.layers + 4));
    add("transformer.wte.weight", {shape.vocab, d}, 0.1);
    add("transformer.wpe.weight", {shape.positions, d}, 0.02);
    for (int layer = 0; layer < shape.layers; ++layer) {
        const std::string block = "transformer.h." + std::to_string(layer) + ".";
        norm(block + "ln_1");
        linear(block + "attn.c_attn", d, 3 * d);
        linear(block + "attn.c_proj", d, d);
        norm(block + "ln_2");
        linear(block + "mlp.c_fc", d, 4 * d);
        linear(block + "mlp.c_proj", 4 * d, d);
    }
    norm("transformer.ln_f");
    writer.write(folder / "model.safetensors");
}

} // namespace emend::test
