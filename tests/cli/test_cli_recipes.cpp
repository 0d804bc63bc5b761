// SPDX-License-Identifier: GPL-3.0-or-later
// Recipes from the command line: one option for every field, presets by name, the reference's hparams files, and the
// recipe as used, kept to be used again.
#include "cli_runner.h"

#include <QDir>
#include <QFile>
#include <QTest>

using namespace emend::test;

class TestCliRecipes : public QObject {
    Q_OBJECT
    CliSandbox sandbox_;

    CliResult edit(const QStringList& options) const {
        return sandbox_.run(QStringList{"edit", test_model("gpt2_edit"), "--subject", "Elena Silva", "--prompt",
                                        "{} was born in", "--object", "Madrid", "--json"} +
                            options);
    }
    QStringList fast() const { return {"--recipe", sandbox_.path("fast.json")}; }

    QJsonObject file(const QString& name) const {
        QFile opened(sandbox_.path(name));
        return opened.open(QIODevice::ReadOnly) ? QJsonDocument::fromJson(opened.readAll()).object() : QJsonObject();
    }

  private slots:
    void initTestCase() {
        sandbox_.write("fast.json", R"({"algorithm": "MEMIT", "layers": [0, 1, 2], "distribution": "spread",
            "use_statistics": false, "values": {"steps": 3}, "contexts": ["{}"], "softness": 5})");
        sandbox_.write("corpus.txt",
                       QByteArray("The city of Madrid is in the country. I work in Paris.\n").repeated(300));
        QDir().mkpath(sandbox_.path("config/presets"));
        sandbox_.write("config/presets/quick one.json", R"({"algorithm": "EMMET", "layers": [1], "alpha": 0.25,
            "use_statistics": false, "values": {"steps": 2}, "contexts": ["{}"]})");
    }

    void every_field_has_an_option() {
        struct Field {
            const char* name;
            QStringList options;
            QJsonValue expected;
        };
        const QList<Field> fields{
            {"algorithm", {"--algorithm", "memit_seq"}, "MEMIT-seq"},
            {"distribution", {"--distribution", "weights"}, "weights"},
            {"layers", {"--layers", "0,1,3"}, QJsonArray{0, 1, 3}},
            {"weights", {"--weights", "1, 2,0.5"}, QJsonArray{1, 2, 0.5}},
            {"softness", {"--softness", "7.5"}, 7.5},
            {"alpha", {"--alpha", "0.3"}, 0.3},
            {"norm_weight", {"--norm-weight", "0.01"}, 0.01},
            {"null_space_threshold", {"--null-space-threshold", "0.5"}, 0.5},
            {"largest_change", {"--largest-change", "0.001"}, 0.001},
            {"ridge", {"--ridge", "0.125"}, 0.125},
            {"statistics_weight", {"--statistics-weight", "3"}, 3},
            {"statistics_tokens", {"--statistics-tokens", "1234"}, 1234},
            {"corpus", {"--corpus", sandbox_.path("corpus.txt")}, sandbox_.path("corpus.txt")},
            {"merge_subjects", {"--merge-subjects"}, true},
            {"batch", {"--batch", "4"}, 4},
            {"context_seed", {"--seed", "11"}, 11},
            {"values.steps", {"--steps", "2"}, 2},
            {"values.learning_rate", {"--learning-rate", "0.25"}, 0.25},
            {"values.clamp", {"--clamp", "2.5"}, 2.5},
            {"values.kl_factor", {"--kl-factor", "0"}, 0},
            {"values.weight_decay", {"--weight-decay", "0.75"}, 0.75},
            {"values.stop_loss", {"--stop-loss", "-1"}, -1},
            {"values.steps_after_argmax", {"--steps-after-argmax", "1"}, 1},
        };
        const CliResult plain = edit(fast());
        QVERIFY2(plain.code == 0, plain.all());
        QStringList all = fast();
        for (const Field& field : fields)
            all += field.options;
        const CliResult changed = edit(all);
        QVERIFY2(changed.code == 0, changed.all());
        for (const Field& field : fields) {
            QJsonValue before = plain.json["recipe"], after = changed.json["recipe"];
            for (const QString& key : QString(field.name).split('.')) {
                before = before[key];
                after = after[key];
            }
            QVERIFY2(before != field.expected, field.name);
            QVERIFY2(after == field.expected, field.name);
        }
        // What is kept for nothing is told: MEMIT-seq has no use for three of them.
        QStringList told;
        for (const QJsonValue warning : changed.json["warnings"].toArray())
            if (warning.toString().contains(" changes nothing: MEMIT-seq has no use for it"))
                told << warning.toString().section(' ', 0, 0);
        QCOMPARE(told, (QStringList{"--alpha", "--null-space-threshold", "--largest-change"}));
        QVERIFY2(changed.err.contains("--alpha changes nothing: MEMIT-seq has no use for it (EMMET has)"),
                 changed.all());
        QVERIFY2(!plain.json["warnings"].toVariant().toString().contains("changes nothing"), plain.all());
        const CliResult back = edit({"--recipe", sandbox_.path("fast.json"), "--algorithm", "ENCORE", "--layers", "1",
                                     "--steps-after-argmax", "-1"});
        QVERIFY2(back.code == 0 && back.json["recipe"]["values"]["steps_after_argmax"].isNull(), back.all());
        QCOMPARE(back.json["recipe"]["distribution"].toString(), QString("single"));
    }

    void without_statistics() {
        sandbox_.write("with.json", R"({"layers": [1], "values": {"steps": 2}, "contexts": ["{}"]})");
        const CliResult result = edit({"--recipe", sandbox_.path("with.json"), "--no-statistics"});
        QVERIFY2(result.code == 0, result.all());
        QCOMPARE(result.json["recipe"]["use_statistics"].toBool(true), false);
        QVERIFY(result.json["layers"][0]["preservation"].isNull()); // not a number, so nothing
    }

    void weights_choose_their_distribution() {
        const CliResult result = edit(fast() + QStringList{"--weights", "1,2,1"});
        QVERIFY2(result.code == 0, result.all());
        QCOMPARE(result.json["recipe"]["distribution"].toString(), QString("weights"));
        const CliResult wrong = edit(fast() + QStringList{"--weights", "1,2"});
        QVERIFY2(wrong.code == 1 && wrong.error()["what"].toString().contains("2 weights for 3 layers"), wrong.all());
    }

    void presets_by_name() {
        const CliResult result = edit({"--recipe", "quick one"});
        QVERIFY2(result.code == 0, result.all());
        QCOMPARE(result.json["recipe"]["alpha"].toDouble(), 0.25);
        // A file of that name comes first.
        sandbox_.write("quick one", R"({"algorithm": "EMMET", "layers": [1], "alpha": 0.5,
            "use_statistics": false, "values": {"steps": 2}, "contexts": ["{}"]})");
        const CliResult here = edit({"--recipe", "quick one"});
        QCOMPARE(here.json["recipe"]["alpha"].toDouble(), 0.5);
        QVERIFY(QFile::remove(sandbox_.path("quick one")));

        const CliResult unknown = edit({"--recipe", "quick on"});
        QVERIFY2(unknown.code == 1, unknown.all());
        QVERIFY2(unknown.error()["what"].toString().contains("mean \"quick one\""), unknown.all());
        QVERIFY2(unknown.error()["hint"].toString().contains("quick one"), unknown.all());
        QCOMPARE(unknown.error()["where"].toString(), sandbox_.path("config/presets"));
    }

    void yaml_is_told_from_json_data() {
        QTest::addColumn<QString>("name");
        QTest::addColumn<QByteArray>("content");
        const QByteArray easy_edit = "alg_name: \"ROME\"\nmodel_name: \"./hugging_cache/gpt2-xl\"\ndevice: 0\n"
                                     "layers: [1]\nfact_token: \"subject_last\"\nv_num_grad_steps: 2\nv_lr: 5e-1\n"
                                     "v_loss_layer: 3\nv_weight_decay: 0.5\nclamp_norm_factor: 4\nkl_factor: 0.0625\n"
                                     "mom2_adjustment: false\ncontext_template_length_params: [[5, 1]]\n";
        QTest::newRow("by its name") << "gpt2-xl.yaml" << QByteArray("--- {a: b}\n");
        QTest::newRow("by its lines") << "hparams.json"
                                      << "# of EasyEdit\n\n---\n" + easy_edit;
        QTest::newRow("as it is shipped") << "ROME.yaml" << easy_edit;
    }
    void yaml_is_told_from_json() {
        QFETCH(QString, name);
        QFETCH(QByteArray, content);
        sandbox_.write(name, content);
        const CliResult yaml = sandbox_.run({"edit", "no model", "--subject", "Elena Silva", "--prompt",
                                             "{} was born in", "--object", "Madrid", "--recipe", name, "--json"});
        QVERIFY2(yaml.code == 1 && yaml.error()["what"].toString().startsWith("this is YAML"), yaml.all());
        QCOMPARE(yaml.error()["where"].toString(), name);
        const QString hint = yaml.error()["hint"].toString();
        QVERIFY2(hint.contains("python3 -c"), yaml.all());
        if (name != "ROME.yaml" || QProcess::execute("python3", {"-c", "import yaml"}) != 0)
            return;
        QString command = hint.mid(hint.indexOf("python3 -c"));
        command.replace("FILE.yaml", sandbox_.path(name)).replace("FILE.json", sandbox_.path("converted.json"));
        QCOMPARE(QProcess::execute("sh", {"-c", command}), 0);
        const CliResult converted = edit({"--recipe", "converted.json"});
        QVERIFY2(converted.code == 0, converted.all());
        QCOMPARE(converted.json["recipe"]["values"]["learning_rate"].toDouble(), 0.5);
        QCOMPARE(converted.json["recipe"]["algorithm"].toString(), QString("ROME"));
    }

    void the_recipe_as_used_can_be_used_again() {
        const CliResult first =
            edit(fast() + QStringList{"--distribution", "root-spread", "--save-recipe", sandbox_.path("used.json")});
        QVERIFY2(first.code == 0, first.all());
        QCOMPARE(file("used.json"), first.json["recipe"].toObject());
        const CliResult again = edit({"--recipe", sandbox_.path("used.json")});
        QVERIFY2(again.code == 0, again.all());
        QCOMPARE(again.json["recipe"], first.json["recipe"]);
        QCOMPARE(again.json["layers"], first.json["layers"]);
        QCOMPARE(again.json["edits"][0]["value_kept"].toBool(), true);
    }

    void the_reference_names_no_algorithm_data() {
        QTest::addColumn<QByteArray>("hparams");
        QTest::addColumn<QString>("algorithm");
        QTest::addColumn<QString>("field");
        QTest::addColumn<double>("value");
        const QByteArray common = R"("v_num_grad_steps": 3, "v_lr": 0.5, "v_loss_layer": 3, "v_weight_decay": 0.5,
            "clamp_norm_factor": 0.75, "kl_factor": 0.0625, "mom2_adjustment": true, "fact_token": "subject_last",
            "rewrite_module_tmp": "transformer.h.{}.mlp.c_proj", "mom2_dataset": "wikipedia", "mom2_n_samples": 100)";
        QTest::newRow("ROME") << "{\"layers\": [1], " + common + "}"
                              << "ROME"
                              << "batch" << 0.0;
        QTest::newRow("MEMIT") << "{\"layers\": [0, 1], \"mom2_update_weight\": 400, " + common + "}"
                               << "MEMIT"
                               << "softness" << 400.0;
        QTest::newRow("AlphaEdit") << "{\"model_name\": \"x\", \"layers\": [0, 1], \"mom2_update_weight\": 400, "
                                      "\"nullspace_threshold\": 0.5, \"L2\": 3, " +
                                          common + "}"
                                   << "AlphaEdit"
                                   << "softness" << 3.0;
        QTest::newRow("FT-L") << QByteArray(R"({"layers": [1], "num_steps": 3, "batch_size": 1, "max_length": 40,
            "lr": 5e-4, "weight_decay": 0, "kl_factor": 0, "norm_constraint": 2e-4,
            "rewrite_module_tmp": "transformer.h.{}.mlp.c_proj", "layer_module_tmp": "transformer.h.{}"})")
                              << "FT-L"
                              << "largest_change" << 2e-4;
    }
    void the_reference_names_no_algorithm() {
        QFETCH(QByteArray, hparams);
        QFETCH(QString, algorithm);
        QFETCH(QString, field);
        QFETCH(double, value);
        sandbox_.write("hparams.json", hparams);
        // The reference adds no ridge, and this corpus is too short to do without.
        const CliResult result = edit({"--recipe", sandbox_.path("hparams.json"), "--corpus",
                                       sandbox_.path("corpus.txt"), "--ridge", "0.01", "--seed", "1"});
        QVERIFY2(result.code == 0, result.all());
        QCOMPARE(result.json["recipe"]["algorithm"].toString(), algorithm);
        QCOMPARE(result.json["recipe"][field].toDouble(), value);
        QCOMPARE(result.json["recipe"]["values"]["steps"].toInt(), 3);
        QVERIFY2(result.err.contains("names no algorithm"), result.all());
        QVERIFY(result.json["layers"][0]["update_norm"].toDouble() > 0);
    }
};

QTEST_GUILESS_MAIN(TestCliRecipes)
#include "test_cli_recipes.moc"
