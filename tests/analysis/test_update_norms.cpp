// SPDX-License-Identifier: GPL-3.0-or-later
// |W - W0| of every layer after every batch: against the weights themselves, by products and by sums.
#include "analysis/update_norms.h"
#include "model_fixture.h"

#include <QTest>

#include <cmath>

using namespace emend;
using namespace emend::test;

class TestUpdateNorms : public QObject {
    Q_OBJECT
  private slots:
    void init() {
        model_ = std::make_unique<test::OpenModel>(open_model(model_path("gpt2_edit"))); // float64
        ledger_ = std::make_unique<Ledger>(weights());
        at::manual_seed(11);
    }
    void as_the_weights_say_data();
    void as_the_weights_say();
    void only_what_is_switched_on_below_the_position();
    void updates_that_cancel();
    void in_less_precision_than_the_weights();
    void nothing_written();
    void stops();

  private:
    Weights& weights() { return model_->decoder.weights(); }
    LayerUpdate update(int layer, std::int64_t rank, double scale = 1) {
        return {.layer = layer,
                .left = scale * at::randn({64, rank}, at::kDouble),
                .right = at::randn({rank, 256}, at::kDouble)};
    }
    double distance(int layer) { // |W - W0| as the weights are now
        return (weights().current_down(layer).to(at::kDouble) - weights().original_down(layer)).norm().item<double>();
    }
    NormHistory history() { return norm_history(*ledger_, weights(), {}); }

    std::unique_ptr<test::OpenModel> model_;
    std::unique_ptr<Ledger> ledger_;
};

void TestUpdateNorms::as_the_weights_say_data() {
    QTest::addColumn<int>("rank");
    QTest::newRow("products") << 1;
    QTest::newRow("sums") << 40; // more than half of the smaller side together
}

void TestUpdateNorms::as_the_weights_say() {
    QFETCH(int, rank);
    std::vector<std::map<int, double>> wanted;
    for (int batch = 0; batch < 4; ++batch) {
        std::vector<LayerUpdate> updates{update(1, rank), update(batch % 3, rank)}; // layer 1 also twice in one batch
        ledger_->apply(updates);
        std::map<int, double>& norms = wanted.emplace_back();
        for (int layer = 0; layer < 3; ++layer)
            norms[layer] = distance(layer);
    }
    const NormHistory norms = history();
    QCOMPARE(norms.layers, (std::vector<int>{0, 1, 2}));
    QCOMPARE(norms.points.size(), std::size_t{4});
    for (std::size_t i = 0; i < 4; ++i) {
        QCOMPARE(norms.points[i].position, i + 1);
        for (std::size_t l = 0; l < 3; ++l) {
            const double want = wanted[i].at(norms.layers[l]);
            QVERIFY2(std::abs(norms.points[i].update_norm[l] - want) <= 1e-12 * want, qPrintable(QString::number(i)));
            const double weight = weights().original_down(norms.layers[l]).norm().item<double>();
            QVERIFY(std::abs(norms.points[i].relative_norm[l] - want / weight) <= 1e-12 * want / weight);
        }
    }
    QCOMPARE(norms.points[0].update_norm[2], 0.0); // not written yet
}

void TestUpdateNorms::only_what_is_switched_on_below_the_position() {
    for (int batch = 0; batch < 4; ++batch)
        ledger_->apply({update(batch, 1)});
    ledger_->set_active(1, false);
    ledger_->undo();
    const NormHistory norms = history();
    QCOMPARE(norms.layers, (std::vector<int>{0, 2}));
    QCOMPARE(norms.points.size(), std::size_t{2});
    QCOMPARE(norms.points[0].position, std::size_t{1});
    QCOMPARE(norms.points[1].position, std::size_t{3});
    QVERIFY(std::abs(norms.points[1].update_norm[1] / distance(2) - 1) < 1e-12);
    QCOMPARE(norms.points[1].update_norm[0], norms.points[0].update_norm[0]); // the line goes on
}

// An edit and its opposite: what is left is far smaller than either.
void TestUpdateNorms::updates_that_cancel() {
    const LayerUpdate there = update(1, 1);
    LayerUpdate back = there;
    back.left = -there.left * (1 - 1e-7);
    ledger_->apply({there});
    const double first = distance(1);
    ledger_->apply({back});
    NormHistory norms = history();
    QVERIFY(std::abs(norms.points[0].update_norm[0] / first - 1) < 1e-12);
    QVERIFY(std::abs(norms.points[1].update_norm[0] / (1e-7 * first) - 1) < 1e-6);
    back.left = -there.left;
    ledger_->undo();
    ledger_->apply({back});
    norms = history();
    QCOMPARE(norms.points[1].update_norm[0], 0.0);
}

// Weights in half precision cannot tell an update this small; its norm is there all the same.
void TestUpdateNorms::in_less_precision_than_the_weights() {
    test::OpenModel coarse = open_model(model_path("gpt2_edit"), at::kBFloat16);
    Ledger ledger(coarse.decoder.weights());
    const LayerUpdate small = update(1, 2, 1e-9);
    ledger.apply({small});
    const NormHistory norms = norm_history(ledger, coarse.decoder.weights(), {});
    const double want = small.left.matmul(small.right).norm().item<double>();
    QVERIFY(std::abs(norms.points[0].update_norm[0] - want) <= 1e-12 * want);
    // And |W0| is that of the checkpoint, not of what it was rounded to.
    const double weight = weights().original_down(1).norm().item<double>();
    QVERIFY(std::abs(norms.points[0].relative_norm[0] - want / weight) <= 1e-12 * want / weight);
}

void TestUpdateNorms::nothing_written() {
    QVERIFY(history().layers.empty() && history().points.empty());
    ledger_->apply({});
    QCOMPARE(history().points.size(), std::size_t{1});
    QVERIFY(history().layers.empty());
}

void TestUpdateNorms::stops() {
    ledger_->apply({update(1, 1)});
    std::stop_source source;
    source.request_stop();
    QVERIFY_EXCEPTION_THROWN(static_cast<void>(norm_history(*ledger_, weights(), JobContext({}, source.get_token()))),
                             Cancelled);
}

QTEST_GUILESS_MAIN(TestUpdateNorms)
#include "test_update_norms.moc"
