// SPDX-License-Identifier: GPL-3.0-or-later
// One session through all the commands: made by an edit, continued, looked at, moved, named, verified, replayed.
#include "session_commands.h"

#include <algorithm>
#include <QFile>
#include <QTest>

using namespace emend::test;

class TestCliSession : public QObject {
    Q_OBJECT
    CliSandbox sandbox_;
    QString last_hash_; // with all batches applied

    CliResult session(const QStringList& arguments) const {
        return sandbox_.run(QStringList{"session"} + arguments + QStringList{"--json"});
    }
    CliResult show() const { return session({"show", "work.emend"}); }
    QStringList first_lens() const { // of the first edit
        const QJsonValue edit = show().json["batches"][0]["edits"][0];
        return {"trace",     "work.emend",
                "--lens",    "--json",
                "--prompt",  edit["prompt"].toString(),
                "--subject", edit["subject"].toString()};
    }

  private slots:
    void initTestCase() {
        const CliResult made =
            sandbox_.run(quick_edit(sandbox_, 3) + QStringList{"--batch", "1", "--session", "work.emend", "--json"});
        QVERIFY2(made.code == 0, made.all());
        QCOMPARE(made.json["edits"].toArray().size(), 3);
        QCOMPARE(made.json["batches"].toArray().size(), 3);
        QCOMPARE(made.json["batches"][2]["first_edit"].toInt(), 2);
        QVERIFY(QFile::exists(sandbox_.path("work.emend")));
        QCOMPARE(sandbox_.listing().filter("work.emend").size(), 1); // nothing beside it
    }

    void an_edit_in_batches_is_the_edit_in_one() {
        const CliResult one = sandbox_.run(quick_edit(sandbox_, 3) + QStringList{"--batch", "1", "--json"});
        QVERIFY2(one.code == 0, one.all());
        const QJsonArray batches = show().json["batches"].toArray();
        for (int i = 0; i < 3; ++i) {
            QCOMPARE(batches[i]["edits"].toArray().size(), 1);
            QCOMPARE(batches[i]["edits"][0]["subject"], one.json["edits"][i]["subject"]);
            QCOMPARE(batches[i]["edits"][0]["loss"], one.json["edits"][i]["loss"]);
        }
    }

    void its_model_is_looked_at_with_the_edits_in_it() {
        const QStringList lens = first_lens();
        const QString prompt = QString(lens[5]).replace("{}", lens[7]);
        const auto top = [&](const QStringList& where) {
            const CliResult told =
                sandbox_.run(QStringList{"logits"} + where + QStringList{"--text", prompt, "--top", "1", "--json"});
            return told.code == 0 ? told.json["top"][0].toObject() : QJsonObject{{"fault", QString(told.all())}};
        };
        const QJsonObject edited = top({"work.emend"});
        const QJsonObject unedited = top({"demo"});
        QVERIFY2(edited.contains("probability") && edited != unedited, qPrintable(edited["fault"].toString()));
        QCOMPARE(top({"work.emend", "--at", "0"}), unedited);
        const CliResult told = sandbox_.run(lens);
        QVERIFY2(told.code == 0, told.all());
        const QJsonObject last = told.json["layers"].toArray().last().toObject();
        QCOMPARE(last["top"][0]["piece"], edited["piece"]);
        QCOMPARE(last["before"]["top"][0]["piece"], unedited["piece"]);
        QVERIFY(last["before"]["top"] != last["top"]);
        const CliResult itself = sandbox_.run(lens + QStringList{"--before", "3"});
        const QJsonObject same = itself.json["layers"].toArray().last().toObject();
        QCOMPARE(same["before"]["top"], same["top"]);
        const CliResult written = sandbox_.run({"generate", "work.emend", "--prompt", prompt, "--max-tokens", "1"});
        QVERIFY2(written.code == 0 && written.out.contains(prompt.toUtf8()), written.all());
    }

    void a_place_there_is_not_is_told() {
        for (const QString& option : {QStringLiteral("--at"), QStringLiteral("--before")}) {
            const CliResult far = sandbox_.run(first_lens() + QStringList{option, "9"});
            QCOMPARE(far.code, 1);
            QVERIFY2(far.json["error"]["what"].toString().contains("the history has 3 batches, not 9"), far.all());
        }
        const CliResult plain = sandbox_.run({"logits", "demo", "--at", "0", "--text", "Rome"});
        QCOMPARE(plain.code, 2);
        QVERIFY2(plain.err.contains("only a session has a history"), plain.all());
    }

    void an_edit_continues_it() {
        QStringList arguments = quick_edit(sandbox_, 2, 3);
        arguments.replace(arguments.indexOf("demo"), "work.emend");
        arguments.removeAll("--no-comparisons"); // so that its scores are kept
        const CliResult more = sandbox_.run(arguments + QStringList{"--layers", "0,1"});
        QVERIFY2(more.code == 0, more.all());
        QVERIFY2(more.err.contains("batch 4 (") && more.err.contains("is in the session"), more.all());
        const CliResult shown = show();
        QCOMPARE(titles(shown).size(), 4);
        QCOMPARE(in_weights(shown), QString("1111"));
        QCOMPARE(shown.json["position"].toInt(), 4);
        QCOMPARE(shown.json["batches"][3]["edits"].toArray().size(), 2);
        QVERIFY(!shown.json["session"]["edited_hash"].toString().isEmpty());
        last_hash_ = shown.json["session"]["edited_hash"].toString();
        const QJsonArray scores = shown.json["scores"].toArray();
        QCOMPARE(scores.size(), 1);
        QCOMPARE(scores[0]["batch"].toInt(), 4);
        QVERIFY(scores[0]["before"]["efficacy"].isDouble() && scores[0]["before"]["paraphrase"].isDouble());
        QVERIFY(scores[0]["after"]["efficacy"].toDouble() > scores[0]["before"]["efficacy"].toDouble());
    }

    void the_history_moves() {
        const CliResult undone = session({"undo", "work.emend"});
        QVERIFY2(undone.code == 0, undone.all());
        QCOMPARE(undone.json["position"].toInt(), 3);
        QCOMPARE(in_weights(undone), QString("1110"));
        const CliResult back = session({"goto", "work.emend", "0"});
        QVERIFY2(back.code == 0, back.all());
        QCOMPARE(back.json["edited_hash"].toString(), QString());
        QCOMPARE(in_weights(show()), QString("0000"));
        const CliResult nothing = session({"undo", "work.emend"});
        QVERIFY2(nothing.code == 1, nothing.all());
        const CliResult redone = session({"redo", "work.emend"});
        QVERIFY2(redone.code == 0, redone.all());
        QCOMPARE(in_weights(redone), QString("1000"));
        const CliResult last = session({"goto", "work.emend", "4"});
        QCOMPARE(last.json["edited_hash"].toString(), last_hash_);
        const CliResult too_far = session({"goto", "work.emend", "5"});
        QVERIFY2(too_far.code == 1 && too_far.error()["what"].toString().contains("4 batches"), too_far.all());
    }

    void a_batch_is_switched() {
        const CliResult off = session({"toggle", "work.emend", "2"});
        QVERIFY2(off.code == 0, off.all());
        QCOMPARE(in_weights(off), QString("1011"));
        QVERIFY(off.json["batches"][2]["stale"].toBool());
        const CliResult shown = show(); // without the model
        for (int batch = 0; batch < 4; ++batch)
            QCOMPARE(shown.json["batches"][batch]["stale"].toBool(), off.json["batches"][batch]["stale"].toBool());
        QVERIFY(off.json["edited_hash"].toString() != last_hash_);
        const CliResult text = sandbox_.run({"session", "show", "work.emend"});
        QVERIFY2(text.out.contains("4 of 4 batches applied, 1 of them switched off"), text.all());
        const CliResult on = session({"toggle", "work.emend", "2"});
        QCOMPARE(on.json["edited_hash"].toString(), last_hash_);
        const CliResult solved = session({"toggle", "work.emend", "1", "--resolve"});
        QVERIFY2(solved.code == 0, solved.all());
        QCOMPARE(in_weights(solved), QString("0111"));
        QVERIFY(!solved.json["batches"][2]["stale"].toBool());
        const CliResult none = session({"toggle", "work.emend", "99"});
        QVERIFY2(none.code == 1 && none.error()["hint"].toString().contains("1, 2, 3, 4"), none.all());
        const CliResult word = session({"toggle", "work.emend", "first"});
        QVERIFY2(word.code == 2, word.all());
    }

    void names_and_notes_need_no_model() {
        const QString hash = part(show(), "session", "edited_hash").toString();
        QCOMPARE(session({"rename", "work.emend", "2", "A better name"}).code, 0);
        QCOMPARE(session({"note", "work.emend", "3", "why: ü"}).code, 0);
        QCOMPARE(session({"note", "work.emend", "of the session"}).code, 0);
        const CliResult shown = show();
        QCOMPARE(titles(shown)[1], QString("A better name"));
        QCOMPARE(shown.json["batches"][2]["note"].toString(), QString("why: ü"));
        QCOMPARE(shown.json["session"]["note"].toString(), QString("of the session"));
        QCOMPARE(shown.json["session"]["edited_hash"].toString(), hash);
        QCOMPARE(session({"note", "work.emend", "3", ""}).code, 0);
        const CliResult cleared = show();
        QCOMPARE(cleared.json["batches"][2]["note"].toString(), QString());
        QCOMPARE(session({"rename", "work.emend", "2", " "}).code, 2);
        QCOMPARE(session({"rename", "work.emend", "7", "x"}).code, 1);
        const CliResult text = sandbox_.run({"session", "show", "work.emend"});
        QVERIFY2(text.out.contains("|D|, |D|/|W|: the largest over the layers"), text.all());
        const QJsonArray layers = cleared.json["batches"][3]["layers"].toArray();
        QCOMPARE(layers.size(), 2);
        const double largest = std::max(layers[0]["relative_norm"].toDouble(), layers[1]["relative_norm"].toDouble());
        QVERIFY2(text.out.contains(' ' + QByteArray::number(largest, 'g', 4) + ' '), text.all());
        QVERIFY2(text.code == 0 && text.out.contains("A better name") && text.out.contains("of the session"),
                 text.all());
    }

    void a_folder_is_listed() {
        sandbox_.write("broken.emend", "not a session");
        const CliResult list = session({"list", sandbox_.path()});
        QVERIFY2(list.code == 0, list.all());
        QCOMPARE(list.json["sessions"].toArray().size(), 1);
        QCOMPARE(list.json["sessions"][0]["batches"].toInt(), 4);
        QCOMPARE(list.json["unreadable"].toArray().size(), 1);
        QVERIFY(!list.json["unreadable"][0]["problem"].toString().isEmpty());
        const CliResult text = sandbox_.run({"session", "list", sandbox_.path()});
        QVERIFY2(text.out.contains("work.emend") && text.out.contains("broken.emend"), text.all());
        QVERIFY(QFile::remove(sandbox_.path("broken.emend")));
    }

    void it_is_verified() {
        const CliResult sound = session({"verify", "work.emend"});
        QVERIFY2(sound.code == 0 && sound.json["ok"].toBool(), sound.all());
        QVERIFY(sound.json["checks"].toArray().size() > 4);
        const CliResult rough = session({"verify", "work.emend", "--dtype", "float64"});
        QVERIFY2(rough.code == 1 && !rough.json["ok"].toBool(), rough.all());
        QVERIFY2(rough.out.contains("float64"), rough.all());
    }

    void it_is_replayed() {
        const CliResult again = session({"replay", "work.emend", "--out", "again.emend"});
        QVERIFY2(again.code == 0, again.all());
        QCOMPARE(again.json["batches"].toArray().size(), 3); // those that are switched on
        const QJsonArray warnings = again.json["warnings"].toArray();
        QVERIFY2(warnings.size() == 1 && warnings[0].toString().startsWith("batch 1 (") &&
                     warnings[0].toString().contains("switched off") &&
                     warnings[0].toString().contains("again.emend is without it"),
                 again.all());
        QVERIFY2(again.err.contains("warning: batch 1 ("), again.all());
        for (const QJsonValue batch : again.json["batches"].toArray())
            QVERIFY2(batch["largest_norm_difference"].toDouble(1) < 1e-6, again.all());
        const CliResult kept = session({"show", "again.emend"});
        QCOMPARE(kept.json["batches"].toArray().size(), 3);
        QCOMPARE(kept.json["session"]["note"].toString(), QString("of the session"));
        const qsizetype left = show().json["batches"][0]["edits"].toArray().size();
        QCOMPARE(kept.json["drafts"].toArray().size(), left); // of the batch that is switched off
        QVERIFY(left > 0);
        const CliResult twice = session({"replay", "work.emend", "--out", "again.emend"});
        QVERIFY2(twice.code == 1 && twice.error()["what"].toString().contains("already"), twice.all());
    }

    void a_model_that_moved() {
        const QStringList before = sandbox_.listing();
        const CliResult moved = session({"verify", "again.emend", "--model", "demo"});
        QVERIFY2(moved.code == 0, moved.all());
        const CliResult other = session({"undo", "again.emend", "--model", test_model("gpt2")});
        QVERIFY2(other.code == 1, other.all());
        const QString all = other.error()["what"].toString() + other.error()["hint"].toString();
        for (const char* part : {"layers", "vocabulary", "fingerprint"})
            QVERIFY2(all.contains(part), other.all());
        QCOMPARE(sandbox_.listing(), before);
    }
};

QTEST_GUILESS_MAIN(TestCliSession)
#include "test_cli_session.moc"
