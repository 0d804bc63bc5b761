// SPDX-License-Identifier: GPL-3.0-or-later
// Layers picked by mouse and keyboard, numbers that walk by size, the slider over them.
#include "panel_fixture.h"
#include "panels/layer_picker.h"
#include "panels/recipe_editors.h"
#include "panels/recipe_panel.h"

#include <QSignalSpy>
#include <QtTest>

using namespace emend;
using namespace emend::test;
using namespace emend::ui;

class TestRecipeEditors : public QObject {
    Q_OBJECT

  private slots:
    void layersByMouse();
    void layersByKeyboard();
    void manyLayersWrap();
    void numbersWalkTheLadder();
    void softnessSliderAgrees();
};

void TestRecipeEditors::layersByMouse() {
    RecipePanel panel;
    panel.setModel(fakeModel());
    chooseAlgorithm(panel, "MEMIT");
    panel.resize(340, 900);
    panel.show();
    QVERIFY(QTest::qWaitForWindowExposed(&panel));
    auto* picker = panel.findChild<LayerPicker*>();
    const auto at = [&](int layer) { return picker->cell(layer).center(); };
    QTest::mousePress(picker, Qt::LeftButton, {}, at(2));
    QTest::mouseMove(picker, at(5));
    QTest::mouseRelease(picker, Qt::LeftButton, {}, at(5));
    QCOMPARE(panel.recipe().layers, (std::vector<int>{2, 3, 4, 5}));
    QCOMPARE(get<QLineEdit>(panel, "recipe_layers")->text(), QStringLiteral("2-5"));
    QTest::mouseClick(picker, Qt::LeftButton, Qt::ControlModifier, at(4));
    QCOMPARE(panel.recipe().layers, (std::vector<int>{2, 3, 5}));
    QTest::mouseClick(picker, Qt::LeftButton, Qt::ShiftModifier, at(6)); // from the last one on
    QCOMPARE(panel.recipe().layers, (std::vector<int>{4, 5, 6}));
    chooseAlgorithm(panel, "FT-L"); // one layer: a drag moves it
    QTest::mousePress(picker, Qt::LeftButton, {}, at(1));
    QTest::mouseMove(picker, at(3));
    QTest::mouseRelease(picker, Qt::LeftButton, {}, at(3));
    QCOMPARE(panel.recipe().layers, std::vector<int>{3});
    QVERIFY(panel.isValid());
}

void TestRecipeEditors::layersByKeyboard() {
    LayerPicker picker;
    picker.setLayerCount(8);
    picker.showLayers({2}, {2});
    QSignalSpy picked(&picker, &LayerPicker::picked);
    QTest::keyClick(&picker, Qt::Key_Right, Qt::ShiftModifier);
    QTest::keyClick(&picker, Qt::Key_Right, Qt::ShiftModifier);
    QCOMPARE(picker.layers(), (std::vector<int>{2, 3, 4}));
    QCOMPARE(picked.count(), 2);
    QTest::keyClick(&picker, Qt::Key_End);
    QCOMPARE(picker.layers(), (std::vector<int>{2, 3, 4})); // walking chooses nothing
    QTest::keyClick(&picker, Qt::Key_Space);
    QCOMPARE(picker.layers(), (std::vector<int>{2, 3, 4, 7}));
    QTest::keyClick(&picker, Qt::Key_Home);
    QTest::keyClick(&picker, Qt::Key_Return);
    QCOMPARE(picker.layers(), std::vector<int>{0});
    QTest::keyClick(&picker, Qt::Key_Space); // the last one stays
    QCOMPARE(picker.layers(), std::vector<int>{0});
}

void TestRecipeEditors::manyLayersWrap() {
    LayerPicker picker;
    picker.setLayerCount(48);
    QVERIFY(picker.heightForWidth(300) > picker.heightForWidth(3000));
    picker.resize(300, picker.heightForWidth(300));
    for (int layer = 0; layer < 48; ++layer) {
        QVERIFY(picker.rect().contains(picker.cell(layer)));
        QVERIFY(picker.cell(layer).width() >= picker.fontMetrics().horizontalAdvance(QStringLiteral("47")));
        if (layer > 0)
            QVERIFY(!picker.cell(layer).intersects(picker.cell(layer - 1)));
    }
}

void TestRecipeEditors::numbersWalkTheLadder() {
    QCOMPARE(sizeLadder(0.1, 10), (QList<double>{0, 0.1, 0.2, 0.5, 1, 2, 5, 10}));
    NumberBox box(0, 1e9, 1);
    box.setLadder(sizeLadder(0.1, 10));
    box.setValue(3);
    box.stepBy(1);
    QCOMPARE(box.value(), 5.0);
    box.stepBy(-2);
    QCOMPARE(box.value(), 1.0);
    box.stepBy(-10);
    QCOMPARE(box.value(), 0.0);
    box.setValue(5e-8);
    QCOMPARE(box.value(), 5e-8); // not rounded away
    box.setValue(15000);
    QCOMPARE(box.text(), QStringLiteral("15000"));
    box.selectAll();
    QTest::keyClicks(&box, QStringLiteral("2e4"));
    QTest::keyClick(&box, Qt::Key_Return);
    QCOMPARE(box.value(), 20000.0);
}

void TestRecipeEditors::softnessSliderAgrees() {
    RecipePanel panel;
    panel.setModel(fakeModel());
    chooseAlgorithm(panel, "MEMIT");
    auto* slider = get<LadderSlider>(panel, "recipeBelow_softness");
    auto* box = get<NumberBox>(panel, "recipe_softness");
    box->setValue(1000);
    const int rung = slider->value();
    QTest::keyClick(slider, Qt::Key_PageUp); // a power of ten
    QCOMPARE(panel.recipe().softness.value(), 10000.0);
    QCOMPARE(box->value(), 10000.0);
    box->setValue(1234); // stands between two rungs, and stays what it is
    QCOMPARE(slider->value(), rung);
    QCOMPARE(panel.recipe().softness.value(), 1234.0);
    QTest::keyClick(slider, Qt::Key_Home);
    QCOMPARE(panel.recipe().softness.value(), 0.0);
    QCOMPARE(box->text(), QStringLiteral("0 (exact)"));
}

QTEST_MAIN(TestRecipeEditors)
#include "test_recipe_editors.moc"
