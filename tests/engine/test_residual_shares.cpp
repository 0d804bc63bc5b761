// SPDX-License-Identifier: GPL-3.0-or-later
// The share of the residual that every layer reports, after a solve and as the softness is turned.
#include "engine_fixture.h"

#include <QTest>

#include <algorithm>
#include <cmath>
#include <numeric>

using namespace emend;
using namespace emend::test;

namespace {

std::vector<double> shares(const std::vector<LayerReport>& layers) {
    std::vector<double> shares;
    for (const LayerReport& layer : layers)
        shares.push_back(layer.residual_share);
    return shares;
}
double sum(const std::vector<double>& values) {
    return std::accumulate(values.begin(), values.end(), 0.0);
}

} // namespace

class TestResidualShares : public QObject {
    Q_OBJECT
  private slots:
    void init() { fixture_ = std::make_unique<EngineFixture>(); }
    void shares_of_the_residual_data();
    void shares_of_the_residual();
    void shares_follow_the_knob();

  private:
    Engine& engine() { return *fixture_->engine; }
    std::unique_ptr<EngineFixture> fixture_;
};

void TestResidualShares::shares_of_the_residual_data() {
    QTest::addColumn<QString>("algorithm");
    QTest::addColumn<QString>("distribution");
    QTest::addColumn<int>("batch");
    QTest::newRow("single") << "MEMIT"
                            << "single" << 0;
    QTest::newRow("spread") << "MEMIT"
                            << "spread" << 0;
    QTest::newRow("first and last") << "MEMIT"
                                    << "first-and-last" << 0;
    QTest::newRow("one after another") << "R-ROME"
                                       << "single" << 0;
    QTest::newRow("batches of two") << "MEMIT"
                                    << "spread" << 2;
}

// All of it without softness, less and less with more.
void TestResidualShares::shares_of_the_residual() {
    QFETCH(QString, algorithm);
    QFETCH(QString, distribution);
    QFETCH(int, batch);
    Recipe recipe =
        fixture_->recipe(algorithm.toStdString(), distribution == "single" ? std::vector{1} : std::vector{0, 1});
    recipe.distribution = distribution.toStdString();
    recipe.batch = batch;
    double last = 1 + 1e-6;
    for (const double softness : {0.0, 1e4, 1e6, 1e8}) {
        recipe.softness = softness;
        const EditReport report = engine().apply(four_requests(), recipe, {}, {});
        const double now = sum(shares(report.layers));
        QVERIFY2(softness > 0 ? now < last : std::abs(now - 1) < 1e-6, qPrintable(QString::number(now, 'g', 12)));
        last = now;
        engine().undo();
    }
    QVERIFY(last < 0.1);
    const EditReport tuned = engine().apply(four_requests(), fixture_->recipe("FT-L"), {}, {});
    QCOMPARE(tuned.layers[0].residual_share, 0.0);
}

void TestResidualShares::shares_follow_the_knob() {
    for (const auto& [distribution, batch] :
         {std::pair("spread", 0), std::pair("first-and-last", 0), std::pair("spread", 2)}) {
        Recipe recipe = fixture_->recipe("MEMIT", {0, 1});
        recipe.distribution = distribution;
        recipe.batch = batch;
        const EditReport report = engine().apply(four_requests(), recipe, {}, {});
        const auto turned = [&](double softness, bool settle) {
            return shares(
                engine()
                    .set_softness(
                        {.batch_id = report.batch_id, .softness = softness, .settle = settle, .watch = {}, .top = 1},
                        {})
                    .layers);
        };
        const auto same = [](const std::vector<double>& a, const std::vector<double>& b, double by) {
            return std::ranges::equal(a, b, [by](double x, double y) { return std::abs(x - y) < by; });
        };
        QVERIFY(same(turned(5, false), shares(report.layers), 1e-9)); // where it was
        const auto live = turned(1e5, false);
        QVERIFY(sum(live) < 0.9);
        QVERIFY(same(live, turned(1e5, true), 0.1)); // close to solving again
        engine().undo();
    }
}

QTEST_GUILESS_MAIN(TestResidualShares)
#include "test_residual_shares.moc"
