// SPDX-License-Identifier: GPL-3.0-or-later
// The trace tab in the window: its actions, its layers in the recipe, layers pointed at in every view.
#include "fake_engine.h"
#include "models/trace_model.h"
#include "panels/lens_table.h"
#include "panels/recipe_panel.h"
#include "panels/trace_panel.h"
#include "plots/trace_map.h"
#include "window_fixture.h"

#include <QComboBox>
#include <QLabel>
#include <QToolButton>

using namespace emend;
using namespace emend::test;
using namespace emend::ui;

class TestWindowTrace : public QObject {
    Q_OBJECT

    std::unique_ptr<Theme> m_theme;
    std::shared_ptr<FakeScript> m_script;

    std::unique_ptr<WindowFixture> open() {
        auto made = std::make_unique<WindowFixture>(*m_theme, fakeFactory(m_script));
        made->workbench.addEdits({fakeDrafts(), {}, "test"}, QStringLiteral("Drafts"));
        made->window.openModel(QStringLiteral("/models/demo_model"));
        if (!made->settle())
            qFatal("did not settle");
        made->window.editsPanel().selectRow(0);
        if (!made->settle())
            qFatal("did not settle");
        return made;
    }

  private slots:
    void initTestCase() { m_theme = std::make_unique<Theme>(); }
    void init() { m_script = std::make_shared<FakeScript>(); }

    void actionsRunAndCancel();
    void layersGoIntoTheRecipe();
    void lensIsLinkedToTheMap();
};

void TestWindowTrace::actionsRunAndCancel() {
    auto f = open();
    m_script->trace_ms = 3000;
    QTRY_VERIFY(f->action(ActionId::TraceFact)->isEnabled());
    f->action(ActionId::TraceFact)->trigger();
    auto* panel = f->get<TracePanel>("tracePanel");
    QVERIFY(panel->isVisible()); // the tab came forward
    QTRY_VERIFY(panel->isShowing());
    QTRY_VERIFY(!f->action(ActionId::TraceFact)->isEnabled());
    QTRY_VERIFY(f->action(ActionId::Cancel)->isEnabled());
    f->get<QToolButton>("traceRun")->click(); // says Cancel now
    QVERIFY(f->settle());
    QTRY_VERIFY(f->action(ActionId::TraceFact)->isEnabled());
    QVERIFY(panel->isShowing());
    m_script->trace_ms = 0;
    f->action(ActionId::ShowCompare)->trigger();
    f->action(ActionId::SuggestLayers)->trigger();
    QVERIFY(f->settle());
    QVERIFY(panel->isVisible());
    QCOMPARE(panel->scope(), TracePanel::Scope::Average);
    QCOMPARE(m_script->traces.load(), 4); // one was stopped
}

void TestWindowTrace::layersGoIntoTheRecipe() {
    auto f = open();
    f->action(ActionId::TraceFact)->trigger();
    QVERIFY(f->settle());
    auto* recipe = f->get<RecipePanel>("recipePanel");
    auto* said = f->get<QLabel>("statusText");
    auto* map = f->get<TraceMap>("traceMap");
    map->setCurrentCell({0, 2, 5});
    QTest::keyClick(map, Qt::Key_Return);
    QCOMPARE(recipe->recipe().layers, std::vector<int>{5});
    QVERIFY(said->text().contains(QStringLiteral("layer 5")));
    emit map->layersPicked(2, 4);
    QCOMPARE(recipe->recipe().layers, std::vector<int>{3}); // ROME writes one: the middle
    QVERIFY(said->text().contains(QStringLiteral("one layer only")));
    auto* algorithm = f->get<QComboBox>("recipe_algorithm");
    algorithm->setCurrentIndex(algorithm->findData(QStringLiteral("MEMIT")));
    emit map->layersPicked(2, 4);
    QCOMPARE(recipe->recipe().layers, (std::vector<int>{2, 3, 4}));
    QVERIFY(recipe->isValid());
    // Pointed at there, shown here.
    emit recipe->layerHovered(6);
    QCOMPARE(map->highlightedLayer(), 6);
    emit recipe->layerHovered(-1);
    QCOMPARE(map->highlightedLayer(), -1);
}

void TestWindowTrace::lensIsLinkedToTheMap() {
    auto f = open();
    f->action(ActionId::TraceFact)->trigger();
    QVERIFY(f->settle());
    auto* lens = f->get<LensTable>("lensTable");
    auto* map = f->get<TraceMap>("traceMap");
    QTRY_VERIFY(lens->model()->rowCount() > 3);
    emit map->layerHovered(2);
    QCOMPARE(lens->highlightedLayer(), 2);
    emit map->layerHovered(-1);
    QCOMPARE(lens->highlightedLayer(), -1);
    emit lens->entered(lens->model()->index(3, 0)); // the mouse is upon a row
    QCOMPARE(map->highlightedLayer(), 3);
    emit lens->viewportEntered();
    QCOMPARE(map->highlightedLayer(), -1);
}

QTEST_MAIN(TestWindowTrace)
#include "test_window_trace.moc"
