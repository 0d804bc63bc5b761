// SPDX-License-Identifier: GPL-3.0-or-later
// The cache of recomputable results: what is put comes back, what is broken starts over, what is large is pruned.
#include "emend/error.h"
#include "storage/blob_cache.h"

#include <QDir>
#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include <csignal>
#include <sys/wait.h>
#include <unistd.h>

using namespace emend;

using Entries = std::vector<std::pair<std::string, std::string>>;

class TestBlobCache : public QObject {
    Q_OBJECT
  private slots:
    void what_is_put_comes_back();
    void it_outlives_the_program();
    void two_at_once();
    void a_killed_writer_loses_nothing_that_was_put();
    void a_file_that_is_no_cache_is_replaced_data();
    void a_file_that_is_no_cache_is_replaced();
    void the_oldest_go_when_it_is_full();
    void a_folder_that_cannot_be_written();

  private:
    std::string file() const { return folder_->filePath("cache.sqlite").toStdString(); }
    std::unique_ptr<QTemporaryDir> folder_;
  private slots:
    void init() { folder_ = std::make_unique<QTemporaryDir>(); }
};

void TestBlobCache::what_is_put_comes_back() {
    BlobCache cache(file());
    QVERIFY(!cache.get("a"));
    cache.put(Entries{{"a", std::string("with\0zero", 9)}, {"b", ""}});
    QCOMPARE(*cache.get("a"), std::string("with\0zero", 9));
    QCOMPARE(*cache.get("b"), std::string());
    cache.put(Entries{{"a", "new"}});
    QCOMPARE(*cache.get("a"), std::string("new"));
    QCOMPARE(cache.size(), std::size_t{2});
}

void TestBlobCache::it_outlives_the_program() {
    BlobCache(file()).put(Entries{{"a", "1"}});
    QCOMPARE(*BlobCache(file()).get("a"), std::string("1"));
}

void TestBlobCache::two_at_once() {
    BlobCache one(file());
    BlobCache two(file());
    for (int i = 0; i < 50; ++i) {
        one.put(Entries{{"one" + std::to_string(i), "x"}});
        two.put(Entries{{"two" + std::to_string(i), "y"}});
    }
    QCOMPARE(one.size(), std::size_t{100});
    QCOMPARE(*one.get("two49"), std::string("y"));
}

void TestBlobCache::a_killed_writer_loses_nothing_that_was_put() {
    { const BlobCache made(file()); }
    int pipe_ends[2];
    QCOMPARE(::pipe(pipe_ends), 0);
    const pid_t child = ::fork();
    if (child == 0) {
        BlobCache cache(file());
        for (int i = 0;; ++i) {
            cache.put(Entries{{"k" + std::to_string(i), std::string(2000, 'v')}});
            if (::write(pipe_ends[1], &i, sizeof i) != sizeof i)
                ::_exit(1);
        }
    }
    ::close(pipe_ends[1]);
    int last = -1;
    for (int seen = 0; seen < 20; ++seen)
        QCOMPARE(::read(pipe_ends[0], &last, sizeof last), static_cast<ssize_t>(sizeof last));
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    while (::read(pipe_ends[0], &last, sizeof last) == static_cast<ssize_t>(sizeof last)) {
    }
    ::close(pipe_ends[0]);
    BlobCache cache(file());
    for (int i = 0; i <= last; ++i)
        QVERIFY(cache.get("k" + std::to_string(i)) == std::string(2000, 'v'));
}

void TestBlobCache::a_file_that_is_no_cache_is_replaced_data() {
    QTest::addColumn<QByteArray>("content");
    QTest::newRow("text")
        << QByteArray("this is not a database, but it is long enough to look at more than once").repeated(20);
    QTest::newRow("empty") << QByteArray();
    QTest::newRow("header alone") << QByteArray("SQLite format 3\0", 16);
    QTest::newRow("truncated cache") << QByteArray("truncate");
}

void TestBlobCache::a_file_that_is_no_cache_is_replaced() {
    QFETCH(QByteArray, content);
    QFile broken(QString::fromStdString(file()));
    if (content == "truncate") {
        {
            BlobCache cache(file());
            for (int i = 0; i < 50; ++i)
                cache.put(Entries{{"k" + std::to_string(i), std::string(3000, 'v')}});
        }
        QVERIFY(broken.resize(broken.size() / 3));
    } else {
        QVERIFY(broken.open(QIODevice::WriteOnly));
        broken.write(content);
        broken.close();
    }
    for (int attempt = 0; attempt < 2; ++attempt) { // found out at opening, or at reading
        BlobCache cache(file());
        try {
            cache.put(Entries{{"a", "1"}});
            QCOMPARE(*cache.get("a"), std::string("1"));
            return;
        } catch (const Error&) {
            QVERIFY(attempt == 0);
        }
    }
}

void TestBlobCache::the_oldest_go_when_it_is_full() {
    BlobCache cache(file(), 100'000);
    for (int i = 0; i < 200; ++i)
        cache.put(Entries{{"k" + std::to_string(i), std::string(1000, 'v')}});
    QVERIFY(cache.size() <= 100);
    QVERIFY(cache.size() >= 70);
    QVERIFY(!cache.get("k0"));
    QVERIFY(cache.get("k199"));
}

void TestBlobCache::a_folder_that_cannot_be_written() {
    try {
        const BlobCache cache("/proc/nowhere/cache.sqlite");
        QFAIL("it was made");
    } catch (const Error& error) {
        QVERIFY(error.where().find("/proc/nowhere") != std::string::npos);
        QVERIFY(!error.hint().empty());
    }
}

QTEST_GUILESS_MAIN(TestBlobCache)
#include "test_blob_cache.moc"
