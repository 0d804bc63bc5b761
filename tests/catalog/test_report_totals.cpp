// SPDX-License-Identifier: GPL-3.0-or-later
#include "emend/report_totals.h"

#include <QtTest>

#include <cmath>
#include <vector>

using namespace emend;

class TestReportTotals : public QObject {
    Q_OBJECT

  private slots:
    void ofNothing();
    void ofOneLayer();
    void sumsAndRoots();
    void unknownStaysUnknown();
};

void TestReportTotals::ofNothing() {
    const LayerReport total = total_of({});
    QCOMPARE(total.update_norm, 0.0);
    QCOMPARE(total.relative_norm, 0.0);
    QCOMPARE(total.condition, 1.0);
}

void TestReportTotals::ofOneLayer() {
    const std::vector<LayerReport> layers{{5, 2, 40, 0.05, 3, 768, 120, 0.5, 0.25, 0.9}};
    const LayerReport total = total_of(layers);
    QCOMPARE(total.layer, -1);
    QCOMPARE(total.update_norm, 2.0);
    QCOMPARE(total.relative_norm, 0.05);
    QCOMPARE(total.rank, 3);
    QCOMPARE(total.dimensions, 768);
    QCOMPARE(total.condition, 120.0);
    QCOMPARE(total.residual_share, 0.9);
}

void TestReportTotals::sumsAndRoots() {
    const std::vector<LayerReport> layers{{1, 3, 30, 0.1, 2, 10, 50, 0.5, 0.25, 0.6},
                                          {2, 4, 40, 0.1, 2, 20, 700, 1.5, 0.5, 0.3}};
    const LayerReport total = total_of(layers);
    QCOMPARE(total.update_norm, 5.0);
    QCOMPARE(total.weight_norm, 50.0);
    QCOMPARE(total.relative_norm, 0.1);
    QCOMPARE(total.rank, 4);
    QCOMPARE(total.dimensions, 30);
    QCOMPARE(total.condition, 700.0);
    QCOMPARE(total.preservation, 2.0);
    QCOMPARE(total.memorization, 0.75);
    QVERIFY(std::abs(total.residual_share - 0.9) < 1e-12);
}

void TestReportTotals::unknownStaysUnknown() {
    std::vector<LayerReport> layers{{1, 3, 30, 0.1, 2, 10, 50, 0.5, 0.25, 0.6}, {2, 4, 40, 0.1, 2, 0, 50, 1.5, 0, 0}};
    layers[1].preservation = std::nan("");
    const LayerReport total = total_of(layers);
    QVERIFY(std::isnan(total.preservation)); // of one layer nothing is known: nor of the sum
    QCOMPARE(total.dimensions, 0);
}

QTEST_GUILESS_MAIN(TestReportTotals)
#include "test_report_totals.moc"
