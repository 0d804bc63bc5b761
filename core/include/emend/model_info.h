// SPDX-License-Identifier: GPL-3.0-or-later
// What a model is and what it takes to open it. Plain values.
#pragma once

#include <cstdint>
#include <string>

namespace emend {

// How to open a model. The defaults are right for most: the processor, the precision chosen by the program.
struct LoadOptions {
    std::string path;           // a Hugging Face folder
    std::string device = "cpu"; // cpu, cuda, cuda:N
    std::string dtype =
        "auto";      // auto, float32, float64, bfloat16, float16; auto: float32 on the processor, else the checkpoint's
    int threads = 0; // 0: what OMP_NUM_THREADS says, else one per core
};

struct ModelInfo {
    std::string name;   // the folder's name
    std::string path;   // the folder
    std::string family; // "gpt2", …
    int layers = 0;
    int d_model = 0; // width of the residual stream
    int d_mlp = 0;   // width inside the MLP: the length of a key
    int heads = 0;
    int kv_heads = 0;
    int vocab = 0;
    int positions = 0; // longest text in tokens
    std::int64_t parameters = 0;
    std::string checkpoint_dtype; // as stored: "float16", …
    std::string dtype;            // as computed with
    std::string device;
    std::uint64_t bytes_on_disk = 0;
    std::uint64_t bytes_needed = 0;    // memory for weights, buffers and one edit's work at `dtype`
    std::uint64_t bytes_available = 0; // memory free on the device when asked
    std::string fingerprint;           // hex, of every stored weight and the shape-giving part of config.json
    std::string editable_matrix;       // "transformer.h.{}.mlp.c_proj.weight"
};

} // namespace emend
