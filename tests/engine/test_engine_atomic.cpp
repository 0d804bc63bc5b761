// SPDX-License-Identifier: GPL-3.0-or-later
// Whatever ends an edit, and whenever: the weights are bit for bit what they were. A stop, an exception of LibTorch, of
// the standard library or of memory at every report of every phase, for every algorithm; statistics that are poisoned.
#include "emend/error.h"
#include "engine_fixture.h"

#include <QTest>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <new>
#include <set>
#include <stdexcept>

using namespace emend;
using namespace emend::test;

class TestEngineAtomic : public QObject {
    Q_OBJECT
  private slots:
    void init() { fixture_ = std::make_unique<EngineFixture>(); }
    void every_end_of_every_algorithm_data();
    void every_end_of_every_algorithm();
    void every_end_of_the_history_data();
    void every_end_of_the_history();
    void poisoned_statistics_data();
    void poisoned_statistics();
    void values_out_of_range();

  private:
    std::unique_ptr<EngineFixture> fixture_;
};

void TestEngineAtomic::every_end_of_every_algorithm_data() {
    QTest::addColumn<QString>("algorithm");
    QTest::addColumn<QString>("distribution");
    for (const AlgorithmInfo& row : algorithms()) {
        const bool one_layer = row.value_at_mlp || row.fine_tunes;
        for (const char* distribution : {"single", "spread", "first-and-last"})
            if (std::string(distribution) == "single" || !one_layer)
                QTest::addRow("%s %s", row.id.data(), distribution) << QString(row.id.data()) << distribution;
    }
}

void TestEngineAtomic::every_end_of_every_algorithm() {
    QFETCH(QString, algorithm);
    QFETCH(QString, distribution);
    Engine& engine = *fixture_->engine;
    Recipe recipe = fixture_->recipe(algorithm.toStdString(),
                                     distribution == "single" ? std::vector<int>{1} : std::vector<int>{0, 1});
    recipe.distribution = distribution.toStdString();
    recipe.values.steps = 3;
    if (!find_algorithm(recipe.algorithm).one_at_a_time)
        recipe.batch = 1; // two batches, so that the second is stopped with the first written
    // Something is there already, so that "as before" is not "as in the checkpoint".
    engine.apply({four_requests()[3]}, fixture_->recipe("EMMET"), {}, {});
    const std::string before = fixture_->hash();
    const std::vector<EditRequest> requests{four_requests()[0], four_requests()[1]};

    enum class End { stop, torch, memory, other };
    int reports = 0;
    std::set<std::string> phases;
    {
        static_cast<void>(engine.apply(requests, recipe, {}, {})); // collects statistics, once and for all
        engine.undo();
        // Counts the moments; a learning rate of its own, so that no value is found later.
        Recipe counted = recipe;
        counted.values.learning_rate = 0.41;
        static_cast<void>(engine.apply(requests, counted, {}, JobContext([&](const Progress& progress) {
                                           ++reports;
                                           phases.insert(progress.phase);
                                       })));
        engine.undo();
        engine.apply({four_requests()[2]}, fixture_->recipe("EMMET"), {}, {}); // drops the redo
        engine.undo();
    }
    QVERIFY(reports > 4);
    QVERIFY(phases.size() >= 2);
    QCOMPARE(fixture_->hash(), before);
    int ended = 0;
    for (int at = 1; at <= reports; at += std::max(1, reports / 14)) {
        const End end = static_cast<End>(ended++ % 4);
        recipe.values.learning_rate = 0.5 + 1e-6 * ended; // searched anew every time
        std::stop_source source;
        int seen = 0;
        const JobContext job(
            [&](const Progress&) {
                if (++seen != at)
                    return;
                if (end == End::stop)
                    source.request_stop();
                else if (end == End::torch)
                    static_cast<void>(at::ones({2, 3}).matmul(at::ones({2, 3})));
                else if (end == End::memory)
                    throw std::bad_alloc();
                else
                    throw std::runtime_error("a fault of no known kind");
            },
            source.get_token());
        bool threw = false;
        try {
            engine.apply(requests, recipe, {}, job);
        } catch (const Cancelled&) {
            threw = end == End::stop;
        } catch (const Error& error) {
            threw = end != End::stop;
            QVERIFY(!error.message().empty());
        }
        QVERIFY2(threw, qPrintable(QString("report %1 of %2").arg(at).arg(reports)));
        QCOMPARE(fixture_->hash(), before);
        QCOMPARE(engine.ledger().position, std::size_t{1});
    }
    QVERIFY(ended >= 4);
    recipe.values.learning_rate = 0.5;
    static_cast<void>(engine.apply(requests, recipe, {}, {})); // and nothing is broken by all that
    QVERIFY(fixture_->hash() != before);
    engine.undo();
    QCOMPARE(fixture_->hash(), before);
}

void TestEngineAtomic::every_end_of_the_history_data() {
    QTest::addColumn<QString>("call");
    for (const char* call : {"switch and solve again", "settle", "live", "frontier"})
        QTest::newRow(call) << call;
}

// The same ends for the calls that change what is applied already.
void TestEngineAtomic::every_end_of_the_history() {
    QFETCH(QString, call);
    Engine& engine = *fixture_->engine;
    Recipe recipe = fixture_->recipe("MEMIT-seq", {0, 1});
    recipe.values.steps = 3;
    const auto requests = four_requests();
    // More edits than are taken apart at once: live and frontier have to solve again.
    std::vector<EditRequest> many;
    for (int i = 0; i < 140; ++i)
        many.push_back(request(("Person " + std::to_string(i)).c_str(), "{} was born in", "Madrid"));
    Recipe large = recipe;
    large.contexts.groups = {{"{}"}};
    large.values.steps = 1;
    const std::uint64_t first = engine.apply({requests[0]}, recipe, {}, {}).batch_id;
    const std::uint64_t second = engine.apply(many, large, {}, {}).batch_id;
    engine.apply({requests[2]}, recipe, {}, {});
    const std::string before = fixture_->hash();
    const auto run = [&](const JobContext& job) {
        if (call == "frontier")
            static_cast<void>(engine.frontier(second, job));
        else if (call == "switch and solve again")
            engine.switch_batch(first, false, true, job);
        else
            engine.set_softness(
                {.batch_id = second, .softness = 77, .settle = call == "settle", .watch = {requests[0]}}, job);
    };
    int ended = 0;
    for (int at = 1; at < 60; at += 3) {
        const int end = ended++ % 3;
        std::stop_source source;
        int seen = 0;
        bool reached = false;
        const JobContext job(
            [&](const Progress&) {
                if (++seen != at)
                    return;
                reached = true;
                if (end == 0)
                    source.request_stop();
                else if (end == 1)
                    throw std::bad_alloc();
                else
                    static_cast<void>(at::ones({2, 3}).matmul(at::ones({2, 3})));
            },
            source.get_token());
        bool threw = false;
        try {
            run(job);
        } catch (const Cancelled&) {
            threw = true;
        } catch (const Error&) {
            threw = true;
        }
        if (!reached)
            break; // past the last report
        QVERIFY2(threw, qPrintable(QString::number(at)));
        QCOMPARE(fixture_->hash(), before);
        const LedgerState state = engine.ledger();
        QCOMPARE(state.position, std::size_t{3});
        for (const LedgerEntry& entry : state.entries)
            QVERIFY(entry.active && !entry.stale);
        QCOMPARE(*state.entries[1].report->recipe.softness, 5.0);
    }
    QVERIFY(ended >= 3);
    run({}); // and all is well afterwards
    if (call == "frontier")
        QCOMPARE(fixture_->hash(), before);
    else
        QVERIFY(fixture_->hash() != before);
    engine.go_to(0);
    engine.go_to(1);
}

void TestEngineAtomic::poisoned_statistics_data() {
    QTest::addColumn<double>("poison");
    QTest::newRow("NaN") << std::numeric_limits<double>::quiet_NaN();
    QTest::newRow("infinite") << std::numeric_limits<double>::infinity();
    QTest::newRow("negative diagonal") << -1e6;
}

void TestEngineAtomic::poisoned_statistics() {
    QFETCH(double, poison);
    Engine& engine = *fixture_->engine;
    const std::string file = fixture_->folder.filePath("statistics.safetensors").toStdString();
    static_cast<void>(
        engine.collect_statistics({.layers = {0, 1}, .corpus = fixture_->corpus(), .tokens = 600, .out = file}, {}));
    const std::string before = fixture_->hash();
    {
        // The last layer's matrix ends the file or the first's does: the diagonal's first entry is where the data
        // begin.
        std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
        std::uint64_t header = 0;
        stream.read(reinterpret_cast<char*>(&header), sizeof header);
        std::string text(header, ' ');
        stream.read(text.data(), static_cast<std::streamsize>(header));
        const auto name = text.find("\"layer.1.second_moment\"");
        QVERIFY(name != std::string::npos);
        const auto offsets = text.find("\"data_offsets\":[", name);
        const std::uint64_t begin = std::stoull(text.substr(offsets + std::strlen("\"data_offsets\":[")));
        stream.seekp(static_cast<std::streamoff>(sizeof header + header + begin));
        stream.write(reinterpret_cast<const char*>(&poison), sizeof poison);
    }
    for (const char* algorithm : {"MEMIT", "AlphaEdit"}) {
        Recipe recipe = fixture_->recipe(algorithm, {0, 1});
        recipe.statistics_file = file;
        try {
            engine.apply(four_requests(), recipe, {}, {});
            QFAIL("poisoned statistics were used");
        } catch (const Error& error) {
            QVERIFY(!error.message().empty() && !error.hint().empty());
        }
        QCOMPARE(fixture_->hash(), before);
        QCOMPARE(engine.ledger().entries.size(), std::size_t{0});
    }
}

void TestEngineAtomic::values_out_of_range() {
    Engine& engine = *fixture_->engine;
    const std::string before = fixture_->hash();
    Recipe recipe = fixture_->recipe("MEMIT");
    recipe.values.learning_rate = 1e300;
    recipe.values.clamp = 1e300;
    recipe.values.stop_loss = -1;
    QVERIFY_EXCEPTION_THROWN(engine.apply(four_requests(), recipe, {}, {}), Error);
    QCOMPARE(fixture_->hash(), before);
    Recipe tuned = fixture_->recipe("FT-L");
    tuned.values.learning_rate = 1e30;
    tuned.largest_change = 0;
    QVERIFY_EXCEPTION_THROWN(engine.apply(four_requests(), tuned, {}, {}), Error);
    QCOMPARE(fixture_->hash(), before);
}

QTEST_GUILESS_MAIN(TestEngineAtomic)
#include "test_engine_atomic.moc"
