// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/norm_charts.h"

#include "charts/chart_text.h"
#include "charts/painting.h"
#include "emend/viridis.h"
#include "report/words.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

namespace emend::report {

namespace {

using namespace charts;

constexpr Box plot{64, 44, 500, 170};
constexpr double chart_width = 690, chart_height = 258;

// A round number at or above: 1, 2 or 5 times a power of ten.
double round_up(double value) {
    if (!(value > 0) || !std::isfinite(value))
        return 1;
    const double decade = std::pow(10, std::floor(std::log10(value)));
    for (const double step : {1.0, 2.0, 5.0})
        if (value <= step * decade * (1 + 1e-9))
            return step * decade;
    return 10 * decade;
}

Color color_of(std::size_t index, std::size_t count) {
    // The light end is lost on paper.
    const auto rgb = viridis(0.8 * (static_cast<double>(index) + 0.5) / static_cast<double>(count));
    return {rgb[0] / 255, rgb[1] / 255, rgb[2] / 255};
}

double height_of(double value, double top) {
    return plot.y + plot.height * (1 - std::clamp(value / top, 0.0, 1.0));
}

void draw_frame(Painter& painter, const std::string& title, const std::string& columns, double top) {
    const double bottom = plot.y + plot.height;
    painter.text({16, 24}, title, {.size = 13, .bold = true});
    for (const double share : {0.0, 0.25, 0.5, 0.75, 1.0}) {
        const double y = height_of(share, 1);
        painter.line(std::array<Point, 2>{{{plot.x, y}, {plot.x + plot.width, y}}}, grid, 0.8);
        painter.text({plot.x - 8, y + 4}, percent(share * top), {.size = 10, .anchor = Anchor::end});
    }
    painter.line(std::array<Point, 2>{{{plot.x, bottom}, {plot.x + plot.width, bottom}}}, faint, 1);
    painter.text({plot.x + plot.width / 2, bottom + 34}, columns, {.anchor = Anchor::middle});
}

// A number below the axis: every one, or as many as there is room for.
void draw_ticks(Painter& painter, const std::vector<int>& names, double column) {
    constexpr double room = 24;
    const auto step = static_cast<std::size_t>(std::max(1.0, std::ceil(room / column)));
    for (std::size_t i = 0; i < names.size(); i += step)
        painter.text({plot.x + (static_cast<double>(i) + 0.5) * column, plot.y + plot.height + 16},
                     std::to_string(names[i]), {.size = 10, .anchor = Anchor::middle});
}

} // namespace

std::string draw_norm_bars(const EditReport& report, int layers) {
    int last = layers - 1;
    double largest = 0;
    for (const LayerReport& layer : report.layers) {
        last = std::max(last, layer.layer);
        largest = std::max(largest, layer.relative_norm);
    }
    if (report.layers.empty())
        return {};
    std::vector<int> names;
    for (int layer = 0; layer <= last; ++layer)
        names.push_back(layer);
    const double column = plot.width / static_cast<double>(names.size());
    const double top = round_up(largest);
    const Sheet sheet{.width = chart_width,
                      .height = chart_height,
                      .title = "How far each layer moved",
                      .summary = std::to_string(report.layers.size()) + " layers were written, the largest change is " +
                                 percent(largest)};
    return paint(sheet, ChartFormat::svg, 1, [&](Painter& painter) {
        draw_frame(painter, "How far each layer moved: |D| / |W0|", "layer", top);
        draw_ticks(painter, names, column);
        for (const LayerReport& layer : report.layers) {
            const double y = height_of(layer.relative_norm, top);
            const double left = plot.x + layer.layer * column;
            painter.fill({left + column * 0.12, y, column * 0.76, plot.y + plot.height - y}, color_of(1, 3),
                         "layer " + std::to_string(layer.layer) + ": " + percent(layer.relative_norm) + ", |D| " +
                             amount(layer.update_norm));
        }
    });
}

std::string draw_norm_history(const NormHistory& norms) {
    if (norms.points.size() < 2 || norms.layers.empty())
        return {};
    double largest = 0;
    std::vector<int> names;
    for (const NormHistory::Point& point : norms.points) {
        names.push_back(static_cast<int>(point.position));
        for (const double norm : point.relative_norm)
            largest = std::max(largest, norm);
    }
    const double column = plot.width / static_cast<double>(names.size());
    const double top = round_up(largest);
    const auto legend = static_cast<double>(norms.layers.size());
    const Sheet sheet{.width = chart_width,
                      .height = std::max(chart_height, plot.y + 17 * legend + 16),
                      .title = "The way from the checkpoint",
                      .summary = std::to_string(names.size()) + " batches, largest distance " + percent(largest)};
    return paint(sheet, ChartFormat::svg, 1, [&](Painter& painter) {
        draw_frame(painter, "The way from the checkpoint: |W - W0| / |W0|", "after batch", top);
        draw_ticks(painter, names, column);
        for (std::size_t layer = 0; layer < norms.layers.size(); ++layer) {
            const Color color = color_of(layer, norms.layers.size());
            std::vector<Point> line;
            for (std::size_t i = 0; i < norms.points.size(); ++i)
                line.push_back({plot.x + (static_cast<double>(i) + 0.5) * column,
                                height_of(norms.points[i].relative_norm[layer], top)});
            painter.line(line, color, 1.6);
            for (const Point& point : line)
                painter.dot(point, 2.4, color);
            const double row = plot.y + 10 + 17 * static_cast<double>(layer);
            painter.line(std::array<Point, 2>{{{580, row - 4}, {598, row - 4}}}, color, 1.6);
            painter.text({604, row}, "layer " + std::to_string(norms.layers[layer]), {});
        }
    });
}

} // namespace emend::report
