// SPDX-License-Identifier: GPL-3.0-or-later
// The trace of one fact: run, watched, stopped, kept.
#include "tracing_fixture.h"

#include <QLabel>
#include <QProgressBar>
#include <QPushButton>
#include <QSignalSpy>
#include <QSpinBox>
#include <QTableView>
#include <QToolButton>

using namespace emend;
using namespace emend::test;
using namespace emend::ui;

class TestTracing : public QObject {
    Q_OBJECT

    std::shared_ptr<FakeScript> m_script;
    std::unique_ptr<TracingBench> open(int row = 0) { return openTracing(m_script, row); }

  private slots:
    void init() { m_script = std::make_shared<FakeScript>(); }

    void nothingRunsUnasked();
    void emptyStatesSayWhy();
    void tracesTheSelectedFact();
    void fillsInWhileItRuns();
    void cancelKeepsCells();
    void otherRowShowsItsOwn();
    void changedTextIsNotTraced();
    void weightsAreToldApart();
    void allThreeKinds();
    void objectsAreSwitchedWithoutAsking();
    void failureIsTold();
    void estimateAfterTheFirst();
    void lookingStoppedEndsTheTrace();
    void otherSettingsAreNotRunYet();
    void settingsReachTheEngine();
};

void TestTracing::nothingRunsUnasked() {
    auto f = open();
    QCOMPARE(m_script->traces.load(), 0);
    QCOMPARE(m_script->lenses.load(), 0);
    QVERIFY(!f->panel.isShowing());
    QVERIFY(f->get<EmptyState>("traceNotRun")->isVisible());
    QVERIFY(f->get<EmptyState>("traceNotRun")->findChild<QPushButton*>()->isEnabled());
}

void TestTracing::emptyStatesSayWhy() {
    auto f = open(-1);
    auto* nothing = f->get<EmptyState>("traceNothing");
    QTRY_COMPARE(nothing->accessibleName(), QStringLiteral("No edit is selected"));
    QVERIFY(!f->tracing.canRun());
    f->workbench.setCurrentRow(1);
    f->edits().setData(f->edits().index(1, EditsModel::Subject), QString());
    QVERIFY(f->settle());
    QTRY_VERIFY(nothing->accessibleName().contains(QStringLiteral("subject")));
    QVERIFY(!f->tracing.canRun());
    QVERIFY(!f->get<QComboBox>("traceKind")->isEnabled());
}

void TestTracing::tracesTheSelectedFact() {
    auto f = open();
    trace(*f);
    QCOMPARE(m_script->traces.load(), 1);
    QVERIFY(f->panel.isShowing());
    QVERIFY(shown(*f).isComplete());
    QCOMPARE(shown(*f).title, QStringLiteral("Eiffel Tower"));
    QCOMPARE(shown(*f).object, QStringLiteral("Paris"));
    const QString told = f->get<QLabel>("traceStatement")->text();
    QVERIFY2(told.contains(QStringLiteral("clean 96.2 %")) && told.contains(QStringLiteral("corrupted 6.00 %")),
             qPrintable(told));
    QVERIFY2(told.contains(QStringLiteral("layer 3")), qPrintable(told));
    QVERIFY(!f->get<QProgressBar>("traceProgress")->isVisible());
    f->get<QToolButton>("traceAsTable")->click();
    QVERIFY(f->get<QTableView>("traceTable")->isVisible());
}

void TestTracing::fillsInWhileItRuns() {
    auto f = open();
    m_script->trace_ms = 600;
    const QSignalSpy grew(&f->workbench.studio(), &Studio::traceGrew);
    f->tracing.run();
    QTRY_VERIFY(grew.count() >= 2);
    QVERIFY(f->panel.isShowing());
    QVERIFY(!shown(*f).isComplete());
    const TracePicture::Cell site = shown(*f).best(0); // told first
    QVERIFY(site.isValid() && shown(*f).rows[static_cast<std::size_t>(site.row)].last_subject);
    QVERIFY(f->get<QProgressBar>("traceProgress")->isVisible());
    QCOMPARE(f->get<QToolButton>("traceRun")->defaultAction(), &f->cancel);
    QVERIFY(!f->tracing.canRun());
    QVERIFY(f->settle());
    QVERIFY(shown(*f).isComplete());
    QCOMPARE(f->get<QToolButton>("traceRun")->defaultAction(), &f->run);
}

void TestTracing::cancelKeepsCells() {
    auto f = open();
    m_script->trace_ms = 3000;
    const QSignalSpy grew(&f->workbench.studio(), &Studio::traceGrew);
    setKind(*f, 3);
    f->tracing.run();
    QTRY_VERIFY(grew.count() >= 1);
    f->workbench.cancel();
    QVERIFY(f->settle());
    QCOMPARE(m_script->traces.load(), 1); // the other kinds were not begun
    QVERIFY(f->panel.isShowing());
    QVERIFY(cellsRun(shown(*f)) > 0);
    QVERIFY(!shown(*f).isComplete());
    QVERIFY(!f->get<FailureLine>("traceFailure")->isVisible());
    QTRY_VERIFY(f->tracing.canRun());
    // Still there when somebody comes back.
    f->workbench.setCurrentRow(1);
    QVERIFY(f->settle());
    QVERIFY(!f->panel.isShowing());
    f->workbench.setCurrentRow(0);
    QVERIFY(f->settle());
    QVERIFY(f->panel.isShowing());
}

void TestTracing::otherRowShowsItsOwn() {
    auto f = open();
    m_script->trace_ms = 400;
    f->tracing.run();
    f->workbench.setCurrentRow(1); // the trace of row 0 goes on
    QTRY_VERIFY(!f->panel.isShowing());
    QVERIFY(f->settle());
    QVERIFY(!f->panel.isShowing());
    f->workbench.setCurrentRow(0);
    QVERIFY(f->settle());
    QVERIFY(f->panel.isShowing());
    QCOMPARE(shown(*f).title, QStringLiteral("Eiffel Tower"));
    QVERIFY(shown(*f).isComplete());
    QCOMPARE(m_script->traces.load(), 1);
}

void TestTracing::changedTextIsNotTraced() {
    auto f = open();
    m_script->trace_ms = 3000;
    const QSignalSpy grew(&f->workbench.studio(), &Studio::traceGrew);
    f->tracing.run();
    QTRY_VERIFY(grew.count() >= 1);
    f->edits().setData(f->edits().index(0, EditsModel::Subject), QStringLiteral("Louvre Museum"));
    QVERIFY(f->settle()); // stopped: nobody waits for what was meant before
    QVERIFY(!f->panel.isShowing());
    QTRY_VERIFY(f->tracing.canRun());
    m_script->trace_ms = 0;
    trace(*f);
    QCOMPARE(shown(*f).title, QStringLiteral("Louvre Museum"));
}

void TestTracing::weightsAreToldApart() {
    auto f = open();
    trace(*f);
    QCOMPARE(shown(*f).object, QStringLiteral("Paris"));
    f->workbench.apply({0});
    QVERIFY(f->settle());
    QVERIFY(!f->panel.isShowing()); // nobody has looked into these weights
    trace(*f);
    QCOMPARE(shown(*f).object, QStringLiteral("Rome"));
    f->get<QComboBox>("traceWeights")->setCurrentIndex(1); // as in the checkpoint: known
    QVERIFY(f->settle());
    QVERIFY(f->panel.isShowing());
    QCOMPARE(shown(*f).object, QStringLiteral("Paris"));
    f->get<QComboBox>("traceWeights")->setCurrentIndex(0);
    f->workbench.undo();
    QVERIFY(f->settle());
    QVERIFY(f->panel.isShowing()); // the same weights as at first
    QCOMPARE(shown(*f).object, QStringLiteral("Paris"));
    QCOMPARE(m_script->traces.load(), 2);
}

void TestTracing::allThreeKinds() {
    auto f = open();
    setKind(*f, 3);
    trace(*f);
    QCOMPARE(m_script->traces.load(), 3);
    QCOMPARE(shown(*f).maps.size(), 3U);
    QVERIFY(shown(*f).isComplete());
    QCOMPARE(shown(*f).maps[1].window, 4); // half of the layers
    setKind(*f, 2); // known already
    QVERIFY(f->panel.isShowing());
    QCOMPARE(shown(*f).maps.size(), 1U);
    QCOMPARE(shown(*f).maps[0].kind, TraceKind::attention);
    QCOMPARE(m_script->traces.load(), 3);
}

void TestTracing::objectsAreSwitchedWithoutAsking() {
    auto f = open();
    auto* object = f->get<QComboBox>("traceObject");
    QCOMPARE(object->itemText(1), QStringLiteral("New: Rome"));
    QCOMPARE(object->itemText(2), QStringLiteral("True: Paris"));
    object->setCurrentIndex(1);
    trace(*f);
    QCOMPARE(shown(*f).object, QStringLiteral("Rome"));
    QVERIFY(shown(*f).maps[0].clean < 0.01);
    object->setCurrentIndex(2);
    QCOMPARE(shown(*f).object, QStringLiteral("Paris"));
    QVERIFY(shown(*f).maps[0].clean > 0.9);
    QCOMPARE(m_script->traces.load(), 1);
}

void TestTracing::failureIsTold() {
    auto f = open();
    m_script->fail_trace = true;
    trace(*f);
    auto* line = f->get<FailureLine>("traceFailure");
    QVERIFY(line->isVisible());
    QVERIFY2(line->text().contains(QStringLiteral("the trace failed")), qPrintable(line->text()));
    QVERIFY(line->text().contains(QStringLiteral("take fewer samples")));
    QTRY_VERIFY(f->tracing.canRun());
    m_script->fail_trace = false;
    trace(*f);
    QVERIFY(!line->isVisible());
    QVERIFY(f->panel.isShowing());
}

void TestTracing::estimateAfterTheFirst() {
    auto f = open();
    QVERIFY(!f->get<EmptyState>("traceNotRun")->accessibleDescription().contains(QStringLiteral("About")));
    m_script->trace_ms = 200;
    trace(*f);
    f->workbench.setCurrentRow(1);
    QVERIFY(f->settle());
    QVERIFY(f->get<EmptyState>("traceNotRun")->accessibleDescription().contains(QStringLiteral("About")));
}

void TestTracing::lookingStoppedEndsTheTrace() {
    auto f = open();
    m_script->trace_ms = 3000;
    const QSignalSpy grew(&f->workbench.studio(), &Studio::traceGrew);
    setKind(*f, 3);
    f->tracing.run();
    QTRY_VERIFY(grew.count() >= 1);
    f->workbench.studio().stopTrace();
    emit f->workbench.studio().lookingStopped();
    QVERIFY(!f->tracing.isRunning());
    QVERIFY(f->settle());
    QCOMPARE(m_script->traces.load(), 1); // the other kinds were not begun
    QVERIFY(f->panel.isShowing());
    QVERIFY(cellsRun(shown(*f)) > 0);
    QVERIFY(!shown(*f).isComplete());
    QVERIFY(!f->get<QProgressBar>("traceProgress")->isVisible());
    QTRY_VERIFY(f->tracing.canRun());
}

void TestTracing::otherSettingsAreNotRunYet() {
    auto f = open();
    setKind(*f, 1);
    trace(*f);
    auto* window = f->get<QSpinBox>("traceWindow");
    const int before = window->value();
    window->setValue(6);
    QVERIFY(f->get<EmptyState>("traceNotRun")->isVisibleTo(&f->panel));
    QVERIFY(!f->panel.isShowing());
    window->setValue(before); // known
    QVERIFY(f->panel.isShowing());
    f->get<QSpinBox>("traceSamples")->setValue(3);
    QVERIFY(!f->panel.isShowing());
    f->get<QSpinBox>("traceSamples")->setValue(10);
    QVERIFY(f->panel.isShowing());
    f->get<QDoubleSpinBox>("traceNoise")->setValue(0.5);
    QVERIFY(!f->panel.isShowing());
}

void TestTracing::settingsReachTheEngine() {
    auto f = open();
    f->get<QToolButton>("traceSettingsButton")->click();
    QVERIFY(f->get<QWidget>("traceSettings")->isVisible());
    f->get<QSpinBox>("traceSamples")->setValue(3);
    f->get<QSpinBox>("traceWindow")->setValue(4);
    f->get<QDoubleSpinBox>("traceNoise")->setValue(0.5);
    setKind(*f, 1);
    trace(*f);
    QCOMPARE(shown(*f).samples, 3);
    QCOMPARE(shown(*f).maps[0].window, 4);
    QCOMPARE(shown(*f).noise, 0.5);
}

// The lens is asked for and dropped in the same turn: it never answers.
QTEST_MAIN(TestTracing)
#include "test_tracing.moc"
