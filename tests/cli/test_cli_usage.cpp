// SPDX-License-Identifier: GPL-3.0-or-later
// Wrong usage ends with 2 and says what is wrong; help ends with 0. None of it loads a model.
#include "cli_runner.h"

#include <QTest>

using namespace emend::test;

class TestCliUsage : public QObject {
    Q_OBJECT
    CliSandbox sandbox_;

  private slots:
    void wrong_usage_data() {
        QTest::addColumn<QStringList>("arguments");
        const QString model = test_model("gpt2");
        QTest::newRow("no command") << QStringList{};
        QTest::newRow("unknown command") << QStringList{"frobnicate"};
        QTest::newRow("no model") << QStringList{"info"};
        QTest::newRow("unknown option") << QStringList{"info", model, "--colour"};
        QTest::newRow("unknown precision") << QStringList{"info", model, "--dtype", "float8"};
        QTest::newRow("threads") << QStringList{"info", model, "--threads", "-1"};
        QTest::newRow("no text") << QStringList{"tokenize", model};
        QTest::newRow("text and file") << QStringList{"tokenize", model, "--text", "a", "--file", "b"};
        QTest::newRow("json lines of a text") << QStringList{"tokenize", model, "--text", "a", "--json-lines"};
        QTest::newRow("no ids") << QStringList{"detokenize", model};
        QTest::newRow("ids") << QStringList{"detokenize", model, "--ids", "1,x"};
        QTest::newRow("logits of nothing") << QStringList{"logits", model};
        QTest::newRow("top 0") << QStringList{"logits", model, "--text", "a", "--top", "0"};
        QTest::newRow("seed") << QStringList{"generate", model, "--prompt", "a", "--seed", "first"};
        QTest::newRow("max tokens") << QStringList{"generate", model, "--prompt", "a", "--max-tokens", "0"};
        QTest::newRow("top p") << QStringList{"generate", model, "--prompt", "a", "--top-p", "1.5"};
        QTest::newRow("greedy and warm") << QStringList{"generate", model,           "--prompt", "a",
                                                        "--greedy", "--temperature", "2"};
        QTest::newRow("layers of statistics") << QStringList{"statistics", model};
        QTest::newRow("edit of nothing") << QStringList{"edit", model};
        QTest::newRow("edit twice") << QStringList{"edit", model, "--edits", "f", "--subject", "s"};
        QTest::newRow("softness") << QStringList{"edit", model, "--edits", "f", "--softness", "soft"};
        QTest::newRow("algorithm") << QStringList{"edit", model, "--edits", "f", "--algorithm", "MEND"};
        QTest::newRow("distribution") << QStringList{"edit", model, "--edits", "f", "--distribution", "even"};
        QTest::newRow("layers of an edit") << QStringList{"edit", model, "--edits", "f", "--layers", "3-x"};
        QTest::newRow("weights") << QStringList{"edit", model, "--edits", "f", "--weights", "1,-2"};
        QTest::newRow("weights spread") << QStringList{"edit",      model,   "--edits",        "f",
                                                       "--weights", "1,2,1", "--distribution", "spread"};
        QTest::newRow("steps") << QStringList{"edit", model, "--edits", "f", "--steps", "0"};
        QTest::newRow("ridge") << QStringList{"edit", model, "--edits", "f", "--ridge", "-1"};
        QTest::newRow("batch") << QStringList{"edit", model, "--edits", "f", "--batch", "-1"};
        QTest::newRow("tokens") << QStringList{"edit", model, "--edits", "f", "--statistics-tokens", "many"};
        QTest::newRow("negative seed") << QStringList{"edit", model, "--edits", "f", "--seed", "-3"};
        QTest::newRow("one file for two results")
            << QStringList{"edit", model, "--edits", "f", "--frontier", "x.json", "--save-recipe", "./x.json"};
        QTest::newRow("layers") << QStringList{"statistics", model, "--corpus", "f", "--layers", "z"};
        QTest::newRow("device") << QStringList{"info", model, "--device", "gpu"};
        QTest::newRow("demo of a model") << QStringList{"demo", model};
    }
    void wrong_usage() {
        QFETCH(QStringList, arguments);
        const CliResult plain = sandbox_.run(arguments);
        QVERIFY2(plain.code == 2 && !plain.crashed, plain.all());
        QVERIFY2(plain.out.isEmpty(), plain.all());
        QVERIFY2(plain.err.startsWith("emend-cli: "), plain.all());
        QVERIFY2(plain.err.contains("--help"), plain.all());
        const CliResult json = sandbox_.run(arguments + QStringList{"--json"});
        QVERIFY2(json.code == 2, json.all());
        for (const char* key : {"what", "where", "hint"})
            QVERIFY2(!json.error()[key].toString().isEmpty(), json.all());
        QVERIFY2(json.err.isEmpty(), json.all());
    }

    void slips_data() {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<QStringList>("named");
        const QString model = test_model("gpt2");
        QTest::newRow("another word") << QStringList{"bogus"} << QStringList{"\"bogus\"", "commands: info", "edit"};
        QTest::newRow("swapped letters") << QStringList{"eidt", model} << QStringList{"\"eidt\"", "mean \"edit\"?"};
        QTest::newRow("a beginning") << QStringList{"stat", model} << QStringList{"mean \"statistics\"?"};
        QTest::newRow("nothing") << QStringList{} << QStringList{"no command", "commands: info"};
        QTest::newRow("option") << QStringList{"edit", model, "--sofness", "3"}
                                << QStringList{"\"--sofness\"", "mean \"--softness\"?"};
        QTest::newRow("option with a value")
            << QStringList{"info", model, "--dtpye=float32"} << QStringList{"\"--dtpye=float32\"", "mean \"--dtype\"?"};
        QTest::newRow("option instead of the model")
            << QStringList{"info", "--jsn"} << QStringList{"\"--jsn\"", "mean \"--json\"?"};
    }
    void slips() {
        QFETCH(QStringList, arguments);
        QFETCH(QStringList, named);
        const CliResult result = sandbox_.run(arguments);
        QCOMPARE(result.code, 2);
        for (const QString& part : named)
            QVERIFY2(result.err.contains(part.toUtf8()), result.all());
    }

    void the_option_and_what_it_wants_data() {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<QString>("option");
        QTest::addColumn<QString>("words");
        const QString model = test_model("gpt2");
        QTest::newRow("temperature") << QStringList{"generate", model, "--prompt", "a", "--temperature", "0"}
                                     << "--temperature"
                                     << "above 0, not 0; use --greedy";
        QTest::newRow("tokens") << QStringList{"statistics", model, "--layers", "1", "--tokens", "-1"} << "--tokens"
                                << "0 or more, not -1";
        QTest::newRow("softness") << QStringList{"edit", model, "--edits", "f", "--softness", "-5"} << "--softness"
                                  << "0 or more, not -5";
        QTest::newRow("seed") << QStringList{"edit", model, "--edits", "f", "--seed", "-3"} << "--seed"
                              << "\"-3\"";
        const auto edit = [&](const char* subject, const char* object) {
            return QStringList{"edit", model, "--subject", subject, "--prompt", "{} is", "--object", object};
        };
        QTest::newRow("empty object") << edit("Elena", "") << "--object"
                                      << "the object is empty";
        QTest::newRow("blank object") << edit("Elena", "  ") << "--object"
                                      << "white space";
        QTest::newRow("empty subject") << edit("", "Madrid") << "--subject"
                                       << "the subject is empty";
    }
    void the_option_and_what_it_wants() {
        QFETCH(QStringList, arguments);
        QFETCH(QString, option);
        QFETCH(QString, words);
        const CliResult result = sandbox_.run(arguments + QStringList{"--json"});
        QVERIFY2(result.code == 2, result.all());
        QCOMPARE(result.error()["where"].toString(), option);
        QVERIFY2(result.error()["what"].toString().contains(words), result.all());
        QVERIFY2(result.out.size() < 400, result.all());
    }

    void relations_are_listed() {
        const CliResult text = sandbox_.run({"edit", "--list-relations"});
        QVERIFY2(text.code == 0 && text.out.contains("{} is located in the city of"), text.all());
        const CliResult json = sandbox_.run({"edit", "--list-relations", "--json"});
        QVERIFY2(json.code == 0 && json.json["relations"].toArray().size() > 5, json.all());
    }

    void algorithms_are_explained() {
        const CliResult text = sandbox_.run({"edit", "--list-algorithms"});
        QVERIFY2(text.code == 0, text.all());
        const CliResult json = sandbox_.run({"edit", "--list-algorithms", "--json"});
        QVERIFY2(json.code == 0, json.all());
        const CliResult help = sandbox_.run({"edit", "--help"});
        QCOMPARE(json.json["algorithms"].toArray().size(), 8);
        QCOMPARE(json.json["distributions"].toArray().size(), 5);
        for (const char* table : {"algorithms", "distributions"}) {
            for (const QJsonValue row : json.json[table].toArray()) {
                QVERIFY(text.out.contains(row["id"].toString().toUtf8()));
                QVERIFY(row["explanation"].toString().size() > 10);
                QVERIFY(text.out.contains(row["explanation"].toString().toUtf8()));
                QVERIFY(help.out.contains(row["explanation"].toString().toUtf8()));
            }
        }
    }

    void stream_and_json() {
        const CliResult result = sandbox_.run({"generate", test_model("gpt2"), "--prompt", "a", "--stream", "--json"});
        QVERIFY2(result.code == 2, result.all());
    }

    void help() {
        const CliResult all = sandbox_.run({"--help"});
        QVERIFY2(all.code == 0, all.all());
        for (const char* command : {"info", "tokenize", "detokenize", "logits", "generate", "statistics", "trace",
                                    "edit", "try", "export", "demo"}) {
            QVERIFY2(all.out.contains(command), command);
            const CliResult one = sandbox_.run({command, "--help"});
            QVERIFY2(one.code == 0 && one.out.contains("--json"), one.all());
        }
        QVERIFY2(all.out.contains("session"), all.all());
        const CliResult session = sandbox_.run({"session", "--help"});
        for (const char* command :
             {"list", "show", "verify", "undo", "redo", "goto", "toggle", "rename", "note", "replay"})
            QVERIFY2(session.code == 0 && session.out.contains(command), session.all());
        QCOMPARE(sandbox_.run({"--version"}).code, 0);
    }
};

QTEST_GUILESS_MAIN(TestCliUsage)
#include "test_cli_usage.moc"
