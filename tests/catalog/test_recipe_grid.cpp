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
        row("own defaults", R"({"algorithms": ["ROME", "EMMET"]})", {"ROME 0 single", "EMMET 0-2 spread"});
        row("one-layer algorithms take the last", R"({"algorithms": ["ROME"], "layers": ["1-3"]})", {"ROME 3 single"});
        row("no softness without a formula", R"({"algorithms": ["FT-L"], "softness": [0, 1, 2]})", {"FT-L 0 single"});
        row("base", R"({"base": {"layers": [5], "softness": 2}, "softness": []})", {"MEMIT 5 single 2"});
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
            const bool same_place = !find_algorithm(recipe.algorithm).value_at_mlp && recipe.algorithm != "FT-L";
            QCOMPARE(recipe.values.steps == 9, same_place); // the value is found once for all of these
            QCOMPARE(recipe.values.steps_after_argmax.has_value(), recipe.algorithm == "ENCORE");
        }
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
