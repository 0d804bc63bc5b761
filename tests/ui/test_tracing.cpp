// SPDX-License-Identifier: GPL-3.0-or-later
// The trace tab and what stands between it and the engine, on the fake engine; the window around it is not needed.
#include "fake_engine.h"
#include "models/lens_model.h"
#include "models/trace_model.h"
#include "panels/panel_parts.h"
#include "panels/trace_panel.h"
#include "plots/trace_map.h"
#include "shell/tracing.h"

#include <QAction>
#include <QComboBox>
#include <QLabel>
#include <QProgressBar>
#include <QPushButton>
#include <QSignalSpy>
#include <QSpinBox>
#include <QTableView>
#include <QToolButton>
#include <QtTest>

#include <cmath>

using namespace emend;
using namespace emend::test;
using namespace emend::ui;

class TestTracing : public QObject {
    Q_OBJECT

    std::shared_ptr<FakeScript> m_script;

    struct Bench {
        explicit Bench(const std::shared_ptr<FakeScript>& script)
            : workbench(fakeFactory(script))
            , tracing(workbench)
            , panel(tracing.model(), tracing.lens()) {
            panel.setActions(&run, &suggest, &cancel);
            tracing.follow(panel);
            panel.resize(500, 700);
            panel.show();
        }
        [[nodiscard]] bool settle() {
            const auto idle = [this] { return workbench.isSettled(); };
            // It must hold for a whole turn: a timer may just have fired.
            return QTest::qWaitFor([&] { return idle() && (QCoreApplication::processEvents(), idle()); }, 20000);
        }
        template<class W>
        W* get(const char* name) {
            W* found = panel.findChild<W*>(QString::fromLatin1(name));
            if (!found)
                qFatal("the panel has no %s", name);
            return found;
        }
        EditsModel& edits() { return workbench.edits(); }
        Workbench workbench;
        Tracing tracing;
        TracePanel panel;
        QAction run, suggest, cancel;
    };
    std::unique_ptr<Bench> open(int row = 0) {
        auto made = std::make_unique<Bench>(m_script);
        made->workbench.addEdits({fakeDrafts(), {}, "test"}, QStringLiteral("Drafts"));
        made->workbench.openModel(QStringLiteral("/models/demo_model"));
        Recipe recipe;
        recipe.layers = {1};
        made->workbench.setRecipe(recipe, true);
        made->workbench.setCurrentRow(row);
        if (!made->settle())
            qFatal("did not settle");
        return made;
    }
    static const TracePicture& shown(Bench& f) { return f.tracing.model().picture(); }
    static int cellsRun(const TracePicture& picture) {
        int count = 0;
        for (const TracePicture::Map& map : picture.maps)
            for (const double value : map.values)
                count += std::isfinite(value) ? 1 : 0;
        return count;
    }
    void trace(Bench& f) {
        f.tracing.run();
        if (!f.settle())
            qFatal("did not settle");
    }
    static void setKind(Bench& f, int index) { f.get<QComboBox>("traceKind")->setCurrentIndex(index); }

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
    void suggestionTracesWhatIsMissing();
    void suggestionGoesOnAfterAFailure();
    void lensFollowsTheToken();
    void lensBesideAnEdit();
    void lensFailureIsTold();
    void lensIsReadAfterAFailedOpening();
    void lensIsReadAfterLookingStopped();
    void lookingStoppedEndsTheTrace();
    void otherSettingsAreNotRunYet();
    void averagesAreOfOneSetOfSettings();
    void averageOfTheTrueObjectNeedsOne();
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
    QCOMPARE(shown(*f).maps[1].window, 10);
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

void TestTracing::suggestionTracesWhatIsMissing() {
    auto f = open();
    setKind(*f, 1);
    trace(*f);
    QCOMPARE(m_script->traces.load(), 1);
    f->tracing.suggest();
    QVERIFY(f->settle());
    QCOMPARE(m_script->traces.load(), 3); // the two that were not known
    QVERIFY(f->panel.isShowing());
    QVERIFY(shown(*f).average);
    QCOMPARE(shown(*f).facts, 3U);
    QVERIFY(!f->get<QTableView>("lensTable")->isVisible());
    auto* use = f->get<QPushButton>("traceUse");
    QVERIFY(use->isVisible());
    QVERIFY2(f->get<QLabel>("traceSuggestion")->text().contains(QStringLiteral("layer 3")),
             qPrintable(f->get<QLabel>("traceSuggestion")->text()));
    std::vector<int> layers;
    connect(&f->tracing, &Tracing::layersPicked, this, [&](const std::vector<int>& picked) { layers = picked; });
    use->click();
    QVERIFY(layers.size() > 1);
    QVERIFY(std::find(layers.begin(), layers.end(), 3) != layers.end());
    f->tracing.suggest(); // all are known
    QVERIFY(f->settle());
    QCOMPARE(m_script->traces.load(), 3);
    f->get<QToolButton>("traceFact")->click();
    QVERIFY(!shown(*f).average);
    QVERIFY(!use->isVisible());
    setKind(*f, 0);
    trace(*f);
    setKind(*f, 3); // three facts' MLP, and the hidden states of one, which is no average beside them
    f->get<QToolButton>("traceAverage")->click();
    QCOMPARE(shown(*f).maps.size(), 1U);
}

void TestTracing::suggestionGoesOnAfterAFailure() {
    auto f = open();
    m_script->fail_trace = true;
    f->tracing.suggest();
    QVERIFY(f->settle());
    QCOMPARE(m_script->traces.load(), 3); // each was tried
    QVERIFY(f->get<FailureLine>("traceFailure")->isVisible());
    QVERIFY(f->get<EmptyState>("traceNoAverage")->isVisible());
}

void TestTracing::lensFollowsTheToken() {
    auto f = open();
    trace(*f);
    QCOMPARE(m_script->lenses.load(), 1);
    auto* table = f->get<QTableView>("lensTable");
    auto* lens = static_cast<LensModel*>(table->model());
    QVERIFY(table->isVisible());
    QCOMPARE(lens->rowCount(), 8);
    QCOMPARE(lens->columnCount(), 4); // not applied: what there is now
    QCOMPARE(lens->token(), QStringLiteral("␣of"));
    QVERIFY(lens->index(7, 1).data().toString().startsWith(QStringLiteral("Paris")));
    emit f->panel.map().tokenChosen(1);
    QVERIFY(f->settle());
    QCOMPARE(m_script->lenses.load(), 2);
    QCOMPARE(lens->lens()->token, 1);
    QVERIFY(f->get<QLabel>("lensNote")->text().contains(lens->token()));
    f->workbench.setCurrentRow(1);
    QVERIFY(f->settle());
    trace(*f);
    QCOMPARE(lens->lens()->token, static_cast<int>(shown(*f).rows.size()) - 1); // another prompt, another token
}

void TestTracing::lensBesideAnEdit() {
    auto f = open();
    f->workbench.apply({0});
    QVERIFY(f->settle());
    trace(*f);
    auto* lens = static_cast<LensModel*>(f->get<QTableView>("lensTable")->model());
    QCOMPARE(lens->columnCount(), 7);
    QVERIFY(lens->index(7, 1).data().toString().startsWith(QStringLiteral("Paris")));
    QVERIFY(lens->index(7, 4).data().toString().startsWith(QStringLiteral("Rome")));
}

void TestTracing::lensFailureIsTold() {
    auto f = open();
    m_script->fail_lens = true;
    trace(*f);
    QVERIFY(f->get<QLabel>("lensNote")->text().contains(QStringLiteral("the lens failed")));
    QVERIFY(f->panel.isShowing());
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
void TestTracing::lensIsReadAfterAFailedOpening() {
    auto f = open();
    trace(*f);
    m_script->fail_open = true;
    emit f->panel.map().tokenChosen(1);
    f->workbench.openModel(QStringLiteral("/models/other"));
    QVERIFY(f->settle());
    QTRY_VERIFY(f->tracing.lens().lens());
    QCOMPARE(f->tracing.lens().lens()->token, 1);
    QVERIFY(f->get<QLabel>("lensNote")->text().contains(f->tracing.lens().token()));
}

void TestTracing::lensIsReadAfterLookingStopped() {
    auto f = open();
    trace(*f);
    emit f->panel.map().tokenChosen(1);
    f->workbench.studio().jobs().supersede(Lane::Lens);
    emit f->workbench.studio().lookingStopped();
    QVERIFY(!f->get<QLabel>("lensNote")->text().contains(QStringLiteral("Reading")));
    QTRY_VERIFY(f->tracing.lens().lens());
    QCOMPARE(f->tracing.lens().lens()->token, 1);
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
    window->setValue(4);
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

void TestTracing::averagesAreOfOneSetOfSettings() {
    auto f = open();
    setKind(*f, 1);
    trace(*f);
    f->get<QSpinBox>("traceSamples")->setValue(3);
    f->tracing.suggest();
    QVERIFY(f->settle());
    QCOMPARE(m_script->traces.load(), 4); // the one with ten samples is not one of these
    QVERIFY(shown(*f).average);
    QCOMPARE(shown(*f).facts, 3U);
    f->get<QSpinBox>("traceSamples")->setValue(10);
    QCOMPARE(shown(*f).facts, 1U);
}

void TestTracing::averageOfTheTrueObjectNeedsOne() {
    auto f = open();
    std::vector<EditRequest> without = {fakeDrafts().front()};
    without.front().subject = "Louvre Museum";
    without.front().true_object.reset();
    f->workbench.addEdits({without, {}, "test"}, QStringLiteral("Without"));
    QVERIFY(f->settle());
    f->workbench.setCurrentRow(0);
    QVERIFY(f->settle());
    f->get<QComboBox>("traceObject")->setCurrentIndex(2);
    f->tracing.suggest();
    QVERIFY(f->settle());
    QCOMPARE(m_script->traces.load(), 3);
    QCOMPARE(shown(*f).facts, 3U);
}

QTEST_MAIN(TestTracing)
#include "test_tracing.moc"
