// SPDX-License-Identifier: GPL-3.0-or-later
// The noise a causal trace puts on a subject. Drawn by a generator of our own and rounded to single precision, so the
// same seed gives the same noise on every machine and in every precision.
#pragma once

#include "model/torch_compat.h"
#include "model/weights.h"

#include <cstdint>
#include <string>

namespace emend {

// Three standard deviations of the token embedding, over all its numbers (arXiv 2202.05262, section 2).
double default_noise(const Weights& weights);

// sigma * standard normal numbers, F64 [samples, tokens, width] on the processor. A sample is the same however many
// follow it.
at::Tensor draw_noise(std::uint64_t seed, double sigma, std::int64_t samples, std::int64_t tokens, std::int64_t width);

// Tensor `noise` of a safetensors file as F64 [samples, tokens, width]; the file says how many samples. Throws Error,
// naming the file, for a missing tensor, another shape or type, no sample, numbers that are not finite.
at::Tensor read_noise(const std::string& file, std::int64_t tokens, std::int64_t width);

} // namespace emend
