// SPDX-License-Identifier: GPL-3.0-or-later
// edit and statistics from the command line: the reference's ROME edit to the last digits, files of edits, recipes.
#include "cli_runner.h"
#include "storage/safetensors.h"

#include <cmath>
#include <cstring>
#include <QFile>
#include <QTest>

using namespace emend;
using namespace emend::test;

namespace {

std::vector<double> doubles(const TensorView& view) {
    if (view.dtype != DType::F64)
        qFatal("%s is not F64", view.name.c_str());
    std::vector<double> values(view.elements());
    std::memcpy(values.data(), view.data, view.bytes);
    return values;
}

double relative(const std::vector<double>& got, const std::vector<double>& expected) {
    double off = 0, all = 0;
    for (std::size_t i = 0; i < expected.size() && got.size() == expected.size(); ++i) {
        off += (got[i] - expected[i]) * (got[i] - expected[i]);
        all += expected[i] * expected[i];
    }
    return got.size() == expected.size() ? std::sqrt(off / all) : INFINITY;
}

QJsonObject read_json(const QString& path) {
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        qFatal("cannot read %s", qPrintable(path));
    return QJsonDocument::fromJson(file.readAll()).object();
}

QStringList one_edit() {
    return {"--subject", "Elena Silva", "--prompt", "{} was born in", "--object", "Madrid"};
}

} // namespace

class TestCliEdit : public QObject {
    Q_OBJECT
    CliSandbox sandbox_;

    // The reference's statistics in our file format.
    QString statistics() const {
        const QString path = sandbox_.path("statistics.safetensors");
        if (QFile::exists(path))
            return path;
        const auto golden = SafetensorsFile::open(EMEND_TEST_DATA "/edit/cov_f64.safetensors");
        SafetensorsWriter writer;
        const std::int64_t count = 1000;
        for (int layer = 0; layer < 3; ++layer) {
            const std::string name = "layer." + std::to_string(layer);
            const TensorView& view = golden.at("layer" + std::to_string(layer) + ".C");
            writer.add(name + ".second_moment", DType::F64, view.shape, view.data);
            writer.add(name + ".count", DType::I64, {1}, &count);
        }
        writer.write(path.toStdString());
        return path;
    }

    QStringList fast_recipe() const {
        sandbox_.write("fast.json", R"({"layers": [1], "values": {"steps": 5}, "contexts": ["{}", "I. {}"]})");
        return {"--recipe", sandbox_.path("fast.json"), "--statistics", statistics()};
    }

  private slots:
    void reference_edit() {
        const QString folder = EMEND_TEST_DATA "/edit/rome_case0";
        const QJsonObject golden = read_json(folder + "/f64.json");
        QJsonObject recipe = golden["hparams"].toObject();
        recipe["contexts"] = golden["context_templates"];
        sandbox_.write("recipe.json", QJsonDocument(recipe).toJson());
        const CliResult result = sandbox_.run(
            QStringList{"edit", test_model("gpt2_edit"), "--dtype", "float64", "--recipe", sandbox_.path("recipe.json"),
                        "--statistics", statistics(), "--dump", sandbox_.path("dump.safetensors"), "--json"} +
            one_edit());
        QVERIFY2(result.code == 0, result.all());

        const auto dump = SafetensorsFile::open(sandbox_.path("dump.safetensors").toStdString());
        const auto expected = SafetensorsFile::open((folder + "/f64.safetensors").toStdString());
        QVERIFY(relative(doubles(dump.at("targets")), doubles(expected.at("z0.target"))) < 1e-6);
        std::vector<double> delta = doubles(dump.at("delta.1")); // [d_v, d_k]; the reference stores [d_k, d_v]
        const std::vector<double> stored = doubles(expected.at("delta.transformer.h.1.mlp.c_proj.weight"));
        std::vector<double> turned(stored.size());
        for (std::size_t k = 0; k < 256; ++k)
            for (std::size_t v = 0; v < 64; ++v)
                turned[v * 256 + k] = stored[k * 64 + v];
        QVERIFY(relative(delta, turned) < 1e-6);

        const QJsonArray steps = golden["z"][0]["steps"].toArray();
        const QJsonObject edit = result.json["edits"][0].toObject();
        const QJsonArray loss = edit["loss"].toArray();
        QCOMPARE(loss.size(), steps.size());
        for (qsizetype i = 0; i < loss.size(); ++i)
            QVERIFY(std::abs(loss[i].toDouble() / steps[i]["loss"].toDouble() - 1) < 1e-6);
        QVERIFY(dump.contains("loss.0"));
        QVERIFY(dump.contains("keys.1"));
        QVERIFY(dump.contains("residual.1"));

        QVERIFY(std::abs(edit["before"]["p_new"].toDouble() / golden["before"][0]["joint_prob"].toDouble() - 1) < 1e-5);
        QVERIFY(std::abs(edit["after"]["p_new"].toDouble() / golden["after"][0]["joint_prob"].toDouble() - 1) < 1e-5);
        const QJsonObject layer = result.json["layers"][0].toObject();
        for (const char* key : {"layer", "update_norm", "relative_norm", "rank", "preservation", "memorization"})
            QVERIFY2(layer[key].isDouble(), key);
        for (const char* key : {"values", "keys", "solve", "total"})
            QVERIFY2(result.json["seconds"][key].isDouble(), key);
        QCOMPARE(result.json["recipe"]["algorithm"].toString(), QString("ROME"));
        QCOMPARE(result.json["recipe"]["contexts"][0].toArray(), golden["context_templates"].toArray());
    }

    void the_written_subject_is_found() {
        const CliResult result = sandbox_.run(QStringList{"edit", test_model("gpt2_edit"), "--subject", "Elena Silva",
                                                          "--prompt", "Elena Silva was born in", "--object", "Madrid",
                                                          "--paraphrase", "The birthplace of {} is", "--json"} +
                                              fast_recipe());
        QVERIFY2(result.code == 0, result.all());
        QCOMPARE(result.json["edits"][0]["prompt"].toString(), QString("{} was born in"));
        QCOMPARE(result.json["edits"][0]["paraphrases"].toArray().size(), 1);
    }

    void a_file_with_a_wrong_record() {
        sandbox_.write("edits.json", R"([
            {"prompt": "{} was born in", "subject": "Elena Silva", "target_new": {"str": "Madrid"}},
            {"prompt": "{} was born in", "subject": "", "target_new": {"str": "Madrid"}},
            {"prompt": "{} usually speaks", "subject": "Elena Silva", "target_new": {"str": "Madrid"}}])");
        const CliResult result = sandbox_.run(
            QStringList{"edit", test_model("gpt2_edit"), "--edits", sandbox_.path("edits.json"), "--json"} +
            fast_recipe());
        QVERIFY2(result.code == 0, result.all());
        QCOMPARE(result.json["edits"].toArray().size(), 2);
        QCOMPARE(result.json["skipped"][0]["index"].toInt(), 1);
        QCOMPARE(result.json["skipped"][0]["record"].toInt(), 2);
        QVERIFY(!result.json["skipped"][0]["reason"].toString().isEmpty());
        QVERIFY(result.err.contains("record 2 "));
    }

    void options_win_over_the_recipe() {
        const CliResult result = sandbox_.run(QStringList{"edit", test_model("gpt2_edit"), "--algorithm", "memit",
                                                          "--layers", "0-2", "--softness", "20", "--json"} +
                                              one_edit() + fast_recipe());
        QVERIFY2(result.code == 0, result.all());
        const QJsonObject recipe = result.json["recipe"].toObject();
        QCOMPARE(recipe["algorithm"].toString(), QString("MEMIT"));
        QCOMPARE(recipe["distribution"].toString(), QString("spread"));
        QCOMPARE(recipe["softness"].toDouble(), 20.0);
        QCOMPARE(recipe["values"]["steps"].toInt(), 5);
        QCOMPARE(result.json["layers"].toArray().size(), 3);
    }

    void what_no_model_fits_is_wrong_usage_data() {
        QTest::addColumn<QStringList>("options");
        QTest::addColumn<QString>("option");
        QTest::addColumn<QString>("hint");
        const auto row = [](const QStringList& options, const char* option, const char* hint) {
            QTest::newRow(qPrintable(options.join(' '))) << options << option << hint;
        };
        row({"--algorithm", "ROME", "--batch", "3"}, "--batch", "EMMET or MEMIT");
        row({"--batch", "2"}, "--batch", "EMMET or MEMIT"); // of the default algorithm
        row({"--recipe", "rrome.json", "--batch", "2"}, "--batch", "EMMET or MEMIT");
        row({"--algorithm", "FT-L", "--layers", "0,1"}, "--layers", "EMMET or MEMIT");
        row({"--algorithm", "MEMIT", "--layers", "0-2", "--distribution", "single"}, "--distribution", "spread");
        row({"--algorithm", "MEMIT", "--layers", "0-2", "--weights", "1,2"}, "--weights", "each layer");
        row({"--algorithm", "AlphaEdit", "--no-statistics"}, "--no-statistics", "MEMIT");
    }
    // The model is no model: nobody has looked at it.
    void what_no_model_fits_is_wrong_usage() {
        QFETCH(QStringList, options);
        QFETCH(QString, option);
        QFETCH(QString, hint);
        sandbox_.write("rrome.json", R"({"algorithm": "R-ROME", "layers": [1]})");
        const CliResult result = sandbox_.run(QStringList{"edit", "no model", "--json"} + one_edit() + options);
        QVERIFY2(result.code == 2, result.all());
        QCOMPARE(result.error()["where"].toString(), option);
        QVERIFY2(result.error()["hint"].toString().contains(hint), result.all());
    }

    void an_update_that_outweighs_the_weight_is_told() {
        sandbox_.write("wild.json", R"({"layers": [1], "use_statistics": false, "contexts": ["{}"],
            "values": {"steps": 3, "learning_rate": 500, "clamp": 5000, "weight_decay": 0, "stop_loss": -1}})");
        const CliResult wild = sandbox_.run(
            QStringList{"edit", test_model("gpt2_edit"), "--recipe", "wild.json", "--json", "--alpha", "1"} +
            one_edit());
        QVERIFY2(wild.code == 0, wild.all());
        QVERIFY(wild.json["layers"][0]["relative_norm"].toDouble() > 8);
        const QJsonArray warnings = wild.json["warnings"].toArray();
        QVERIFY2(warnings.size() == 2 && warnings[0].toString().startsWith("--alpha changes nothing: ROME has"),
                 wild.all());
        QVERIFY2(warnings[1].toString().startsWith("layer 1 was moved by ") &&
                     warnings[1].toString().contains("times its own norm: the model is likely broken"),
                 wild.all());
        QVERIFY2(wild.err.contains("warning: layer 1 was moved by") && wild.err.contains("warning: --alpha"),
                 wild.all());
    }

    void plain_report() {
        const CliResult result =
            sandbox_.run(QStringList{"edit", test_model("gpt2_edit")} + one_edit() + fast_recipe());
        QVERIFY2(result.code == 0, result.all());
        for (const char* part : {"Elena Silva", "Madrid", "|D|/|W|", "preservation"})
            QVERIFY2(result.out.contains(part), result.all());
        QVERIFY2(!result.err.contains("changes nothing") && !result.err.contains("its own norm"), result.all());
        QVERIFY2(!result.out.contains('\x1b'), "colours only on a terminal");
    }

    void collects_statistics() {
        QByteArray corpus;
        for (int i = 0; i < 400; ++i)
            corpus += "The city of " + QByteArray::number(i) + " is in the country. I work in Madrid.\n";
        sandbox_.write("corpus.txt", corpus);
        const QStringList arguments{"statistics", test_model("gpt2_edit"),
                                    "--corpus",   sandbox_.path("corpus.txt"),
                                    "--layers",   "0-1",
                                    "--tokens",   "3000",
                                    "--out",      sandbox_.path("collected.safetensors"),
                                    "--json"};
        const CliResult result = sandbox_.run(arguments);
        QVERIFY2(result.code == 0, result.all());
        const QJsonArray layers = result.json["layers"].toArray();
        QCOMPARE(layers.size(), 2);
        QCOMPARE(layers[1]["layer"].toInt(), 1);
        QVERIFY(layers[0]["trace"].toDouble() > 0);
        QVERIFY(layers[0].toObject().contains("condition"));
        const auto file = SafetensorsFile::open(sandbox_.path("collected.safetensors").toStdString());
        QCOMPARE(file.at("layer.1.second_moment").shape, (std::vector<std::int64_t>{256, 256}));
        QVERIFY(file.metadata().contains("model_fingerprint"));
        // It serves an edit of the same model, and is refused for another.
        sandbox_.write("r.json", R"({"layers": [1], "values": {"steps": 3}, "contexts": ["{}"]})");
        const QStringList with{"--recipe", sandbox_.path("r.json"), "--statistics",
                               sandbox_.path("collected.safetensors"), "--json"};
        const CliResult same = sandbox_.run(QStringList{"edit", test_model("gpt2_edit")} + one_edit() + with);
        QVERIFY2(same.code == 0, same.all());
        const CliResult other = sandbox_.run(QStringList{"edit", test_model("gpt2")} + one_edit() + with);
        QVERIFY2(other.code == 1, other.all());
        QVERIFY2(other.error()["hint"].toString().contains("force"), other.all());
        const CliResult forced = sandbox_.run(QStringList{"edit", test_model("gpt2"), "--force"} + one_edit() + with);
        QVERIFY2(forced.code == 0, forced.all());
    }
};

QTEST_GUILESS_MAIN(TestCliEdit)
#include "test_cli_edit.moc"
