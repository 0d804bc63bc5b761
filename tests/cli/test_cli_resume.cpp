// SPDX-License-Identifier: GPL-3.0-or-later
// A run that was killed goes on where it was when the same command is given again, and ends as if nothing had been.
#include "cli_runner.h"

#include <algorithm>
#include <cmath>
#include <QTest>

using namespace emend::test;

namespace {

constexpr int edits = 40;
constexpr int batch = 8;

void compare_numbers(const QJsonValue& got, const QJsonValue& expected, const QString& what) {
    const double a = got.toDouble(-1), b = expected.toDouble(-2);
    QVERIFY2(std::abs(a - b) <= 1e-5 * std::max(std::abs(a), std::abs(b)),
             qPrintable(QString("%1: %2 instead of %3").arg(what).arg(a, 0, 'g', 12).arg(b, 0, 'g', 12)));
}

int kept_of(const CliResult& result) {
    int kept = 0;
    for (const QJsonValue edit : result.json["edits"].toArray())
        kept += edit["value_kept"].toBool();
    return kept;
}

} // namespace

class TestCliResume : public QObject {
    Q_OBJECT
    CliSandbox killed_, undisturbed_;

    static QStringList command(const CliSandbox& sandbox) {
        sandbox.demo_edits("edits.csv", edits);
        sandbox.write("recipe.json", R"({"algorithm": "MEMIT", "layers": [0, 1, 2], "distribution": "spread",
            "softness": 100, "contexts": [["{}"], ["Listen. {}"]], "values": {"steps": 15, "stop_loss": 0.05}})");
        return {
            "edit", "demo",      "--edits", "edits.csv",        "--recipe", "recipe.json",  "--batch",
            "8",    "--threads", "1",       "--no-comparisons", "--json",   "--statistics", sandbox.demo_statistics()};
    }

  private slots:
    void goes_on_after_a_kill() {
        const QStringList arguments = command(killed_);
        const QStringList before = killed_.listing();
        const auto process = killed_.start(arguments + QStringList{"--save-recipe", "used.json"});
        QByteArray heard;
        // The first layer is written when the values of the first batch have been found.
        QVERIFY2(reached(*process, "layer", heard), heard);
        process->kill();
        const CliResult ended = CliSandbox::finish(*process);
        QVERIFY2(ended.crashed, ended.all());
        QCOMPARE(killed_.listing(), before);

        const CliResult again = killed_.run(arguments);
        QVERIFY2(again.code == 0, again.all());
        const int kept = kept_of(again);
        QVERIFY2(kept >= batch && kept < edits && kept % batch == 0, qPrintable(QString::number(kept)));

        const CliResult expected = undisturbed_.run(command(undisturbed_));
        QVERIFY2(expected.code == 0, expected.all());
        QCOMPARE(kept_of(expected), 0);
        QCOMPARE(again.json["edits"].toArray().size(), edits);
        for (int i = 0; i < edits; ++i) {
            for (const char* side : {"before", "after"})
                for (const char* key : {"p_new", "p_true"})
                    compare_numbers(again.json["edits"][i][side][key], expected.json["edits"][i][side][key],
                                    QString("edit %1 %2 %3").arg(i).arg(side, key));
            QCOMPARE(again.json["edits"][i]["loss"].toArray().size(),
                     expected.json["edits"][i]["loss"].toArray().size());
        }
        QCOMPARE(again.json["layers"].toArray().size(), 3);
        for (int i = 0; i < 3; ++i)
            for (const char* key : {"update_norm", "preservation", "memorization"})
                compare_numbers(again.json["layers"][i][key], expected.json["layers"][i][key],
                                QString("layer %1 %2").arg(i).arg(key));

        const CliResult third = killed_.run(arguments);
        QVERIFY2(third.code == 0, third.all());
        QCOMPARE(kept_of(third), edits);
    }
};

QTEST_GUILESS_MAIN(TestCliResume)
#include "test_cli_resume.moc"
