// SPDX-License-Identifier: GPL-3.0-or-later
#include "model_folder_writer.h"

#include "storage/model_folder.h"
#include "storage/safetensors.h"

#include "base/file.h"
#include "emend/error.h"

#include <nlohmann/json.hpp>

#include <cstring>
#include <string>
#include <vector>

namespace emend::demo {
namespace {

constexpr std::int64_t kLargest = 1 << 20;

std::string config_text(const NetworkShape& shape) {
    const nlohmann::ordered_json config = {{"architectures", {"GPT2LMHeadModel"}},
                                           {"model_type", "gpt2"},
                                           {"vocab_size", shape.vocabulary},
                                           {"n_positions", shape.positions},
                                           {"n_ctx", shape.positions},
                                           {"n_embd", shape.width},
                                           {"n_layer", shape.layers},
                                           {"n_head", shape.heads},
                                           {"n_inner", nullptr},
                                           {"activation_function", "gelu_new"},
                                           {"layer_norm_epsilon", 1e-5},
                                           {"initializer_range", 0.02},
                                           {"embd_pdrop", 0.0},
                                           {"attn_pdrop", 0.0},
                                           {"resid_pdrop", 0.0},
                                           {"scale_attn_weights", true},
                                           {"tie_word_embeddings", true},
                                           {"bos_token_id", 0},
                                           {"eos_token_id", 0},
                                           {"use_cache", true},
                                           {"torch_dtype", "float16"}};
    return config.dump(2) + "\n";
}

std::string generation_text() {
    return nlohmann::ordered_json({{"bos_token_id", 0}, {"eos_token_id", 0}}).dump(2) + "\n";
}

} // namespace

void write_model(const std::filesystem::path& folder, const Network& network) {
    SafetensorsWriter writer;
    writer.set_metadata("format", "pt");
    std::vector<at::Tensor> halves; // the writer keeps pointers
    for (const Network::Parameter& parameter : network.parameters()) {
        halves.push_back(parameter.value.detach().to(at::kHalf).contiguous());
        writer.add(parameter.name, DType::F16, halves.back().sizes().vec(), halves.back().data_ptr());
    }
    writer.write(folder / "model.safetensors");
    write_file_atomic(folder / "config.json", config_text(network.shape()));
    write_file_atomic(folder / "generation_config.json", generation_text());
}

Network read_model(const std::filesystem::path& folder) {
    const ModelFolder model = ModelFolder::open(folder);
    const ConfigFile& config = model.config();
    NetworkShape shape;
    shape.layers = config.require_int("n_layer", 1, kLargest);
    shape.width = config.require_int("n_embd", 1, kLargest);
    shape.heads = config.require_int("n_head", 1, kLargest);
    shape.vocabulary = config.require_int("vocab_size", 1, kLargest);
    shape.positions = config.require_int("n_positions", 1, kLargest);
    Network network(shape, 0);
    for (const Network::Parameter& parameter : network.parameters()) {
        const TensorView& tensor = model.tensor(parameter.name);
        if (tensor.dtype != DType::F16 || tensor.shape != parameter.value.sizes().vec())
            throw Error("Not a demo model: " + describe(tensor), (folder / "model.safetensors").string());
        const at::Tensor half = at::empty(parameter.value.sizes(), at::kHalf);
        std::memcpy(half.data_ptr(), tensor.data, tensor.bytes);
        parameter.value.detach().copy_(half);
    }
    return network;
}

} // namespace emend::demo
