// SPDX-License-Identifier: GPL-3.0-or-later
// The hash of an open model's weights, where it costs no time. Worker thread only.
#pragma once

#include "emend/engine.h"

#include <QString>

namespace emend::ui {

// Empty for a model of 200 MB or more, and when the engine has none to give. Cannot be stopped: what came before it
// has happened already.
inline QString hashWhereCheap(Engine& engine) {
    constexpr std::int64_t most_bytes = 200'000'000;
    const ModelInfo& model = engine.model_info();
    const std::int64_t bytes = model.dtype == "float64" ? 8 : model.dtype == "float32" ? 4 : 2;
    if (model.parameters * bytes >= most_bytes)
        return {};
    try {
        return QString::fromStdString(engine.weights_hash(JobContext{}));
    } catch (const Error&) {
        return {}; // the step itself went well
    }
}

} // namespace emend::ui
