// SPDX-License-Identifier: GPL-3.0-or-later
// A session's edits taken along: a folder that answers like the session, a delta that comes back, an adapter, reports.
#include "session_commands.h"

#include <cmath>
#include <QCryptographicHash>
#include <QDir>
#include <QFile>
#include <QTest>
#include <sys/resource.h>
#include <unistd.h>

using namespace emend::test;

class TestCliExport : public QObject {
    Q_OBJECT
    CliSandbox sandbox_;
    CliResult made_;

    CliResult take(const QStringList& arguments) const {
        return sandbox_.run(QStringList{"export", "work.emend"} + arguments + QStringList{"--json"});
    }
    QByteArray content(const QString& name) const {
        QFile file(sandbox_.path(name));
        return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    }
    // Names, sizes and hashes of a result are those of the files.
    void check_files(const CliResult& result, const QString& folder) const {
        QVERIFY2(result.code == 0, result.all());
        qint64 bytes = 0;
        QVERIFY(!result.json["files"].toArray().isEmpty());
        for (const QJsonValue file : result.json["files"].toArray()) {
            const QString name = file["name"].toString();
            const QByteArray data = content(folder.isEmpty() ? name : folder + "/" + name);
            bytes += data.size();
            QCOMPARE(qint64(file["bytes"].toDouble()), qint64(data.size()));
            const QString hash = QCryptographicHash::hash(data, QCryptographicHash::Sha256).toHex();
            QCOMPARE(file["sha256"].toString(), hash);
            QCOMPARE(result.json["sha256"][name].toString(), hash);
        }
        QCOMPARE(qint64(result.json["bytes"].toDouble()), bytes);
    }

  private slots:
    void initTestCase() {
        made_ = sandbox_.run(quick_edit(sandbox_, 2) +
                             QStringList{"--batch", "1", "--session", "work.emend", "--json", "--export", "at_once"});
        QVERIFY2(made_.code == 0, made_.all());
        QVERIFY2(part(made_, "export", "verified").toBool(), made_.all());
    }

    void a_plan_writes_nothing() {
        const QStringList before = sandbox_.listing();
        const CliResult plan = take({"--format", "folder", "--out", "planned", "--dry-run"});
        QVERIFY2(plan.code == 0, plan.all());
        QVERIFY(plan.json["bytes"].toDouble() > 1000);
        QCOMPARE(plan.json["layers"].toArray().size(), 1);
        QCOMPARE(sandbox_.listing(), before);
    }

    void a_folder_answers_as_the_session_did() {
        const CliResult folder = take({"--format", "folder", "--out", "model"});
        check_files(folder, "model");
        QVERIFY2(folder.json["verified"].toBool(), folder.all());
        QCOMPARE(content("model/model.safetensors"), content("at_once/model.safetensors"));
        const QJsonValue edit = made_.json["edits"].toArray()[1];
        const QString prompt = edit["prompt"].toString().replace("{}", edit["subject"].toString());
        const CliResult asked = sandbox_.run({"logits", "model", "--text", prompt, "--top", "1", "--json"});
        QVERIFY2(asked.code == 0, asked.all());
        QCOMPARE(asked.json["top"][0]["id"], edit["after"]["top"][0]["id"]);
        const double p = asked.json["top"][0]["probability"].toDouble();
        QVERIFY(std::abs(p - edit["after"]["top"][0]["probability"].toDouble()) < 1e-3);

        const CliResult again = take({"--format", "folder", "--out", "model"});
        QVERIFY2(again.code == 1 && again.error()["what"].toString().contains("already"), again.all());
        const CliResult planned = take({"--format", "folder", "--out", "model", "--dry-run"});
        for (const CliResult* refused : {&again, &planned})
            QVERIFY2(refused->error()["hint"].toString().contains("--force"), refused->all());
        const CliResult other = take({"--format", "lora", "--out", "model"}); // which --force would not help
        QVERIFY2(other.code == 1 && !other.error()["hint"].toString().contains("--force"), other.all());
        const CliResult forced = take({"--format", "folder", "--out", "model", "--force", "--at", "1"});
        check_files(forced, "model");
        QVERIFY(content("model/model.safetensors") != content("at_once/model.safetensors"));
    }

    void a_delta_comes_back() {
        const CliResult delta = take({"--format", "delta", "--out", "work.safetensors"});
        check_files(delta, "");
        const CliResult applied =
            sandbox_.run({"edit", "demo", "--delta", "work.safetensors", "--session", "from_delta.emend", "--json"});
        QVERIFY2(applied.code == 0, applied.all());
        QCOMPARE(applied.json["batches"].toArray().size(), 2);
        // Over several batches a layer has the norms of their sum.
        const QJsonArray layers = applied.json["layers"].toArray(), norms = applied.json["norms"].toArray();
        QVERIFY(!layers.isEmpty());
        QCOMPARE(layers.last()["update_norm"], norms.last()["update_norm"]);
        QVERIFY(layers.last()["update_norm"].toDouble() > 0);
        QCOMPARE(applied.json["edits"].toArray().size(), 2);
        const auto hash = [&](const QString& session) {
            return part(sandbox_.run({"session", "show", session, "--json"}), "session", "edited_hash").toString();
        };
        QVERIFY(!hash("work.emend").isEmpty());
        QCOMPARE(hash("from_delta.emend"), hash("work.emend"));
        const CliResult more =
            sandbox_.run(quick_edit(sandbox_, 1, 5) + QStringList{"--softness", "20", "--delta", "work.safetensors"});
        QVERIFY2(more.code == 0 && more.out.contains("several recipes, told with their batches;"), more.all());
        QVERIFY2(more.out.contains("MEMIT, layer 0, softness 10\n") && more.out.contains("softness 20\n"), more.all());
        const CliResult other = sandbox_.run({"edit", test_model("gpt2"), "--delta", "work.safetensors", "--json"});
        QVERIFY2(other.code == 1 && other.error()["what"].toString().contains("another model"), other.all());
        const CliResult text = sandbox_.run({"edit", "demo", "--delta", "quick.json", "--json"});
        QVERIFY2(text.code == 1 && !text.error()["hint"].toString().isEmpty(), text.all());
    }

    void an_adapter_may_be_smaller() {
        const CliResult whole = take({"--format", "lora", "--out", "adapter"});
        check_files(whole, "adapter");
        QVERIFY(QFile::exists(sandbox_.path("adapter/adapter_config.json")));
        QCOMPARE(whole.json["layers"][0]["rank"], whole.json["layers"][0]["rank_needed"]);
        const CliResult cut = take({"--format", "lora", "--out", "small", "--rank", "1"});
        QVERIFY2(cut.code == 0, cut.all());
        QCOMPARE(cut.json["layers"][0]["rank"].toInt(), 1);
        QVERIFY(cut.json["layers"][0]["norm_lost"].toDouble() > 0);
        QVERIFY(cut.json["held"].isObject());
    }

    void reports_by_their_ending_data() {
        QTest::addColumn<QString>("format");
        QTest::addColumn<QByteArray>("holds");
        QTest::newRow("report.html") << "report" << QByteArray("</html>");
        QTest::newRow("report.md") << "report" << QByteArray("# ");
        QTest::newRow("report.json") << "report" << QByteArray("\"norms\"");
        QTest::newRow("report.csv") << "report" << QByteArray(",");
        QTest::newRow("layers.csv") << "csv-layers" << QByteArray("layer");
    }
    void reports_by_their_ending() {
        QFETCH(QString, format);
        QFETCH(QByteArray, holds);
        const QString name = QTest::currentDataTag();
        const CliResult report = take({"--format", format, "--out", name});
        check_files(report, "");
        QVERIFY2(content(name).contains(holds), content(name).left(500));
        const QStringList before = sandbox_.listing();
        const CliResult again = take({"--format", format, "--out", name});
        QVERIFY2(again.code == 1, again.all());
        QCOMPARE(sandbox_.listing(), before);
    }

    // The folder of the session's model, and one that --model names: by name, through a link, as another name of a
    // file.
    void a_report_never_lands_on_the_model() {
        const QString model = sandbox_.copy_model("gpt2", "checkpoint");
        const QByteArray weights = content("checkpoint/model.safetensors");
        QVERIFY(!weights.isEmpty());
        const QString demo =
            part(sandbox_.run({"session", "show", "work.emend", "--json"}), "model", "path").toString();
        QVERIFY(QFile::link(model, sandbox_.path("link")));
        QVERIFY(::link(qPrintable(sandbox_.path("checkpoint/model.safetensors")),
                       qPrintable(sandbox_.path("twin.csv"))) == 0);
        for (const QString& out :
             {demo + "/page.html", model + "/config.json", QString("link/page.csv"), QString("twin.csv")})
            for (const char* format : {"report", "csv-layers"}) {
                QStringList arguments{"--format", format, "--out", out, "--force"};
                if (!out.startsWith(demo))
                    arguments << "--model" << model;
                const CliResult result = take(arguments);
                QVERIFY2(result.code == 1 && result.error()["what"].toString().contains("never written to"),
                         result.all());
            }
        QCOMPARE(content("checkpoint/model.safetensors"), weights);
        QVERIFY(!QFile::exists(demo + "/page.html"));
    }

    void faults_data() {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<int>("code");
        QTest::newRow("format") << QStringList{"--format", "zip", "--out", "x"} << 2;
        QTest::newRow("no place") << QStringList{"--format", "folder"} << 2;
        QTest::newRow("no name") << QStringList{"--format", "folder", "--out", ""} << 2;
        QTest::newRow("rank of a folder") << QStringList{"--format", "folder", "--out", "x", "--rank", "2"} << 2;
        QTest::newRow("rank 0") << QStringList{"--format", "lora", "--out", "x", "--rank", "0"} << 2;
        QTest::newRow("ending") << QStringList{"--format", "report", "--out", "x.doc"} << 2;
        QTest::newRow("nothing edited") << QStringList{"--format", "delta", "--out", "x", "--at", "0"} << 1;
        QTest::newRow("too far") << QStringList{"--format", "delta", "--out", "x", "--at", "9"} << 1;
        QTest::newRow("no folder") << QStringList{"--format", "folder", "--out", "no/such/x"} << 1;
        QTest::newRow("the session") << QStringList{"--format", "report", "--out", "work.emend"} << 2;
        QTest::newRow("somebody's file") << QStringList{"--format", "folder", "--out", "quick.json", "--force"} << 1;
    }
    void faults() {
        QFETCH(QStringList, arguments);
        QFETCH(int, code);
        const QStringList before = sandbox_.listing();
        const CliResult result = take(arguments);
        QVERIFY2(result.code == code && !result.crashed, result.all());
        for (const char* key : {"what", "hint"})
            QVERIFY2(!result.error()[key].toString().isEmpty(), result.all());
        QCOMPARE(sandbox_.listing(), before);
    }

    // As `ulimit -f` sets it: told, not the end of the program.
    void files_may_be_too_large() {
        const QStringList before = sandbox_.listing();
        rlimit limit{};
        QCOMPARE(getrlimit(RLIMIT_FSIZE, &limit), 0);
        const rlimit normal = limit;
        limit.rlim_cur = 100'000;
        QCOMPARE(setrlimit(RLIMIT_FSIZE, &limit), 0);
        const CliResult result = take({"--format", "folder", "--out", "too_large"});
        QCOMPARE(setrlimit(RLIMIT_FSIZE, &normal), 0);
        QVERIFY2(result.code == 1 && !result.crashed, result.all());
        QVERIFY2(result.error()["what"].toString().contains("too large"), result.all());
        QVERIFY2(result.error()["where"].toString().endsWith("/too_large"), result.all());
        QVERIFY2(!result.error()["hint"].toString().isEmpty(), result.all());
        QCOMPARE(sandbox_.listing(), before);
    }

    void an_edit_does_not_work_for_nothing() {
        const QStringList before = sandbox_.listing();
        const CliResult there = sandbox_.run(quick_edit(sandbox_, 1) + QStringList{"--export", "at_once", "--json"});
        QVERIFY2(there.code == 1 && there.error()["what"].toString().contains("already"), there.all());
        QVERIFY2(!there.err.contains("values"), there.all());
        QCOMPARE(sandbox_.listing().size(), before.size() + 1); // the edits' own file
    }
};

QTEST_GUILESS_MAIN(TestCliExport)
#include "test_cli_export.moc"
