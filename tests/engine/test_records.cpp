// SPDX-License-Identifier: GPL-3.0-or-later
// Batches as records and back: a restored history is the one that was recorded, bit for bit, and goes on as if the
// program had never been closed.
#include "emend/error.h"
#include "engine_fixture.h"
#include "faults.h"

#include <QTest>

#include <algorithm>
#include <random>

using namespace emend;
using namespace emend::test;

namespace {

std::vector<BatchRecord> records_of(const Engine& engine) {
    std::vector<BatchRecord> records;
    for (const LedgerEntry& entry : engine.ledger().entries)
        records.push_back(engine.record(entry.id));
    return records;
}

// Everything a person or a session would see of a history, in one text.
std::string state_text(Engine& engine) {
    const LedgerState state = engine.ledger();
    std::string text = std::to_string(state.position) + " " + engine.weights_hash({}) + " " + engine.edited_hash({});
    for (const LedgerEntry& entry : state.entries)
        text += "\n" + std::to_string(entry.id) + " " + entry.title + "|" + entry.note + "|" + entry.hash + " " +
                std::to_string(entry.active) + std::to_string(entry.stale) + " " +
                std::to_string(entry.report->batch_id) + " " +
                std::to_string(entry.report->recipe.softness.value_or(-1));
    return text;
}

bool all_kept(const EditReport& report) {
    return std::ranges::all_of(report.edits, &EditOutcome::value_kept);
}

} // namespace

class TestRecords : public QObject {
    Q_OBJECT
  private slots:
    void init() { fixture_ = std::make_unique<EngineFixture>(); }
    void a_record_is_exact();
    void names_and_notes();
    void the_hash_of_what_is_edited();
    void random_walks_data();
    void random_walks();
    void solving_again_without_the_cache_data();
    void solving_again_without_the_cache();
    void numbers_go_on_above();
    void damaged_records_data();
    void damaged_records();
    void a_stopped_restore_changes_nothing();

  private:
    Engine& engine() { return *fixture_->engine; }
    EditReport apply(std::size_t first, std::size_t count, const Recipe& recipe) {
        const auto all = four_requests();
        const auto begin = all.begin() + static_cast<std::ptrdiff_t>(first);
        return engine().apply({begin, begin + static_cast<std::ptrdiff_t>(count)}, recipe, {}, {});
    }
    std::unique_ptr<Engine> another() {
        std::unique_ptr<Engine> other(emend_create_engine());
        other->open({.path = engine().model_info().path}, {});
        return other;
    }
    std::unique_ptr<EngineFixture> fixture_;
};

void TestRecords::a_record_is_exact() {
    const EditReport report = apply(0, 3, fixture_->recipe("MEMIT", {0, 1}));
    const BatchRecord record = engine().record(report.batch_id);
    QCOMPARE(record.id, report.batch_id);
    QCOMPARE(record.hash, engine().ledger().entries[0].hash);
    QVERIFY(record.active && record.base.empty() && record.report->edits.size() == 3);
    QCOMPARE(record.updates.size(), std::size_t{2});
    QCOMPARE(record.updates[0].layer, 0);
    const ModelInfo& model = engine().model_info();
    for (const StoredUpdate& update : record.updates) {
        QCOMPARE(update.rows, std::int64_t{model.d_model});
        QCOMPARE(update.columns, std::int64_t{model.d_mlp});
        QCOMPARE(update.rank, std::int64_t{3});
        QCOMPARE(update.left.size(), static_cast<std::size_t>(update.rows * update.rank));
        QCOMPARE(update.right.size(), static_cast<std::size_t>(update.rank * update.columns));
    }
    QCOMPARE(record.values.size(), std::size_t{1}); // "spread" searches at the last layer alone
    QCOMPARE(record.values[0].layer, 1);
    QCOMPARE(record.values[0].edits, std::int64_t{3});
    QCOMPARE(record.values[0].targets.size(), static_cast<std::size_t>(model.d_model * 3));

    Recipe both = fixture_->recipe("MEMIT", {0, 1});
    both.distribution = "first-and-last";
    QCOMPARE(engine().record(apply(3, 1, both).batch_id).values.size(), std::size_t{2});
    QCOMPARE(engine().record(apply(3, 1, fixture_->recipe("FT-L")).batch_id).values.size(), std::size_t{0});
    EXPECT_FAULT(engine().record(99), "no batch 99");
}

void TestRecords::names_and_notes() {
    const auto id = apply(0, 2, fixture_->recipe("EMMET")).batch_id;
    const std::string made_up = engine().ledger().entries[0].title;
    LedgerState state = engine().annotate(id, "The first try", "too strong?\nask again");
    QCOMPARE(state.entries[0].title, std::string("The first try"));
    QCOMPARE(state.entries[0].note, std::string("too strong?\nask again"));
    auto other = another();
    state = other->restore(records_of(engine()), 1, {});
    QCOMPARE(state.entries[0].note, std::string("too strong?\nask again"));
    QCOMPARE(other->annotate(id, "", "").entries[0].title, made_up);
    EXPECT_FAULT(engine().annotate(7, "x", ""), "no batch 7");
}

void TestRecords::the_hash_of_what_is_edited() {
    QVERIFY(engine().edited_hash({}).empty());
    const auto id = apply(0, 1, fixture_->recipe("EMMET")).batch_id;
    const std::string one = engine().edited_hash({});
    QCOMPARE(one.size(), std::size_t{32});
    apply(1, 1, fixture_->recipe("MEMIT", {0, 1}));
    const std::string two = engine().edited_hash({});
    QVERIFY(two != one);
    engine().undo();
    QCOMPARE(engine().edited_hash({}), one);
    engine().switch_batch(id, false, false, {});
    QVERIFY(engine().edited_hash({}).empty());
}

void TestRecords::random_walks_data() {
    QTest::addColumn<unsigned>("seed");
    for (const unsigned seed : {1u, 2u, 3u})
        QTest::addRow("%u", seed) << seed;
}

void TestRecords::random_walks() {
    QFETCH(unsigned, seed);
    std::mt19937 random(seed);
    const auto below = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
    Recipe parts = fixture_->recipe("MEMIT", {0, 1});
    parts.batch = 1;
    const std::vector<Recipe> recipes{fixture_->recipe("ROME"), fixture_->recipe("MEMIT", {0, 1}),
                                      fixture_->recipe("EMMET"), parts, fixture_->recipe("MEMIT-seq")};
    // A step that both engines take alike.
    const auto step = [&](std::size_t kind, std::size_t choice, double softness, const std::vector<Engine*>& engines) {
        for (Engine* engine : engines) {
            const LedgerState state = engine->ledger();
            const std::size_t size = state.entries.size();
            const auto id = size == 0 ? 0 : state.entries[choice % size].id;
            if (kind == 0 && state.can_undo())
                engine->undo();
            else if (kind == 1 && state.can_redo())
                engine->redo();
            else if (kind == 2)
                engine->go_to(choice % (size + 1));
            else if (kind <= 4 && size > 0)
                engine->switch_batch(id, !state.entries[choice % size].active, kind == 4, {});
            else if (kind <= 6 && size > 0 && choice % size < state.position)
                engine->set_softness({.batch_id = id, .softness = softness, .settle = kind == 6, .watch = {}}, {});
            else
                engine->apply({four_requests()[choice % 4], four_requests()[(choice + 1) % 4]},
                              recipes[choice % recipes.size()], {}, {});
        }
    };
    for (std::size_t i = 0; i < 3; ++i)
        step(9, below(20), 0, {&engine()});
    auto other = another();
    for (int round = 0; round < 3; ++round) {
        for (int i = 0; i < 4; ++i)
            step(below(8), below(20), 1.0 + static_cast<double>(below(30)), {&engine()});
        other->restore(records_of(engine()), engine().ledger().position, {});
        QCOMPARE(state_text(*other), state_text(engine()));
        QCOMPARE(records_of(*other).size(), records_of(engine()).size());
        for (int i = 0; i < 3; ++i) { // and on from there, side by side
            const std::size_t kind = below(7);
            step(kind, below(20), 1.0 + static_cast<double>(below(30)), {&engine(), other.get()});
            QVERIFY2(state_text(*other) == state_text(engine()), qPrintable(QString("step of kind %1").arg(kind)));
        }
    }
    other->go_to(0);
    QVERIFY(other->edited_hash({}).empty());
}

void TestRecords::solving_again_without_the_cache_data() {
    QTest::addColumn<QString>("algorithm");
    QTest::addColumn<int>("batch");
    QTest::addColumn<bool>("merge");
    QTest::newRow("one edit at a time") << "ROME" << 0 << false;
    QTest::newRow("together") << "MEMIT" << 0 << false;
    QTest::newRow("in parts") << "MEMIT" << 2 << false;
    QTest::newRow("merged") << "MEMIT" << 0 << true;
    QTest::newRow("two values") << "first-and-last" << 0 << false;
}

void TestRecords::solving_again_without_the_cache() {
    QFETCH(QString, algorithm);
    QFETCH(int, batch);
    QFETCH(bool, merge);
    const bool two_values = algorithm == "first-and-last";
    Recipe recipe = two_values || algorithm == "MEMIT" ? fixture_->recipe("MEMIT", {0, 1})
                                                       : fixture_->recipe(algorithm.toStdString());
    if (two_values)
        recipe.distribution = "first-and-last";
    recipe.batch = batch;
    recipe.merge_subjects = merge;
    apply(3, 1, fixture_->recipe("EMMET"));
    std::vector<EditRequest> requests{four_requests()[0], four_requests()[1], four_requests()[2]};
    if (merge)
        requests.push_back(request("Elena Silva", "{} lives in", "Rome"));
    const auto id = engine().apply(requests, recipe, {}, {}).batch_id;
    const auto records = records_of(engine());
    const double softness = *engine().ledger().entries[1].report->recipe.softness;

    qputenv("EMEND_CACHE", fixture_->folder.filePath("empty cache").toUtf8());
    auto other = another();
    other->restore(records, 2, {});
    other->set_softness({.batch_id = id, .softness = softness, .settle = true, .watch = {}}, {});
    const LedgerState state = other->ledger();
    QVERIFY(all_kept(*state.entries[1].report));
    QCOMPARE(state.entries[1].report->edits[0].loss, records[1].report->edits[0].loss);
    QCOMPARE(state_text(*other), state_text(engine()));
    // A diagnosis wants to know where the value began: it searches, and says the same.
    const Diagnosis here = engine().diagnose(id, 1, {});
    const Diagnosis there = other->diagnose(id, 1, {});
    QCOMPARE(there.verdicts.size(), here.verdicts.size());
    for (std::size_t i = 0; i < here.verdicts.size(); ++i)
        QCOMPARE(there.verdicts[i].check, here.verdicts[i].check);
}

void TestRecords::numbers_go_on_above() {
    apply(0, 1, fixture_->recipe("EMMET"));
    apply(1, 1, fixture_->recipe("EMMET"));
    auto records = records_of(engine());
    records[1].id = 41;
    auto other = another();
    const LedgerState state = other->restore(records, 1, {});
    QCOMPARE(state.entries[1].report->batch_id, std::uint64_t{41});
    QCOMPARE(other->apply({four_requests()[2]}, fixture_->recipe("EMMET"), {}, {}).batch_id, std::uint64_t{42});
    QCOMPARE(other->restore({}, 0, {}).entries.size(), std::size_t{0});
    QVERIFY(other->edited_hash({}).empty());
    QCOMPARE(other->apply({four_requests()[2]}, fixture_->recipe("EMMET"), {}, {}).batch_id, std::uint64_t{43});
}

void TestRecords::damaged_records_data() {
    QTest::addColumn<QString>("damage");
    QTest::addColumn<QString>("words");
    QTest::newRow("a bit") << "bit"
                           << "are not those that were applied";
    QTest::newRow("names the batch") << "bit"
                                     << "batch 2 (";
    QTest::newRow("layer") << "layer"
                           << "layer 77";
    QTest::newRow("size") << "size"
                          << "other sizes";
    QTest::newRow("model") << "model"
                           << "belongs to another model";
    QTest::newRow("rank") << "rank"
                          << "other sizes";
    QTest::newRow("values") << "values"
                            << "searched values";
    QTest::newRow("report") << "report"
                            << "no report";
    QTest::newRow("algorithm") << "algorithm"
                               << "batch 2 (";
    QTest::newRow("twice") << "twice"
                           << "same number";
    QTest::newRow("position") << "position"
                              << "2 entries, not 3";
}

void TestRecords::damaged_records() {
    QFETCH(QString, damage);
    QFETCH(QString, words);
    apply(0, 1, fixture_->recipe("EMMET"));
    apply(1, 1, fixture_->recipe("MEMIT", {0, 1}));
    auto records = records_of(engine());
    engine().undo();
    const std::string before = state_text(engine());
    BatchRecord& record = records[1];
    std::size_t position = 2;
    if (damage == "bit")
        record.updates[1].right[5] = -record.updates[1].right[5];
    else if (damage == "layer")
        record.updates[0].layer = 77;
    else if (damage == "size")
        record.updates[0].left.pop_back();
    else if (damage == "model")
        record.updates[0].rows *= 2;
    else if (damage == "rank")
        record.updates[0].rank = -1;
    else if (damage == "values")
        record.values[0].targets.clear();
    else if (damage == "report")
        record.report.reset();
    else if (damage == "twice")
        record.id = records[0].id;
    else if (damage == "position")
        position = 3;
    else {
        auto report = std::make_shared<EditReport>(*record.report);
        report->recipe.algorithm = "ROME 2";
        record.report = report;
    }
    EXPECT_FAULT(engine().restore(records, position, {}), words.toStdString());
    QCOMPARE(state_text(engine()), before);
}

void TestRecords::a_stopped_restore_changes_nothing() {
    apply(0, 1, fixture_->recipe("EMMET"));
    apply(1, 1, fixture_->recipe("MEMIT", {0, 1}));
    const auto records = records_of(engine());
    engine().undo();
    const std::string before = state_text(engine());
    for (const int stop_at : {0, 1, 2}) {
        std::stop_source source;
        int seen = 0;
        if (stop_at == 0)
            source.request_stop();
        const JobContext job(
            [&](const Progress&) {
                if (++seen == stop_at)
                    source.request_stop();
            },
            source.get_token());
        QVERIFY_EXCEPTION_THROWN(engine().restore(records, 2, job), Cancelled);
        QCOMPARE(state_text(engine()), before);
    }
    engine().restore(records, 2, {});
    QVERIFY(state_text(engine()) != before);
}

QTEST_GUILESS_MAIN(TestRecords)
#include "test_records.moc"
