// SPDX-License-Identifier: GPL-3.0-or-later
// Which model this is: a hash over every stored weight and the part of config.json that gives the shape.
#pragma once

#include "emend/job.h"
#include "model/decoder.h"

#include <string>

namespace emend {

// Of a folder on disk; 32 hex digits. Legacy buffers that are not weights do not count.
std::string model_fingerprint(const ModelFolder& folder, const ModelConfig& config, const Family& family,
                              const JobContext& job);
// Of the weights in memory as they are now.
std::string weights_hash(const Weights& weights, const JobContext& job);

} // namespace emend
