// SPDX-License-Identifier: GPL-3.0-or-later
// The worker thread: order, cancel, stale results, faults, shutdown.
#include "fake_engine.h"
#include "jobs/studio.h"

#include <QSignalSpy>
#include <QtTest>

#include <atomic>
#include <thread>

using namespace emend;
using namespace emend::ui;

class TestJobs : public QObject {
    Q_OBJECT

    std::shared_ptr<test::FakeScript> m_script;

    static JobOptions lane(Lane lane, bool urgent = false, bool supersedes = false) {
        JobOptions options;
        options.lane = lane;
        options.urgent = urgent;
        options.supersedes = supersedes;
        return options;
    }
    static bool waitIdle(JobQueue& queue) {
        return QTest::qWaitFor([&] { return !queue.isBusy(); }, 10000);
    }

  private slots:
    void init() { m_script = std::make_shared<test::FakeScript>(); }
    void engineLivesOnItsThread();
    void engineThatCannotBeLoaded();
    void urgentJobsGoFirst();
    void supersededJobsNeverCallBack();
    void whatHappenedToTheEngineIsTold();
    void stopIsReportedAsCancelled();
    void faultsBecomeFailures_data();
    void faultsBecomeFailures();
    void progressArrivesThrottled();
    void shutdownWhileRunning();
    void postedCallsOfStaleJobsAreDropped();
    void studioOpensAppliesAndUndoes();
    void failedOpenKeepsTheModel();
    void cancelledApplyChangesNothing();
    void unknownExceptionIsAFailure();
    void tokensStreamBeforeTheResult();
    void newComparisonDropsTheOld();
};

void TestJobs::engineLivesOnItsThread() {
    {
        JobQueue queue(test::fakeFactory(m_script));
        QSignalSpy loaded(&queue, &JobQueue::engineLoaded);
        QVERIFY(loaded.wait());
        std::thread::id worker;
        queue.submit<int>(
            lane(Lane::Check),
            [&](const Workplace& place) {
                worker = std::this_thread::get_id();
                return place.engine ? 1 : 0;
            },
            [](auto result) { QCOMPARE(*result, 1); }, [](const Failure&) { QFAIL("must not fail"); });
        QVERIFY(waitIdle(queue));
        QVERIFY(worker != std::this_thread::get_id());
    }
    QCOMPARE(m_script->engines_made.load(), 1);
    QCOMPARE(m_script->engines_destroyed.load(), 1);
    QVERIFY(!m_script->off_thread);
}

void TestJobs::engineThatCannotBeLoaded() {
    m_script->fail_engine = true;
    JobQueue queue(test::fakeFactory(m_script));
    QSignalSpy failedSpy(&queue, &JobQueue::engineFailed);
    QVERIFY(failedSpy.wait());
    QString reason;
    bool ranWithout = false;
    queue.submit<int>(
        lane(Lane::Check), [](const Workplace&) { return 1; }, [](auto) { QFAIL("there is no engine"); },
        [&](const Failure& failure) { reason = failure.what; });
    JobOptions free = lane(Lane::File);
    free.needs_engine = false;
    queue.submit<int>(
        free, [](const Workplace&) { return 1; }, [&](auto) { ranWithout = true; },
        [](const Failure&) { QFAIL("needs none"); });
    QVERIFY(waitIdle(queue));
    QCOMPARE(reason, QStringLiteral("the engine library was not found"));
    QVERIFY(ranWithout);
}

void TestJobs::urgentJobsGoFirst() {
    JobQueue queue(test::fakeFactory(m_script));
    QStringList order;
    const auto add = [&](const QString& name, Lane which, bool urgent) {
        queue.submit<int>(
            lane(which, urgent), [](const Workplace&) { return 0; }, [&order, name](auto) { order << name; },
            [](const Failure&) { QFAIL("must not fail"); });
    };
    add(QStringLiteral("check 1"), Lane::Check, false);
    add(QStringLiteral("check 2"), Lane::Check, false);
    add(QStringLiteral("apply"), Lane::Edit, true);
    add(QStringLiteral("undo"), Lane::Edit, true);
    QVERIFY(waitIdle(queue));
    QCOMPARE(order, (QStringList{"apply", "undo", "check 1", "check 2"}));
}

void TestJobs::supersededJobsNeverCallBack() {
    JobQueue queue(test::fakeFactory(m_script));
    QStringList arrived;
    std::atomic<bool> running = false;
    const auto slow = [&](const Workplace& place) {
        running = true;
        while (!place.context.stop_requested())
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        return 1; // finishes in spite of the stop: its result is stale all the same
    };
    queue.submit<int>(
        lane(Lane::Check), slow, [&](auto) { arrived << "running"; },
        [&](const Failure&) { arrived << "running failed"; });
    QVERIFY(QTest::qWaitFor([&] { return running.load(); }));
    queue.submit<int>(
        lane(Lane::Check), slow, [&](auto) { arrived << "waiting"; },
        [&](const Failure&) { arrived << "waiting failed"; });
    queue.submit<int>(
        lane(Lane::Check, false, true), [](const Workplace&) { return 2; }, [&](auto) { arrived << "newest"; },
        [](const Failure&) { QFAIL("must not fail"); });
    QVERIFY(waitIdle(queue));
    QCOMPARE(arrived, QStringList{"newest"});
}

void TestJobs::whatHappenedToTheEngineIsTold() {
    // A model that was open before the stop reached it is the open model, whoever asked for another meanwhile.
    JobQueue queue(test::fakeFactory(m_script));
    QStringList arrived;
    std::atomic<bool> running = false;
    JobOptions options = lane(Lane::Model, false, true);
    options.changes_engine = true;
    queue.submit<int>(
        options,
        [&](const Workplace& place) {
            running = true;
            while (!place.context.stop_requested())
                std::this_thread::sleep_for(std::chrono::milliseconds(1));
            return 1;
        },
        [&](auto) { arrived << "first"; }, [&](const Failure&) { arrived << "first failed"; });
    QVERIFY(QTest::qWaitFor([&] { return running.load(); }));
    queue.submit<int>(
        options, [](const Workplace&) -> int { throw Error("no such folder"); }, [&](auto) { arrived << "second"; },
        [&](const Failure&) { arrived << "second failed"; });
    QVERIFY(waitIdle(queue));
    QCOMPARE(arrived, (QStringList{"first", "second failed"}));
}

void TestJobs::stopIsReportedAsCancelled() {
    JobQueue queue(test::fakeFactory(m_script));
    bool cancelled = false;
    std::atomic<bool> running = false;
    queue.submit<int>(
        lane(Lane::Edit),
        [&](const Workplace& place) {
            running = true;
            for (;;) {
                place.context.check();
                std::this_thread::sleep_for(std::chrono::milliseconds(1));
            }
            return 0;
        },
        [](auto) { QFAIL("was stopped"); }, [&](const Failure& failure) { cancelled = failure.cancelled; });
    QVERIFY(QTest::qWaitFor([&] { return running.load(); }));
    queue.stopCurrent();
    QVERIFY(queue.status().stopping);
    QVERIFY(waitIdle(queue));
    QVERIFY(cancelled);
    QCOMPARE(queue.status().id, quint64{0});
}

void TestJobs::faultsBecomeFailures_data() {
    QTest::addColumn<int>("kind");
    QTest::addColumn<QString>("what");
    QTest::newRow("error") << 0 << "the file is broken";
    QTest::newRow("memory") << 1 << "out of memory";
    QTest::newRow("other") << 2 << "some library's words";
    QTest::newRow("no exception at all") << 3 << "an unknown fault";
}

void TestJobs::faultsBecomeFailures() {
    QFETCH(int, kind);
    QFETCH(QString, what);
    JobQueue queue(test::fakeFactory(m_script));
    Failure got;
    queue.submit<int>(
        lane(Lane::Edit),
        [kind](const Workplace&) -> int {
            if (kind == 0)
                throw Error("the file is broken", "model.safetensors, byte 8", "download it again");
            if (kind == 1)
                throw std::bad_alloc();
            if (kind == 2)
                throw std::runtime_error("some library's words");
            throw 42;
        },
        [](auto) { QFAIL("must fail"); }, [&](const Failure& failure) { got = failure; });
    QVERIFY(waitIdle(queue));
    QCOMPARE(got.what, what);
    QVERIFY(!got.cancelled);
    QVERIFY(!got.hint.isEmpty());
    if (kind == 0)
        QVERIFY(got.details().contains(u"byte 8") && got.details().contains(u"download"));
}

void TestJobs::progressArrivesThrottled() {
    JobQueue queue(test::fakeFactory(m_script));
    int told = 0;
    QStringList phases;
    connect(&queue, &JobQueue::statusChanged, this, [&](const JobStatus& status) {
        if (status.phase.isEmpty())
            return;
        ++told;
        if (phases.isEmpty() || phases.last() != status.phase)
            phases << status.phase;
    });
    queue.submit<int>(
        lane(Lane::Edit),
        [](const Workplace& place) {
            for (int i = 0; i < 5000; ++i)
                place.context.report({"values", i / 5000.0, 1, {}});
            place.context.report({"solve", 0.9, 0.1, {}}); // a new phase is never swallowed
            return 0;
        },
        [](auto) {}, [](const Failure&) { QFAIL("must not fail"); });
    QVERIFY(waitIdle(queue));
    QCOMPARE(phases, (QStringList{"values", "solve"}));
    QVERIFY2(told < 500, qPrintable(QString::number(told)));
}

void TestJobs::shutdownWhileRunning() {
    std::atomic<bool> running = false;
    std::atomic<bool> left = false;
    {
        JobQueue queue(test::fakeFactory(m_script));
        queue.submit<int>(
            lane(Lane::Edit),
            [&](const Workplace& place) {
                running = true;
                while (!place.context.stop_requested())
                    std::this_thread::sleep_for(std::chrono::milliseconds(1));
                left = true;
                return 0;
            },
            [](auto) { QFAIL("nobody is there any more"); }, [](const Failure&) { QFAIL("nobody is there any more"); });
        QVERIFY(QTest::qWaitFor([&] { return running.load(); }));
    }
    QVERIFY(left);
    QCOMPARE(m_script->engines_destroyed.load(), 1);
    QCoreApplication::processEvents(); // what was posted died with the queue
}

void TestJobs::postedCallsOfStaleJobsAreDropped() {
    JobQueue queue(test::fakeFactory(m_script));
    int calls = 0;
    std::atomic<bool> posted = false;
    queue.submit<int>(
        lane(Lane::Generate),
        [&](const Workplace& place) {
            place.post([&calls] { ++calls; });
            posted = true;
            return 0;
        },
        [](auto) { QFAIL("stale"); }, [](const Failure&) { QFAIL("stale"); });
    QVERIFY(QTest::qWaitFor([&] { return queue.status().lane == Lane::Generate && queue.status().id != 0; }));
    while (!posted) // without turning the event loop: the call is on its way
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    queue.supersede(Lane::Generate);
    QVERIFY(waitIdle(queue));
    QCOMPARE(calls, 0);
}

void TestJobs::studioOpensAppliesAndUndoes() {
    Studio studio(test::fakeFactory(m_script));
    QSignalSpy opened(&studio, &Studio::modelOpened);
    studio.openModel({.path = "/models/demo"});
    QVERIFY(studio.isOpening());
    QVERIFY(opened.wait());
    QVERIFY(studio.model());
    QSignalSpy applied(&studio, &Studio::applied);
    QSignalSpy ledger(&studio, &Studio::ledgerChanged);
    Recipe recipe;
    recipe.layers = {1};
    studio.apply({test::fakeDrafts()[0]}, recipe, {5});
    QVERIFY(studio.isEditing());
    QVERIFY(applied.wait());
    QCOMPARE(applied[0][0].value<QList<quint64>>(), QList<quint64>{5});
    QVERIFY(studio.ledger().can_undo());
    QCOMPARE(studio.ledger().entries[0].title, std::string("Eiffel Tower → Rome"));
    studio.undo();
    QVERIFY(QTest::qWaitFor([&] { return studio.ledger().can_redo(); }));
    studio.redo();
    QVERIFY(QTest::qWaitFor([&] { return studio.ledger().can_undo(); }));
    QSignalSpy refused(&studio, &Studio::ledgerFailed);
    studio.redo(); // nothing left
    QVERIFY(refused.wait());
    QCOMPARE(ledger.count(), 3);
}

void TestJobs::failedOpenKeepsTheModel() {
    Studio studio(test::fakeFactory(m_script));
    studio.openModel({.path = "/models/good"});
    QVERIFY(QTest::qWaitFor([&] { return studio.model() != nullptr; }));
    m_script->fail_open = true;
    QSignalSpy failed(&studio, &Studio::modelFailed);
    studio.openModel({.path = "/models/bad"});
    QVERIFY(failed.wait());
    QCOMPARE(failed[0][1].value<Failure>().what, QStringLiteral("config.json is missing"));
    QCOMPARE(studio.model()->name, std::string("good"));
}

void TestJobs::cancelledApplyChangesNothing() {
    Studio studio(test::fakeFactory(m_script));
    studio.openModel({.path = "/models/demo"});
    QVERIFY(QTest::qWaitFor([&] { return studio.model() != nullptr; }));
    m_script->apply_ms = 20000;
    QSignalSpy failed(&studio, &Studio::applyFailed);
    studio.apply({test::fakeDrafts()[0]}, {}, {1});
    QVERIFY(QTest::qWaitFor([&] { return m_script->applies > 0; }));
    studio.cancel();
    QVERIFY(failed.wait());
    QVERIFY(failed[0][1].value<Failure>().cancelled);
    QCOMPARE(m_script->position.load(), std::size_t{0});
    QVERIFY(!studio.ledger().can_undo());
}

void TestJobs::unknownExceptionIsAFailure() {
    Studio studio(test::fakeFactory(m_script));
    studio.openModel({.path = "/models/demo"});
    QVERIFY(QTest::qWaitFor([&] { return studio.model() != nullptr; }));
    m_script->throw_unknown = true;
    QSignalSpy failed(&studio, &Studio::applyFailed);
    studio.apply({test::fakeDrafts()[0]}, {}, {1});
    QVERIFY(failed.wait());
    m_script->throw_unknown = false;
    QSignalSpy applied(&studio, &Studio::applied); // the worker lives on
    studio.apply({test::fakeDrafts()[0]}, {}, {1});
    QVERIFY(applied.wait());
}

void TestJobs::tokensStreamBeforeTheResult() {
    m_script->token_ms = 5;
    Studio studio(test::fakeFactory(m_script));
    studio.openModel({.path = "/models/demo"});
    QStringList order;
    int tokens = 0;
    connect(&studio, &Studio::token, this, [&](quint64 tag, Side, const GeneratedToken&) {
        QCOMPARE(tag, quint64{3});
        ++tokens;
        if (order.isEmpty() || order.last() != QStringLiteral("token"))
            order << QStringLiteral("token");
    });
    connect(&studio, &Studio::generated, this, [&] { order << QStringLiteral("done"); });
    CompareTask task;
    task.comparison.edit = test::fakeDrafts()[0];
    task.generation.prompt = "The Eiffel Tower is located in the city of";
    task.generation.max_tokens = 6;
    task.has_after = true;
    studio.compare(task, 3);
    QVERIFY(QTest::qWaitFor([&] { return order.count(QStringLiteral("done")) == 2; }));
    QCOMPARE(tokens, 12);
    QCOMPARE(order, (QStringList{"token", "done", "token", "done"}));
}

void TestJobs::newComparisonDropsTheOld() {
    m_script->token_ms = 20;
    Studio studio(test::fakeFactory(m_script));
    studio.openModel({.path = "/models/demo"});
    QSet<quint64> tags;
    bool done = false;
    connect(&studio, &Studio::compared, this, [&](quint64 tag) { tags << tag; });
    connect(&studio, &Studio::generated, this, [&](quint64 tag) {
        tags << tag;
        done = tag == 2;
    });
    CompareTask task;
    task.comparison.edit = test::fakeDrafts()[0];
    task.generation.prompt = "The Eiffel Tower is located in the city of";
    task.generation.max_tokens = 4;
    studio.compare(task, 1);
    studio.compare(task, 2);
    QVERIFY(QTest::qWaitFor([&] { return done; }));
    QCOMPARE(tags, QSet<quint64>{2});
}

QTEST_GUILESS_MAIN(TestJobs)
#include "test_jobs.moc"
