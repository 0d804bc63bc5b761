// SPDX-License-Identifier: GPL-3.0-or-later
// The ledger's promise: the weights of a state are the same bits by whatever way it was reached, undo is exact, and a
// call that fails changes nothing. Every check hashes every weight.
#include "editing/accumulate.h"
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

Q_DECLARE_METATYPE(at::ScalarType)

namespace {

std::string hash(const Weights& weights) {
    return weights_hash(weights, {});
}

LayerUpdate random_update(const Weights& weights, int layer, std::int64_t rank, double size = 0.05) {
    const at::Tensor matrix = weights.current_down(layer);
    return {.layer = layer,
            .left = size * at::randn({matrix.size(0), rank}, at::kDouble),
            .right = at::randn({rank, matrix.size(1)}, at::kDouble)};
}

// One to three updates, a layer perhaps twice.
std::vector<LayerUpdate> random_batch(const Weights& weights, std::mt19937& random) {
    std::vector<LayerUpdate> batch;
    const auto count = 1 + random() % 3;
    for (std::size_t i = 0; i < count; ++i)
        batch.push_back(random_update(weights, static_cast<int>(random() % 4), 1 + static_cast<int>(random() % 5)));
    return batch;
}

} // namespace

class TestLedger : public QObject {
    Q_OBJECT

  private slots:
    void init() { at::manual_seed(5); }
    void random_walk_data();
    void random_walk();
    void weights_are_original_plus_sum();
    void undo_gives_the_checkpoints_own_tensors();
    void bits_do_not_depend_on_threads();
    void product_in_order();
    void history_is_the_ledgers_own();
    void apply_after_undo_forgets_the_undone();
    void failures_change_nothing_data();
    void failures_change_nothing();
    void half_precision_overflow();
    void draft_commits();
    void draft_takes_itself_back();
    void look_elsewhere();
    void ends_of_the_history();
};

void TestLedger::random_walk_data() {
    QTest::addColumn<at::ScalarType>("dtype");
    QTest::newRow("float32") << at::kFloat;
    QTest::newRow("float64") << at::kDouble;
    QTest::newRow("bfloat16") << at::kBFloat16;
    QTest::newRow("float16") << at::kHalf;
}

void TestLedger::random_walk() {
    QFETCH(at::ScalarType, dtype);
    auto model = open_model(model_path("gpt2_edit"), dtype);
    Weights& weights = model.decoder.weights();
    Ledger ledger(weights);
    std::mt19937 random(17);

    // A state is the list of active batches. Same list, same hash; another list, another hash.
    std::vector<int> names; // of the ledger's batches
    int next_name = 0;
    std::map<std::vector<int>, std::string> seen;
    std::map<std::string, std::vector<int>> states;
    const auto state_at = [&](std::size_t position) {
        return std::vector<int>(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(position));
    };
    const auto check = [&](std::size_t position) {
        const auto state = state_at(position);
        const std::string now = hash(weights);
        QCOMPARE(seen.try_emplace(state, now).first->second, now);
        QCOMPARE(states.try_emplace(now, state).first->second, state);
    };
    check(0);
    int revisited = 0;
    for (int step = 0; step < 120; ++step) {
        switch (random() % 6) {
        case 0: {
            names.resize(ledger.position());
            names.push_back(next_name++);
            QCOMPARE(ledger.apply(random_batch(weights, random)), names.size());
            break;
        }
        case 1:
            if (ledger.position() > 0)
                ledger.undo();
            break;
        case 2:
            if (ledger.position() < ledger.size())
                ledger.redo();
            break;
        case 3:
            ledger.go_to(random() % (ledger.size() + 1));
            break;
        case 4: {
            const std::size_t there = random() % (ledger.size() + 1);
            const AtPosition look(ledger, there);
            check(there);
            break;
        }
        default: {
            Ledger::Draft dropped(ledger);
            for (LayerUpdate& update : random_batch(weights, random))
                dropped.add(std::move(update));
        }
        }
        QCOMPARE(ledger.size(), names.size());
        revisited += static_cast<int>(seen.contains(state_at(ledger.position())));
        check(ledger.position());
    }
    QVERIFY(revisited > 30);
    ledger.go_to(0);
    QCOMPARE(hash(weights), hash(open_model(model_path("gpt2_edit"), dtype).decoder.weights()));
}

void TestLedger::weights_are_original_plus_sum() {
    auto model = open_model(model_path("gpt2_edit"), at::kFloat);
    Weights& weights = model.decoder.weights();
    Ledger ledger(weights);
    at::Tensor sum = weights.original_down(2).clone();
    for (int i = 0; i < 4; ++i) {
        const LayerUpdate update = random_update(weights, 2, 3);
        ledger.apply({update});
        for (int r = 0; r < 3; ++r) // one product and one sum at a time, in order
            sum += at::matmul(update.left.slice(1, r, r + 1), update.right.slice(0, r, r + 1));
    }
    QVERIFY(at::equal(weights.current_down(2), sum.to(at::kFloat)));
    QVERIFY(at::equal(weights.current_down(1).to(at::kDouble), weights.original_down(1)));
}

void TestLedger::undo_gives_the_checkpoints_own_tensors() {
    auto model = open_model(model_path("gpt2_edit"), at::kFloat);
    Weights& weights = model.decoder.weights();
    const void* const mapped = weights.block(1).down.weight.data_ptr();
    Ledger ledger(weights);
    ledger.apply({random_update(weights, 1, 2)});
    QVERIFY(weights.block(1).down.weight.data_ptr() != mapped);
    ledger.undo();
    QCOMPARE(weights.block(1).down.weight.data_ptr(), mapped); // no second copy stays behind
}

void TestLedger::bits_do_not_depend_on_threads() {
    auto model = open_model(model_path("gpt2_edit"), at::kDouble);
    Weights& weights = model.decoder.weights();
    Ledger ledger(weights);
    const int before = at::get_num_threads();
    at::set_num_threads(1);
    ledger.apply({random_update(weights, 0, 600), random_update(weights, 3, 17)}); // enough work to be shared out
    const std::string alone = hash(weights);
    ledger.undo();
    at::set_num_threads(4);
    ledger.redo();
    at::set_num_threads(before);
    QCOMPARE(hash(weights), alone);
}

void TestLedger::product_in_order() {
    // Sizes across the borders of all blocks.
    const std::int64_t rows = 300;
    const std::int64_t rank = 70;
    const std::int64_t cols = 1100;
    const at::Tensor start = at::randn({rows, cols}, at::kDouble);
    at::Tensor left = at::randn({rows, rank}, at::kDouble);
    left.select(1, 5).zero_();
    const at::Tensor right = at::randn({rank, cols}, at::kDouble);
    at::Tensor want = start.clone();
    for (std::int64_t k = 0; k < rank; ++k)
        want += left.slice(1, k, k + 1) * right.slice(0, k, k + 1);
    for (const int threads : {1, 5}) {
        at::Tensor sum = start.clone();
        add_product(sum.data_ptr<double>(), left.data_ptr<double>(), right.data_ptr<double>(), rows, rank, cols,
                    threads);
        QVERIFY(at::equal(sum, want));
    }
}

void TestLedger::history_is_the_ledgers_own() {
    auto model = open_model(model_path("gpt2_edit"), at::kFloat);
    Weights& weights = model.decoder.weights();
    Ledger ledger(weights);
    LayerUpdate update = random_update(weights, 1, 2);
    ledger.apply({update});
    const std::string applied = hash(weights);
    ledger.undo();
    update.left.fill_(7); // the caller's tensors are the caller's
    ledger.redo();
    QCOMPARE(hash(weights), applied);
}

void TestLedger::apply_after_undo_forgets_the_undone() {
    auto model = open_model(model_path("gpt2_edit"), at::kFloat);
    Weights& weights = model.decoder.weights();
    Ledger ledger(weights);
    ledger.apply({random_update(weights, 0, 1)});
    ledger.apply({random_update(weights, 1, 1)});
    ledger.undo();
    QCOMPARE(ledger.apply({random_update(weights, 2, 1)}), std::size_t{2});
    QCOMPARE(ledger.size(), std::size_t{2});
    QCOMPARE(ledger.batch(1).updates.front().layer, 2);
    QVERIFY(at::equal(weights.current_down(1).to(at::kDouble), weights.original_down(1)));
    QVERIFY_EXCEPTION_THROWN(ledger.redo(), Error);
}

void TestLedger::failures_change_nothing_data() {
    QTest::addColumn<QString>("fault");
    for (const char* fault : {"NaN", "infinite", "too large", "wrong rows", "wrong columns", "ranks differ",
                              "no such layer", "negative layer", "a vector"})
        QTest::newRow(fault) << fault;
}

void TestLedger::failures_change_nothing() {
    QFETCH(QString, fault);
    auto model = open_model(model_path("gpt2_edit"), at::kFloat);
    Weights& weights = model.decoder.weights();
    Ledger ledger(weights);
    ledger.apply({random_update(weights, 0, 1)});
    ledger.apply({random_update(weights, 1, 1)});
    const std::string both = hash(weights);
    ledger.undo();
    const std::string before = hash(weights);

    LayerUpdate bad = random_update(weights, 2, 2);
    if (fault == "NaN")
        bad.left[1][1] = std::numeric_limits<double>::quiet_NaN();
    else if (fault == "infinite")
        bad.right[0][3] = std::numeric_limits<double>::infinity();
    else if (fault == "too large")
        bad.left.mul_(1e300);
    else if (fault == "wrong rows")
        bad.left = bad.left.slice(0, 0, 5);
    else if (fault == "wrong columns")
        bad.right = bad.right.slice(1, 0, 5);
    else if (fault == "ranks differ")
        bad.right = bad.right.slice(0, 0, 1);
    else if (fault == "no such layer")
        bad.layer = 4;
    else if (fault == "negative layer")
        bad.layer = -1;
    else
        bad.left = bad.left.select(1, 0);
    // The good ones before the bad one must not stay.
    QVERIFY_EXCEPTION_THROWN(ledger.apply({random_update(weights, 0, 1), random_update(weights, 3, 2), bad}), Error);
    QCOMPARE(hash(weights), before);
    QCOMPARE(ledger.position(), std::size_t{1});
    QCOMPARE(ledger.size(), std::size_t{2});
    ledger.redo(); // what was undone is still there
    QCOMPARE(hash(weights), both);
}

void TestLedger::half_precision_overflow() {
    auto model = open_model(model_path("gpt2_edit"), at::kHalf);
    Weights& weights = model.decoder.weights();
    const std::string before = hash(weights);
    Ledger ledger(weights);
    LayerUpdate update = random_update(weights, 1, 1);
    update.left.fill_(1);
    update.right.fill_(1e5); // fits float64 and float32, not float16
    QVERIFY_EXCEPTION_THROWN(ledger.apply({update}), Error);
    QCOMPARE(hash(weights), before);
    QCOMPARE(ledger.size(), std::size_t{0});
}

void TestLedger::draft_commits() {
    auto model = open_model(model_path("gpt2_edit"), at::kFloat);
    Weights& weights = model.decoder.weights();
    Ledger ledger(weights);
    ledger.apply({random_update(weights, 1, 2)});
    std::mt19937 random(3);
    auto batch = random_batch(weights, random);
    batch.push_back(random_update(weights, 1, 1));
    std::string drafted;
    {
        Ledger::Draft draft(ledger);
        std::string last = hash(weights);
        for (const LayerUpdate& update : batch) {
            draft.add(update);
            QVERIFY(hash(weights) != last); // seen at once
            last = hash(weights);
        }
        drafted = last;
        QCOMPARE(draft.updates().size(), batch.size());
        QCOMPARE(draft.commit(), std::size_t{2});
    }
    QCOMPARE(hash(weights), drafted); // the end of the draft takes nothing back
    ledger.undo();
    QVERIFY(hash(weights) != drafted);
    ledger.redo();
    QCOMPARE(hash(weights), drafted);
    ledger.undo();
    ledger.apply(batch);
    QCOMPARE(hash(weights), drafted);
}

void TestLedger::draft_takes_itself_back() {
    auto model = open_model(model_path("gpt2_edit"), at::kDouble);
    Weights& weights = model.decoder.weights();
    Ledger ledger(weights);
    ledger.apply({random_update(weights, 1, 2)});
    ledger.apply({random_update(weights, 0, 2)});
    ledger.undo();
    const std::string before = hash(weights);
    try {
        Ledger::Draft draft(ledger);
        draft.add(random_update(weights, 1, 1));
        draft.add(random_update(weights, 1, 1));
        draft.add(random_update(weights, 2, 1));
        throw Cancelled();
    } catch (const Cancelled&) {
    }
    QCOMPARE(hash(weights), before);
    QCOMPARE(ledger.position(), std::size_t{1});
    QVERIFY_EXCEPTION_THROWN(ledger.go_to(3), Error);
    ledger.redo();
    QCOMPARE(ledger.position(), std::size_t{2});
}

void TestLedger::look_elsewhere() {
    auto model = open_model(model_path("gpt2_edit"), at::kFloat);
    Weights& weights = model.decoder.weights();
    Ledger ledger(weights);
    std::vector<std::string> hashes = {hash(weights)};
    for (int i = 0; i < 3; ++i) {
        ledger.apply({random_update(weights, i % 2, 2), random_update(weights, 3, 1)});
        hashes.push_back(hash(weights));
    }
    ledger.undo();
    const void* const kept = weights.block(3).down.weight.data_ptr();
    {
        const AtPosition outer(ledger, 0);
        QCOMPARE(hash(weights), hashes[0]);
        QCOMPARE(ledger.position(), std::size_t{2}); // only a look
        {
            const AtPosition inner(ledger, 3);
            QCOMPARE(hash(weights), hashes[3]);
            const AtPosition now(ledger, {});
            QCOMPARE(hash(weights), hashes[2]);
        }
        QCOMPARE(hash(weights), hashes[0]);
    }
    QCOMPARE(hash(weights), hashes[2]);
    QCOMPARE(weights.block(3).down.weight.data_ptr(), kept); // put back, not computed again
    try {
        const AtPosition look(ledger, 1);
        throw Error("something went wrong there");
    } catch (const Error&) {
    }
    QCOMPARE(hash(weights), hashes[2]);
    QVERIFY_EXCEPTION_THROWN(AtPosition(ledger, 4), Error);
    QCOMPARE(hash(weights), hashes[2]);
}

void TestLedger::ends_of_the_history() {
    auto model = open_model(model_path("gpt2_edit"), at::kFloat);
    Ledger ledger(model.decoder.weights());
    QVERIFY_EXCEPTION_THROWN(ledger.undo(), Error);
    QVERIFY_EXCEPTION_THROWN(ledger.redo(), Error);
    QVERIFY_EXCEPTION_THROWN(ledger.go_to(1), Error);
    ledger.apply({random_update(model.decoder.weights(), 0, 1)});
    QVERIFY_EXCEPTION_THROWN(ledger.redo(), Error);
}

QTEST_GUILESS_MAIN(TestLedger)
#include "test_ledger.moc"
