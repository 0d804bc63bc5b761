// SPDX-License-Identifier: GPL-3.0-or-later
// Statistics through the engine: collected, kept, written, used by an edit, refused for another model.
#include "emend/error.h"
#include "engine_fixture.h"
#include "faults.h"

#include <QTest>

using namespace emend;
using namespace emend::test;

class TestEngineStatistics : public QObject {
    Q_OBJECT
  private slots:
    void init() { fixture_ = std::make_unique<EngineFixture>(); }
    void are_cached_and_written();
    void of_another_model_are_refused();

  private:
    Engine& engine() { return *fixture_->engine; }
    std::string out() const { return fixture_->folder.filePath("s.safetensors").toStdString(); }
    Recipe from_file() const {
        Recipe recipe = fixture_->recipe("ROME");
        recipe.corpus.clear();
        recipe.statistics_file = out();
        return recipe;
    }
    std::unique_ptr<EngineFixture> fixture_;
};

void TestEngineStatistics::are_cached_and_written() {
    const StatisticsRequest request{.layers = {1, 2}, .corpus = fixture_->corpus(), .tokens = 600, .out = out()};
    const StatisticsReport first = engine().collect_statistics(request, {});
    QCOMPARE(first.layers.size(), std::size_t{2});
    QVERIFY(first.layers[0].tokens >= 600);
    QVERIFY(first.layers[0].trace > 0);
    QVERIFY(!first.from_cache);
    QVERIFY(engine().collect_statistics(request, {}).from_cache);

    const EditReport report = engine().apply({four_requests()[0]}, from_file(), {}, {});
    QVERIFY(report.edits[0].after.p_new > report.edits[0].before.p_new);
    QVERIFY(report.layers[0].preservation > 0);
}

void TestEngineStatistics::of_another_model_are_refused() {
    engine().collect_statistics({.layers = {1}, .corpus = fixture_->corpus(), .tokens = 100, .out = out()}, {});
    engine().open({.path = std::string(EMEND_TEST_DATA) + "/models/gpt2"}, {});
    const std::string before = fixture_->hash();
    EXPECT_FAULT(engine().apply({four_requests()[0]}, from_file(), {}, {}), "another model");
    const auto rows = engine().try_recipes({four_requests()[0]}, {from_file()}, {}, {});
    QVERIFY2(rows.at(0).problem.find("another model") != std::string::npos, rows[0].problem.c_str());
    QCOMPARE(fixture_->hash(), before);
    const EditReport forced = engine().apply({four_requests()[0]}, from_file(), {.dump_file = {}, .force = true}, {});
    QVERIFY(!forced.warnings.empty());
}

QTEST_GUILESS_MAIN(TestEngineStatistics)
#include "test_engine_statistics.moc"
