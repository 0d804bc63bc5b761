// SPDX-License-Identifier: GPL-3.0-or-later
// What must not get lost: a file that cannot be written any more, rows that are damaged, steps of the knob, and a
// person who leaves all the same.
#include "session_fixture.h"

#include <QJsonDocument>
#include <QJsonObject>

#include <sqlite3.h>

using namespace emend;
using namespace emend::test;
using namespace emend::ui;

namespace {

void execute(const QString& file, const char* statement) {
    sqlite3* database = nullptr;
    if (sqlite3_open_v2(file.toUtf8().constData(), &database, SQLITE_OPEN_READWRITE, nullptr) != SQLITE_OK ||
        sqlite3_exec(database, statement, nullptr, nullptr, nullptr) != SQLITE_OK)
        qFatal("%s: %s", statement, sqlite3_errmsg(database));
    sqlite3_close(database);
}

// From now on nothing goes into the file, whatever has it open.
void refuse(const QString& file) {
    execute(file, "CREATE TRIGGER full BEFORE UPDATE ON session BEGIN SELECT RAISE(ABORT, 'the disk is full'); END");
}

void accept(const QString& file) {
    execute(file, "DROP TRIGGER full");
}

std::size_t batchesIn(const QString& file) {
    return look(file)->batch_ids().size();
}

} // namespace

class TestSessionLosses : public QObject {
    Q_OBJECT

    std::unique_ptr<Theme> m_theme;
    QTemporaryDir m_folder;

    QString makeSession(const char* name) {
        const QString file = m_folder.filePath(QString::fromLatin1(name));
        const QString first = m_folder.filePath(QStringLiteral("first.emend"));
        QFile::remove(file);
        if (!QFile::exists(first))
            makeFirst(first);
        if (!QFile::copy(first, file))
            qFatal("no copy of the session");
        return file;
    }
    void makeFirst(const QString& file) {
        QDir(m_folder.path()).mkdir(QStringLiteral("demo_model"));
        SessionFixture f(*m_theme);
        f.window->window.openModel(m_folder.filePath(QStringLiteral("demo_model")));
        f.settle();
        f.window->window.editsPanel().selectRow(0);
        f.settle();
        if (!f.window->window.traceSelected())
            qFatal("no trace");
        f.settle();
        f.apply(0);
        f.apply(1);
        f.saveAs(file);
        if (!f.close())
            qFatal("the window did not close");
    }
    static QStringList untitled() { return QDir(own_data.sessions()).entryList({QStringLiteral("*.emend")}); }

  private slots:
    void initTestCase() { m_theme = std::make_unique<Theme>(); }
    void init() { QDir(own_data.sessions()).removeRecursively(); }

    void damagedRowsChangeNothing_data();
    void damagedRowsChangeNothing();
    void whatCannotBeWrittenIsNotLeft_data();
    void whatCannotBeWrittenIsNotLeft();
    void whatWasWrittenStaysAfterClosing_data();
    void whatWasWrittenStaysAfterClosing();
    void aSessionThatIsWrittenAgainMayBeLeft();
    void theKnobIsWrittenWhenTheLastStepFails();
    void theKnobIsWrittenBeforeLeaving_data();
    void theKnobIsWrittenBeforeLeaving();
    void cancelStopsNoWriting();
    void aNoteAloneIsOffered();
    void exportsSayWhereTheyComeFrom();
};

void TestSessionLosses::damagedRowsChangeNothing_data() {
    QTest::addColumn<QByteArray>("damage");
    QTest::newRow("edits") << QByteArray("UPDATE edit SET request = '{' WHERE place = 0");
    QTest::newRow("traces") << QByteArray("UPDATE trace SET request = '{'");
    QTest::newRow("no damage, but it cannot say where its model is")
        << QByteArray("CREATE TRIGGER full BEFORE UPDATE ON session BEGIN SELECT RAISE(ABORT, 'full'); END");
}

// The same model: nothing has to be loaded for it.
void TestSessionLosses::damagedRowsChangeNothing() {
    QFETCH(QByteArray, damage);
    const QString file = makeSession(QTest::currentDataTag()[0] == 'e'   ? "edits.emend"
                                     : QTest::currentDataTag()[0] == 't' ? "traces.emend"
                                                                         : "moved.emend");
    execute(file, damage.constData());
    SessionFixture f(*m_theme); // its model has another folder, but is the same
    f.apply(2);
    f.rest();
    const QString own = f.file();
    const std::string hash = look(own)->head().edited_hash;
    const int opens = f.script->opens;
    f.window->window.openSession(file);
    f.settle();
    QVERIFY(f.window->get<QWidget>("mainFailure")->isVisible());
    QCOMPARE(f.script->opens.load(), opens);
    QCOMPARE(f.file(), own);
    QCOMPARE(f.script->position.load(), std::size_t{1});
    f.window->window.session().setNote(QStringLiteral("goes on"));
    f.rest();
    QCOMPARE(batchesIn(own), std::size_t{1});
    QCOMPARE(look(own)->head().edited_hash, hash);
    f.apply(1);
    QCOMPARE(batchesIn(own), std::size_t{2});
    QCOMPARE(batchesIn(file), std::size_t{2});
}

enum class Way { Open, New, Model };

void TestSessionLosses::whatCannotBeWrittenIsNotLeft_data() {
    QTest::addColumn<int>("way");
    QTest::addColumn<bool>("named");
    for (const bool named : {false, true}) {
        const char* kind = named ? "named" : "untitled";
        QTest::addRow("another session, %s", kind) << static_cast<int>(Way::Open) << named;
        QTest::addRow("a new session, %s", kind) << static_cast<int>(Way::New) << named;
        QTest::addRow("another model, %s", kind) << static_cast<int>(Way::Model) << named;
    }
}

void TestSessionLosses::whatCannotBeWrittenIsNotLeft() {
    QFETCH(int, way);
    QFETCH(bool, named);
    const QString other = makeSession("other.emend");
    SessionFixture f(*m_theme);
    f.apply(0);
    if (named)
        f.saveAs(f.path("own.emend"));
    f.rest();
    const QString own = f.file();
    refuse(own);
    f.apply(1);
    QVERIFY(f.state().problem);
    QVERIFY(f.window->window.session().isAtStake());
    QDir(f.folder.path()).mkdir(QStringLiteral("other_model"));
    const auto leave = [&] {
        if (way == static_cast<int>(Way::Open))
            f.window->window.openSession(other);
        else if (way == static_cast<int>(Way::New))
            f.window->action(ActionId::NewSession)->trigger();
        else
            f.window->window.openModel(f.path("other_model"));
        f.rest();
    };
    f.leave = Questions::Leave::Cancel;
    leave();
    f.leave = Questions::Leave::Keep;
    leave();
    QCOMPARE(f.asked.size(), 2);
    QVERIFY2(f.asked[0].contains(QStringLiteral("Not saved")), qPrintable(f.asked[0]));
    QCOMPARE(f.file(), own);
    QCOMPARE(f.script->position.load(), std::size_t{2});
    QCOMPARE(f.window->edits().row(1).state, EditState::Applied);
    QCOMPARE(batchesIn(own), std::size_t{1});
    accept(own);
    leave(); // everything is written first
    QVERIFY(f.file() != own);
    QCOMPARE(batchesIn(own), std::size_t{2});
}

void TestSessionLosses::whatWasWrittenStaysAfterClosing_data() {
    QTest::addColumn<bool>("loses");
    QTest::newRow("the window stays") << false;
    QTest::newRow("the rest is given up") << true;
}

void TestSessionLosses::whatWasWrittenStaysAfterClosing() {
    QFETCH(bool, loses);
    QString own;
    {
        Questions questions;
        questions.confirmLoss = [&](QWidget*, const QString&) { return loses; };
        SessionFixture f(*m_theme, questions);
        f.apply(0);
        f.rest();
        own = f.file();
        refuse(own);
        f.apply(1);
        f.window->window.close();
        QTest::qWait(100);
        f.settle();
        QCOMPARE(f.window->window.isVisible(), !loses);
        QVERIFY(QFile::exists(own));
        QCOMPARE(batchesIn(own), std::size_t{1});
    }
    QCOMPARE(batchesIn(own), std::size_t{1});
    QCOMPARE(recoverable_sessions(own_data.sessions().toStdString()).size(), std::size_t{1});
}

void TestSessionLosses::aSessionThatIsWrittenAgainMayBeLeft() {
    SessionFixture f(*m_theme);
    f.apply(0);
    f.rest();
    const QString own = f.file();
    refuse(own);
    f.apply(1);
    QVERIFY(f.state().problem);
    accept(own);
    QVERIFY(f.close()); // writes what is missing
    QCOMPARE(batchesIn(own), std::size_t{2});
}

void TestSessionLosses::theKnobIsWrittenWhenTheLastStepFails() {
    SessionFixture f(*m_theme);
    f.apply(0);
    Studio& studio = f.window->workbench.studio();
    const std::uint64_t batch = studio.ledger().entries.front().id;
    const std::string before = studio.ledger().entries.front().hash;
    int failed = 0;
    connect(&studio, &Studio::softened, this, [&] { f.script->fail_soften = true; });
    connect(&studio, &Studio::softenFailed, this, [&] { ++failed; });
    std::string written;
    connect(&studio, &Studio::ledgerChanged, this, [&] { // before it is told
        auto session = look(f.file());
        written = session->batch(session->batch_ids().front()).hash;
    });
    f.script->soften_ms = 30;
    studio.setSoftness({.batch_id = batch, .softness = 700, .settle = false, .watch = {}, .top = 5});
    QTRY_VERIFY(f.script->softenings > 0);
    studio.setSoftness({.batch_id = batch, .softness = 800, .settle = false, .watch = {}, .top = 5}); // waits
    f.settle();
    QCOMPARE(failed, 1);
    QVERIFY(studio.ledger().entries.front().hash != before); // the step is in the weights
    QCOMPARE(written, studio.ledger().entries.front().hash);
}

void TestSessionLosses::theKnobIsWrittenBeforeLeaving_data() {
    QTest::addColumn<bool>("closes");
    QTest::newRow("closing") << true;
    QTest::newRow("a new session") << false;
}

void TestSessionLosses::theKnobIsWrittenBeforeLeaving() {
    QFETCH(bool, closes);
    int warned = 0;
    Questions questions;
    questions.confirmLoss = [&](QWidget*, const QString&) { return ++warned > 0; };
    SessionFixture f(*m_theme, questions);
    f.apply(0);
    f.saveAs(f.path("own.emend"));
    Studio& studio = f.window->workbench.studio();
    const std::uint64_t batch = studio.ledger().entries.front().id;
    const std::string before = studio.ledger().entries.front().hash;
    f.script->soften_ms = 60;
    studio.setSoftness({.batch_id = batch, .softness = 300, .settle = false, .watch = {}, .top = 5});
    f.settle(); // written
    studio.setSoftness({.batch_id = batch, .softness = 700, .settle = false, .watch = {}, .top = 5});
    if (closes)
        QVERIFY(f.close());
    else
        f.window->action(ActionId::NewSession)->trigger();
    f.rest();
    QCOMPARE(warned, 1);
    QCOMPARE(untitled(), QStringList()); // none came into being behind it
    auto session = look(f.path("own.emend"));
    const BatchRecord record = session->batch(session->batch_ids().front());
    QVERIFY(record.hash != before);
    if (!closes) // which stops the step
        QCOMPARE(record.report->recipe.softness, std::optional(700.0));
    QCOMPARE(session->batch_ids().size(), std::size_t{1});
}

void TestSessionLosses::cancelStopsNoWriting() {
    SessionFixture f(*m_theme);
    f.apply(0);
    Studio& studio = f.window->workbench.studio();
    bool cancelled = false;
    connect(&studio.jobs(), &JobQueue::statusChanged, this, [&](const JobStatus& status) {
        if (status.lane != Lane::Session || cancelled)
            return;
        cancelled = true;
        studio.cancel();
    });
    f.window->window.session().setNote(QStringLiteral("kept"));
    f.rest();
    QVERIFY(cancelled);
    QCOMPARE(look(f.file())->head().note, std::string("kept"));
}

void TestSessionLosses::aNoteAloneIsOffered() {
    QString own;
    {
        SessionFixture f(*m_theme);
        f.window->edits().setRows({}, {});
        f.window->window.session().setNote(QStringLiteral("what to try next"));
        f.rest();
        own = f.file();
        QVERIFY(!own.isEmpty());
        QCOMPARE(look(own)->head().edits, std::size_t{0});
        QVERIFY(f.close());
        QCOMPARE(f.asked.size(), 1);
    }
    QVERIFY(QFile::exists(own));
    QCOMPARE(recoverable_sessions(own_data.sessions().toStdString()).size(), std::size_t{1});
}

void TestSessionLosses::exportsSayWhereTheyComeFrom() {
    SessionFixture f(*m_theme);
    Studio& studio = f.window->workbench.studio();
    f.apply(0);
    f.window->window.session().setNote(QStringLiteral("for \"Rome\""));
    f.saveAs(f.path("paris.emend"));
    studio.exportEdits(
        {.format = ExportFormat::delta, .out = f.path("out.safetensors").toStdString(), .at = {}, .provenance = {}});
    f.settle();
    QCOMPARE(f.script->exports.load(), 1);
    const QJsonObject about = QJsonDocument::fromJson(QByteArray::fromStdString(f.script->exported().provenance)).object();
    QCOMPARE(about.value(QStringLiteral("file")).toString(), QStringLiteral("paris.emend"));
    QCOMPARE(about.value(QStringLiteral("note")).toString(), QStringLiteral("for \"Rome\""));
    QCOMPARE(about.value(QStringLiteral("created")).toString().toStdString(), look(f.file())->head().created);
    QVERIFY(about.contains(QStringLiteral("changed")));
}

QTEST_MAIN(TestSessionLosses)
#include "test_session_losses.moc"
