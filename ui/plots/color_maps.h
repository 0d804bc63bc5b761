// SPDX-License-Identifier: GPL-3.0-or-later
// Colours for amounts: viridis, which also tells amounts apart in grey and for eyes that see no red or green; for
// amounts with a sign: blue to red.
#pragma once

#include <QColor>

namespace emend::ui {

// 0 to 1, dark to light; beyond the ends: the ends.
QColor viridis(double amount);

// -1 to 1, blue over almost white at 0 to red, equally light on both sides; beyond the ends: the ends. The ends stand
// out from light and dark grounds.
QColor diverging(double amount);

// The part of it that stands out from the chart's ground as a thin line.
QColor viridisLine(double amount, bool dark);

} // namespace emend::ui
