// SPDX-License-Identifier: GPL-3.0-or-later
// Another distribution laid over the frontier, and layers that are pointed at in every view at once.
#include "fake_window.h"
#include "models/frontier_model.h"
#include "panels/layer_picker.h"
#include "panels/panel_parts.h"
#include "panels/softness_control.h"
#include "panels/trade_off_panel.h"
#include "plots/frontier_plot.h"
#include "plots/norm_bars.h"
#include "plots/norm_history_plot.h"
#include "plots/theme_colors.h"

#include <QComboBox>
#include <QLabel>
#include <QSignalSpy>

using namespace emend;
using namespace emend::test;
using namespace emend::ui;

class TestFrontierOverlay : public QObject {
    Q_OBJECT

    std::unique_ptr<Theme> m_theme;
    std::shared_ptr<FakeScript> m_script;

    // The first draft applied with MEMIT, looked at in the Trade-off tab.
    std::unique_ptr<WindowFixture> open(const std::vector<int>& layers, const char* algorithm = "MEMIT") {
        m_script = std::make_shared<FakeScript>();
        auto made = openSettled(*m_theme, m_script);
        Recipe recipe = default_recipe(*made->workbench.studio().model(), algorithm);
        recipe.layers = layers;
        recipe.distribution = layers.size() > 1 ? "spread" : "single";
        made->workbench.setRecipe(recipe, true);
        made->window.editsPanel().selectRow(0);
        made->workbench.apply({0});
        made->action(ActionId::ShowTradeOff)->trigger();
        if (!made->settle())
            qFatal("did not settle");
        return made;
    }
    static FrontierModel* model(WindowFixture& f) {
        return qobject_cast<FrontierModel*>(f.get<QTableView>("frontierTable")->model());
    }
    static void choose(WindowFixture& f, const QString& distribution) {
        auto* box = f.get<QComboBox>("frontierOverlay");
        const int index = box->findData(distribution);
        if (index < 0)
            qFatal("there is no such choice");
        box->setCurrentIndex(index);
        emit box->activated(index);
        if (!f.settle())
            qFatal("did not settle");
    }

  private slots:
    void initTestCase() { m_theme = std::make_unique<Theme>(); }

    void modelHoldsBoth();
    void lineIsDrawnDashed();
    void keysChangeOver();
    void singleIsLaidOverSpread();
    void overlayFollowsTheKnob();
    void oneLayerIsSpreadBelowIt();
    void oneLayerAlgorithmsHaveNone();
    void failedOverlayIsToldInPlace();
    void pointedAtInEveryView();

  private:
    static std::shared_ptr<const Frontier> frontier(double scale) {
        auto made = std::make_shared<Frontier>();
        made->layers.resize(1);
        made->layers[0].layer = 2;
        for (const double mu : {0.0, 1.0, 10.0, 100.0})
            made->layers[0].points.push_back(
                {mu, scale / (1 + mu), scale * mu * mu / ((1 + mu) * (1 + mu)) + 1e-3, 1 / (1 + mu)});
        made->total = made->layers[0].points;
        return made;
    }
};

void TestFrontierOverlay::modelHoldsBoth() {
    FrontierModel model;
    model.setFrontier(frontier(1), QStringLiteral("Louvre → Rome"));
    QCOMPARE(model.columnCount(), int(FrontierModel::Curve));
    model.setOverlay(frontier(0.5), QStringLiteral("spread"), QStringLiteral("single"));
    QCOMPARE(model.columnCount(), int(FrontierModel::ColumnCount));
    QCOMPARE(model.rowCount(), 8);
    QCOMPARE(model.ownCount(), 4);
    QVERIFY(!model.isOverlay(3));
    QVERIFY(model.isOverlay(4));
    QCOMPARE(model.index(3, FrontierModel::Curve).data().toString(), QStringLiteral("spread"));
    QCOMPARE(model.index(4, FrontierModel::Curve).data().toString(), QStringLiteral("single"));
    QCOMPARE(model.point(4).preservation, 0.5);
    QVERIFY(model.describeRow(4).startsWith(QStringLiteral("single: ")));
    QCOMPARE(model.nearestRow(100), 3); // the knob is the own one's
    const QStringList lines = model.toCsv().trimmed().split(u'\n');
    QCOMPARE(lines[0], QStringLiteral("distribution,layer,softness,preservation,memorization,update_norm"));
    QCOMPARE(lines.size(), 1 + 2 * 2 * 4);
    QVERIFY(lines[1].startsWith(QStringLiteral("spread,sum,0,")));
    QVERIFY(lines.last().startsWith(QStringLiteral("single,2,100,")));
    model.setFrontier(frontier(1), {});
    QCOMPARE(model.rowCount(), 4); // another frontier has none to begin with
}

void TestFrontierOverlay::lineIsDrawnDashed() {
    FrontierModel model;
    FrontierPlot plot(model);
    plot.resize(520, 420);
    plot.show();
    model.setFrontier(frontier(1), {});
    const auto dark = [&] {
        const QImage image = QImage::fromData(plot.render(ChartFormat::Png, 3));
        int found = 0;
        for (int y = 0; y < image.height(); ++y)
            for (int x = 0; x < image.width(); ++x)
                found += image.pixelColor(x, y) == ThemeColors::light().text ? 1 : 0;
        return found;
    };
    const int before = dark();
    model.setOverlay(frontier(0.5), QStringLiteral("spread"), QStringLiteral("single"));
    const int with = dark();
    QVERIFY2(with > before + 1000, qPrintable(QStringLiteral("%1 %2").arg(before).arg(with)));
    model.setOverlay(nullptr, {}, {});
    QVERIFY(qAbs(dark() - before) < 100);
}

void TestFrontierOverlay::keysChangeOver() {
    FrontierModel model;
    FrontierPlot plot(model);
    model.setFrontier(frontier(1), {});
    plot.setSoftness(1);
    QTest::keyClick(&plot, Qt::Key_PageDown);
    QCOMPARE(plot.currentRow(), -1); // there is only one
    model.setOverlay(frontier(0.5), QStringLiteral("spread"), QStringLiteral("single"));
    QSignalSpy chosen(&plot, &FrontierPlot::softnessChosen);
    QTest::keyClick(&plot, Qt::Key_End);
    QCOMPARE(plot.currentRow(), 3);
    QTest::keyClick(&plot, Qt::Key_PageDown);
    QCOMPARE(plot.currentRow(), 4);
    QTest::keyClick(&plot, Qt::Key_Right);
    QCOMPARE(plot.currentRow(), 4); // no further
    QTest::keyClick(&plot, Qt::Key_End);
    QCOMPARE(plot.currentRow(), 7);
    QTest::keyClick(&plot, Qt::Key_Return);
    QCOMPARE(chosen.count(), 0); // the softness of another recipe
    QTest::keyClick(&plot, Qt::Key_PageUp);
    QCOMPARE(plot.currentRow(), 0);
    QTest::keyClick(&plot, Qt::Key_Return);
    QCOMPARE(chosen.count(), 1);
}

void TestFrontierOverlay::singleIsLaidOverSpread() {
    auto f = open({1, 2, 3});
    QCOMPARE(m_script->overlays.load(), 0); // costs a solve: only when asked for
    choose(*f, QStringLiteral("single"));
    QCOMPARE(m_script->overlays.load(), 1);
    QCOMPARE(model(*f)->rowCount(), 2 * model(*f)->ownCount());
    QCOMPARE(model(*f)->overlay()->layers.size(), std::size_t(1));
    QCOMPARE(model(*f)->overlay()->layers[0].layer, 3); // where the values were found
    QCOMPARE(model(*f)->overlayName(), QStringLiteral("single"));
    auto* box = f->get<QComboBox>("frontierOverlay");
    QCOMPARE(box->findData(QStringLiteral("spread")), -1);  // it is what was applied
    QCOMPARE(box->findData(QStringLiteral("weights")), -1); // nobody gave any
    choose(*f, QString());
    QVERIFY(!model(*f)->overlay());
    QCOMPARE(m_script->overlays.load(), 1);
    // Nothing was written for it.
    QCOMPARE(f->workbench.studio().ledger().entries.size(), std::size_t(1));
}

void TestFrontierOverlay::overlayFollowsTheKnob() {
    auto f = open({1, 2, 3});
    choose(*f, QStringLiteral("root-spread"));
    const int asked = m_script->overlays;
    f->get<SoftnessControl>("softnessControl")->choose(300);
    QVERIFY(f->settle());
    QCOMPARE(m_script->overlays.load(), asked + 1); // on what the settled batch left underneath
    QVERIFY(model(*f)->overlay());
    QCOMPARE(f->get<QComboBox>("frontierOverlay")->currentData().toString(), QStringLiteral("root-spread"));
}

void TestFrontierOverlay::oneLayerIsSpreadBelowIt() {
    auto f = open({5});
    choose(*f, QStringLiteral("spread"));
    QVERIFY(model(*f)->overlay());
    QCOMPARE(model(*f)->overlay()->layers.size(), std::size_t(3)); // as many as MEMIT writes by itself
    QCOMPARE(model(*f)->overlay()->layers.back().layer, 5);
}

void TestFrontierOverlay::oneLayerAlgorithmsHaveNone() {
    auto f = open({1}, "ROME");
    auto* box = f->get<QComboBox>("frontierOverlay");
    QVERIFY(!box->isEnabled());
    QVERIFY(box->toolTip().contains(QStringLiteral("ROME writes one layer")));
}

void TestFrontierOverlay::failedOverlayIsToldInPlace() {
    auto f = open({1, 2, 3});
    m_script->fail_overlay = true;
    choose(*f, QStringLiteral("single"));
    QVERIFY(f->get<FailureLine>("tradeOffFailure")->text().contains(QStringLiteral("could not be solved")));
    QCOMPARE(f->get<QComboBox>("frontierOverlay")->currentIndex(), 0);
    QVERIFY(!model(*f)->overlay());
    QVERIFY(model(*f)->ownCount() > 0); // the own one stays
}

void TestFrontierOverlay::pointedAtInEveryView() {
    auto f = open({1, 2, 3});
    f->action(ActionId::ShowUpdate)->trigger();
    QVERIFY(f->settle());
    auto* bars = f->get<NormBars>("normBars");
    auto* lines = f->get<NormHistoryPlot>("normHistoryPlot");
    auto* frontier = f->get<FrontierPlot>("frontierPlot");
    auto* picker = f->window.findChild<LayerPicker*>();
    QVERIFY(picker);
    // From a chart to the recipe.
    QTest::keyClick(bars, Qt::Key_End);
    QTest::keyClick(bars, Qt::Key_Home);
    QTest::keyClick(bars, Qt::Key_Right);
    for (const ChartView* chart : {static_cast<ChartView*>(lines), static_cast<ChartView*>(frontier)})
        QCOMPARE(chart->highlightedLayer(), 1);
    QCOMPARE(picker->highlightedLayer(), 1);
    // And the other way round.
    QTest::mouseMove(picker, picker->cell(4).center());
    QCOMPARE(bars->highlightedLayer(), 4);
    QCOMPARE(lines->highlightedLayer(), 4);
    QEvent leave(QEvent::Leave);
    QCoreApplication::sendEvent(picker, &leave);
    QCOMPARE(bars->highlightedLayer(), -1);
}

QTEST_MAIN(TestFrontierOverlay)
#include "test_frontier_overlay.moc"
