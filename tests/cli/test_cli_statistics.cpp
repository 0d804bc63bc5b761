// SPDX-License-Identifier: GPL-3.0-or-later
// statistics from the command line: what it reports, and the reference implementations' .npz files as its equals.
#include "cli_runner.h"
#include "npz_writer.h"
#include "storage/safetensors.h"

#include <QDir>
#include <QTest>

#include <cmath>

using namespace emend;
using namespace emend::test;

class TestCliStatistics : public QObject {
    Q_OBJECT
    CliSandbox sandbox_;

    [[nodiscard]] QStringList collect() const {
        return {"statistics", test_model("gpt2_edit"),
                "--corpus",   sandbox_.path("corpus.txt"),
                "--layers",   "0-1",
                "--tokens",   "3000",
                "--out",      sandbox_.path("s.safetensors")};
    }

  private slots:
    void initTestCase() {
        QByteArray corpus;
        for (int i = 0; i < 400; ++i)
            corpus += "The city of " + QByteArray::number(i) + " is in the country. I work in Madrid.\n";
        sandbox_.write("corpus.txt", corpus);
        sandbox_.write("r.json", R"({"layers": [1], "values": {"steps": 3}, "contexts": ["{}"]})");
    }

    void numbers() {
        const CliResult result = sandbox_.run(collect() + QStringList{"--eigenvalues", "--json"});
        QVERIFY2(result.code == 0, result.all());
        QVERIFY(result.json["tokens_per_second"].toDouble() > 0);
        for (const QJsonValue layer : result.json["layers"].toArray()) {
            const QJsonArray eigenvalues = layer["eigenvalues"].toArray();
            QCOMPARE(eigenvalues.size(), 256);
            double sum = 0;
            for (const QJsonValue value : eigenvalues)
                sum += value.toDouble();
            QVERIFY(std::abs(sum / layer["trace"].toDouble() - 1) < 1e-9);
            const double rank = layer["effective_rank"].toDouble();
            QVERIFY2(rank > 1 && rank < 256, result.all());
            QCOMPARE(layer["singular"].toBool(), layer["condition"].isNull());
            QCOMPARE(layer["tokens"].toInt(), 3000);
        }
        const CliResult again = sandbox_.run(collect() + QStringList{"--json"});
        QVERIFY2(again.json["from_cache"].toBool(), again.all());
        QVERIFY(!again.json["layers"][0].toObject().contains("eigenvalues"));
    }

    void plain_report() {
        const CliResult result = sandbox_.run(collect() + QStringList{"--eigenvalues"});
        QVERIFY2(result.code == 0, result.all());
        for (const char* part : {"condition", "effective rank", "Eigenvalues of layer 1", "s.safetensors"})
            QVERIFY2(result.out.contains(part), result.all());
        const CliResult fresh = sandbox_.run({"statistics", test_model("gpt2_edit"), "--corpus",
                                              sandbox_.path("corpus.txt"), "--layers", "2", "--tokens", "500"});
        QVERIFY2(fresh.out.contains("tokens a second"), fresh.all());
        QVERIFY2(!fresh.out.contains("Eigenvalues"), fresh.all());
    }

    // The same moments as safetensors and as .npz, one file and a folder, make the same edit.
    void reference_statistics_make_the_same_edit() {
        const CliResult collected = sandbox_.run(collect() + QStringList{"--json"});
        QVERIFY2(collected.code == 0, collected.all());
        const auto file = SafetensorsFile::open(sandbox_.path("s.safetensors").toStdString());
        const TensorView& moment = file.at("layer.1.second_moment");
        std::vector<double> sum(moment.elements());
        std::memcpy(sum.data(), moment.data, moment.bytes);
        for (double& value : sum)
            value *= 3000;
        QVERIFY(QDir().mkpath(sandbox_.path("npz")));
        const QString npz = sandbox_.path("npz/transformer.h.1.mlp.c_proj_float64_mom2_100.npz");
        write_npz(npz.toStdString(), {{"mom2.mom2.npy", npy("<f8", "256, 256", bytes_of(sum)), true},
                                      {"mom2.count.npy", npy("<i8", "", bytes_of<std::int64_t>({3000}))}});
        const auto edit = [&](const QString& statistics) {
            return sandbox_.run({"edit", test_model("gpt2_edit"), "--subject", "Elena Silva", "--prompt",
                                 "{} was born in", "--object", "Madrid", "--recipe", sandbox_.path("r.json"),
                                 "--statistics", statistics, "--json"});
        };
        const CliResult ours = edit(sandbox_.path("s.safetensors"));
        QVERIFY2(ours.code == 0, ours.all());
        for (const QString& statistics : {npz, sandbox_.path("npz")}) {
            const CliResult theirs = edit(statistics);
            QVERIFY2(theirs.code == 0, theirs.all());
            const double want = ours.json["layers"][0]["update_norm"].toDouble();
            QVERIFY(want > 0);
            QVERIFY2(std::abs(theirs.json["layers"][0]["update_norm"].toDouble() / want - 1) < 1e-6, theirs.all());
            // It cannot be known whether they are of this model.
            QVERIFY2(theirs.all().contains("do not say which model"), theirs.all());
        }
        // Of another layer, of another size, broken.
        sandbox_.write("r3.json", R"({"layers": [3], "values": {"steps": 3}, "contexts": ["{}"]})");
        const CliResult layer =
            sandbox_.run({"edit", test_model("gpt2_edit"), "--subject", "Elena Silva", "--prompt", "{} was born in",
                          "--object", "Madrid", "--recipe", sandbox_.path("r3.json"), "--statistics", npz, "--json"});
        QCOMPARE(layer.code, 1);
        QVERIFY2(layer.error()["what"].toString().contains("layer 3"), layer.all());
        sum.resize(16 * 16);
        write_npz(npz.toStdString(), {{"mom2.mom2.npy", npy("<f8", "16, 16", bytes_of(sum))},
                                      {"mom2.count.npy", npy("<i8", "", bytes_of<std::int64_t>({3000}))}});
        const CliResult size = edit(npz);
        QCOMPARE(size.code, 1);
        QVERIFY2(size.error()["what"].toString().contains("another model or layer"), size.all());
        QVERIFY(QFile::resize(npz, 300));
        const CliResult cut = edit(npz);
        QCOMPARE(cut.code, 1);
        QVERIFY2(!cut.error()["hint"].toString().isEmpty(), cut.all());
    }
};

QTEST_GUILESS_MAIN(TestCliStatistics)
#include "test_cli_statistics.moc"
