// SPDX-License-Identifier: GPL-3.0-or-later
// Edits that are in each other's way.
#include "editing/conflicts.h"
#include "model_fixture.h"

#include <QTest>

#include <cmath>

using namespace emend;

namespace {

std::vector<PreparedEdit> edits_of(const std::vector<std::string>& subjects) {
    std::vector<PreparedEdit> edits;
    for (const std::string& subject : subjects) {
        PreparedEdit& edit = edits.emplace_back();
        edit.request.subject = subject;
        edit.label = "edit " + std::to_string(edits.size()) + " (" + subject + ")";
    }
    return edits;
}

} // namespace

class TestConflicts : public QObject {
    Q_OBJECT
  private slots:
    void same_subjects_point_to_the_first();
    void near_parallel_keys_in_the_metric();
    void worst_first();
    void units();
    void ten_thousand();
    void the_worst_of_very_many();
    void stops();
};

void TestConflicts::same_subjects_point_to_the_first() {
    const auto edits = edits_of({"Rome", "Paris", " Rome ", "rome", "Rome"});
    const auto found = same_subjects(edits);
    QCOMPARE(found.size(), std::size_t{2}); // "rome" is another name
    QCOMPARE(found[0].first, std::size_t{0});
    QCOMPARE(found[0].second, std::size_t{2});
    QCOMPARE(found[1].second, std::size_t{4});
    QVERIFY(found[0].same_subject && std::isnan(found[0].cosine));
    QCOMPARE(describe(found, edits), std::string("edit 1 (Rome) and edit 3 ( Rome ); edit 1 (Rome) and edit 5 (Rome)"));
}

void TestConflicts::near_parallel_keys_in_the_metric() {
    at::manual_seed(3);
    // All keys share one large direction, as real ones do; only the metric can tell them apart.
    const at::Tensor common = 50 * at::randn({40, 1}, at::kDouble);
    at::Tensor keys = common + at::randn({40, 5}, at::kDouble);
    keys.select(1, 4).copy_(keys.select(1, 1) + 0.01 * at::randn({40}, at::kDouble));
    const at::Tensor seen = common + at::randn({40, 400}, at::kDouble);
    const Metric metric = Metric::factor(at::matmul(seen, seen.t()) / 400, 1, 0);
    const auto edits = edits_of({"a", "b", "c", "d", "e"});
    const auto found = find_conflicts(metric, keys, edits, {});
    QCOMPARE(found.size(), std::size_t{1});
    QCOMPARE(found[0].first, std::size_t{1});
    QCOMPARE(found[0].second, std::size_t{4});
    QVERIFY(!found[0].same_subject);
    QVERIFY(found[0].cosine > 0.99);
    QCOMPARE(find_conflicts(Metric::identity(40), keys, edits, {}).size(), std::size_t{10}); // blind without it
}

void TestConflicts::worst_first() {
    at::manual_seed(4);
    at::Tensor keys = at::randn({30, 4}, at::kDouble);
    keys.select(1, 3).copy_(-keys.select(1, 2)); // opposite keys are as bad
    const auto found = find_conflicts(Metric::identity(30), keys, edits_of({"a", "a", "b", "c"}), {});
    QCOMPARE(found.size(), std::size_t{2});
    QVERIFY(std::abs(found[0].cosine + 1) < 1e-12);
    QVERIFY(found[1].same_subject && std::abs(found[1].cosine) < 0.9);
}

void TestConflicts::units() {
    QCOMPARE(units_by_subject(edits_of({"b", "a", "b ", "c", "a"})), (std::vector<std::size_t>{0, 1, 0, 2, 1}));
}

void TestConflicts::ten_thousand() {
    std::vector<std::string> subjects;
    for (int i = 0; i < 10000; ++i)
        subjects.push_back("subject " + std::to_string(i % 5000));
    const auto edits = edits_of(subjects);
    const auto found = find_conflicts(Metric::identity(8), at::randn({8, 10000}, at::kDouble), edits, {});
    QCOMPARE(found.size(), most_conflicts); // bounded
    QCOMPARE(found[0].second, std::size_t{5000});
}

// Half a million pairs of parallel keys: those that are told are the very worst, as if all had been sorted.
void TestConflicts::the_worst_of_very_many() {
    at::manual_seed(5);
    constexpr std::int64_t count = 1000;
    const at::Tensor keys = at::randn({20, 1}, at::kDouble) + 0.02 * at::randn({20, count}, at::kDouble);
    std::vector<std::string> subjects;
    for (int i = 0; i < count; ++i)
        subjects.push_back("subject " + std::to_string(i));
    const auto found = find_conflicts(Metric::identity(20), keys, edits_of(subjects), {});
    QCOMPARE(found.size(), most_conflicts);
    const at::Tensor unit = keys / keys.norm(2, {0}, true);
    const at::Tensor cosines = at::matmul(unit.t(), unit).triu(1).flatten();
    const at::Tensor worst = std::get<0>(cosines.topk(static_cast<std::int64_t>(most_conflicts)));
    for (const std::size_t i : {std::size_t{0}, most_conflicts / 2, most_conflicts - 1})
        QVERIFY(std::abs(found[i].cosine - worst[static_cast<std::int64_t>(i)].item<double>()) < 1e-12);
}

void TestConflicts::stops() {
    std::stop_source source;
    source.request_stop();
    QVERIFY_EXCEPTION_THROWN(
        static_cast<void>(find_conflicts(Metric::identity(4), at::randn({4, 3}, at::kDouble), edits_of({"a", "b", "c"}),
                                         JobContext({}, source.get_token()))),
        Cancelled);
}

QTEST_GUILESS_MAIN(TestConflicts)
#include "test_conflicts.moc"
