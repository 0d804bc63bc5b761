// SPDX-License-Identifier: GPL-3.0-or-later
// try: a grid of recipes from a file and from options, and what comes of it; edit --diagnose: why an edit took or not;
// edit --frontier as a picture.
#include "cli_runner.h"
#include "storage/csv.h"

#include <algorithm>
#include <cmath>
#include <QFile>
#include <QTest>

using namespace emend::test;

class TestCliTry : public QObject {
    Q_OBJECT
    CliSandbox sandbox_;

    CliResult attempt(const QStringList& options) const {
        return sandbox_.run(QStringList{"try", test_model("gpt2_edit"), "--edits", "edits.csv", "--recipe",
                                        sandbox_.path("fast.json"), "--quiet"} +
                            options);
    }
    CliResult edit(const QStringList& options) const {
        return sandbox_.run(QStringList{"edit", test_model("gpt2_edit"), "--edits", "edits.csv", "--recipe",
                                        sandbox_.path("fast.json"), "--quiet", "--no-comparisons"} +
                            options);
    }
    QByteArray content(const QString& name) const {
        QFile file(sandbox_.path(name));
        return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    }

  private slots:
    void initTestCase() {
        sandbox_.write("fast.json", R"({"algorithm": "MEMIT", "layers": [0, 1], "distribution": "spread",
            "use_statistics": false, "values": {"steps": 4}, "contexts": ["{}"], "softness": 1})");
        sandbox_.write("grid.json", R"({"layers": ["0-1", [1]], "softness": [0.5, 20]})");
        sandbox_.write("edits.csv", "subject,prompt,object,true_object,paraphrases,neighbours\n"
                                    "The Colosseum,{} is in the city of,Paris,Rome,The city of {} is,"
                                    "The Prado Museum is in the city of\n"
                                    "Xenia Larsen,{} was born in,Madrid,Athens,,\n");
    }

    void a_grid_from_a_file() {
        const CliResult result =
            attempt({"--grid", "grid.json", "--json", "--csv", "rows.csv", "--save-recipe", "best.json"});
        QVERIFY2(result.code == 0, result.all());
        QCOMPARE(result.json["edits"].toInt(), 2);
        const QJsonArray rows = result.json["rows"].toArray();
        QCOMPARE(rows.size(), 4);
        for (qsizetype i = 0; i < rows.size(); ++i) { // in the grid's order
            QCOMPARE(rows[i]["recipe"]["layers"].toArray(), i < 2 ? (QJsonArray{0, 1}) : (QJsonArray{1}));
            QCOMPARE(rows[i]["recipe"]["softness"].toDouble(), i % 2 == 0 ? 0.5 : 20.0);
            for (const char* key : {"efficacy", "paraphrase", "neighbourhood", "score", "relative_norm", "memorization",
                                    "seconds", "held"})
                QVERIFY2(rows[i][key].isDouble(), key);
            QVERIFY(rows[i]["preservation"].isNull()); // without statistics
            QVERIFY(rows[i]["relative_norm"].toDouble() > 0);
            QCOMPARE(rows[i]["layers"].toArray().size(), i < 2 ? 2 : 1);
        }
        QVERIFY(rows[0]["relative_norm"].toDouble() > rows[1]["relative_norm"].toDouble()); // softer writes less
        const int best = result.json["best"].toInt();
        for (const QJsonValue row : rows)
            QVERIFY(row["score"].toDouble() <= rows[best]["score"].toDouble());
        const QJsonObject kept = QJsonDocument::fromJson(content("best.json")).object();
        QCOMPARE(kept["softness"], rows[best]["recipe"]["softness"]);
        QCOMPARE(kept["layers"], rows[best]["recipe"]["layers"]);
        const auto lines = emend::parse_csv(content("rows.csv").toStdString(), "rows.csv");
        QCOMPARE(lines.size(), std::size_t{5});
        for (const auto& line : lines)
            QCOMPARE(line.size(), lines.front().size());
        QCOMPARE(lines[1][1], std::string("spread"));
        QCOMPARE(std::stod(lines[2][3]), 20.0);
    }

    void a_grid_from_options() {
        const CliResult result = attempt({"--grid", "grid.json", "--layers-list", "0;0-1", "--softness-list", "3",
                                          "--algorithms", "MEMIT,EMMET", "--json"});
        QVERIFY2(result.code == 0, result.all());
        const QJsonArray rows = result.json["rows"].toArray();
        QCOMPARE(rows.size(), 4);
        QCOMPARE(rows[0]["recipe"]["algorithm"].toString(), QString("MEMIT"));
        QCOMPARE(rows[0]["recipe"]["layers"].toArray(), QJsonArray{0});
        QCOMPARE(rows[3]["recipe"]["algorithm"].toString(), QString("EMMET"));
        QCOMPARE(rows[3]["recipe"]["softness"].toDouble(), 3.0);
    }

    void the_model_as_it_is_stands_beside() {
        const CliResult result = attempt({"--softness-list", "1,1", "--json"});
        QVERIFY2(result.code == 0, result.all());
        const QJsonObject unedited = result.json["unedited"].toObject();
        for (const char* key : {"efficacy", "paraphrase", "neighbourhood", "score"})
            QVERIFY2(unedited[key].isDouble(), key);
        QCOMPARE(result.json["rows"].toArray().size(), 1);
        QVERIFY(result.json["rows"][0]["p_new"].toDouble() > 0);
        QVERIFY(result.json["rows"][0]["efficacy"].toDouble() >= unedited["efficacy"].toDouble());
        const QJsonArray skipped = result.json["skipped"].toArray(); // what was named twice
        QCOMPARE(skipped.size(), 1);
        QCOMPARE(skipped[0]["recipe"]["softness"].toDouble(), 1.0);
        QCOMPARE(skipped[0]["reason"].toString(), QString("the same as row 1"));
    }

    void what_was_said_goes_for_every_algorithm() {
        const CliResult result =
            sandbox_.run({"try", test_model("gpt2_edit"), "--edits", "edits.csv", "--algorithms", "ROME,MEMIT,EMMET",
                          "--layers", "0-1", "--steps", "3", "--clamp", "2", "--softness", "6", "--seed", "9",
                          "--no-statistics", "--quiet", "--json"});
        QVERIFY2(result.code == 0, result.all());
        const QJsonArray rows = result.json["rows"].toArray();
        QCOMPARE(rows.size(), 3);
        for (const QJsonValue row : rows) {
            const QJsonObject recipe = row["recipe"].toObject();
            const bool rome = recipe["algorithm"] == "ROME";
            QCOMPARE(recipe["layers"].toArray(), rome ? (QJsonArray{1}) : (QJsonArray{0, 1}));
            QCOMPARE(recipe["values"]["steps"].toInt(), 3);
            QCOMPARE(recipe["values"]["clamp"].toDouble(), 2.0);
            QCOMPARE(recipe["softness"].toDouble(), 6.0);
            QVERIFY(!recipe["use_statistics"].toBool());
        }
        const QJsonArray skipped = result.json["skipped"].toArray();
        QCOMPARE(skipped.size(), 1);
        QCOMPARE(skipped[0]["reason"].toString(), QString("ROME writes one layer: run on layer 1"));
    }

    void a_table_for_people() {
        const CliResult result =
            attempt({"--layers-list", "1", "--distributions", "single,spread", "--softness-list", "1e11,1e12"});
        QVERIFY2(result.code == 0, result.all());
        const QByteArrayList lines = result.out.split('\n');
        QVERIFY2(lines[0].contains("p(new)") && lines[1].contains("(no edit)"), result.out);
        QVERIFY2(result.out.contains("equal scores: the smaller |D|/|W| comes first"), result.out);
        QVERIFY2(result.out.contains("passed over: MEMIT, spread, layer 1, softness 1e+11: the same as row 1: one "
                                     "layer takes all"),
                 result.out);
        const CliResult csv = attempt({"--softness-list", "1", "--csv", "-"});
        QVERIFY2(csv.code == 0 && csv.out.startsWith("algorithm,distribution"), csv.all());
        QCOMPARE(csv.out.trimmed().split('\n').size(), 2);
    }

    void the_best_is_on_top() {
        const CliResult result = attempt({"--layers-list", "1", "--softness-list", "1e9,0.1", "--steps", "25"});
        QVERIFY2(result.code == 0, result.all());
        QByteArrayList lines;
        for (const QByteArray& line : result.out.split('\n'))
            if (line.contains("MEMIT"))
                lines << line;
        QCOMPARE(lines.size(), 2);
        QVERIFY2(lines[0].contains(" 0.1 ") && lines[1].contains(" 1e+09 "), result.out);
    }

    void rows_as_they_come() {
        const CliResult result = sandbox_.run({"try", test_model("gpt2_edit"), "--edits", "edits.csv", "--recipe",
                                               sandbox_.path("fast.json"), "--softness-list", "1,2"});
        QVERIFY2(result.code == 0, result.all());
        QVERIFY2(result.err.contains("MEMIT, spread, layers 0-1, softness 1: ") ||
                     result.err.contains("MEMIT, spread, layers 0,1, softness 1: "),
                 result.all());
        QCOMPARE(result.err.count(" hold, "), 2);
    }

    void wrong_usage_data() {
        QTest::addColumn<QStringList>("options");
        QTest::addColumn<int>("code");
        QTest::addColumn<QString>("words");
        QTest::newRow("no grid") << QStringList{} << 2 << "--grid FILE";
        sandbox_.write("empty.json", "{}");
        sandbox_.write("none.json", R"({"softness": []})");
        QTest::newRow("nothing in the file") << QStringList{"--grid", "empty.json"} << 2 << "nothing to choose from";
        QTest::newRow("an empty list") << QStringList{"--grid", "none.json"} << 2 << "nothing to choose from";
        QTest::newRow("an empty option") << QStringList{"--softness-list", ""} << 2 << "nothing to choose from";
        QTest::newRow("no name") << QStringList{"--softness-list", "1", "--csv", ""} << 2 << "name a file";
        QTest::newRow("twice on standard output") << QStringList{"--softness-list", "1", "--csv", "-"} << 2 << "JSON";
        QTest::newRow("algorithm") << QStringList{"--algorithms", "MEMIT,MENIT"} << 2 << "MENIT";
        QTest::newRow("layers") << QStringList{"--layers-list", "1;x"} << 2 << "x";
        QTest::newRow("distribution") << QStringList{"--distributions", "spred"} << 2 << "spred";
        QTest::newRow("softness") << QStringList{"--softness-list", "1,-1"} << 2 << "0 or more";
        QTest::newRow("no such layer") << QStringList{"--layers-list", "77"} << 1 << "77";
        QTest::newRow("no such file") << QStringList{"--grid", "nowhere.json"} << 1 << "nowhere.json";
        QTest::newRow("unknown key") << QStringList{"--grid", "fast.json"} << 1 << "key";
        QTest::newRow("onto the model") << QStringList{"--softness-list", "1", "--csv",
                                                       test_model("gpt2_edit") + "/a.csv"}
                                        << 1 << "never written to";
        QTest::newRow("one file twice") << QStringList{"--softness-list", "1", "--csv", "a", "--save-recipe", "a"} << 2
                                        << "two results";
    }
    void wrong_usage() {
        QFETCH(QStringList, options);
        QFETCH(int, code);
        QFETCH(QString, words);
        const QStringList before = sandbox_.listing();
        const CliResult result = attempt(options + QStringList{"--json"});
        QVERIFY2(result.code == code, result.all());
        QVERIFY2(result.out.contains(words.toUtf8()), result.all());
        QVERIFY2(!result.error()["hint"].toString().isEmpty(), result.all());
        QCOMPARE(sandbox_.listing(), before);
    }

    void diagnosis_names_what_to_change() {
        // A softness that leaves everything as it is: the layers are to blame.
        const CliResult result = edit({"--softness", "1e12", "--diagnose", "--json"});
        QVERIFY2(result.code == 0, result.all());
        const QJsonArray diagnoses = result.json["diagnosis"].toArray();
        QCOMPARE(diagnoses.size(), 2);
        const QJsonArray norms = result.json["norms"].toArray();
        QCOMPARE(norms.size(), 2);
        for (qsizetype i = 0; i < norms.size(); ++i) {
            QCOMPARE(norms[i]["position"].toInt(), 1);
            QCOMPARE(norms[i]["layer"], result.json["layers"][i]["layer"]);
            const double norm = result.json["layers"][i]["relative_norm"].toDouble();
            QVERIFY(std::abs(norms[i]["relative_norm"].toDouble() - norm) <= 1e-3 * norm);
            QVERIFY(norms[i]["update_norm"].isDouble());
        }
        for (const QJsonValue diagnosis : diagnoses) {
            QCOMPARE(diagnosis["holds"].toBool(),
                     result.json["edits"][diagnosis["edit"].toInt()]["after"]["says_new"].toBool());
            QVERIFY(!diagnosis["holds"].toBool());
            QVERIFY(!diagnosis["summary"].toString().isEmpty());
            QCOMPARE(diagnosis["layers"].toArray().size(), 2);
            QVERIFY(!diagnosis["loss"].toArray().isEmpty());
            const QJsonArray lens = diagnosis["lens"].toArray();
            QCOMPARE(lens.size(), 4); // layers of the model
            for (const char* when : {"before", "after"}) {
                QCOMPARE(lens[3]["layer"].toInt(), 3);
                QVERIFY(lens[3][when]["p_new"].isDouble());
                QVERIFY(!lens[3][when]["top"][0]["piece"].toString().isEmpty());
            }
            const QJsonArray verdicts = diagnosis["verdicts"].toArray();
            QVERIFY(verdicts.size() >= 3);
            bool advised = false;
            for (const QJsonValue verdict : verdicts) {
                for (const char* key : {"check", "ok", "judged", "value", "bound", "finding", "advice", "setting"})
                    QVERIFY2(verdict.toObject().contains(key), key);
                advised = advised || (!verdict["ok"].toBool() && !verdict["advice"].toString().isEmpty());
            }
            QVERIFY(advised);
        }
        const CliResult text = edit({"--softness", "1e12", "--diagnose"});
        QVERIFY2(text.code == 0, text.all());
        QVERIFY2(text.out.contains("Why: The Colosseum → Paris") && text.out.contains("✗ ") && text.out.contains("✓ "),
                 text.out);
    }

    void a_frontier_over_another() {
        const CliResult result = edit({"--frontier", "two.csv", "--overlay", "root-spread", "--json"});
        QVERIFY2(result.code == 0, result.all());
        QCOMPARE(result.json["overlay"]["distribution"].toString(), QString("root-spread"));
        const auto lines = emend::parse_csv(content("two.csv").toStdString(), "two.csv");
        const qsizetype rows = result.json["frontier"].toArray().size();
        const qsizetype more = result.json["overlay"]["rows"].toArray().size();
        QCOMPARE(qsizetype(lines.size()), 1 + rows + more);
        QCOMPARE(lines[0][0], std::string("distribution"));
        QCOMPARE(lines[1][0], std::string("spread"));
        QCOMPARE(lines.back()[0], std::string("root-spread"));
        const CliResult picture = edit({"--frontier", "two.svg", "--overlay", "single"});
        QVERIFY2(picture.code == 0, picture.all());
        QVERIFY(content("two.svg").contains(">single<") && content("two.svg").contains("all layers"));
        for (const auto& [options, words] :
             {std::pair(QStringList{"--overlay", "spread"}, "--frontier"),
              std::pair(QStringList{"--frontier", "fr.bmp"}, ".json, .csv, .png, .svg or .pdf"),
              std::pair(QStringList{"--frontier", ""}, "name a file")}) {
            const CliResult wrong = edit(options + QStringList{"--json"});
            QVERIFY2(wrong.code == 2 && wrong.out.contains(words), wrong.all());
        }
        QVERIFY(!QFile::exists(sandbox_.path("fr.bmp")));
    }

    void frontier_as_a_picture() {
        for (const char* name : {"trade.png", "trade.SVG"}) {
            const CliResult result = edit({"--frontier", name, "--json"});
            QVERIFY2(result.code == 0, result.all());
            QVERIFY(result.json["frontier"].toArray().size() > 20);
            QVERIFY(!result.json.contains("diagnosis")); // nobody asked
        }
        QVERIFY(content("trade.png").startsWith("\x89PNG"));
        QVERIFY(content("trade.SVG").contains("<svg") && content("trade.SVG").contains("layer 1"));
    }
};

QTEST_GUILESS_MAIN(TestCliTry)
#include "test_cli_try.moc"
