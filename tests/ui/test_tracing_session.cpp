// SPDX-License-Identifier: GPL-3.0-or-later
// What the traces of several facts say together, and the logit lens beside them.
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

class TestTracingSession : public QObject {
    Q_OBJECT

    std::shared_ptr<FakeScript> m_script;
    std::unique_ptr<TracingBench> open(int row = 0) { return openTracing(m_script, row); }

  private slots:
    void init() { m_script = std::make_shared<FakeScript>(); }

    void suggestionTracesWhatIsMissing();
    void suggestionGoesOnAfterAFailure();
    void lensFollowsTheToken();
    void lensBesideAnEdit();
    void lensFailureIsTold();
    void lensIsReadAfterAFailedOpening();
    void lensIsReadAfterLookingStopped();
    void averagesAreOfOneSetOfSettings();
    void averageOfTheTrueObjectNeedsOne();
};

void TestTracingSession::suggestionTracesWhatIsMissing() {
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
    QVERIFY2(f->get<QLabel>("traceSuggestion")->text().contains(QStringLiteral("layer 3"), Qt::CaseInsensitive),
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

void TestTracingSession::suggestionGoesOnAfterAFailure() {
    auto f = open();
    m_script->fail_trace = true;
    f->tracing.suggest();
    QVERIFY(f->settle());
    QCOMPARE(m_script->traces.load(), 3); // each was tried
    QVERIFY(f->get<FailureLine>("traceFailure")->isVisible());
    QVERIFY(f->get<EmptyState>("traceNoAverage")->isVisible());
}

void TestTracingSession::lensFollowsTheToken() {
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

void TestTracingSession::lensBesideAnEdit() {
    auto f = open();
    f->workbench.apply({0});
    QVERIFY(f->settle());
    trace(*f);
    auto* lens = static_cast<LensModel*>(f->get<QTableView>("lensTable")->model());
    QCOMPARE(lens->columnCount(), 7);
    QVERIFY(lens->index(7, 1).data().toString().startsWith(QStringLiteral("Paris")));
    QVERIFY(lens->index(7, 4).data().toString().startsWith(QStringLiteral("Rome")));
}

void TestTracingSession::lensFailureIsTold() {
    auto f = open();
    m_script->fail_lens = true;
    trace(*f);
    QVERIFY(f->get<QLabel>("lensNote")->text().contains(QStringLiteral("the lens failed")));
    QVERIFY(f->panel.isShowing());
}

void TestTracingSession::lensIsReadAfterAFailedOpening() {
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

void TestTracingSession::lensIsReadAfterLookingStopped() {
    auto f = open();
    trace(*f);
    emit f->panel.map().tokenChosen(1);
    f->workbench.studio().jobs().supersede(Lane::Lens);
    emit f->workbench.studio().lookingStopped();
    QVERIFY(!f->get<QLabel>("lensNote")->text().contains(QStringLiteral("Reading")));
    QTRY_VERIFY(f->tracing.lens().lens());
    QCOMPARE(f->tracing.lens().lens()->token, 1);
}

void TestTracingSession::averagesAreOfOneSetOfSettings() {
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

void TestTracingSession::averageOfTheTrueObjectNeedsOne() {
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

QTEST_MAIN(TestTracingSession)
#include "test_tracing_session.moc"
