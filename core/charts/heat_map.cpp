// SPDX-License-Identifier: GPL-3.0-or-later
#include "charts/heat_map.h"

#include "charts/chart_text.h"
#include "emend/error.h"
#include "emend/viridis.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace emend::charts {

namespace {

constexpr double margin = 16;
constexpr double row_height = 17;
constexpr double text_size = 11;
constexpr double title_size = 14;
constexpr double widest_label = 200;
constexpr double head = 60; // title and subtitle of a panel, unit of the scale
constexpr double foot = 44; // numbers and name of the columns
constexpr double note_height = 20;
constexpr double least_width = 440;
constexpr double beside_labels = 10; // where the marks are
constexpr double scale_gap = 26, scale_width = 14, scale_numbers = 64, scale_least = 90, scale_most = 260;
constexpr Color mark{0.78, 0.22, 0.09};

struct Range {
    double low = std::numeric_limits<double>::infinity(), high = -std::numeric_limits<double>::infinity();
    [[nodiscard]] bool empty() const { return !(low <= high); }
    // Of one number only: the middle.
    [[nodiscard]] double share(double value) const { return high > low ? (value - low) / (high - low) : 0.5; }
};

Range range_of(const HeatMap& map) {
    Range range;
    for (const HeatMap::Panel& panel : map.panels)
        for (const double value : panel.values)
            if (std::isfinite(value)) {
                range.low = std::min(range.low, value);
                range.high = std::max(range.high, value);
            }
    if (range.empty())
        return range; // a scale of nothing is not drawn
    for (const double value : map.reach)
        if (std::isfinite(value)) {
            range.low = std::min(range.low, value);
            range.high = std::max(range.high, value);
        }
    if (map.diverging) {
        range.high = std::max(range.high, -range.low);
        range.low = -range.high;
    }
    return range;
}

// With as many decimals as the scale can tell apart.
std::string tick_text(double value, const Range& range) {
    constexpr int most_decimals = 6; // that have room
    const double extent = range.high - range.low;
    const int decimals = extent > 0 ? std::max(0, 2 - static_cast<int>(std::floor(std::log10(extent)))) : 3;
    return extent > 0 && decimals <= most_decimals ? fixed(value, decimals) : number(value);
}

// White in the middle, blue below and red above.
Color diverging_color(double share) {
    constexpr Color middle{0.96, 0.96, 0.95}, below{0.12, 0.33, 0.67}, above{0.7, 0.11, 0.17};
    const Color& end = share < 0.5 ? below : above;
    const double part = std::min(1.0, std::abs(2 * share - 1));
    const auto mixed = [part](double from, double to) { return from + part * (to - from); };
    return {mixed(middle.red, end.red), mixed(middle.green, end.green), mixed(middle.blue, end.blue)};
}

Color color_of(double share, bool diverging) {
    if (diverging)
        return diverging_color(share);
    const std::array<double, 3> rgb = viridis(share);
    return {rgb[0] / 255, rgb[1] / 255, rgb[2] / 255};
}

class HeatMapDrawing {
  public:
    HeatMapDrawing(const HeatMap& map, const HeatMapLayout& layout, Painter& painter)
        : map_(map)
        , layout_(layout)
        , painter_(painter)
        , range_(range_of(map)) {}

    void draw() {
        for (std::size_t panel = 0; panel < map_.panels.size(); ++panel) {
            draw_titles(panel);
            draw_rows(panel);
            draw_columns(panel);
        }
        draw_scale();
        if (!map_.note.empty())
            painter_.text({margin, layout_.height() - margin}, fitting(map_.note, text_size, false), {.color = faint});
    }

  private:
    [[nodiscard]] std::string fitting(const std::string& text, double size, bool bold) const {
        return elided(text, layout_.width() - 2 * margin, size, bold);
    }

    void draw_titles(std::size_t panel) {
        const HeatMap::Panel& what = map_.panels[panel];
        const double top = layout_.cells(panel).y - head;
        painter_.text({margin, top + title_size}, fitting(what.title, title_size, true),
                      {.size = title_size, .bold = true});
        painter_.text({margin, top + title_size + 18}, fitting(what.subtitle, text_size, false), {.color = faint});
    }

    void draw_rows(std::size_t panel) {
        const Box cells = layout_.cells(panel);
        for (std::size_t r = 0; r < map_.rows.size(); ++r) {
            const HeatMap::Row& row = map_.rows[r];
            const double top = cells.y + static_cast<double>(r) * row_height;
            painter_.text({cells.x - beside_labels, top + row_height - 4.5},
                          elided(row.label, layout_.label_width(), text_size, row.marked),
                          {.bold = row.marked, .anchor = Anchor::end});
            if (row.marked)
                painter_.fill({cells.x - 6, top, 3, row_height}, mark, {});
            for (std::size_t c = 0; c < map_.columns; ++c)
                draw_cell(panel, r, c);
        }
        const std::array<Point, 5> frame{{{cells.x, cells.y},
                                          {cells.x + cells.width, cells.y},
                                          {cells.x + cells.width, cells.y + cells.height},
                                          {cells.x, cells.y + cells.height},
                                          {cells.x, cells.y}}};
        painter_.line(frame, faint, 0.8);
    }

    void draw_cell(std::size_t panel, std::size_t row, std::size_t column) {
        const double value = map_.panels[panel].values[row * map_.columns + column];
        const Box box = layout_.cell(panel, row, column);
        const std::string hover =
            map_.columns_name + ' ' + std::to_string(column) + ", " + map_.rows[row].label + ": " + number(value);
        if (std::isfinite(value)) {
            painter_.fill(box, color_of(range_.share(value), map_.diverging), hover);
            return;
        }
        painter_.fill(box, paper, hover);
        const std::array<Point, 2> hatch{{{box.x, box.y + box.height}, {box.x + box.width, box.y}}};
        painter_.line(hatch, {0.7, 0.7, 0.72}, 0.8);
    }

    void draw_columns(std::size_t panel) {
        const Box cells = layout_.cells(panel);
        const double width = cells.width / static_cast<double>(map_.columns);
        const double needed = text_width(std::to_string(map_.columns), text_size) + 6;
        std::size_t step = 1;
        for (const std::size_t wider : {2, 5, 10, 20, 50})
            if (static_cast<double>(step) * width < needed)
                step = wider;
        for (std::size_t c = 0; c < map_.columns; c += step)
            painter_.text({cells.x + (static_cast<double>(c) + 0.5) * width, cells.y + cells.height + 14},
                          std::to_string(c), {.anchor = Anchor::middle});
        painter_.text({cells.x + cells.width / 2, cells.y + cells.height + 30}, map_.columns_name,
                      {.color = faint, .anchor = Anchor::middle});
    }

    void draw_scale() {
        if (range_.empty())
            return;
        const Box bar = layout_.scale();
        constexpr int steps = 64;
        for (int i = 0; i < steps; ++i) {
            const double bottom = bar.y + bar.height * (1 - static_cast<double>(i) / steps);
            const double top = bar.y + bar.height * (1 - static_cast<double>(i + 1) / steps);
            painter_.fill({bar.x, top, bar.width, bottom - top}, color_of((i + 0.5) / steps, map_.diverging), {});
        }
        const int ticks = range_.high > range_.low ? 5 : 1;
        for (int i = 0; i < ticks; ++i) {
            const double share = ticks > 1 ? static_cast<double>(i) / (ticks - 1) : 0.5;
            const double y = bar.y + bar.height * (1 - share);
            const std::array<Point, 2> tick{{{bar.x + bar.width, y}, {bar.x + bar.width + 4, y}}};
            painter_.line(tick, faint, 0.8);
            painter_.text({bar.x + bar.width + 7, y + 4},
                          tick_text(range_.low + (ticks > 1 ? share : 0) * (range_.high - range_.low), range_), {});
        }
        painter_.text({bar.x, bar.y - 10}, map_.unit, {});
    }

    const HeatMap& map_;
    const HeatMapLayout& layout_;
    Painter& painter_;
    const Range range_;
};

} // namespace

HeatMapLayout::HeatMapLayout(const HeatMap& map) {
    double widest = 0;
    for (const HeatMap::Row& row : map.rows)
        widest = std::max(widest, text_width(row.label, text_size, row.marked));
    label_width_ = std::min(std::ceil(widest), widest_label);
    const auto columns = static_cast<double>(map.columns);
    cell_width_ = std::clamp(std::floor(460 / columns), 9.0, 30.0);
    cells_width_ = columns * cell_width_;
    cells_height_ = static_cast<double>(map.rows.size()) * row_height;
    panel_height_ = head + std::max(cells_height_, scale_least) + foot;
    width_ = std::max(least_width, margin + label_width_ + beside_labels + cells_width_ + scale_gap + scale_width +
                                       scale_numbers + margin);
    height_ =
        margin + static_cast<double>(map.panels.size()) * panel_height_ + (map.note.empty() ? 0 : note_height) + margin;
}

Box HeatMapLayout::cells(std::size_t panel) const {
    return {margin + label_width_ + beside_labels, margin + static_cast<double>(panel) * panel_height_ + head,
            cells_width_, cells_height_};
}

Box HeatMapLayout::cell(std::size_t panel, std::size_t row, std::size_t column) const {
    const Box all = cells(panel);
    return {all.x + static_cast<double>(column) * cell_width_, all.y + static_cast<double>(row) * row_height,
            cell_width_, row_height};
}

Box HeatMapLayout::scale() const {
    const Box first = cells(0);
    return {first.x + first.width + scale_gap, first.y, scale_width, std::clamp(first.height, scale_least, scale_most)};
}

std::string draw_heat_map(const HeatMap& map, ChartFormat format, double scale) {
    const auto is_whole = [&](const HeatMap::Panel& panel) {
        return panel.values.size() == map.rows.size() * map.columns;
    };
    if (map.rows.empty() || map.columns == 0 || map.panels.empty() || !std::ranges::all_of(map.panels, is_whole))
        throw Error("there is nothing to draw", "chart", "trace a fact first");
    const HeatMapLayout layout(map);
    const Sheet sheet{.width = layout.width(), .height = layout.height(), .title = map.title, .summary = map.summary};
    return paint(sheet, format, scale, [&](Painter& painter) { HeatMapDrawing(map, layout, painter).draw(); });
}

} // namespace emend::charts
