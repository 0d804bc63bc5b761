// SPDX-License-Identifier: GPL-3.0-or-later
// The parts of LibTorch that Emend uses, and every difference between versions 1.13 and 2.x. Precompiled.
// ATen headers alone: torch/torch.h doubles the compile time for nothing used here.
#pragma once

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/GradMode.h>

namespace emend {

// Weights are read through NoGradGuard, never InferenceMode: a value search takes gradients through them later.
using NoGrad = c10::NoGradGuard;

} // namespace emend
