// SPDX-License-Identifier: GPL-3.0-or-later
// Small models for tests: opened from tests/data/models with one call.
#pragma once

#include "model/decoder.h"
#include "text/tokenizer.h"

#include <memory>
#include <string>

namespace emend::test {

inline std::string model_path(const std::string& name) {
    return EMEND_TEST_DATA "/models/" + name;
}

struct OpenModel {
    std::shared_ptr<const ModelFolder> folder;
    Decoder decoder;
    Tokenizer tokenizer;
};

inline OpenModel open_model(const std::string& path, at::ScalarType dtype = at::kDouble) {
    auto folder = std::make_shared<const ModelFolder>(ModelFolder::open(path));
    const Family& family = find_family(folder->config());
    const ModelConfig config = family.read_config(folder->config());
    Weights weights = Weights::load(folder, config, family, dtype, at::kCPU, {});
    return {folder, Decoder(config, std::move(weights)), Tokenizer::load(path)};
}

// A tensor of a safetensors file, copied.
inline at::Tensor read_tensor(const SafetensorsFile& file, const std::string& name) {
    const TensorView& view = file.at(name);
    const at::ScalarType type = view.dtype == DType::F64   ? at::kDouble
                                : view.dtype == DType::I64 ? at::kLong
                                : view.dtype == DType::F16 ? at::kHalf
                                                           : at::kFloat;
    at::Tensor copy = at::empty(view.shape, at::TensorOptions().dtype(type));
    std::memcpy(copy.data_ptr(), view.data, view.bytes);
    return copy;
}

// Largest difference over the largest value of the reference.
inline double relative_difference(const at::Tensor& value, const at::Tensor& reference) {
    const at::Tensor want = reference.to(at::kDouble);
    return ((value.to(at::kDouble) - want).abs().max() / want.abs().max()).item<double>();
}

} // namespace emend::test
