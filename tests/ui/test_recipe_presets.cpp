// SPDX-License-Identifier: GPL-3.0-or-later
// Recipes by name and from files: saved, chosen, deleted, dropped, read from the reference's hparams, and refused.
#include "emend/error.h"
#include "emend/paths.h"
#include "models/recipe_presets.h"
#include "models/text_format.h"
#include "panel_fixture.h"
#include "panels/panel_parts.h"
#include "panels/preset_bar.h"
#include "panels/recipe_editors.h"
#include "panels/recipe_panel.h"

#include <QAction>
#include <QDropEvent>
#include <QMimeData>
#include <QTemporaryDir>
#include <QtTest>

using namespace emend;
using namespace emend::test;
using namespace emend::ui;

class TestRecipePresets : public QObject {
    Q_OBJECT

    std::unique_ptr<QTemporaryDir> m_scratch;

    QString write(const QString& name, const QByteArray& text) const {
        QFile file(m_scratch->filePath(name));
        if (!file.open(QIODevice::WriteOnly) || file.write(text) != text.size())
            qFatal("cannot write %s", qPrintable(name));
        return file.fileName();
    }
    static Recipe someRecipe() {
        Recipe recipe = default_recipe(fakeModel(), "MEMIT");
        recipe.layers = {1, 2, 4};
        recipe.softness = 321;
        recipe.merge_subjects = true;
        return recipe;
    }
    static QString failure(RecipePanel& panel) {
        auto* line = panel.findChild<FailureLine*>(QStringLiteral("recipeFailure"));
        return line->isHidden() ? QString() : line->text();
    }
    static void drop(RecipePanel& panel, const QString& file) {
        QMimeData data;
        data.setUrls({QUrl::fromLocalFile(file)});
        QDropEvent event(QPointF(5, 5), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
        static_cast<QObject&>(panel).event(&event);
    }

  private slots:
    void init() {
        m_scratch = std::make_unique<QTemporaryDir>();
        qputenv("EMEND_CONFIG", m_scratch->filePath(QStringLiteral("config")).toUtf8());
    }
    void savedAndListed();
    void namesThatAreNoFiles_data();
    void namesThatAreNoFiles();
    void hparamsOfTheReference();
    void unreadableFiles_data();
    void unreadableFiles();
    void unwritableFolder();
    void barSavesChoosesAndDeletes();
    void barAsksBeforeItReplaces();
    void barKnowsWhatChanged();
    void brokenPresetIsTold();
    void droppedRecipe();
    void dropWithoutAModel();
};

void TestRecipePresets::savedAndListed() {
    QCOMPARE(presetNames(), QStringList());
    savePreset(QStringLiteral("Zwei"), someRecipe());
    savePreset(QStringLiteral("eins, für später"), default_recipe(fakeModel()));
    QCOMPARE(presetNames(), (QStringList{QStringLiteral("eins, für später"), QStringLiteral("Zwei")}));
    QCOMPARE(readRecipe(presetFile(QStringLiteral("Zwei")), fakeModel()), someRecipe());
    removePreset(QStringLiteral("Zwei"));
    QCOMPARE(presetNames().size(), 1);
    QVERIFY_EXCEPTION_THROWN(removePreset(QStringLiteral("Zwei")), Error);
}

void TestRecipePresets::namesThatAreNoFiles_data() {
    QTest::addColumn<QString>("name");
    QTest::newRow("empty") << "";
    QTest::newRow("blank") << "  ";
    QTest::newRow("up") << "../evil";
    QTest::newRow("hidden") << ".evil";
    QTest::newRow("control") << "a\nb";
    QTest::newRow("long") << QString(200, u'x');
}

void TestRecipePresets::namesThatAreNoFiles() {
    QFETCH(QString, name);
    QVERIFY_EXCEPTION_THROWN(savePreset(name, someRecipe()), Error);
    QVERIFY(!QFileInfo::exists(fromStd(presets_dir()) + QStringLiteral("/../evil.json")));
}

void TestRecipePresets::hparamsOfTheReference() {
    const Recipe recipe = readRecipe(
        write(QStringLiteral("gpt2.json"), R"({"alg_name": "MEMIT", "layers": [1, 2], "clamp_norm_factor": 0.75,
            "v_num_grad_steps": 20, "v_lr": 0.5, "mom2_update_weight": 4000, "mom2_dataset": "wikipedia"})"),
        fakeModel());
    QCOMPARE(recipe.algorithm, std::string("MEMIT"));
    QCOMPARE(recipe.layers, (std::vector<int>{1, 2}));
    QCOMPARE(recipe.softness.value(), 4000.0);
    // One that does not say what it is for lies in a folder that does.
    QVERIFY(QDir(m_scratch->path()).mkpath(QStringLiteral("hparams/EMMET")));
    const QByteArray nameless = R"({"layers": [1], "clamp_norm_factor": 0.75, "v_num_grad_steps": 20, "v_lr": 0.5,
        "mom2_update_weight": 1})";
    QCOMPARE(readRecipe(write(QStringLiteral("hparams/EMMET/gpt2.json"), nameless), fakeModel()).algorithm,
             std::string("EMMET"));
    // What it leaves out is MEMIT's, not that of the algorithm one begins with.
    QCOMPARE(recipe.contexts, default_recipe(fakeModel(), "MEMIT").contexts);
}

void TestRecipePresets::unreadableFiles_data() {
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QString>("told");
    QTest::newRow("no JSON") << QByteArray("layers = 3") << "broken.json";
    QTest::newRow("a list") << QByteArray("[1, 2]") << "broken.json";
    QTest::newRow("unknown key") << QByteArray(R"({"layerz": [1]})") << "layerz";
    QTest::newRow("unknown algorithm") << QByteArray(R"({"algorithm": "MAGIC"})") << "MAGIC";
    QTest::newRow("empty") << QByteArray() << "broken.json";
}

void TestRecipePresets::unreadableFiles() {
    QFETCH(QByteArray, text);
    QFETCH(QString, told);
    RecipePanel panel;
    panel.setModel(fakeModel());
    const Recipe before = panel.recipe();
    panel.presets().openFile(write(QStringLiteral("broken.json"), text));
    auto* line = panel.findChild<FailureLine*>(QStringLiteral("recipeFailure"));
    QVERIFY(!line->isHidden());
    QVERIFY2(line->toolTip().contains(told), qPrintable(line->toolTip()));
    QCOMPARE(panel.recipe(), before);
    panel.presets().openFile(write(QStringLiteral("sound.json"), R"({"algorithm": "EMMET"})"));
    QVERIFY(line->isHidden()); // does not hold any more
    QCOMPARE(panel.recipe().algorithm, std::string("EMMET"));
}

void TestRecipePresets::unwritableFolder() {
    write(QStringLiteral("config"), "a file where the folder should be");
    try {
        savePreset(QStringLiteral("mine"), someRecipe());
        QFAIL("must be refused");
    } catch (const Error& error) {
        QVERIFY(fromStd(error.where()).contains(QStringLiteral("presets")));
        QVERIFY(!error.hint().empty());
    }
}

void TestRecipePresets::barSavesChoosesAndDeletes() {
    RecipePanel panel;
    panel.setModel(fakeModel());
    PresetBar& bar = panel.presets();
    PresetQuestions answers;
    answers.askName = [](QWidget*, const QString&) { return QStringLiteral("mine"); };
    answers.confirmDelete = [](QWidget*, const QString&) { return true; };
    bar.setQuestions(answers);
    QCOMPARE(bar.choice()->currentIndex(), 0);
    panel.setRecipe(someRecipe());
    QCOMPARE(bar.choice()->currentIndex(), -1);
    bar.action(QStringLiteral("save"))->trigger();
    QCOMPARE(bar.choice()->currentText(), QStringLiteral("mine"));
    panel.resetAll();
    QCOMPARE(bar.choice()->currentIndex(), 0);
    bar.choice()->setCurrentIndex(1);
    emit bar.choice()->activated(1);
    QCOMPARE(panel.recipe(), someRecipe());
    QCOMPARE(bar.choice()->currentText(), QStringLiteral("mine"));
    bar.action(QStringLiteral("delete"))->trigger();
    QCOMPARE(bar.choice()->count(), 1);
    QCOMPARE(panel.recipe(), someRecipe()); // its settings stay
    QVERIFY(!bar.action(QStringLiteral("delete"))->isEnabled());
}

void TestRecipePresets::barAsksBeforeItReplaces() {
    RecipePanel panel;
    panel.setModel(fakeModel());
    savePreset(QStringLiteral("mine"), someRecipe());
    int asked = 0;
    bool answer = false;
    PresetQuestions answers;
    answers.askName = [](QWidget*, const QString&) { return QStringLiteral("mine"); };
    answers.confirmReplace = [&](QWidget*, const QString&) {
        ++asked;
        return answer;
    };
    panel.presets().setQuestions(answers);
    panel.presets().action(QStringLiteral("save"))->trigger();
    QCOMPARE(asked, 1);
    QCOMPARE(readRecipe(presetFile(QStringLiteral("mine")), fakeModel()), someRecipe());
    answer = true;
    panel.presets().action(QStringLiteral("save"))->trigger();
    QCOMPARE(readRecipe(presetFile(QStringLiteral("mine")), fakeModel()), panel.recipe());
}

void TestRecipePresets::barKnowsWhatChanged() {
    RecipePanel panel;
    panel.setModel(fakeModel());
    panel.presets().openFile(write(QStringLiteral("theirs.json"), R"({"algorithm": "MEMIT", "layers": "0-2"})"));
    QComboBox* choice = panel.presets().choice();
    QCOMPARE(choice->currentIndex(), -1);
    QCOMPARE(choice->placeholderText(), QStringLiteral("theirs.json"));
    panel.setMergeSubjects(true);
    QCOMPARE(choice->placeholderText(), QStringLiteral("theirs.json, changed"));
    panel.setMergeSubjects(false);
    QCOMPARE(choice->placeholderText(), QStringLiteral("theirs.json"));
    emit choice->activated(0); // back to the model's defaults
    QCOMPARE(panel.recipe(), default_recipe(fakeModel()));
    QCOMPARE(choice->currentIndex(), 0);
}

void TestRecipePresets::brokenPresetIsTold() {
    savePreset(QStringLiteral("mine"), someRecipe());
    QFile file(presetFile(QStringLiteral("mine")));
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write("{");
    file.close();
    RecipePanel panel;
    panel.setModel(fakeModel());
    emit panel.presets().choice()->activated(1);
    QVERIFY(!failure(panel).isEmpty());
    QCOMPARE(panel.recipe(), default_recipe(fakeModel()));
    QCOMPARE(panel.presets().choice()->currentIndex(), 0);
}

void TestRecipePresets::droppedRecipe() {
    RecipePanel panel;
    panel.setModel(fakeModel());
    drop(panel, write(QStringLiteral("notes.txt"), R"({"algorithm": "EMMET"})"));
    QCOMPARE(panel.recipe().algorithm, default_recipe(fakeModel()).algorithm);
    drop(panel, write(QStringLiteral("recipe.json"), R"({"algorithm": "EMMET"})"));
    QCOMPARE(panel.recipe().algorithm, std::string("EMMET"));
    // Layers of a larger model: read, and marked where they are wrong.
    drop(panel, write(QStringLiteral("large.json"), R"({"algorithm": "MEMIT", "layers": "13-17"})"));
    QVERIFY(!panel.isValid());
    QVERIFY(panel.findChild<QLabel*>(QStringLiteral("recipeExplanation_layers"))->text().contains(u"13"));
}

void TestRecipePresets::dropWithoutAModel() {
    RecipePanel panel;
    drop(panel, write(QStringLiteral("recipe.json"), R"({"algorithm": "EMMET"})"));
    QVERIFY(failure(panel).contains(QStringLiteral("open")));
}

QTEST_MAIN(TestRecipePresets)
#include "test_recipe_presets.moc"
