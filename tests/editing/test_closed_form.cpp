// SPDX-License-Identifier: GPL-3.0-or-later
// The closed form against the references' numbers (tests/data/closed_form), against the formulas as they are written in
// METHOD's terms, and against itself.
#include "closed_form_problem.h"
#include "emend/error.h"
#include "model_fixture.h"

#include <cmath>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <QtTest/QtTest>

using namespace emend;
using namespace emend::test;

namespace {

constexpr double required = 1e-9;
const std::string folder = std::string(EMEND_TEST_DATA) + "/closed_form/";

nlohmann::json golden_cases() {
    std::ifstream file(folder + "cases.json");
    return nlohmann::json::parse(file)["cases"];
}

void add_sizes() {
    QTest::addColumn<int>("seed");
    QTest::addColumn<int>("dv");
    QTest::addColumn<int>("dk");
    QTest::addColumn<int>("n");
    int seed = 0;
    for (const auto& [dv, dk, n] : {std::tuple{3, 1, 1},
                                    {4, 16, 1},
                                    {4, 16, 2},
                                    {16, 16, 16},
                                    {8, 12, 40},
                                    {2, 30, 7},
                                    {64, 96, 33},
                                    {5, 64, 64},
                                    {20, 24, 25}})
        QTest::addRow("dv %d, dk %d, n %d", dv, dk, n) << ++seed << dv << dk << n;
}

} // namespace

class TestClosedForm : public QObject {
    Q_OBJECT

  private slots:
    void golden_data();
    void golden();
    void golden_rome();
    void formulas_data() { add_sizes(); }
    void formulas();
    void tradeoff_data() { add_sizes(); }
    void tradeoff();
    void one_edit_is_rome();
    void stabilised_emmet_is_memit();
    void big_batches_data();
    void big_batches();
    void dependent_keys_share();
    void more_keys_than_dimensions();
    void refusals_data();
    void refusals();
};

void TestClosedForm::golden_data() {
    QTest::addColumn<QString>("file");
    QTest::addColumn<QString>("tensor");
    QTest::addColumn<double>("weight");
    QTest::addColumn<double>("diagonal");
    QTest::addColumn<double>("softness");
    QTest::addColumn<double>("alpha");
    for (const auto& item : golden_cases()) {
        const auto name = QString::fromStdString(item["name"]);
        const auto add = [&](const nlohmann::json& row, double softness, double alpha) {
            if (!row.contains("tensor"))
                return; // the reference itself has no meaningful number here
            const auto tensor = QString::fromStdString(row["tensor"]);
            QTest::newRow(qPrintable(name + " " + tensor))
                << name << tensor << row["mom2_update_weight"].get<double>() << row["update_norm_lambda"].get<double>()
                << softness << alpha;
        };
        for (const auto& row : item["memit"])
            add(row, 1, 0);
        for (const auto& row : item["emmet"])
            add(row, 0, row["emmet_lambda"].get<double>());
    }
}

void TestClosedForm::golden() {
    QFETCH(QString, file);
    QFETCH(QString, tensor);
    QFETCH(double, weight);
    QFETCH(double, diagonal);
    QFETCH(double, softness);
    QFETCH(double, alpha);
    const auto data = SafetensorsFile::open(folder + file.toStdString() + ".safetensors");
    const at::Tensor c = read_tensor(data, "C");
    const double ridge = diagonal / (weight * c.diagonal().mean().item<double>());
    const Metric metric = Metric::factor(c, weight, ridge);
    QVERIFY(metric.warnings().empty());
    const Solution solution = solve(metric, read_tensor(data, "K"), read_tensor(data, "R"), softness, alpha);
    const double error = error_of(product(solution), read_tensor(data, tensor.toStdString()));
    QVERIFY2(error < required, qPrintable(QString::number(error)));
}

void TestClosedForm::golden_rome() {
    int compared = 0;
    for (const auto& item : golden_cases()) {
        if (!item.contains("rome"))
            continue;
        const auto data = SafetensorsFile::open(folder + item["name"].get<std::string>() + ".safetensors");
        const Metric metric = Metric::factor(read_tensor(data, "C"), 1, 0);
        const at::Tensor k_star = read_tensor(data, "rome.k_star");
        const at::Tensor residual = read_tensor(data, "rome.resid");
        const Solution two = solve_rome(metric, k_star, read_tensor(data, "rome.cur_input"), residual);
        QVERIFY(error_of(two.right.squeeze(0), read_tensor(data, "rome.left")) < required);
        QVERIFY(error_of(two.left.squeeze(1), read_tensor(data, "rome.right")) < required);
        QVERIFY(error_of(product(two), read_tensor(data, "rome.delta")) < required);
        const Solution one = solve_rome(metric, k_star, k_star, residual);
        QVERIFY(error_of(product(one), read_tensor(data, "rome2.delta")) < required);
        QVERIFY(error_of(product(solve(metric, k_star, residual, 0)), read_tensor(data, "rome2.delta")) < required);
        ++compared;
    }
    QCOMPARE(compared, 2);
}

void TestClosedForm::formulas() {
    QFETCH(int, seed);
    QFETCH(int, dv);
    QFETCH(int, dk);
    QFETCH(int, n);
    const Problem p = random_problem(seed, dv, dk, n);
    const Metric metric = Metric::factor(p.c, 1, 0);
    for (const double lambda : {1e-3, 0.7, 15000.0}) {
        // MEMIT: R K^T (lambda C + K K^T)^-1
        const at::Tensor system = lambda * p.c + at::matmul(p.keys, p.keys.t());
        const at::Tensor want = right_divide(at::matmul(p.residual, p.keys.t()), system);
        const Solution solution = solve(metric, p.keys, p.residual, lambda);
        QVERIFY(error_of(product(solution), want) < required);
        QVERIFY(solution.left.size(1) <= std::min({n, dk, dv}));
        QCOMPARE(solution.left.size(1), solution.right.size(0));
        QVERIFY(solution.warnings.empty());
    }
    if (n > dk)
        return;
    // EMMET: R (K^T C^-1 K)^-1 K^T C^-1
    const at::Tensor rows = right_divide(p.keys.t(), p.c);
    const Solution exact = solve(metric, p.keys, p.residual, 0);
    const at::Tensor want = at::matmul(right_divide(p.residual, at::matmul(rows, p.keys)), rows);
    QVERIFY(error_of(product(exact), want) < required * std::max(1.0, exact.condition * 1e-6));
    QVERIFY(exact.memorization < 1e-18 * exact.condition * p.residual.square().sum().item<double>());
}

void TestClosedForm::tradeoff() {
    QFETCH(int, seed);
    QFETCH(int, dv);
    QFETCH(int, dk);
    QFETCH(int, n);
    const Problem p = random_problem(100 + seed, dv, dk, n);
    const double weight = 20;
    const double ridge = 0.01;
    const Metric metric = Metric::factor(p.c, weight, ridge);
    QVERIFY(std::abs(metric.ridge_added() - ridge * p.c.diagonal().mean().item<double>()) < 1e-15);
    const at::Tensor m = weight * (p.c + metric.ridge_added() * at::eye(dk, at::kDouble));

    const Decomposition known = solve(metric, p.keys, p.residual, 3).system; // of any softness: it tells them all
    QCOMPARE(known.spectrum.size(0), std::min(n, dk));
    double last_preservation = std::numeric_limits<double>::infinity();
    double last_memorization = -1;
    const double scale = p.residual.square().sum().item<double>();
    for (const double mu : {0.0, 1e-2, 0.5, 7.0, 1e4}) {
        if (mu == 0 && n > dk)
            continue; // tested on its own
        const Solution solution = solve(metric, p.keys, p.residual, mu);
        const at::Tensor d = product(solution);
        const double tolerance = 1e-12 * std::max(1.0, solution.condition);
        const double in_metric = trace_of(d, m);
        const double plain = trace_of(d, p.c);
        QVERIFY(std::abs(known.preservation(mu) - plain) <= tolerance * in_metric);
        QVERIFY(std::abs(known.update_norm(mu) - d.norm().item<double>()) <= tolerance * d.norm().item<double>());
        QVERIFY(error_of(at::matmul(known.left_at(mu), known.right), d) <= tolerance); // no need to solve again
        QVERIFY(std::abs(solution.preservation - plain) <= tolerance * in_metric);
        QVERIFY(std::abs(metric.quadratic(solution.left, solution.right) - plain) <= tolerance * in_metric);
        const double missed = (p.residual - at::matmul(d, p.keys)).square().sum().item<double>();
        QVERIFY(std::abs(solution.memorization - missed) <= tolerance * scale);
        QVERIFY(std::abs(known.memorization(mu) - missed) <= tolerance * scale);
        const double harm = known.preservation(mu) + metric.ridge_added() * std::pow(known.update_norm(mu), 2);
        QVERIFY(harm <= last_preservation); // softer: less harm, less memory
        QVERIFY(known.memorization(mu) >= last_memorization);
        last_preservation = harm;
        last_memorization = known.memorization(mu);
    }
}

void TestClosedForm::one_edit_is_rome() {
    for (int seed = 0; seed < 10; ++seed) {
        const Problem p = random_problem(200 + seed, 6, 10 + 5 * seed, 1);
        const Metric metric = Metric::factor(p.c, 1, 1e-4);
        const at::Tensor rome = product(solve_rome(metric, p.keys, p.keys, p.residual));
        // The stabiliser is for more than one edit only.
        QVERIFY(error_of(product(solve(metric, p.keys, p.residual, 0, 0.1)), rome) < 1e-12);
        QVERIFY(error_of(product(solve(metric.with_weight(1000), p.keys, p.residual, 0)), rome) < 1e-12);
        QVERIFY(error_of(product(solve_rome(metric, p.keys, p.keys, p.residual, 2.5)),
                         product(solve(metric, p.keys, p.residual, 2.5))) < 1e-12);
        QVERIFY(error_of(at::matmul(rome, p.keys), p.residual) < 1e-12);
    }
}

void TestClosedForm::stabilised_emmet_is_memit() {
    for (int seed = 0; seed < 10; ++seed) {
        const Problem p = random_problem(300 + seed, 5, 20, 2 + 4 * seed); // up to n = 38 > 20
        const double weight = 17;
        const double alpha = 0.1;
        const Solution emmet = solve(Metric::factor(p.c, weight, 0), p.keys, p.residual, 0, alpha);
        const Solution memit = solve(Metric::factor(p.c, 1, 0), p.keys, p.residual, alpha * weight);
        QVERIFY(error_of(product(emmet), product(memit)) < required);
        QCOMPARE(emmet.softness, alpha);
    }
}

void TestClosedForm::big_batches_data() {
    QTest::addColumn<int>("dk");
    QTest::addColumn<int>("n");
    QTest::newRow("more dimensions than edits") << 1150 << 1050;
    QTest::newRow("more edits than dimensions") << 1030 << 1200;
}

void TestClosedForm::big_batches() {
    QFETCH(int, dk);
    QFETCH(int, n);
    const Problem p = random_problem(7, 12, dk, n);
    const double lambda = 50;
    const Solution solution = solve(Metric::factor(p.c, 1, 0), p.keys, p.residual, lambda);
    QVERIFY(!solution.system.known()); // solved without it
    const at::Tensor system = lambda * p.c + at::matmul(p.keys, p.keys.t());
    const at::Tensor d = product(solution);
    QVERIFY(error_of(d, right_divide(at::matmul(p.residual, p.keys.t()), system)) < required);
    QVERIFY(std::abs(solution.preservation / trace_of(d, p.c) - 1) < required);
    QVERIFY(solution.left.size(1) <= 12);
}

void TestClosedForm::dependent_keys_share() {
    Problem p = random_problem(11, 4, 30, 5);
    p.keys.select(1, 3).copy_(2 * p.keys.select(1, 1));
    p.residual.select(1, 3).copy_(2 * p.residual.select(1, 1)); // they agree
    const Metric metric = Metric::factor(p.c, 1, 0);
    const Solution agreed = solve(metric, p.keys, p.residual, 0);
    QCOMPARE(agreed.dependent, (std::vector<std::int64_t>{1, 3}));
    QCOMPARE(agreed.warnings.size(), std::size_t{1});
    QVERIFY(agreed.warnings[0].find("edits 2, 4") != std::string::npos);
    QVERIFY(agreed.warnings[0].find("cutoff") != std::string::npos);
    QVERIFY(error_of(at::matmul(product(agreed), p.keys), p.residual) < required);

    p.keys.select(1, 3).copy_(p.keys.select(1, 1)); // the same key with two answers: the middle of both
    p.residual.select(1, 3).copy_(p.residual.select(1, 1) + 1);
    const Solution split = solve(metric, p.keys, p.residual, 0);
    const at::Tensor written = at::matmul(product(split), p.keys);
    QVERIFY(error_of(written.select(1, 1), p.residual.select(1, 1) + 0.5) < required);
    QVERIFY(error_of(written.select(1, 0), p.residual.select(1, 0)) < required);
    QVERIFY(std::abs(split.memorization - 4 * 2 * 0.25) < required);
    QVERIFY(std::abs(split.system.memorization(0) - split.memorization) < required);
    const double harm = trace_of(product(split), p.c);
    QVERIFY(std::abs(split.system.preservation(0) / harm - 1) < required);
    QVERIFY(solve(metric, p.keys, p.residual, 0, 0.1).dependent.empty()); // stabilised: no pseudo-inverse needed

    p.keys.select(1, 3).copy_(p.keys.select(1, 1)).add_(1e-8 * at::randn({30}, at::kDouble)); // nearly the same
    const Solution near = solve(metric, p.keys, p.residual, 0);
    QVERIFY(near.condition > 1e12);
    QVERIFY(near.warnings.size() == 1 && near.warnings[0].find("ill-conditioned") != std::string::npos);
}

void TestClosedForm::more_keys_than_dimensions() {
    const Problem p = random_problem(12, 3, 8, 20);
    const Solution solution = solve(Metric::factor(p.c, 1, 0), p.keys, p.residual, 0);
    QCOMPARE(solution.warnings.size(), std::size_t{1});
    // Least squares: D K K^T = R K^T.
    const at::Tensor want = right_divide(at::matmul(p.residual, p.keys.t()), at::matmul(p.keys, p.keys.t()));
    QVERIFY(error_of(product(solution), want) < required);
    QVERIFY(std::abs(solution.system.memorization(0) / solution.memorization - 1) < required);
}

void TestClosedForm::refusals_data() {
    QTest::addColumn<QString>("fault");
    QTest::addColumn<QString>("says");
    QTest::newRow("NaN in C") << "nan C"
                              << "not finite";
    QTest::newRow("infinite C") << "inf C"
                                << "not finite";
    QTest::newRow("negative diagonal") << "negative C"
                                       << "not a second moment";
    QTest::newRow("indefinite C") << "indefinite C"
                                  << "negative eigenvalues";
    QTest::newRow("zero C") << "zero C"
                            << "not a second moment";
    QTest::newRow("oblong C") << "oblong C"
                              << "not a square";
    QTest::newRow("weight 0") << "weight"
                              << "weight";
    QTest::newRow("negative ridge") << "ridge"
                                    << "ridge";
    QTest::newRow("keys too short") << "short keys"
                                    << "do not fit";
    QTest::newRow("fewer residuals") << "few residuals"
                                     << "one column per edit";
    QTest::newRow("NaN in keys") << "nan keys"
                                 << "not finite";
    QTest::newRow("NaN in residual") << "nan residual"
                                     << "not finite";
    QTest::newRow("zero keys") << "zero keys"
                               << "every key is zero";
    QTest::newRow("negative softness") << "softness"
                                       << "softness";
    QTest::newRow("orthogonal keys") << "orthogonal"
                                     << "nothing in common";
    QTest::newRow("ROME with two edits") << "two at once"
                                         << "one edit at a time";
}

void TestClosedForm::refusals() {
    QFETCH(QString, fault);
    QFETCH(QString, says);
    const Problem p = random_problem(16, 3, 6, 2);
    at::Tensor c = p.c.clone();
    at::Tensor keys = p.keys.clone();
    at::Tensor residual = p.residual.clone();
    double weight = 1;
    double ridge = 0;
    double softness = 0;
    const double nan = std::numeric_limits<double>::quiet_NaN();
    if (fault == "nan C")
        c[2][1] = nan;
    else if (fault == "inf C")
        c[2][2] = std::numeric_limits<double>::infinity();
    else if (fault == "negative C")
        c[0][0] = -1;
    else if (fault == "indefinite C")
        c = at::ones({6, 6}, at::kDouble) * 10 - 9.9 * at::eye(6, at::kDouble);
    else if (fault == "zero C")
        c.zero_();
    else if (fault == "oblong C")
        c = c.slice(0, 0, 3);
    else if (fault == "weight")
        weight = 0;
    else if (fault == "ridge")
        ridge = -1;
    else if (fault == "short keys")
        keys = keys.slice(0, 0, 5);
    else if (fault == "few residuals")
        residual = residual.slice(1, 0, 1);
    else if (fault == "nan keys")
        keys[0][0] = nan;
    else if (fault == "nan residual")
        residual[0][0] = nan;
    else if (fault == "zero keys")
        keys.zero_();
    else if (fault == "softness")
        softness = -0.5;
    try {
        const Metric metric = Metric::factor(c, weight, ridge);
        if (fault == "orthogonal") {
            const at::Tensor unit = at::eye(6, at::kDouble);
            static_cast<void>(solve_rome(Metric::identity(6), unit[0], unit[1], residual.select(1, 0)));
        } else if (fault == "two at once") {
            static_cast<void>(solve_rome(metric, keys, keys, residual));
        } else {
            static_cast<void>(solve(metric, keys, residual, softness));
        }
        QFAIL("this should have been refused");
    } catch (const Error& error) {
        QVERIFY2(error.message().find(says.toStdString()) != std::string::npos, error.what());
    }
}

QTEST_GUILESS_MAIN(TestClosedForm)
#include "test_closed_form.moc"
