// SPDX-License-Identifier: GPL-3.0-or-later
// Ctrl+C in the middle of work: exit code 130, soon, and nothing half-written; a second one kills.
#include "cli_runner.h"

#include <csignal>
#include <QTest>

using namespace emend::test;

class TestCliInterrupt : public QObject {
    Q_OBJECT
    CliSandbox sandbox_;

  private slots:
    void initTestCase() {
        sandbox_.write("corpus.txt",
                       QByteArray("The city of Madrid is in the country. I work in Paris.\n").repeated(300000));
        sandbox_.write("facts.csv", "subject,prompt,object\n" +
                                        QByteArray("The Colosseum,{} is in the city of,Paris\n").repeated(3000));
        sandbox_.write("medium.json", R"({"layers": [1], "use_statistics": false, "contexts": ["{}"],
            "values": {"steps": 1000, "stop_loss": -1}})");
        sandbox_.write("slow.json", R"({"layers": [1], "use_statistics": false, "contexts": ["{}"],
            "values": {"steps": 100000, "stop_loss": -1}})");
    }

    void stops_data() {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<QByteArray>("phase");
        QTest::addColumn<bool>("json");
        const QStringList edit{"edit",      test_model("gpt2_edit"),
                               "--recipe",  sandbox_.path("slow.json"),
                               "--subject", "Elena Silva",
                               "--prompt",  "{} was born in",
                               "--object",  "Madrid",
                               "--dump",    sandbox_.path("dump.safetensors")};
        const QStringList softly{"edit",          test_model("gpt2_edit"),
                                 "--recipe",      sandbox_.path("slow.json"),
                                 "--algorithm",   "MEMIT",
                                 "--subject",     "Elena Silva",
                                 "--prompt",      "{} was born in",
                                 "--object",      "Madrid",
                                 "--frontier",    sandbox_.path("frontier.csv"),
                                 "--save-recipe", sandbox_.path("used.json")};
        const QStringList statistics{"statistics", test_model("gpt2_edit"),
                                     "--corpus",   sandbox_.path("corpus.txt"),
                                     "--layers",   "0-3",
                                     "--tokens",   "3000000",
                                     "--out",      sandbox_.path("out.safetensors")};
        const QStringList trace{
            "trace", test_model("gpt2_edit"),  "--edits", sandbox_.path("facts.csv"), "--samples", "50",
            "--png", sandbox_.path("map.png"), "--csv",   sandbox_.path("map.csv")};
        const QStringList attempt{"try",           test_model("gpt2_edit"),
                                  "--recipe",      sandbox_.path("slow.json"),
                                  "--subject",     "Elena Silva",
                                  "--prompt",      "{} was born in",
                                  "--object",      "Madrid",
                                  "--layers-list", "1;2",
                                  "--csv",         sandbox_.path("rows.csv"),
                                  "--save-recipe", sandbox_.path("best.json")};
        QTest::newRow("trace") << trace << QByteArray("trac") << false;
        QTest::newRow("try") << attempt << QByteArray("recipe") << true;
        QTest::newRow("edit") << edit << QByteArray("value") << false;
        QTest::newRow("edit, JSON") << edit << QByteArray("value") << true;
        QTest::newRow("edit with more to write") << softly << QByteArray("value") << true;
        QTest::newRow("statistics") << statistics << QByteArray("statistics") << true;
    }
    void stops() {
        QFETCH(QStringList, arguments);
        QFETCH(QByteArray, phase);
        QFETCH(bool, json);
        const QStringList before = sandbox_.listing();
        const auto process = sandbox_.start(json ? arguments + QStringList{"--json"} : arguments);
        QByteArray heard;
        QVERIFY2(reached(*process, phase, heard), heard);
        ::kill(pid_t(process->processId()), SIGINT);
        const CliResult result = CliSandbox::finish(*process);
        QVERIFY2(result.code == 130 && !result.crashed, result.all() + heard);
        if (json)
            QVERIFY2(!result.error()["what"].toString().isEmpty(), result.all());
        else
            QVERIFY2(result.out.isEmpty() && (heard + result.err).contains("cancelled"), result.all());
        QCOMPARE(sandbox_.listing(), before);
    }

    void finished_recipes_are_told() {
        const QStringList before = sandbox_.listing();
        const auto process = sandbox_.start({"try", test_model("gpt2_edit"), "--recipe", sandbox_.path("medium.json"),
                                             "--subject", "Elena Silva", "--prompt", "{} was born in", "--object",
                                             "Madrid", "--layers-list", "1;2;0;3", "--csv", sandbox_.path("rows.csv")});
        QByteArray heard;
        QVERIFY2(reached(*process, " hold, ", heard), heard);
        ::kill(pid_t(process->processId()), SIGINT);
        const CliResult result = CliSandbox::finish(*process);
        QVERIFY2(result.code == 130 && result.out.isEmpty(), result.all() + heard);
        const QByteArray told = heard + result.err;
        QVERIFY2(told.contains(" of 4 recipes were tried until then"), told);
        QVERIFY2(told.mid(told.indexOf("until then")).contains("preservation"), told); // the table
        QCOMPARE(sandbox_.listing(), before);
    }

    void second_signal_kills() {
        const auto process =
            sandbox_.start({"edit", test_model("gpt2_edit"), "--recipe", sandbox_.path("slow.json"), "--subject",
                            "Elena Silva", "--prompt", "{} was born in", "--object", "Madrid"});
        QByteArray heard;
        QVERIFY2(reached(*process, "value", heard), heard);
        const pid_t pid = pid_t(process->processId());
        ::kill(pid, SIGINT);
        ::kill(pid, SIGINT);
        const CliResult result = CliSandbox::finish(*process);
        // Two signals may arrive as one; then the program ends as after one.
        QVERIFY2(result.crashed || result.code == 130, result.all());
    }
};

QTEST_GUILESS_MAIN(TestCliInterrupt)
#include "test_cli_interrupt.moc"
