// SPDX-License-Identifier: GPL-3.0-or-later
// What each layer would answer, through the engine: before and after an edit.
#include "faults.h"

#include "../engine/engine_fixture.h"

#include <QTest>

#include <cmath>

using namespace emend;
using namespace emend::test;

class TestLogitLens : public QObject {
    Q_OBJECT
  private slots:
    void initTestCase();
    void last_layer_is_the_models_answer();
    void edit_shows_from_its_layer_on();
    void any_token_can_be_looked_at();
    void faults_are_named();

  private:
    EngineFixture fixture_;
    LensRequest request_;
    std::string hash_;
};

void TestLogitLens::initTestCase() {
    Recipe recipe = fixture_.recipe("ROME", {1});
    recipe.values.steps = 25;
    (void)fixture_.engine->apply({request("Elena Silva", "{} was born in", "Madrid")}, recipe, {}, {});
    hash_ = fixture_.hash();
    request_.prompt = "Elena Silva was born in";
    request_.object = "Madrid";
    request_.true_object = "Lisbon and Porto";
}

void TestLogitLens::last_layer_is_the_models_answer() {
    const LensResult lens = fixture_.engine->lens(request_, {});
    QCOMPARE(lens.tokens.size(), std::size_t{5});
    QCOMPARE(lens.tokens[1], std::string(" Silva"));
    QCOMPARE(lens.token, 4);
    QCOMPARE(lens.before.size(), std::size_t{4});
    QCOMPARE(lens.after.size(), std::size_t{4});
    const auto own = fixture_.engine->logits({.text = request_.prompt, .ids = {}, .full = true}, {});
    QCOMPARE(lens.after[3].top.size(), std::size_t{5});
    for (std::size_t i = 0; i < 5; ++i) {
        QCOMPARE(lens.after[3].top[i].id, own.top[i].id);
        QCOMPARE(lens.after[3].top[i].piece, own.top[i].piece);
        QVERIFY(std::abs(lens.after[3].top[i].probability - own.top[i].probability) < 1e-6);
    }
    QCOMPARE(own.top[0].piece, std::string(" Madrid"));
    QVERIFY(std::abs(lens.after[3].p_new - own.top[0].probability) < 1e-6);
    QCOMPARE(fixture_.hash(), hash_);
}

void TestLogitLens::edit_shows_from_its_layer_on() {
    const LensResult lens = fixture_.engine->lens(request_, {});
    QCOMPARE(lens.before[0].p_new, lens.after[0].p_new); // below the edit
    QVERIFY(lens.after[3].p_new > lens.before[3].p_new + 0.1);
    QVERIFY(lens.before[2].p_true.has_value());

    LensRequest swapped = request_;
    swapped.before.reset();
    swapped.after = 0;
    swapped.true_object.reset();
    swapped.object.clear();
    const LensResult other = fixture_.engine->lens(swapped, {});
    for (std::size_t layer = 0; layer < 4; ++layer) {
        QCOMPARE(other.before[layer].top[0].probability, lens.after[layer].top[0].probability);
        QCOMPARE(other.after[layer].top[0].probability, lens.before[layer].top[0].probability);
        QCOMPARE(other.before[layer].p_new, 0.0);
        QVERIFY(!other.before[layer].p_true.has_value());
    }
}

void TestLogitLens::any_token_can_be_looked_at() {
    LensRequest request = request_;
    request.token = 2;
    request.top = 2;
    const LensResult lens = fixture_.engine->lens(request, {});
    QCOMPARE(lens.token, 2);
    // What stands behind a token is not seen from it.
    const auto own = fixture_.engine->logits({.text = "Elena Silva was", .ids = {}, .top = 2}, {});
    QCOMPARE(lens.after[3].top.size(), std::size_t{2});
    QCOMPARE(lens.after[3].top[0].id, own.top[0].id);
    QVERIFY(std::abs(lens.after[3].top[0].probability - own.top[0].probability) < 1e-6);
}

void TestLogitLens::faults_are_named() {
    const auto ask = [&](auto&& change) {
        LensRequest request = request_;
        change(request);
        return fixture_.engine->lens(request, {});
    };
    EXPECT_FAULT(ask([](LensRequest& r) { r.token = 5; }), "no token 5");
    EXPECT_FAULT(ask([](LensRequest& r) { r.token = -2; }), "from 0 to 4");
    EXPECT_FAULT(ask([](LensRequest& r) { r.prompt.clear(); }), "prompt is empty");
    EXPECT_FAULT(ask([](LensRequest& r) { r.object = " "; }), "white space");
    EXPECT_FAULT(ask([](LensRequest& r) { r.true_object = ""; }), "object is empty");
    EXPECT_FAULT(ask([](LensRequest& r) { r.before = 9; }), "history");
    EXPECT_FAULT(ask([](LensRequest& r) {
                     for (int i = 0; i < 70; ++i)
                         r.prompt += " the";
                 }),
                 "at most 64");
    std::stop_source stop;
    stop.request_stop();
    QVERIFY_EXCEPTION_THROWN((void)fixture_.engine->lens(request_, JobContext({}, stop.get_token())), Cancelled);
    QCOMPARE(fixture_.hash(), hash_);
}

QTEST_GUILESS_MAIN(TestLogitLens)
#include "test_logit_lens.moc"
