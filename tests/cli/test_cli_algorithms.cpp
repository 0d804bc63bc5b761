// SPDX-License-Identifier: GPL-3.0-or-later
// Every row of the algorithm table and of the distribution table does its work on the demo model.
#include "cli_runner.h"

#include <QTest>

using namespace emend::test;

class TestCliAlgorithms : public QObject {
    Q_OBJECT
    CliSandbox sandbox_;

  private slots:
    void initTestCase() {
        sandbox_.demo_edits("edits.csv", 3);
        sandbox_.demo_edits("one.csv", 1, 3);
        sandbox_.demo_statistics();
        sandbox_.write("alphaedit.json", R"({"model_name": "x", "layers": [0, 1, 2], "clamp_norm_factor": 1,
            "layer_selection": "all", "fact_token": "subject_last", "v_num_grad_steps": 25, "v_lr": 0.5,
            "v_loss_layer": 7, "v_weight_decay": 0.5, "kl_factor": 0.1, "mom2_adjustment": true,
            "mom2_update_weight": 15000, "mom2_n_samples": 100000, "nullspace_threshold": 2e-2, "L2": 1})");
        sandbox_.write("ft.json", R"({"layers": [0], "num_steps": 25, "batch_size": 1, "max_length": 40, "lr": 5e-3,
            "weight_decay": 0, "kl_factor": 0, "norm_constraint": 5e-3})");
    }

    void edits_take_data() {
        QTest::addColumn<QStringList>("options");
        QTest::addColumn<QString>("algorithm");
        QTest::addColumn<QList<int>>("layers"); // that are written
        QTest::addColumn<int>("batch");
        const auto row = [](const QStringList& options, const QString& algorithm, const QList<int>& layers,
                            int batch = 0) {
            QTest::newRow(qPrintable(options.join(' '))) << options << algorithm << layers << batch;
        };
        const auto with = [](const char* algorithm) { return QStringList{"--algorithm", algorithm}; };
        row(with("ROME"), "ROME", {0});
        row(with("r-rome"), "R-ROME", {0});
        row(with("EMMET"), "EMMET", {0, 1, 2});
        row(with("MEMIT") + QStringList{"--distribution", "single", "--layers", "0"}, "MEMIT", {0});
        row(with("MEMIT") + QStringList{"--distribution", "root-spread"}, "MEMIT", {0, 1, 2});
        row(with("MEMIT") + QStringList{"--distribution", "first-and-last"}, "MEMIT", {0, 2});
        row(with("EMMET") + QStringList{"--weights", "1,2,1"}, "EMMET", {0, 1, 2});
        row(with("MEMIT-seq") + QStringList{"--batch", "1"}, "MEMIT-seq", {0, 1, 2}, 1);
        row(with("ENCORE") + QStringList{"--batch", "2"}, "ENCORE", {0, 1, 2}, 2);
        row(with("AlphaEdit"), "AlphaEdit", {0, 1, 2});
        row({"--recipe", "alphaedit.json"}, "AlphaEdit", {0, 1, 2});
        row({"--recipe", "ft.json"}, "FT-L", {0});
        row(with("FT-L") + QStringList{"--largest-change", "0.005", "--learning-rate", "0.005"}, "FT-L", {0});
    }
    void edits_take() {
        QFETCH(QStringList, options);
        QFETCH(QString, algorithm);
        QFETCH(QList<int>, layers);
        QFETCH(int, batch);
        const CliResult result = sandbox_.run(
            QStringList{"edit", "demo", "--edits", algorithm.endsWith("ROME") ? "one.csv" : "edits.csv", "--statistics",
                        sandbox_.demo_statistics(), "--no-comparisons", "--quiet", "--json"} +
            options);
        QVERIFY2(result.code == 0, result.all());
        QCOMPARE(result.json["recipe"]["algorithm"].toString(), algorithm);
        QCOMPARE(result.json["recipe"]["batch"].toInt(), batch);
        const bool fine_tunes = algorithm == "FT-L";
        for (const QJsonValue edit : result.json["edits"].toArray()) {
            QVERIFY2(edit["before"]["p_new"].toDouble() < 0.1, result.all());
            const double after = edit["after"]["p_new"].toDouble();
            QVERIFY2(after > 0.5 || (fine_tunes && after > edit["before"]["p_new"].toDouble()),
                     qPrintable(edit["subject"].toString() + " " + QString::number(after)));
            QVERIFY(!edit["loss"].toArray().isEmpty());
        }
        const QJsonArray reports = result.json["layers"].toArray();
        QList<int> written;
        for (const QJsonValue layer : reports) {
            written << layer["layer"].toInt();
            QVERIFY(layer["update_norm"].toDouble() > 0);
            QVERIFY(layer["preservation"].toDouble() > 0);
            const int dimensions = layer["dimensions"].toInt();
            QVERIFY(algorithm == "AlphaEdit" ? dimensions > 0 && dimensions < 768 : dimensions == 768);
            QVERIFY(layer["condition"].toDouble() >= 1);
            if (fine_tunes) // has no residual to miss
                QVERIFY(layer["memorization"].isNull());
        }
        QCOMPARE(written, layers);
    }
};

QTEST_GUILESS_MAIN(TestCliAlgorithms)
#include "test_cli_algorithms.moc"
