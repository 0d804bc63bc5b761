// SPDX-License-Identifier: GPL-3.0-or-later
// Files that are no sessions, disks that are full, folders that cannot be written, two windows: a clear error, nothing
// overwritten, and the session goes on.
#include "child_process.h"
#include "session/session_lock.h"
#include "session/session_store.h"
#include "session_fixture.h"

#include <QDir>
#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include <csignal>
#include <filesystem>
#include <sys/resource.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

using namespace emend;
using namespace emend::test;
namespace fs = std::filesystem;

class TestSessionFaults : public QObject {
    Q_OBJECT
  private slots:
    void init();
    void what_is_no_session_data();
    void what_is_no_session();
    void a_file_that_is_there_already();
    void a_folder_that_is_not();
    void a_later_version();
    void a_log_of_what_is_not_ours();
    void closing_leaves_one_file();
    void closing_shrinks_what_is_mostly_empty_data();
    void closing_shrinks_what_is_mostly_empty();
    void two_windows();
    void looking_is_not_holding();
    void two_programs();
    void a_reader_that_closes_last();
    void where_nothing_may_be_written_data();
    void where_nothing_may_be_written();
    void a_full_disk();
    void a_file_that_may_not_grow();

  private:
    [[nodiscard]] std::string path(const char* name = "a.emend") const { return folder_->filePath(name).toStdString(); }
    [[nodiscard]] QStringList files() const {
        return QDir(folder_->path()).entryList(QDir::AllEntries | QDir::Hidden | QDir::NoDotAndDotDot, QDir::Name);
    }
    void write(const char* name, const QByteArray& bytes) const {
        QFile file(folder_->filePath(name));
        QVERIFY(file.open(QFile::WriteOnly) && file.write(bytes) == bytes.size());
    }
    [[nodiscard]] QByteArray bytes(const char* name = "a.emend") const {
        QFile file(folder_->filePath(name));
        return file.open(QFile::ReadOnly) ? file.readAll() : QByteArray();
    }
    std::unique_ptr<QTemporaryDir> folder_;
    std::unique_ptr<SessionStore> session_;
    History history_;
};

void TestSessionFaults::init() {
    session_.reset();
    folder_ = std::make_unique<QTemporaryDir>();
    session_ = SessionStore::create_file(path(), small_model(), false);
    history_ = {};
    history_.add(1);
    history_.add(2);
    history_.write_to(*session_);
    session_->set_edits({{.request = request_of("Tower", "Rome"), .note = "a note", .batch = 1}});
    session_->set_scores({.batch = 1, .before = {}, .after = {}});
}

void TestSessionFaults::what_is_no_session_data() {
    QTest::addColumn<QString>("what");
    QTest::addColumn<QString>("fault");
    QTest::newRow("nothing") << "missing"
                             << "no such session";
    QTest::newRow("a folder") << "folder"
                              << "this is a folder";
    QTest::newRow("0 bytes") << ""
                             << "empty";
    QTest::newRow("a text") << "Dear diary, this is no database, however long it goes on and on."
                            << "not a session";
    QTest::newRow("another database") << "database"
                                      << "another program";
    QTest::newRow("no head") << "headless"
                             << "head is missing";
    QTest::newRow("a pipe") << "pipe"
                            << "not a file";
}

void TestSessionFaults::what_is_no_session() {
    QFETCH(QString, what);
    QFETCH(QString, fault);
    const QString name = folder_->filePath("x.emend");
    if (what == "folder") {
        QVERIFY(QDir(folder_->path()).mkdir("x.emend"));
    } else if (what == "database") {
        SQLite::Database(name.toStdString(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE).exec("CREATE TABLE t (x)");
    } else if (what == "headless") {
        session_.reset();
        QVERIFY(QFile::copy(QString::fromStdString(path()), name));
        SQLite::Database(name.toStdString(), SQLite::OPEN_READWRITE).exec("DELETE FROM model");
    } else if (what == "pipe") {
        QCOMPARE(::mkfifo(name.toLocal8Bit().constData(), 0600), 0);
    } else if (what != "missing") {
        write("x.emend", what.toUtf8());
    }
    const QByteArray before = what == "pipe" ? QByteArray() : bytes("x.emend");
    const QStringList there = files();
    for (const auto access : {Session::Access::read_write, Session::Access::read_only}) {
        const QString error = QString::fromStdString(error_of([&] { Session::open(name.toStdString(), access); }));
        QVERIFY2(error.contains(fault) && error.contains("x.emend") && !error.endsWith("| "), qPrintable(error));
    }
    QVERIFY(!error_of([&] { (void)peek_session(name.toStdString()); }).empty());
    QCOMPARE(files(), there);
    if (what != "pipe")
        QCOMPARE(bytes("x.emend"), before);
}

void TestSessionFaults::a_file_that_is_there_already() {
    write("mine.txt", "mine");
    const std::string error = error_of([&] { Session::create(path("mine.txt"), small_model()); });
    QVERIFY(error.find("already") != std::string::npos);
    QCOMPARE(bytes("mine.txt"), QByteArray("mine"));
    QVERIFY(!error_of([&] { Session::create(path(), small_model()); }).empty());
    QCOMPARE(session_->batch_ids().size(), std::size_t{2});
}

void TestSessionFaults::a_folder_that_is_not() {
    QVERIFY(!error_of([&] { Session::create(path("nowhere/a.emend"), small_model()); }).empty());
    QVERIFY(!error_of([&] { Session::create("/proc/a.emend", small_model()); }).empty());
}

void TestSessionFaults::a_later_version() {
    session_.reset();
    SQLite::Database(path(), SQLite::OPEN_READWRITE).exec("PRAGMA user_version = 3");
    const QByteArray before = bytes();
    const QString error = QString::fromStdString(error_of([&] { Session::open(path()); }));
    QVERIFY2(error.contains("later version") && error.contains("update Emend"), qPrintable(error));
    QCOMPARE(bytes(), before);
}

void TestSessionFaults::a_log_of_what_is_not_ours() {
    // Of a later version, and left behind by a crash: the newest of it is in the log.
    session_->database().exec("PRAGMA user_version = 3");
    for (const char* suffix : {"", "-wal"})
        QVERIFY(QFile::copy(QString::fromStdString(path()) + suffix, folder_->filePath("b.emend") + suffix));
    session_->database().exec("PRAGMA user_version = 2");
    const QByteArray file = bytes("b.emend");
    const QByteArray log = bytes("b.emend-wal");
    QVERIFY(!log.isEmpty());
    for (const auto access : {Session::Access::read_write, Session::Access::read_only}) {
        const std::string error = error_of([&] { Session::open(path("b.emend"), access); });
        QVERIFY(error.find("later version") != std::string::npos);
        QCOMPARE(bytes("b.emend"), file);
        QCOMPARE(bytes("b.emend-wal"), log);
    }
}

void TestSessionFaults::closing_leaves_one_file() {
    QVERIFY(files().contains("a.emend-wal"));
    session_.reset();
    QCOMPARE(files(), QStringList{"a.emend"});
    const QByteArray before = bytes();
    for (const auto access : {Session::Access::read_write, Session::Access::read_only}) {
        (void)Session::open(path(), access)->head();
        QCOMPARE(files(), QStringList{"a.emend"});
    }
    QCOMPARE(bytes(), before); // looking changes nothing
}

void TestSessionFaults::closing_shrinks_what_is_mostly_empty_data() {
    QTest::addColumn<bool>("room");
    QTest::newRow("with room on the disk") << true;
    QTest::newRow("on a full disk") << false;
}

void TestSessionFaults::closing_shrinks_what_is_mostly_empty() {
    QFETCH(bool, room);
    history_.add(batch_of(3, 400, {.d_model = 64, .d_mlp = 512}));
    history_.write_to(*session_);
    history_.records.pop_back();
    history_.position = 2;
    history_.write_to(*session_);
    session_.reset(); // the log is emptied, and at once what was deleted is gone
    QVERIFY(bytes().size() < 200'000);

    const auto session = [&] { return SessionStore::open_file(path(), Session::Access::read_write); };
    session_ = session();
    session_->set_ui_state(std::string(3'000'000, 'x'));
    session_.reset();
    QVERIFY(bytes().size() > 3'000'000); // it is needed
    const auto closed = [&] {
        (void)std::signal(SIGXFSZ, SIG_IGN);
        session_ = session();
        session_->set_ui_state({});
        if (!room) { // for what is smaller than a page
            rlimit limit{};
            ::getrlimit(RLIMIT_FSIZE, &limit);
            limit.rlim_cur = 512;
            session_->database().exec("PRAGMA journal_mode = DELETE");
            ::setrlimit(RLIMIT_FSIZE, &limit);
        }
        session_.reset();
        return true;
    };
    QCOMPARE(status_of_child(closed), 0);
    QCOMPARE(bytes().size() < 200'000, room);
    session_ = session();
    QVERIFY(same(session_->batch(2), history_.records[1]));
    QCOMPARE(session_->check({}), std::vector<std::string>());
    session_.reset();
    QCOMPARE(files(), QStringList{"a.emend"});
}

void TestSessionFaults::two_windows() {
    auto second = Session::open(path());
    QVERIFY(second->read_only());
    QVERIFY(second->read_only_because().find("open in another window") != std::string::npos);
    QVERIFY(same(second->batch(2), history_.records[1]));
    const std::string error = error_of([&] { second->set_note("mine"); });
    QVERIFY(error.find("another window") != std::string::npos);
    history_.add(3);
    history_.write_to(*session_); // while the other one reads
    QCOMPARE(second->batch_ids().size(), std::size_t{3});
    second.reset();
    session_.reset();
    QCOMPARE(files(), QStringList{"a.emend"});
    second = Session::open(path());
    QVERIFY(!second->read_only());
    second->set_note("mine");
}

// Whoever looks takes nothing from whoever wants to write, and who may write the session may take over its lock.
void TestSessionFaults::looking_is_not_holding() {
    session_.reset();
    fs::permissions(path(), fs::perms{0660});
    std::jthread looker([file = path()](const std::stop_token& stop) {
        while (!stop.stop_requested())
            (void)SessionLock::is_held(file);
    });
    for (int i = 0; i < 300; ++i) {
        write("a.emend-lock", {}); // somebody died
        QVERIFY(!SessionLock::is_held(path()));
        const auto attempt = SessionLock::attempt(path());
        QVERIFY2(attempt.lock, attempt.problem.c_str());
        QVERIFY(SessionLock::is_held(path()) && SessionLock::attempt(path()).held_by_other);
        QCOMPARE(fs::status(path() + "-lock").permissions(), fs::perms{0660});
    }
}

void TestSessionFaults::two_programs() {
    const auto is_locked = [&] { return Session::open(path())->read_only(); };
    QCOMPARE(status_of_child(is_locked), 0);
    // Others that came and went in this program have taken no lock away.
    (void)peek_session(path());
    (void)Session::open(path())->head();
    QCOMPARE(status_of_child(is_locked), 0);
    history_.add(3);
    history_.write_to(*session_);
    session_.reset();
    QCOMPARE(status_of_child([&] { return !is_locked(); }), 0);
    QCOMPARE(files(), QStringList{"a.emend"});
}

void TestSessionFaults::a_reader_that_closes_last() {
    auto reader = Session::open(path(), Session::Access::read_only);
    QCOMPARE(reader->batch_ids().size(), std::size_t{2});
    session_.reset();
    QCOMPARE(reader->batch_ids().size(), std::size_t{2});
    reader.reset();
    QCOMPARE(files(), QStringList{"a.emend"});
    QCOMPARE(Session::open(path())->check({}), std::vector<std::string>());
}

void TestSessionFaults::where_nothing_may_be_written_data() {
    QTest::addColumn<QString>("what");
    QTest::newRow("the folder") << "folder";
    QTest::newRow("the file") << "file";
    QTest::newRow("a file that would want a log") << "log wanted";
    QTest::newRow("a log that cannot be read") << "log";
}

void TestSessionFaults::where_nothing_may_be_written() {
    QFETCH(QString, what);
    if (what != "log")
        session_.reset();
    if (what == "log wanted") {
        SQLite::Database database(path(), SQLite::OPEN_READWRITE);
        database.exec("PRAGMA journal_mode = WAL");
        database.exec("PRAGMA wal_checkpoint");
    }
    if (what == "log") { // as after a crash, on a disk that was put in another machine
        QVERIFY(QFile::copy(QString::fromStdString(path()), folder_->filePath("b.emend")));
        QVERIFY(QFile::copy(QString::fromStdString(path()) + "-wal", folder_->filePath("b.emend-wal")));
    }
    const std::string file = path(what == "log" ? "b.emend" : "a.emend");
    QCOMPARE(::chmod(file.c_str(), what == "file" ? 0444 : 0644), 0);
    QCOMPARE(::chmod(folder_->path().toLocal8Bit().constData(), what == "file" ? 0777 : 0555), 0);
    const QStringList before = files();
    const int status = status_of_child([&] {
        // Root may write everywhere: somebody else looks.
        constexpr uid_t nobody = 65534;
        if (::geteuid() == 0 && (::setgid(nobody) != 0 || ::setuid(nobody) != 0))
            return false;
        if (what == "log") {
            const std::string error = error_of([&] { Session::open(file); });
            return error.find("was not closed") != std::string::npos && error.find("-wal") != std::string::npos;
        }
        const auto session = Session::open(file);
        const std::string reason = what == "file" ? "may not be written" : "not";
        return session->read_only() && session->read_only_because().find(reason) != std::string::npos &&
               session->batch_ids().size() == 2 && session->check({}).empty() &&
               same(session->batch(2), history_.records[1]) && !error_of([&] { session->set_note("x"); }).empty() &&
               (what == "file" || !error_of([&] { Session::create(path("c.emend"), small_model()); }).empty());
    });
    QCOMPARE(::chmod(folder_->path().toLocal8Bit().constData(), 0700), 0);
    QCOMPARE(status, 0);
    QCOMPARE(files(), before);
}

void TestSessionFaults::a_full_disk() {
    SQLite::Database& database = session_->database();
    const int pages = database.execAndGet("PRAGMA page_count").getInt();
    (void)database.execAndGet("PRAGMA max_page_count = " + std::to_string(pages + 3));
    history_.add(batch_of(3, 50));
    const QString error = QString::fromStdString(error_of([&] { history_.write_to(*session_); }));
    QVERIFY2(error.contains("disk is full") && error.contains("a.emend"), qPrintable(error));
    QCOMPARE(session_->batch_ids(), (std::vector<std::uint64_t>{1, 2}));
    QCOMPARE(session_->head().edited_hash, std::string("state 2"));
    QCOMPARE(session_->check({}), std::vector<std::string>());
    session_->copy_to(path("elsewhere.emend"), false, {});
    session_->set_note("still here");
    (void)database.execAndGet("PRAGMA max_page_count = 1000000");
    history_.write_to(*session_); // all that is missing
    QCOMPARE(history_.fetched, std::vector<std::uint64_t>{3});
    session_.reset();
    const auto again = Session::open(path());
    QVERIFY(same(again->batch(3), history_.records[2]));
    QCOMPARE(again->check({}), std::vector<std::string>());
    QCOMPARE(peek_session(path("elsewhere.emend")).batches, std::size_t{2});
}

void TestSessionFaults::a_file_that_may_not_grow() {
    session_.reset();
    const auto limited = [&] {
        (void)std::signal(SIGXFSZ, SIG_IGN);
        const auto session = Session::open(path());
        const auto size = static_cast<rlim_t>(session->head().bytes) + 20'000;
        rlimit limit{};
        ::getrlimit(RLIMIT_FSIZE, &limit);
        limit.rlim_cur = size;
        ::setrlimit(RLIMIT_FSIZE, &limit);
        history_.add(batch_of(3, 400));
        if (error_of([&] { history_.write_to(*session); }).empty())
            return false; // the disk was large enough after all
        if (session->batch_ids().size() != 2 || !session->check({}).empty())
            return false;
        const bool copied = error_of([&] { session->copy_to(path("copy.emend"), false, {}); }).empty();
        if (files().filter("copy.emend") != (copied ? QStringList{"copy.emend"} : QStringList()))
            return false; // there as a whole or not at all
        limit.rlim_cur = RLIM_INFINITY;
        ::setrlimit(RLIMIT_FSIZE, &limit);
        history_.write_to(*session);
        return session->batch_ids().size() == 3 && session->check({}).empty();
    };
    QCOMPARE(status_of_child(limited), 0);
    QVERIFY(!files().contains("a.emend-wal"));
    QCOMPARE(peek_session(path()).batches, std::size_t{3});
}

QTEST_GUILESS_MAIN(TestSessionFaults)
#include "test_session_faults.moc"
