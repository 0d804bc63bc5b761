// SPDX-License-Identifier: GPL-3.0-or-later
// The recipe: which fields an algorithm has, what is kept from one to another, what is told when something is wrong.
#include "panel_fixture.h"
#include "panels/recipe_editors.h"
#include "panels/recipe_panel.h"

#include <QCheckBox>
#include <QLabel>
#include <QPushButton>
#include <QSignalSpy>
#include <QToolButton>
#include <QtTest>

using namespace emend;
using namespace emend::test;
using namespace emend::ui;

class TestRecipePanel : public QObject {
    Q_OBJECT

    // Whether the field is offered: neither hidden itself nor in a fold that is gone.
    static bool offers(RecipePanel& panel, const char* id) {
        return !get<QWidget>(panel, (QByteArray("recipeField_") + id).constData())->isHidden();
    }
    static QString told(RecipePanel& panel, const char* id) {
        return get<QLabel>(panel, (QByteArray("recipeExplanation_") + id).constData())->text();
    }

  private slots:
    void recipeFollowsTheModel();
    void recipeLayersAndDistribution();
    void recipeWrongLayersAreMarked_data();
    void recipeWrongLayersAreMarked();
    void recipeTakesFiles();
    void recipeResets();
    void recipeAlgorithmKeepsChanges();
    void recipeEveryFieldIsExplained();
    void everyAlgorithmIsSound();
    void onlyFieldsInUseAreShown_data();
    void onlyFieldsInUseAreShown();
    void whatIsSetComesBack();
    void softnessKeepsItsUnits();
    void weightsFollowTheLayers();
    void wrongWeightsAreMarked();
    void oneAfterAnother();
    void faultInAFoldOpensIt();
    void faultGoesWithItsCause();
    void givenContextsAreShown();
};

void TestRecipePanel::recipeFollowsTheModel() {
    RecipePanel panel;
    QVERIFY(!panel.isValid());
    QSignalSpy changed(&panel, &RecipePanel::recipeChanged);
    panel.setModel(fakeModel());
    QVERIFY(panel.isValid());
    QVERIFY(changed.count() > 0);
    QCOMPARE(panel.recipe(), default_recipe(fakeModel(), algorithms().front().id));
    QCOMPARE(get<QComboBox>(panel, "recipe_algorithm")->count(), int(algorithms().size()));
}

void TestRecipePanel::recipeLayersAndDistribution() {
    RecipePanel panel;
    panel.setModel(fakeModel());
    auto* layers = get<QLineEdit>(panel, "recipe_layers");
    auto* algorithm = get<QComboBox>(panel, "recipe_algorithm");
    QVERIFY(get<QWidget>(panel, "recipeField_distribution")->isHidden());
    // ROME writes one layer; told with what to do about it.
    layers->setText(QStringLiteral("0-2"));
    QVERIFY(!panel.isValid());
    QVERIFY(get<QLabel>(panel, "recipeExplanation_layers")->text().contains(QStringLiteral("MEMIT")));
    layers->setText(QStringLiteral("1"));
    QVERIFY(panel.isValid());
    algorithm->setCurrentIndex(algorithm->findData(QStringLiteral("MEMIT")));
    QCOMPARE(panel.recipe().layers, std::vector<int>{1}); // chosen by hand: kept
    layers->setText(QStringLiteral("0-2"));
    QCOMPARE(panel.recipe().layers, (std::vector<int>{0, 1, 2}));
    QCOMPARE(panel.recipe().distribution, std::string("spread"));
    QVERIFY(!get<QWidget>(panel, "recipeField_distribution")->isHidden());
    QVERIFY(panel.isValid());
    layers->setText(QStringLiteral("3"));
    QCOMPARE(panel.recipe().distribution, std::string("single"));
    QVERIFY(panel.isValid());
    // Back to an algorithm of one layer: its own layer, not an error.
    layers->setText(QStringLiteral("2-4"));
    algorithm->setCurrentIndex(algorithm->findData(QStringLiteral("ROME")));
    QVERIFY(panel.isValid());
    QCOMPARE(panel.recipe().layers.size(), std::size_t{1});
}

void TestRecipePanel::recipeWrongLayersAreMarked_data() {
    QTest::addColumn<QString>("text");
    QTest::newRow("words") << "all";
    QTest::newRow("empty") << "";
    QTest::newRow("too deep") << "99";
    QTest::newRow("backwards") << "5-3";
}

void TestRecipePanel::recipeWrongLayersAreMarked() {
    QFETCH(QString, text);
    RecipePanel panel;
    panel.setModel(fakeModel());
    auto* layers = get<QLineEdit>(panel, "recipe_layers");
    auto* told = get<QLabel>(panel, "recipeExplanation_layers");
    const QString explanation = told->text();
    layers->setText(text);
    QVERIFY(!panel.isValid());
    QVERIFY(told->text() != explanation);
    QCOMPARE(layers->text(), text); // not corrected under the cursor
    layers->setText(QStringLiteral("1"));
    QVERIFY(panel.isValid());
    QCOMPARE(told->text(), explanation);
}

void TestRecipePanel::recipeTakesFiles() {
    RecipePanel panel;
    panel.setModel(fakeModel());
    auto* corpus = get<QLineEdit>(panel, "recipe_corpus");
    QVERIFY(panel.recipe().corpus.empty());
    corpus->setText(QStringLiteral("/texts/corpus.txt"));
    get<QLineEdit>(panel, "recipe_statistics_file")->setText(QStringLiteral("/texts/statistics.safetensors"));
    QCOMPARE(panel.recipe().corpus, std::string("/texts/corpus.txt"));
    QCOMPARE(panel.recipe().statistics_file, std::string("/texts/statistics.safetensors"));
    get<QToolButton>(panel, "recipeReset_corpus")->click();
    QVERIFY(panel.recipe().corpus.empty());
}

void TestRecipePanel::recipeResets() {
    RecipePanel panel;
    panel.setModel(fakeModel());
    const Recipe before = panel.recipe();
    auto* clamp = get<QDoubleSpinBox>(panel, "recipe_clamp");
    auto* reset = get<QToolButton>(panel, "recipeReset_clamp");
    QVERIFY(reset->isHidden());
    clamp->setValue(before.values.clamp + 1);
    QCOMPARE(panel.recipe().values.clamp, before.values.clamp + 1);
    QVERIFY(!reset->isHidden());
    reset->click();
    QCOMPARE(panel.recipe(), before);
    clamp->setValue(before.values.clamp + 2);
    get<QLineEdit>(panel, "recipe_layers")->setText(QStringLiteral("nonsense"));
    QVERIFY(!panel.isValid());
    get<QPushButton>(panel, "recipeResetAll")->click();
    QCOMPARE(panel.recipe(), before);
    QVERIFY(panel.isValid());
}

void TestRecipePanel::recipeAlgorithmKeepsChanges() {
    RecipePanel panel;
    panel.setModel(fakeModel());
    get<QDoubleSpinBox>(panel, "recipe_learning_rate")->setValue(0.125);
    get<QComboBox>(panel, "recipe_algorithm")->setCurrentIndex(1);
    const Recipe usual = default_recipe(fakeModel(), algorithms()[1].id);
    QCOMPARE(panel.recipe().algorithm, std::string(algorithms()[1].id));
    QCOMPARE(panel.recipe().values.learning_rate, 0.125);
    QCOMPARE(panel.recipe().values.clamp, usual.values.clamp);
    QVERIFY(panel.isValid());
}

void TestRecipePanel::recipeEveryFieldIsExplained() {
    RecipePanel panel;
    panel.setModel(fakeModel());
    const auto told = panel.findChildren<QLabel*>(QRegularExpression(QStringLiteral("^recipeExplanation_")));
    QVERIFY(told.size() >= 10);
    for (const QLabel* label : told)
        QVERIFY2(!label->text().isEmpty(), qPrintable(label->objectName()));
}

void TestRecipePanel::everyAlgorithmIsSound() {
    RecipePanel panel;
    panel.setModel(fakeModel());
    auto* box = get<QComboBox>(panel, "recipe_algorithm");
    for (int i = 0; i < box->count(); ++i) {
        box->setCurrentIndex(i);
        QVERIFY2(panel.isValid(), qPrintable(box->currentText() + QStringLiteral(": ") + told(panel, "algorithm")));
        QCOMPARE(told(panel, "algorithm"), QString::fromStdString(std::string(algorithms()[size_t(i)].explanation)));
        QCOMPARE(panel.recipe(), default_recipe(fakeModel(), algorithms()[size_t(i)].id));
    }
    auto* schemes = get<QComboBox>(panel, "recipe_distribution");
    chooseAlgorithm(panel, "MEMIT");
    get<QLineEdit>(panel, "recipe_layers")->setText(QStringLiteral("0-3"));
    for (int i = 0; i < schemes->count(); ++i) {
        if (schemes->itemText(i) == u"single")
            continue; // takes one layer; the panel chooses it by itself
        schemes->setCurrentIndex(i);
        QVERIFY2(panel.isValid(), qPrintable(schemes->currentText()));
        QCOMPARE(told(panel, "distribution"),
                 QString::fromStdString(std::string(distributions()[size_t(i)].explanation)));
    }
}

void TestRecipePanel::onlyFieldsInUseAreShown_data() {
    QTest::addColumn<QByteArray>("algorithm");
    QTest::addColumn<QByteArrayList>("shown");
    QTest::addColumn<QByteArrayList>("hidden");
    QTest::newRow("ROME") << QByteArray("ROME") << QByteArrayList{"softness", "clamp", "ridge", "samples", "batch"}
                          << QByteArrayList{"alpha",          "null_space_threshold", "largest_change",
                                            "merge_subjects", "distribution",         "weights",
                                            "contexts"};
    QTest::newRow("EMMET") << QByteArray("EMMET") << QByteArrayList{"alpha", "distribution", "merge_subjects"}
                           << QByteArrayList{"weights", "null_space_threshold", "largest_change"};
    QTest::newRow("ENCORE") << QByteArray("ENCORE") << QByteArrayList{"norm_weight", "steps_after_argmax"}
                            << QByteArrayList{"alpha", "null_space_threshold"};
    QTest::newRow("AlphaEdit") << QByteArray("AlphaEdit") << QByteArrayList{"null_space_threshold", "statistics_file"}
                               << QByteArrayList{"use_statistics", "ridge", "norm_weight", "alpha"};
    QTest::newRow("FT-L") << QByteArray("FT-L") << QByteArrayList{"largest_change", "steps", "learning_rate"}
                          << QByteArrayList{"softness", "ridge", "clamp", "samples", "merge_subjects", "corpus"};
}

void TestRecipePanel::onlyFieldsInUseAreShown() {
    QFETCH(QByteArray, algorithm);
    QFETCH(QByteArrayList, shown);
    QFETCH(QByteArrayList, hidden);
    RecipePanel panel;
    panel.setModel(fakeModel());
    chooseAlgorithm(panel, algorithm.constData());
    for (const QByteArray& id : shown)
        QVERIFY2(offers(panel, id.constData()), id.constData());
    for (const QByteArray& id : hidden)
        QVERIFY2(!offers(panel, id.constData()), id.constData());
    // A fold without a field is no fold.
    QCOMPARE(get<QWidget>(panel, "foldStatistics")->isHidden(), algorithm == "FT-L");
}

void TestRecipePanel::whatIsSetComesBack() {
    RecipePanel panel;
    panel.setModel(fakeModel());
    chooseAlgorithm(panel, "MEMIT");
    get<QLineEdit>(panel, "recipe_layers")->setText(QStringLiteral("1-3"));
    auto* schemes = get<QComboBox>(panel, "recipe_distribution");
    schemes->setCurrentIndex(schemes->findText(QStringLiteral("root-spread")));
    get<QCheckBox>(panel, "recipe_merge_subjects")->setChecked(true);
    chooseAlgorithm(panel, "ROME"); // has neither
    QCOMPARE(panel.recipe(), default_recipe(fakeModel(), "ROME"));
    QVERIFY(panel.isValid());
    chooseAlgorithm(panel, "EMMET");
    QCOMPARE(panel.recipe().layers, (std::vector<int>{1, 2, 3}));
    QCOMPARE(panel.recipe().distribution, std::string("root-spread"));
    QVERIFY(panel.recipe().merge_subjects);
    QVERIFY(panel.isValid());
    panel.resetAll();
    chooseAlgorithm(panel, "EMMET"); // reset is forgotten
    QCOMPARE(panel.recipe(), default_recipe(fakeModel(), "EMMET"));
}

void TestRecipePanel::softnessKeepsItsUnits() {
    RecipePanel panel;
    panel.setModel(fakeModel());
    chooseAlgorithm(panel, "MEMIT");
    get<NumberBox>(panel, "recipe_softness")->setValue(7000);
    chooseAlgorithm(panel, "ENCORE");
    QCOMPARE(panel.recipe().softness.value(), 7000.0);
    chooseAlgorithm(panel, "AlphaEdit"); // counts in other units
    QCOMPARE(panel.recipe().softness, default_recipe(fakeModel(), "AlphaEdit").softness);
    chooseAlgorithm(panel, "MEMIT-seq");
    QCOMPARE(panel.recipe().softness.value(), 7000.0);
}

void TestRecipePanel::weightsFollowTheLayers() {
    RecipePanel panel;
    panel.setModel(fakeModel());
    chooseAlgorithm(panel, "MEMIT");
    auto* layers = get<QLineEdit>(panel, "recipe_layers");
    auto* weights = get<QLineEdit>(panel, "recipe_weights");
    layers->setText(QStringLiteral("0-2"));
    auto* schemes = get<QComboBox>(panel, "recipe_distribution");
    schemes->setCurrentIndex(schemes->findText(QStringLiteral("weights")));
    QVERIFY(offers(panel, "weights"));
    QCOMPARE(panel.recipe().weights, (std::vector<double>{1, 1, 1}));
    weights->setText(QStringLiteral("1, 2; 4"));
    QCOMPARE(panel.recipe().weights, (std::vector<double>{1, 2, 4}));
    layers->setText(QStringLiteral("1-3")); // each layer keeps its own
    QCOMPARE(panel.recipe().weights, (std::vector<double>{2, 4, 1}));
    QVERIFY(panel.isValid());
    schemes->setCurrentIndex(schemes->findText(QStringLiteral("spread")));
    QVERIFY(!offers(panel, "weights"));
}

void TestRecipePanel::wrongWeightsAreMarked() {
    RecipePanel panel;
    panel.setModel(fakeModel());
    chooseAlgorithm(panel, "MEMIT");
    get<QLineEdit>(panel, "recipe_layers")->setText(QStringLiteral("0-2"));
    auto* schemes = get<QComboBox>(panel, "recipe_distribution");
    schemes->setCurrentIndex(schemes->findText(QStringLiteral("weights")));
    auto* weights = get<QLineEdit>(panel, "recipe_weights");
    for (const char* wrong : {"1, 2", "1, two, 3", "1, 0, 1"}) {
        weights->setText(QString::fromLatin1(wrong));
        QVERIFY2(!panel.isValid(), wrong);
        QVERIFY(told(panel, "weights").contains(u'-')); // what and what to do
        QCOMPARE(weights->text(), QString::fromLatin1(wrong));
    }
    weights->setText(QStringLiteral("1, 2, 1"));
    QVERIFY(panel.isValid());
}

void TestRecipePanel::oneAfterAnother() {
    RecipePanel panel;
    panel.setModel(fakeModel());
    auto* batch = get<QSpinBox>(panel, "recipe_batch");
    QVERIFY(!batch->isEnabled());
    QCOMPARE(batch->text(), QStringLiteral("one by one"));
    chooseAlgorithm(panel, "MEMIT");
    QVERIFY(batch->isEnabled());
    QCOMPARE(batch->text(), QStringLiteral("all together"));
    batch->setValue(1);
    QCOMPARE(panel.recipe().batch, 1);
    QVERIFY(!offers(panel, "merge_subjects")); // nothing is solved together
    batch->setValue(50);
    QVERIFY(offers(panel, "merge_subjects"));
    chooseAlgorithm(panel, "ROME");
    QCOMPARE(panel.recipe().batch, 0);
    QVERIFY(panel.isValid());
}

void TestRecipePanel::faultInAFoldOpensIt() {
    RecipePanel panel;
    panel.setModel(fakeModel());
    panel.resize(360, 700);
    panel.show();
    auto* samples = get<QLineEdit>(panel, "recipe_samples");
    QVERIFY(!samples->isVisible());
    Recipe recipe = panel.recipe();
    recipe.contexts.samples = {{0, 5}}; // no tokens: from a file that somebody wrote
    panel.setRecipe(recipe);
    QVERIFY(!panel.isValid());
    QVERIFY(samples->isVisible());
    QVERIFY(told(panel, "samples").contains(QStringLiteral("length")));
    samples->setText(QStringLiteral("5 × 10, 3x2"));
    QVERIFY(panel.isValid());
    QCOMPARE(panel.recipe().contexts.samples, (std::vector<Contexts::Sample>{{10, 5}, {2, 3}}));
    samples->setText(QStringLiteral("five"));
    QVERIFY(!panel.isValid());
}

void TestRecipePanel::faultGoesWithItsCause() {
    RecipePanel panel;
    panel.setModel(fakeModel());
    get<QLineEdit>(panel, "recipe_layers")->setText(QStringLiteral("0-2")); // too many for ROME
    QVERIFY(!panel.isValid());
    chooseAlgorithm(panel, "MEMIT");
    QVERIFY(panel.isValid());
    QCOMPARE(panel.recipe().layers, (std::vector<int>{0, 1, 2}));
    QVERIFY(!told(panel, "layers").contains(QStringLiteral("ROME")));
}

void TestRecipePanel::givenContextsAreShown() {
    RecipePanel panel;
    panel.setModel(fakeModel());
    QVERIFY(offers(panel, "samples"));
    Recipe recipe = panel.recipe();
    recipe.contexts.groups = {{"{}"}, {"The. {}", "It. {}"}};
    panel.setRecipe(recipe);
    QVERIFY(!offers(panel, "samples"));
    QVERIFY(offers(panel, "contexts"));
    QVERIFY(get<QLineEdit>(panel, "recipe_contexts")->text().contains(u'3'));
    get<QToolButton>(panel, "recipeReset_contexts")->click();
    QVERIFY(panel.recipe().contexts.groups.empty());
    QVERIFY(offers(panel, "samples"));
}

QTEST_MAIN(TestRecipePanel)
#include "test_recipe_panel.moc"
