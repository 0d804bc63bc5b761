// SPDX-License-Identifier: GPL-3.0-or-later
// Batches that are switched off and on, softened and solved again: whatever way a state was reached, its weights are
// the same bits, and a call that fails changes nothing.
#include "editing/ledger.h"
#include "emend/error.h"
#include "model/fingerprint.h"
#include "model_fixture.h"

#include <limits>
#include <map>
#include <QtTest/QtTest>
#include <random>

using namespace emend;
using namespace emend::test;

namespace {

std::string hash(const Weights& weights) {
    return weights_hash(weights, {});
}

std::vector<LayerUpdate> random_batch(const Weights& weights, std::mt19937& random) {
    std::vector<LayerUpdate> batch;
    const auto count = 1 + random() % 3;
    for (std::size_t i = 0; i < count; ++i) {
        const auto layer = static_cast<int>(random() % 4);
        const at::Tensor matrix = weights.current_down(layer);
        const auto rank = static_cast<std::int64_t>(1 + random() % 4);
        batch.push_back({.layer = layer,
                         .left = 0.05 * at::randn({matrix.size(0), rank}, at::kDouble),
                         .right = at::randn({rank, matrix.size(1)}, at::kDouble)});
    }
    return batch;
}

} // namespace

class TestLedgerSwitches : public QObject {
    Q_OBJECT
  private slots:
    void init() { at::manual_seed(11); }
    void random_walk();
    void states_have_names();
    void stale_batches();
    void draft_replaces_the_middle();
    void dropped_draft_in_the_middle();
    void failures_change_nothing();
    void keys_of_active_batches();
    void keys_read_on_other_weights_are_forgotten();
    void a_draft_without_anything_changes_nothing();
};

// A model of the ledger in plain lists walks along; a state is the list of (batch, version) in the weights.
void TestLedgerSwitches::random_walk() {
    auto model = open_model(model_path("gpt2_edit"), at::kFloat);
    Weights& weights = model.decoder.weights();
    Ledger ledger(weights);
    std::mt19937 random(23);

    struct Batch {
        int name;
        bool active;
    };
    std::vector<Batch> batches;
    int next_name = 0; // another softness is another name
    using State = std::vector<int>;
    std::map<State, std::string> seen;
    std::map<std::string, State> states;
    std::map<State, std::string> names;
    std::map<std::string, State> states_of_names;
    const auto state_at = [&](std::size_t position) {
        State state;
        for (std::size_t i = 0; i < position; ++i)
            if (batches[i].active)
                state.push_back(batches[i].name);
        return state;
    };
    const auto check = [&](std::size_t position) {
        const State state = state_at(position);
        const std::string now = hash(weights);
        QCOMPARE(seen.try_emplace(state, now).first->second, now);
        QCOMPARE(states.try_emplace(now, state).first->second, state);
        const std::string name = ledger.state_hash(position);
        QCOMPARE(names.try_emplace(state, name).first->second, name);
        QCOMPARE(states_of_names.try_emplace(name, state).first->second, state); // values are found by it
    };
    check(0);
    int revisited = 0;
    for (int step = 0; step < 160; ++step) {
        switch (random() % 8) {
        case 0:
        case 1:
            batches.resize(ledger.position());
            batches.push_back({next_name++, true});
            ledger.apply(random_batch(weights, random));
            break;
        case 2:
            ledger.go_to(random() % (ledger.size() + 1));
            break;
        case 3:
        case 4:
            if (!batches.empty()) {
                const std::size_t index = random() % batches.size();
                batches[index].active = random() % 2 == 0;
                ledger.set_active(index, batches[index].active);
            }
            break;
        case 5:
            if (!batches.empty()) {
                const std::size_t index = random() % batches.size();
                batches[index].name = next_name++;
                ledger.replace(index, random_batch(weights, random), random() % 2 == 0);
            }
            break;
        case 6: { // look elsewhere, also with batches switched off
            const std::size_t there = random() % (ledger.size() + 1);
            const AtPosition look(ledger, there);
            check(there);
            break;
        }
        default: { // solve the end again, and keep it or not
            const std::size_t position = ledger.position();
            const std::size_t from = random() % (position + 1);
            const bool keep = random() % 2 == 0;
            Ledger::Draft draft(ledger, from);
            for (std::size_t i = from; i < position; ++i) {
                if (random() % 2 == 0) {
                    const bool active = random() % 3 != 0;
                    draft.carry(i, active);
                    if (keep)
                        batches[i].active = active;
                    continue;
                }
                for (LayerUpdate& update : random_batch(weights, random))
                    draft.add(std::move(update));
                draft.end_batch();
                if (keep)
                    batches[i] = {next_name++, true};
            }
            if (keep && from < position)
                draft.commit();
        }
        }
        QCOMPARE(ledger.size(), batches.size());
        for (std::size_t i = 0; i < batches.size(); ++i)
            QCOMPARE(ledger.batch(i).active, batches[i].active);
        revisited += static_cast<int>(seen.contains(state_at(ledger.position())));
        check(ledger.position());
    }
    QVERIFY(revisited > 30);
    ledger.go_to(0);
    check(0);
}

void TestLedgerSwitches::states_have_names() {
    auto model = open_model(model_path("gpt2_edit"), at::kDouble);
    Weights& weights = model.decoder.weights();
    Ledger ledger(weights);
    std::mt19937 random(3);
    ledger.apply(random_batch(weights, random));
    ledger.apply(random_batch(weights, random));
    QCOMPARE(ledger.state_hash(0), std::string());
    const std::string both = ledger.state_hash(2);
    ledger.set_active(0, false);
    QVERIFY(ledger.state_hash(2) != both);
    QCOMPARE(ledger.state_hash(1), std::string());
    ledger.set_active(0, true);
    QCOMPARE(ledger.state_hash(2), both);
}

void TestLedgerSwitches::stale_batches() {
    auto model = open_model(model_path("gpt2_edit"), at::kDouble);
    Weights& weights = model.decoder.weights();
    Ledger ledger(weights);
    std::mt19937 random(4);
    for (int i = 0; i < 3; ++i)
        ledger.apply(random_batch(weights, random));
    for (std::size_t i = 0; i < 3; ++i)
        QVERIFY(!ledger.is_stale(i));
    ledger.set_active(1, false);
    QVERIFY(!ledger.is_stale(0) && !ledger.is_stale(1) && ledger.is_stale(2));
    ledger.set_active(1, true);
    QVERIFY(!ledger.is_stale(2));
    ledger.replace(0, random_batch(weights, random), true);
    QVERIFY(!ledger.is_stale(0) && ledger.is_stale(1) && ledger.is_stale(2));
    ledger.replace(1, random_batch(weights, random), true);
    QVERIFY(!ledger.is_stale(1));
    ledger.replace(2, random_batch(weights, random), false); // the same solve, another softness
    QVERIFY(ledger.is_stale(2));
}

void TestLedgerSwitches::draft_replaces_the_middle() {
    auto model = open_model(model_path("gpt2_edit"), at::kFloat);
    Weights& weights = model.decoder.weights();
    Ledger ledger(weights);
    std::mt19937 random(5);
    std::vector<std::vector<LayerUpdate>> batches;
    for (int i = 0; i < 4; ++i)
        ledger.apply(batches.emplace_back(random_batch(weights, random)));
    ledger.go_to(3); // one is undone and must stay so
    const auto fresh = random_batch(weights, random);
    {
        Ledger::Draft draft(ledger, 1);
        for (const LayerUpdate& update : fresh)
            draft.add(update);
        draft.end_batch();
        draft.carry(2);
        QCOMPARE(draft.commit(), std::size_t{3});
    }
    QCOMPARE(ledger.size(), std::size_t{4});
    QVERIFY(!ledger.is_stale(1) && ledger.is_stale(2));
    const std::string now = hash(weights);
    auto twin = open_model(model_path("gpt2_edit"), at::kFloat);
    Ledger straight(twin.decoder.weights());
    straight.apply(batches[0]);
    straight.apply(fresh);
    straight.apply(batches[2]);
    QCOMPARE(now, hash(twin.decoder.weights()));
    ledger.redo();
    straight.apply(batches[3]);
    QCOMPARE(hash(weights), hash(twin.decoder.weights()));
}

void TestLedgerSwitches::dropped_draft_in_the_middle() {
    auto model = open_model(model_path("gpt2_edit"), at::kFloat);
    Weights& weights = model.decoder.weights();
    Ledger ledger(weights);
    std::mt19937 random(6);
    for (int i = 0; i < 3; ++i)
        ledger.apply(random_batch(weights, random));
    const std::string before = hash(weights);
    const std::string name = ledger.state_hash(3);
    {
        Ledger::Draft draft(ledger, 0);
        for (LayerUpdate& update : random_batch(weights, random))
            draft.add(std::move(update));
        draft.end_batch();
        draft.carry(1);
        QVERIFY(hash(weights) != before);
    }
    QCOMPARE(hash(weights), before);
    QCOMPARE(ledger.state_hash(3), name);
}

void TestLedgerSwitches::failures_change_nothing() {
    auto model = open_model(model_path("gpt2_edit"), at::kHalf); // where overflow is near
    Weights& weights = model.decoder.weights();
    Ledger ledger(weights);
    std::mt19937 random(7);
    ledger.apply(random_batch(weights, random));
    const std::string before = hash(weights);
    const std::string name = ledger.state_hash(1);

    auto broken = random_batch(weights, random);
    broken.back().left[0][0] = std::numeric_limits<double>::quiet_NaN();
    QVERIFY_EXCEPTION_THROWN(ledger.replace(0, broken, true), Error);
    auto huge = random_batch(weights, random);
    huge.back().left.mul_(1e9);
    QVERIFY_EXCEPTION_THROWN(ledger.replace(0, huge, true), Error);
    QCOMPARE(hash(weights), before);
    QCOMPARE(ledger.state_hash(1), name);

    // Two that overflow only together: switching the second on fails and leaves it off.
    const at::Tensor matrix = weights.current_down(0);
    const LayerUpdate large{.layer = 0,
                            .left = at::full({matrix.size(0), 1}, 200.0, at::kDouble),
                            .right = at::full({1, matrix.size(1)}, 200.0, at::kDouble)}; // 40,000 of 65,504
    ledger.apply({large});
    ledger.set_active(1, false);
    ledger.apply({large});
    const std::string one = hash(weights);
    QVERIFY_EXCEPTION_THROWN(ledger.set_active(1, true), Error);
    QVERIFY(!ledger.batch(1).active);
    QCOMPARE(hash(weights), one);
}

void TestLedgerSwitches::keys_of_active_batches() {
    auto model = open_model(model_path("gpt2_edit"), at::kDouble);
    Weights& weights = model.decoder.weights();
    Ledger ledger(weights);
    std::mt19937 random(8);
    const std::int64_t dk = weights.current_down(0).size(1);
    std::vector<at::Tensor> keys;
    for (int i = 0; i < 2; ++i) {
        Ledger::Draft draft(ledger);
        for (LayerUpdate& update : random_batch(weights, random))
            draft.add(std::move(update));
        keys.push_back(at::randn({dk, 2 + i}, at::kDouble));
        draft.keep_keys(0, keys.back());
        draft.commit();
    }
    Ledger::Draft draft(ledger);
    QVERIFY(at::equal(draft.earlier_keys(0), at::cat(keys, 1)));
    QVERIFY(!draft.earlier_keys(1).defined());
    const at::Tensor own = at::randn({dk, 1}, at::kDouble);
    draft.keep_keys(0, own); // of a batch of the same draft
    QVERIFY(at::equal(draft.earlier_keys(0), at::cat({keys[0], keys[1], own}, 1)));
}

void TestLedgerSwitches::keys_read_on_other_weights_are_forgotten() {
    auto model = open_model(model_path("gpt2_edit"), at::kDouble);
    Weights& weights = model.decoder.weights();
    Ledger ledger(weights);
    std::mt19937 random(9);
    ledger.apply(random_batch(weights, random));
    ledger.apply(random_batch(weights, random));
    const at::Tensor keys = at::randn({weights.current_down(0).size(1), 2}, at::kDouble);
    QVERIFY(!ledger.has_keys(1, 0));
    ledger.keep_keys(1, 0, keys);
    QVERIFY(ledger.has_keys(1, 0) && !ledger.has_keys(1, 2));
    ledger.set_active(0, false);
    QVERIFY(!ledger.has_keys(1, 0));
    ledger.set_active(0, true);
    QVERIFY(ledger.has_keys(1, 0)); // the same weights again
    {
        Ledger::Draft draft(ledger, 0);
        draft.carry(0, false);
        draft.carry(1);
        QVERIFY(!draft.has_keys_of_last(0));
        draft.commit();
    }
    QVERIFY(!ledger.has_keys(1, 0));
    ledger.keep_keys(1, 2, keys);
    QVERIFY(ledger.has_keys(1, 2) && !ledger.has_keys(1, 0));
    ledger.replace(1, random_batch(weights, random), true);
    QVERIFY(!ledger.has_keys(1, 2));
}

void TestLedgerSwitches::a_draft_without_anything_changes_nothing() {
    auto model = open_model(model_path("gpt2_edit"), at::kDouble);
    Weights& weights = model.decoder.weights();
    Ledger ledger(weights);
    std::mt19937 random(10);
    for (int i = 0; i < 3; ++i)
        ledger.apply(random_batch(weights, random));
    ledger.undo();
    const std::string before = hash(weights);
    {
        Ledger::Draft draft(ledger, 1);
        draft.carry(1);
        QCOMPARE(draft.commit(), std::size_t{2});
    }
    QCOMPARE(ledger.size(), std::size_t{3});
    QCOMPARE(hash(weights), before);
}

QTEST_GUILESS_MAIN(TestLedgerSwitches)
#include "test_ledger_switches.moc"
