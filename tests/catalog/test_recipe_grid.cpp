// SPDX-License-Identifier: GPL-3.0-or-later
// Grids of recipes: what they stand for, in which order, and faults that name their key.
#include "emend/trial.h"
#include "faults.h"

#include <QTest>

using namespace emend;
using namespace emend::test;

namespace {

ModelInfo demo() {
    ModelInfo info;
    info.family = "gpt2";
    info.layers = 8;
    info.d_model = 192;
    return info;
}

Recipe memit() {
    Recipe recipe = default_recipe(demo(), "MEMIT");
    recipe.layers = {3};
    recipe.distribution = "single";
    recipe.softness = 7;
    recipe.corpus = "words.txt";
    recipe.statistics_tokens = 123;
    recipe.contexts.seed = 5;
    recipe.values.steps = 9;
    return recipe;
}

std::vector<Recipe> recipes(const std::string& json, Recipe base = memit()) {
    const RecipeGrid grid = grid_from_json(json, "grid.json", demo(), base);
    return recipes_of(grid, base, demo()).recipes;
}

std::string text_of(const Recipe& recipe) {
    std::string text = recipe.algorithm + " " + layers_to_text(recipe.layers) + " " + recipe.distribution;
    if (recipe.softness) {
        const auto softness = static_cast<int>(*recipe.softness);
        text += " " + std::to_string(softness);
    }
    return text;
}

QStringList texts_of(const std::vector<Recipe>& all) {
    QStringList texts;
    for (const Recipe& recipe : all)
        texts.append(QString::fromStdString(text_of(recipe)));
    return texts;
}

} // namespace

class TestRecipeGrid : public QObject {
    Q_OBJECT
  private slots:
    void stands_for_data() {
        QTest::addColumn<QByteArray>("json");
        QTest::addColumn<QStringList>("expected");
        const auto row = [](const char* name, const char* json, const QStringList& expected) {
            QTest::newRow(name) << QByteArray(json) << expected;
        };
        row("nothing named", "{}", {"MEMIT 3 single 7"});
        row("the last changes fastest",
            R"({"algorithms": ["MEMIT", "EMMET"], "layers": ["1-2", 4], "distributions": ["spread", "root-spread"],
                "softness": [0, 5]})",
            {"MEMIT 1,2 spread 0", "MEMIT 1,2 spread 5", "MEMIT 1,2 root-spread 0", "MEMIT 1,2 root-spread 5",
             "MEMIT 4 single 0", "MEMIT 4 single 5", "EMMET 1,2 spread 0", "EMMET 1,2 spread 5",
             "EMMET 1,2 root-spread 0", "EMMET 1,2 root-spread 5", "EMMET 4 single 0", "EMMET 4 single 5"});
        row("names in any case", R"({"algorithms": ["memit", "Memit"], "distributions": ["SINGLE"]})",
            {"MEMIT 3 single 7"});
        row("single takes the last", R"({"layers": ["1-3"], "distributions": ["single", "spread"]})",
            {"MEMIT 3 single 7", "MEMIT 1-3 spread 7"});
        row("several layers are spread over", R"({"layers": ["1-3", [2], "2"]})",
            {"MEMIT 1-3 spread 7", "MEMIT 2 single 7"});
        row("one layer takes all", R"({"layers": [[2]], "distributions": ["spread", "root-spread", "single"]})",
            {"MEMIT 2 single 7"});
        row("chosen layers go for all", R"({"algorithms": ["ROME", "EMMET"]})", {"ROME 3 single", "EMMET 3 single"});
        row("a lonely one-layer algorithm takes the last", R"({"algorithms": ["ROME"], "layers": ["1-3"]})",
            {"ROME 3 single"});
        row("one-layer algorithms pass others over", R"({"algorithms": ["ROME", "MEMIT"], "layers": ["1-3", 2]})",
            {"ROME 2 single", "MEMIT 1-3 spread 7", "MEMIT 2 single 7"});
        row("no softness without a formula", R"({"algorithms": ["FT-L"], "softness": [0, 1, 2]})", {"FT-L 3 single"});
        row("base", R"({"base": {"layers": [5], "softness": 2}})", {"MEMIT 5 single 2"});
        row("layers of the base go for all, its own default too",
            R"({"base": {"layers": [0, 1, 2]}, "algorithms": ["MEMIT", "EMMET", "ROME"]})",
            {"MEMIT 0-2 spread 7", "EMMET 0-2 spread", "ROME 2 single"});
        row("softness of the base goes for all",
            R"({"base": {"softness": 2}, "algorithms": ["MEMIT", "EMMET", "ROME", "FT-L"]})",
            {"MEMIT 3 single 2", "EMMET 3 single 2", "ROME 3 single 2", "FT-L 3 single"});
        row("base with another algorithm", R"({"base": {"algorithm": "EMMET"}, "algorithms": ["EMMET", "MEMIT"]})",
            {"EMMET 0-2 spread", "MEMIT 0-2 spread 100"});
    }
    void stands_for() {
        QFETCH(QByteArray, json);
        QFETCH(QStringList, expected);
        QCOMPARE(texts_of(recipes(json.toStdString())), expected);
    }

    void what_belongs_to_the_model_is_shared() {
        for (const Recipe& recipe : recipes(R"({"algorithms": ["MEMIT", "EMMET", "ENCORE", "ROME", "FT-L"]})")) {
            QCOMPARE(recipe.corpus, std::string("words.txt"));
            QCOMPARE(recipe.statistics_tokens, std::int64_t{123});
            QCOMPARE(recipe.contexts.seed, std::uint64_t{5});
            QCOMPARE(recipe.layers, std::vector{3});
            QCOMPARE(recipe.values.steps == 9, recipe.algorithm != "FT-L"); // whose steps are others
            QCOMPARE(recipe.values.steps_after_argmax.has_value(), recipe.algorithm == "ENCORE");
        }
    }

    void what_was_chosen_goes_for_all_who_know_it() {
        Recipe base = memit();
        base.values.learning_rate = 0.25;
        base.values.clamp = 3;
        base.ridge = 0.01;
        base.batch = 2;
        base.merge_subjects = true;
        base.contexts.groups = {{"{}"}};
        const auto as = [&](const char* algorithm) {
            return recipes_of({.algorithms = {algorithm}, .layers = {}, .distributions = {}, .softness = {}}, base,
                              demo())
                .recipes.front();
        };
        for (const char* algorithm : {"EMMET", "ENCORE", "ROME", "R-ROME"}) {
            const Recipe recipe = as(algorithm);
            const bool rome = find_algorithm(algorithm).one_at_a_time;
            QCOMPARE(recipe.values.learning_rate, 0.25);
            QCOMPARE(recipe.ridge, 0.01);
            QCOMPARE(recipe.contexts.groups, base.contexts.groups);
            QCOMPARE(recipe.batch, rome ? 0 : 2); // one at a time
            QCOMPARE(recipe.merge_subjects, !rome);
            QCOMPARE(recipe.values.clamp == 3, !rome); // lengths of another state
        }
        QVERIFY(as("EMMET").softness != base.softness); // means something else there
        QCOMPARE(as("MEMIT-seq").softness, base.softness);
        QVERIFY(as("FT-L").values.learning_rate < 0.1); // steps of the matrix itself
    }

    void what_is_passed_over_data() {
        QTest::addColumn<QByteArray>("json");
        QTest::addColumn<QStringList>("expected"); // recipe as asked: reason
        const auto row = [](const char* name, const char* json, const QStringList& expected) {
            QTest::newRow(name) << QByteArray(json) << expected;
        };
        row("nothing", R"({"softness": [1, 2]})", {});
        row("one layer only", R"({"algorithms": ["ROME"], "layers": ["1-3", 2]})",
            {"ROME 1-3 single: ROME writes one layer, not 1-3"});
        row("run on the last all the same", R"({"algorithms": ["ROME"], "layers": ["1-3"]})",
            {"ROME 1-3 single: ROME writes one layer: run on layer 3"});
        row("no softness", R"({"algorithms": ["FT-L"], "softness": [0, 1]})",
            {"FT-L 3 single 1: the same as row 1: FT-L has no softness"});
        row("one layer", R"({"distributions": ["spread", "root-spread"]})",
            {"MEMIT 3 root-spread 7: the same as row 1: one layer takes all"});
        row("single", R"({"layers": ["1-3", "2-3"], "distributions": ["single"]})",
            {"MEMIT 2,3 single 7: the same as row 1: \"single\" writes the last layer"});
        row("twice", R"({"softness": [4, 4]})", {"MEMIT 3 single 4: the same as row 1"});
        row("impossible", R"({"algorithms": ["AlphaEdit", "MEMIT"], "base": {"use_statistics": false}})",
            {"AlphaEdit 3 single 1: AlphaEdit needs statistics: the null space is theirs"});
    }
    void what_is_passed_over() {
        QFETCH(QByteArray, json);
        QFETCH(QStringList, expected);
        Recipe base = memit();
        const RecipeGrid grid = grid_from_json(json.toStdString(), "grid.json", demo(), base);
        QStringList skipped;
        for (const SkippedRecipe& one : recipes_of(grid, base, demo()).skipped)
            skipped.append(QString::fromStdString(text_of(one.recipe) + ": " + one.reason));
        QCOMPARE(skipped, expected);
    }

    void the_base_is_changed_by_the_file() {
        Recipe base = memit();
        const RecipeGrid grid = grid_from_json(R"({"softness": [1], "base": {"softness": 3, "values": {"steps": 4}}})",
                                               "grid.json", demo(), base);
        QCOMPARE(base.softness, std::optional(3.0));
        QCOMPARE(base.values.steps, 4);
        QCOMPARE(base.corpus, std::string("words.txt"));
        QCOMPARE(grid.softness, std::vector<double>{1});
        QCOMPARE(recipes_of(grid, base, demo()).recipes.front().softness, std::optional(1.0));
    }

    void faults_data() {
        QTest::addColumn<QByteArray>("json");
        QTest::addColumn<QString>("part");
        const auto row = [](const char* json, const char* part) {
            QTest::newRow(part) << QByteArray(json) << QString(part);
        };
        row("[]", "a JSON object");
        row(R"({"algorithms": []})", "nothing to choose from");
        row(R"({"layers": []})", "grid.json: layers");
        row(R"({"distributions": []})", "nothing to choose from");
        row(R"({"softness": []})", "leave the key out");
        row(R"({"algorithms": ["AlphaEdit"], "base": {"use_statistics": false}})", "nothing of the grid can be tried");
        row(R"({"algorithm": ["MEMIT"]})", "did you mean \"algorithms\"?");
        row(R"({"algorithm": ["MEMIT"]})", "grid.json: algorithm");
        row(R"({"colour": 1})", "known are algorithms, layers");
        row(R"({"algorithms": "MEMIT"})", "a list");
        row(R"({"algorithms": [1]})", "a text");
        row(R"({"algorithms": ["MEMO"]})", "MEMIT-seq");
        row(R"({"distributions": ["spred"]})", "root-spread");
        row(R"({"layers": ["1-9"]})", "0 to 7");
        row(R"({"layers": [[]]})", "no layer is chosen");
        row(R"({"layers": ["5-3"]})", "backwards");
        row(R"({"layers": [[1.5]]})", "whole number");
        row(R"({"softness": [-1]})", "at least 0");
        row(R"({"softness": ["much"]})", "a number");
        row(R"({"base": 3})", "a recipe");
        row(R"({"base": {"layer": 3}})", "no key \"layer\"");
    }
    void faults() {
        QFETCH(QByteArray, json);
        QFETCH(QString, part);
        Recipe base = memit();
        const Recipe before = base;
        EXPECT_FAULT(grid_from_json(json.toStdString(), "grid.json", demo(), base), part.toStdString());
        QCOMPARE(base, before);
    }

    void too_large() {
        RecipeGrid grid;
        for (int i = 0; i < 10; ++i)
            grid.softness.push_back(i);
        grid.distributions = {"spread", "root-spread", "first-and-last", "single"};
        grid.layers = {{0, 1}, {1, 2}, {2, 3}, {3, 4}, {4, 5}};
        QCOMPARE(recipes_of(grid, memit(), demo()).recipes.size(), largest_grid);
        grid.layers.push_back({0, 1}); // named twice is one
        QCOMPARE(recipes_of(grid, memit(), demo()).recipes.size(), largest_grid);
        grid.layers.push_back({5, 6});
        EXPECT_FAULT(recipes_of(grid, memit(), demo()), "more than 200");
    }
};

QTEST_GUILESS_MAIN(TestRecipeGrid)
#include "test_recipe_grid.moc"
