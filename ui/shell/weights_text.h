// SPDX-License-Identifier: GPL-3.0-or-later
// What is said about the weights after a step through the history.
#pragma once

#include "jobs/studio.h"

#include <QCoreApplication>

namespace emend::ui {

// ". The weights are the checkpoint's, bit for bit (hash 0a1b2c3d…)"; empty where the hash was not asked for.
inline QString weightsText(const Studio& studio) {
    constexpr int shown = 8;
    const QString& hash = studio.weightsHash();
    if (hash.isEmpty())
        return {};
    const bool checkpoint = hash == studio.checkpointHash();
    return (checkpoint
                ? QCoreApplication::translate("emend::ui", ". The weights are the checkpoint's, bit for bit (hash %1…)")
                : QCoreApplication::translate("emend::ui", ". Hash of the weights: %1…"))
        .arg(hash.left(shown));
}

} // namespace emend::ui
