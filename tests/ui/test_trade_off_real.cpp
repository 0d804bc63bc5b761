// SPDX-License-Identifier: GPL-3.0-or-later
// The knob and the history with the real engine and the bundled model.
#include "emend/edits_io.h"
#include "emend/paths.h"
#include "engine_loader.h"
#include "models/frontier_model.h"
#include "panels/panel_parts.h"
#include "panels/softness_control.h"
#include "panels/trade_off_panel.h"
#include "window_fixture.h"

#include <QElapsedTimer>
#include <QFile>
#include <QSignalSpy>

#include <algorithm>

using namespace emend;
using namespace emend::test;
using namespace emend::ui;

class TestTradeOffReal : public QObject {
    Q_OBJECT
  private slots:
    void initTestCase() {
        QVERIFY(m_cache.isValid());
        qputenv("EMEND_CACHE", m_cache.path().toUtf8());
        qputenv("EMEND_CONFIG", m_cache.path().toUtf8());
    }
    void knob_data();
    void knob();
    void switchingAndSolvingAgain();

  private:
    static std::unique_ptr<WindowFixture> open(Theme& theme) {
        const std::string model = demo_model_dir();
        if (!QFile::exists(QString::fromStdString(engine_library())) ||
            !QFile::exists(QString::fromStdString(model + "/model.safetensors")))
            qFatal("needs the engine library and the demo model");
        auto f = std::make_unique<WindowFixture>(theme, [] { return load_engine(); });
        f->workbench.addEdits(read_edits_file(model + "/drafts.json"), QStringLiteral("drafts"));
        f->window.openModel(QString::fromStdString(model));
        if (!f->settle(120000))
            qFatal("the model was not opened");
        f->window.editsPanel().selectRow(0);
        return f;
    }
    static const LedgerEntry& batch(WindowFixture& f, std::size_t index) {
        return f.workbench.studio().ledger().entries.at(index);
    }
    QTemporaryDir m_cache;
};

void TestTradeOffReal::knob_data() {
    QTest::addColumn<QByteArray>("algorithm");
    QTest::newRow("one layer") << QByteArray("EMMET");
    QTest::newRow("several layers") << QByteArray("MEMIT");
}

void TestTradeOffReal::knob() {
    QFETCH(QByteArray, algorithm);
    Theme theme;
    auto f = open(theme);
    f->workbench.setRecipe(default_recipe(*f->workbench.studio().model(), algorithm.constData()), true);
    f->workbench.apply({0});
    QVERIFY(f->settle(300000));
    QCOMPARE(f->edits().row(0).state, EditState::Applied);
    f->action(ActionId::ShowTradeOff)->trigger();
    QVERIFY(f->settle(60000));
    QVERIFY2(!f->get<FailureLine>("tradeOffFailure")->isVisible(),
             qPrintable(f->get<FailureLine>("tradeOffFailure")->text()));
    const auto* model = qobject_cast<const FrontierModel*>(f->get<QTableView>("frontierTable")->model());
    QVERIFY(model->rowCount() > 10);
    for (int row = 1; row < model->rowCount(); ++row) {
        QVERIFY(model->point(row).softness > model->point(row - 1).softness);
        QVERIFY(model->point(row).memorization >= model->point(row - 1).memorization * (1 - 1e-6));
    }

    QSignalSpy softened(&f->workbench.studio(), &Studio::softened);
    auto* slider = f->get<SoftnessSlider>("softnessSlider");
    const double from = batch(*f, 0).report->recipe.softness.value_or(0);
    const auto result = [&] { return softened.last().at(1).value<std::shared_ptr<const SoftnessResult>>(); };
    slider->setSliderDown(true);
    QList<double> times_ms;
    for (int step = 0; step <= SoftnessSlider::steps; step += SoftnessSlider::steps / 10) {
        if (slider->value() == step)
            continue;
        QElapsedTimer clock;
        clock.start();
        const auto before = softened.count();
        slider->setValue(step);
        while (softened.count() == before)
            QVERIFY(softened.wait(20000));
        times_ms << static_cast<double>(clock.nsecsElapsed()) / 1e6;
    }
    std::sort(times_ms.begin(), times_ms.end());
    qInfo("from slider to probabilities: %.1f ms, the slowest %.1f ms", times_ms[times_ms.size() / 2], times_ms.last());
    QVERIFY(result()->answers.front().p_new < 0.05); // as soft as can be: nothing was learnt
    QVERIFY2(f->get<TradeOffPanel>("tradeOffPanel")->isShowing(), "the panel went away under the hand");
    slider->setSliderDown(false);
    f->get<SoftnessControl>("softnessControl")->choose(from);
    QVERIFY(f->settle(60000));
    QVERIFY(softened.last().at(2).toBool());
    QVERIFY2(result()->answers.front().p_new > 0.5, qPrintable(QString::number(result()->answers.front().p_new)));
    QCOMPARE(batch(*f, 0).report->recipe.softness.value_or(-1), from);
    QCOMPARE(f->edits().row(0).state, EditState::Applied);
}

void TestTradeOffReal::switchingAndSolvingAgain() {
    Theme theme;
    auto f = open(theme);
    for (const int row : {0, 1}) {
        f->workbench.apply({row});
        QVERIFY(f->settle(300000));
    }
    const QString second = f->edits().index(1, EditsModel::Answer).data().toString();
    f->action(ActionId::ToggleHistory)->trigger();
    f->workbench.studio().switchBatch(batch(*f, 0).id, false, false);
    QVERIFY(f->settle(60000));
    QVERIFY(batch(*f, 1).stale);
    QVERIFY(f->action(ActionId::SolveStale)->isEnabled());
    QCOMPARE(f->edits().index(1, EditsModel::Answer).data().toString(), second); // the other edit holds
    f->action(ActionId::SolveStale)->trigger();
    QVERIFY(f->settle(60000));
    QVERIFY(!batch(*f, 1).stale);
    QVERIFY(!batch(*f, 0).active);
    f->action(ActionId::GoToCheckpoint)->trigger();
    QVERIFY(f->settle(60000));
    QCOMPARE(f->workbench.studio().ledger().position, std::size_t{0});
    QVERIFY(f->edits().index(1, EditsModel::Answer).data().toString() != second);
}

QTEST_MAIN(TestTradeOffReal)
#include "test_trade_off_real.moc"
