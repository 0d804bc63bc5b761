// SPDX-License-Identifier: GPL-3.0-or-later
// Update norms over the history, and frontiers of what is not applied, through the engine.
#include "emend/error.h"
#include "engine_fixture.h"
#include "faults.h"

#include <QTest>

#include <algorithm>
#include <cmath>

using namespace emend;
using namespace emend::test;

class TestNormHistory : public QObject {
    Q_OBJECT
  private slots:
    void init() { fixture_ = std::make_unique<EngineFixture>(); }
    void one_point_a_batch();
    void fine_tuning_counts_too();
    void the_own_recipe_gives_the_own_frontier_data();
    void the_own_recipe_gives_the_own_frontier();
    void another_recipe_differs();
    void of_edits_that_are_not_applied();
    void what_has_no_frontier();
    void a_stop_leaves_everything();

  private:
    Engine& engine() { return *fixture_->engine; }
    std::uint64_t apply(std::size_t first, std::size_t count, const Recipe& recipe) {
        const auto all = four_requests();
        const auto begin = all.begin() + static_cast<std::ptrdiff_t>(first);
        return engine().apply({begin, begin + static_cast<std::ptrdiff_t>(count)}, recipe, {}, {}).batch_id;
    }
    Frontier frontier_of(std::uint64_t batch, const Recipe& recipe) {
        return engine().frontier_of({.batch_id = batch, .requests = {}, .recipe = recipe}, {});
    }
    std::unique_ptr<EngineFixture> fixture_;
};

namespace {

bool same(double a, double b) {
    return a == b || (std::isnan(a) && std::isnan(b));
}

bool same(const Frontier& a, const Frontier& b) {
    const auto same_points = [](const std::vector<FrontierPoint>& p, const std::vector<FrontierPoint>& q) {
        return std::ranges::equal(p, q, [](const FrontierPoint& x, const FrontierPoint& y) {
            return x.softness == y.softness && same(x.preservation, y.preservation) &&
                   same(x.memorization, y.memorization) && x.update_norm == y.update_norm;
        });
    };
    return a.softness == b.softness && same_points(a.total, b.total) &&
           std::ranges::equal(a.layers, b.layers, [&](const LayerFrontier& x, const LayerFrontier& y) {
               return x.layer == y.layer && same_points(x.points, y.points);
           });
}

} // namespace

void TestNormHistory::one_point_a_batch() {
    QVERIFY(engine().norm_history({}).points.empty());
    const std::uint64_t first = apply(0, 1, fixture_->recipe("MEMIT", {0, 1}));
    const std::uint64_t second = apply(1, 1, fixture_->recipe("ROME", {2}));
    const std::uint64_t third = apply(2, 2, fixture_->recipe("EMMET", {1}));
    const std::string before = fixture_->hash();
    const NormHistory norms = engine().norm_history({});
    QCOMPARE(norms.layers, (std::vector<int>{0, 1, 2}));
    QCOMPARE(norms.points.size(), std::size_t{3});
    QCOMPARE(norms.points[0].batch_id, first);
    QCOMPARE(norms.points[1].batch_id, second);
    QCOMPARE(norms.points[2].batch_id, third);
    // Where a layer was written by one batch alone the batch's own report says the same.
    const LedgerState state = engine().ledger();
    const auto& reports = state.entries;
    for (std::size_t layer = 0; layer < 2; ++layer) {
        const LayerReport& report = reports[0].report->layers[layer];
        QVERIFY(std::abs(norms.points[0].update_norm[layer] / report.update_norm - 1) < 1e-9);
        QVERIFY(std::abs(norms.points[0].relative_norm[layer] / report.relative_norm - 1) < 1e-9);
    }
    QCOMPARE(norms.points[0].update_norm[2], 0.0);
    QVERIFY(std::abs(norms.points[2].update_norm[2] / reports[1].report->layers[0].update_norm - 1) < 1e-9);
    QCOMPARE(norms.points[2].update_norm[0], norms.points[1].update_norm[0]);
    QVERIFY(norms.points[2].update_norm[1] != norms.points[1].update_norm[1]);

    engine().switch_batch(first, false, false, {});
    const NormHistory without = engine().norm_history({});
    QCOMPARE(without.layers, (std::vector<int>{1, 2}));
    QCOMPARE(without.points.size(), std::size_t{2});
    QCOMPARE(without.points[0].batch_id, second);
    QCOMPARE(without.points[0].position, std::size_t{2});
    QVERIFY(std::abs(without.points[1].update_norm[0] / reports[2].report->layers[0].update_norm - 1) < 1e-9);
    engine().switch_batch(first, true, false, {});
    QCOMPARE(fixture_->hash(), before);
    engine().undo();
    const NormHistory undone = engine().norm_history({});
    QCOMPARE(undone.points.size(), std::size_t{2});
    QCOMPARE(undone.points[1].update_norm, norms.points[1].update_norm);
}

void TestNormHistory::fine_tuning_counts_too() {
    const std::uint64_t batch = apply(0, 1, fixture_->recipe("FT-L"));
    const NormHistory norms = engine().norm_history({});
    QCOMPARE(norms.points[0].batch_id, batch);
    const LedgerState state = engine().ledger();
    QVERIFY(std::abs(norms.points[0].update_norm[0] / state.entries[0].report->layers[0].update_norm - 1) < 1e-9);
}

void TestNormHistory::the_own_recipe_gives_the_own_frontier_data() {
    QTest::addColumn<QString>("algorithm");
    QTest::addColumn<int>("layers");
    QTest::newRow("MEMIT over two layers") << "MEMIT" << 2;
    QTest::newRow("stabilised EMMET") << "EMMET" << 1;
    QTest::newRow("ROME") << "ROME" << 1;
    QTest::newRow("MEMIT for sequences") << "MEMIT-seq" << 2;
    QTest::newRow("AlphaEdit") << "AlphaEdit" << 1;
}

void TestNormHistory::the_own_recipe_gives_the_own_frontier() {
    QFETCH(QString, algorithm);
    QFETCH(int, layers);
    apply(0, 1, fixture_->recipe("MEMIT"));
    const std::uint64_t batch = apply(
        1, 2, fixture_->recipe(algorithm.toStdString(), layers == 1 ? std::vector<int>{1} : std::vector<int>{0, 1}));
    apply(3, 1, fixture_->recipe("MEMIT")); // what lies above does not count
    const std::string before = fixture_->hash();
    const Frontier own = engine().frontier(batch, {});
    const Recipe recipe = engine().ledger().entries[1].report->recipe;
    const Frontier again = frontier_of(batch, recipe);
    QCOMPARE(again.batch_id, batch);
    QVERIFY(same(again, own));
    QCOMPARE(fixture_->hash(), before);
    QCOMPARE(engine().ledger().position, std::size_t{3});
}

void TestNormHistory::another_recipe_differs() {
    const std::uint64_t batch = apply(0, 3, fixture_->recipe("MEMIT", {0, 1}));
    const std::string before = fixture_->hash();
    const Frontier own = engine().frontier(batch, {});
    Recipe single = fixture_->recipe("MEMIT", {1});
    const Frontier other = frontier_of(batch, single);
    QCOMPARE(other.layers.size(), std::size_t{1});
    QVERIFY(!same(other, own));
    Recipe root = fixture_->recipe("MEMIT", {0, 1});
    root.distribution = "root-spread";
    root.softness = 0;
    const Frontier rooted = frontier_of(batch, root);
    QCOMPARE(rooted.softness, 0.0);
    QVERIFY(!same(rooted, own));
    // The value of the last layer was there: nothing was searched again.
    int searches = 0;
    static_cast<void>(
        engine().frontier_of({.batch_id = batch, .requests = {}, .recipe = root},
                             JobContext([&](const Progress& p) { searches += p.phase == "values" ? 1 : 0; })));
    QCOMPARE(searches, 0);
    QCOMPARE(fixture_->hash(), before);
    // And it is what applying with that recipe would have given.
    engine().undo();
    const std::uint64_t applied = apply(0, 3, root);
    QVERIFY(same(engine().frontier(applied, {}), rooted));
}

void TestNormHistory::of_edits_that_are_not_applied() {
    apply(3, 1, fixture_->recipe("EMMET"));
    const std::string before = fixture_->hash();
    const std::vector<EditRequest> requests{four_requests()[0], four_requests()[1]};
    const Recipe recipe = fixture_->recipe("MEMIT", {0, 1});
    const Frontier frontier = engine().frontier_of({.batch_id = {}, .requests = requests, .recipe = recipe}, {});
    QCOMPARE(frontier.batch_id, std::uint64_t{0});
    QCOMPARE(frontier.softness, *recipe.softness);
    QCOMPARE(fixture_->hash(), before);
    QCOMPARE(engine().ledger().entries.size(), std::size_t{1});
    const std::uint64_t applied = engine().apply(requests, recipe, {}, {}).batch_id;
    QVERIFY(same(engine().frontier(applied, {}), frontier));
}

void TestNormHistory::what_has_no_frontier() {
    const std::uint64_t batch = apply(0, 1, fixture_->recipe("MEMIT"));
    const std::string before = fixture_->hash();
    const Recipe memit = fixture_->recipe("MEMIT");
    EXPECT_FAULT(frontier_of(77, memit), "history has no batch 77");
    EXPECT_FAULT(frontier_of(batch, fixture_->recipe("FT-L")), "no softness");
    EXPECT_FAULT(frontier_of(batch, fixture_->recipe("MEMIT", {17})), "no layer 17");
    EXPECT_FAULT(engine().frontier_of({.batch_id = {}, .requests = {}, .recipe = memit}, {}), "at least one edit");
    EXPECT_FAULT(engine().frontier_of({.batch_id = {}, .requests = {request("", "{} was", "x")}, .recipe = memit}, {}),
                 "subject");
    Recipe elsewhere = memit;
    elsewhere.corpus = "/nowhere/corpus.txt";
    EXPECT_FAULT(frontier_of(batch, elsewhere), "nowhere");
    engine().undo();
    EXPECT_FAULT(frontier_of(batch, memit), "undone");
    engine().redo();
    QCOMPARE(fixture_->hash(), before);
}

void TestNormHistory::a_stop_leaves_everything() {
    const std::uint64_t batch = apply(0, 2, fixture_->recipe("MEMIT", {0, 1}));
    const std::string before = fixture_->hash();
    Recipe other = fixture_->recipe("MEMIT", {1, 2});
    int reports = 0;
    static_cast<void>(engine().frontier_of({.batch_id = batch, .requests = {}, .recipe = other},
                                           JobContext([&](const Progress&) { ++reports; })));
    for (int at = 1; at <= reports; at += std::max(1, reports / 6)) {
        other.values.learning_rate = 0.5 + 1e-6 * at; // searched anew
        std::stop_source source;
        int seen = 0;
        const JobContext job(
            [&](const Progress&) {
                if (++seen == at)
                    source.request_stop();
            },
            source.get_token());
        QVERIFY_EXCEPTION_THROWN(
            static_cast<void>(engine().frontier_of({.batch_id = batch, .requests = {}, .recipe = other}, job)),
            Cancelled);
        QCOMPARE(fixture_->hash(), before);
    }
    std::stop_source stopped;
    stopped.request_stop();
    QVERIFY_EXCEPTION_THROWN(static_cast<void>(engine().norm_history(JobContext({}, stopped.get_token()))), Cancelled);
}

QTEST_GUILESS_MAIN(TestNormHistory)
#include "test_norm_history.moc"
