// SPDX-License-Identifier: GPL-3.0-or-later
#include "emend/trial_order.h"

#include <QtTest>

#include <cmath>
#include <optional>
#include <vector>

using namespace emend;

using Rows = std::vector<TrialRow>;
using Order = std::vector<std::size_t>;
Q_DECLARE_METATYPE(Rows)
Q_DECLARE_METATYPE(Order)

namespace {

TrialRow row(Scores scores, std::size_t held, double preservation, double relative_norm) {
    TrialRow row;
    row.scores = scores;
    row.held = held;
    row.preservation = preservation;
    row.relative_norm = relative_norm;
    return row;
}

Scores efficacy(double efficacy, std::optional<double> neighbourhood = {}) {
    Scores scores;
    scores.efficacy = efficacy;
    scores.neighbourhood = neighbourhood;
    return scores;
}

TrialRow scored(double score, std::size_t held = 1, double preservation = 1, double relative_norm = 1) {
    return row({.efficacy = 0.1, .paraphrase = 0.1, .neighbourhood = 0.1, .score = score}, held, preservation,
               relative_norm);
}

TrialRow failed(double score) {
    TrialRow row = scored(score);
    row.problem = "no statistics";
    row.preservation = std::nan(""); // its numbers mean nothing
    return row;
}

} // namespace

class TestTrialOrder : public QObject {
    Q_OBJECT

  private slots:
    void orders_data();
    void orders();
};

void TestTrialOrder::orders_data() {
    QTest::addColumn<Rows>("rows");
    QTest::addColumn<Order>("order");
    const double unknown = std::nan("");
    QTest::newRow("none") << Rows{} << Order{};
    QTest::newRow("score before held") << Rows{scored(0.5, 9), scored(0.7, 1)} << Order{1, 0};
    QTest::newRow("without a score, the mean of what is known")
        << Rows{row(efficacy(0.9), 1, 1, 1), row(efficacy(1.0, 0.4), 1, 1, 1), scored(0.8)} << Order{0, 2, 1};
    QTest::newRow("nothing known is 0") << Rows{row({}, 9, 1, 1), row(efficacy(0.1), 1, 1, 1)} << Order{1, 0};
    QTest::newRow("then held") << Rows{scored(0.5, 1, 0.1, 0.1), scored(0.5, 2)} << Order{1, 0};
    QTest::newRow("then preservation") << Rows{scored(0.5, 1, 3, 1), scored(0.5, 1, 2, 9)} << Order{1, 0};
    QTest::newRow("then the norm, when not every row has a preservation")
        << Rows{scored(0.5, 1, 1, 3), scored(0.5, 1, unknown, 2), scored(0.5, 1, 2, 1)} << Order{2, 1, 0};
    QTest::newRow("a failed row has no say in that")
        << Rows{failed(1), scored(0.5, 1, 3, 1), scored(0.5, 1, 2, 9)} << Order{2, 1, 0};
    QTest::newRow("no norm comes last") << Rows{scored(0.5, 1, unknown, unknown), scored(0.5, 1, 1, 7)} << Order{1, 0};
    QTest::newRow("failed rows last, in their order")
        << Rows{failed(0.1), failed(0.9), row({}, 0, 1, 1)} << Order{2, 0, 1};
    QTest::newRow("equal rows keep their order") << Rows{scored(0.5), scored(0.5), scored(0.6)} << Order{2, 0, 1};
}

void TestTrialOrder::orders() {
    QFETCH(Rows, rows);
    QTEST(best_first(rows), "order");
}

QTEST_APPLESS_MAIN(TestTrialOrder)
#include "test_trial_order.moc"
