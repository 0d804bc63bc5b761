// SPDX-License-Identifier: GPL-3.0-or-later
// The knob in the window, on the fake engine.
#include "fake_window.h"
#include "models/frontier_model.h"
#include "panels/panel_parts.h"
#include "panels/recipe_panel.h"
#include "panels/softness_control.h"
#include "panels/trade_off_panel.h"
#include "plots/frontier_plot.h"
#include "plots/probability_bars.h"

#include <QComboBox>
#include <QLabel>
#include <QPushButton>
#include <QSignalSpy>
#include <QTextDocument>
#include <QToolButton>

using namespace emend;
using namespace emend::test;
using namespace emend::ui;

class TestTradeOff : public QObject {
    Q_OBJECT

    std::unique_ptr<Theme> m_theme;
    std::shared_ptr<FakeScript> m_script;

    std::unique_ptr<WindowFixture> open(bool applied = true) {
        auto made = openSettled(*m_theme, m_script);
        made->window.editsPanel().selectRow(0);
        if (applied)
            made->workbench.apply({0});
        if (!made->settle())
            qFatal("did not settle");
        return made;
    }
    static double softnessNow(WindowFixture& f, std::size_t batch = 0) {
        return f.workbench.studio().ledger().entries.at(batch).report->recipe.softness.value_or(-1);
    }
    void show(WindowFixture& f) {
        f.action(ActionId::ShowTradeOff)->trigger();
        if (!f.settle())
            qFatal("did not settle");
    }

  private slots:
    void initTestCase() { m_theme = std::make_unique<Theme>(); }
    void init() { m_script = std::make_shared<FakeScript>(); }

    void frontierIsAskedOnlyWhenSomebodyLooks();
    void draftsHaveNoKnob();
    void fastSliderSendsTheLatestAndQueuesOne();
    void answersFollowTheKnob();
    void smallProbabilitiesAreNoMarkup();
    void settlingIsSaid();
    void compareFollowsAfterSettling();
    void compareFollowsTheHand();
    void draggingTheChartMovesTheKnob();
    void failedFrontierIsToldInPlace();
    void failedSofteningGoesBack();
    void clickWithoutMovingAsksNothing();
    void resetGoesBackToTheRecipe();
    void otherBatchOtherFrontier();
    void switchedOffSaysSo();
    void busyIsShown();
    void frontierStandsBackForAnEdit();
    void preparedEditsHaveAPreview();
    void theOtherEditOfThePromptStays();
};

void TestTradeOff::frontierIsAskedOnlyWhenSomebodyLooks() {
    auto f = open();
    QCOMPARE(m_script->frontiers.load(), 0);
    show(*f);
    QCOMPARE(m_script->frontiers.load(), 1);
    QVERIFY(f->get<FrontierPlot>("frontierPlot")->isVisible());
    QVERIFY(f->get<QTableView>("frontierTable")->model()->rowCount() > 10);
    f->action(ActionId::ShowCompare)->trigger();
    show(*f);
    QCOMPARE(m_script->frontiers.load(), 1); // known already
}

void TestTradeOff::draftsHaveNoKnob() {
    auto f = open(false);
    show(*f);
    QVERIFY(!f->get<TradeOffPanel>("tradeOffPanel")->isShowing());
    QCOMPARE(m_script->frontiers.load(), 0);
}

void TestTradeOff::fastSliderSendsTheLatestAndQueuesOne() {
    auto f = open();
    show(*f);
    m_script->soften_ms = 150;
    QSignalSpy softened(&f->workbench.studio(), &Studio::softened);
    auto* slider = f->get<SoftnessSlider>("softnessSlider");
    slider->setSliderDown(true);
    for (int step = 1; step <= 300; ++step)
        slider->setValue(step);
    const double last = slider->softnessAt(300);
    QTRY_COMPARE(softened.count(), 2); // the first, and of all that waited the newest
    QTest::qWait(400);
    QCOMPARE(softened.count(), 2); // nothing was queued behind it
    QCOMPARE(softened.last().at(1).value<std::shared_ptr<const SoftnessResult>>()->softness, last);
    QCOMPARE(softened.last().at(2).toBool(), false);
    QCOMPARE(slider->value(), 300); // older answers do not pull at the hand
    slider->setSliderDown(false);
    QVERIFY(f->settle());
    QCOMPARE(softened.count(), 3);
    QCOMPARE(softened.last().at(2).toBool(), true);
    QCOMPARE(m_script->softenings.load(), 3);
    QCOMPARE(softnessNow(*f), last);
}

void TestTradeOff::answersFollowTheKnob() {
    auto f = open();
    show(*f);
    auto* answer = f->get<QLabel>("tradeOffAnswer");
    QVERIFY2(answer->text().contains(QStringLiteral("p(Rome) <b>96.2 %")), qPrintable(answer->text()));
    auto* slider = f->get<SoftnessSlider>("softnessSlider");
    slider->setSliderDown(true);
    slider->setValue(slider->stepOf(20000)); // where half of the edit is gone
    QVERIFY(f->settle());
    QVERIFY2(answer->text().contains(QStringLiteral("p(Rome) <b>4")), qPrintable(answer->text()));
    QVERIFY(answer->text().contains(QStringLiteral("|D|")));
    QVERIFY(f->get<QLabel>("tradeOffPhase")->text().contains(QStringLiteral("exact for one layer")));
    slider->setSliderDown(false);
    QVERIFY(f->settle());
}

void TestTradeOff::smallProbabilitiesAreNoMarkup() {
    FrontierModel model;
    TradeOffPanel panel(model);
    Prediction now;
    now.p_new = 0.5;
    now.p_true = 1e-9;
    panel.setAnswer(&fakeDrafts()[0], &now);
    QTextDocument document;
    document.setHtml(panel.findChild<QLabel*>(QStringLiteral("tradeOffAnswer"))->text());
    QVERIFY(document.toPlainText().contains(QStringLiteral("p(Paris) < 0.01 %")));
}

void TestTradeOff::settlingIsSaid() {
    auto f = open();
    show(*f);
    auto* phase = f->get<QLabel>("tradeOffPhase");
    QVERIFY(phase->text().startsWith(QStringLiteral("As solved")));
    m_script->soften_ms = 100;
    f->get<SoftnessControl>("softnessControl")->choose(300);
    QVERIFY(phase->text().startsWith(QStringLiteral("Settling")));
    QVERIFY(f->settle());
    QVERIFY(phase->text().startsWith(QStringLiteral("Settled")));
    QCOMPARE(softnessNow(*f), 300.0);
}

void TestTradeOff::compareFollowsAfterSettling() {
    auto f = open();
    show(*f);
    const int before = m_script->comparisons;
    f->get<SoftnessControl>("softnessControl")->choose(20000);
    QVERIFY(f->settle());
    QVERIFY(m_script->comparisons > before);
    const auto bars = f->get<ProbabilityBars>("probabilityBars")->entries();
    QVERIFY(bars.at(0).after.value() > 0.3 && bars.at(0).after.value() < 0.6);
}

void TestTradeOff::compareFollowsTheHand() {
    auto f = open();
    show(*f);
    auto* bars = f->get<ProbabilityBars>("probabilityBars");
    const double before = bars->entries().at(0).before.value();
    QVERIFY(bars->entries().at(0).after.value() > 0.9);
    QSignalSpy softened(&f->workbench.studio(), &Studio::softened);
    auto* slider = f->get<SoftnessSlider>("softnessSlider");
    slider->setSliderDown(true);
    for (const double softness : {2e4, 1e8}) {
        slider->setValue(slider->stepOf(softness));
        QVERIFY(softened.wait());
        const double now = softened.last().at(1).value<std::shared_ptr<const SoftnessResult>>()->answers.front().p_new;
        QCOMPARE(bars->entries().at(0).after.value(), now);
        QCOMPARE(bars->entries().at(0).before.value(), before);
    }
    QVERIFY(!f->get<QLabel>("compareNotHeld")->text().isEmpty());
    QVERIFY(!f->get<QLabel>("compareNotHeld")->parentWidget()->isHidden()); // nothing of the edit is left
    const ComparisonModel& wordings = f->workbench.wordings();
    for (int row = 0; row < wordings.rowCount(); ++row)
        QCOMPARE(wordings.index(row, ComparisonModel::After).data().toString(), QStringLiteral("–"));
    slider->setSliderDown(false);
    QVERIFY(f->settle());
    QCOMPARE(wordings.tally().unknown, 0);
}

void TestTradeOff::draggingTheChartMovesTheKnob() {
    auto f = open();
    show(*f);
    auto* plot = f->get<FrontierPlot>("frontierPlot");
    (void)plot->render(ChartFormat::Png);
    auto* area = f->get<QWidget>("frontierPlotArea");
    const auto* model = qobject_cast<const FrontierModel*>(f->get<QTableView>("frontierTable")->model());
    const QPoint from = plot->pixelOf(model->at(0)).toPoint();
    const QPoint to = plot->pixelOf(model->at(1e4)).toPoint();
    QTest::mousePress(area, Qt::LeftButton, {}, from);
    QTest::mouseMove(area, (from + to) / 2);
    QTest::mouseMove(area, to);
    QTest::mouseRelease(area, Qt::LeftButton, {}, to);
    QVERIFY(f->settle());
    QVERIFY2(softnessNow(*f) > 5e3 && softnessNow(*f) < 2e4, qPrintable(QString::number(softnessNow(*f))));
    QCOMPARE(f->get<SoftnessControl>("softnessControl")->softness(), softnessNow(*f));
}

void TestTradeOff::failedFrontierIsToldInPlace() {
    m_script->fail_frontier = true;
    auto f = open();
    show(*f);
    auto* failure = f->get<FailureLine>("tradeOffFailure");
    QVERIFY(failure->isVisible());
    QVERIFY(failure->text().contains(QStringLiteral("could not be decomposed")));
    QVERIFY(f->get<SoftnessSlider>("softnessSlider")->isEnabled());
    f->get<SoftnessControl>("softnessControl")->choose(300); // the knob works all the same
    QVERIFY(f->settle());
    QCOMPARE(softnessNow(*f), 300.0);
}

void TestTradeOff::failedSofteningGoesBack() {
    auto f = open();
    show(*f);
    m_script->fail_soften = true;
    f->get<SoftnessControl>("softnessControl")->choose(300);
    QVERIFY(f->settle());
    QVERIFY(f->get<FailureLine>("tradeOffFailure")->isVisible());
    QCOMPARE(f->get<SoftnessControl>("softnessControl")->softness(), softnessNow(*f));
    QCOMPARE(softnessNow(*f), 0.0);
}

void TestTradeOff::clickWithoutMovingAsksNothing() {
    auto f = open();
    show(*f);
    f->get<SoftnessControl>("softnessControl")->choose(softnessNow(*f));
    QVERIFY(f->settle());
    QCOMPARE(m_script->softenings.load(), 0);
}

void TestTradeOff::resetGoesBackToTheRecipe() {
    auto f = open();
    show(*f);
    auto* reset = f->get<QToolButton>("softnessReset");
    QVERIFY(!reset->isEnabled());
    f->get<SoftnessControl>("softnessControl")->choose(300);
    QVERIFY(f->settle());
    QVERIFY(reset->isEnabled()); // though the report has the new softness
    reset->click();
    QVERIFY(f->settle());
    QCOMPARE(softnessNow(*f), 0.0);
    QVERIFY(!reset->isEnabled());
}

void TestTradeOff::otherBatchOtherFrontier() {
    auto f = open();
    f->workbench.apply({1});
    QVERIFY(f->settle());
    show(*f);
    QCOMPARE(m_script->frontiers.load(), 1);
    f->get<SoftnessControl>("softnessControl")->choose(300);
    QVERIFY(f->settle());
    f->window.editsPanel().selectRow(1);
    QVERIFY(f->settle());
    QCOMPARE(m_script->frontiers.load(), 2);
    QCOMPARE(f->get<SoftnessControl>("softnessControl")->softness(), 0.0);
    QVERIFY(f->get<QLabel>("tradeOffCaption")->text().contains(QStringLiteral("Marie Curie")));
    // The first one was softened underneath it.
    QVERIFY(f->get<QLabel>("tradeOffPhase")->text().contains(QStringLiteral("Stale")));
}

void TestTradeOff::switchedOffSaysSo() {
    auto f = open();
    show(*f);
    auto* panel = f->get<TradeOffPanel>("tradeOffPanel");
    QVERIFY(panel->isShowing());
    f->workbench.studio().switchBatch(f->workbench.studio().ledger().entries[0].id, false, false);
    QVERIFY(f->settle());
    QVERIFY(!panel->isShowing());
    f->workbench.studio().switchBatch(f->workbench.studio().ledger().entries[0].id, true, false);
    QVERIFY(f->settle());
    QVERIFY(panel->isShowing());
    f->action(ActionId::Undo)->trigger();
    QVERIFY(f->settle());
    QVERIFY(!panel->isShowing());
}

void TestTradeOff::busyIsShown() {
    auto f = open();
    m_script->frontier_ms = 200;
    f->action(ActionId::ShowTradeOff)->trigger();
    auto* waiting = f->get<EmptyState>("frontierWaiting");
    QTRY_VERIFY(waiting->isVisible() && waiting->accessibleName().startsWith(QStringLiteral("Preparing")));
    QVERIFY(f->settle());
    QVERIFY(!waiting->isVisible());
}

void TestTradeOff::frontierStandsBackForAnEdit() {
    auto f = open();
    m_script->frontier_ms = 60000;
    f->action(ActionId::ShowTradeOff)->trigger();
    QTRY_COMPARE(m_script->frontiers.load(), 1);
    m_script->frontier_ms = 0;
    f->workbench.apply({1});
    QVERIFY(f->settle(20000)); // it did not wait for a minute
    QCOMPARE(m_script->applies.load(), 2);
    QTRY_COMPARE(m_script->frontiers.load(), 2); // asked again
    QVERIFY(f->settle());
    QVERIFY(f->get<QTableView>("frontierTable")->model()->rowCount() > 10);
}

void TestTradeOff::preparedEditsHaveAPreview() {
    auto f = open(false);
    show(*f);
    auto* preview = f->get<EmptyState>("tradeOffEmpty")->findChild<QPushButton*>();
    QVERIFY(preview && preview->isVisible());
    QVERIFY2(preview->text().contains(QStringLiteral("1 prepared")), qPrintable(preview->text()));
    f->get<QComboBox>("recipe_algorithm")->setCurrentText(QStringLiteral("MEMIT"));
    QVERIFY(f->settle());
    preview->click();
    QVERIFY(f->settle());
    auto* panel = f->get<TradeOffPanel>("tradeOffPanel");
    QVERIFY(panel->isShowing());
    QCOMPARE(m_script->overlays.load(), 1);
    QVERIFY(f->get<QTableView>("frontierTable")->model()->rowCount() > 10);
    QVERIFY(f->get<QLabel>("tradeOffPhase")->text().startsWith(QStringLiteral("Preview")));
    emit f->get<FrontierPlot>("frontierPlot")->softnessChosen(20000);
    QVERIFY(f->settle());
    QCOMPARE(f->get<RecipePanel>("recipePanel")->recipe().softness.value_or(-1), 20000.0);
    QCOMPARE(f->get<FrontierPlot>("frontierPlot")->softness(), 20000.0); // the mark is where the recipe is
    QVERIFY(panel->isShowing());
    QCOMPARE(m_script->softenings.load(), 0);
    QCOMPARE(m_script->applies.load(), 0);
    f->edits().setData(f->edits().index(0, EditsModel::Object), QStringLiteral("London"));
    QVERIFY(f->settle());
    QTRY_VERIFY(!panel->isShowing()); // of another text
}

// Two edits that ask the same question: the answer of one is not shown as the other's.
void TestTradeOff::theOtherEditOfThePromptStays() {
    std::vector<EditRequest> drafts{fakeDrafts().front(), fakeDrafts().front()};
    drafts[1].object = "London";
    auto f = openWindow(*m_theme, m_script, drafts);
    QVERIFY(f->settle());
    f->window.editsPanel().selectRow(0);
    f->workbench.apply({0, 1});
    QVERIFY(f->settle());
    auto* bars = f->get<ProbabilityBars>("probabilityBars");
    const double after = bars->entries().at(0).after.value();
    Studio& studio = f->workbench.studio();
    QSignalSpy softened(&studio, &Studio::softened);
    SoftnessRequest request;
    request.batch_id = studio.ledger().entries.front().id;
    request.softness = 1e6;
    request.watch = {drafts[1]};
    studio.setSoftness(request, f->edits().row(1).id);
    QVERIFY(softened.wait());
    QCOMPARE(softened[0][3].toULongLong(), f->edits().row(1).id);
    QCOMPARE(bars->entries().at(0).after.value(), after); // until the hand rests
}

QTEST_MAIN(TestTradeOff)
#include "test_trade_off.moc"
