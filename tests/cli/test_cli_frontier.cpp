// SPDX-License-Identifier: GPL-3.0-or-later
// edit --frontier: preservation against memorization over softness, as JSON, as CSV and in the result, and never into
// the model's folder.
#include "cli_runner.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <QFile>
#include <QTest>

using namespace emend::test;

namespace {

double relative(double a, double b) {
    return std::abs(a - b) / std::max({std::abs(a), std::abs(b), 1e-300});
}

// Over softness, for one layer or (null) for all of them.
QJsonArray rows_of(const QJsonArray& rows, const QJsonValue& layer) {
    QJsonArray some;
    for (const QJsonValue row : rows)
        if (row["layer"] == layer)
            some << row;
    return some;
}

} // namespace

class TestCliFrontier : public QObject {
    Q_OBJECT
    CliSandbox sandbox_;
    CliResult json_, csv_;

    CliResult edit(const QString& file, const QStringList& more = {}) const {
        return sandbox_.run(QStringList{"edit", "demo", "--edits", "edits.csv", "--algorithm", "MEMIT", "--layers",
                                        "0,2", "--statistics", sandbox_.demo_statistics(), "--softness", "30",
                                        "--no-comparisons", "--quiet", "--frontier", file} +
                            more);
    }
    QByteArray content(const QString& name) const {
        QFile file(sandbox_.path(name));
        return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    }

  private slots:
    void initTestCase() {
        sandbox_.demo_edits("edits.csv", 4);
        json_ = edit("frontier.json", {"--json"});
        QVERIFY2(json_.code == 0, json_.all());
        csv_ = edit("frontier.CSV");
        QVERIFY2(csv_.code == 0, csv_.all());
    }

    void json() {
        const QJsonObject file = QJsonDocument::fromJson(content("frontier.json")).object();
        QCOMPARE(file["softness"].toDouble(), 30.0);
        QCOMPARE(file["algorithm"].toString(), QString("MEMIT"));
        const QJsonArray rows = file["rows"].toArray();
        QCOMPARE(rows, json_.json["frontier"].toArray());
        const QJsonArray total = rows_of(rows, QJsonValue());
        QVERIFY(total.size() > 20);
        double preserved = INFINITY, missed = -1, softness = -1;
        for (qsizetype i = 0; i < total.size(); ++i) {
            const QJsonValue row = total[i];
            // Softer: less of the old is lost, more of the new is missed.
            QVERIFY(row["softness"].toDouble() > softness);
            QVERIFY(row["preservation"].toDouble() <= preserved * (1 + 1e-9));
            QVERIFY(row["memorization"].toDouble() >= missed * (1 - 1e-9));
            softness = row["softness"].toDouble();
            preserved = row["preservation"].toDouble();
            missed = row["memorization"].toDouble();
            double sum = 0, squares = 0;
            for (const int layer : {0, 2}) {
                const QJsonValue part = rows_of(rows, layer)[i];
                QCOMPARE(part["softness"], row["softness"]);
                sum += part["preservation"].toDouble();
                squares += std::pow(part["update_norm"].toDouble(), 2);
            }
            QVERIFY(relative(sum, preserved) < 1e-9);
            QVERIFY(relative(std::sqrt(squares), row["update_norm"].toDouble()) < 1e-9);
        }
    }

    void goes_through_the_point_that_was_applied() {
        for (const QJsonValue layer : json_.json["layers"].toArray()) {
            bool met = false;
            for (const QJsonValue row : rows_of(json_.json["frontier"].toArray(), layer["layer"])) {
                if (row["softness"].toDouble() != 30)
                    continue;
                met = true;
                for (const char* key : {"preservation", "memorization", "update_norm"})
                    QVERIFY2(relative(row[key].toDouble(), layer[key].toDouble()) < 1e-6, key);
            }
            QVERIFY(met);
        }
    }

    void csv() {
        const QByteArrayList lines = content("frontier.CSV").trimmed().split('\n');
        QCOMPARE(lines.first(), QByteArray("layer,softness,preservation,memorization,update_norm,applied"));
        const QJsonArray rows = json_.json["frontier"].toArray();
        QCOMPARE(lines.size() - 1, rows.size());
        int applied = 0;
        for (qsizetype i = 0; i < rows.size(); ++i) {
            const QByteArrayList fields = lines[i + 1].split(',');
            QCOMPARE(fields.size(), 6);
            QCOMPARE(QString(fields[0]), rows[i]["layer"].isNull() ? "all" : QString::number(rows[i]["layer"].toInt()));
            QVERIFY(relative(fields[1].toDouble(), rows[i]["softness"].toDouble()) < 1e-6);
            QVERIFY(relative(fields[2].toDouble(), rows[i]["preservation"].toDouble()) < 1e-6);
            applied += fields[5] == "1";
        }
        QCOMPARE(applied, 3); // in both layers and in the sum
        QVERIFY2(csv_.out.contains("frontier.CSV"), csv_.all());
    }

    void without_statistics_nothing_is_known_of_preservation() {
        const CliResult result =
            sandbox_.run({"edit", "demo", "--edits", "edits.csv", "--algorithm", "MEMIT", "--no-statistics",
                          "--frontier", "bare.csv", "--json", "--quiet", "--no-comparisons"});
        QVERIFY2(result.code == 0, result.all());
        QVERIFY(result.json["frontier"][0]["preservation"].isNull());
        QCOMPARE(content("bare.csv").split('\n')[1].split(',')[2], QByteArray());
    }

    void fine_tuning_has_none() {
        const CliResult tuned = sandbox_.run({"edit", "demo", "--edits", "edits.csv", "--algorithm", "FT-L",
                                              "--frontier", "none.json", "--json", "--quiet"});
        QVERIFY2(tuned.code == 1 && tuned.error()["what"].toString().contains("softness"), tuned.all());
        QVERIFY(!QFile::exists(sandbox_.path("none.json")));
    }

    void never_onto_the_checkpoint_data() {
        QTest::addColumn<QString>("option");
        QTest::addColumn<QString>("file");
        const QString model = sandbox_.copy_model("gpt2_edit", "model");
        std::filesystem::create_directory_symlink(model.toStdString(), sandbox_.path("alias").toStdString());
        std::filesystem::create_symlink((model + "/config.json").toStdString(), sandbox_.path("link").toStdString());
        std::filesystem::create_hard_link((model + "/model.safetensors").toStdString(),
                                          sandbox_.path("twin").toStdString());
        for (const char* option : {"--frontier", "--save-recipe", "--dump"}) {
            const auto row = [&](const char* what, const QString& file) {
                QTest::addRow("%s %s", option, what) << option << file;
            };
            row("new file", "model/new.json");
            row("weights", "model/model.safetensors");
            row("roundabout", "model/../model/config.json");
            row("linked folder", "alias/new.json");
            row("linked file", "link");
            row("hard link", "twin");
        }
    }
    void never_onto_the_checkpoint() {
        QFETCH(QString, option);
        QFETCH(QString, file);
        const QStringList before = sandbox_.listing();
        const CliResult result = sandbox_.run({"edit", "model", "--subject", "Elena", "--prompt", "{} is in",
                                               "--object", "Madrid", option, file, "--json"});
        QVERIFY2(result.code == 1 && result.error()["what"].toString().contains("never written to"), result.all());
        QCOMPARE(sandbox_.listing(), before);
    }
};

QTEST_GUILESS_MAIN(TestCliFrontier)
#include "test_cli_frontier.moc"
