// SPDX-License-Identifier: GPL-3.0-or-later
// The session's file behind the window: written before it is shown, saved by itself, closed as one file.
#include "session_fixture.h"

#include <QTabWidget>

using namespace emend;
using namespace emend::test;
using namespace emend::ui;

class TestSessionDocument : public QObject {
    Q_OBJECT

    std::unique_ptr<Theme> m_theme;

  private slots:
    void initTestCase() { m_theme = std::make_unique<Theme>(); }
    void init() { QDir(own_data.sessions()).removeRecursively(); }

    void lookingAloneLeavesNoFile();
    void aBatchIsInTheFileBeforeItIsShown();
    void everyStepIsInTheFileBeforeItIsShown_data();
    void everyStepIsInTheFileBeforeItIsShown();
    void theKnobIsWrittenWhenItRests();
    void rowsAreSavedByThemselves();
    void rowsNobodyTouchedAreNotSaved();
    void notesAreKept();
    void tracesAndTextsAreKept();
    void nothingGoesIntoTheNextSession();
    void closingLeavesOneFile();
    void discardedIsGone();
    void aFailedWriteIsToldAndMadeUpFor();
    void aFailedWriteCanBeSavedElsewhere();
};

void TestSessionDocument::lookingAloneLeavesNoFile() {
    SessionFixture f(*m_theme);
    f.rest();
    QVERIFY(f.file().isEmpty());
    QVERIFY(f.close());
    QVERIFY(f.asked.isEmpty());
    QVERIFY(QDir(own_data.sessions()).entryList(QDir::Files).isEmpty());
}

void TestSessionDocument::aBatchIsInTheFileBeforeItIsShown() {
    SessionFixture f(*m_theme);
    std::vector<std::uint64_t> seen;
    QString hash;
    connect(&f.window->workbench.studio(), &Studio::applied, this, [&] {
        auto session = look(f.file());
        seen = session->batch_ids();
        hash = QString::fromStdString(session->head().edited_hash);
    });
    f.apply(0);
    QCOMPARE(seen.size(), std::size_t{1});
    QVERIFY(!hash.isEmpty());
    QVERIFY(f.file().startsWith(own_data.sessions()));
    QVERIFY(f.window->window.windowTitle().startsWith(QStringLiteral("Untitled")));
    const BatchRecord batch = look(f.file())->batch(seen.front());
    QCOMPARE(batch.report->edits.front().request.subject, std::string("Eiffel Tower"));
    QVERIFY(!batch.updates.empty());
}

void TestSessionDocument::everyStepIsInTheFileBeforeItIsShown_data() {
    QTest::addColumn<int>("step");
    QTest::addColumn<std::size_t>("position");
    QTest::addColumn<bool>("active");
    QTest::newRow("undo") << 0 << std::size_t{1} << true;
    QTest::newRow("go to") << 1 << std::size_t{0} << true;
    QTest::newRow("switch off") << 2 << std::size_t{2} << false;
    QTest::newRow("solve again") << 3 << std::size_t{2} << true;
}

void TestSessionDocument::everyStepIsInTheFileBeforeItIsShown() {
    QFETCH(int, step);
    QFETCH(std::size_t, position);
    QFETCH(bool, active);
    SessionFixture f(*m_theme);
    f.apply(0);
    f.apply(1);
    Studio& studio = f.window->workbench.studio();
    std::optional<std::size_t> written;
    bool on = false;
    std::string hash;
    connect(&studio, &Studio::ledgerChanged, this, [&] {
        auto session = look(f.file());
        const BatchRecord first = session->batch(session->batch_ids().front());
        written = session->head().position;
        on = first.active;
        hash = first.hash;
    });
    const std::uint64_t first = studio.ledger().entries.front().id;
    const std::string before = studio.ledger().entries.front().hash;
    if (step == 0)
        studio.undo();
    else if (step == 1)
        studio.goTo(0);
    else if (step == 2)
        studio.switchBatch(first, false, false);
    else
        studio.settle({.batch_id = first, .softness = 500, .settle = true, .watch = {}, .top = 5});
    f.settle();
    QCOMPARE(written, std::optional(position));
    QCOMPARE(on, active);
    QCOMPARE(hash == before, step != 3);
}

void TestSessionDocument::theKnobIsWrittenWhenItRests() {
    SessionFixture f(*m_theme);
    f.apply(0);
    Studio& studio = f.window->workbench.studio();
    double written = -1;
    connect(&studio, &Studio::ledgerChanged, this, [&] {
        auto session = look(f.file());
        written = session->batch(session->batch_ids().front()).report->recipe.softness.value_or(-1);
    });
    const std::uint64_t batch = studio.ledger().entries.front().id;
    for (const double softness : {100.0, 200.0, 300.0})
        studio.setSoftness({.batch_id = batch, .softness = softness, .settle = false, .watch = {}, .top = 5});
    f.settle();
    QCOMPARE(written, 300.0);
}

void TestSessionDocument::rowsAreSavedByThemselves() {
    SessionFixture f(*m_theme);
    f.window->edits().setData(f.window->edits().index(1, EditsModel::Object), QStringLiteral("German"));
    f.rest();
    QVERIFY(!f.file().isEmpty());
    const std::vector<SessionEdit> kept = look(f.file())->edits();
    QCOMPARE(kept.size(), std::size_t{3});
    QCOMPARE(kept[1].request.object, std::string("German"));
    f.apply(1);
    f.rest();
    QVERIFY(look(f.file())->edits()[1].batch.has_value());
    QVERIFY(!look(f.file())->edits()[0].batch.has_value());
}

void TestSessionDocument::rowsNobodyTouchedAreNotSaved() {
    SessionFixture f(*m_theme);
    f.window->window.editsPanel().selectRow(1);
    f.window->window.showTab(CentreTab::Update);
    f.rest();
    QVERIFY(f.file().isEmpty());
    f.apply(0); // now there is a file, and they belong to it
    f.rest();
    QCOMPARE(look(f.file())->edits().size(), std::size_t{3});
    QVERIFY(QString::fromStdString(look(f.file())->ui_state()).contains(QStringLiteral("\"tab\":2")));
}

void TestSessionDocument::notesAreKept() {
    SessionFixture f(*m_theme);
    f.apply(0);
    f.window->window.session().setNote(QStringLiteral("Does Paris move?"));
    QVERIFY(f.window->edits().setNote(f.window->edits().row(2).id, QStringLiteral("look at this one")));
    f.rest();
    auto session = look(f.file());
    QCOMPARE(session->head().note, std::string("Does Paris move?"));
    QCOMPARE(session->edits()[2].note, std::string("look at this one"));
    QCOMPARE(f.window->window.session().note(), QStringLiteral("Does Paris move?"));
}

void TestSessionDocument::tracesAndTextsAreKept() {
    SessionFixture f(*m_theme);
    f.window->window.editsPanel().selectRow(0);
    f.settle();
    QVERIFY(f.window->window.traceSelected());
    f.settle();
    QVERIFY(f.file().isEmpty()); // a look alone is not worth a file
    f.apply(0);
    f.rest();
    auto session = look(f.file());
    QCOMPARE(session->traces().size(), std::size_t{1});
    QCOMPARE(session->traces()[0].request.subject, std::string("Eiffel Tower"));
    QCOMPARE(session->traces()[0].request.at, LedgerPosition(0));
    QCOMPARE(session->texts().size(), std::size_t{1});
    QVERIFY(session->texts()[0].before != session->texts()[0].after);
    QVERIFY(QString::fromStdString(session->texts()[0].after).contains(QStringLiteral("Rome")));
}

void TestSessionDocument::nothingGoesIntoTheNextSession() {
    SessionFixture f(*m_theme);
    f.apply(0);
    f.rest();
    const QString first = f.file();
    f.window->edits().setData(f.window->edits().index(1, EditsModel::Object), QStringLiteral("German"));
    f.window->action(ActionId::NewSession)->trigger(); // what was typed just now belongs to the one that is left
    f.rest();
    QCOMPARE(f.asked.size(), 1);
    QCOMPARE(f.window->edits().rowCount(), 0);
    QCOMPARE(f.script->position.load(), std::size_t{0});
    QVERIFY(f.file().isEmpty());
    QCOMPARE(look(first)->edits()[1].request.object, std::string("German"));
}

void TestSessionDocument::closingLeavesOneFile() {
    QString file;
    {
        SessionFixture f(*m_theme);
        f.apply(0);
        f.saveAs(f.path("a.emend"));
        file = f.file();
        QCOMPARE(file, f.path("a.emend"));
        f.window->edits().setData(f.window->edits().index(1, EditsModel::Object), QStringLiteral("German"));
        QVERIFY(f.close()); // at once: the last second is in it, too
        QVERIFY(f.asked.isEmpty());
        QCOMPARE(filesLike(file), QStringList{QStringLiteral("a.emend")});
        QCOMPARE(look(file)->edits()[1].request.object, std::string("German"));
        QVERIFY(QDir(own_data.sessions()).entryList(QDir::Files).isEmpty());
    }
}

void TestSessionDocument::discardedIsGone() {
    SessionFixture f(*m_theme);
    f.apply(0);
    const QString file = f.file();
    f.leave = Questions::Leave::Cancel;
    QVERIFY(!f.window->window.close());
    f.rest();
    QVERIFY(f.window->window.isVisible());
    QVERIFY(QFile::exists(file));
    f.leave = Questions::Leave::Discard;
    QVERIFY(f.close());
    QCOMPARE(f.asked.size(), 2);
    QVERIFY(filesLike(file).isEmpty());
}

// A file where the folder should be: nothing can be written there, whoever runs the test.
void TestSessionDocument::aFailedWriteIsToldAndMadeUpFor() {
    QFile blocked(own_data.sessions());
    QVERIFY(blocked.open(QIODevice::WriteOnly));
    blocked.close();
    SessionFixture f(*m_theme);
    f.apply(0);
    QCOMPARE(f.window->edits().row(0).state, EditState::Applied); // the edit stays
    QVERIFY(f.state().problem.has_value());
    QVERIFY2(f.line().startsWith(QStringLiteral("Not saved")), qPrintable(f.line()));
    QVERIFY(f.window->get<QWidget>("saveSessionAsButton")->isVisible());
    QVERIFY(blocked.remove());
    f.apply(1);
    QVERIFY(!f.state().problem);
    QVERIFY(!f.window->get<QWidget>("sessionLine")->isVisible());
    QCOMPARE(look(f.file())->batch_ids().size(), std::size_t{2});
}

void TestSessionDocument::aFailedWriteCanBeSavedElsewhere() {
    QFile blocked(own_data.sessions());
    QVERIFY(blocked.open(QIODevice::WriteOnly));
    blocked.close();
    SessionFixture f(*m_theme);
    f.apply(0);
    f.window->window.session().setNote(QStringLiteral("kept"));
    f.rest();
    f.saveAs(f.path("nowhere/a.emend"));
    QVERIFY(f.state().problem.has_value()); // that was no better
    f.saveAs(f.path("a.emend"));
    QVERIFY(!f.state().problem);
    QVERIFY(!f.window->get<QWidget>("sessionLine")->isVisible());
    auto session = look(f.path("a.emend"));
    QCOMPARE(session->batch_ids().size(), std::size_t{1});
    QCOMPARE(session->edits().size(), std::size_t{3});
    QCOMPARE(session->head().note, std::string("kept"));
    QCOMPARE(filesLike(f.folder.path() + QStringLiteral("/untitled")), QStringList());
    QVERIFY(blocked.remove());
}

QTEST_MAIN(TestSessionDocument)
#include "test_session_document.moc"
