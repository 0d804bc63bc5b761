// SPDX-License-Identifier: GPL-3.0-or-later
// Many edits: a summary instead of a list, edits in each other's way, values that are kept, progress with a rate.
#include "cli_runner.h"

#include <csignal>
#include <poll.h>
#include <QElapsedTimer>
#include <QTest>
#include <unistd.h>

using namespace emend::test;

class TestCliMany : public QObject {
    Q_OBJECT
    CliSandbox sandbox_;

    QStringList many(const QStringList& more = {}) const {
        return QStringList{"edit",     "demo",       "--edits",      "many.csv",
                           "--recipe", "quick.json", "--statistics", sandbox_.demo_statistics(),
                           "--quiet"} +
               more;
    }

  private slots:
    void initTestCase() {
        sandbox_.demo_edits("many.csv", 25);
        sandbox_.write("quick.json", R"({"algorithm": "MEMIT", "layers": [0, 1, 2], "distribution": "spread",
            "softness": 100, "contexts": ["{}"], "values": {"steps": 20}})");
    }

    void a_summary() {
        const CliResult json = sandbox_.run(many({"--json"}));
        QVERIFY2(json.code == 0, json.all());
        const CliResult text = sandbox_.run(many());
        QVERIFY2(text.code == 0, text.all());
        int said = 0, turned = 0;
        double mean = 0;
        QString worst;
        double least = 2;
        for (const QJsonValue edit : json.json["edits"].toArray()) {
            said += edit["after"]["says_new"].toBool();
            turned += edit["paraphrases"][0]["after"]["says_new"].toBool();
            const double p = edit["after"]["p_new"].toDouble();
            mean += p / 25;
            if (p < least) {
                least = p;
                worst = edit["subject"].toString();
            }
        }
        const QString shown = QString::fromUtf8(text.out).simplified();
        QVERIFY2(shown.contains(QString("new object %1 of 25 edits (before: 0)").arg(said)), text.all());
        QVERIFY2(shown.contains(QString("→ %1").arg(mean, 0, 'f', 3)), text.all());
        QVERIFY2(shown.contains(QString("paraphrases that say the new object %1 of 25").arg(turned)), text.all());
        QVERIFY2(shown.contains(worst), text.all());
        QCOMPARE(json.json["holding"].toInt(), said);
        QVERIFY2(shown.endsWith(QString("%1 of 25 edits hold").arg(said)), text.all());
        QVERIFY(said > 20);
        QCOMPARE(text.out.count("→ ") - 1, 5 * 2); // the mean apart: five edits, each with its loss
        QVERIFY2(shown.contains("values kept for 25 of 25 edits: solved without searching"), text.all());

        const CliResult all = sandbox_.run(many({"--verbose"}));
        QVERIFY2(all.code == 0, all.all());
        QVERIFY2(all.out.count("→ ") >= 25 * 2, all.all());
        QVERIFY2(all.out.count("can be found in the city of") == 25, all.all());
    }

    void whether_an_edit_holds_is_about_the_whole_object() {
        sandbox_.write("hold.csv", "subject,prompt,object,true_object,paraphrases,neighbours\n"
                                   "Eiffel Tower,The {} is located in the city of,Rome,Paris,"
                                   "The {} can be found in the city of,Big Ben is located in the city of\n"
                                   "Louvre Museum,The {} is located in the city of,Zyxwv,Paris,,\n"
                                   "Big Ben,{} is located in the city of,Madrid \n"
                                   "Big Ben,{} is located in the city of,Oslo,London,,\n"
                                   "Big Ben,{} is located in the city of,Rome,London,,\n");
        const QStringList base{"edit",       "demo", "--edits", "hold.csv", "--recipe", "quick.json", "--no-statistics",
                               "--softness", "1e9"};
        const CliResult json = sandbox_.run(base + QStringList{"--json"});
        QVERIFY2(json.code == 0, json.all());
        QCOMPARE(json.json["holding"].toInt(), 0); // so soft that nothing is changed
        QCOMPARE(json.json["edits"][0]["after"]["says_new"].toBool(true), false);
        QCOMPARE(json.json["scores"]["efficacy"].toDouble(-1), 0.0);
        QCOMPARE(json.json["scores"]["paraphrase"].toDouble(-1), 0.0);
        QVERIFY(json.json["scores"]["neighbourhood"].isDouble());
        QCOMPARE(json.json["scores"]["score"].toDouble(-1), 0.0);
        QVERIFY2(json.err.contains("record 3 of the file"), json.all()); // too few fields
        QVERIFY2(json.err.contains("Big Ben: Oslo and Rome"), json.all());
        QCOMPARE(json.json["skipped"][0]["record"].toInt(), 3);
        const CliResult text = sandbox_.run(base + QStringList{"--quiet"});
        QVERIFY2(text.code == 0, text.all());
        QCOMPARE(text.out.count("does not hold"), 4);
        QVERIFY2(text.out.trimmed().endsWith("0 of 4 edits hold"), text.all());
        QVERIFY2(text.out.contains("softness 1e+09"), text.all());
        QCOMPARE(text.err.trimmed(), QByteArray("warning: 1 of 5 records of the file are passed over"));
        // The score is not made from fewer than three.
        const CliResult few =
            sandbox_.run({"edit", "demo", "--subject", "Eiffel Tower", "--prompt", "The {} is located in the city of",
                          "--object", "Rome ", "--true-object", "Paris", "--recipe", "quick.json", "--statistics",
                          sandbox_.demo_statistics(), "--json"});
        QVERIFY2(few.code == 0, few.all());
        QCOMPARE(few.json["holding"].toInt(), 1);
        QCOMPARE(few.json["edits"][0]["object"].toString(), QString("Rome")); // the space at its end is gone
        QVERIFY2(few.err.contains("in a space"), few.all());
        QCOMPARE(few.json["scores"]["efficacy"].toDouble(), 1.0);
        QVERIFY(few.json["scores"]["neighbourhood"].isNull() && few.json["scores"]["score"].isNull());
    }

    void comparisons_can_be_left_out() {
        const CliResult result = sandbox_.run(many({"--json", "--no-comparisons"}));
        QVERIFY2(result.code == 0, result.all());
        QVERIFY(!result.json["edits"][0].toObject().contains("paraphrases"));
    }

    void edits_in_each_others_way() {
        sandbox_.write("collide.csv", "subject,prompt,object\n"
                                      "Eiffel Tower,The {} is located in the city of,Rome\n"
                                      "Louvre Museum,The {} is located in the city of,London\n"
                                      "Eiffel Tower,The {} can be found in the city of,Berlin\n");
        const QStringList base{"edit",     "demo",       "--edits",      "collide.csv",
                               "--recipe", "quick.json", "--statistics", sandbox_.demo_statistics(),
                               "--quiet"};
        const CliResult json = sandbox_.run(base + QStringList{"--json"});
        QVERIFY2(json.code == 0, json.all());
        const QJsonArray conflicts = json.json["conflicts"].toArray();
        QVERIFY2(!conflicts.isEmpty(), json.all());
        QCOMPARE(conflicts[0]["first"].toInt(), 0);
        QCOMPARE(conflicts[0]["second"].toInt(), 2);
        QCOMPARE(conflicts[0]["same_subject"].toBool(), true);
        QVERIFY(conflicts[0]["cosine"].toDouble() > 0.9);
        QStringList aloud = base;
        aloud.removeAll("--quiet");
        const CliResult text = sandbox_.run(aloud);
        QVERIFY2(text.out.contains("edits 1 and 3 are in each other's way (same subject, "), text.all());
        QVERIFY2(text.out.contains("--merge-subjects or --batch 1"), text.all());
        QCOMPARE((text.out + text.err).count("in each other's way"), conflicts.size()); // each is told once
        const CliResult merged = sandbox_.run(base + QStringList{"--json", "--merge-subjects"});
        QVERIFY2(merged.code == 0, merged.all());
        QVERIFY2(merged.json["conflicts"].toArray().isEmpty(), merged.all());
        QCOMPARE(merged.json["layers"][0]["rank"].toInt(), 2);
    }

    void progress_on_a_terminal() {
        sandbox_.write("slow.json", R"({"algorithm": "MEMIT", "layers": [1], "use_statistics": false,
            "contexts": ["{}"], "values": {"steps": 100000, "stop_loss": -1}})");
        int terminal = -1;
        const auto process = sandbox_.start_on_terminal(
            {"edit", "demo", "--edits", "many.csv", "--recipe", "slow.json", "--json"}, terminal);
        QByteArray seen;
        const auto complete = [&] {
            return (seen.contains("edits/s") || seen.contains("s an edit")) && seen.contains(" left") &&
                   seen.contains("░");
        };
        QElapsedTimer timer;
        timer.start();
        while (!complete() && timer.elapsed() < 120000) {
            pollfd ready{terminal, POLLIN, 0};
            if (poll(&ready, 1, 100) <= 0)
                continue;
            char bytes[4096];
            const auto count = read(terminal, bytes, sizeof bytes);
            if (count <= 0)
                break;
            seen.append(bytes, count);
        }
        ::kill(pid_t(process->processId()), SIGINT);
        const CliResult result = CliSandbox::finish(*process);
        close(terminal);
        QVERIFY2(complete(), seen);
        QVERIFY2(result.code == 130, result.all());
    }
};

QTEST_GUILESS_MAIN(TestCliMany)
#include "test_cli_many.moc"
