// SPDX-License-Identifier: GPL-3.0-or-later
// The tables, the defaults per model, the checks, and layers as text.
#include "emend/error.h"
#include "emend/recipe.h"

#include <cmath>
#include <QTest>

using namespace emend;

namespace {

ModelInfo model_of(const char* family, int layers, int d_model, int vocab = 50257) {
    ModelInfo info;
    info.name = "some";
    info.family = family;
    info.layers = layers;
    info.d_model = d_model;
    info.vocab = vocab;
    return info;
}

QString error_of(auto&& call) {
    try {
        call();
    } catch (const Error& error) {
        if (error.hint().empty() || error.where().empty())
            return "an error without a place or a hint: " + QString::fromStdString(error.message());
        return QString::fromStdString(error.message() + " | " + error.where() + " | " + error.hint());
    }
    return {};
}

} // namespace

class TestRecipe : public QObject {
    Q_OBJECT
  private slots:
    void tables() {
        QCOMPARE(algorithms().size(), std::size_t{8});
        QCOMPARE(distributions().size(), std::size_t{5});
        QCOMPARE(find_algorithm("rome").id, std::string_view("ROME"));
        QCOMPARE(find_algorithm("r_rome").id, std::string_view("R-ROME"));
        QCOMPARE(find_algorithm("rrome").id, std::string_view("R-ROME"));
        QVERIFY(find_algorithm("ROME").bare_prompt_value);
        QVERIFY(!find_algorithm("R-ROME").bare_prompt_value);
        QVERIFY(error_of([] { (void)find_algorithm("MEND"); }).contains("ROME, R-ROME, EMMET, MEMIT"));
        QVERIFY(error_of([] { (void)find_distribution("even"); }).contains("root-spread"));
    }

    void shares() {
        const std::vector<double> equal(4, 1.0);
        const auto share = [](const char* id, std::span<const double> weights, std::size_t index) {
            return find_distribution(id).share(weights, index);
        };
        QCOMPARE(share("single", std::span(equal).first(1), 0), 1.0);
        QCOMPARE(share("spread", equal, 0), 0.25);
        QCOMPARE(share("root-spread", equal, 0), 0.5);
        QCOMPARE(share("first-and-last", std::span(equal).first(2), 0), 1.0);
        QCOMPARE(share("weights", std::vector<double>{1, 3, 4}, 1), 3.0 / 7);
        // Nothing is left: what each layer takes of the rest adds up to everything.
        for (const auto& weights : {std::vector<double>(5, 1.0), std::vector<double>{0.1, 7, 2, 2}})
            for (const char* id : {"spread", "weights"}) {
                double left = 1;
                for (std::size_t layer = 0; layer < weights.size(); ++layer)
                    left -= left * share(id, weights, layer);
                QVERIFY(std::abs(left) < 1e-15);
            }
    }

    void first_and_last_writes_two_layers() {
        Recipe recipe;
        recipe.layers = {3, 4, 5, 8};
        QCOMPARE(written_layers(recipe), recipe.layers);
        recipe.distribution = "first-and-last";
        QCOMPARE(written_layers(recipe), (std::vector<int>{3, 8}));
    }

    void what_does_not_fit_is_refused_data() {
        QTest::addColumn<QString>("json");
        QTest::addColumn<QString>("field");
        QTest::newRow("weights missing") << R"({"algorithm":"MEMIT","distribution":"weights","layers":[0,1]})"
                                         << "weights";
        QTest::newRow("weights too many")
            << R"({"algorithm":"MEMIT","distribution":"weights","layers":[0,1],"weights":[1,1,1]})"
            << "weights";
        QTest::newRow("weight of nothing")
            << R"({"algorithm":"MEMIT","distribution":"weights","layers":[0,1],"weights":[1,0]})"
            << "weights";
        QTest::newRow("one layer is not two") << R"({"algorithm":"MEMIT","distribution":"first-and-last","layers":[1]})"
                                              << "layers";
        QTest::newRow("null space without statistics") << R"({"algorithm":"AlphaEdit","use_statistics":false})"
                                                       << "use_statistics";
        QTest::newRow("no threshold") << R"({"algorithm":"AlphaEdit","null_space_threshold":0})"
                                      << "null_space_threshold";
        QTest::newRow("negative norm") << R"({"algorithm":"ENCORE","norm_weight":-1})"
                                       << "norm_weight";
        QTest::newRow("negative bound") << R"({"algorithm":"FT-L","largest_change":-1})"
                                        << "largest_change";
        QTest::newRow("fine-tuning two layers") << R"({"algorithm":"FT-L","layers":[0,1],"distribution":"spread"})"
                                                << "layers";
    }
    void what_does_not_fit_is_refused() {
        QFETCH(QString, json);
        QFETCH(QString, field);
        const ModelInfo model = model_of("gpt2", 8, 192);
        const std::string text = json.toStdString();
        const Recipe named = recipe_from_json(text, {}, "x");
        const Recipe recipe = recipe_from_json(text, default_recipe(model, named.algorithm), "x");
        try {
            check_recipe(recipe, model);
            QFAIL("it was taken");
        } catch (const Error& error) {
            QCOMPARE(QString::fromStdString(error.where()), "recipe: " + field);
            QVERIFY(!error.hint().empty());
        }
    }

    void defaults_data() {
        QTest::addColumn<QString>("family");
        QTest::addColumn<int>("layers");
        QTest::addColumn<int>("d_model");
        QTest::addColumn<QString>("algorithm");
        QTest::addColumn<QString>("expected_layers");
        QTest::addColumn<int>("steps");
        QTest::addColumn<double>("clamp");
        QTest::addColumn<double>("weight_decay");
        QTest::addColumn<double>("softness");
        QTest::newRow("XL ROME") << "gpt2" << 48 << 1600 << "ROME"
                                 << "17" << 20 << 4.0 << 0.5 << -1.0;
        QTest::newRow("XL MEMIT") << "gpt2" << 48 << 1600 << "MEMIT"
                                  << "13-17" << 20 << 0.75 << 0.5 << 20000.0;
        QTest::newRow("GPT-J EMMET") << "gptj" << 28 << 4096 << "EMMET"
                                     << "3-8" << 25 << 0.75 << 0.5 << -1.0;
        QTest::newRow("GPT-J MEMIT") << "gptj" << 28 << 4096 << "MEMIT"
                                     << "3-8" << 25 << 0.75 << 0.5 << 15000.0;
        QTest::newRow("Llama-2 MEMIT") << "llama" << 32 << 4096 << "MEMIT"
                                       << "4-8" << 25 << 4.0 << 1e-3 << 15000.0;
        QTest::newRow("small ROME") << "gpt2" << 8 << 192 << "ROME"
                                    << "0" << 25 << 4.0 << 0.5 << -1.0;
        QTest::newRow("small MEMIT") << "gpt2" << 8 << 192 << "MEMIT"
                                     << "0-2" << 25 << 1.0 << 0.5 << 100.0;
        QTest::newRow("one layer") << "gpt2" << 1 << 64 << "ROME"
                                   << "0" << 25 << 4.0 << 0.5 << -1.0;
        QTest::newRow("two layers") << "gpt2" << 2 << 64 << "EMMET"
                                    << "0,1" << 25 << 1.0 << 0.5 << -1.0;
    }
    void defaults() {
        QFETCH(QString, family);
        QFETCH(int, layers);
        QFETCH(int, d_model);
        QFETCH(QString, algorithm);
        const ModelInfo model = model_of(family.toUtf8().constData(), layers, d_model);
        const Recipe recipe = default_recipe(model, algorithm.toStdString());
        QCOMPARE(QString::fromStdString(recipe.algorithm), algorithm);
        QTEST(QString::fromStdString(layers_to_text(recipe.layers)), "expected_layers");
        QTEST(recipe.values.steps, "steps");
        QTEST(recipe.values.clamp, "clamp");
        QTEST(recipe.values.weight_decay, "weight_decay");
        QTEST(recipe.softness.value_or(-1), "softness");
        check_recipe(recipe, model);
    }

    void llama3_sits_lower() {
        QCOMPARE(default_recipe(model_of("llama", 32, 4096, 128256), "ROME").layers, std::vector<int>{1});
        QCOMPARE(default_recipe(model_of("llama", 32, 4096, 32000), "ROME").layers, std::vector<int>{5});
    }

    void every_default_passes_its_check() {
        for (const char* family : {"gpt2", "gptj", "llama", "anything"})
            for (int layers = 1; layers <= 100; ++layers)
                for (const AlgorithmInfo& row : algorithms()) {
                    const ModelInfo model = model_of(family, layers, 64);
                    check_recipe(default_recipe(model, row.id), model);
                }
    }

    void contexts_follow_the_algorithm() {
        const ModelInfo model = model_of("gpt2", 8, 192);
        const Contexts rome = default_recipe(model, "ROME").contexts;
        QCOMPARE(rome.samples, (std::vector<Contexts::Sample>{{5, 10}, {10, 10}}));
        const Contexts memit = default_recipe(model, "MEMIT").contexts;
        QCOMPARE(memit.samples, (std::vector<Contexts::Sample>{{10, 5}}));
    }

    void faults_data() {
        QTest::addColumn<QString>("expected");
        for (const char* part :
             {"no layer is chosen", "has no layer 8", "layers must ascend", "one layer takes the whole change",
              "writes one layer", "softness", "alpha", "weight of the statistics", "ridge", "steps", "learning rate",
              "clamp", "batch", "one edit at a time", "group of contexts is empty", "must hold {} once",
              "tokens for the statistics"})
            QTest::newRow(part) << QString(part);
    }
    void faults() {
        QFETCH(QString, expected);
        const ModelInfo model = model_of("gpt2", 8, 192);
        Recipe r = default_recipe(model, "MEMIT");
        const QString name = QTest::currentDataTag();
        if (name == "no layer is chosen")
            r.layers.clear();
        else if (name == "has no layer 8")
            r.layers = {7, 8};
        else if (name == "layers must ascend")
            r.layers = {2, 2};
        else if (name == "one layer takes the whole change")
            r.distribution = "single";
        else if (name == "writes one layer") {
            r = default_recipe(model, "R-ROME");
            r.layers = {0, 1};
            r.distribution = "spread";
        } else if (name == "softness")
            r.softness = -1;
        else if (name == "alpha")
            r.alpha = std::nan("");
        else if (name == "weight of the statistics")
            r.statistics_weight = 0;
        else if (name == "ridge")
            r.ridge = INFINITY;
        else if (name == "steps")
            r.values.steps = 0;
        else if (name == "learning rate")
            r.values.learning_rate = 0;
        else if (name == "clamp")
            r.values.clamp = -4;
        else if (name == "batch")
            r.batch = -1;
        else if (name == "one edit at a time") {
            r = default_recipe(model, "ROME");
            r.batch = 2;
        } else if (name == "group of contexts is empty")
            r.contexts.groups = {{"{}"}, {}};
        else if (name == "must hold {} once")
            r.contexts.groups = {{"{}", "no gap"}};
        else if (name == "tokens for the statistics")
            r.statistics_tokens = -5;
        const QString error = error_of([&] { check_recipe(r, model); });
        QVERIFY2(error.contains(expected), qPrintable(error));
    }

    void layers_from_text_data() {
        QTest::addColumn<QString>("text");
        QTest::addColumn<QString>("expected"); // empty: refused
        QTest::newRow("one") << "5"
                             << "5";
        QTest::newRow("range") << "3-8"
                               << "3-8";
        QTest::newRow("list") << "0,1,2"
                              << "0-2";
        QTest::newRow("mixed") << "0, 4-6 ,9"
                               << "0,4-6,9";
        QTest::newRow("any order, twice") << "2,1,1"
                                          << "1,2";
        QTest::newRow("range of one") << "3-3"
                                      << "3";
        for (const char* bad : {"", ",", "1,", "a", "3-", "-3", "8-3", "1-2-3", "5000", "0-99999999", "1.5", "- -"})
            QTest::addRow("refused %s", bad) << bad << "";
    }
    void layers_from_text() {
        QFETCH(QString, text);
        QFETCH(QString, expected);
        if (expected.isEmpty()) {
            QVERIFY(error_of([&] { (void)parse_layers(text.toStdString()); }).contains("3-8"));
            return;
        }
        const auto layers = parse_layers(text.toStdString());
        QCOMPARE(QString::fromStdString(layers_to_text(layers)), expected);
        QCOMPARE(parse_layers(expected.toStdString()), layers);
    }
};

QTEST_GUILESS_MAIN(TestRecipe)
#include "test_recipe.moc"
