// SPDX-License-Identifier: GPL-3.0-or-later
// SVG written by hand: cairo's has outlines in place of texts, and nothing to hover.
#include "charts/painting.h"

#include <charconv>
#include <cmath>

namespace emend::charts {

namespace {

std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '<')
            out += "&lt;";
        else if (c == '>')
            out += "&gt;";
        else if (c == '&')
            out += "&amp;";
        else if (c == '"')
            out += "&quot;";
        else
            out += c;
    }
    return out;
}

// Hundredths of a unit are finer than anybody sees.
std::string units(double value) {
    char buffer[32];
    const auto written = std::to_chars(buffer, buffer + sizeof buffer, std::round(value * 100) / 100);
    return {buffer, written.ptr};
}

std::string hex(Color color) {
    std::string out = "#";
    for (const double part : {color.red, color.green, color.blue}) {
        const auto byte = static_cast<unsigned>(std::lround(part * 255));
        out += "0123456789abcdef"[byte / 16];
        out += "0123456789abcdef"[byte % 16];
    }
    return out;
}

class SvgPainter final : public Painter {
  public:
    explicit SvgPainter(const Sheet& sheet) {
        const std::string width = units(sheet.width), height = units(sheet.height);
        file_ = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"" +
                width + "\" height=\"" + height + "\" viewBox=\"0 0 " + width + ' ' + height +
                "\" role=\"img\" font-family=\"'DejaVu Sans', Verdana, sans-serif\">\n<title>" + escaped(sheet.title) +
                "</title>\n<desc>" + escaped(sheet.summary) + "</desc>\n";
    }

    void fill(const Box& box, Color color, std::string_view hover) override {
        file_ += "<rect x=\"" + units(box.x) + "\" y=\"" + units(box.y) + "\" width=\"" + units(box.width) +
                 "\" height=\"" + units(box.height) + "\" fill=\"" + hex(color) + "\" shape-rendering=\"crispEdges\"";
        file_ += hover.empty() ? "/>\n" : "><title>" + escaped(hover) + "</title></rect>\n";
    }

    void line(std::span<const Point> points, Color color, double width) override {
        file_ += "<polyline points=\"";
        for (const Point& point : points)
            file_ += (&point == points.data() ? "" : " ") + units(point.x) + ',' + units(point.y);
        // Not in the pointer's way to the cells below.
        file_ += "\" fill=\"none\" stroke=\"" + hex(color) + "\" stroke-width=\"" + units(width) +
                 "\" stroke-linejoin=\"round\" pointer-events=\"none\"/>\n";
    }

    void dot(Point center, double radius, Color color) override {
        file_ += "<circle cx=\"" + units(center.x) + "\" cy=\"" + units(center.y) + "\" r=\"" + units(radius) +
                 "\" fill=\"" + hex(color) + "\"/>\n";
    }

    void text(Point baseline, std::string_view text, const TextStyle& style) override {
        const std::string x = units(baseline.x), y = units(baseline.y);
        file_ += "<text x=\"" + x + "\" y=\"" + y + "\" font-size=\"" + units(style.size) + "\" fill=\"" +
                 hex(style.color) + '"';
        if (style.bold)
            file_ += " font-weight=\"bold\"";
        if (style.anchor != Anchor::start)
            file_ += std::string(" text-anchor=\"") + (style.anchor == Anchor::middle ? "middle" : "end") + '"';
        if (style.upright)
            file_ += " transform=\"rotate(-90 " + x + ' ' + y + ")\"";
        file_ += " xml:space=\"preserve\">" + escaped(text) + "</text>\n";
    }

    std::string finish() override { return file_ + "</svg>\n"; }

  private:
    std::string file_;
};

} // namespace

std::unique_ptr<Painter> svg_painter(const Sheet& sheet) {
    return std::make_unique<SvgPainter>(sheet);
}

} // namespace emend::charts
