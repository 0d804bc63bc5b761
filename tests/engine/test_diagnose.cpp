// SPDX-License-Identifier: GPL-3.0-or-later
// Edits of the small model made to fail, each in one way: the diagnosis names that way and leaves the weights alone.
#include "broken_links.h"
#include "emend/error.h"
#include "engine_fixture.h"
#include "faults.h"

#include <QTest>

#include <algorithm>
#include <cmath>
#include <functional>
#include <stop_token>

using namespace emend;
using namespace emend::test;

namespace {

// What is done to an engine: the batch to look at.
using Story = std::function<std::uint64_t(EngineFixture&)>;

// For the log of a test that fails.
QByteArray told(const Diagnosis& diagnosis) {
    std::string text = diagnosis.summary;
    for (const DiagnosisVerdict& verdict : diagnosis.verdicts)
        text += "\n" + std::string(verdict.ok ? "  " : "! ") + verdict.check + ": " + verdict.finding;
    return text.c_str();
}

EditRequest elena(const char* object = "Madrid") {
    EditRequest edit = request("Elena Silva", "{} was born in", object);
    edit.true_object = "Warsaw";
    edit.paraphrases = {"{} was born in the city of"};
    return edit;
}

// With one wording and a free clamp the edit of Elena Silva takes.
Recipe taking(const EngineFixture& fixture, const char* algorithm = "ROME", int layer = 1) {
    Recipe recipe = fixture.recipe(algorithm, {layer});
    recipe.values.steps = 25;
    recipe.values.clamp = 4;
    recipe.contexts.groups = {{"{}"}};
    return recipe;
}

std::uint64_t apply(EngineFixture& fixture, const std::vector<EditRequest>& edits, const Recipe& recipe) {
    return fixture.engine->apply(edits, recipe, {}, {}).batch_id;
}

} // namespace
Q_DECLARE_METATYPE(Story)

class TestDiagnose : public QObject {
    Q_OBJECT
  private slots:
    void init() { fixture_ = std::make_unique<EngineFixture>(); }
    void names_what_went_wrong_data();
    void names_what_went_wrong();
    void merging_takes_the_collision_away();
    void follows_the_live_softness();
    void keys_are_those_of_the_solve();
    void progress_goes_to_the_end();
    void every_way_of_editing_data();
    void every_way_of_editing();
    void what_cannot_be_diagnosed();
    void a_stop_changes_nothing();

  private:
    Engine& engine() { return *fixture_->engine; }
    std::unique_ptr<EngineFixture> fixture_;
};

void TestDiagnose::names_what_went_wrong_data() {
    QTest::addColumn<Story>("story");
    QTest::addColumn<bool>("holds");
    QTest::addColumn<QStringList>("checks");
    QTest::addColumn<QString>("summary"); // a part of it
    const auto row = [](const char* name, Story story, bool holds, QStringList checks, const char* summary) {
        QTest::newRow(name) << story << holds << checks << summary;
    };
    using F = EngineFixture;
    row(
        "a good edit", [](F& f) { return apply(f, {elena()}, taking(f)); }, true, {},
        "every link of the chain is sound");
    row(
        "a search of one step",
        [](F& f) {
            Recipe recipe = taking(f);
            recipe.values.steps = 1;
            return apply(f, {elena()}, recipe);
        },
        false, {"steps", "value"}, "a single step");
    row(
        "a tiny clamp",
        [](F& f) {
            Recipe recipe = taking(f);
            recipe.values.clamp = 0.05;
            return apply(f, {elena()}, recipe);
        },
        false, {"clamp", "value"}, "reached its bound of 0.05");
    row(
        "a huge softness",
        [](F& f) {
            Recipe recipe = taking(f, "MEMIT");
            recipe.softness = 1e9;
            return apply(f, {elena()}, recipe);
        },
        false, {"layers"}, "holds it back");
    row(
        "two edits of one subject",
        [](F& f) {
            return apply(f, {elena("Rome"), elena()}, taking(f, "EMMET"));
        },
        false, {"key-edits"}, "Edit 2 (Elena Silva \u2192 Madrid) asks for nearly the same key");
    row(
        "contexts far from the prompt",
        [](F& f) {
            Recipe recipe = taking(f, "MEMIT");
            recipe.contexts.groups = {{"{}"}, {"You speak. {}"}};
            return apply(f, {elena()}, recipe);
        },
        false, {"key-contexts"}, "belongs to another key");
    row(
        "a paraphrase with a far key",
        [](F& f) {
            EditRequest edit = elena();
            edit.paraphrases.push_back("The birthplace of {} is");
            edit.paraphrases.push_back("Nobody knows where that woman was born"); // has no key
            return apply(f, {edit}, taking(f));
        },
        true, {"key-paraphrases"}, "\"The birthplace of Elena Silva is\"");
    row(
        "a later batch, in another layer",
        [](F& f) {
            const auto id = apply(f, {elena()}, taking(f));
            apply(f, {four_requests()[3]}, taking(f, "ROME", 3));
            Recipe recipe = taking(f, "ROME", 2);
            recipe.values.clamp = 20;
            apply(f, {elena("Berlin")}, recipe);
            apply(f, {four_requests()[3]}, taking(f, "ROME", 3));
            return id;
        },
        false, {"undone-later"}, "undone by \"Elena Silva \u2192 Berlin\"");
    row(
        "a later batch, on the same key",
        [](F& f) {
            const auto id = apply(f, {elena()}, taking(f));
            apply(f, {elena("Lima")}, taking(f));
            return id;
        },
        false, {"key-edits", "undone-later"}, "was undone by");
    row(
        "an earlier batch that a later layer answers for",
        [](F& f) {
            // The later layer is written for the state that the edit brings about, and then stands before it.
            const auto first = apply(f, {elena()}, taking(f));
            Recipe recipe = taking(f, "ROME", 2);
            recipe.values.clamp = 20;
            const auto late = apply(f, {elena("Warsaw")}, recipe);
            f.engine->switch_batch(first, false, false, {});
            f.engine->switch_batch(late, false, false, {});
            const auto id = apply(f, {elena()}, taking(f));
            f.engine->switch_batch(late, true, false, {});
            return id;
        },
        false, {"overruled", "stale"}, "pushes it down");
    row(
        "an object with odd spaces", [](F& f) { return apply(f, {elena("  Madrid")}, taking(f)); }, false,
        {"object-tokens", "value"}, "spaces where text has none");
    row(
        "an object that is spelled",
        [](F& f) { return apply(f, {request("Tanja Weber", "{} is a professional player of", "chess")}, taking(f)); },
        false, {"object-tokens", "value"}, "no token for the object");
    row(
        "a prompt that ends in a space",
        [](F& f) {
            EditRequest edit = elena();
            edit.prompt = "{} was born in ";
            Recipe recipe = taking(f);
            recipe.values.steps = 60;
            return apply(f, {edit}, recipe);
        },
        false, {"prompt-end", "value"}, "the object brings its own");
}

void TestDiagnose::names_what_went_wrong() {
    QFETCH(Story, story);
    QFETCH(bool, holds);
    QFETCH(QStringList, checks);
    QFETCH(QString, summary);
    const std::uint64_t id = story(*fixture_);
    const std::string before = fixture_->hash();
    const Diagnosis diagnosis = engine().diagnose(id, 0, {});
    QCOMPARE(fixture_->hash(), before);
    QVERIFY2(broken(diagnosis) == checks && diagnosis.holds == holds, told(diagnosis).constData());
    QVERIFY2(QString::fromStdString(diagnosis.summary).contains(summary), diagnosis.summary.c_str());
    QCOMPARE(diagnosis.lens.after.size(), std::size_t{4});
    for (const DiagnosisVerdict& verdict : diagnosis.verdicts)
        QVERIFY2(verdict.ok == verdict.advice.empty(), verdict.check.c_str());
}

void TestDiagnose::merging_takes_the_collision_away() {
    Recipe recipe = taking(*fixture_, "EMMET");
    recipe.merge_subjects = true;
    EditRequest other = elena("Spanish");
    other.prompt = "{} speaks";
    const auto id = apply(*fixture_, {four_requests()[3], elena(), other}, recipe);
    for (const std::size_t edit : {0u, 1u, 2u}) {
        const Diagnosis diagnosis = engine().diagnose(id, edit, {});
        QVERIFY2(!broken(diagnosis).contains("key-edits") && !broken(diagnosis).contains("layers"),
                 told(diagnosis).constData());
    }
}

void TestDiagnose::follows_the_live_softness() {
    const auto id = apply(*fixture_, {elena()}, taking(*fixture_, "MEMIT"));
    QVERIFY(engine().diagnose(id, 0, {}).holds);
    engine().set_softness({.batch_id = id, .softness = 1e9, .settle = false, .watch = {}, .top = 1}, {});
    const Diagnosis diagnosis = engine().diagnose(id, 0, {});
    QVERIFY2(!diagnosis.holds && broken(diagnosis) == QStringList("layers"), told(diagnosis).constData());
}

void TestDiagnose::keys_are_those_of_the_solve() {
    apply(*fixture_, {elena("Lima")}, taking(*fixture_, "ROME", 2)); // a neighbour from an earlier batch
    const auto id = apply(*fixture_, {elena()}, taking(*fixture_, "MEMIT-seq", 2));
    const auto values = [&] {
        std::vector<double> found;
        for (const DiagnosisVerdict& verdict : engine().diagnose(id, 0, {}).verdicts)
            if (verdict.check == "key-paraphrases" || verdict.check == "key-edits")
                found.push_back(verdict.value);
        return found;
    };
    const std::vector<double> before = values();
    QCOMPARE(before.size(), std::size_t{2});
    EditRequest under = elena("Spanish");
    under.prompt = "{} speaks";
    apply(*fixture_, {under}, taking(*fixture_, "ROME", 0)); // a later batch underneath moves the keys of layer 2
    QCOMPARE(values(), before);
}

void TestDiagnose::progress_goes_to_the_end() {
    const auto id = apply(*fixture_, {elena()}, taking(*fixture_));
    apply(*fixture_, four_requests(), taking(*fixture_, "MEMIT"));
    std::vector<double> fractions;
    (void)engine().diagnose(id, 0,
                            JobContext([&](const Progress& progress) { fractions.push_back(progress.fraction); }));
    QCOMPARE(fractions.back(), 1.0);
    QVERIFY(std::ranges::count_if(fractions, [](double fraction) { return fraction > 0.701 && fraction < 1; }) >= 4);
    const auto second_half = std::ranges::find_if(fractions, [](double fraction) { return fraction > 0.701; });
    QVERIFY(std::is_sorted(second_half, fractions.end()));
}

void TestDiagnose::every_way_of_editing_data() {
    QTest::addColumn<QString>("algorithm");
    QTest::addColumn<QString>("distribution");
    QTest::addColumn<int>("batch");
    for (const char* algorithm : {"ROME", "R-ROME", "EMMET", "MEMIT", "MEMIT-seq", "ENCORE", "AlphaEdit", "FT-L"})
        QTest::newRow(algorithm) << algorithm << "single" << 0;
    for (const char* distribution : {"spread", "root-spread", "first-and-last"})
        QTest::newRow(distribution) << "MEMIT" << distribution << 0;
    QTest::newRow("batches of two") << "MEMIT-seq"
                                    << "spread" << 2;
    QTest::newRow("no statistics") << "EMMET"
                                   << "no statistics" << 0;
}

void TestDiagnose::every_way_of_editing() {
    QFETCH(QString, algorithm);
    QFETCH(QString, distribution);
    QFETCH(int, batch);
    apply(*fixture_, {elena("Lima")}, fixture_->recipe("ROME")); // something underneath
    const bool several = distribution.contains('-') || distribution == "spread";
    Recipe recipe = fixture_->recipe(algorithm.toStdString(), several ? std::vector{0, 1, 2} : std::vector{1});
    if (several)
        recipe.distribution = distribution.toStdString();
    recipe.use_statistics = distribution != "no statistics";
    recipe.batch = batch;
    const EditReport report = engine().apply(four_requests(), recipe, {}, {});
    const std::string before = fixture_->hash();
    const LedgerState history = engine().ledger();
    for (std::size_t edit = 0; edit < 4; ++edit) {
        const Diagnosis diagnosis = engine().diagnose(report.batch_id, edit, {});
        QCOMPARE(diagnosis.batch_id, report.batch_id);
        QCOMPARE(diagnosis.edit, edit);
        QCOMPARE(diagnosis.holds, report.edits[edit].after.says_new);
        QCOMPARE(diagnosis.loss, report.edits[edit].loss);
        QCOMPARE(diagnosis.layers.size(), algorithm == "FT-L" ? 0u : report.layers.size());
        QVERIFY(!diagnosis.summary.empty());
        for (const DiagnosisLayer& layer : diagnosis.layers)
            QVERIFY2(std::isfinite(layer.share) && layer.residual > 0 && layer.share < 1.01,
                     told(diagnosis).constData());
    }
    QCOMPARE(fixture_->hash(), before);
    QCOMPARE(engine().ledger().position, history.position);
    QCOMPARE(engine().ledger().entries.back().report, history.entries.back().report);
}

void TestDiagnose::what_cannot_be_diagnosed() {
    const auto id = apply(*fixture_, {elena()}, fixture_->recipe("ROME"));
    EXPECT_FAULT(engine().diagnose(99, 0, {}), "no batch 99");
    EXPECT_FAULT(engine().diagnose(id, 1, {}), "no edit 2");
    engine().switch_batch(id, false, false, {});
    EXPECT_FAULT(engine().diagnose(id, 0, {}), "switched off");
    engine().switch_batch(id, true, false, {});
    engine().undo();
    EXPECT_FAULT(engine().diagnose(id, 0, {}), "undone");
}

void TestDiagnose::a_stop_changes_nothing() {
    const auto id = apply(*fixture_, four_requests(), fixture_->recipe("MEMIT", {0, 1}));
    apply(*fixture_, {elena()}, fixture_->recipe("ROME"));
    const std::string before = fixture_->hash();
    int reports = 0;
    (void)engine().diagnose(id, 0, JobContext([&](const Progress&) { ++reports; }));
    QVERIFY(reports > 3);
    for (int stop_at = 1; stop_at <= reports; ++stop_at) {
        std::stop_source source;
        int seen = 0;
        const JobContext job(
            [&](const Progress&) {
                if (++seen == stop_at)
                    source.request_stop();
            },
            source.get_token());
        QVERIFY_EXCEPTION_THROWN(engine().diagnose(id, 0, job), Cancelled);
        QCOMPARE(fixture_->hash(), before);
        QCOMPARE(engine().ledger().position, std::size_t{2});
    }
}

QTEST_GUILESS_MAIN(TestDiagnose)
#include "test_diagnose.moc"
