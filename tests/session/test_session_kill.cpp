// SPDX-License-Identifier: GPL-3.0-or-later
// Two hundred batches, written by programs that are killed at random moments: whatever was shown as applied is there,
// and the file is sound.
#include "session_fixture.h"

#include <QDir>
#include <QTemporaryDir>
#include <QTest>

#include <array>
#include <csignal>
#include <sys/wait.h>
#include <unistd.h>

using namespace emend;
using namespace emend::test;

namespace {

constexpr std::uint64_t all = 200;

// Goes on where the file ends, and tells every batch that is applied.
[[noreturn]] void write_batches(const std::string& file, int pipe) {
    try {
        const auto session = Session::open(file);
        History history;
        for (const std::uint64_t id : session->batch_ids())
            history.add(session->batch(id));
        for (std::uint64_t id = history.records.size() + 1; id <= all; ++id) {
            history.add(batch_of(id, 1 + id % 7));
            history.write_to(*session);
            if (history.fetched != std::vector{id} || ::write(pipe, &id, sizeof id) != sizeof id)
                ::_exit(1);
        }
    } catch (...) {
        ::_exit(2);
    }
    ::_exit(0);
}

} // namespace

class TestSessionKill : public QObject {
    Q_OBJECT
  private slots:
    void nothing_that_was_shown_is_lost_data();
    void nothing_that_was_shown_is_lost();
};

void TestSessionKill::nothing_that_was_shown_is_lost_data() {
    QTest::addColumn<unsigned>("seed");
    for (const unsigned seed : {1U, 2U})
        QTest::addRow("seed %u", seed) << seed;
}

void TestSessionKill::nothing_that_was_shown_is_lost() {
    QFETCH(unsigned, seed);
    const QTemporaryDir folder;
    const std::string file = folder.filePath("a.emend").toStdString();
    Session::create(file, small_model(), true);
    std::mt19937 random(seed);
    std::uint64_t shown = 0;
    int kills = 0;
    while (shown < all) {
        std::array<int, 2> pipe{};
        QCOMPARE(::pipe(pipe.data()), 0);
        const pid_t child = ::fork();
        if (child == 0) {
            ::close(pipe[0]);
            write_batches(file, pipe[1]);
        }
        ::close(pipe[1]);
        // After so many batches and some moments more: anywhere in the next one.
        std::uint64_t left = random() % 40;
        std::uint64_t id = 0;
        bool open = true;
        while (left-- > 0 && (open = ::read(pipe[0], &id, sizeof id) == sizeof id))
            shown = id;
        if (open) {
            ::usleep(static_cast<useconds_t>(random() % 3000));
            ::kill(child, SIGKILL);
            ++kills;
        }
        while (::read(pipe[0], &id, sizeof id) == sizeof id) // told before it died
            shown = id;
        ::close(pipe[0]);
        int status = 0;
        ::waitpid(child, &status, 0);
        QVERIFY(open ? (WIFSIGNALED(status) || status == 0) : status == 0);

        const std::vector<SessionHead> left_behind = recoverable_sessions(folder.path().toStdString());
        QCOMPARE(left_behind.size(), std::size_t{shown > 0 || !left_behind.empty() ? 1U : 0U});
        const auto session = Session::open(file);
        QVERIFY(!session->read_only());
        const std::vector<std::uint64_t> ids = session->batch_ids();
        QVERIFY2(ids.size() >= shown && ids.size() <= shown + 1, qPrintable(QString::number(ids.size())));
        QCOMPARE(session->head().position, ids.size());
        QCOMPARE(session->check({}), std::vector<std::string>());
        if (!ids.empty())
            QVERIFY(same(session->batch(ids.back()), batch_of(ids.back(), 1 + ids.back() % 7)));
        shown = std::max<std::uint64_t>(shown, ids.size());
    }
    QVERIFY(kills > 3);
    QCOMPARE(QDir(folder.path()).entryList(QDir::Files | QDir::Hidden), QStringList{"a.emend"});
    const auto session = Session::open(file, Session::Access::read_only);
    for (std::uint64_t id = 1; id <= all; ++id)
        QVERIFY(same(session->batch(id), batch_of(id, 1 + id % 7)));
}

QTEST_GUILESS_MAIN(TestSessionKill)
#include "test_session_kill.moc"
