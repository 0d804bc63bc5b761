// SPDX-License-Identifier: GPL-3.0-or-later
// What every chart is drawn with, whatever it becomes. Coordinates in units, x to the right, y down. Texts are valid
// UTF-8 without control characters (charts/chart_text.h). Thread safety: a painter belongs to one thread.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace emend::charts {

struct Point {
    double x = 0, y = 0;
};
struct Box {
    double x = 0, y = 0, width = 0, height = 0;
};
struct Color {
    double red = 0, green = 0, blue = 0; // 0 to 1
};

inline constexpr Color paper{1, 1, 1};
inline constexpr Color ink{0.13, 0.13, 0.15};
inline constexpr Color faint{0.42, 0.42, 0.45};
inline constexpr Color grid{0.88, 0.88, 0.89};

enum class Anchor { start, middle, end };
struct TextStyle {
    double size = 11;
    bool bold = false;
    Color color = ink;
    Anchor anchor = Anchor::start;
    bool upright = false; // reads from bottom to top
};

class Painter {
  public:
    Painter() = default;
    Painter(const Painter&) = delete;
    Painter& operator=(const Painter&) = delete;
    virtual ~Painter() = default;

    // Sharp edges, so that cells meet. hover: what a viewer that can shows under the pointer; may be empty.
    virtual void fill(const Box& box, Color color, std::string_view hover) = 0;
    virtual void line(std::span<const Point> points, Color color, double width) = 0;
    virtual void dot(Point center, double radius, Color color) = 0;
    virtual void text(Point baseline, std::string_view text, const TextStyle& style) = 0;
    virtual std::string finish() = 0; // the file; nothing is painted after it
};

// How wide a text will be, in units.
double text_width(std::string_view text, double size, bool bold = false);

} // namespace emend::charts
