// SPDX-License-Identifier: GPL-3.0-or-later
// What the fake engine solves, in formulas that fit on a line.
#pragma once

#include "emend/report.h"

#include <cmath>

namespace emend::test {

inline double fakeWeightNorm(int layer) {
    return 41.0 + layer;
}

// One layer's closed form in its own basis: D = a s / (s + mu) along a direction that C weighs with 1. `share`: how
// much of the change this layer is asked for.
inline FrontierPoint fakePoint(int layer, double softness, double share = 1) {
    FrontierPoint point{softness, 0, 0, 0};
    double squares = 0;
    for (const double s : {30.0, 900.0, 27000.0}) { // directions the text uses a lot, some, hardly ever
        const double asked = share * (2.4 + 0.35 * layer) / std::sqrt(3.0);
        const double written = asked * s / (s + softness);
        squares += written * written;
        point.preservation += written * written / s;
        point.memorization += (asked - written) * (asked - written);
    }
    point.update_norm = std::sqrt(squares);
    return point;
}

} // namespace emend::test
