// SPDX-License-Identifier: GPL-3.0-or-later
// Pictures as files: colours where the numbers say, texts that survive every token, formats that are what they claim.
#include "charts/chart_text.h"
#include "charts/trace_chart.h"
#include "emend/chart.h"
#include "emend/error.h"
#include "emend/viridis.h"

#include <cairo.h>
#include <cmath>
#include <cstring>
#include <limits>
#include <memory>
#include <QByteArray>
#include <QRegularExpression>
#include <QTest>
#include <QXmlStreamReader>

using namespace emend;
using namespace emend::charts;

namespace {

constexpr double not_run = std::numeric_limits<double>::quiet_NaN();

// The least number at (0, 0), the largest at (2, 3), none at (1, 2).
TraceResult small_trace() {
    TraceResult trace;
    trace.tokens = {"The", " mother", " tongue", " of"};
    trace.subject_first = 1;
    trace.subject_last = 2;
    trace.layers = 5;
    trace.samples = 10;
    trace.noise = 0.4;
    trace.subject = "mother tongue";
    trace.prompt = "The mother tongue of";
    TraceObject object;
    object.text = " Greek";
    object.clean = 0.8876;
    object.corrupted = 0.1167;
    object.effect.assign(20, 0.3);
    object.effect[0] = 0.1;
    object.effect[2 * 5 + 3] = 0.9;
    object.effect[1 * 5 + 2] = not_run;
    trace.objects.push_back(object);
    return trace;
}

Frontier small_frontier(bool with_statistics) {
    Frontier frontier;
    frontier.softness = 10;
    for (const int layer : {3, 4}) {
        LayerFrontier of_layer;
        of_layer.layer = layer;
        for (const double softness : {0.0, 1.0, 10.0, 100.0})
            of_layer.points.push_back({.softness = softness,
                                       .preservation = with_statistics ? 5 / (1 + softness) : not_run,
                                       .memorization = softness / (1 + softness),
                                       .update_norm = 2 / (1 + softness)});
        frontier.layers.push_back(of_layer);
    }
    frontier.total = frontier.layers.front().points;
    return frontier;
}

// A PNG that is read back.
class Pixels {
  public:
    explicit Pixels(const std::string& file) {
        struct Source {
            const std::string& file;
            std::size_t at = 0;
        } source{file};
        const auto read = [](void* closure, unsigned char* data, unsigned int length) {
            auto& from = *static_cast<Source*>(closure);
            if (from.file.size() - from.at < length)
                return CAIRO_STATUS_READ_ERROR;
            std::memcpy(data, from.file.data() + from.at, length);
            from.at += length;
            return CAIRO_STATUS_SUCCESS;
        };
        surface_ = cairo_image_surface_create_from_png_stream(read, &source);
    }
    ~Pixels() { cairo_surface_destroy(surface_); }
    Pixels(const Pixels&) = delete;
    Pixels& operator=(const Pixels&) = delete;

    [[nodiscard]] bool sound() const { return cairo_surface_status(surface_) == CAIRO_STATUS_SUCCESS; }
    [[nodiscard]] int width() const { return cairo_image_surface_get_width(surface_); }
    [[nodiscard]] int height() const { return cairo_image_surface_get_height(surface_); }
    [[nodiscard]] std::array<int, 3> at(double x, double y) const {
        const auto row = static_cast<std::ptrdiff_t>(y) * cairo_image_surface_get_stride(surface_);
        std::uint32_t pixel = 0;
        std::memcpy(&pixel, cairo_image_surface_get_data(surface_) + row + 4 * static_cast<std::ptrdiff_t>(x), 4);
        return {int(pixel >> 16 & 255), int(pixel >> 8 & 255), int(pixel & 255)};
    }
    // Other colours than paper's within a box.
    [[nodiscard]] int painted(const Box& box, double scale) const {
        int count = 0;
        for (int y = int(box.y * scale); y < int((box.y + box.height) * scale); ++y)
            for (int x = int(box.x * scale); x < int((box.x + box.width) * scale); ++x)
                count += at(x, y) != std::array<int, 3>{255, 255, 255};
        return count;
    }

  private:
    cairo_surface_t* surface_;
};

bool is_near(const std::array<int, 3>& pixel, const std::array<double, 3>& color) {
    for (std::size_t i = 0; i < 3; ++i)
        if (std::abs(pixel[i] - color[i]) > 1.5)
            return false;
    return true;
}

// Texts that are drawn, and those that show on hover; empty when it is no XML.
struct SvgTexts {
    QStringList drawn, hover;
    QString error;
};
SvgTexts texts_of(const std::string& svg) {
    SvgTexts texts;
    QXmlStreamReader reader(QByteArray::fromStdString(svg));
    while (!reader.atEnd()) {
        if (reader.readNext() != QXmlStreamReader::StartElement)
            continue;
        if (reader.name() == QLatin1String("text"))
            texts.drawn << reader.readElementText();
        else if (reader.name() == QLatin1String("title"))
            texts.hover << reader.readElementText();
    }
    texts.error = reader.hasError() ? reader.errorString() : QString();
    return texts;
}

} // namespace

class TestCharts : public QObject {
    Q_OBJECT

  private slots:
    void extremes_sit_where_the_numbers_say_data() {
        QTest::addColumn<double>("scale");
        QTest::newRow("1") << 1.0;
        QTest::newRow("2") << 2.0;
        QTest::newRow("1.5") << 1.5;
    }
    void extremes_sit_where_the_numbers_say() {
        QFETCH(double, scale);
        const TraceResult trace = small_trace();
        const Pixels pixels(render_trace(trace, ChartFormat::png, scale));
        QVERIFY(pixels.sound());
        const HeatMapLayout layout(map_of(trace));
        QCOMPARE(pixels.width(), int(std::ceil(layout.width() * scale)));
        QCOMPARE(pixels.height(), int(std::ceil(layout.height() * scale)));
        for (std::size_t token = 0; token < 4; ++token)
            for (std::size_t layer = 0; layer < 5; ++layer) {
                const Box cell = layout.cell(0, token, layer);
                const double value = trace.effect(0, int(token), int(layer));
                const auto pixel = pixels.at((cell.x + 3) * scale, (cell.y + 3) * scale);
                const auto color =
                    std::isnan(value) ? std::array<double, 3>{255, 255, 255} : viridis((value - 0.1) / 0.8);
                QVERIFY2(is_near(pixel, color), qPrintable(QString("token %1, layer %2").arg(token).arg(layer)));
            }
        const Box bar = layout.scale();
        QVERIFY(is_near(pixels.at((bar.x + 2) * scale, (bar.y + bar.height - 1) * scale), viridis(0.5 / 64)));
        QVERIFY(is_near(pixels.at((bar.x + 2) * scale, (bar.y + 0.4) * scale), viridis(63.5 / 64)));
    }

    void cells_that_were_not_run_are_hatched() {
        const HeatMapLayout layout(map_of(small_trace()));
        const Pixels pixels(render_trace(small_trace(), ChartFormat::png));
        const Box cell = layout.cell(0, 1, 2);
        const int inked = pixels.painted({cell.x + 1, cell.y + 1, cell.width - 2, cell.height - 2}, 1);
        QVERIFY(inked > 10);
        QVERIFY(inked < 0.4 * cell.width * cell.height);
    }

    void a_map_without_a_single_cell() {
        TraceResult trace = small_trace();
        trace.objects.front().effect.assign(20, not_run);
        QVERIFY(Pixels(render_trace(trace, ChartFormat::png)).sound());
        const SvgTexts texts = texts_of(render_trace(trace, ChartFormat::svg));
        QVERIFY(texts.hover.filter("not run").size() == 20);
        QVERIFY(!texts.drawn.contains("p(object)"));
        trace.objects.front().effect.assign(20, 0.25); // one number only: a scale of one number
        trace.objects.front().clean = trace.objects.front().corrupted = 0.25;
        QCOMPARE(texts_of(render_trace(trace, ChartFormat::svg)).drawn.count("0.250"), 1);
    }

    void the_scale_goes_from_corrupted_to_clean() {
        TraceResult trace = small_trace();
        trace.objects.front().effect.assign(20, 0.5);
        trace.objects.front().corrupted = 0.1;
        trace.objects.front().clean = 0.9;
        const QStringList drawn = texts_of(render_trace(trace, ChartFormat::svg)).drawn;
        for (const char* tick : {"0.100", "0.300", "0.500", "0.700", "0.900"})
            QVERIFY2(drawn.contains(tick), qPrintable(drawn.join('|')));
        trace.objects.front().effect.front() = 0; // below the corrupted one
        QVERIFY(texts_of(render_trace(trace, ChartFormat::svg)).drawn.contains("0.000"));
    }

    void svg_says_every_token_data() {
        QTest::addColumn<QByteArray>("token");
        QTest::addColumn<QString>("shown");
        QTest::newRow("markup") << QByteArray(" <b>&amp;\"'") << QString::fromUtf8("␣<b>&amp;\"'");
        QTest::newRow("end of CDATA") << QByteArray("]]>") << QString("]]>");
        QTest::newRow("control") << QByteArray("a\x01\x1b[0m\x7f") << QString::fromUtf8("a\uFFFD\uFFFD[0m\uFFFD");
        QTest::newRow("null") << QByteArray("a\0b", 3) << QString::fromUtf8("a\uFFFDb");
        QTest::newRow("line break") << QByteArray("\n") << QString::fromUtf8("⏎");
        QTest::newRow("tab") << QByteArray("\t") << QString::fromUtf8("⇥");
        QTest::newRow("spaces") << QByteArray("  ") << QString::fromUtf8("␣␣");
        QTest::newRow("emoji") << QByteArray(" \xF0\x9F\x98\x80") << QString::fromUtf8("␣😀");
        QTest::newRow("half a character") << QByteArray("\xF0\x9F") << QString::fromUtf8("\uFFFD");
        QTest::newRow("no character") << QByteArray("\xEF\xBF\xBF") << QString::fromUtf8("\uFFFD");
        QTest::newRow("letters") << QByteArray("naïve") << QString::fromUtf8("naïve");
    }
    void svg_says_every_token() {
        QFETCH(QByteArray, token);
        QFETCH(QString, shown);
        TraceResult trace = small_trace();
        trace.tokens[3] = token.toStdString();
        trace.prompt += trace.tokens[3];
        trace.objects.front().text = trace.tokens[3];
        const SvgTexts texts = texts_of(render_trace(trace, ChartFormat::svg));
        QVERIFY2(texts.error.isEmpty(), qPrintable(texts.error));
        QVERIFY2(texts.drawn.contains(shown), qPrintable(texts.drawn.join('|')));
        QVERIFY(texts.hover.contains("layer 0, " + shown + ": 0.300"));
        // What draws pixels takes it too.
        QVERIFY(Pixels(render_trace(trace, ChartFormat::png)).sound());
        QVERIFY(render_trace(trace, ChartFormat::pdf).starts_with("%PDF"));
    }

    void says_what_it_shows() {
        const SvgTexts texts = texts_of(render_trace(small_trace(), ChartFormat::svg));
        for (const char* part : {"Hidden state put back: p(␣Greek)", "clean 0.888, corrupted 0.117 ± 0.000",
                                 "p(object)", "layer", "0.100", "0.900", "4", "␣tongue"})
            QVERIFY2(texts.drawn.contains(QString::fromUtf8(part)), part);
        QVERIFY(texts.hover.contains(QString::fromUtf8("layer 3, ␣tongue: 0.900")));
        TraceResult window = small_trace();
        window.kind = TraceKind::mlp;
        window.window = 10;
        window.objects.push_back(window.objects.front());
        window.objects.back().text = " French";
        const SvgTexts two = texts_of(render_trace(window, ChartFormat::svg));
        QVERIFY(two.drawn.contains(QString::fromUtf8("MLP put back over 10 layers: p(␣Greek)")));
        QVERIFY(two.drawn.contains(QString::fromUtf8("MLP put back over 10 layers: p(␣French)")));
        QCOMPARE(two.drawn.count("p(object)"), 1); // one scale for all
    }

    void long_prompts_and_deep_models() {
        TraceResult trace = small_trace();
        trace.layers = 80;
        trace.tokens.assign(200, " token");
        trace.tokens.back() = std::string(500, 'w');
        trace.objects.front().effect.assign(std::size_t{200} * 80, 0.5);
        const HeatMap map = map_of(trace);
        const HeatMapLayout layout(map);
        QVERIFY(layout.cell(0, 0, 0).height >= 14); // a line of text
        QVERIFY(layout.cell(0, 199, 79).y + 14 < layout.height());
        QVERIFY(layout.cell(0, 199, 79).x + 5 < layout.width());
        QVERIFY(layout.cells(0).x < 300); // whatever the length of a token
        QVERIFY(Pixels(render_trace(trace, ChartFormat::png)).sound());
        const SvgTexts texts = texts_of(render_trace(trace, ChartFormat::svg));
        QCOMPARE(texts.drawn.count(QString::fromUtf8("␣token")), 199);
        QVERIFY(texts.drawn.filter(QRegularExpression("^w+…$")).size() == 1);
    }

    void numbers_do_not_depend_on_the_size() {
        QCOMPARE(number(0.12345), std::string("0.123"));
        QCOMPARE(number(0), std::string("0.000"));
        QCOMPARE(number(0.00012345), std::string("0.0001234"));
        QCOMPARE(number(1e-9), std::string("1e-09"));
        QCOMPARE(number(not_run), std::string("not run"));
    }

    void the_scale_does_not_dwell_on_next_to_nothing() {
        TraceResult trace = small_trace();
        trace.objects.front().clean = 0.8;
        trace.objects.front().corrupted = 0;
        trace.objects.front().effect.assign(20, -0.00001234);
        trace.objects.front().effect.back() = 0.8;
        const SvgTexts texts = texts_of(render_trace(trace, ChartFormat::svg));
        for (const char* tick : {"0.000", "0.200", "0.400", "0.600", "0.800"})
            QVERIFY2(texts.drawn.contains(tick), qPrintable(texts.drawn.join('|')));
    }

    void averages() {
        TraceAverage average;
        average.layers = 3;
        average.facts = 4;
        for (int role = 0; role < token_roles; ++role) {
            const double empty = role == 1 ? not_run : 0.1 * role;
            average.roles.push_back({.facts = role == 1 ? 0U : 4U, .mean = {empty, empty, empty}, .spread = {0, 0, 0}});
        }
        const SvgTexts texts = texts_of(render_trace(average, ChartFormat::svg));
        QVERIFY(texts.drawn.contains("Hidden state put back: mean effect over 4 facts"));
        QVERIFY(texts.drawn.contains("Standard deviation over the facts"));
        QCOMPARE(texts.drawn.count("last subject token (4)"), 2);
        QCOMPARE(texts.hover.filter("middle subject tokens (0): not run").size(),
                 6); // nothing spreads where nothing is
    }

    void averages_below_nothing_have_colours_of_their_own() {
        TraceAverage average;
        average.layers = 2;
        average.facts = 1;
        for (int role = 0; role < token_roles; ++role)
            average.roles.push_back({.facts = 1, .mean = {0.4, 0}, .spread = {0, 0}});
        QVERIFY(!map_of(average).diverging);
        average.roles[0].mean[1] = -0.2;
        const HeatMap map = map_of(average);
        QVERIFY(map.diverging);
        const HeatMapLayout layout(map);
        const Pixels pixels(render_trace(average, ChartFormat::png));
        const auto color = [&](std::size_t row, std::size_t column) {
            const Box cell = layout.cell(0, row, column);
            return pixels.at(cell.x + cell.width / 2, cell.y + cell.height / 2);
        };
        const auto above = color(1, 0), below = color(0, 1), nothing = color(1, 1);
        QVERIFY(above[0] > above[2] + 60); // red
        QVERIFY(below[2] > below[0] + 30); // blue
        QVERIFY(std::abs(nothing[0] - nothing[2]) < 10 && nothing[0] > 230);
        const QStringList drawn = texts_of(render_trace(average, ChartFormat::svg)).drawn; // as far below as above
        QVERIFY2(drawn.contains("-0.400") && drawn.contains("0.400"), qPrintable(drawn.join('|')));
    }

    void what_is_hatched_is_explained_where_something_is() {
        const auto note = [](const TraceResult& trace) {
            return texts_of(render_trace(trace, ChartFormat::svg)).drawn.filter("bar: the subject").value(0);
        };
        TraceResult trace = small_trace();
        QVERIFY2(note(trace).contains("hatched: not run"), qPrintable(note(trace)));
        trace.objects.front().effect.assign(20, 0.5);
        QVERIFY2(note(trace).contains("sample") && !note(trace).contains("hatched"), qPrintable(note(trace)));
    }

    void a_frontier_over_another() {
        NamedFrontier other{.name = "root-spread", .frontier = small_frontier(true)};
        for (FrontierPoint& point : other.frontier.total)
            point.preservation *= 100; // further right
        const Frontier own = small_frontier(true);
        const SvgTexts texts = texts_of(render_frontier(own, ChartFormat::svg, 1, {other}));
        QVERIFY(texts.drawn.contains("root-spread") && texts.drawn.contains("all layers"));
        const auto axis = [](const SvgTexts& svg) { return svg.drawn.contains("1e3"); };
        QVERIFY(axis(texts) && !axis(texts_of(render_frontier(own, ChartFormat::svg))));
    }

    void frontier() {
        const Pixels pixels(render_frontier(small_frontier(true), ChartFormat::png, 2));
        QVERIFY(pixels.sound());
        QVERIFY(pixels.painted({100, 60, 400, 300}, 2) > 2000);
        const SvgTexts with = texts_of(render_frontier(small_frontier(true), ChartFormat::svg));
        QVERIFY(with.error.isEmpty());
        for (const char* part : {"layer 3", "layer 4", "all layers", "softness 10"})
            QVERIFY2(with.drawn.contains(part), part);
        QVERIFY(!with.drawn.filter("preservation: mean").isEmpty());
        const SvgTexts without = texts_of(render_frontier(small_frontier(false), ChartFormat::svg));
        QVERIFY(!without.drawn.filter("there are no statistics").isEmpty());
        const std::string svg = render_frontier(small_frontier(true), ChartFormat::svg);
        QVERIFY(!QString::fromStdString(svg).contains("nan") && !QString::fromStdString(svg).contains("inf"));
    }

    void formats() {
        QVERIFY(chart_format_of("a.PNG") == ChartFormat::png);
        QVERIFY(chart_format_of("/tmp/x.y.svg") == ChartFormat::svg);
        QVERIFY(chart_format_of("a.Pdf") == ChartFormat::pdf);
        QVERIFY(!chart_format_of("png") && !chart_format_of("a.json") && !chart_format_of(".svg.txt"));
        const std::string pdf = render_trace(small_trace(), ChartFormat::pdf);
        QVERIFY(pdf.starts_with("%PDF") && pdf.find("%%EOF") != std::string::npos);
    }

    void faults() {
        const TraceResult trace = small_trace();
        for (const double scale : {0.0, -1.0, not_run, 1000.0})
            QVERIFY_THROWS_EXCEPTION(Error, static_cast<void>(render_trace(trace, ChartFormat::png, scale)));
        QVERIFY_THROWS_EXCEPTION(Error, static_cast<void>(render_trace(TraceResult{}, ChartFormat::svg)));
        TraceResult uneven = trace;
        uneven.objects.front().effect.pop_back();
        QVERIFY_THROWS_EXCEPTION(Error, static_cast<void>(render_trace(uneven, ChartFormat::svg)));
        QVERIFY_THROWS_EXCEPTION(Error, static_cast<void>(render_frontier(Frontier{}, ChartFormat::png)));
    }
};

QTEST_GUILESS_MAIN(TestCharts)
#include "test_charts.moc"
