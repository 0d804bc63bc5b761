// SPDX-License-Identifier: GPL-3.0-or-later
// From a chart that can draw itself to a file of a format.
#pragma once

#include "charts/painter.h"
#include "emend/chart.h"

#include <functional>
#include <memory>
#include <string>

namespace emend::charts {

struct Sheet {
    double width = 0, height = 0; // units
    std::string title;            // for viewers and screen readers
    std::string summary;
};

// Throws Error for a scale or a size that cannot be.
std::string paint(const Sheet& sheet, ChartFormat format, double scale, const std::function<void(Painter&)>& draw);

std::unique_ptr<Painter> png_painter(const Sheet& sheet, double scale);
std::unique_ptr<Painter> pdf_painter(const Sheet& sheet);
std::unique_ptr<Painter> svg_painter(const Sheet& sheet);

} // namespace emend::charts
