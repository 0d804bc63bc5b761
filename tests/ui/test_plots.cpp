// SPDX-License-Identifier: GPL-3.0-or-later
// What the charts draw, looked at as pictures; export; colours that can be read.
#include "models/norms_model.h"
#include "plots/norm_bars.h"
#include "plots/probability_bars.h"
#include "plots/theme_colors.h"
#include "shell/theme.h"

#include <QApplication>
#include <QSignalSpy>
#include <QSvgRenderer>
#include <QTemporaryDir>
#include <QtTest>

#include <qcustomplot.h>

using namespace emend;
using namespace emend::ui;

class TestPlots : public QObject {
    Q_OBJECT

    static std::shared_ptr<const EditReport> report() {
        auto made = std::make_shared<EditReport>();
        made->edits.resize(1);
        // Layer 2 moves twice as far as layer 5; relative to its weight it is the other way round.
        made->layers = {{2, 4.0, 100, 0.04, 1, 0, 0}, {5, 2.0, 20, 0.10, 1, 0, 0}};
        return made;
    }
    // Height in pixels of the column of accent-coloured pixels nearest to each place in a picture's part.
    static int accentHeight(const QImage& image, double fraction, int top, int bottom, const QColor& accent) {
        const int x = static_cast<int>(fraction * image.width());
        int count = 0;
        for (int y = top; y < bottom; ++y)
            count += image.pixelColor(x, y) == accent ? 1 : 0;
        return count;
    }
    static int countColor(const QImage& image, const QColor& color) {
        int count = 0;
        for (int y = 0; y < image.height(); ++y)
            for (int x = 0; x < image.width(); ++x)
                count += image.pixelColor(x, y) == color ? 1 : 0;
        return count;
    }

  private slots:
    void themesCanBeRead_data();
    void themesCanBeRead();
    void paletteFindsItsTheme();
    void normBarsStandWhereTheDataSay();
    void normBarsFollowTheTheme();
    void normBarsWithoutDataAreEmpty();
    void lowNormBarsKeepTheirNumbers();
    void normBarsByKeyboard();
    void chartsAreExported();
    void writeFailsWithAReason();
    void probabilityBarsGrowWithProbability();
    void probabilityBarsAreTold();
};

void TestPlots::themesCanBeRead_data() {
    QTest::addColumn<bool>("dark");
    QTest::newRow("light") << false;
    QTest::newRow("dark") << true;
}

void TestPlots::themesCanBeRead() {
    QFETCH(bool, dark);
    const ThemeColors& c = dark ? ThemeColors::darkOnes() : ThemeColors::light();
    QCOMPARE(c.dark, dark);
    const auto readable = [](const QColor& text, const QColor& ground, const char* what) {
        QVERIFY2(contrast(text, ground) >= 4.5,
                 qPrintable(QStringLiteral("%1: %2").arg(QLatin1String(what)).arg(contrast(text, ground))));
    };
    for (const QColor& ground : {c.window, c.surface, c.raised}) {
        readable(c.text, ground, "text");
        readable(c.muted, ground, "muted");
        readable(c.accent, ground, "accent");
        readable(c.danger, ground, "danger");
        readable(c.success, ground, "success");
    }
    readable(c.onAccent, c.accent, "text on the accent");
    readable(c.text, c.accentSoft, "text of a selected row");
    readable(c.muted, c.accentSoft, "muted in a selected row");
    readable(c.text, c.mark, "a marked token");
    // Bars need 3 : 1 against their ground only where they alone carry the number; it stands beside them.
    QVERIFY(contrast(c.accent, c.surface) >= 3);
    QVERIFY(contrast(c.neutralBar, c.surface) >= 1.8);
}

void TestPlots::paletteFindsItsTheme() {
    QVERIFY(ThemeColors::of(ThemeColors::darkOnes().palette()).dark);
    QVERIFY(!ThemeColors::of(ThemeColors::light().palette()).dark);
}

void TestPlots::normBarsStandWhereTheDataSay() {
    QApplication::setPalette(ThemeColors::light().palette());
    NormsModel model;
    NormBars bars(model);
    bars.resize(600, 500);
    bars.show();
    model.setReport(report(), 8);
    const QImage image = QImage::fromData(bars.render(ChartFormat::Png));
    QVERIFY(!image.isNull());
    const QColor accent = ThemeColors::light().accent;
    QVERIFY(countColor(image, accent) > 500);
    // Somewhere over layer 2 the upper bar is taller than over layer 5, the lower one smaller.
    const auto tallest = [&](double from, double to, int top, int bottom) {
        int most = 0;
        for (double x = from; x < to; x += 0.002)
            most = std::max(most, accentHeight(image, x, top, bottom, accent));
        return most;
    };
    const int middle = image.height() / 2;
    const int upperLeft = tallest(0.15, 0.5, 0, middle);
    const int upperRight = tallest(0.55, 0.95, 0, middle);
    const int lowerLeft = tallest(0.15, 0.5, middle, image.height());
    const int lowerRight = tallest(0.55, 0.95, middle, image.height());
    QVERIFY2(upperLeft > 1.7 * upperRight && upperRight > 0,
             qPrintable(QStringLiteral("%1 %2").arg(upperLeft).arg(upperRight)));
    QVERIFY2(lowerRight > 1.7 * lowerLeft && lowerLeft > 0,
             qPrintable(QStringLiteral("%1 %2").arg(lowerLeft).arg(lowerRight)));
}

void TestPlots::normBarsFollowTheTheme() {
    QApplication::setPalette(ThemeColors::light().palette());
    NormsModel model;
    NormBars bars(model);
    bars.resize(400, 300);
    bars.show();
    model.setReport(report(), 8);
    QApplication::setPalette(ThemeColors::darkOnes().palette());
    QCoreApplication::processEvents();
    const QImage image = QImage::fromData(bars.render(ChartFormat::Png));
    QVERIFY(countColor(image, ThemeColors::darkOnes().accent) > 500);
    QCOMPARE(countColor(image, ThemeColors::light().accent), 0);
    QApplication::setPalette(ThemeColors::light().palette());
}

void TestPlots::normBarsWithoutDataAreEmpty() {
    NormsModel model;
    NormBars bars(model);
    bars.resize(400, 300);
    bars.show();
    QCOMPARE(bars.currentRow(), -1);
    const QImage image = QImage::fromData(bars.render(ChartFormat::Png));
    QCOMPARE(countColor(image, ThemeColors::light().accent), 0);
}

void TestPlots::lowNormBarsKeepTheirNumbers() {
    NormsModel model;
    NormBars bars(model);
    model.setReport(report(), 8);
    auto* plot = bars.findChild<QCustomPlot*>();
    QVERIFY(plot);
    for (const int height : {600, 300, 240}) {
        bars.resize(480, height);
        bars.show();
        plot->replot(); // lays out
        plot->replot(); // and draws as the layout had it
        int numbers = 0;
        for (int i = 0; i < plot->itemCount(); ++i)
            if (const auto* number = qobject_cast<QCPItemText*>(plot->item(i))) {
                ++numbers;
                QVERIFY(number->top->pixelPosition().y() >= number->clipAxisRect()->top());
            }
        QCOMPARE(numbers, 4);
        const qsizetype upper = plot->axisRect(0)->axis(QCPAxis::atLeft)->label().size();
        QCOMPARE(upper > 5, height == 600); // "|D|" alone where no more fits
    }
}

void TestPlots::normBarsByKeyboard() {
    NormsModel model;
    NormBars bars(model);
    bars.resize(400, 300);
    bars.show();
    model.setReport(report(), 8);
    QCOMPARE(bars.currentRow(), 2); // the first layer that moved
    QSignalSpy moved(&bars, &NormBars::currentRowChanged);
    QTest::keyClick(&bars, Qt::Key_Right);
    QCOMPARE(bars.currentRow(), 3);
    QTest::keyClick(&bars, Qt::Key_End);
    QCOMPARE(bars.currentRow(), 7);
    QTest::keyClick(&bars, Qt::Key_Right); // no further
    QCOMPARE(bars.currentRow(), 7);
    QTest::keyClick(&bars, Qt::Key_Home);
    QCOMPARE(bars.currentRow(), 0);
    QCOMPARE(moved.count(), 3);
    QCOMPARE(bars.accessibleDescription(), model.describe(0));
}

void TestPlots::chartsAreExported() {
    NormsModel model;
    NormBars bars(model);
    bars.resize(400, 300);
    bars.show();
    model.setReport(report(), 8);
    const QByteArray svg = bars.render(ChartFormat::Svg);
    QVERIFY(QSvgRenderer(svg).isValid());
    QVERIFY(bars.render(ChartFormat::Pdf).startsWith("%PDF"));
    const QImage png = QImage::fromData(bars.render(ChartFormat::Png));
    QVERIFY(png.width() >= 2 * 380); // for print, not for the screen
}

void TestPlots::writeFailsWithAReason() {
    const QTemporaryDir folder;
    QVERIFY(writeFile(folder.filePath(QStringLiteral("a.png")), "x").isEmpty());
    QVERIFY(!writeFile(folder.filePath(QStringLiteral("no/such/folder/a.png")), "x").isEmpty());
}

void TestPlots::probabilityBarsGrowWithProbability() {
    QApplication::setPalette(ThemeColors::light().palette());
    ProbabilityBars bars;
    bars.resize(600, bars.sizeHint().height());
    const auto drawn = [&](double p) {
        bars.setEntries({{QStringLiteral("Rome"), QStringLiteral("new object"), 0.0, p}}, true);
        QImage image(bars.size(), QImage::Format_RGB32);
        image.fill(Qt::white);
        bars.render(&image);
        return countColor(image, ThemeColors::light().accent);
    };
    const int none = drawn(0);
    const int half = drawn(0.5);
    const int all = drawn(1);
    QVERIFY(none < half / 20);
    QVERIFY(qAbs(all - 2 * half) < all / 10);
}

void TestPlots::probabilityBarsAreTold() {
    ProbabilityBars bars;
    bars.setEntries({{QStringLiteral("Rome"), QStringLiteral("new object"), 0.01, 0.96}}, true);
    QVERIFY(bars.accessibleDescription().contains(QStringLiteral("96.0 %")));
    QVERIFY(bars.accessibleDescription().contains(QStringLiteral("Rome")));
}

QTEST_MAIN(TestPlots)
#include "test_plots.moc"
