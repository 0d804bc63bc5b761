// SPDX-License-Identifier: GPL-3.0-or-later
// Leaving a session and finding it again: what is asked, what is offered at the next start, notes.
#include "session_fixture.h"
#include "shell/check_dialog.h"
#include "shell/note_dialog.h"

#include <QAbstractButton>
#include <QPlainTextEdit>

#include <SQLiteCpp/SQLiteCpp.h>

using namespace emend;
using namespace emend::test;
using namespace emend::ui;

class TestSessionLeaving : public QObject {
    Q_OBJECT

    std::unique_ptr<Theme> m_theme;
    QTemporaryDir m_folder;

  private slots:
    void initTestCase() { m_theme = std::make_unique<Theme>(); }
    void init() { QDir(own_data.sessions()).removeRecursively(); }

    void leavingAsks_data();
    void leavingAsks();
    void unsavedSessionsAreOffered();
    void aDamagedSessionIsOfferedForRescue();
    void savingElsewhereCanBeStopped();
    void savingElsewhereThatFailsLeavesNothing();
    void whatIsPutAwayIsWhatWasShown();
    void itsOwnFileBehindALink();
    void closingTwiceClosesOnce();
    void nothingToRecoverNothingToSay();
    void theNoteDialogWritesTheNote();
};

void TestSessionLeaving::leavingAsks_data() {
    QTest::addColumn<Questions::Leave>("answer");
    QTest::addColumn<bool>("leaves");
    QTest::addColumn<bool>("kept");
    QTest::newRow("save") << Questions::Leave::Save << true << false;
    QTest::newRow("keep") << Questions::Leave::Keep << true << true;
    QTest::newRow("discard") << Questions::Leave::Discard << true << false;
    QTest::newRow("cancel") << Questions::Leave::Cancel << false << true;
}

void TestSessionLeaving::leavingAsks() {
    QFETCH(Questions::Leave, answer);
    QFETCH(bool, leaves);
    QFETCH(bool, kept);
    const QString target = m_folder.filePath(QStringLiteral("left.emend"));
    QFile::remove(target);
    SessionFixture f(*m_theme);
    f.apply(0);
    f.rest();
    const QString own = f.file();
    f.leave = answer;
    f.target = target;
    f.window->window.close();
    QTest::qWait(100);
    f.settle();
    QCOMPARE(f.window->window.isVisible(), !leaves);
    QCOMPARE(QFile::exists(own), kept);
    QCOMPARE(QFile::exists(target), answer == Questions::Leave::Save);
    if (leaves && kept)
        QCOMPARE(recoverable_sessions(own_data.sessions().toStdString()).size(), std::size_t{1});
}

void TestSessionLeaving::unsavedSessionsAreOffered() {
    {
        SessionFixture f(*m_theme);
        f.apply(0);
        f.rest();
        QVERIFY(f.close()); // kept for later
    }
    SessionFixture f(*m_theme);
    f.window->window.begin(true);
    f.settle();
    QVERIFY2(f.line().contains(QStringLiteral("was not saved by name")), qPrintable(f.line()));
    QVERIFY(f.line().contains(QStringLiteral("demo_model")));
    QCOMPARE(f.window->workbench.studio().ledger().entries.size(), std::size_t{0}); // by nobody's wish but a person's
    QDir(m_folder.path()).mkdir(QStringLiteral("demo_model"));
    f.chosenModel = m_folder.filePath(QStringLiteral("demo_model"));
    f.window->get<QAbstractButton>("recoverSessionButton")->click();
    f.settle();
    QCOMPARE(f.window->workbench.studio().ledger().entries.size(), std::size_t{1});
    QVERIFY(f.state().untitled);
    QVERIFY(!f.window->get<QWidget>("sessionLine")->isVisible());
    QVERIFY(f.window->window.session().isAtStake()); // it still has no name

    QVERIFY(f.close());
    SessionFixture again(*m_theme);
    again.window->window.begin(true);
    again.settle();
    again.window->get<QAbstractButton>("discardRecoverableButton")->click();
    again.settle();
    QVERIFY(!again.window->get<QWidget>("sessionLine")->isVisible());
    QVERIFY(QDir(own_data.sessions()).entryList({QStringLiteral("*.emend")}).isEmpty());
}

void TestSessionLeaving::aDamagedSessionIsOfferedForRescue() {
    QString own;
    {
        SessionFixture f(*m_theme);
        f.apply(0);
        f.rest();
        own = f.file();
        QVERIFY(f.close());
    }
    SQLite::Database(own.toStdString(), SQLite::OPEN_READWRITE).exec("UPDATE session SET position = 7");
    SessionFixture f(*m_theme);
    f.window->window.begin(true);
    f.settle();
    QVERIFY2(f.line().contains(QStringLiteral("is damaged: ") + QFileInfo(own).fileName()), qPrintable(f.line()));
    QVERIFY(!f.window->action(ActionId::RecoverSession)->isEnabled());
    f.target = m_folder.filePath(QStringLiteral("rescued.emend"));
    f.window->get<QAbstractButton>("rescueLeftButton")->click();
    QTRY_VERIFY(f.window->window.findChild<CheckDialog*>());
    QCOMPARE(look(f.target)->batch_ids().size(), std::size_t{1});
    f.window->window.findChild<CheckDialog*>()->reject();
    QVERIFY(QFile::exists(own)); // until a person says otherwise
    f.window->get<QAbstractButton>("discardRecoverableButton")->click();
    f.settle();
    QVERIFY(!QFile::exists(own));
    QVERIFY(!f.window->get<QWidget>("sessionLine")->isVisible());
}

// Too late to be stopped, it is done: but never half.
void TestSessionLeaving::savingElsewhereCanBeStopped() {
    SessionFixture f(*m_theme);
    f.apply(0);
    f.rest();
    const QString own = f.file();
    Studio& studio = f.window->workbench.studio();
    bool stopped = false;
    connect(&studio.jobs(), &JobQueue::statusChanged, this, [&](const JobStatus& status) {
        if (status.lane != Lane::Copy || stopped)
            return;
        stopped = studio.canCancel();
        studio.cancel();
    });
    const QString target = m_folder.filePath(QStringLiteral("stopped.emend"));
    f.saveAs(target);
    QVERIFY(stopped);
    QCOMPARE(f.file(), QFile::exists(target) ? target : own);
    QVERIFY(QFile::exists(f.file()));
    QCOMPARE(look(f.file())->batch_ids().size(), std::size_t{1});
    f.apply(1); // and it goes on
    f.rest();
    QCOMPARE(look(f.file())->batch_ids().size(), std::size_t{2});
}

void TestSessionLeaving::savingElsewhereThatFailsLeavesNothing() {
    const QString busy = m_folder.filePath(QStringLiteral("busy.emend"));
    QFile::remove(busy);
    const auto other = Session::create(busy.toStdString(), {});
    SessionFixture f(*m_theme);
    f.saveAs(busy); // nobody has made anything yet
    QCOMPARE(f.file(), QString());
    QVERIFY(QDir(own_data.sessions()).entryList(QDir::Files).isEmpty());
    const QString good = m_folder.filePath(QStringLiteral("good.emend"));
    f.saveAs(good);
    QCOMPARE(f.file(), good);
    QCOMPARE(look(good)->edits().size(), static_cast<std::size_t>(f.window->edits().rowCount()));
    QVERIFY(QDir(own_data.sessions()).entryList(QDir::Files).isEmpty());
    f.apply(0);
    f.rest();
    QCOMPARE(look(good)->batch_ids().size(), std::size_t{1});
}

void TestSessionLeaving::whatIsPutAwayIsWhatWasShown() {
    {
        SessionFixture f(*m_theme);
        f.apply(0);
        f.rest();
        QVERIFY(f.close()); // to be recovered
    }
    SessionFixture first(*m_theme);
    first.apply(0);
    const QString file = m_folder.filePath(QStringLiteral("in use.emend"));
    first.saveAs(file);
    SessionFixture second(*m_theme, {}, file);
    second.window->window.begin(true);
    second.settle();
    QVERIFY2(second.line().startsWith(QStringLiteral("Read only")), qPrintable(second.line()));
    second.window->get<QAbstractButton>("dismissLineButton")->click();
    QVERIFY2(second.line().contains(QStringLiteral("was not saved by name")), qPrintable(second.line()));
    second.window->get<QAbstractButton>("dismissLineButton")->click();
    QVERIFY(!second.window->get<QWidget>("sessionLine")->isVisible());
}

void TestSessionLeaving::itsOwnFileBehindALink() {
    SessionFixture f(*m_theme);
    f.apply(0);
    const QString file = m_folder.filePath(QStringLiteral("linked.emend"));
    f.saveAs(file);
    const QString link = m_folder.filePath(QStringLiteral("link"));
    QVERIFY(QFile::link(m_folder.path(), link));
    f.window->window.openSession(link + QStringLiteral("/linked.emend"));
    f.settle();
    QCOMPARE(f.file(), file);
    QVERIFY(!f.state().read_only);
}

// As when a person presses the keys again while the session is still written.
void TestSessionLeaving::closingTwiceClosesOnce() {
    SessionFixture f(*m_theme);
    f.apply(0);
    f.saveAs(m_folder.filePath(QStringLiteral("closed.emend")));
    int closed = 0;
    connect(f.window->window.findChild<SessionDesk*>(), &SessionDesk::closed, this, [&] { ++closed; });
    f.window->window.close();
    f.window->window.close();
    QVERIFY(f.close());
    f.settle();
    QCOMPARE(closed, 1);
    QCOMPARE(filesLike(m_folder.filePath(QStringLiteral("closed.emend"))).size(), 1);
}

void TestSessionLeaving::nothingToRecoverNothingToSay() {
    SessionFixture f(*m_theme);
    f.window->window.begin(true);
    f.settle();
    QVERIFY(!f.window->get<QWidget>("sessionLine")->isVisible());
    QVERIFY(!f.window->action(ActionId::RecoverSession)->isEnabled());
}

void TestSessionLeaving::theNoteDialogWritesTheNote() {
    SessionFixture f(*m_theme);
    f.apply(0);
    f.window->action(ActionId::SessionNote)->trigger();
    auto* dialog = f.window->window.findChild<NoteDialog*>();
    QVERIFY(dialog);
    dialog->findChild<QPlainTextEdit*>()->setPlainText(QStringLiteral("  found in layer 3\n"));
    dialog->accept();
    f.rest();
    QCOMPARE(look(f.file())->head().note, std::string("found in layer 3"));
    f.window->window.editsPanel().selectRow(0);
    f.settle();
    f.window->action(ActionId::EditNote)->trigger();
    dialog = nullptr;
    for (NoteDialog* open : f.window->window.findChildren<NoteDialog*>())
        if (open->isVisible())
            dialog = open;
    QVERIFY(dialog);
    dialog->findChild<QPlainTextEdit*>()->setPlainText(QStringLiteral("the first"));
    dialog->accept();
    f.rest();
    QCOMPARE(look(f.file())->edits()[0].note, std::string("the first"));
}

QTEST_MAIN(TestSessionLeaving)
#include "test_session_leaving.moc"
