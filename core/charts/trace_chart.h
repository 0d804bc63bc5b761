// SPDX-License-Identifier: GPL-3.0-or-later
// What a trace says, as a heat map.
#pragma once

#include "charts/heat_map.h"
#include "emend/trace.h"

namespace emend::charts {

HeatMap map_of(const TraceResult& trace);
HeatMap map_of(const TraceAverage& average);

} // namespace emend::charts
