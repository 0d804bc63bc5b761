// SPDX-License-Identifier: GPL-3.0-or-later
// The studio's history, knob, frontier, statistics and conflicts.
#include "fake_engine.h"
#include "jobs/studio.h"

#include <QSignalSpy>
#include <QtTest>

using namespace emend;
using namespace emend::ui;

class TestStudio : public QObject {
    Q_OBJECT

    std::shared_ptr<test::FakeScript> m_script;
    std::unique_ptr<Studio> m_studio;

    void apply(std::size_t draft) {
        QSignalSpy applied(m_studio.get(), &Studio::ledgerChanged);
        Recipe recipe;
        recipe.algorithm = "MEMIT";
        recipe.layers = {1, 2};
        recipe.softness = 1000;
        m_studio->apply({test::fakeDrafts()[draft]}, recipe, {});
        QVERIFY(applied.wait());
    }
    static SoftnessRequest softness(std::uint64_t batch, double value) {
        SoftnessRequest request;
        request.batch_id = batch;
        request.softness = value;
        request.watch = {test::fakeDrafts()[0]};
        return request;
    }
    static StatisticsRequest statistics(std::vector<int> layers) {
        StatisticsRequest request;
        request.layers = std::move(layers);
        return request;
    }
    [[nodiscard]] bool idle() const {
        return QTest::qWaitFor([&] { return !m_studio->jobs().isBusy(); }, 10000);
    }

  private slots:
    void init() {
        m_script = std::make_shared<test::FakeScript>();
        m_studio = std::make_unique<Studio>(test::fakeFactory(m_script));
        m_studio->openModel({.path = "/models/demo"});
        QVERIFY(QTest::qWaitFor([&] { return m_studio->model() != nullptr; }));
    }
    void cleanup() {
        m_studio.reset();
        QVERIFY(!m_script->off_thread);
    }
    void jumpsToAnyPoint();
    void switchesBatches();
    void failedSwitchIsTold();
    void frontierOfTheLastOneAskedFor();
    void newestSoftnessWins();
    void settlingIsNeverDropped();
    void failedSofteningGoesOn();
    void statusOfTheLastRecipe();
    void collectsAndTellsProgress();
    void collectionCanBeStopped();
    void waitingCollectionCanBeStopped();
    void conflictsComeBackWithTheirRows();
    void keptValuesAreReported();
    void editsDoNotWaitForLooking_data();
    void editsDoNotWaitForLooking();
    void trialsEndWithTheirRows();
    void knobTellsOnlyWhatItStopped();
};

void TestStudio::jumpsToAnyPoint() {
    for (std::size_t draft = 0; draft < 3; ++draft)
        apply(draft);
    QSignalSpy moved(m_studio.get(), &Studio::ledgerChanged);
    m_studio->goTo(1);
    QVERIFY(moved.wait());
    QCOMPARE(m_studio->ledger().position, std::size_t{1});
    m_studio->goTo(3);
    QVERIFY(moved.wait());
    QCOMPARE(m_script->position.load(), std::size_t{3});
    QSignalSpy refused(m_studio.get(), &Studio::ledgerFailed);
    m_studio->goTo(4);
    QVERIFY(refused.wait());
    QCOMPARE(m_studio->ledger().position, std::size_t{3});
}

void TestStudio::switchesBatches() {
    apply(0);
    apply(1);
    QSignalSpy moved(m_studio.get(), &Studio::ledgerChanged);
    const std::uint64_t first = m_studio->ledger().entries[0].id;
    m_studio->switchBatch(first, false, false);
    QVERIFY(moved.wait());
    QVERIFY(!m_studio->ledger().entries[0].active);
    QVERIFY(m_studio->ledger().entries[1].stale);
    m_studio->switchBatch(first, true, true);
    QVERIFY(moved.wait());
    QVERIFY(m_studio->ledger().entries[0].active);
    QVERIFY(!m_studio->ledger().entries[1].stale);
}

void TestStudio::failedSwitchIsTold() {
    apply(0);
    m_script->fail_switch = true;
    QSignalSpy failed(m_studio.get(), &Studio::ledgerFailed);
    m_studio->switchBatch(m_studio->ledger().entries[0].id, false, false);
    QVERIFY(failed.wait());
    QVERIFY(m_studio->ledger().entries[0].active);
}

void TestStudio::frontierOfTheLastOneAskedFor() {
    apply(0);
    apply(1);
    m_script->frontier_ms = 100;
    QSignalSpy ready(m_studio.get(), &Studio::frontierReady);
    for (const LedgerEntry& entry : m_studio->ledger().entries)
        m_studio->frontier(entry.id);
    QVERIFY(idle());
    QCOMPARE(ready.count(), 1);
    const auto frontier = ready[0][0].value<std::shared_ptr<const Frontier>>();
    QCOMPARE(frontier->batch_id, m_studio->ledger().entries[1].id);
    QCOMPARE(frontier->layers.size(), std::size_t{2});
    // Softer preserves more and memorizes less.
    QVERIFY(frontier->total.front().preservation > frontier->total.back().preservation);
    QVERIFY(frontier->total.front().memorization < frontier->total.back().memorization);
    QSignalSpy failed(m_studio.get(), &Studio::frontierFailed);
    m_studio->frontier(999);
    QVERIFY(failed.wait());
    QCOMPARE(failed[0][0].toULongLong(), quint64{999});
}

// A slider sends forty; what runs is finished, of the rest only the last is asked for.
void TestStudio::newestSoftnessWins() {
    apply(0);
    m_script->soften_ms = 40;
    QSignalSpy softened(m_studio.get(), &Studio::softened);
    QSignalSpy ledger(m_studio.get(), &Studio::ledgerChanged);
    const std::uint64_t batch = m_studio->ledger().entries[0].id;
    for (int i = 1; i <= 40; ++i)
        m_studio->setSoftness(softness(batch, 1000.0 * i));
    QVERIFY(m_studio->isSoftening());
    QVERIFY(QTest::qWaitFor([&] { return !m_studio->isSoftening(); }));
    QVERIFY(idle());
    QCOMPARE(m_script->softenings.load(), 2); // the first, and the last
    QCOMPARE(softened.count(), 2);
    QCOMPARE(ledger.count(), 1); // once the hand rests
    const auto result = softened[1][1].value<std::shared_ptr<const SoftnessResult>>();
    QCOMPARE(result->softness, 40000.0);
    QCOMPARE(result->answers.size(), std::size_t{1});
    const auto first = softened[0][1].value<std::shared_ptr<const SoftnessResult>>();
    QVERIFY(result->answers[0].p_new < first->answers[0].p_new);
    QCOMPARE(m_studio->ledger().entries[0].report->recipe.softness.value(), 40000.0);
}

void TestStudio::settlingIsNeverDropped() {
    apply(0);
    m_script->soften_ms = 20;
    QSignalSpy softened(m_studio.get(), &Studio::softened);
    const std::uint64_t batch = m_studio->ledger().entries[0].id;
    m_studio->setSoftness(softness(batch, 1));
    m_studio->setSoftness(softness(batch, 2));
    m_studio->settle(softness(batch, 3)); // replaces the 2 that waits
    QVERIFY(m_studio->isEditing());
    m_studio->setSoftness(softness(batch, 4));
    QVERIFY(idle());
    QCOMPARE(softened.count(), 3);
    QVERIFY(softened[1][2].toBool());
    QCOMPARE(m_studio->ledger().entries[0].report->recipe.softness.value(), 4.0);
}

void TestStudio::failedSofteningGoesOn() {
    apply(0);
    m_script->fail_soften = true;
    m_script->soften_ms = 30;
    QSignalSpy failed(m_studio.get(), &Studio::softenFailed);
    QSignalSpy softened(m_studio.get(), &Studio::softened);
    const std::uint64_t batch = m_studio->ledger().entries[0].id;
    m_studio->setSoftness(softness(batch, 1));
    m_studio->setSoftness(softness(batch, 2));
    QVERIFY(failed.wait());
    m_script->fail_soften = false;
    QVERIFY(idle());
    QCOMPARE(softened.count(), 1);
    QCOMPARE(m_studio->ledger().entries[0].report->recipe.softness.value(), 2.0);
}

void TestStudio::statusOfTheLastRecipe() {
    m_script->statistics = test::FakeScript::Statistics::Missing;
    QSignalSpy known(m_studio.get(), &Studio::statisticsKnown);
    for (int layer = 0; layer < 4; ++layer) {
        Recipe recipe;
        recipe.layers = {layer};
        m_studio->statisticsStatus(recipe);
    }
    QVERIFY(idle());
    QCOMPARE(known.count(), 1);
    const auto status = known[0][0].value<std::shared_ptr<const StatisticsStatus>>();
    QCOMPARE(status->layers.at(0).layer, 3);
    QVERIFY(!status->complete());
}

void TestStudio::collectsAndTellsProgress() {
    m_script->statistics = test::FakeScript::Statistics::Missing;
    m_script->collect_ms = 60;
    QSignalSpy collected(m_studio.get(), &Studio::statisticsCollected);
    int told = 0;
    connect(&m_studio->jobs(), &JobQueue::statusChanged, this,
            [&](const JobStatus& status) { told += status.lane == Lane::Statistics && status.fraction > 0 ? 1 : 0; });
    m_studio->collectStatistics(statistics({1, 2}));
    QVERIFY(m_studio->isCollecting());
    QVERIFY(collected.wait());
    QVERIFY(!m_studio->isCollecting());
    QVERIFY(told > 0);
    QSignalSpy known(m_studio.get(), &Studio::statisticsKnown);
    Recipe recipe;
    recipe.layers = {1, 2};
    m_studio->statisticsStatus(recipe);
    QVERIFY(known.wait());
    QVERIFY(known[0][0].value<std::shared_ptr<const StatisticsStatus>>()->complete());
}

void TestStudio::collectionCanBeStopped() {
    m_script->collect_ms = 20000;
    QSignalSpy failed(m_studio.get(), &Studio::statisticsFailed);
    m_studio->collectStatistics(statistics({1}));
    QVERIFY(QTest::qWaitFor([&] { return m_studio->jobs().status().lane == Lane::Statistics; }));
    m_studio->cancelStatistics();
    QVERIFY(failed.wait());
    QVERIFY(failed[0][0].value<Failure>().cancelled);
}

void TestStudio::waitingCollectionCanBeStopped() {
    m_script->apply_ms = 200;
    QSignalSpy failed(m_studio.get(), &Studio::statisticsFailed);
    QSignalSpy applied(m_studio.get(), &Studio::applied);
    m_studio->apply({test::fakeDrafts()[0]}, {}, {});
    QVERIFY(QTest::qWaitFor([&] { return m_studio->jobs().status().lane == Lane::Edit; }));
    m_studio->collectStatistics(statistics({1}));
    m_studio->cancelStatistics();
    QCOMPARE(failed.count(), 1);
    QVERIFY(idle());
    QCOMPARE(applied.count(), 1); // the edit was not what was cancelled
    QCOMPARE(failed.count(), 1);
}

void TestStudio::conflictsComeBackWithTheirRows() {
    QSignalSpy found(m_studio.get(), &Studio::conflictsFound);
    std::vector<EditRequest> requests = test::fakeDrafts();
    requests.push_back(requests.front());
    m_studio->findConflicts(requests, {}, {5, 6, 7, 9});
    QVERIFY(found.wait());
    QCOMPARE(found[0][0].value<QList<quint64>>(), (QList<quint64>{5, 6, 7, 9}));
    const auto conflicts = found[0][1].value<std::shared_ptr<const std::vector<EditConflict>>>();
    QCOMPARE(conflicts->size(), std::size_t{1});
    QCOMPARE(conflicts->front().second, std::size_t{3});
}

void TestStudio::keptValuesAreReported() {
    QSignalSpy applied(m_studio.get(), &Studio::applied);
    apply(0);
    apply(0);
    QCOMPARE(applied.count(), 2);
    const auto kept = [&](int i) {
        return applied[i][1].value<std::shared_ptr<const EditReport>>()->edits.front().value_kept;
    };
    QVERIFY(!kept(0));
    QVERIFY(kept(1));
}

void TestStudio::editsDoNotWaitForLooking_data() {
    QTest::addColumn<QString>("runs");
    QTest::addColumn<QString>("edit");
    for (const char* runs : {"trace", "diagnosis"})
        for (const char* edit : {"apply", "undo", "settle", "knob", "statistics"})
            QTest::addRow("%s, %s", runs, edit) << QString::fromLatin1(runs) << QString::fromLatin1(edit);
}

void TestStudio::editsDoNotWaitForLooking() {
    QFETCH(QString, runs);
    QFETCH(QString, edit);
    apply(0);
    const std::uint64_t batch = m_studio->ledger().entries[0].id;
    m_script->trace_ms = 300000;
    m_script->diagnose_ms = 300000;
    QSignalSpy stopped(m_studio.get(), &Studio::lookingStopped);
    QSignalSpy diagnosed(m_studio.get(), &Studio::diagnosed);
    QSignalSpy lens(m_studio.get(), &Studio::lensReady);
    QSignalSpy norms(m_studio.get(), &Studio::normHistoryReady);
    QSignalSpy traceEnded(m_studio.get(), &Studio::traceFailed);
    QSignalSpy statuses(m_studio.get(), &Studio::statisticsKnown);
    QSignalSpy conflicts(m_studio.get(), &Studio::conflictsFound);
    if (runs == QStringLiteral("trace")) {
        TraceRequest request;
        request.prompt = test::fakeDrafts()[0].prompt;
        request.subject = test::fakeDrafts()[0].subject;
        m_studio->trace(request, 1);
        QTRY_COMPARE(m_script->traces.load(), 1);
    } else {
        m_studio->diagnose(batch, 0, 1);
        QTRY_COMPARE(m_script->diagnoses.load(), 1);
    }
    LensRequest below; // waits
    below.prompt = "The Eiffel Tower is in";
    m_studio->lens(below, 2);
    m_studio->normHistory();
    m_studio->statisticsStatus({});
    m_studio->findConflicts(test::fakeDrafts(), {}, {});
    if (edit == QStringLiteral("apply"))
        m_studio->apply({test::fakeDrafts()[1]}, {}, {});
    else if (edit == QStringLiteral("undo"))
        m_studio->undo();
    else if (edit == QStringLiteral("settle"))
        m_studio->settle(softness(batch, 10));
    else if (edit == QStringLiteral("knob"))
        m_studio->setSoftness(softness(batch, 10));
    else
        m_studio->collectStatistics(statistics({1}));
    QVERIFY(idle()); // minutes before they would have been through
    QCOMPARE(stopped.count(), 1);
    QCOMPARE(diagnosed.count() + lens.count() + norms.count() + traceEnded.count(), 0);
    QCOMPARE(statuses.count() + conflicts.count(), 0);
}

void TestStudio::trialsEndWithTheirRows() {
    m_script->try_ms = 50;
    QSignalSpy rows(m_studio.get(), &Studio::trialRow);
    QSignalSpy ended(m_studio.get(), &Studio::trialsFailed);
    QSignalSpy applied(m_studio.get(), &Studio::applied);
    m_studio->tryRecipes({test::fakeDrafts()[0]}, std::vector<Recipe>(2000), 7);
    QVERIFY(rows.wait());
    m_studio->apply({test::fakeDrafts()[1]}, {}, {});
    QVERIFY(idle());
    QCOMPARE(applied.count(), 1);
    QCOMPARE(ended.count(), 1);
    QCOMPARE(ended[0][0].toULongLong(), 7ULL);
    const auto failure = ended[0][1].value<Failure>();
    QVERIFY(failure.cancelled);
    QCOMPARE(failure.hint, QStringLiteral("the model is being edited"));
    QVERIFY(rows.count() >= 1);
    m_studio->tryRecipes({test::fakeDrafts()[0]}, std::vector<Recipe>(2000), 8);
    QVERIFY(rows.wait());
    m_studio->cancelTrials();
    QVERIFY(idle());
    QVERIFY(ended[1][1].value<Failure>().hint.isEmpty()); // the user knows why
}

void TestStudio::knobTellsOnlyWhatItStopped() {
    apply(0);
    const std::uint64_t batch = m_studio->ledger().entries[0].id;
    QSignalSpy stopped(m_studio.get(), &Studio::lookingStopped);
    for (int step = 1; step <= 50; ++step) {
        m_studio->setSoftness(softness(batch, step));
        QCoreApplication::processEvents();
    }
    m_studio->settle(softness(batch, 50));
    QVERIFY(idle());
    QCOMPARE(stopped.count(), 0);
    m_studio->normHistory();
    m_studio->setSoftness(softness(batch, 60));
    QVERIFY(idle());
    QCOMPARE(stopped.count(), 1);
}

QTEST_GUILESS_MAIN(TestStudio)
#include "test_studio.moc"
