// SPDX-License-Identifier: GPL-3.0-or-later
#include "charts/painting.h"

#include "emend/error.h"

#include <algorithm>
#include <cctype>
#include <cmath>

namespace emend {

std::optional<ChartFormat> chart_format_of(std::string_view file) {
    const auto ends_in = [&](std::string_view ending) {
        return file.size() > ending.size() &&
               std::ranges::equal(file.substr(file.size() - ending.size()), ending,
                                  [](char a, char b) { return std::tolower(static_cast<unsigned char>(a)) == b; });
    };
    if (ends_in(".png"))
        return ChartFormat::png;
    if (ends_in(".svg"))
        return ChartFormat::svg;
    if (ends_in(".pdf"))
        return ChartFormat::pdf;
    return std::nullopt;
}

namespace charts {

std::string paint(const Sheet& sheet, ChartFormat format, double scale, const std::function<void(Painter&)>& draw) {
    if (!(scale > 0) || !std::isfinite(scale))
        throw Error("a picture needs a scale above 0", "scale", "1 is a pixel a unit, 2 suits most screens");
    const std::unique_ptr<Painter> painter = format == ChartFormat::png   ? png_painter(sheet, scale)
                                             : format == ChartFormat::svg ? svg_painter(sheet)
                                                                          : pdf_painter(sheet);
    painter->fill({0, 0, sheet.width, sheet.height}, paper, {});
    draw(*painter);
    return painter->finish();
}

} // namespace charts
} // namespace emend
