// SPDX-License-Identifier: GPL-3.0-or-later
// Which model a session is about, and what is not alike in another.
#include "emend/session.h"

namespace emend {

SessionModel session_model(const ModelInfo& model) {
    return {.path = model.path,
            .name = model.name,
            .family = model.family,
            .fingerprint = model.fingerprint,
            .dtype = model.dtype,
            .device = model.device,
            .layers = model.layers,
            .d_model = model.d_model,
            .d_mlp = model.d_mlp,
            .vocab = model.vocab,
            .parameters = model.parameters};
}

std::vector<std::string> differences(const SessionModel& kept, const ModelInfo& now) {
    std::vector<std::string> lines;
    const auto compare = [&](const std::string& what, const auto& then, const auto& here) {
        if constexpr (std::is_arithmetic_v<std::remove_cvref_t<decltype(then)>>) {
            if (then != here)
                lines.push_back(what + ": " + std::to_string(then) + " in the session, " + std::to_string(here) +
                                " here");
        } else if (then != here) {
            lines.push_back(what + ": " + then + " in the session, " + here + " here");
        }
    };
    compare("family", kept.family, now.family);
    compare("layers", kept.layers, now.layers);
    compare("width of the states", kept.d_model, now.d_model);
    compare("width inside the MLP", kept.d_mlp, now.d_mlp);
    compare("vocabulary", kept.vocab, now.vocab);
    compare("parameters", kept.parameters, now.parameters);
    compare("fingerprint of the weights", kept.fingerprint, now.fingerprint);
    compare("precision", kept.dtype, now.dtype);
    compare("device", kept.device, now.device);
    return lines;
}

std::vector<std::string> model_differences(const SessionModel& kept, const ModelInfo& now) {
    SessionModel model = kept;
    model.dtype = now.dtype;
    model.device = now.device;
    return differences(model, now);
}

} // namespace emend
