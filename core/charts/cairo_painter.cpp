// SPDX-License-Identifier: GPL-3.0-or-later
// PNG and PDF through cairo, and how wide texts are.
#include "charts/painting.h"
#include "emend/error.h"

#include <cairo-pdf.h>
#include <cairo.h>
#include <cmath>
#include <numbers>
#include <utility>

namespace emend::charts {

namespace {

struct DestroySurface {
    void operator()(cairo_surface_t* surface) const { cairo_surface_destroy(surface); }
};
struct DestroyContext {
    void operator()(cairo_t* context) const { cairo_destroy(context); }
};
using Surface = std::unique_ptr<cairo_surface_t, DestroySurface>;
using Context = std::unique_ptr<cairo_t, DestroyContext>;

constexpr const char* font_family = "DejaVu Sans";

cairo_status_t append(void* closure, const unsigned char* data, unsigned int length) {
    try {
        static_cast<std::string*>(closure)->append(reinterpret_cast<const char*>(data), length);
        return CAIRO_STATUS_SUCCESS;
    } catch (...) { // no exception may pass through cairo
        return CAIRO_STATUS_NO_MEMORY;
    }
}

void check(cairo_status_t status) {
    if (status != CAIRO_STATUS_SUCCESS)
        throw Error(std::string("the picture could not be drawn: ") + cairo_status_to_string(status), "chart",
                    "try a smaller scale, or SVG");
}

void choose_font(cairo_t* context, double size, bool bold) {
    cairo_select_font_face(context, font_family, CAIRO_FONT_SLANT_NORMAL,
                           bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
    cairo_set_font_size(context, size);
}

double advance(cairo_t* context, const std::string& text) {
    cairo_text_extents_t extents;
    cairo_text_extents(context, text.c_str(), &extents);
    return extents.x_advance;
}

// Draws into a surface; what becomes of it is its heirs' business.
class CairoPainter : public Painter {
  public:
    void fill(const Box& box, Color color, std::string_view /*hover*/) override {
        use(color);
        cairo_set_antialias(context(), CAIRO_ANTIALIAS_NONE);
        cairo_rectangle(context(), box.x, box.y, box.width, box.height);
        cairo_fill(context());
        cairo_set_antialias(context(), CAIRO_ANTIALIAS_DEFAULT);
    }

    void line(std::span<const Point> points, Color color, double width) override {
        use(color);
        cairo_set_line_width(context(), width);
        cairo_set_line_join(context(), CAIRO_LINE_JOIN_ROUND);
        cairo_new_path(context()); // texts leave a point behind, from which a line would go on
        for (const Point& point : points)
            cairo_line_to(context(), point.x, point.y);
        cairo_stroke(context());
    }

    void dot(Point center, double radius, Color color) override {
        use(color);
        cairo_new_path(context());
        cairo_arc(context(), center.x, center.y, radius, 0, 2 * std::numbers::pi);
        cairo_fill(context());
    }

    void text(Point baseline, std::string_view text, const TextStyle& style) override {
        const std::string shown(text);
        use(style.color);
        choose_font(context(), style.size, style.bold);
        const double width = style.anchor == Anchor::start ? 0 : advance(context(), shown);
        cairo_save(context());
        cairo_translate(context(), baseline.x, baseline.y);
        if (style.upright)
            cairo_rotate(context(), -std::numbers::pi / 2);
        cairo_move_to(context(), style.anchor == Anchor::middle ? -width / 2 : -width, 0);
        cairo_show_text(context(), shown.c_str());
        cairo_restore(context());
    }

  protected:
    void draw_on(Surface surface) {
        surface_ = std::move(surface);
        check(cairo_surface_status(surface_.get()));
        context_.reset(cairo_create(surface_.get()));
        check(cairo_status(context_.get()));
    }
    [[nodiscard]] cairo_t* context() const { return context_.get(); }
    [[nodiscard]] cairo_surface_t* surface() const { return surface_.get(); }

  private:
    void use(Color color) { cairo_set_source_rgb(context(), color.red, color.green, color.blue); }

    Surface surface_;
    Context context_;
};

class PngPainter final : public CairoPainter {
  public:
    PngPainter(const Sheet& sheet, double scale) {
        const double width = std::ceil(sheet.width * scale);
        const double height = std::ceil(sheet.height * scale);
        constexpr double most = 32000; // of cairo, a side
        constexpr double most_pixels = 4e8;
        if (width > most || height > most || width * height > most_pixels)
            throw Error("the picture would have " + std::to_string(std::llround(width)) + " x " +
                            std::to_string(std::llround(height)) + " pixels",
                        "scale", "choose a smaller scale, or SVG or PDF, which have no pixels");
        draw_on(
            Surface(cairo_image_surface_create(CAIRO_FORMAT_RGB24, static_cast<int>(width), static_cast<int>(height))));
        cairo_scale(context(), scale, scale);
    }

    std::string finish() override {
        check(cairo_status(context()));
        std::string file;
        check(cairo_surface_write_to_png_stream(surface(), append, &file));
        return file;
    }
};

class PdfPainter final : public CairoPainter {
  public:
    explicit PdfPainter(const Sheet& sheet) {
        draw_on(Surface(cairo_pdf_surface_create_for_stream(append, &file_, sheet.width, sheet.height)));
        cairo_pdf_surface_set_metadata(surface(), CAIRO_PDF_METADATA_TITLE, sheet.title.c_str());
        cairo_pdf_surface_set_metadata(surface(), CAIRO_PDF_METADATA_SUBJECT, sheet.summary.c_str());
    }

    ~PdfPainter() override { cairo_surface_finish(surface()); } // writes into file_, which goes first

    std::string finish() override {
        check(cairo_status(context()));
        cairo_surface_finish(surface());
        check(cairo_surface_status(surface()));
        return file_;
    }

  private:
    std::string file_;
};

} // namespace

std::unique_ptr<Painter> png_painter(const Sheet& sheet, double scale) {
    return std::make_unique<PngPainter>(sheet, scale);
}

std::unique_ptr<Painter> pdf_painter(const Sheet& sheet) {
    return std::make_unique<PdfPainter>(sheet);
}

double text_width(std::string_view text, double size, bool bold) {
    const Surface surface(cairo_image_surface_create(CAIRO_FORMAT_A8, 1, 1));
    const Context context(cairo_create(surface.get()));
    choose_font(context.get(), size, bold);
    return advance(context.get(), std::string(text));
}

} // namespace emend::charts
