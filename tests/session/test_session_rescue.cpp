// SPDX-License-Identifier: GPL-3.0-or-later
// Damaged sessions give back what is sound in them, and stay as they are.
#include "base/part.h"
#include "emend/session.h"
#include "session/session_store.h"
#include "session_fixture.h"

#include <QDir>
#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include <random>

using namespace emend;
using namespace emend::test;

class TestSessionRescue : public QObject {
    Q_OBJECT
  private slots:
    void init();
    void a_sound_file_loses_nothing();
    void what_is_damaged_data();
    void what_is_damaged();
    void a_model_row_that_is_damaged();
    void a_file_of_the_first_format();
    void a_log_that_was_left_behind();
    void what_a_killed_one_left_behind_data();
    void what_a_killed_one_left_behind();
    void cut_off_anywhere();
    void damaged_pages();
    void flipped_bits();
    void what_cannot_be_rescued_data();
    void what_cannot_be_rescued();
    void a_rescue_that_is_stopped();

  private:
    [[nodiscard]] std::string path(const char* name = "a.emend") const { return folder_->filePath(name).toStdString(); }
    [[nodiscard]] QStringList files() const {
        return QDir(folder_->path()).entryList(QDir::AllEntries | QDir::Hidden | QDir::NoDotAndDotDot, QDir::Name);
    }
    [[nodiscard]] QByteArray bytes(const char* name = "a.emend") const {
        QFile file(folder_->filePath(name));
        return file.open(QFile::ReadOnly) ? file.readAll() : QByteArray();
    }
    void write(const char* name, const QByteArray& content) const {
        QFile file(folder_->filePath(name));
        QVERIFY(file.open(QFile::WriteOnly) && file.write(content) == content.size());
    }
    [[nodiscard]] bool is_whole(const SessionRescue& rescued) const {
        const auto all = rescue_session(path(), path("whole.emend"), {}, {});
        QFile::remove(folder_->filePath("whole.emend"));
        return rescued.batches == all.batches && rescued.edits == all.edits && rescued.traces == all.traces &&
               rescued.texts == all.texts && rescued.scores == all.scores;
    }
    // What was saved is sound and is what was written.
    void compare(const SessionRescue& rescued) const {
        const auto session = Session::open(path("out.emend"), Session::Access::read_only);
        QCOMPARE(session->check({}), std::vector<std::string>());
        const std::vector<std::uint64_t> ids = session->batch_ids();
        QCOMPARE(ids.size(), rescued.batches);
        for (const std::uint64_t id : ids)
            QVERIFY(same(session->batch(id), history_.records.at(id - 1)));
        const std::vector<SessionEdit> edits = session->edits();
        QCOMPARE(edits.size(), rescued.edits);
        for (const SessionEdit& edit : edits)
            QVERIFY(edit.note == "a note" && (!edit.batch || std::ranges::find(ids, *edit.batch) != ids.end()));
        QCOMPARE(session->traces().size(), rescued.traces);
        QCOMPARE(session->texts().size(), rescued.texts);
        QCOMPARE(session->scores().size(), rescued.scores);
        QVERIFY(session->head().position <= ids.size());
    }
    std::unique_ptr<QTemporaryDir> folder_;
    History history_;
};

void TestSessionRescue::init() {
    folder_ = std::make_unique<QTemporaryDir>();
    history_ = {};
    const auto session = Session::create(path(), small_model());
    for (const std::uint64_t id : {1, 2, 3})
        history_.add(id);
    history_.position = 2;
    history_.write_to(*session);
    std::vector<SessionEdit> edits;
    for (const std::uint64_t batch : {1, 2, 3})
        edits.push_back({.request = request_of("Tower", "Rome"), .note = "a note", .batch = batch});
    session->set_edits(edits);
    SessionTrace trace;
    trace.state = "";
    session->add_trace(trace);
    session->set_text({.batch = 2, .edit = 0, .prompt = "p", .before = "b", .after = "a", .seed = 0});
    session->set_scores({.batch = 1, .before = {}, .after = {}});
    session->set_note("a session");
    session->set_ui_state("{}");
}

void TestSessionRescue::a_sound_file_loses_nothing() {
    const QByteArray before = bytes();
    const SessionRescue rescued = rescue_session(path(), path("out.emend"), {}, {});
    QCOMPARE(rescued.lost, std::vector<std::string>());
    QCOMPARE(bytes(), before);
    QCOMPARE(files(), (QStringList{"a.emend", "out.emend"}));
    QVERIFY(rescued.batches == 3 && rescued.edits == 3 && rescued.traces == 1 && rescued.texts == 1 &&
            rescued.scores == 1);
    compare(rescued);
    const auto session = Session::open(path("out.emend"));
    const SessionHead was = peek_session(path());
    const SessionHead is = session->head();
    QVERIFY(differences(was.model, ModelInfo{}).size() == differences(is.model, ModelInfo{}).size());
    QVERIFY(is.note == was.note && is.created == was.created && is.position == 2 && is.edited_hash == "state 2");
    QCOMPARE(session->ui_state(), std::string("{}"));
    QVERIFY(session->traces()[0].state == "");
    session->set_note("it goes on");
}

void TestSessionRescue::what_is_damaged_data() {
    QTest::addColumn<QString>("damage");
    QTest::addColumn<QList<int>>("batches");
    QTest::addColumn<int>("position");
    QTest::addColumn<QString>("lost"); // in one of the lines
    const QList<int> all{1, 2, 3};
    QTest::newRow("head") << "UPDATE session SET note = 'x'" << all << 3 << "all batches count as applied";
    QTest::newRow("no head") << "DELETE FROM session" << all << 3 << "all batches count as applied";
    QTest::newRow("a batch") << "UPDATE batch SET title = 'x' WHERE id = 2" << QList<int>{1, 3} << 1 << "batch 2";
    QTest::newRow("a batch without a row")
        << "PRAGMA foreign_keys = OFF; DELETE FROM batch WHERE id = 1" << QList<int>{2, 3} << 1 << "batch 1";
    QTest::newRow("a batch that is undone")
        << "UPDATE batch SET report = '{}' WHERE id = 3" << QList<int>{1, 2} << 2 << "batch 3";
    QTest::newRow("a part") << "UPDATE part SET data = zeroblob(size) WHERE matrix ="
                               " (SELECT min(id) FROM matrix WHERE batch = 2)"
                            << QList<int>{1, 3} << 1 << "batch 2";
    QTest::newRow("a matrix") << "UPDATE matrix SET layer = 9 WHERE batch = 1" << QList<int>{2, 3} << 1 << "batch 1";
    QTest::newRow("matrices that are gone")
        << "DELETE FROM matrix WHERE batch = 1" << QList<int>{2, 3} << 1 << "layer 3 is missing";
    QTest::newRow("an edit") << "UPDATE edit SET note = 'x' WHERE place = 1" << all << 2 << "edits table";
    QTest::newRow("a trace") << "UPDATE trace SET state = 'x'" << all << 2 << "trace";
    QTest::newRow("a text") << "UPDATE text SET after = 'x'" << all << 2 << "text";
    QTest::newRow("scores") << "UPDATE score SET edits = 7" << all << 2 << "scores";
}

void TestSessionRescue::what_is_damaged() {
    QFETCH(QString, damage);
    QFETCH(QList<int>, batches);
    QFETCH(int, position);
    QFETCH(QString, lost);
    {
        SQLite::Database database(path(), SQLite::OPEN_READWRITE);
        database.exec("PRAGMA foreign_keys = ON");
        database.exec(damage.toStdString());
    }
    const QByteArray before = bytes();
    const SessionRescue rescued = rescue_session(path(), path("out.emend"), {}, {});
    QCOMPARE(bytes(), before);
    QCOMPARE(files(), (QStringList{"a.emend", "out.emend"}));
    QCOMPARE(rescued.lost.size(), std::size_t{1});
    QVERIFY2(QString::fromStdString(rescued.lost[0]).contains(lost), rescued.lost[0].c_str());
    compare(rescued);
    const auto session = Session::open(path("out.emend"));
    QCOMPARE(session->batch_ids(), std::vector<std::uint64_t>(batches.begin(), batches.end()));
    QCOMPARE(session->head().position, static_cast<std::size_t>(position));
    const bool whole = position == 2;
    QCOMPARE(session->head().edited_hash, std::string(whole ? "state 2" : ""));
    QCOMPARE(rescued.edits, std::size_t{damage.contains("UPDATE edit") ? 2U : 3U});
    session->set_note("it goes on");
    history_.records.erase(std::remove_if(history_.records.begin(), history_.records.end(),
                                          [&](const BatchRecord& batch) { return !batches.contains(int(batch.id)); }),
                           history_.records.end());
    history_.position = 1;
    history_.add(9);
    history_.write_to(*session);
    QCOMPARE(history_.fetched, std::vector<std::uint64_t>{9}); // the others are what they were
}

void TestSessionRescue::a_model_row_that_is_damaged() {
    SQLite::Database(path(), SQLite::OPEN_READWRITE).exec("UPDATE model SET fingerprint = 'x'");
    const std::string error = error_of([&] { rescue_session(path(), path("out.emend"), {}, {}); });
    QVERIFY2(error.find("which model") != std::string::npos, error.c_str());
    QCOMPARE(files(), QStringList{"a.emend"});
    SessionModel given = small_model();
    given.path = "/elsewhere";
    const SessionRescue rescued = rescue_session(path(), path("out.emend"), given, {});
    QCOMPARE(rescued.lost.size(), std::size_t{1});
    compare(rescued);
    QCOMPARE(peek_session(path("out.emend")).model.path, std::string("/elsewhere"));
    QCOMPARE(peek_session(path("out.emend")).position, std::size_t{2});
}

void TestSessionRescue::a_file_of_the_first_format() {
    const QString old = folder_->filePath("old.emend");
    QVERIFY(QFile::copy(QStringLiteral(EMEND_TEST_DATA "/sessions/format-1.emend"), old));
    QFile::setPermissions(old, QFile::ReadOwner | QFile::WriteOwner);
    SQLite::Database(old.toStdString(), SQLite::OPEN_READWRITE).exec("UPDATE trace SET result = '{}' WHERE id = 2");
    const SessionRescue rescued = rescue_session(old.toStdString(), path("out.emend"), {}, {});
    QCOMPARE(rescued.lost.size(), std::size_t{1});
    QVERIFY(rescued.batches == 2 && rescued.traces == 2 && rescued.texts == 2 && rescued.scores == 1);
    QCOMPARE(peek_session(path("out.emend")).schema, 2);
    QCOMPARE(Session::open(path("out.emend"))->check({}), std::vector<std::string>());
}

void TestSessionRescue::a_log_that_was_left_behind() {
    const auto writer = SessionStore::open_file(path(), Session::Access::read_write);
    writer->set_note("only in the log");
    const std::string error = error_of([&] { rescue_session(path(), path("out.emend"), {}, {}); });
    QVERIFY2(error.find("in a window or program") != std::string::npos, error.c_str());
    for (const char* suffix : {"", "-wal"}) // as a crash leaves it
        write((std::string("b.emend") + suffix).c_str(), bytes((std::string("a.emend") + suffix).c_str()));
    const SessionRescue rescued = rescue_session(path("b.emend"), path("out.emend"), {}, {});
    QCOMPARE(rescued.lost, std::vector<std::string>());
    QCOMPARE(peek_session(path("out.emend")).note, std::string("only in the log"));
    QCOMPARE(bytes("b.emend-wal"), bytes("a.emend-wal"));
}

void TestSessionRescue::what_a_killed_one_left_behind_data() {
    QTest::addColumn<bool>("rescue");
    QTest::newRow("a rescue") << true;
    QTest::newRow("a copy") << false;
}

// Of this target, and of programs that no longer run: nothing else goes.
void TestSessionRescue::what_a_killed_one_left_behind() {
    QFETCH(bool, rescue);
    const Part living = make_part(path("out.emend"), PartKind::folder);
    for (const char* folder : {"out.emend.emend-part-1-0", "other.emend.emend-part-1-0", "out.emend.part-1"}) {
        QVERIFY(QDir(folder_->path()).mkdir(folder));
        write(qPrintable(QString(folder) + "/kept"), "half a session");
    }
    if (rescue)
        QCOMPARE(rescue_session(path(), path("out.emend"), {}, {}).batches, std::size_t{3});
    else
        Session::open(path())->copy_to(path("out.emend"), false, {});
    QStringList left{"a.emend", "other.emend.emend-part-1-0", "out.emend", "out.emend.part-1",
                     QString::fromStdString(living.path.filename().string())};
    left.sort();
    QStringList found = files();
    found.sort();
    QCOMPARE(found, left);
}

void TestSessionRescue::cut_off_anywhere() {
    const QByteArray whole = bytes();
    std::size_t most = 0;
    for (qsizetype length = 1; length < whole.size(); length += 4999) {
        write("cut.emend", whole.left(length));
        const std::string error = error_of([&] {
            const SessionRescue rescued = rescue_session(path("cut.emend"), path("out.emend"), small_model(), {});
            QVERIFY(!rescued.lost.empty() || (length > whole.size() - 4096 && rescued.batches == 3)); // a free page
            compare(rescued);
            most = std::max(most, rescued.batches);
        });
        QCOMPARE(bytes("cut.emend"), whole.left(length));
        QCOMPARE(error.empty(), QFile::exists(folder_->filePath("out.emend")));
        QFile::remove(folder_->filePath("out.emend"));
        QCOMPARE(files(), (QStringList{"a.emend", "cut.emend"}));
    }
    QVERIFY(most > 0); // the end of the file is not needed for its beginning
}

void TestSessionRescue::damaged_pages() {
    constexpr qsizetype page = 4096;
    const QByteArray whole = bytes();
    int refused = 0;
    for (qsizetype at = 0; at < whole.size(); at += page) {
        QByteArray damaged = whole;
        damaged.replace(at, page, QByteArray(page, '\x5a'));
        write("pages.emend", damaged);
        const std::string error = error_of([&] {
            const SessionRescue rescued = rescue_session(path("pages.emend"), path("out.emend"), small_model(), {});
            compare(rescued);
            QVERIFY(rescued.batches + rescued.edits >= 3);
            QVERIFY(!rescued.lost.empty() || is_whole(rescued));
        });
        refused += error.empty() ? 0 : 1;
        QFile::remove(folder_->filePath("out.emend"));
    }
    QVERIFY2(refused <= 3, qPrintable(QString::number(refused))); // those that say what the tables are
}

void TestSessionRescue::flipped_bits() {
    const QByteArray whole = bytes();
    std::mt19937 random(11);
    std::size_t saved = 0;
    for (int i = 0; i < 40; ++i) {
        QByteArray flipped = whole;
        const auto at = static_cast<qsizetype>(random() % static_cast<unsigned>(whole.size()));
        flipped[at] = static_cast<char>(flipped[at] ^ (1 << (random() % 8)));
        write("flipped.emend", flipped);
        const std::string error = error_of([&] {
            const SessionRescue rescued = rescue_session(path("flipped.emend"), path("out.emend"), small_model(), {});
            compare(rescued);
            QVERIFY2(!rescued.lost.empty() || is_whole(rescued), qPrintable(QString::number(at)));
            saved += rescued.batches;
        });
        QVERIFY2(error.empty() || at < 4096, error.c_str()); // the first page says what the tables are
        QFile::remove(folder_->filePath("out.emend"));
        QCOMPARE(bytes("flipped.emend"), flipped);
    }
    QVERIFY2(saved > 100, qPrintable(QString::number(saved))); // of 120
}

void TestSessionRescue::what_cannot_be_rescued_data() {
    QTest::addColumn<QString>("what");
    QTest::addColumn<QString>("out");
    QTest::addColumn<QString>("fault");
    QTest::newRow("a text") << "text"
                            << "out.emend"
                            << "not a session";
    QTest::newRow("nothing") << "missing"
                             << "out.emend"
                             << "no such session";
    QTest::newRow("another database") << "database"
                                      << "out.emend"
                                      << "not a session";
    QTest::newRow("a later version") << "later"
                                     << "out.emend"
                                     << "later version";
    QTest::newRow("onto itself") << "sound"
                                 << "a.emend"
                                 << "onto itself";
    QTest::newRow("onto another file") << "sound"
                                       << "there.emend"
                                       << "already";
    QTest::newRow("into no folder") << "sound"
                                    << "nowhere/out.emend"
                                    << "cannot be made";
}

void TestSessionRescue::what_cannot_be_rescued() {
    QFETCH(QString, what);
    QFETCH(QString, out);
    QFETCH(QString, fault);
    write("there.emend", "mine");
    std::string name = path("x.emend");
    if (what == "text")
        write("x.emend", "Dear diary, this is no database, however long it goes on and on.");
    else if (what == "database")
        SQLite::Database(name, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE).exec("CREATE TABLE t (x)");
    else if (what != "missing")
        name = path();
    if (what == "later")
        SQLite::Database(name, SQLite::OPEN_READWRITE).exec("PRAGMA user_version = 99");
    const QStringList before = files();
    const QByteArray content = bytes();
    const QString error = QString::fromStdString(
        error_of([&] { rescue_session(name, folder_->filePath(out).toStdString(), small_model(), {}); }));
    QVERIFY2(error.contains(fault) && !error.endsWith("| "), qPrintable(error));
    QCOMPARE(files(), before);
    QCOMPARE(bytes(), content);
    QCOMPARE(bytes("there.emend"), QByteArray("mine"));
}

void TestSessionRescue::a_rescue_that_is_stopped() {
    for (const std::string phase : {"copying what there is", "reading what can be read", "copying the session"}) {
        std::stop_source stop;
        bool seen = false;
        const auto told = [&](const Progress& progress) {
            QVERIFY(progress.fraction >= 0 && progress.fraction <= 1);
            if (progress.phase == phase) {
                seen = true;
                stop.request_stop();
            }
        };
        const QStringList before = files();
        QVERIFY_EXCEPTION_THROWN(rescue_session(path(), path("out.emend"), {}, JobContext(told, stop.get_token())),
                                 Cancelled);
        QVERIFY2(seen, phase.c_str());
        QCOMPARE(files(), before);
    }
}

QTEST_GUILESS_MAIN(TestSessionRescue)
#include "test_session_rescue.moc"
