// SPDX-License-Identifier: GPL-3.0-or-later
// The trace map as a picture, and under mouse and keyboard.
#include "models/trace_model.h"
#include "plots/color_maps.h"
#include "plots/theme_colors.h"
#include "plots/trace_map.h"

#include <QApplication>
#include <QLabel>
#include <QSet>
#include <QSignalSpy>
#include <QSvgRenderer>
#include <QtTest>

#include <algorithm>
#include <cmath>
#include <limits>

using namespace emend;
using namespace emend::ui;

class TestTraceMap : public QObject {
    Q_OBJECT
    using Cell = TracePicture::Cell;

    // Six tokens, eight layers; the most at token 2, layer 3; token 5 was not run.
    static std::shared_ptr<TraceResult> trace(TraceKind kind = TraceKind::hidden) {
        auto made = std::make_shared<TraceResult>();
        made->kind = kind;
        made->subject = "Eiffel Tower";
        made->tokens = {"The", " Eiffel", " Tower", " is", " in", " a"};
        made->subject_first = 1;
        made->subject_last = 2;
        made->layers = 8;
        std::vector<double> effect(48, 0.1);
        effect[2 * 8 + 3] = 0.9;
        effect[2 * 8 + 4] = 0.5;
        std::fill(effect.begin() + 40, effect.end(), std::numeric_limits<double>::quiet_NaN());
        made->objects = {{" Paris", 0.9, 0.1, 0.02, effect}};
        return made;
    }
    struct Fixture {
        explicit Fixture(const std::vector<TraceKind>& kinds = {TraceKind::hidden})
            : map(model) {
            map.resize(480, 360);
            map.show();
            (void)QTest::qWaitForWindowExposed(&map);
            std::vector<std::shared_ptr<const TraceResult>> traces;
            for (const TraceKind kind : kinds)
                traces.push_back(trace(kind));
            model.setPicture(pictureOf(kinds, traces, 0));
            QCoreApplication::processEvents();
            area = map.findChild<QWidget*>(QStringLiteral("tracePlotArea"));
            image(); // cells have their places once they were drawn
        }
        QImage image() {
            return QImage::fromData(map.render(ChartFormat::Png, 1)).convertToFormat(QImage::Format_RGB32);
        }
        QPoint at(const Cell& cell) { return map.cellRect(cell).center().toPoint(); }
        TraceModel model;
        TraceMap map;
        QWidget* area = nullptr;
    };
    static bool near(const QColor& a, const QColor& b) {
        return std::abs(a.red() - b.red()) < 4 && std::abs(a.green() - b.green()) < 4 &&
               std::abs(a.blue() - b.blue()) < 4;
    }

  private slots:
    void init() { QApplication::setPalette(ThemeColors::light().palette()); }

    void coloursStandWhereTheDataSay();
    void namesStandOnTheirRows();
    void namesDoNotOverlap_data();
    void namesDoNotOverlap();
    void negativeEffectsHaveTheirOwnColours();
    void cellsNotRunAreHatched();
    void fillsInWhileItRuns();
    void threeMapsOnOneScale();
    void followsTheTheme();
    void keysReadTheCells();
    void keysCrossMaps();
    void hoverReads();
    void clickPicksLayerAndToken();
    void dragPicksSeveral();
    void shiftArrowsAndEnterPick();
    void escapeLetsGo();
    void besideATokenChoosesIt();
    void chosenLayersAreMarked();
    void linkedLayerIsShown();
    void longPromptsFit();
    void exportsAndEmptiness();
};

void TestTraceMap::coloursStandWhereTheDataSay() {
    Fixture f;
    const QImage image = f.image();
    QVERIFY(near(image.pixelColor(f.at({0, 2, 3})), viridis(1)));
    QVERIFY(near(image.pixelColor(f.at({0, 2, 4})), viridis(0.5)));
    QVERIFY(near(image.pixelColor(f.at({0, 0, 0})), viridis(0)));
    QVERIFY(near(image.pixelColor(f.at({0, 4, 7})), viridis(0)));
    // Layers to the right, tokens downwards.
    QVERIFY(f.at({0, 0, 7}).x() > f.at({0, 0, 0}).x());
    QVERIFY(f.at({0, 5, 0}).y() > f.at({0, 0, 0}).y());
}

void TestTraceMap::negativeEffectsHaveTheirOwnColours() {
    Fixture f;
    auto odd = trace();
    auto& effect = odd->objects[0].effect; // corrupted: 0.1
    std::fill(effect.begin(), effect.end(), 0.1);
    effect[2 * 8 + 3] = 0.5;
    effect[2 * 8 + 4] = -0.1;
    f.model.setPicture(pictureOf({average_traces({*odd})}));
    QCoreApplication::processEvents();
    f.image();
    const QImage image = f.image();
    const int site = static_cast<int>(TokenRole::last_subject);
    QVERIFY(near(image.pixelColor(f.at({0, site, 3})), diverging(1)));
    QVERIFY(near(image.pixelColor(f.at({0, site, 4})), diverging(-0.5)));
    QVERIFY(near(image.pixelColor(f.at({0, site, 0})), diverging(0)));
    QVERIFY(diverging(-1).blue() > diverging(-1).red() && diverging(1).red() > diverging(1).blue());
    QCOMPARE(diverging(-3), diverging(-1));
}

void TestTraceMap::cellsNotRunAreHatched() {
    Fixture f;
    const QImage image = f.image();
    QSet<QRgb> colors;
    const QRect cell = f.map.cellRect({0, 5, 3}).toRect().adjusted(3, 3, -3, -3);
    for (int y = cell.top(); y <= cell.bottom(); ++y)
        for (int x = cell.left(); x <= cell.right(); ++x)
            colors.insert(image.pixel(x, y));
    QVERIFY(colors.size() >= 2); // lines on the ground, not one more colour of the map
    QVERIFY(colors.contains(ThemeColors::light().surface.rgb()));
}

void TestTraceMap::fillsInWhileItRuns() {
    Fixture f;
    f.map.setCurrentCell({0, 3, 3});
    auto whole = trace();
    std::fill(whole->objects[0].effect.begin() + 40, whole->objects[0].effect.end(), 0.9);
    f.model.setPicture(pictureOf({TraceKind::hidden}, {whole}, 0));
    QVERIFY(near(f.image().pixelColor(f.at({0, 5, 3})), viridis(1)));
    QCOMPARE(f.map.currentCell(), (Cell{0, 3, 3})); // what was read is still read
}

void TestTraceMap::threeMapsOnOneScale() {
    Fixture f({TraceKind::hidden, TraceKind::mlp, TraceKind::attention});
    const QImage image = f.image();
    for (int map = 0; map < 3; ++map)
        QVERIFY(near(image.pixelColor(f.at({map, 2, 3})), viridis(1)));
    const double first = f.map.cellRect({0, 0, 0}).width();
    QVERIFY(first > 5);
    for (int map = 1; map < 3; ++map) {
        QVERIFY(f.at({map, 0, 0}).x() > f.at({map - 1, 0, 7}).x());
        QVERIFY(std::abs(f.map.cellRect({map, 0, 0}).width() - first) <= 2); // the names take nothing from the first
    }
}

void TestTraceMap::followsTheTheme() {
    Fixture f;
    QApplication::setPalette(ThemeColors::darkOnes().palette());
    QCoreApplication::processEvents();
    const QImage image = f.image();
    QCOMPARE(image.pixelColor(1, 1), ThemeColors::darkOnes().surface);
    QVERIFY(near(image.pixelColor(f.at({0, 2, 3})), viridis(1))); // amounts keep their colours
}

void TestTraceMap::keysReadTheCells() {
    Fixture f;
    const QSignalSpy hovered(&f.map, &ChartView::layerHovered);
    QTest::keyClick(&f.map, Qt::Key_Right);
    QCOMPARE(f.map.currentCell(), (Cell{0, 2, 3})); // begins at the best
    QCOMPARE(f.map.accessibleDescription(), f.model.describe({0, 2, 3}));
    QCOMPARE(f.map.findChild<QLabel*>(QStringLiteral("traceReadout"))->text(), f.model.describe({0, 2, 3}));
    QTest::keyClick(&f.map, Qt::Key_Right);
    QTest::keyClick(&f.map, Qt::Key_Down);
    QCOMPARE(f.map.currentCell(), (Cell{0, 3, 4}));
    QTest::keyClick(&f.map, Qt::Key_Home);
    QTest::keyClick(&f.map, Qt::Key_Left); // no further
    QCOMPARE(f.map.currentCell(), (Cell{0, 3, 0}));
    QTest::keyClick(&f.map, Qt::Key_End);
    QTest::keyClick(&f.map, Qt::Key_PageUp);
    QCOMPARE(f.map.currentCell(), (Cell{0, 0, 7}));
    QCOMPARE(hovered.last().at(0).toInt(), 7);
    QVERIFY(f.map.accessibleName().contains(QStringLiteral("clean 90.0 %")));
}

void TestTraceMap::keysCrossMaps() {
    Fixture f({TraceKind::hidden, TraceKind::mlp});
    f.map.setCurrentCell({0, 1, 7});
    QTest::keyClick(&f.map, Qt::Key_Right);
    QCOMPARE(f.map.currentCell(), (Cell{1, 1, 0}));
    QTest::keyClick(&f.map, Qt::Key_Left);
    QCOMPARE(f.map.currentCell(), (Cell{0, 1, 7}));
}

void TestTraceMap::hoverReads() {
    Fixture f;
    const QSignalSpy hovered(&f.map, &ChartView::layerHovered);
    QTest::mouseMove(f.area, f.at({0, 1, 5}));
    QTRY_COMPARE(f.map.currentCell(), (Cell{0, 1, 5}));
    QCOMPARE(hovered.last().at(0).toInt(), 5);
}

void TestTraceMap::clickPicksLayerAndToken() {
    Fixture f;
    const QSignalSpy picked(&f.map, &TraceMap::layersPicked);
    const QSignalSpy token(&f.map, &TraceMap::tokenChosen);
    QTest::mouseClick(f.area, Qt::LeftButton, {}, f.at({0, 2, 4}));
    QCOMPARE(picked.count(), 1);
    QCOMPARE(picked[0].at(0).toInt(), 4);
    QCOMPARE(picked[0].at(1).toInt(), 4);
    QCOMPARE(token.count(), 1);
    QCOMPARE(token[0].at(0).toInt(), 2);
}

void TestTraceMap::dragPicksSeveral() {
    Fixture f;
    const QSignalSpy picked(&f.map, &TraceMap::layersPicked);
    const QSignalSpy token(&f.map, &TraceMap::tokenChosen);
    const QImage before = f.image();
    QTest::mousePress(f.area, Qt::LeftButton, {}, f.at({0, 1, 6}));
    QTest::mouseMove(f.area, f.at({0, 3, 2})); // to the left, and down a little
    QTRY_COMPARE(f.map.currentCell().layer, 2);
    QCOMPARE(picked.count(), 0);
    const QImage during = f.image();
    QVERIFY(during.pixelColor(f.at({0, 4, 4})).lightness() > before.pixelColor(f.at({0, 4, 4})).lightness() + 30);
    QCOMPARE(during.pixelColor(f.at({0, 4, 0})), before.pixelColor(f.at({0, 4, 0})));
    QTest::mouseRelease(f.area, Qt::LeftButton, {}, f.at({0, 3, 2}));
    QCOMPARE(picked.count(), 1);
    QCOMPARE(picked[0].at(0).toInt(), 2);
    QCOMPARE(picked[0].at(1).toInt(), 6);
    QCOMPARE(token.count(), 0);
    QCOMPARE(f.image().pixelColor(f.at({0, 4, 4})), before.pixelColor(f.at({0, 4, 4})));
}

void TestTraceMap::shiftArrowsAndEnterPick() {
    Fixture f;
    const QSignalSpy picked(&f.map, &TraceMap::layersPicked);
    f.map.setCurrentCell({0, 2, 3});
    QTest::keyClick(&f.map, Qt::Key_Right, Qt::ShiftModifier);
    QTest::keyClick(&f.map, Qt::Key_Right, Qt::ShiftModifier);
    QVERIFY(f.map.accessibleDescription().contains(QStringLiteral("3-5")));
    QTest::keyClick(&f.map, Qt::Key_Return);
    QCOMPARE(picked.count(), 1);
    QCOMPARE(picked[0].at(0).toInt(), 3);
    QCOMPARE(picked[0].at(1).toInt(), 5);
    QTest::keyClick(&f.map, Qt::Key_Return); // the one that is read
    QCOMPARE(picked[1].at(0).toInt(), 5);
    QTest::keyClick(&f.map, Qt::Key_Return, Qt::ControlModifier); // means the edit
    QCOMPARE(picked.count(), 2);
    const QSignalSpy token(&f.map, &TraceMap::tokenChosen);
    QTest::keyClick(&f.map, Qt::Key_Space);
    QCOMPARE(token.count(), 1);
}

void TestTraceMap::escapeLetsGo() {
    Fixture f;
    const QSignalSpy picked(&f.map, &TraceMap::layersPicked);
    f.map.setCurrentCell({0, 2, 3});
    QTest::keyClick(&f.map, Qt::Key_Right, Qt::ShiftModifier);
    QTest::keyClick(&f.map, Qt::Key_Escape);
    QTest::keyClick(&f.map, Qt::Key_Return);
    QCOMPARE(picked.count(), 1);
    QCOMPARE(picked[0].at(0).toInt(), 4);
    QCOMPARE(picked[0].at(1).toInt(), 4);
}

void TestTraceMap::besideATokenChoosesIt() {
    Fixture f;
    const QSignalSpy picked(&f.map, &TraceMap::layersPicked);
    const QSignalSpy token(&f.map, &TraceMap::tokenChosen);
    QTest::mouseClick(f.area, Qt::LeftButton, {}, QPoint(10, f.at({0, 4, 0}).y()));
    QCOMPARE(token.count(), 1);
    QCOMPARE(token[0].at(0).toInt(), 4);
    QCOMPARE(picked.count(), 0);
}

void TestTraceMap::chosenLayersAreMarked() {
    Fixture f;
    const QColor accent = ThemeColors::light().accent;
    const auto below = [&](int layer) {
        const QRectF cell = f.map.cellRect({0, 5, layer});
        return f.image().pixelColor(static_cast<int>(cell.center().x()), static_cast<int>(cell.bottom()) + 2);
    };
    QVERIFY(below(4) != accent);
    f.map.setChosenLayers({3, 4});
    QCOMPARE(below(4), accent);
    QVERIFY(below(5) != accent);
}

void TestTraceMap::linkedLayerIsShown() {
    Fixture f;
    const QImage before = f.image();
    const QSignalSpy hovered(&f.map, &ChartView::layerHovered);
    f.map.highlightLayer(6);
    QCoreApplication::processEvents();
    const QImage after = f.image();
    QVERIFY(before != after);
    const QRectF column = f.map.cellRect({0, 1, 6});
    const QPoint edge(static_cast<int>(column.left()), static_cast<int>(column.center().y()));
    QVERIFY(before.pixelColor(edge) != after.pixelColor(edge));
    QCOMPARE(hovered.count(), 0); // no answer to what others point at
    f.map.highlightLayer(-1);
    QCOMPARE(f.image(), before);
}

void TestTraceMap::longPromptsFit() {
    auto longOne = trace();
    longOne->tokens.assign(200, " word");
    longOne->subject_first = 150;
    longOne->subject_last = 151;
    longOne->layers = 48;
    longOne->objects[0].effect.assign(200 * 48, 0.1);
    longOne->objects[0].effect[151 * 48 + 20] = 0.9;
    Fixture f;
    f.model.setPicture(pictureOf({TraceKind::hidden}, {longOne}, 0));
    const QImage image = f.image();
    QVERIFY(f.map.cellRect({0, 199, 47}).bottom() < image.height());
    QVERIFY(f.map.cellRect({0, 0, 0}).height() >= 1);
    bool seen = false;
    const QRect cell = f.map.cellRect({0, 151, 20}).toRect();
    for (int y = cell.top() - 1; y <= cell.bottom() + 1; ++y)
        seen = seen || near(image.pixelColor(cell.center().x(), y), viridis(1));
    QVERIFY(seen);
}

void TestTraceMap::exportsAndEmptiness() {
    Fixture f;
    QVERIFY(QSvgRenderer(f.map.render(ChartFormat::Svg)).isValid());
    QVERIFY(f.map.render(ChartFormat::Pdf).startsWith("%PDF"));
    QCOMPARE(f.map.title(), QStringLiteral("Causal trace: Eiffel Tower"));
    QCOMPARE(f.map.toCsv(), f.model.toCsv());
    f.model.clear();
    QVERIFY(!f.image().isNull());
    QTest::keyClick(&f.map, Qt::Key_Right); // nothing to read
    QTest::keyClick(&f.map, Qt::Key_Return);
    QTest::mouseClick(f.area, Qt::LeftButton, {}, QPoint(200, 100));
    QVERIFY(!f.map.currentCell().isValid());
}

void TestTraceMap::namesStandOnTheirRows() {
    Fixture f;
    for (const int height : {360, 210}) { // low rows have small letters
        f.map.resize(480, height);
        QCoreApplication::processEvents();
        f.image();
        QCOMPARE(f.map.nameBoxes().size(), 6);
        QSet<int> aboveLine;
        for (const auto& [row, box] : f.map.nameBoxes()) {
            const QRectF cell = f.map.cellRect({0, row, 0});
            QVERIFY(box.left() >= 0 && box.right() < cell.left());
            aboveLine << static_cast<int>(std::lround(box.bottom() - cell.center().y()));
        }
        const auto [least, most] = std::minmax_element(aboveLine.begin(), aboveLine.end());
        QVERIFY2(*most - *least <= 1, "the letters are staggered"); // cells end at whole pixels
    }
}

void TestTraceMap::namesDoNotOverlap_data() {
    QTest::addColumn<int>("tokens");
    QTest::addColumn<int>("height");
    QTest::addColumn<bool>("all");
    QTest::newRow("much room") << 6 << 360 << true;
    QTest::newRow("with the history open") << 12 << 228 << false;
    QTest::newRow("a page") << 200 << 360 << false;
    QTest::newRow("hardly any room") << 12 << 130 << false;
}

void TestTraceMap::namesDoNotOverlap() {
    QFETCH(int, tokens);
    QFETCH(int, height);
    QFETCH(bool, all);
    auto made = trace();
    made->tokens.assign(static_cast<std::size_t>(tokens), " word");
    made->subject_first = 3;
    made->subject_last = 4;
    made->objects[0].effect.assign(static_cast<std::size_t>(tokens * made->layers), 0.1);
    Fixture f;
    f.model.setPicture(pictureOf({TraceKind::hidden}, {made}, 0));
    f.map.resize(480, height);
    QCoreApplication::processEvents();
    f.image();
    const auto boxes = f.map.nameBoxes();
    QCOMPARE(boxes.size() == tokens, all);
    QVERIFY(std::ranges::count(boxes, 4, &std::pair<int, QRectF>::first) == 1); // the subject's last is never left out
    QCOMPARE(boxes.back().first, tokens - 1); // nor where it answers
    for (qsizetype i = 1; i < boxes.size(); ++i)
        QVERIFY2(boxes[i - 1].second.bottom() + 1 <= boxes[i].second.top(),
                 qPrintable(QStringLiteral("rows %1 and %2").arg(boxes[i - 1].first).arg(boxes[i].first)));
}

QTEST_MAIN(TestTraceMap)
#include "test_trace_map.moc"
