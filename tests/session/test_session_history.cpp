// SPDX-License-Identifier: GPL-3.0-or-later
// The history in the file follows the history in memory; copies; sessions of a folder; older formats.
#include "session/session_store.h"
#include "session_fixture.h"

#include <QDir>
#include <QFile>
#include <QRegularExpression>
#include <QTemporaryDir>
#include <QTest>

using namespace emend;
using namespace emend::test;

namespace {

void add_a_column(SQLite::Database& database) {
    database.exec("ALTER TABLE session ADD COLUMN mood TEXT NOT NULL DEFAULT 'good'");
}
void add_a_table(SQLite::Database& database) {
    database.exec("CREATE TABLE later (id INTEGER PRIMARY KEY)");
}
void fail_half_way(SQLite::Database& database) {
    database.exec("DELETE FROM batch");
    throw Error("a step that fails");
}

constexpr MigrationStep good_steps[]{{2, add_a_column}, {3, add_a_table}};
constexpr MigrationStep bad_steps[]{{2, add_a_column}, {3, fail_half_way}};

} // namespace

class TestSessionHistory : public QObject {
    Q_OBJECT
  private slots:
    void init();
    void only_what_differs_is_fetched();
    void an_opened_session_knows_its_batches();
    void undone_batches_that_are_dropped();
    void a_dropped_batch_hides_no_damage();
    void a_damaged_row_is_written_as_a_whole();
    void a_fetch_that_fails_changes_nothing();
    void a_copy();
    void a_copy_that_is_stopped();
    void a_copy_where_an_old_log_lies_data();
    void a_copy_where_an_old_log_lies();
    void a_copy_of_what_is_read_elsewhere();
    void a_copy_over_something_data();
    void a_copy_over_something();
    void sessions_that_were_left_behind();
    void a_new_name();
    void an_older_format_data();
    void an_older_format();
    void a_step_that_fails_loses_nothing();

  private:
    [[nodiscard]] std::string path(const char* name) const { return folder_->filePath(name).toStdString(); }
    [[nodiscard]] QStringList files() const {
        return QDir(folder_->path()).entryList(QDir::AllEntries | QDir::Hidden | QDir::NoDotAndDotDot, QDir::Name);
    }
    std::unique_ptr<QTemporaryDir> folder_;
    std::unique_ptr<Session> session_;
    History history_;
};

void TestSessionHistory::init() {
    session_.reset();
    folder_ = std::make_unique<QTemporaryDir>();
    session_ = Session::create(path("a.emend"), small_model());
    history_ = {};
    for (const std::uint64_t id : {1, 2, 3})
        history_.add(id);
    history_.write_to(*session_);
}

void TestSessionHistory::only_what_differs_is_fetched() {
    QCOMPARE(history_.fetched, (std::vector<std::uint64_t>{1, 2, 3}));
    history_.write_to(*session_);
    QVERIFY(history_.fetched.empty());

    history_.records[0].title = "another title";
    history_.records[1].note = "a note";
    history_.records[2].active = false;
    history_.position = 2;
    history_.write_to(*session_);
    QVERIFY(history_.fetched.empty());
    QCOMPARE(session_->batch(1).title, std::string("another title"));
    QCOMPARE(session_->batch(2).note, std::string("a note"));
    QVERIFY(!session_->batch(3).active);
    QCOMPARE(session_->head().position, std::size_t{2});
    QCOMPARE(session_->head().edited_hash, std::string("state 2"));

    // Other updates; and the same updates under another report.
    history_.records[0].hash = "another hash";
    history_.records[0].updates[0].left[0] = 42;
    auto renewed = std::make_shared<EditReport>(*history_.records[1].report);
    renewed->seconds.total = 99;
    history_.records[1].report = renewed;
    history_.write_to(*session_);
    QCOMPARE(history_.fetched, (std::vector<std::uint64_t>{1, 2}));
    for (const BatchRecord& batch : history_.records)
        QVERIFY(same(session_->batch(batch.id), batch));

    std::swap(history_.records[0], history_.records[2]);
    history_.write_to(*session_);
    QVERIFY(history_.fetched.empty());
    QCOMPARE(session_->batch_ids(), (std::vector<std::uint64_t>{3, 2, 1}));
    QCOMPARE(session_->check({}), std::vector<std::string>());
}

void TestSessionHistory::an_opened_session_knows_its_batches() {
    session_.reset();
    session_ = Session::open(path("a.emend"));
    history_.records[0].report = std::make_shared<const EditReport>(*history_.records[0].report); // equal
    history_.records[1].report = session_->batch(2).report;                                       // handed out
    history_.add(9);
    history_.write_to(*session_);
    QCOMPARE(history_.fetched, std::vector<std::uint64_t>{9});
}

void TestSessionHistory::undone_batches_that_are_dropped() {
    session_->set_scores({.batch = 3, .before = {}, .after = {}});
    session_->set_text({.batch = 3, .edit = 0, .prompt = "p", .before = "b", .after = "a", .seed = 0});
    session_->set_edits({{.request = request_of("Tower", "Rome"), .note = {}, .batch = 3}});
    history_.records.pop_back();
    history_.add(4);
    history_.write_to(*session_);
    QCOMPARE(history_.fetched, std::vector<std::uint64_t>{4});
    QCOMPARE(session_->batch_ids(), (std::vector<std::uint64_t>{1, 2, 4}));
    QVERIFY(session_->scores().empty());
    QVERIFY(session_->texts().empty());
    QVERIFY(!session_->edits()[0].batch);
    QCOMPARE(session_->check({}), std::vector<std::string>());
    history_.records.clear();
    history_.position = 0;
    history_.write_to(*session_);
    QVERIFY(session_->batch_ids().empty());
}

void TestSessionHistory::a_dropped_batch_hides_no_damage() {
    std::vector<SessionEdit> edits(3);
    for (std::size_t i = 0; i < edits.size(); ++i)
        edits[i] = {.request = request_of("Tower " + std::to_string(i), "Rome"), .note = {}, .batch = {}};
    edits[1].batch = 3;
    edits[2].batch = 3;
    session_->set_edits(edits);
    auto& database = dynamic_cast<SessionStore&>(*session_).database();
    database.exec("UPDATE edit SET note = 'damage' WHERE place < 2"); // one of the batch that goes, one of none
    history_.records.pop_back();
    history_.position = 2;
    history_.write_to(*session_);
    QCOMPARE(session_->check({}).size(), std::size_t{2});
    QVERIFY(error_of([&] { (void)session_->edits(); }).find("not as it was written") != std::string::npos);
}

void TestSessionHistory::a_damaged_row_is_written_as_a_whole() {
    auto& database = dynamic_cast<SessionStore&>(*session_).database();
    database.exec("UPDATE batch SET base = 'damage' WHERE id = 2");
    history_.records[1].note = "a note";
    history_.write_to(*session_);
    QCOMPARE(history_.fetched, std::vector<std::uint64_t>{2});
    QVERIFY(same(session_->batch(2), history_.records[1]));
    QCOMPARE(session_->check({}), std::vector<std::string>());
}

void TestSessionHistory::a_fetch_that_fails_changes_nothing() {
    history_.add(4);
    history_.records.erase(history_.records.begin());
    const LedgerState ledger = history_.ledger();
    QVERIFY_EXCEPTION_THROWN(session_->sync(
                                 ledger, [](std::uint64_t) -> BatchRecord { throw Cancelled(); }, "x", small_model()),
                             Cancelled);
    BatchRecord wrong = batch_of(4);
    wrong.updates[0].left.pop_back();
    QVERIFY(!error_of([&] {
                 session_->sync(
                     ledger, [&](std::uint64_t) { return wrong; }, "x", small_model());
             }).empty());
    QCOMPARE(session_->batch_ids(), (std::vector<std::uint64_t>{1, 2, 3}));
    QCOMPARE(session_->head().edited_hash, std::string("state 3"));
    history_.write_to(*session_);
    QCOMPARE(session_->batch_ids(), (std::vector<std::uint64_t>{2, 3, 4}));
}

void TestSessionHistory::a_copy() {
    session_.reset();
    QVERIFY(QFile::remove(folder_->filePath("a.emend")));
    session_ = Session::create(path("a.emend"), small_model(), true);
    history_.write_to(*session_);
    session_->copy_to(path("b.emend"), false, {});
    QCOMPARE(session_->path(), path("a.emend"));
    QVERIFY(session_->head().untitled);
    history_.add(4);
    history_.write_to(*session_); // goes on with its own file
    const auto copy = Session::open(path("b.emend"));
    QVERIFY(!copy->head().untitled);
    QCOMPARE(copy->check({}), std::vector<std::string>());
    QCOMPARE(copy->batch_ids(), (std::vector<std::uint64_t>{1, 2, 3}));
    for (const std::uint64_t id : copy->batch_ids())
        QVERIFY(same(copy->batch(id), history_.records[id - 1]));
}

void TestSessionHistory::a_copy_that_is_stopped() {
    Session::create(path("b.emend"), small_model())->set_note("the one before");
    const QStringList before = files();
    std::stop_source stop;
    double last = 0;
    const auto told = [&](const Progress& progress) {
        last = progress.fraction;
        stop.request_stop();
    };
    QVERIFY_EXCEPTION_THROWN(session_->copy_to(path("b.emend"), true, JobContext(told, stop.get_token())), Cancelled);
    QVERIFY(last >= 0 && last <= 1);
    QCOMPARE(files(), before);
    QCOMPARE(peek_session(path("b.emend")).note, std::string("the one before"));
    session_->set_note("as usable as ever");
    session_->copy_to(path("b.emend"), true, {});
    QCOMPARE(peek_session(path("b.emend")).note, std::string("as usable as ever"));
}

void TestSessionHistory::a_copy_where_an_old_log_lies_data() {
    QTest::addColumn<QString>("suffix");
    QTest::newRow("a log") << "-wal";
    QTest::newRow("a journal") << "-journal";
}

void TestSessionHistory::a_copy_where_an_old_log_lies() {
    // Somebody removed a session after a crash, and not what lay beside it.
    QFETCH(QString, suffix);
    const QString old = folder_->filePath("b.emend");
    {
        const auto gone = SessionStore::create_file(old.toStdString(), small_model(), false);
        if (suffix == "-journal")
            gone->database().exec("PRAGMA journal_mode = PERSIST; PRAGMA cache_size = 1; BEGIN;"
                                  " CREATE TABLE t (x); INSERT INTO t VALUES (zeroblob(1000000))");
        else
            gone->set_note("the old one");
        for (const char* of : {"-wal", "-shm", "-journal"})
            QFile::copy(old + of, folder_->filePath("kept") + of);
    }
    QVERIFY(QFile::remove(old));
    QVERIFY(QFile::exists(folder_->filePath("kept") + suffix));
    for (const char* of : {"-wal", "-shm", "-journal"}) {
        QFile::remove(old + of);
        QFile::rename(folder_->filePath("kept") + of, old + of);
    }
    QCOMPARE(error_of([&] { session_->copy_to(old.toStdString(), false, {}); }), std::string());
    const auto copy = Session::open(old.toStdString());
    QCOMPARE(copy->head().note, std::string());
    QCOMPARE(copy->head().edited_hash, std::string("state 3"));
    QCOMPARE(copy->batch_ids(), (std::vector<std::uint64_t>{1, 2, 3}));
    QCOMPARE(copy->check({}), std::vector<std::string>());
}

void TestSessionHistory::a_copy_of_what_is_read_elsewhere() {
    // Whoever reads the one that is replaced would take the new one's log away when it closes.
    auto writer = Session::create(path("b.emend"), small_model());
    writer->set_note("the one before");
    const auto reader = Session::open(path("b.emend"), Session::Access::read_only);
    QCOMPARE(reader->head().note, std::string("the one before"));
    writer.reset();
    const std::string error = error_of([&] { session_->copy_to(path("b.emend"), true, {}); });
    QVERIFY2(error.find("another program is using") != std::string::npos, error.c_str());
    QCOMPARE(reader->head().note, std::string("the one before"));
}

void TestSessionHistory::a_copy_over_something_data() {
    QTest::addColumn<QString>("what");
    QTest::addColumn<bool>("replace");
    QTest::addColumn<QString>("fault"); // empty: it works
    QTest::newRow("a session, kept") << "session" << false << "already";
    QTest::newRow("a session") << "session" << true << "";
    QTest::newRow("a session in use") << "in use" << true << "another window";
    QTest::newRow("a text") << "text" << true << "not a session";
    QTest::newRow("itself") << "itself" << true << "onto itself";
    QTest::newRow("a folder") << "folder" << true << "folder";
    QTest::newRow("no folder") << "nowhere" << false << "cannot be copied";
    QTest::newRow("too long a name") << "long" << false << "too long";
}

void TestSessionHistory::a_copy_over_something() {
    QFETCH(QString, what);
    QFETCH(bool, replace);
    QFETCH(QString, fault);
    std::string target = path("b.emend");
    std::unique_ptr<Session> there;
    if (what == "session" || what == "in use") {
        there = Session::create(target, small_model());
        there->set_note("the one before");
        if (what == "session")
            there.reset();
    } else if (what == "text") {
        QFile text(QString::fromStdString(target));
        QVERIFY(text.open(QFile::WriteOnly) && text.write("dear diary") > 0);
    } else if (what == "itself") {
        target = path("a.emend");
    } else if (what == "folder") {
        QVERIFY(QDir(folder_->path()).mkdir("b.emend"));
    } else if (what == "long") {
        target = path((std::string(300, 'x') + ".emend").c_str());
    } else {
        target = path("nowhere/b.emend");
    }
    const QStringList before = files();
    const QString error = QString::fromStdString(error_of([&] { session_->copy_to(target, replace, {}); }));
    QCOMPARE(files(), before);
    if (fault.isEmpty()) {
        QCOMPARE(error, QString());
        QCOMPARE(peek_session(target).batches, std::size_t{3});
    } else {
        QVERIFY2(error.contains(fault), qPrintable(error));
        if (what == "session")
            QCOMPARE(peek_session(target).note, std::string("the one before"));
    }
    QCOMPARE(session_->batch_ids().size(), std::size_t{3});
}

void TestSessionHistory::sessions_that_were_left_behind() {
    const auto make = [&](const char* name, bool untitled, bool with_edits) {
        auto session = Session::create(path(name), small_model(), untitled);
        if (with_edits)
            session->set_edits({{.request = request_of(name, "Rome"), .note = {}, .batch = {}}});
        return session;
    };
    make("left behind.emend", true, true);
    make("empty.emend", true, false);
    make("named.emend", false, true);
    const auto in_use = make("in use.emend", true, true);
    QFile text(folder_->filePath("text.emend"));
    QVERIFY(text.open(QFile::WriteOnly) && text.write("dear diary") > 0);
    const QStringList before = files();
    const std::vector<SessionHead> found = recoverable_sessions(folder_->path().toStdString());
    QCOMPARE(found.size(), std::size_t{1});
    QCOMPARE(found[0].path, path("left behind.emend"));
    QCOMPARE(found[0].edits, std::size_t{1});
    QCOMPARE(files(), before);
    QVERIFY(recoverable_sessions(path("nowhere")).empty());
}

void TestSessionHistory::a_new_name() {
    const std::string first = new_session_path(folder_->path().toStdString());
    QVERIFY(QRegularExpression("/untitled-\\d{8}-\\d{6}\\.emend$").match(QString::fromStdString(first)).hasMatch());
    Session::create(first, small_model());
    QVERIFY(new_session_path(folder_->path().toStdString()) != first);
}

void TestSessionHistory::an_older_format_data() {
    QTest::addColumn<bool>("writing");
    QTest::newRow("for writing") << true;
    QTest::newRow("for reading") << false;
}

void TestSessionHistory::an_older_format() {
    QFETCH(bool, writing);
    session_.reset();
    const SessionSchema later{.version = 4, .steps = good_steps};
    const auto access = writing ? Session::Access::read_write : Session::Access::read_only;
    {
        const auto opened = SessionStore::open_file(path("a.emend"), access, later);
        QCOMPARE(opened->read_only(), !writing);
        QCOMPARE(opened->head().schema, 4);
        QCOMPARE(opened->database().execAndGet("SELECT mood FROM session").getString(), std::string("good"));
        QCOMPARE(opened->database().execAndGet("SELECT count(*) FROM later").getInt(), 0);
        QVERIFY(same(opened->batch(2), history_.records[1]));
        QCOMPARE(opened->check({}), std::vector<std::string>());
    }
    QCOMPARE(files(), QStringList{"a.emend"});
    // For this program it is of a later version by then, or still the one it was.
    const QString error = QString::fromStdString(error_of([&] { Session::open(path("a.emend")); }));
    QCOMPARE(error.contains("later version"), writing);
}

void TestSessionHistory::a_step_that_fails_loses_nothing() {
    session_.reset();
    const SessionSchema later{.version = 4, .steps = bad_steps};
    QVERIFY(!error_of([&] { SessionStore::open_file(path("a.emend"), Session::Access::read_write, later); }).empty());
    const SessionSchema further{.version = 5, .steps = good_steps}; // no step from 4
    QVERIFY(!error_of([&] { SessionStore::open_file(path("a.emend"), Session::Access::read_write, further); }).empty());
    QCOMPARE(files(), QStringList{"a.emend"});
    session_ = Session::open(path("a.emend"));
    QCOMPARE(session_->head().schema, 2);
    QVERIFY(same(session_->batch(3), history_.records[2]));
    QCOMPARE(session_->check({}), std::vector<std::string>());
}

QTEST_GUILESS_MAIN(TestSessionHistory)
#include "test_session_history.moc"
