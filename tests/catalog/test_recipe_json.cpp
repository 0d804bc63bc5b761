// SPDX-License-Identifier: GPL-3.0-or-later
// Recipes as JSON: there and back, the reference implementations' files, and faults that name their key.
#include "emend/error.h"
#include "emend/recipe.h"

#include <QTest>

using namespace emend;

namespace {

ModelInfo demo() {
    ModelInfo info;
    info.family = "gpt2";
    info.layers = 8;
    info.d_model = 192;
    return info;
}

Recipe read(const char* json, const Recipe& base = {}) {
    return recipe_from_json(json, base, "recipe.json");
}

} // namespace

class TestRecipeJson : public QObject {
    Q_OBJECT
  private slots:
    void there_and_back() {
        for (const AlgorithmInfo& row : algorithms()) {
            Recipe recipe = default_recipe(demo(), row.id);
            QCOMPARE(recipe_from_json(recipe_to_json(recipe), Recipe{}, "x"), recipe);
            recipe.distribution = "root-spread";
            recipe.layers = {0, 3, 7};
            recipe.softness = 0.1; // not a sum of powers of two
            recipe.alpha = 1e-300;
            recipe.statistics_weight = 1.0 / 3;
            recipe.use_statistics = false;
            recipe.ridge = 0;
            recipe.statistics_tokens = std::int64_t{1} << 40;
            recipe.corpus = "a \"folder\"/Zürich.txt";
            recipe.statistics_file = "s.safetensors";
            recipe.contexts.seed = UINT64_MAX;
            recipe.contexts.groups = {{"{}"}, {"The. {}", "I. {}"}};
            recipe.batch = 3;
            QCOMPARE(recipe_from_json(recipe_to_json(recipe), Recipe{}, "x"), recipe);
            QCOMPARE(recipe_from_json(recipe_to_json(recipe, -1), Recipe{}, "x"), recipe);
        }
    }

    void null_takes_the_algorithms_own_softness() {
        Recipe base;
        base.softness = 5;
        QVERIFY(!read(R"({"softness": null})", base).softness);
        QCOMPARE(read("{}", base), base);
    }

    void contexts_data() {
        QTest::addColumn<QByteArray>("json");
        QTest::addColumn<int>("groups");
        QTest::addColumn<int>("texts");
        QTest::newRow("groups") << QByteArray(R"([["{}"], ["The. {}", "I. {}"]])") << 2 << 3;
        QTest::newRow("flat") << QByteArray(R"(["{}", "The. {}"])") << 1 << 2;
        QTest::newRow("object") << QByteArray(R"({"seed": 4, "groups": [["{}"]]})") << 1 << 1;
        QTest::newRow("none") << QByteArray("[]") << 0 << 0;
    }
    void contexts() {
        QFETCH(QByteArray, json);
        const Recipe recipe = read(("{\"contexts\": " + json + "}").constData());
        std::size_t texts = 0;
        for (const auto& group : recipe.contexts.groups)
            texts += group.size();
        QTEST(int(recipe.contexts.groups.size()), "groups");
        QTEST(int(texts), "texts");
    }

    void reference_memit() {
        const Recipe recipe = read(R"({"alg_name": "MEMIT", "layers": [3, 4, 5, 6, 7, 8], "layer_selection": "all",
            "fact_token": "subject_last", "v_num_grad_steps": 20, "v_lr": 0.1, "v_loss_layer": 27,
            "v_weight_decay": 0.25, "clamp_norm_factor": 0.75, "kl_factor": 0.125, "mom2_adjustment": true,
            "mom2_update_weight": 15000, "emmet_lambda": 0.3, "update_norm_lambda": 0,
            "rewrite_module_tmp": "transformer.h.{}.mlp.fc_out", "mom2_dataset": "wikipedia", "mom2_n_samples": 100000,
            "mom2_dtype": "float32", "something_new": [1]})");
        QCOMPARE(recipe.algorithm, std::string("MEMIT"));
        QCOMPARE(recipe.layers, (std::vector<int>{3, 4, 5, 6, 7, 8}));
        QCOMPARE(recipe.distribution, std::string("spread"));
        QCOMPARE(recipe.values.steps, 20);
        QCOMPARE(recipe.values.learning_rate, 0.1);
        QCOMPARE(recipe.values.weight_decay, 0.25);
        QCOMPARE(recipe.values.clamp, 0.75);
        QCOMPARE(recipe.values.kl_factor, 0.125);
        QVERIFY(recipe.use_statistics);
        QCOMPARE(*recipe.softness, 15000.0);
        QCOMPARE(recipe.statistics_weight, 1.0);
        QVERIFY(!recipe.alpha);
        QCOMPARE(recipe.ridge, 0.0);
    }

    void reference_emmet() {
        Recipe base;
        base.algorithm = "EMMET"; // the file may leave its algorithm to its folder's name
        const Recipe recipe =
            read(R"({"layers": [5], "v_lr": 0.5, "mom2_update_weight": 1000, "emmet_lambda": 0.3})", base);
        QCOMPARE(recipe.statistics_weight, 1000.0);
        QCOMPARE(*recipe.alpha, 0.3);
        QVERIFY(!recipe.softness);
        QCOMPARE(recipe.distribution, std::string("single"));
    }

    void reference_rome() {
        const Recipe recipe = read(R"({"alg_name": "ROME", "layers": [17], "v_num_grad_steps": 20,
            "mom2_adjustment": false, "context_template_length_params": [[5, 10], [10, 10]], "bias_update": false})");
        QVERIFY(!recipe.use_statistics);
        QCOMPARE(recipe.contexts.samples, (std::vector<Contexts::Sample>{{5, 10}, {10, 10}}));
    }

    void faults_data() {
        QTest::addColumn<QByteArray>("json");
        QTest::addColumn<QString>("expected");
        const auto row = [](const char* json, const char* expected) {
            QTest::newRow(json) << QByteArray(json) << QString(expected);
        };
        row("[1]", "a JSON object");
        row("{", "recipe.json");
        row(R"({"algoritm": "ROME"})", "algoritm");
        row(R"({"algorithm": "MEND"})", "MEMIT");
        row(R"({"algorithm": 3})", "recipe.json: algorithm");
        row(R"({"layers": "3-"})", "layer");
        row(R"({"layers": [1.5]})", "recipe.json: layers");
        row(R"({"layers": [-1]})", "recipe.json: layers");
        row(R"({"softness": "soft"})", "recipe.json: softness");
        row(R"({"values": {"steps": 1e300}})", "recipe.json: values.steps");
        row(R"({"values": {"step": 3}})", "\"step\"");
        row(R"({"values": 3})", "recipe.json: values");
        row(R"({"contexts": ["{}", ["{}"]]})", "either a list of texts or a list of groups");
        row(R"({"contexts": [[3]]})", "group 1");
        row(R"({"contexts": {"sead": 3}})", "sead");
        row(R"({"context_seed": -1})", "recipe.json: context_seed");
        row(R"({"context_samples": [[1]]})", "recipe.json: context_samples");
        row(R"({"batch": 99999999999999999999})", "recipe.json: batch");
        row(R"({"v_lr": 0.5, "fact_token": "subject_first"})", "fact_token");
    }
    void faults() {
        QFETCH(QByteArray, json);
        QFETCH(QString, expected);
        try {
            (void)read(json.constData());
            QFAIL("accepted");
        } catch (const Error& error) {
            const QString all = QString::fromStdString(error.message() + " | " + error.where() + " | " + error.hint());
            QVERIFY2(all.contains(expected), qPrintable(all));
            QVERIFY(!error.where().empty());
            QVERIFY(!error.hint().empty());
        }
    }

    void hparams_say_what_they_are_for_data() {
        QTest::addColumn<QByteArray>("json");
        QTest::addColumn<QString>("file");
        QTest::addColumn<QString>("algorithm");
        QTest::newRow("several layers with a weight")
            << QByteArray(R"({"layers":[0,1],"mom2_update_weight":20})") << "x.json"
            << "MEMIT";
        QTest::newRow("the folder says") << QByteArray(R"({"layers":[0,1],"mom2_update_weight":20})")
                                         << "hparams/EMMET/gpt2-xl.json"
                                         << "EMMET";
        QTest::newRow("null space") << QByteArray(R"({"layers":[3],"mom2_update_weight":20,"L2":10,"v_lr":0.5})")
                                    << "x.json"
                                    << "AlphaEdit";
        QTest::newRow("fine-tuning") << QByteArray(R"({"layers":[0],"num_steps":25,"lr":5e-4,"norm_constraint":1e-4})")
                                     << "x.json"
                                     << "FT-L";
        QTest::newRow("templates by length")
            << QByteArray(R"({"layers":[5],"v_lr":0.5,"context_template_length_params":[[5,10]]})") << "x.json"
            << "ROME";
        QTest::newRow("it says") << QByteArray(R"({"alg_name":"MEMIT_seq","layers":[5],"mom2_update_weight":7})")
                                 << "x.json"
                                 << "MEMIT-seq";
    }
    void hparams_say_what_they_are_for() {
        QFETCH(QByteArray, json);
        QFETCH(QString, file);
        QFETCH(QString, algorithm);
        const Recipe recipe = recipe_from_json(json.toStdString(), {}, file.toStdString());
        QCOMPARE(recipe.algorithm, algorithm.toStdString());
        if (algorithm == "MEMIT")
            QCOMPARE(*recipe.softness, 20.0);
        if (algorithm == "EMMET")
            QCOMPARE(recipe.statistics_weight, 20.0);
        if (algorithm == "AlphaEdit")
            QCOMPARE(*recipe.softness, 10.0);
        if (algorithm == "FT-L")
            QVERIFY(recipe.largest_change == 1e-4 && recipe.values.learning_rate == 5e-4 && recipe.values.steps == 25);
        // Said on purpose, it is that one, and the keys mean what they mean there.
        const Recipe asked = recipe_from_json(json.toStdString(), {}, file.toStdString(), "EMMET");
        QCOMPARE(asked.algorithm, std::string("EMMET"));
    }

    void norm_of_the_update_is_read_in_our_terms() {
        Recipe memit;
        memit.algorithm = "MEMIT";
        memit = read(R"({"mom2_update_weight": 200, "update_norm_lambda": 10})", memit);
        QCOMPARE(memit.norm_weight, 0.05); // lambda_n I beside lambda C
        Recipe emmet;
        emmet.algorithm = "EMMET";
        emmet = read(R"({"mom2_update_weight": 200, "update_norm_lambda": 10})", emmet);
        QCOMPARE(emmet.norm_weight, 10.0); // beside the weighted C
    }

    void slips_in_hparams_are_found() {
        for (const char* json :
             {R"({"v_lr": 0.5, "mom2_update_wieght": 200})", R"({"v_lr": 0.5, "v_num_grad_step": 9})",
              R"({"v_lr": 0.5, "clamp_norm_facotr": 9})"}) {
            try {
                static_cast<void>(read(json));
                QFAIL(json);
            } catch (const Error& error) {
                QVERIFY(error.hint().find("did you mean") != std::string::npos);
            }
        }
        static_cast<void>(read(R"({"v_lr": 0.5, "something_of_theirs": [1]})")); // not ours to judge
    }

    void what_came_later_goes_there_and_back() {
        Recipe recipe = default_recipe(demo(), "AlphaEdit");
        recipe.distribution = "weights";
        recipe.layers = {1, 2};
        recipe.weights = {0.1, 2};
        recipe.norm_weight = 0.3;
        recipe.null_space_threshold = 1e-3;
        recipe.largest_change = 1e-5;
        recipe.merge_subjects = true;
        recipe.values.steps_after_argmax = 0;
        QCOMPARE(recipe_from_json(recipe_to_json(recipe), Recipe{}, "x"), recipe);
    }
};

QTEST_GUILESS_MAIN(TestRecipeJson)
#include "test_recipe_json.moc"
