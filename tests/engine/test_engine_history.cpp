// SPDX-License-Identifier: GPL-3.0-or-later
// The history and the knob through the engine: jumps, switches, solving again, the frontier, another softness.
#include "emend/error.h"
#include "engine_fixture.h"

#include <QTest>

#include <algorithm>
#include <cmath>
#include <random>

using namespace emend;
using namespace emend::test;

class TestEngineHistory : public QObject {
    Q_OBJECT
  private slots:
    void init() { fixture_ = std::make_unique<EngineFixture>(); }
    void jumps_and_switches_are_exact();
    void solving_again_is_as_if_it_had_never_been_data();
    void solving_again_is_as_if_it_had_never_been();
    void switching_the_last_batch_leaves_the_history_whole();
    void the_frontier_after_an_earlier_batch();
    void a_stopped_solving_again_changes_nothing();
    void values_are_kept_for_the_next_algorithm();
    void sequences_protect_what_other_algorithms_wrote();
    void the_frontier_meets_the_report_data();
    void the_frontier_meets_the_report();
    void softness_live_and_settled_data();
    void softness_live_and_settled();
    void softness_of_a_large_batch();
    void softness_that_cannot_be();
    void conflicts_before_anything_runs();

  private:
    Engine& engine() { return *fixture_->engine; }
    EditReport apply(std::size_t first, std::size_t count, const Recipe& recipe) {
        const auto all = four_requests();
        const auto begin = all.begin() + static_cast<std::ptrdiff_t>(first);
        return engine().apply({begin, begin + static_cast<std::ptrdiff_t>(count)}, recipe, {}, {});
    }
    std::unique_ptr<EngineFixture> fixture_;
};

void TestEngineHistory::jumps_and_switches_are_exact() {
    const Recipe memit = fixture_->recipe("MEMIT", {0, 1});
    std::vector<std::string> hashes{fixture_->hash()};
    for (std::size_t i = 0; i < 3; ++i) {
        apply(i, 1, memit);
        hashes.push_back(fixture_->hash());
    }
    const auto id = [&](std::size_t i) { return engine().ledger().entries[i].id; };
    for (const std::size_t position : {1u, 3u, 0u, 2u, 3u}) {
        QCOMPARE(engine().go_to(position).position, position);
        QCOMPARE(fixture_->hash(), hashes[position]);
    }
    QVERIFY_EXCEPTION_THROWN(engine().go_to(4), Error);

    LedgerState state = engine().switch_batch(id(0), false, false, {});
    QVERIFY(!state.entries[0].active && state.entries[1].active);
    QVERIFY(state.entries[1].stale && state.entries[2].stale && !state.entries[0].stale);
    const std::string without_first = fixture_->hash();
    QVERIFY(std::ranges::find(hashes, without_first) == hashes.end());
    engine().go_to(1);
    QCOMPARE(fixture_->hash(), hashes[0]);
    engine().go_to(3);
    QCOMPARE(fixture_->hash(), without_first);
    state = engine().switch_batch(id(0), true, false, {});
    QVERIFY(!state.entries[1].stale);
    QCOMPARE(fixture_->hash(), hashes[3]);
    QVERIFY_EXCEPTION_THROWN(engine().switch_batch(99, false, false, {}), Error);
}

void TestEngineHistory::solving_again_is_as_if_it_had_never_been_data() {
    QTest::addColumn<QString>("last");
    for (const char* last : {"ROME", "MEMIT-seq", "AlphaEdit", "FT-L"}) // some protect the keys of those before
        QTest::newRow(last) << last;
}

void TestEngineHistory::solving_again_is_as_if_it_had_never_been() {
    QFETCH(QString, last);
    const Recipe memit = fixture_->recipe("MEMIT", {0, 1});
    const Recipe rome = fixture_->recipe(last.toStdString());
    apply(1, 2, memit);
    apply(3, 1, rome);
    const std::string wanted = fixture_->hash(); // never had the first batch
    engine().go_to(0);

    apply(0, 1, memit);
    const std::string first_only = fixture_->hash();
    apply(1, 2, memit);
    apply(3, 1, rome);
    const std::string all = fixture_->hash();
    apply(0, 1, rome);
    engine().undo(); // something undone, that has to be there afterwards
    const auto id = engine().ledger().entries[0].id;
    const LedgerState state = engine().switch_batch(id, false, true, {});
    QCOMPARE(fixture_->hash(), wanted);
    QCOMPARE(state.position, std::size_t{3});
    QCOMPARE(state.entries.size(), std::size_t{4});
    QVERIFY(!state.entries[0].active);
    for (std::size_t i = 0; i < 3; ++i)
        QVERIFY(!state.entries[i].stale);
    QVERIFY(state.entries[3].stale);
    QCOMPARE(state.entries[1].report->batch_id, state.entries[1].id);
    if (last == "ROME")
        QVERIFY(state.entries[2].report->edits[0].after.p_new > 0.3);

    engine().switch_batch(id, true, true, {}); // and back
    QCOMPARE(fixture_->hash(), all);
    engine().go_to(1);
    QCOMPARE(fixture_->hash(), first_only);
}

void TestEngineHistory::switching_the_last_batch_leaves_the_history_whole() {
    const Recipe memit = fixture_->recipe("MEMIT", {0, 1});
    std::vector<std::string> hashes{fixture_->hash()};
    for (std::size_t i = 0; i < 3; ++i) {
        apply(i, 1, memit);
        hashes.push_back(fixture_->hash());
    }
    engine().undo();
    const auto id = [&](std::size_t i) { return engine().ledger().entries[i].id; };
    for (const std::size_t index : {1u, 2u}) { // the last that is applied, and one that is undone
        for (const bool active : {false, true}) {
            const LedgerState state = engine().switch_batch(id(index), active, true, {});
            QCOMPARE(state.entries.size(), std::size_t{3});
            QCOMPARE(state.position, std::size_t{2});
            QCOMPARE(state.entries[index].active, active);
            QCOMPARE(fixture_->hash(), hashes[index == 1 && !active ? 1 : 2]);
        }
    }
    engine().redo();
    QCOMPARE(fixture_->hash(), hashes[3]);
}

// Keys of earlier edits are in the system, but the numbers are those of the batch's own edits.
void TestEngineHistory::the_frontier_after_an_earlier_batch() {
    apply(0, 2, fixture_->recipe("MEMIT-seq"));
    const EditReport report = apply(2, 2, fixture_->recipe("MEMIT-seq"));
    const Frontier frontier = engine().frontier(report.batch_id, {});
    const auto& points = frontier.layers[0].points;
    const auto here = std::ranges::find(points, frontier.softness, &FrontierPoint::softness);
    QVERIFY(here != points.end());
    QVERIFY(std::abs(here->memorization / report.layers[0].memorization - 1) < 1e-6);
    QVERIFY(std::abs(here->preservation / report.layers[0].preservation - 1) < 1e-6);
    engine().set_softness({.batch_id = report.batch_id, .softness = 50, .settle = false, .watch = {}}, {});
    const SoftnessResult back = engine().set_softness(
        {.batch_id = report.batch_id, .softness = frontier.softness, .settle = false, .watch = {}}, {});
    QVERIFY(std::abs(back.layers[0].memorization / report.layers[0].memorization - 1) < 1e-6);
}

void TestEngineHistory::a_stopped_solving_again_changes_nothing() {
    const Recipe memit = fixture_->recipe("MEMIT", {0, 1});
    for (std::size_t i = 0; i < 3; ++i)
        apply(i, 1, memit);
    const std::string before = fixture_->hash();
    const auto id = engine().ledger().entries[0].id;
    for (const int stop_at : {1, 4, 9, 14}) {
        // Other settings would find kept values: the moments must be in the search.
        std::stop_source source;
        int seen = 0;
        const JobContext job(
            [&](const Progress&) {
                if (++seen == stop_at)
                    source.request_stop();
            },
            source.get_token());
        QVERIFY_EXCEPTION_THROWN(engine().switch_batch(id, false, true, job), Cancelled);
        QCOMPARE(fixture_->hash(), before);
        const LedgerState state = engine().ledger();
        QVERIFY(state.entries[0].active && !state.entries[1].stale && state.position == 3);
    }
}

void TestEngineHistory::values_are_kept_for_the_next_algorithm() {
    const EditReport first = apply(0, 4, fixture_->recipe("MEMIT", {0, 1}));
    QVERIFY(std::ranges::none_of(first.edits, &EditOutcome::value_kept));
    engine().undo();
    const EditReport second = apply(0, 4, fixture_->recipe("EMMET", {0, 1}));
    QVERIFY(std::ranges::all_of(second.edits, &EditOutcome::value_kept));
    QCOMPARE(second.edits[2].loss, first.edits[2].loss);
    engine().undo();
    // Another program on the same cache finds them too.
    std::unique_ptr<Engine> other(emend_create_engine());
    other->open({.path = engine().model_info().path}, {});
    const EditReport third = other->apply(four_requests(), fixture_->recipe("EMMET", {0, 1}), {}, {});
    QVERIFY(std::ranges::all_of(third.edits, &EditOutcome::value_kept));
    QCOMPARE(third.layers[1].update_norm, second.layers[1].update_norm);
}

void TestEngineHistory::sequences_protect_what_other_algorithms_wrote() {
    Recipe exact = fixture_->recipe("ROME");
    exact.values.steps = 20;
    const double before = apply(0, 1, exact).edits[0].after.p_new;
    QVERIFY(before > 0.5);
    const auto after_the_rest = [&](const char* algorithm) {
        Recipe recipe = fixture_->recipe(algorithm);
        recipe.softness = 1e-6;
        recipe.values.steps = 20;
        recipe.values.clamp = 4;
        recipe.contexts.groups = {{"{}"}};      // the key itself, not a mean
        EditRequest again = four_requests()[0]; // the same key, asked for something else
        again.object = "Rome";
        const EditReport report = engine().apply({again, four_requests()[1]}, recipe, {}, {});
        const double p =
            engine().compare({.edit = four_requests()[0], .before = 0, .after = {}}, {}).rows[0].after.p_new;
        engine().undo();
        return p;
    };
    const double kept = after_the_rest("MEMIT-seq"); // keys are read for a batch that had none
    const double overwritten = after_the_rest("MEMIT");
    QVERIFY2(kept > 2 * overwritten, qPrintable(QString("%1, %2").arg(kept).arg(overwritten)));
}

void TestEngineHistory::the_frontier_meets_the_report_data() {
    QTest::addColumn<QString>("algorithm");
    QTest::addColumn<int>("layers");
    for (const char* algorithm : {"ROME", "R-ROME", "EMMET", "MEMIT", "MEMIT-seq", "ENCORE", "AlphaEdit"})
        QTest::newRow(algorithm) << algorithm << 1;
    QTest::newRow("EMMET over layers") << "EMMET" << 3;
    QTest::newRow("MEMIT over layers") << "MEMIT" << 3;
    QTest::newRow("MEMIT in batches") << "MEMIT in batches" << 2; // each on the weights of those before
    QTest::newRow("AlphaEdit in batches") << "AlphaEdit in batches" << 1;
}

void TestEngineHistory::the_frontier_meets_the_report() {
    QFETCH(QString, algorithm);
    QFETCH(int, layers);
    const bool in_batches = algorithm.endsWith(" in batches");
    algorithm.remove(" in batches");
    Recipe recipe =
        fixture_->recipe(algorithm.toStdString(), layers == 1 ? std::vector<int>{1} : std::vector<int>{0, 1, 2});
    recipe.batch = in_batches ? 2 : 0;
    const EditReport report = apply(0, 3, recipe);
    const Frontier frontier = engine().frontier(report.batch_id, {});
    QCOMPARE(frontier.batch_id, report.batch_id);
    QCOMPARE(frontier.layers.size(), report.layers.size());
    QCOMPARE(frontier.softness, *report.recipe.softness);
    QVERIFY(frontier.total.size() > 30);
    QCOMPARE(frontier.total.front().softness, 0.0);
    double residual = 0;
    for (std::size_t i = 0; i < frontier.layers.size(); ++i) {
        const auto& points = frontier.layers[i].points;
        const auto here = std::ranges::find(points, frontier.softness, &FrontierPoint::softness);
        QVERIFY(here != points.end());
        const LayerReport& layer = report.layers[i];
        QVERIFY(std::abs(here->preservation / layer.preservation - 1) < 1e-6);
        QVERIFY(std::abs(here->update_norm / layer.update_norm - 1) < 1e-6);
        if (layer.memorization > 1e-9 * points.back().memorization) // else it is rounding
            QVERIFY(std::abs(here->memorization / layer.memorization - 1) < 1e-4);
        for (std::size_t p = 1; p < points.size(); ++p) {
            QVERIFY(points[p].memorization >= points[p - 1].memorization * (1 - 1e-9));
            QVERIFY(points[p].update_norm <= points[p - 1].update_norm * (1 + 1e-9));
        }
        residual += points.back().memorization;
    }
    QVERIFY(frontier.total.front().memorization < 1e-6 * residual); // softness 0 memorizes exactly
    QVERIFY(frontier.total.back().update_norm < 0.1 * frontier.total.front().update_norm);
}

void TestEngineHistory::softness_live_and_settled_data() {
    QTest::addColumn<QString>("algorithm");
    QTest::addColumn<int>("layers");
    QTest::newRow("one layer") << "MEMIT" << 1;
    QTest::newRow("three layers") << "MEMIT" << 3;
    QTest::newRow("stabilised EMMET") << "EMMET" << 1;
    QTest::newRow("ROME") << "ROME" << 1;
    QTest::newRow("AlphaEdit") << "AlphaEdit" << 1;
}

void TestEngineHistory::softness_live_and_settled() {
    QFETCH(QString, algorithm);
    QFETCH(int, layers);
    Recipe recipe =
        fixture_->recipe(algorithm.toStdString(), layers == 1 ? std::vector<int>{1} : std::vector<int>{0, 1, 2});
    const std::size_t edits = recipe.algorithm == "ROME" ? 1 : 3;
    const auto requests = four_requests();
    const double other = 40;
    recipe.softness = other;
    const EditReport straight = apply(0, edits, recipe); // what applying with it gives
    const std::string wanted = fixture_->hash();
    engine().undo();
    recipe.softness = 0.5;
    const EditReport report = apply(0, edits, recipe);
    const std::string before = fixture_->hash();

    SoftnessRequest request{.batch_id = report.batch_id, .softness = other, .settle = false, .watch = {requests[0]}};
    const SoftnessResult live = engine().set_softness(request, {});
    QCOMPARE(live.answers.size(), std::size_t{1});
    QCOMPARE(*engine().ledger().entries.back().report->recipe.softness, other);
    const double exact = straight.edits[0].after.p_new;
    if (layers == 1) { // follows from the decomposition, exactly but for rounding
        QVERIFY(std::abs(live.answers[0].p_new - exact) < 1e-4 * std::max(exact, 1e-3));
        QVERIFY(std::abs(live.layers[0].update_norm / straight.layers[0].update_norm - 1) < 1e-6);
        QVERIFY(std::abs(live.layers[0].memorization / straight.layers[0].memorization - 1) < 1e-5);
    }
    request.settle = true;
    const SoftnessResult settled = engine().set_softness(request, {});
    QCOMPARE(fixture_->hash(), wanted); // bit for bit what applying with it gives
    QVERIFY(std::abs(settled.answers[0].p_new - exact) < 1e-5 * exact);
    QVERIFY(!engine().ledger().entries.back().stale);
    QVERIFY(std::ranges::all_of(engine().ledger().entries.back().report->edits, &EditOutcome::value_kept));
    request.softness = 0.5;
    engine().set_softness(request, {});
    QCOMPARE(fixture_->hash(), before); // and back
    engine().undo();
    QVERIFY_EXCEPTION_THROWN(engine().set_softness(request, {}), Error); // it is undone
    QVERIFY_EXCEPTION_THROWN(static_cast<void>(engine().frontier(report.batch_id, {})), Error);
}

void TestEngineHistory::softness_of_a_large_batch() {
    // More than are taken apart when they are solved: the frontier solves once more, with the kept values.
    std::vector<EditRequest> many;
    const std::vector<std::string> names{"Elena", "Greta", "Tanja", "Maria", "Pedro", "Karl", "Lucia",
                                         "Ivan",  "Sofia", "Omar",  "Nina",  "Hugo",  "Rosa"};
    const std::vector<std::string> more{"Silva", "Weber",  "Rossi", "Kowalski", "Novak", "Meyer",
                                        "Costa", "Petrov", "Diaz",  "Okafor",   "Lind"};
    for (const std::string& first : names)
        for (const std::string& last : more)
            many.push_back(request((first + " " + last).c_str(), "{} was born in", "Madrid"));
    Recipe recipe = fixture_->recipe("MEMIT");
    recipe.values.steps = 3;
    recipe.contexts.groups = {{"{}"}};
    const EditReport report = engine().apply(many, recipe, {}, {});
    QVERIFY(report.edits.size() > 128);
    const std::string before = fixture_->hash();
    const Frontier frontier = engine().frontier(report.batch_id, {});
    QCOMPARE(fixture_->hash(), before);
    const auto& points = frontier.layers[0].points;
    const auto here = std::ranges::find(points, frontier.softness, &FrontierPoint::softness);
    QVERIFY(here != points.end());
    QVERIFY(std::abs(here->preservation / report.layers[0].preservation - 1) < 1e-5);
    QVERIFY(std::abs(here->memorization / report.layers[0].memorization - 1) < 1e-5);
}

void TestEngineHistory::softness_that_cannot_be() {
    const EditReport report = apply(0, 1, fixture_->recipe("MEMIT"));
    const std::string before = fixture_->hash();
    for (const double softness : {-1.0, std::numeric_limits<double>::quiet_NaN()})
        QVERIFY_EXCEPTION_THROWN(
            engine().set_softness({.batch_id = report.batch_id, .softness = softness, .settle = false, .watch = {}},
                                  {}),
            Error);
    QVERIFY_EXCEPTION_THROWN(engine().set_softness({.batch_id = 77, .softness = 1, .settle = false, .watch = {}}, {}),
                             Error);
    const EditReport tuned = apply(1, 1, fixture_->recipe("FT-L"));
    QVERIFY_EXCEPTION_THROWN(
        engine().set_softness({.batch_id = tuned.batch_id, .softness = 1, .settle = false, .watch = {}}, {}), Error);
    engine().undo();
    QCOMPARE(fixture_->hash(), before);
}

void TestEngineHistory::conflicts_before_anything_runs() {
    auto requests = four_requests();
    requests.push_back(request("", "{} was", "x")); // faulty, passed over
    requests.push_back(request("Elena Silva", "The mother tongue of {} is", "Spanish"));
    Recipe recipe = fixture_->recipe("MEMIT");
    const std::string before = fixture_->hash();
    auto found = engine().find_conflicts(requests, recipe, {});
    QCOMPARE(found.size(), std::size_t{1});
    QCOMPARE(found[0].first, std::size_t{0});
    QCOMPARE(found[0].second, std::size_t{5});
    QVERIFY(found[0].same_subject);
    apply(3, 1, recipe); // collects statistics; now keys are compared
    engine().undo();
    found = engine().find_conflicts(requests, recipe, {});
    QVERIFY(!found.empty() && std::isfinite(found[0].cosine));
    recipe.merge_subjects = true;
    for (const EditConflict& conflict : engine().find_conflicts(requests, recipe, {}))
        QVERIFY(!conflict.same_subject);
    recipe.merge_subjects = false;
    recipe.batch = 2;
    QVERIFY(engine().find_conflicts(requests, recipe, {}).empty()); // not in one batch
    QVERIFY(engine().find_conflicts(requests, fixture_->recipe("ROME"), {}).empty());
    QCOMPARE(fixture_->hash(), before);
}

QTEST_GUILESS_MAIN(TestEngineHistory)
#include "test_engine_history.moc"
