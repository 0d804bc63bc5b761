// SPDX-License-Identifier: GPL-3.0-or-later
// What the statistics say about a layer: whitening, weight, ridge, and what is told of singular ones.
#include "closed_form_problem.h"
#include "model_fixture.h"

#include <cmath>
#include <QtTest/QtTest>

using namespace emend;
using namespace emend::test;

namespace {

constexpr double required = 1e-9;

} // namespace

class TestMetric : public QObject {
    Q_OBJECT

  private slots:
    void metric_pieces();
    void weight_is_free();
    void singular_statistics_are_told();
    void condition_numbers();
};

void TestMetric::metric_pieces() {
    const Problem p = random_problem(13, 4, 25, 6);
    const double weight = 3;
    const Metric metric = Metric::factor(p.c, weight, 0);
    const at::Tensor m = weight * p.c;
    const at::Tensor whitened = metric.whiten(p.keys);
    // Kw^T Kw = K^T M^-1 K, and unwhitening brings M^-1.
    const at::Tensor rows = right_divide(p.keys.t(), m);
    QVERIFY(error_of(at::matmul(whitened.t(), whitened), at::matmul(rows, p.keys)) < required);
    QVERIFY(error_of(metric.unwhiten_rows(whitened.t()), rows) < required);
    const Metric plain = Metric::identity(25, 4);
    QVERIFY(plain.is_identity() && !metric.is_identity());
    QVERIFY(error_of(plain.whiten(p.keys), p.keys / 2) < 1e-15);
    QVERIFY(error_of(product(solve(Metric::identity(25), p.keys, p.residual, 2)),
                     product(solve(Metric::factor(at::eye(25, at::kDouble), 1, 0), p.keys, p.residual, 2))) < 1e-12);
    QVERIFY(std::abs(plain.quadratic(p.residual, p.keys.t()) -
                     at::matmul(p.residual, p.keys.t()).square().sum().item<double>()) < 1e-9);
}

void TestMetric::weight_is_free() {
    const Problem p = random_problem(14, 4, 25, 6);
    const Metric one = Metric::factor(p.c, 1, 1e-3);
    QVERIFY(at::equal(one.with_weight(9).whiten(p.keys), Metric::factor(p.c, 9, 1e-3).whiten(p.keys)));
    QCOMPARE(one.with_weight(9).ridge_added(), one.ridge_added());
}

void TestMetric::singular_statistics_are_told() {
    Problem p = random_problem(15, 4, 40, 2);
    const at::Tensor few = p.c.slice(0, 0, 10); // ten tokens in forty dimensions
    const at::Tensor c = at::matmul(few.t(), few);
    const Metric metric = Metric::factor(c, 1, 0);
    QCOMPARE(metric.warnings().size(), std::size_t{1});
    QVERIFY(metric.ridge_added() > 0);
    const Solution solution = solve(metric, p.keys, p.residual, 0);
    QCOMPARE(solution.warnings.size(), std::size_t{1}); // the metric's word reaches whoever asked
    QVERIFY(error_of(at::matmul(product(solution), p.keys), p.residual) < 1e-6);
    QVERIFY(Metric::factor(c, 1, 1e-4).warnings().empty()); // asked for, so nothing to tell

    // A neuron that never fired.
    p.c.select(0, 7).zero_();
    p.c.select(1, 7).zero_();
    QCOMPARE(Metric::factor(p.c, 1, 0).warnings().size(), std::size_t{1});
    // Directions of very different size are no fault.
    const at::Tensor wide = at::diag(at::exp(at::linspace(0, -60, 40, at::kDouble)));
    QVERIFY(Metric::factor(wide, 1, 0).warnings().empty());
}

void TestMetric::condition_numbers() {
    const auto of = [](std::int64_t size, double ratio) {
        return condition_number(at::diag(at::exp(at::linspace(0, std::log(ratio), size, at::kDouble))));
    };
    QVERIFY(std::abs(of(50, 1e5) / 1e5 - 1) < 1e-9);
    const double big = of(1100, 1e5); // by iteration
    QVERIFY2(big > 0.9e5 && big < 1.0001e5, qPrintable(QString::number(big)));
    QVERIFY(std::isinf(condition_number(at::ones({20, 20}, at::kDouble))));
    QVERIFY(std::isinf(condition_number(at::ones({1100, 1100}, at::kDouble))));
}

QTEST_GUILESS_MAIN(TestMetric)
#include "test_metric.moc"
