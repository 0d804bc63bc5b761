// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/fingerprint.h"

#include "base/hash.h"

#include <algorithm>
#include <sstream>

namespace emend {

namespace {

// Everything of the config that changes what the weights compute.
std::string shape_of(const ModelConfig& config) {
    std::ostringstream text;
    text << config.family << ' ' << config.layers << ' ' << config.d_model << ' ' << config.d_mlp << ' ' << config.heads
         << ' ' << config.kv_heads << ' ' << config.head_dim << ' ' << config.vocab << ' ' << config.positions << ' '
         << config.norm_epsilon << ' ' << config.activation << ' ' << config.scale_attention << ' '
         << config.scale_by_inverse_layer;
    return text.str();
}

} // namespace

std::string model_fingerprint(const ModelFolder& folder, const ModelConfig& config, const Family& family,
                              const JobContext& job) {
    constexpr std::uint64_t bytes_between_checks = 64u << 20;
    const WeightList list = list_weights(folder, config, family);
    Xxh3 hash;
    hash.update(shape_of(config));
    for (const WeightSpec& spec : list.weights) {
        const TensorView& view = folder.tensor(spec.name);
        hash.update(spec.name.substr(spec.name.starts_with(list.prefix) ? list.prefix.size() : 0));
        hash.update(dtype_name(view.dtype));
        for (std::uint64_t done = 0; done < view.bytes; done += bytes_between_checks) {
            job.check();
            hash.update(view.data + done, std::min(bytes_between_checks, view.bytes - done));
        }
    }
    return hash.hex();
}

std::string weights_hash(const Weights& weights, const JobContext& job) {
    const NoGrad no_grad;
    Xxh3 hash;
    for (const auto& [name, tensor] : weights.named()) {
        job.check();
        const at::Tensor on_host = tensor.to(at::kCPU).contiguous();
        hash.update(name);
        hash.update(on_host.data_ptr(), on_host.nbytes());
    }
    return hash.hex();
}

} // namespace emend
