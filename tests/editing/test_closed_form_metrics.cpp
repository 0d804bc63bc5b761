// SPDX-License-Identifier: GPL-3.0-or-later
// The same formula with other metrics: null space (AlphaEdit), keys of earlier edits (MEMIT for sequences), the plain
// norm (ENCORE); against the references' numbers and against the formulas written out.
#include "closed_form_problem.h"
#include "model_fixture.h"

#include <fstream>
#include <nlohmann/json.hpp>
#include <QtTest/QtTest>

using namespace emend;
using namespace emend::test;

namespace {

constexpr double required = 1e-9;
const std::string folder = std::string(EMEND_TEST_DATA) + "/closed_form/";

SolveOptions with_earlier(double softness, const at::Tensor& earlier) {
    return {.softness = softness, .alpha = {}, .earlier_keys = earlier, .names = {}, .decompose = false};
}

} // namespace

class TestClosedFormMetrics : public QObject {
    Q_OBJECT
  private slots:
    void golden_alphaedit_data();
    void golden_alphaedit();
    void earlier_edits_are_a_metric_data();
    void earlier_edits_are_a_metric();
    void earlier_edits_are_kept_exactly_without_softness();
    void earlier_edits_that_collide_are_named();
    void norm_is_added_to_the_weighted_statistics();
    void null_space_leaves_everything_else_alone();
    void no_null_space();
    void large_batches_agree_with_their_decomposition_data();
    void large_batches_agree_with_their_decomposition();
    void effective_rank_counts_directions();
    void a_factor_is_as_good_as_new();
};

void TestClosedFormMetrics::golden_alphaedit_data() {
    QTest::addColumn<QString>("file");
    QTest::addColumn<QString>("tensor");
    QTest::addColumn<double>("threshold");
    QTest::addColumn<double>("l2");
    QTest::addColumn<bool>("cache");
    QTest::addColumn<int>("dimensions");
    std::ifstream file(folder + "cases.json");
    const auto about = nlohmann::json::parse(file);
    for (const auto& item : about["cases"])
        for (const auto& row : item["alphaedit"]) {
            const auto name = QString::fromStdString(item["name"].get<std::string>());
            const auto tensor = QString::fromStdString(row["tensor"].get<std::string>());
            QTest::addRow("%s %s", qPrintable(name), qPrintable(tensor))
                << name << tensor << row["nullspace_threshold"].get<double>() << row["L2"].get<double>()
                << row["cache_c"].get<bool>() << row["null_dim"].get<int>();
        }
}

void TestClosedFormMetrics::golden_alphaedit() {
    QFETCH(QString, file);
    QFETCH(QString, tensor);
    QFETCH(double, threshold);
    QFETCH(double, l2);
    QFETCH(bool, cache);
    QFETCH(int, dimensions);
    const auto data = SafetensorsFile::open(folder + file.toStdString() + ".safetensors");
    const Metric metric = Metric::null_space(decompose(read_tensor(data, "C")), threshold);
    QCOMPARE(metric.dimensions(), dimensions);
    at::Tensor earlier;
    if (cache) { // given as Kp Kp^T: any Kp with that product will do
        const Spectrum kept = decompose(read_tensor(data, "alphaedit.cache_c"));
        earlier = kept.vectors * kept.values.clamp_min(0).sqrt();
    }
    const Solution solution = solve(metric, read_tensor(data, "K"), read_tensor(data, "R"), with_earlier(l2, earlier));
    const double error = error_of(product(solution), read_tensor(data, tensor.toStdString()));
    QVERIFY2(error < required, qPrintable(QString::number(error)));
}

void TestClosedFormMetrics::earlier_edits_are_a_metric_data() {
    QTest::addColumn<int>("dk");
    QTest::addColumn<int>("n");
    QTest::addColumn<int>("earlier");
    QTest::newRow("one after one") << 20 << 1 << 1;
    QTest::newRow("few after few") << 40 << 5 << 7;
    QTest::newRow("more than dimensions together") << 24 << 15 << 20;
    QTest::newRow("more earlier than dimensions") << 16 << 3 << 60;
    QTest::newRow("large, by Cholesky") << 300 << 100 << 90;
    QTest::newRow("large, more than dimensions") << 150 << 100 << 90;
}

void TestClosedFormMetrics::earlier_edits_are_a_metric() {
    QFETCH(int, dk);
    QFETCH(int, n);
    QFETCH(int, earlier);
    const Problem p = random_problem(31 + dk, 6, dk, n);
    const at::Tensor before = random_problem(77 + dk, 6, dk, earlier).keys;
    for (const double mu : {0.3, 20.0}) {
        const Solution solution = solve(Metric::factor(p.c, 1, 0), p.keys, p.residual, with_earlier(mu, before));
        // METHOD: M = C + Kp Kp^T / lambda, D = R K^T (lambda M + K K^T)^-1
        const at::Tensor system = mu * p.c + at::matmul(before, before.t()) + at::matmul(p.keys, p.keys.t());
        const at::Tensor want = right_divide(at::matmul(p.residual, p.keys.t()), system);
        QVERIFY(error_of(product(solution), want) < required);
        const Solution by_metric =
            solve(Metric::factor(p.c + at::matmul(before, before.t()) / mu, 1, 0), p.keys, p.residual, mu);
        QVERIFY(error_of(product(solution), product(by_metric)) < required);
        const double missed = (p.residual - at::matmul(want, p.keys)).square().sum().item<double>();
        const double disturbed = at::matmul(want, before).square().sum().item<double>();
        QVERIFY(std::abs(solution.memorization - missed) < 1e-8 * p.residual.square().sum().item<double>());
        QVERIFY(std::abs(solution.disturbance - disturbed) < 1e-8 * p.residual.square().sum().item<double>());
    }
}

void TestClosedFormMetrics::earlier_edits_are_kept_exactly_without_softness() {
    const Problem p = random_problem(5, 6, 50, 4);
    const at::Tensor before = random_problem(6, 6, 50, 9).keys;
    const Solution solution = solve(Metric::factor(p.c, 1, 0), p.keys, p.residual, with_earlier(0, before));
    QVERIFY(error_of(at::matmul(product(solution), p.keys), p.residual) < required);
    QVERIFY(at::matmul(product(solution), before).norm().item<double>() < 1e-9 * p.residual.norm().item<double>());
}

void TestClosedFormMetrics::earlier_edits_that_collide_are_named() {
    const Problem p = random_problem(8, 4, 30, 3);
    SolveOptions options = with_earlier(0, p.keys.slice(1, 1, 2)); // asked for again
    options.names = {"edit 1 (Rome)", "edit 2 (Big Ben)", "edit 3 (Paris)"};
    const Solution solution = solve(Metric::factor(p.c, 1, 0), p.keys, p.residual, options);
    QCOMPARE(solution.warnings.size(), std::size_t{1});
    QVERIFY(solution.warnings[0].find("edit 2 (Big Ben) and of 1 earlier edits") != std::string::npos);
    QVERIFY(solution.warnings[0].find("Paris") == std::string::npos);
    QVERIFY(std::isfinite(solution.preservation));
}

void TestClosedFormMetrics::norm_is_added_to_the_weighted_statistics() {
    const Problem p = random_problem(9, 5, 25, 6);
    const double weight = 7;
    const double norm = 0.3;
    const at::Tensor m = weight * p.c + norm * at::eye(25, at::kDouble);
    for (const double mu : {0.0, 2.0}) {
        const Solution solution = solve(Metric::factor(p.c, weight, 0, norm), p.keys, p.residual, mu);
        const Solution plain = solve(Metric::factor(m, 1, 0), p.keys, p.residual, mu);
        QVERIFY(error_of(product(solution), product(plain)) < required);
        // What is reported is the harm by the statistics alone.
        QVERIFY(std::abs(solution.preservation / trace_of(product(solution), p.c) - 1) < required);
    }
}

void TestClosedFormMetrics::null_space_leaves_everything_else_alone() {
    const Problem p = random_problem(10, 5, 40, 6);
    const Spectrum spectrum = decompose(p.c);
    const double threshold = spectrum.values[20].item<double>() * 1.0000001; // 21 directions
    const Metric metric = Metric::null_space(spectrum, threshold);
    QCOMPARE(metric.dimensions(), 21);
    const Solution solution = solve(metric, p.keys, p.residual, 0.5);
    const at::Tensor rest = spectrum.vectors.slice(1, 21, 40);
    QVERIFY(at::matmul(product(solution), rest).norm().item<double>() <
            1e-12 * product(solution).norm().item<double>());
    QVERIFY(std::abs(solution.preservation / trace_of(product(solution), p.c) - 1) < required);
    QVERIFY(std::abs(metric.quadratic(solution.left, solution.right) / solution.preservation - 1) < required);
    // (P K K^T + L2 I) D^T = P K R^T
    const at::Tensor projector = at::matmul(spectrum.vectors.slice(1, 0, 21), spectrum.vectors.slice(1, 0, 21).t());
    const at::Tensor a = at::matmul(projector, at::matmul(p.keys, p.keys.t())) + 0.5 * at::eye(40, at::kDouble);
    const at::Tensor want = at::linalg_solve(a, at::matmul(projector, at::matmul(p.keys, p.residual.t()))).t();
    QVERIFY(error_of(product(solution), want) < required);
}

void TestClosedFormMetrics::no_null_space() {
    const Problem p = random_problem(12, 5, 20, 2);
    const Spectrum spectrum = decompose(p.c);
    try {
        static_cast<void>(Metric::null_space(spectrum, spectrum.values[0].item<double>() / 2));
        QFAIL("there is no such direction");
    } catch (const Error& error) {
        QVERIFY(error.message().find("smallest eigenvalue") != std::string::npos);
        QVERIFY(error.hint().find("threshold") != std::string::npos);
    }
    for (const double threshold : {0.0, -1.0, std::numeric_limits<double>::quiet_NaN()})
        QVERIFY_EXCEPTION_THROWN(static_cast<void>(Metric::null_space(spectrum, threshold)), Error);
}

void TestClosedFormMetrics::large_batches_agree_with_their_decomposition_data() {
    QTest::addColumn<int>("dk");
    QTest::addColumn<int>("n");
    QTest::newRow("more dimensions than edits") << 220 << 180;
    QTest::newRow("more edits than dimensions") << 160 << 300;
}

void TestClosedFormMetrics::large_batches_agree_with_their_decomposition() {
    QFETCH(int, dk);
    QFETCH(int, n);
    const Problem p = random_problem(14, 10, dk, n);
    const Metric metric = Metric::factor(p.c, 1, 1e-4);
    SolveOptions options = with_earlier(3, {});
    QVERIFY(!solve(metric, p.keys, p.residual, options).system.known()); // Cholesky alone
    options.decompose = true;
    const Solution solution = solve(metric, p.keys, p.residual, options);
    QVERIFY(solution.system.known());
    for (const double mu : {1.0, 3.0, 400.0}) {
        const at::Tensor d = product(solve(metric, p.keys, p.residual, mu));
        QVERIFY(error_of(at::matmul(solution.system.left_at(mu), solution.system.right), d) < required);
        QVERIFY(std::abs(solution.system.preservation(mu) / trace_of(d, p.c) - 1) < 1e-7);
    }
}

void TestClosedFormMetrics::effective_rank_counts_directions() {
    QVERIFY(std::abs(effective_rank(at::ones({7}, at::kDouble)) - 7) < 1e-12);
    QVERIFY(std::abs(effective_rank(at::tensor({0.0, 0.0, 5.0}, at::kDouble)) - 1) < 1e-12);
    const double between = effective_rank(at::tensor({1.0, 0.1, 0.1}, at::kDouble));
    QVERIFY(between > 1 && between < 3);
    QCOMPARE(effective_rank(at::zeros({3}, at::kDouble)), 0.0);
}

void TestClosedFormMetrics::a_factor_is_as_good_as_new() {
    const Problem p = random_problem(15, 5, 30, 4);
    const Metric fresh = Metric::factor(p.c, 1, 1e-3);
    const Metric kept = Metric::from_factor(fresh.factor(), fresh.ridge_added(), 3);
    const Solution a = solve(fresh.with_weight(3), p.keys, p.residual, 2);
    const Solution b = solve(kept, p.keys, p.residual, 2);
    QVERIFY(at::equal(product(a), product(b)));
    QCOMPARE(a.preservation, b.preservation);
}

QTEST_GUILESS_MAIN(TestClosedFormMetrics)
#include "test_closed_form_metrics.moc"
