// SPDX-License-Identifier: GPL-3.0-or-later
// `emend-cli demo` must show what the program is for, in numbers.
#include "cli_runner.h"

#include <QTest>

using namespace emend::test;

class TestCliDemo : public QObject {
    Q_OBJECT
    CliSandbox sandbox_;

  private slots:
    void numbers() {
        const CliResult result = sandbox_.run({"demo", "--json"});
        QVERIFY2(result.code == 0, result.all());
        const QJsonObject edit = result.json["edits"][0].toObject();
        QVERIFY2(edit["before"]["p_new"].toDouble() < 0.1, result.all());
        QVERIFY2(edit["after"]["p_new"].toDouble() > 0.9, result.all());

        const QJsonArray paraphrases = result.json["paraphrases"].toArray();
        QVERIFY(paraphrases.size() >= 3);
        QVERIFY2(result.json["paraphrases_turned"].toInt() * 3 >= paraphrases.size() * 2, result.all());
        const QJsonArray neighbours = result.json["neighbours"].toArray();
        QVERIFY(neighbours.size() >= 10);
        QVERIFY2(result.json["neighbours_unchanged"].toInt() * 10 >= neighbours.size() * 8, result.all());
        // Counted here again, from the answers themselves.
        int turned = 0, unchanged = 0;
        for (const QJsonValue row : paraphrases)
            turned += row["after"]["says_new"].toBool();
        for (const QJsonValue row : neighbours)
            unchanged += row["before"]["top"][0]["id"].toInt() == row["after"]["top"][0]["id"].toInt();
        QCOMPARE(turned, result.json["paraphrases_turned"].toInt());
        QCOMPARE(unchanged, result.json["neighbours_unchanged"].toInt());

        const QJsonObject ripple = result.json["ripples"][0].toObject();
        QVERIFY2(ripple["before"]["top"][0]["piece"].toString() == " France", result.all());
        QVERIFY2(ripple["after"]["top"][0]["piece"].toString() == " Italy", result.all());

        const QJsonObject generations = result.json["generations"].toObject();
        QVERIFY(generations["before"]["text"].toString() != generations["after"]["text"].toString());
        const QJsonObject fingerprint = result.json["fingerprint"].toObject();
        QVERIFY(!fingerprint["before"].toString().isEmpty());
        QVERIFY(fingerprint["before"] != fingerprint["after"]);
        QCOMPARE(fingerprint["after_undo"], fingerprint["before"]);
        QCOMPARE(result.json["undone"].toBool(), true);
    }

    void told_step_by_step() {
        const CliResult result = sandbox_.run({"demo", "--quiet"});
        QVERIFY2(result.code == 0, result.all());
        for (const char* part : {"1. ", "What it says", "The edit", "What it says now", "others", "back again",
                                 "the same to the last bit"})
            QVERIFY2(result.out.contains(part), result.all());
        QVERIFY2(result.err.isEmpty(), result.all());
    }

    void the_bundled_model_by_name() {
        const CliResult result = sandbox_.run({"info", "demo", "--json"});
        QVERIFY2(result.code == 0, result.all());
        QCOMPARE(result.json["family"].toString(), QString("gpt2"));
    }
};

QTEST_GUILESS_MAIN(TestCliDemo)
#include "test_cli_demo.moc"
