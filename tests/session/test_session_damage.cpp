// SPDX-License-Identifier: GPL-3.0-or-later
// Files that are cut off, damaged, or made to do harm: found when they are read, and never covered by a later write.
#include "child_process.h"
#include "session/session_store.h"
#include "session_fixture.h"

#include <QDir>
#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include <algorithm>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

using namespace emend;
using namespace emend::test;

class TestSessionDamage : public QObject {
    Q_OBJECT
  private slots:
    void init();
    void looking_for_damage_takes_no_lock_away();
    void updates_that_do_not_fit_together();
    void cut_off_anywhere();
    void flipped_bits();
    void a_damaged_part_is_found();
    void a_damaged_head_is_found_data();
    void a_damaged_head_is_found();
    void more_numbers_than_a_matrix_has();
    void a_matrix_that_no_model_has();
    void damaged_sessions_that_were_left_behind();

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

void TestSessionDamage::init() {
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

// Closing any descriptor of a file drops all locks of the process on it, and SQLite's with them: the next program to
// close the session would then take the log away under it.
void TestSessionDamage::looking_for_damage_takes_no_lock_away() {
    const auto is_locked = [&] {
        return status_of_child([&] {
                   struct flock lock {};
                   lock.l_type = F_WRLCK;
                   lock.l_whence = SEEK_SET;
                   const int file = ::open(path().c_str(), O_RDWR);
                   return ::fcntl(file, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
               }) == 0;
    };
    QVERIFY(is_locked());
    QVERIFY(session_->check({}).empty());
    QVERIFY(is_locked());
    session_.reset();
    QVERIFY(!is_locked());
}

// Every row by itself is as it was written.
void TestSessionDamage::updates_that_do_not_fit_together() {
    BatchRecord odd = history_.records.back();
    odd.id = 3;
    StoredUpdate& taller = odd.updates.emplace_back(odd.updates.front());
    taller.rows *= 2;
    taller.left.resize(taller.left.size() * 2);
    history_.add(odd);
    history_.write_to(*session_);
    const std::string error = error_of([&] { (void)session_->batch(3); });
    QVERIFY2(error.find("do not fit together") != std::string::npos, error.c_str());
}

void TestSessionDamage::cut_off_anywhere() {
    session_.reset();
    const QByteArray whole = bytes();
    QVERIFY(whole.size() > 20'000);
    int refused = 0;
    for (int length = 1; length < whole.size(); length += length < 200 ? 13 : 997) {
        write("cut.emend", whole.left(length));
        std::unique_ptr<Session> session;
        const std::string error = error_of([&] { session = Session::open(path("cut.emend")); });
        refused += error.empty() ? 0 : 1;
        if (session)
            QVERIFY2(!session->check({}).empty(), qPrintable(QString::number(length)));
        session.reset();
        QVERIFY(recoverable_sessions(folder_->path().toStdString()).empty());
        QCOMPARE(bytes("cut.emend"), whole.left(length));
    }
    QVERIFY(refused > 0);
}

void TestSessionDamage::flipped_bits() {
    session_.reset();
    const QByteArray whole = bytes();
    std::mt19937 random(5);
    int found = 0;
    for (int i = 0; i < 150; ++i) {
        QByteArray flipped = whole;
        // The first page, where everything is about the format, more often.
        const auto at = static_cast<qsizetype>(random() % (i % 3 == 0 ? 4096U : static_cast<unsigned>(whole.size())));
        flipped[at] = static_cast<char>(flipped[at] ^ (1 << (random() % 8)));
        write("flipped.emend", flipped);
        const std::string error = error_of([&] {
            const auto session = Session::open(path("flipped.emend"));
            if (!session->check({}).empty())
                ++found;
            for (const std::uint64_t id : session->batch_ids()) // what is read without an error is what was written
                if (!same(session->batch(id), history_.records.at(id - 1)))
                    throw std::logic_error("another batch than was written, at byte " + std::to_string(at));
            (void)session->edits();
            (void)session->scores();
        });
        found += error.empty() ? 0 : 1;
        for (const char* suffix : {"", "-wal", "-shm", "-journal"})
            QFile::remove(folder_->filePath(QStringLiteral("flipped.emend") + suffix));
    }
    QVERIFY(found > 30); // others hit what is not used
}

void TestSessionDamage::a_damaged_part_is_found() {
    const auto damage = [&](const std::string& sql, const std::string& where) {
        session_->database().exec("SAVEPOINT damage");
        session_->database().exec(sql);
        const std::vector<std::string> faults = session_->check({});
        session_->database().exec("ROLLBACK TO damage");
        session_->database().exec("RELEASE damage");
        return !faults.empty() && faults[0].find(where) != std::string::npos;
    };
    QVERIFY(damage("UPDATE part SET data = zeroblob(size) WHERE matrix = 1", "batch 1, layer 3, left"));
    QVERIFY(damage("UPDATE part SET hash = ''", "batch 1"));
    QVERIFY(damage("DELETE FROM part WHERE matrix = 5", "batch 2"));
    QVERIFY(damage("DELETE FROM matrix WHERE batch = 2 AND kind = 'right'", "batch 2"));
    QVERIFY(damage("UPDATE matrix SET rows = rows * 2", "matrix"));
    QVERIFY(damage("UPDATE batch SET title = 'other' WHERE id = 2", "row 2 of the table \"batch\""));
    QVERIFY(damage("UPDATE batch SET report = replace(report, 'Rome', 'Oslo')", "batch"));
    QVERIFY(damage("UPDATE edit SET request = '{}'", "edit"));
    QVERIFY(damage("UPDATE session SET position = 9", "session"));
    QCOMPARE(session_->check({}), std::vector<std::string>());
}

void TestSessionDamage::a_damaged_head_is_found_data() {
    QTest::addColumn<QString>("change");
    QTest::newRow("position") << "session SET position = 1";
    QTest::newRow("untitled") << "session SET untitled = 1";
    QTest::newRow("hash") << "session SET edited_hash = 'state 1'";
    QTest::newRow("state of the window") << "session SET ui_state = '{}'";
    QTest::newRow("model") << "model SET fingerprint = '0123456789abcdee'";
    QTest::newRow("precision") << "model SET dtype = 'float16'";
}

void TestSessionDamage::a_damaged_head_is_found() {
    QFETCH(QString, change);
    session_.reset();
    SQLite::Database(path(), SQLite::OPEN_READWRITE).exec("UPDATE " + change.toStdString());
    const auto is_found = [&](const auto& work) {
        const std::string error = error_of(work);
        return error.find("not as it was written") != std::string::npos && error.find(path()) != std::string::npos;
    };
    QVERIFY(is_found([&] { (void)peek_session(path()); }));
    const auto session = Session::open(path());
    QVERIFY(is_found([&] { (void)session->head(); }));
    if (change.startsWith("session")) { // written again and again: the new seal must not hide it
        QVERIFY(is_found([&] { (void)session->ui_state(); }));
        QVERIFY(is_found([&] { session->set_note("mine"); }));
        QVERIFY(is_found([&] { session->copy_to(path("b.emend"), false, {}); }));
        QCOMPARE(files().filter("b.emend"), QStringList());
    }
    QVERIFY(is_found([&] { (void)session->head(); }));
    QVERIFY(!session->check({}).empty());
}

void TestSessionDamage::more_numbers_than_a_matrix_has() {
    // A part of zeros is small in the file and 16 MiB in memory; a hundred of them hang on a matrix of 16 numbers.
    BatchRecord zeros = batch_of(3, 1, {.d_model = std::int64_t{1} << 21, .d_mlp = 4});
    std::ranges::fill(zeros.updates[0].left, 0);
    history_.add(zeros);
    history_.write_to(*session_);
    session_->database().exec("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100)"
                              " INSERT INTO part SELECT first.id, n.i, p.numbers, p.size, p.hash, p.data FROM n, part p"
                              " JOIN matrix m ON m.id = p.matrix AND m.batch = 3 AND m.kind = 'left', matrix first"
                              " WHERE first.batch = 1 AND first.kind = 'left'");
    QCOMPARE(session_->check({}).size(), std::size_t{1});
    const int status = status_of_child([&] {
        rlimit memory{};
        ::getrlimit(RLIMIT_AS, &memory);
        QFile pages("/proc/self/statm");
        if (!pages.open(QFile::ReadOnly))
            return false;
        const rlim_t now = pages.readAll().split(' ').front().toULongLong() * static_cast<rlim_t>(::getpagesize());
        memory.rlim_cur = now + (rlim_t{200} << 20);
        ::setrlimit(RLIMIT_AS, &memory);
        return error_of([&] { (void)session_->batch(1); }).find("damaged") != std::string::npos;
    });
    QCOMPARE(status, 0);
}

void TestSessionDamage::a_matrix_that_no_model_has() {
    for (const char* size : {"rows = 1 << 40", "rows = -1", "rows = 1 << 62, columns = 8", "columns = 1 << 30"}) {
        session_->database().exec("SAVEPOINT damage");
        session_->database().exec(std::string("UPDATE matrix SET ") + size + " WHERE batch = 1");
        session_->database().exec(seal_statement("matrix", "batch = 1"));
        const std::string error = error_of([&] { (void)session_->batch(1); });
        session_->database().exec("ROLLBACK TO damage");
        session_->database().exec("RELEASE damage");
        QVERIFY2(error.find("damaged") != std::string::npos, size);
    }
}

void TestSessionDamage::damaged_sessions_that_were_left_behind() {
    const std::string folder = folder_->path().toStdString();
    const auto made = [&](const char* name) {
        auto session = Session::create(path(name), small_model(), true);
        session->set_note("mine");
        return session;
    };
    const auto break_it = [&](const char* name) {
        SQLite::Database(path(name), SQLite::OPEN_READWRITE).exec("UPDATE session SET position = 7");
    };
    (void)made("untitled-20260101-000000.emend"); // sound
    (void)made("untitled-20260102-000000.emend");
    break_it("untitled-20260102-000000.emend");
    (void)made("untitled-20260103-000000.emend");
    const QByteArray whole = bytes("untitled-20260103-000000.emend");
    write("untitled-20260103-000000.emend", whole.left(whole.size() - 4096)); // cut off
    (void)made("by name.emend");
    break_it("by name.emend");
    write("untitled-20260104-000000.emend", {}); // of a program that was killed while it made one
    const auto in_use = made("untitled-20260105-000000.emend");
    break_it("untitled-20260105-000000.emend");
    const QStringList before = files();
    const std::vector<std::string> expected{path("untitled-20260103-000000.emend"),
                                            path("untitled-20260102-000000.emend")};
    QCOMPARE(damaged_sessions(folder), expected);
    QCOMPARE(files(), before);
    QVERIFY(damaged_sessions(path("nowhere")).empty());

    QVERIFY(!discard_session(path("untitled-20260105-000000.emend")));
    write("untitled-20260102-000000.emend-wal", "what a crash left");
    QVERIFY(discard_session(path("untitled-20260102-000000.emend")));
    QStringList left = before;
    left.removeAll(QStringLiteral("untitled-20260102-000000.emend"));
    QCOMPARE(files(), left);
    QCOMPARE(damaged_sessions(folder).size(), std::size_t{1});
}

QTEST_GUILESS_MAIN(TestSessionDamage)
#include "test_session_damage.moc"
