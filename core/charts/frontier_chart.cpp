// SPDX-License-Identifier: GPL-3.0-or-later
// Preservation against memorization over softness.
#include "charts/chart_text.h"
#include "charts/painting.h"
#include "emend/chart.h"
#include "emend/error.h"
#include "emend/viridis.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <vector>

namespace emend {

namespace {

using namespace charts;

constexpr Box plot{78, 56, 470, 330};
constexpr double legend_x = 566;
constexpr Color applied_color{0.78, 0.22, 0.09};
constexpr std::array<Color, 3> other_colors{{{0.16, 0.36, 0.72}, {0.13, 0.5, 0.3}, {0.5, 0.28, 0.6}}};

// A logarithmic axis. What is 0 or far below everything else lies on its edge.
class LogAxis {
  public:
    LogAxis(double begin, double end)
        : begin_(begin)
        , end_(end) {}

    void hold(double value) {
        if (!(value > 0) || !std::isfinite(value))
            return;
        low_ = std::min(low_, value);
        high_ = std::max(high_, value);
    }
    void settle() {
        constexpr double most_decades = 9;
        if (!(low_ <= high_))
            low_ = high_ = 1;
        last_ = std::ceil(std::log10(high_) + 0.02);
        first_ = std::max(std::floor(std::log10(low_) - 0.02), last_ - most_decades);
    }
    [[nodiscard]] double at(double value) const {
        const double share = value > 0 ? (std::log10(value) - first_) / (last_ - first_) : 0;
        return begin_ + std::clamp(share, 0.0, 1.0) * (end_ - begin_);
    }
    [[nodiscard]] std::vector<int> decades() const {
        std::vector<int> decades;
        for (double decade = first_; decade <= last_; ++decade)
            decades.push_back(static_cast<int>(decade));
        return decades;
    }

  private:
    double begin_, end_; // units
    double low_ = std::numeric_limits<double>::infinity(), high_ = 0;
    double first_ = 0, last_ = 1; // powers of ten
};

std::string decade_text(int power) {
    char buffer[16];
    const auto written = std::to_chars(buffer, buffer + sizeof buffer, power);
    return "1e" + std::string(buffer, written.ptr);
}

class FrontierDrawing {
  public:
    FrontierDrawing(const Frontier& frontier, const std::vector<NamedFrontier>& others, Painter& painter)
        : frontier_(frontier)
        , others_(others)
        , painter_(painter)
        , with_statistics_(std::ranges::any_of(
              frontier.total, [](const FrontierPoint& point) { return std::isfinite(point.preservation); })) {}

    void draw() {
        hold(frontier_.total);
        for (const LayerFrontier& layer : frontier_.layers)
            hold(layer.points);
        for (const NamedFrontier& other : others_)
            hold(other.frontier.total);
        x_.settle();
        y_.settle();
        draw_axes();
        const auto layers = static_cast<double>(frontier_.layers.size());
        double row = plot.y + 10;
        const auto curve = [&](const std::vector<FrontierPoint>& points, Color color, double width,
                               const std::string& name) {
            draw_curve(points, color, width);
            const std::array<Point, 2> sample{{{legend_x, row - 4}, {legend_x + 18, row - 4}}};
            painter_.line(sample, color, width);
            painter_.text({legend_x + 24, row}, name, {});
            row += 17;
        };
        if (frontier_.layers.size() > 1)
            for (std::size_t i = 0; i < frontier_.layers.size(); ++i) {
                const auto rgb = viridis(0.8 * (static_cast<double>(i) + 0.5) / layers); // yellow is lost on paper
                curve(frontier_.layers[i].points, {rgb[0] / 255, rgb[1] / 255, rgb[2] / 255}, 1.3,
                      "layer " + std::to_string(frontier_.layers[i].layer));
            }
        curve(frontier_.total, ink, 2.4, "all layers");
        for (std::size_t i = 0; i < others_.size(); ++i) {
            const Frontier& other = others_[i].frontier;
            const Color color = other_colors.at(i % other_colors.size());
            curve(other.total, color, 2, others_[i].name);
            if (const FrontierPoint* point = applied_of(other))
                painter_.dot(place(*point), 4, color);
        }
        mark_applied(row);
    }

  private:
    [[nodiscard]] double across(const FrontierPoint& point) const {
        return with_statistics_ ? point.preservation : point.update_norm;
    }
    [[nodiscard]] Point place(const FrontierPoint& point) const {
        return {x_.at(across(point)), y_.at(point.memorization)};
    }

    void hold(const std::vector<FrontierPoint>& points) {
        for (const FrontierPoint& point : points) {
            x_.hold(across(point));
            y_.hold(point.memorization);
        }
    }

    void draw_axes() {
        painter_.text({16, 26}, "Preservation against memorization over softness", {.size = 14, .bold = true});
        painter_.text({16, 44}, "left and low is better; the line runs from softness 0, lower right, to a large one",
                      {.color = faint});
        const double bottom = plot.y + plot.height;
        for (const int decade : x_.decades()) {
            const double x = x_.at(std::pow(10, decade));
            painter_.line(std::array<Point, 2>{{{x, plot.y}, {x, bottom}}}, grid, 0.8);
            painter_.text({x, bottom + 16}, decade_text(decade), {.anchor = Anchor::middle});
        }
        for (const int decade : y_.decades()) {
            const double y = y_.at(std::pow(10, decade));
            painter_.line(std::array<Point, 2>{{{plot.x, y}, {plot.x + plot.width, y}}}, grid, 0.8);
            painter_.text({plot.x - 8, y + 4}, decade_text(decade), {.anchor = Anchor::end});
        }
        const std::array<Point, 3> corner{{{plot.x, plot.y}, {plot.x, bottom}, {plot.x + plot.width, bottom}}};
        painter_.line(corner, faint, 1);
        painter_.text({plot.x + plot.width / 2, bottom + 36},
                      with_statistics_ ? "preservation: mean |D k|\xC2\xB2 over ordinary text"
                                       : "|D|, Frobenius norm of the update (there are no statistics)",
                      {.anchor = Anchor::middle});
        painter_.text({24, plot.y + plot.height / 2}, "memorization: |R - D K|\xC2\xB2",
                      {.anchor = Anchor::middle, .upright = true});
    }

    void draw_curve(const std::vector<FrontierPoint>& points, Color color, double width) {
        std::vector<Point> line;
        for (const FrontierPoint& point : points)
            line.push_back(place(point));
        if (line.size() > 1)
            painter_.line(line, color, width);
        else if (!line.empty())
            painter_.dot(line.front(), width, color);
    }

    [[nodiscard]] static const FrontierPoint* applied_of(const Frontier& frontier) {
        const auto found = std::ranges::find(frontier.total, frontier.softness, &FrontierPoint::softness);
        return found == frontier.total.end() ? nullptr : &*found;
    }

    void mark_applied(double row) {
        const FrontierPoint* applied = applied_of(frontier_);
        if (!applied)
            return;
        painter_.dot(place(*applied), 5, applied_color);
        painter_.dot({legend_x + 9, row - 4}, 5, applied_color);
        char buffer[32];
        const auto written =
            std::to_chars(buffer, buffer + sizeof buffer, frontier_.softness, std::chars_format::general, 4);
        painter_.text({legend_x + 24, row}, "softness " + std::string(buffer, written.ptr), {});
    }

    const Frontier& frontier_;
    const std::vector<NamedFrontier>& others_;
    Painter& painter_;
    const bool with_statistics_;
    LogAxis x_{plot.x, plot.x + plot.width};
    LogAxis y_{plot.y + plot.height, plot.y};
};

} // namespace

std::string render_frontier(const Frontier& frontier, ChartFormat format, double scale,
                            const std::vector<NamedFrontier>& others) {
    if (frontier.total.empty())
        throw Error("there is no trade-off to draw", "chart", "apply edits with an algorithm that has a softness");
    // All layers and the point that is applied are named beside the plot.
    const auto named = static_cast<double>(frontier.layers.size() + others.size() + 2);
    const std::string layer_count =
        std::to_string(frontier.layers.size()) + (frontier.layers.size() == 1 ? " layer" : " layers");
    const Sheet sheet{.width = 690,
                      .height = std::max(446.0, plot.y + 17 * named + 16),
                      .title = "Preservation against memorization over softness",
                      .summary = layer_count + ", " + std::to_string(frontier.total.size()) + " softnesses"};
    return paint(sheet, format, scale, [&](Painter& painter) { FrontierDrawing(frontier, others, painter).draw(); });
}

} // namespace emend
