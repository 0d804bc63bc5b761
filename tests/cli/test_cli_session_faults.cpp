// SPDX-License-Identifier: GPL-3.0-or-later
// What may happen to a session's file: it is no session, too new, read-only, in use; a run is stopped or killed.
#include "session_commands.h"

#include <csignal>
#include <QFile>
#include <QTest>
#include <QThread>
#include <random>
#include <unistd.h>

using namespace emend::test;

class TestCliSessionFaults : public QObject {
    Q_OBJECT
    CliSandbox sandbox_;

    void copy_session(const QString& name) const {
        QFile::remove(sandbox_.path(name));
        QVERIFY(QFile::copy(sandbox_.path("sound.emend"), sandbox_.path(name)));
    }
    static int batches(const CliResult& result) { return int(result.json["batches"].toArray().size()); }
    CliResult show(const QString& name) const { return sandbox_.run({"session", "show", name, "--json"}); }

  private slots:
    void initTestCase() {
        const CliResult made = sandbox_.run(quick_edit(sandbox_, 1) + QStringList{"--session", "sound.emend"});
        QVERIFY2(made.code == 0, made.all());
        sandbox_.write("slow.json", R"({"algorithm": "MEMIT", "layers": [0], "distribution": "single",
            "use_statistics": false, "contexts": ["{}"], "values": {"steps": 100000, "stop_loss": -1}})");
    }

    void no_session_data() {
        QTest::addColumn<QByteArray>("content");
        QTest::newRow("text.emend") << QByteArray("this is a text\n").repeated(100);
        QTest::newRow("empty.emend") << QByteArray();
        QFile sound(sandbox_.path("sound.emend"));
        QVERIFY(sound.open(QIODevice::ReadOnly));
        const QByteArray whole = sound.readAll();
        QTest::newRow("half.emend") << whole.left(whole.size() / 2);
        QByteArray newer = whole;
        newer.replace(60, 4, QByteArray("\0\0\x7f\0", 4)); // SQLite's user_version: the schema
        QTest::newRow("newer.emend") << newer;
    }
    void no_session() {
        QFETCH(QByteArray, content);
        const QString name = QTest::currentDataTag();
        sandbox_.write(name, content);
        const QStringList before = sandbox_.listing();
        for (const QStringList& command :
             {QStringList{"session", "show", name}, QStringList{"session", "note", name, "x"},
              quick_edit(sandbox_, 1) + QStringList{"--session", name}}) {
            const CliResult result = sandbox_.run(command + QStringList{"--json"});
            QVERIFY2(result.code == 1 && !result.crashed, result.all());
            for (const char* key : {"what", "where", "hint"})
                QVERIFY2(!result.error()[key].toString().isEmpty(), result.all());
        }
        QCOMPARE(sandbox_.listing(), before);
        QFile file(sandbox_.path(name));
        QVERIFY(file.open(QIODevice::ReadOnly));
        QCOMPARE(file.readAll(), content);
    }

    void a_damaged_one_is_rescued() {
        const CliResult shown = show("sound.emend");
        const QByteArray fingerprint = shown.json["model"].toObject()["fingerprint"].toString().toLatin1();
        QVERIFY(fingerprint.size() > 8);
        QFile sound(sandbox_.path("sound.emend"));
        QVERIFY(sound.open(QIODevice::ReadOnly));
        QByteArray content = sound.readAll();
        content.replace(fingerprint, QByteArray(fingerprint.size(), 'x'));
        sandbox_.write("damaged.emend", content);
        const CliResult damaged = show("damaged.emend");
        QVERIFY2(damaged.code == 1 && damaged.error()["hint"].toString().contains("emend-cli session rescue"),
                 damaged.all());
        QVERIFY2(damaged.error()["where"].toString().endsWith("damaged.emend"), damaged.all());
        const QStringList rescue{"session", "rescue", "damaged.emend", "rescued.emend"};
        const CliResult nameless = sandbox_.run(rescue + QStringList{"--json"});
        QVERIFY2(nameless.code == 1 && nameless.error()["what"].toString().contains("which model"), nameless.all());
        const CliResult rescued = sandbox_.run(rescue + QStringList{"--model", "demo", "--json"});
        QVERIFY2(rescued.code == 0 && rescued.json["batches"].toInt() == 1, rescued.all());
        QCOMPARE(rescued.json["lost"].toArray().size(), 1);
        QCOMPARE(batches(show("rescued.emend")), 1);
        const CliResult twice = sandbox_.run(rescue);
        QVERIFY2(twice.code == 1 && twice.err.contains("already"), twice.all());
    }

    void two_sessions_at_once() {
        QStringList into = quick_edit(sandbox_, 1, 2) + QStringList{"--session", "other.emend"};
        into.replace(into.indexOf("demo"), "sound.emend");
        const QStringList before = sandbox_.listing();
        const CliResult refused = sandbox_.run(into);
        QVERIFY2(refused.code == 2 && refused.err.contains("leave --session out"), refused.all());
        QCOMPARE(sandbox_.listing(), before);
    }

    // The precision is the file's only with weights that have it.
    void a_command_that_fails_changes_nothing() {
        const QJsonObject before = show("sound.emend").json;
        const CliResult redo = sandbox_.run({"session", "redo", "sound.emend", "--dtype", "float64"});
        QVERIFY2(redo.code == 1, redo.all());
        QCOMPARE(show("sound.emend").json["model"].toObject()["dtype"].toString(), QString("float32"));
        QCOMPARE(show("sound.emend").json["model"], before["model"]);
        copy_session("undone.emend");
        QCOMPARE(sandbox_.run({"session", "undo", "undone.emend", "--dtype", "float64"}).code, 0);
        QCOMPARE(show("undone.emend").json["model"].toObject()["dtype"].toString(), QString("float64"));
        const CliResult verified = sandbox_.run({"session", "verify", "undone.emend", "--json"});
        QVERIFY2(verified.code == 0, verified.all());
    }

    void not_there_or_a_folder() {
        for (const QString& name : {QString("nowhere.emend"), sandbox_.path()}) {
            const CliResult result = show(name);
            QVERIFY2(result.code == 1 && !result.error()["hint"].toString().isEmpty(), result.all());
        }
        const CliResult folder =
            sandbox_.run(quick_edit(sandbox_, 1) + QStringList{"--session", "no/such/folder.emend"});
        QVERIFY2(folder.code == 1 && folder.err.contains("folder"), folder.all());
    }

    void usage() {
        for (const QStringList& arguments :
             {QStringList{"session"}, QStringList{"session", "shwo", "x"}, QStringList{"session", "goto", "x", "-1"},
              QStringList{"session", "show"}, QStringList{"session", "undo", "x", "--colour"},
              QStringList{"edit", "demo", "--edits", "f", "--session", ""},
              QStringList{"edit", "demo", "--edits", "f", "--export-format", "lora"}}) {
            const CliResult result = sandbox_.run(arguments);
            QVERIFY2(result.code == 2 && result.out.isEmpty() && result.err.contains("--help"), result.all());
        }
        const CliResult slip = sandbox_.run({"session", "shwo", "x"});
        QVERIFY2(slip.err.contains("\"session shwo\"") && slip.err.contains("mean \"show\"?"), slip.all());
        const CliResult option = sandbox_.run({"session", "undo", "x", "--jsn"});
        QVERIFY2(option.err.contains("mean \"--json\"?") && option.err.contains("session undo --help"), option.all());
    }

    void read_only() {
        if (geteuid() == 0)
            QSKIP("root may write everything");
        copy_session("kept.emend");
        QFile::setPermissions(sandbox_.path("kept.emend"), QFile::ReadOwner);
        QCOMPARE(show("kept.emend").code, 0);
        const CliResult note = sandbox_.run({"session", "note", "kept.emend", "x", "--json"});
        QVERIFY2(note.code == 1 && note.error()["what"].toString().contains("cannot be written"), note.all());
    }

    // Somebody else has it open for writing: it can be read, nothing can be written, and the other one is not
    // disturbed.
    void in_use() {
        copy_session("used.emend");
        QStringList slow = quick_edit(sandbox_, 1, 1);
        slow.replace(slow.indexOf("quick.json"), "slow.json");
        const auto process = sandbox_.start(slow + QStringList{"--session", "used.emend"});
        QByteArray heard;
        QVERIFY2(reached(*process, "value", heard), heard);
        QCOMPARE(batches(show("used.emend")), 1);
        const CliResult note = sandbox_.run({"session", "note", "used.emend", "x", "--json"});
        QVERIFY2(note.code == 1 && note.error()["what"].toString().contains("cannot be written"), note.all());
        ::kill(pid_t(process->processId()), SIGINT);
        const CliResult stopped = CliSandbox::finish(*process);
        QVERIFY2(stopped.code == 130, stopped.all());
        QCOMPARE(sandbox_.run({"session", "note", "used.emend", "x"}).code, 0);
        QCOMPARE(batches(show("used.emend")), 1);
    }

    // Somebody takes the name that a replay was told: theirs stays.
    void a_replay_takes_nothing_away() {
        const auto process = sandbox_.start({"session", "replay", "sound.emend", "--out", "mine.emend", "--json"});
        QByteArray heard;
        QVERIFY2(reached(*process, "reading", heard), heard);
        sandbox_.write("mine.emend", "years of work");
        const CliResult result = CliSandbox::finish(*process);
        QVERIFY2(result.code == 1 && result.error()["what"].toString().contains("already"), result.all());
        QFile file(sandbox_.path("mine.emend"));
        QVERIFY(file.open(QIODevice::ReadOnly));
        QCOMPARE(file.readAll(), QByteArray("years of work"));
    }

    void a_stop_leaves_no_new_file() {
        QStringList slow = quick_edit(sandbox_, 1, 1);
        slow.replace(slow.indexOf("quick.json"), "slow.json");
        const QStringList before = sandbox_.listing();
        const auto process = sandbox_.start(slow + QStringList{"--session", "fresh.emend", "--json"});
        QByteArray heard;
        QVERIFY2(reached(*process, "value", heard), heard);
        ::kill(pid_t(process->processId()), SIGINT);
        const CliResult stopped = CliSandbox::finish(*process);
        QVERIFY2(stopped.code == 130, stopped.all());
        QCOMPARE(stopped.error()["hint"].toString(), QString("nothing was changed"));
        QCOMPARE(sandbox_.listing(), before);
    }

    // What was said to be in the session is there after a kill at any moment, and the file is sound.
    void a_kill_loses_nothing_that_was_told() {
        QStringList many = quick_edit(sandbox_, 24) + QStringList{"--batch", "1", "--session", "killed.emend"};
        std::mt19937 random(7);
        for (const int after : {1, 2, 4, 7}) {
            QFile::remove(sandbox_.path("killed.emend"));
            const auto process = sandbox_.start(many);
            QByteArray heard;
            while (heard.count("is in the session") < after && process->state() != QProcess::NotRunning) {
                process->waitForReadyRead(100);
                heard += process->readAllStandardError();
            }
            QThread::msleep(random() % 60); // anywhere in the next batch
            process->kill();
            const CliResult ended = CliSandbox::finish(*process);
            QVERIFY2(ended.crashed, ended.all());
            const auto told = int((heard + ended.err).count("is in the session"));
            const CliResult kept = show("killed.emend");
            QVERIFY2(kept.code == 0 && batches(kept) >= told, kept.all());
            QVERIFY2(batches(kept) < 24, "it was killed too late to tell anything");
        }
        const CliResult sound = sandbox_.run({"session", "verify", "killed.emend", "--json"});
        QVERIFY2(sound.code == 0 && sound.json["ok"].toBool(), sound.all());
        // And a stop says what it leaves.
        many.replace(many.indexOf("killed.emend"), "stopped.emend");
        const auto process = sandbox_.start(many);
        QByteArray heard;
        QVERIFY2(reached(*process, "is in the session", heard), heard);
        ::kill(pid_t(process->processId()), SIGINT);
        const CliResult stopped = CliSandbox::finish(*process);
        QVERIFY2(stopped.code == 130 && stopped.err.contains("stopped.emend"), stopped.all());
        QVERIFY(batches(show("stopped.emend")) >= 1);
    }
};

QTEST_GUILESS_MAIN(TestCliSessionFaults)
#include "test_cli_session_faults.moc"
