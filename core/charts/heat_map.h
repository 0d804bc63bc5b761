// SPDX-License-Identifier: GPL-3.0-or-later
// Maps of cells one below another, on one colour scale from the least to the largest number there is, or wider. Plain
// values.
#pragma once

#include "charts/painting.h"

#include <cstddef>
#include <string>
#include <vector>

namespace emend::charts {

struct HeatMap {
    struct Row {
        std::string label;
        bool marked = false;
    };
    struct Panel {
        std::string title;
        std::string subtitle;
        std::vector<double> values; // [rows][columns], row by row; NaN: hatched
    };
    std::string title; // of the whole, for viewers and screen readers
    std::string summary;
    std::string unit; // of the numbers
    std::string columns_name;
    std::string note; // below everything; may be empty
    std::vector<Row> rows;
    std::size_t columns = 0;
    std::vector<Panel> panels;
    std::vector<double> reach; // numbers that the scale covers besides those of the cells
    bool diverging = false;    // the scale goes as far below 0 as above it, in two colours
};

// Where everything is, in units. Every row has the same height: the picture grows with the tokens.
class HeatMapLayout {
  public:
    explicit HeatMapLayout(const HeatMap& map);

    [[nodiscard]] double width() const { return width_; }
    [[nodiscard]] double height() const { return height_; }
    [[nodiscard]] Box cells(std::size_t panel) const;
    [[nodiscard]] Box cell(std::size_t panel, std::size_t row, std::size_t column) const;
    [[nodiscard]] double label_width() const { return label_width_; }
    [[nodiscard]] Box scale() const; // the colour bar

  private:
    double label_width_, cell_width_;
    double cells_width_, cells_height_, panel_height_;
    double width_, height_;
};

// Throws Error when there is nothing to draw.
std::string draw_heat_map(const HeatMap& map, ChartFormat format, double scale);

} // namespace emend::charts
