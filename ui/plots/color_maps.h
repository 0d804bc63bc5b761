// SPDX-License-Identifier: GPL-3.0-or-later
// Colours for amounts: viridis, which also tells amounts apart in grey and for eyes that see no red or green.
#pragma once

#include <QColor>

namespace emend::ui {

// 0 to 1, dark to light; beyond the ends: the ends.
QColor viridis(double amount);

// The part of it that stands out from the chart's ground as a thin line.
QColor viridisLine(double amount, bool dark);

} // namespace emend::ui
