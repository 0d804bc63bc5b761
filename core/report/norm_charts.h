// SPDX-License-Identifier: GPL-3.0-or-later
// How far the layers moved, as SVG: a batch's update a layer, and the whole session's way from the checkpoint. Plain
// functions.
#pragma once

#include "emend/report.h"

#include <string>

namespace emend::report {

// |D| / |W0| over all layers of the model; `layers` of it, 0: not known. Empty: there is nothing to draw.
std::string draw_norm_bars(const EditReport& report, int layers);
// |W - W0| / |W0| after every batch, a line a layer. Empty: fewer than two points.
std::string draw_norm_history(const NormHistory& norms);

} // namespace emend::report
