// SPDX-License-Identifier: GPL-3.0-or-later
// The file of a session: renamed, removed or replaced while it is open, made as a whole, computed in another precision.
#include "child_process.h"
#include "session/session_store.h"
#include "session_fixture.h"

#include <QDir>
#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include <sys/stat.h>
#include <unistd.h>

using namespace emend;
using namespace emend::test;

class TestSessionFile : public QObject {
    Q_OBJECT
  private slots:
    void init();
    void one_that_is_renamed();
    void one_that_is_removed();
    void one_that_another_takes_the_place_of();
    void one_that_is_made_as_a_whole();
    void one_that_may_not_be_replaced();
    void looking_for_faults_can_be_stopped();
    void another_precision_is_other_weights();

  private:
    [[nodiscard]] std::string path(const char* name = "a.emend") const { return folder_->filePath(name).toStdString(); }
    [[nodiscard]] QStringList files() const {
        return QDir(folder_->path()).entryList(QDir::AllEntries | QDir::Hidden | QDir::NoDotAndDotDot, QDir::Name);
    }
    // Nothing is written any more, and all of it can be saved elsewhere.
    void is_told_and_saved_elsewhere() {
        history_.add(3);
        const std::string error = error_of([&] { history_.write_to(*session_); });
        QVERIFY2(error.find("renamed or removed") != std::string::npos, error.c_str());
        QVERIFY(error.find("under another name") != std::string::npos);
        session_->copy_to(path("elsewhere.emend"), false, {});
        QCOMPARE(Session::open(path("elsewhere.emend"))->batch_ids(), (std::vector<std::uint64_t>{1, 2}));
    }
    std::unique_ptr<QTemporaryDir> folder_;
    std::unique_ptr<SessionStore> session_;
    History history_;
};

void TestSessionFile::init() {
    session_.reset();
    folder_ = std::make_unique<QTemporaryDir>();
    session_ = SessionStore::create_file(path(), small_model(), false);
    history_ = {};
    history_.add(1);
    history_.add(2);
    history_.write_to(*session_);
}

void TestSessionFile::one_that_is_renamed() {
    QVERIFY(QFile::rename(folder_->filePath("a.emend"), folder_->filePath("b.emend")));
    { // takes everything with it, and belongs to whoever opens it by its name
        const auto other = Session::open(path("b.emend"));
        QVERIFY(!other->read_only());
        QCOMPARE(other->batch_ids(), (std::vector<std::uint64_t>{1, 2}));
        other->set_note("mine");
    }
    is_told_and_saved_elsewhere();
    session_.reset();
    QVERIFY(!files().join(' ').contains("a.emend"));
    auto other = Session::open(path("b.emend")); // whose log may be there: it was read when the other one closed
    QCOMPARE(other->head().note, std::string("mine"));
    QCOMPARE(other->check({}), std::vector<std::string>());
    other.reset();
    QCOMPARE(files(), (QStringList{"b.emend", "elsewhere.emend"}));
}

void TestSessionFile::one_that_is_removed() {
    QVERIFY(QFile::remove(folder_->filePath("a.emend")));
    is_told_and_saved_elsewhere();
    session_.reset();
    QCOMPARE(files(), QStringList{"elsewhere.emend"});
}

void TestSessionFile::one_that_another_takes_the_place_of() {
    Session::create(path("b.emend"), small_model())->set_note("an older copy");
    QVERIFY(::rename(path("b.emend").c_str(), path().c_str()) == 0);
    is_told_and_saved_elsewhere();
    session_.reset();
    QCOMPARE(files(), (QStringList{"a.emend", "elsewhere.emend"}));
    const auto other = Session::open(path());
    QCOMPARE(other->head().note, std::string("an older copy"));
    QCOMPARE(other->check({}), std::vector<std::string>());
}

void TestSessionFile::one_that_is_made_as_a_whole() {
    const QStringList before = files();
    const auto fill = [&](Session& fresh) { history_.write_to(fresh); };
    QVERIFY_EXCEPTION_THROWN(write_session(path("b.emend"), false, small_model(),
                                           [&](Session& fresh) {
                                               fill(fresh);
                                               throw std::bad_alloc();
                                           },
                                           {}),
                             std::bad_alloc);
    QCOMPARE(files(), before);
    write_session(path("b.emend"), false, small_model(), fill, {});
    QCOMPARE(Session::open(path("b.emend"))->batch_ids(), (std::vector<std::uint64_t>{1, 2}));
    QVERIFY(!error_of([&] { write_session(path("b.emend"), false, small_model(), fill, {}); }).empty());
    history_.add(3);
    write_session(path("b.emend"), true, small_model(), fill, {});
    QCOMPARE(Session::open(path("b.emend"))->batch_ids(), (std::vector<std::uint64_t>{1, 2, 3}));
    QVERIFY(!error_of([&] { write_session(path(), true, small_model(), fill, {}); }).empty()); // it is in use
}

// The folder may be written, so it could be replaced; but somebody has said that it shall stay.
void TestSessionFile::one_that_may_not_be_replaced() {
    Session::create(path("b.emend"), small_model())->set_note("to be kept");
    session_.reset();
    for (const char* name : {"", "a.emend", "b.emend"})
        QVERIFY(::chmod(folder_->filePath(name).toUtf8().constData(), *name == '\0'  ? 0777
                                                                      : *name == 'a' ? 0666
                                                                                     : 0444) == 0);
    const int status = status_of_child([&] {
        constexpr unsigned nobody = 65534;
        if (::geteuid() == 0 && (::setgid(nobody) != 0 || ::setuid(nobody) != 0))
            return false;
        const auto session = Session::open(path(), Session::Access::read_only);
        const std::string error = error_of([&] { session->copy_to(path("b.emend"), true, {}); });
        return error.find("may not be replaced") != std::string::npos;
    });
    QCOMPARE(status, 0);
    QCOMPARE(peek_session(path("b.emend")).note, std::string("to be kept"));
}

void TestSessionFile::looking_for_faults_can_be_stopped() {
    std::stop_source stop;
    stop.request_stop();
    QVERIFY_EXCEPTION_THROWN((void)session_->check(JobContext({}, stop.get_token())), Cancelled);
    QCOMPARE(session_->check({}), std::vector<std::string>());
}

// The history has the same names, but nobody has these weights any more.
void TestSessionFile::another_precision_is_other_weights() {
    const auto session = Session::create(path("other.emend"), small_model());
    SessionTrace trace;
    trace.request.subject = "Rome";
    trace.request.at = 0;
    trace.state = "";
    session->add_trace(trace);
    session->set_text(
        {.batch = 1, .prompt = "Rome", .before = "a", .after = "b", .state_before = "", .state_after = "x"});
    session->set_scores({.batch = 1, .before = {}, .after = {}, .state = "x"});
    session->set_model_path("/elsewhere");
    QVERIFY(session->traces()[0].state == "" && session->texts()[0].state_after == "x" && session->scores()[0].state);
    SessionModel model = session->head().model;
    model.dtype = "bfloat16";
    const auto sync = [&](const char* hash) {
        session->sync(
            {}, [](std::uint64_t) -> BatchRecord { throw Error("fetched"); }, hash, model);
    };
    sync(""); // no other weights yet
    QVERIFY(session->head().model.dtype == "float32" && session->traces()[0].state);
    sync("computed in bfloat16");
    QCOMPARE(session->head().model.dtype, std::string("bfloat16"));
    QVERIFY(!session->traces()[0].state && !session->traces()[0].request.at);
    QVERIFY(!session->texts()[0].state_before && !session->texts()[0].state_after);
    QVERIFY(!session->scores()[0].state);
    QCOMPARE(session->check({}), std::vector<std::string>());
}

QTEST_GUILESS_MAIN(TestSessionFile)
#include "test_session_file.moc"
