// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/trace_noise.h"

#include "emend/error.h"
#include "model/sampler.h"
#include "storage/safetensors.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numbers>
#include <optional>

namespace emend {
namespace {

constexpr const char* tensor_name = "noise";
constexpr double deviations = 3;

std::optional<at::ScalarType> floating_type(DType type) {
    switch (type) {
    case DType::F64:
        return at::kDouble;
    case DType::F32:
        return at::kFloat;
    case DType::F16:
        return at::kHalf;
    case DType::BF16:
        return at::kBFloat16;
    default:
        return std::nullopt;
    }
}

} // namespace

double default_noise(const Weights& weights) {
    const NoGrad no_grad;
    constexpr std::int64_t rows_at_once = 4096; // the embedding is large, its copy in double precision larger
    const at::Tensor& embedding = weights.token_embedding();
    double sum = 0;
    double squares = 0;
    for (std::int64_t row = 0; row < embedding.size(0); row += rows_at_once) {
        const at::Tensor part =
            embedding.narrow(0, row, std::min(rows_at_once, embedding.size(0) - row)).to(at::kDouble);
        sum += part.sum().item<double>();
        squares += part.square().sum().item<double>();
    }
    const auto count = static_cast<double>(embedding.numel());
    return deviations * std::sqrt(std::max(0.0, squares - sum * sum / count) / std::max(1.0, count - 1));
}

at::Tensor draw_noise(std::uint64_t seed, double sigma, std::int64_t samples, std::int64_t tokens, std::int64_t width) {
    at::Tensor noise = at::empty({samples, tokens, width}, at::kDouble);
    auto* numbers = noise.data_ptr<double>();
    const std::int64_t count = noise.numel();
    Random random(seed);
    // Box and Muller, two at a time. Logarithm and cosine differ between machines in the last bit of a double: single
    // precision does not show it.
    for (std::int64_t i = 0; i < count; i += 2) {
        const double radius = std::sqrt(-2 * std::log(1 - random.uniform()));
        const double angle = 2 * std::numbers::pi * random.uniform();
        numbers[i] = sigma * static_cast<double>(static_cast<float>(radius * std::cos(angle)));
        if (i + 1 < count)
            numbers[i + 1] = sigma * static_cast<double>(static_cast<float>(radius * std::sin(angle)));
    }
    return noise;
}

at::Tensor read_noise(const std::string& file, std::int64_t tokens, std::int64_t width) {
    const SafetensorsFile opened = SafetensorsFile::open(file);
    const std::string wanted =
        "[samples, " + std::to_string(tokens) + " subject tokens, " + std::to_string(width) + "]";
    if (!opened.contains(tensor_name))
        throw Error("the file holds no tensor \"noise\"", file, "name the noise `noise`, with the shape " + wanted);
    const TensorView& view = opened.at(tensor_name);
    const std::string where = file + ", noise " + describe(view);
    const auto type = floating_type(view.dtype);
    if (!type)
        throw Error("the noise is no floating point tensor", where, "save it as F32 or F64");
    if (view.shape.size() != 3 || view.shape[1] != tokens || view.shape[2] != width)
        throw Error("the noise does not fit the subject and the model, which take " + wanted, where,
                    "make it for this subject as this model's tokenizer splits it");
    if (view.shape[0] < 1)
        throw Error("the noise has no sample", where, "save one or more samples");
    at::Tensor stored = at::empty(view.shape, at::TensorOptions().dtype(*type));
    std::memcpy(stored.data_ptr(), view.data, view.bytes);
    const at::Tensor noise = stored.to(at::kDouble);
    if (!noise.isfinite().all().item<bool>())
        throw Error("the noise holds numbers that are not finite", where, "save it again from finite numbers");
    return noise;
}

} // namespace emend
