// SPDX-License-Identifier: GPL-3.0-or-later
// The frontier as table and chart, looked at as a picture; the slider's scale.
#include "models/frontier_model.h"
#include "panels/softness_control.h"
#include "plots/frontier_plot.h"
#include "plots/theme_colors.h"

#include <QApplication>
#include <QDoubleSpinBox>
#include <QSignalSpy>
#include <QSvgRenderer>
#include <QToolButton>
#include <QtTest>

#include <cmath>

using namespace emend;
using namespace emend::ui;

class TestFrontier : public QObject {
    Q_OBJECT

    // One direction: preservation 1 / (1 + mu)^2, memorization (mu / (1 + mu))^2, twice for the sum of two layers.
    static std::shared_ptr<const Frontier> frontier(bool statistics = true) {
        auto made = std::make_shared<Frontier>();
        made->batch_id = 1;
        made->layers.resize(2);
        const auto add = [&](double mu) {
            FrontierPoint point{mu, std::pow(1 + mu, -2), std::pow(mu / (1 + mu), 2), 1 / (1 + mu)};
            if (!statistics)
                point.preservation = std::nan("");
            for (LayerFrontier& layer : made->layers)
                layer.points.push_back(point);
            made->total.push_back(
                {mu, 2 * point.preservation, 2 * point.memorization, std::sqrt(2) * point.update_norm});
        };
        add(0);
        for (int i = -4; i <= 8; ++i)
            add(std::pow(10, i / 2.0));
        made->layers[0].layer = 3;
        made->layers[1].layer = 4;
        return made;
    }
    struct Shown {
        FrontierModel model;
        FrontierPlot plot{model};
        Shown(bool statistics = true) {
            plot.resize(520, 460);
            plot.show();
            model.setFrontier(frontier(statistics), QStringLiteral("Eiffel Tower → Rome"));
            QCoreApplication::processEvents();
            (void)plot.render(ChartFormat::Png); // lays it out
        }
    };
    static QImage picture(FrontierPlot& plot) { return QImage::fromData(plot.render(ChartFormat::Png)); }
    static int count(const QImage& image, const QColor& color) {
        int found = 0;
        for (int y = 0; y < image.height(); ++y)
            for (int x = 0; x < image.width(); ++x)
                found += image.pixelColor(x, y) == color ? 1 : 0;
        return found;
    }
    // Of all pixels of one colour: only the marked point has the accent.
    static QPointF middle(const QImage& image, const QColor& color) {
        double x = 0;
        double y = 0;
        int found = 0;
        for (int row = 0; row < image.height(); ++row) {
            for (int column = 0; column < image.width(); ++column) {
                if (image.pixelColor(column, row) != color)
                    continue;
                x += column + 0.5;
                y += row + 0.5;
                ++found;
            }
        }
        return found ? QPointF(x / found, y / found) : QPointF(-1, -1);
    }

  private slots:
    void initTestCase() { QApplication::setPalette(ThemeColors::light().palette()); }

    void tableHoldsTheSum();
    void betweenPointsTheLineIsStraight();
    void csvHoldsEveryLayer();
    void chartIsNotEmpty_data();
    void chartIsNotEmpty();
    void withoutDataThereIsNoMark();
    void markedPointSitsWhereTheDataSay_data();
    void markedPointSitsWhereTheDataSay();
    void axesAreLogarithmic();
    void labelsDoNotOverlap_data();
    void labelsDoNotOverlap();
    void withoutStatisticsTheNormStandsIn();
    void layersAreShownOnDemand();
    void pointIsDragged();
    void elsewhereNothingIsDragged();
    void readByKeyboard();
    void chartIsExported();
    void sliderBeginsAtZero();
    void sliderIsLogarithmic();
    void controlTellsWhileMovingAndOnceAtRest();
    void controlTakesTypedNumbers();
    void resetGoesBackToTheRecipe();
};

void TestFrontier::tableHoldsTheSum() {
    FrontierModel model;
    QCOMPARE(model.rowCount(), 0);
    model.setFrontier(frontier(), {});
    QCOMPARE(model.rowCount(), 14);
    QCOMPARE(model.index(0, FrontierModel::Softness).data().toString(), QStringLiteral("0"));
    QCOMPARE(model.index(0, FrontierModel::Preservation).data(FrontierModel::ValueRole).toDouble(), 2.0);
    for (int column = 0; column < FrontierModel::ColumnCount; ++column)
        QVERIFY(!model.headerData(column, Qt::Horizontal, Qt::ToolTipRole).toString().isEmpty());
    QCOMPARE(model.nearestRow(0), 0);
    QCOMPARE(model.point(model.nearestRow(11)).softness, 10.0);
}

void TestFrontier::betweenPointsTheLineIsStraight() {
    FrontierModel model;
    model.setFrontier(frontier(), {});
    QCOMPARE(model.at(0).memorization, 0.0);
    QCOMPARE(model.at(100).memorization, model.point(model.nearestRow(100)).memorization);
    // Half way between 10 and 10^1.5 on a logarithmic scale: the geometric mean.
    const double mu = std::pow(10, 1.25);
    const FrontierPoint& a = model.point(model.nearestRow(10));
    const FrontierPoint& b = model.point(model.nearestRow(std::pow(10, 1.5)));
    QVERIFY(qAbs(model.at(mu).preservation / std::sqrt(a.preservation * b.preservation) - 1) < 1e-9);
    QCOMPARE(model.at(1e30).softness, model.point(model.rowCount() - 1).softness); // no further than the line
}

void TestFrontier::csvHoldsEveryLayer() {
    FrontierModel model;
    model.setFrontier(frontier(false), {});
    const QStringList lines = model.toCsv().trimmed().split(u'\n');
    QCOMPARE(lines.size(), 1 + 3 * 14);
    QCOMPARE(lines[0], QStringLiteral("layer,softness,preservation,memorization,update_norm"));
    QVERIFY(lines[1].startsWith(QStringLiteral("sum,0,,0,"))); // what is not known is empty
    QVERIFY(lines[15].startsWith(QStringLiteral("3,")));
}

void TestFrontier::chartIsNotEmpty_data() {
    QTest::addColumn<bool>("dark");
    QTest::newRow("light") << false;
    QTest::newRow("dark") << true;
}

void TestFrontier::chartIsNotEmpty() {
    QFETCH(bool, dark);
    const ThemeColors& colors = dark ? ThemeColors::darkOnes() : ThemeColors::light();
    QApplication::setPalette(colors.palette());
    Shown shown;
    const QImage image = picture(shown.plot);
    QVERIFY(image.width() >= 3 * 400);
    QVERIFY(count(image, colors.surface) > image.width() * image.height() / 2);
    QVERIFY(count(image, colors.muted) > 2000); // the line
    QVERIFY(count(image, colors.accent) > 500); // the marked point
    QApplication::setPalette(ThemeColors::light().palette());
}

void TestFrontier::withoutDataThereIsNoMark() {
    FrontierModel model;
    FrontierPlot plot(model);
    plot.resize(520, 460);
    plot.show();
    const QImage image = picture(plot);
    QCOMPARE(count(image, ThemeColors::light().accent), 0);
    QCOMPARE(plot.currentRow(), -1);
    QTest::keyClick(&plot, Qt::Key_Left);
    QTest::keyClick(&plot, Qt::Key_Return);
    QCOMPARE(plot.currentRow(), -1);
}

void TestFrontier::markedPointSitsWhereTheDataSay_data() {
    QTest::addColumn<double>("softness");
    for (const double mu : {0.0, 0.01, 1.0, 17.0, 1000.0})
        QTest::addRow("softness %g", mu) << mu;
}

void TestFrontier::markedPointSitsWhereTheDataSay() {
    QFETCH(double, softness);
    Shown shown;
    shown.plot.setSoftness(softness);
    const QImage image = picture(shown.plot);
    const QPointF expected = 3 * shown.plot.pixelOf(shown.model.at(softness)); // exported at three times the size
    const QPointF found = middle(image, ThemeColors::light().accent);
    QVERIFY2(qAbs(found.x() - expected.x()) < 4 && qAbs(found.y() - expected.y()) < 4,
             qPrintable(QStringLiteral("%1 %2 instead of %3 %4")
                            .arg(found.x())
                            .arg(found.y())
                            .arg(expected.x())
                            .arg(expected.y())));
    // The line passes there: its colour is found around the mark.
    int line = 0;
    for (int angle = 0; angle < 360; ++angle) {
        const double turn = angle * M_PI / 180;
        const QPoint at = (found + 27 * QPointF(std::cos(turn), std::sin(turn))).toPoint();
        if (image.rect().contains(at))
            line += image.pixelColor(at) == ThemeColors::light().muted ? 1 : 0;
    }
    QVERIFY(line > 0);
}

void TestFrontier::labelsDoNotOverlap_data() {
    QTest::addColumn<double>("softness");
    for (const double softness : {0.0, 0.01, 0.03, 1.0, 100.0, 1e4})
        QTest::addRow("%g", softness) << softness;
}

void TestFrontier::labelsDoNotOverlap() {
    QFETCH(const double, softness);
    Shown shown;
    shown.plot.setDefaultSoftness(100, QStringLiteral("MEMIT"));
    shown.plot.setSoftness(softness);
    (void)picture(shown.plot);
    const QList<QRectF> labels = shown.plot.labelRects();
    QVERIFY(labels.size() >= 2);
    for (qsizetype i = 0; i < labels.size(); ++i)
        for (qsizetype j = 0; j < i; ++j)
            QVERIFY2(!labels[i].intersects(labels[j]), qPrintable(QStringLiteral("%1 and %2").arg(i).arg(j)));
}

void TestFrontier::axesAreLogarithmic() {
    Shown shown;
    const auto x = [&](double preservation) { return shown.plot.pixelOf({0, preservation, 0.1, 0}).x(); };
    const auto y = [&](double memorization) { return shown.plot.pixelOf({0, 0.1, memorization, 0}).y(); };
    QVERIFY(qAbs((x(1e-1) - x(1e-2)) - (x(1e-2) - x(1e-3))) < 0.5);
    QVERIFY(qAbs((y(1e-1) - y(1e-2)) - (y(1e-2) - y(1e-3))) < 0.5);
    QVERIFY(x(1e-1) > x(1e-2) + 10);
    QVERIFY(y(1e-1) < y(1e-2) - 10); // upwards
}

void TestFrontier::withoutStatisticsTheNormStandsIn() {
    Shown shown(false);
    QVERIFY(!shown.model.hasPreservation());
    const QImage image = picture(shown.plot);
    QVERIFY(count(image, ThemeColors::light().accent) > 500);
    QVERIFY(shown.plot.pixelOf(shown.model.at(0)).x() > shown.plot.pixelOf(shown.model.at(100)).x() + 50);
}

void TestFrontier::layersAreShownOnDemand() {
    Shown shown;
    // The first layer's colour, the darkest there is.
    const auto first = [&] { return count(picture(shown.plot), QColor(68, 1, 84)); };
    QCOMPARE(first(), 0);
    shown.plot.setLayersShown(true);
    QVERIFY(first() > 200);
    shown.plot.setLayersShown(false);
    QCOMPARE(first(), 0);
}

void TestFrontier::pointIsDragged() {
    Shown shown;
    shown.plot.setSoftness(1);
    (void)shown.plot.render(ChartFormat::Png);
    auto* area = shown.plot.findChild<QWidget*>(QStringLiteral("frontierPlotArea"));
    QSignalSpy dragged(&shown.plot, &FrontierPlot::softnessDragged);
    QSignalSpy chosen(&shown.plot, &FrontierPlot::softnessChosen);
    const QPoint from = shown.plot.pixelOf(shown.model.at(1)).toPoint();
    const QPoint to = shown.plot.pixelOf(shown.model.at(100)).toPoint();
    QTest::mousePress(area, Qt::LeftButton, {}, from);
    QVERIFY(shown.plot.isDragging());
    for (int i = 1; i <= 10; ++i)
        QTest::mouseMove(area, from + (to - from) * i / 10);
    QCOMPARE(chosen.count(), 0); // not before the hand lets go
    QTest::mouseRelease(area, Qt::LeftButton, {}, to);
    QVERIFY(dragged.count() > 3);
    QCOMPARE(chosen.count(), 1);
    const double taken = chosen.first().first().toDouble();
    QVERIFY2(taken > 80 && taken < 125, qPrintable(QString::number(taken)));
    QCOMPARE(dragged.last().first().toDouble(), taken);
    QCOMPARE(shown.plot.softness(), taken);
}

void TestFrontier::elsewhereNothingIsDragged() {
    Shown shown;
    shown.plot.setSoftness(1);
    auto* area = shown.plot.findChild<QWidget*>(QStringLiteral("frontierPlotArea"));
    QSignalSpy chosen(&shown.plot, &FrontierPlot::softnessChosen);
    const QPoint away = shown.plot.pixelOf(shown.model.at(1)).toPoint() + QPoint(-60, 80);
    QTest::mousePress(area, Qt::LeftButton, {}, away);
    QTest::mouseMove(area, away + QPoint(20, 20));
    QTest::mouseRelease(area, Qt::LeftButton, {}, away + QPoint(20, 20));
    QCOMPARE(chosen.count(), 0);
    QCOMPARE(shown.plot.softness(), 1.0);
}

void TestFrontier::readByKeyboard() {
    Shown shown;
    shown.plot.setSoftness(1);
    QSignalSpy chosen(&shown.plot, &FrontierPlot::softnessChosen);
    const int here = shown.model.nearestRow(1);
    QTest::keyClick(&shown.plot, Qt::Key_Left);
    QCOMPARE(shown.plot.currentRow(), here + 1); // softer: less is disturbed
    QCOMPARE(shown.plot.accessibleDescription(), FrontierModel::describe(shown.model.point(here + 1)));
    QTest::keyClick(&shown.plot, Qt::Key_Home);
    QCOMPARE(shown.plot.currentRow(), 0);
    QTest::keyClick(&shown.plot, Qt::Key_Right);
    QCOMPARE(shown.plot.currentRow(), 0); // no further
    QTest::keyClick(&shown.plot, Qt::Key_End);
    QCOMPARE(shown.plot.currentRow(), shown.model.rowCount() - 1);
    QCOMPARE(chosen.count(), 0);
    QTest::keyClick(&shown.plot, Qt::Key_Return);
    QCOMPARE(chosen.count(), 1);
    QCOMPARE(chosen.first().first().toDouble(), 1e4);
}

void TestFrontier::chartIsExported() {
    Shown shown;
    QVERIFY(QSvgRenderer(shown.plot.render(ChartFormat::Svg)).isValid());
    QVERIFY(shown.plot.render(ChartFormat::Pdf).startsWith("%PDF"));
}

void TestFrontier::sliderBeginsAtZero() {
    SoftnessSlider slider;
    slider.setDecades(1e-2, 1e4);
    QCOMPARE(slider.softnessAt(0), 0.0);
    QCOMPARE(slider.stepOf(0), 0);
    QCOMPARE(slider.softnessAt(SoftnessSlider::steps), 1e4);
    QCOMPARE(slider.stepOf(1e9), int(SoftnessSlider::steps));
    QVERIFY(slider.stepOf(1e-9) > 0); // more than nothing does not look like nothing
    double before = -1;
    for (int step = 0; step <= SoftnessSlider::steps; ++step) {
        QVERIFY(slider.softnessAt(step) > before);
        before = slider.softnessAt(step);
        QCOMPARE(slider.stepOf(before), step);
    }
}

void TestFrontier::sliderIsLogarithmic() {
    SoftnessSlider slider;
    slider.setDecades(1, 1e8);
    const int one = slider.stepOf(10) - slider.stepOf(1);
    QVERIFY(qAbs(slider.stepOf(1e6) - slider.stepOf(1e5) - one) <= 1);
}

void TestFrontier::controlTellsWhileMovingAndOnceAtRest() {
    SoftnessControl control;
    control.show();
    QSignalSpy moved(&control, &SoftnessControl::moved);
    QSignalSpy chosen(&control, &SoftnessControl::chosen);
    auto* slider = control.findChild<SoftnessSlider*>();
    slider->setSliderDown(true);
    for (int step = 10; step <= 200; step += 10)
        slider->setValue(step);
    QVERIFY(control.isHeld());
    QCOMPARE(moved.count(), 20);
    QCOMPARE(chosen.count(), 0);
    control.setSoftness(5); // from the engine: the hand is ahead
    QCOMPARE(control.softness(), slider->softnessAt(200));
    slider->setSliderDown(false);
    QCOMPARE(chosen.count(), 1);
    QCOMPARE(chosen.first().first().toDouble(), slider->softnessAt(200));
    // Keys have no release: what they did is told when they rest.
    QTest::keyClick(slider, Qt::Key_Right);
    QTest::keyClick(slider, Qt::Key_Right);
    QCOMPARE(moved.count(), 22);
    QTRY_COMPARE(chosen.count(), 2);
    QVERIFY(!control.isHeld());
}

void TestFrontier::controlTakesTypedNumbers() {
    SoftnessControl control;
    control.show();
    QSignalSpy chosen(&control, &SoftnessControl::chosen);
    auto* field = control.findChild<QDoubleSpinBox*>();
    field->setFocus();
    field->selectAll();
    QTest::keyClicks(field, QStringLiteral("123.5"));
    QTest::keyClick(field, Qt::Key_Return);
    QCOMPARE(chosen.count(), 1);
    QCOMPARE(chosen.first().first().toDouble(), 123.5);
    QCOMPARE(control.softness(), 123.5);
    field->selectAll();
    QTest::keyClicks(field, QStringLiteral("-4"));
    QTest::keyClick(field, Qt::Key_Return);
    QVERIFY(control.softness() >= 0);
}

void TestFrontier::resetGoesBackToTheRecipe() {
    SoftnessControl control;
    control.setRecipeSoftness(100);
    control.setSoftness(100);
    auto* reset = control.findChild<QToolButton*>(QStringLiteral("softnessReset"));
    QVERIFY(!reset->isEnabled());
    control.setSoftness(2000);
    QVERIFY(reset->isEnabled());
    QSignalSpy chosen(&control, &SoftnessControl::chosen);
    reset->click();
    QCOMPARE(chosen.count(), 1);
    QCOMPARE(chosen.first().first().toDouble(), 100.0);
    QVERIFY(!reset->isEnabled());
}

QTEST_MAIN(TestFrontier)
#include "test_frontier.moc"
