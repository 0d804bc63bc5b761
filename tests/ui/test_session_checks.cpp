// SPDX-License-Identifier: GPL-3.0-or-later
// Sessions verified and replayed in the window: what is said, and that nothing of the session changes by it.
#include "panels/job_bar.h"
#include "panels/panel_parts.h"
#include "session_fixture.h"
#include "shell/check_dialog.h"

#include <QClipboard>
#include <QPushButton>
#include <QSignalSpy>

#include <SQLiteCpp/SQLiteCpp.h>

using namespace emend;
using namespace emend::test;
using namespace emend::ui;

namespace {

CheckDialog* dialogOf(SessionFixture& f) {
    return f.window->window.findChild<CheckDialog*>();
}

QString textOf(QWidget* parent, const char* name) {
    return parent->findChild<QLabel*>(QString::fromLatin1(name))->text();
}

CheckDialog* run(SessionFixture& f, ActionId id) {
    f.window->action(id)->trigger();
    f.settle();
    CheckDialog* dialog = dialogOf(f);
    if (!dialog)
        qFatal("no dialog");
    return dialog;
}

QString failureOf(SessionFixture& f) {
    auto* line = f.window->get<FailureLine>("mainFailure");
    return line->isHidden() ? QString() : line->text();
}

QByteArray bytesOf(const QString& path) {
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray("none");
}

QStringList untitled() {
    return QDir(own_data.sessions()).entryList({QStringLiteral("*.emend")});
}

// What a person made, as the file has it; how the window looks may change.
QStringList contentsOf(const QString& path) {
    const auto session = look(path);
    const SessionHead head = session->head();
    QStringList contents{QString::number(head.position), QString::fromStdString(head.edited_hash),
                         QString::fromStdString(head.note), QString::fromStdString(head.created)};
    for (const std::uint64_t id : session->batch_ids()) {
        const BatchRecord batch = session->batch(id);
        contents << QStringLiteral("%1 %2 %3 %4")
                        .arg(id)
                        .arg(QString::fromStdString(batch.hash), QString::fromStdString(batch.title))
                        .arg(batch.active);
    }
    for (const SessionEdit& edit : session->edits())
        contents << QString::fromStdString(edit.request.subject + " " + edit.request.object + " " + edit.note);
    return contents;
}

// What must be the same afterwards.
struct Before {
    explicit Before(SessionFixture& f)
        : ledger(f.window->workbench.studio().ledger())
        , file(f.file())
        , contents(contentsOf(file))
        , files(untitled()) {}

    [[nodiscard]] bool holds(SessionFixture& f) const {
        return sameHistory(ledger, f.window->workbench.studio().ledger()) && f.script->position == ledger.position &&
               f.file() == file && contentsOf(file) == contents && untitled() == files;
    }

    LedgerState ledger;
    QString file;
    QStringList contents;
    QStringList files;
};

} // namespace

class TestSessionChecks : public QObject {
    Q_OBJECT

    std::unique_ptr<Theme> m_theme;

    // Three batches, the last one undone, in a file with a name.
    std::unique_ptr<SessionFixture> open() {
        auto f = std::make_unique<SessionFixture>(*m_theme);
        for (const int row : {0, 1, 2})
            f->apply(row);
        f->window->workbench.undo();
        f->settle();
        f->window->window.session().setNote(QStringLiteral("why Paris"));
        f->saveAs(f->path("paris.emend"));
        return f;
    }

  private slots:
    void initTestCase() { m_theme = std::make_unique<Theme>(); }
    void init() { QDir(own_data.sessions()).removeRecursively(); }

    void actionsSayWhyTheyCannot();
    void aSoundSessionPasses();
    void aDifferenceIsFound();
    void verifyingCanBeCancelled();
    void verifyingWritesWhatIsMissing();
    void aReplayIsComparedAndGoesBack();
    void aReplayThatFails();
    void aReplayCanBeCancelled();
    void aReplayIsKept();
    void aReplayIsNotKeptWithoutAnAnswer();
    void anotherSessionIsReplayed();
    void aDamagedSessionIsRescued();
    void aSoundSessionIsNotReplacedByARescue();
    void aHistoryThatIsLostTakesNoFileWithIt();
};

void TestSessionChecks::actionsSayWhyTheyCannot() {
    SessionFixture f(*m_theme);
    QAction* verify = f.window->action(ActionId::VerifySession);
    QAction* replay = f.window->action(ActionId::ReplaySession);
    QVERIFY(!verify->isEnabled() && !replay->isEnabled());
    QVERIFY2(verify->toolTip().contains(QStringLiteral("no file yet")), qPrintable(verify->toolTip()));
    f.apply(0);
    QVERIFY(verify->isEnabled() && replay->isEnabled());
    QVERIFY2(!verify->toolTip().contains(QStringLiteral("no file yet")), qPrintable(verify->toolTip()));
    f.window->workbench.undo();
    f.settle();
    QVERIFY(verify->isEnabled() && !replay->isEnabled());
    QVERIFY2(replay->toolTip().contains(QStringLiteral("Nothing is applied")), qPrintable(replay->toolTip()));
    f.script->check_ms = 300;
    verify->trigger();
    QTRY_VERIFY(!verify->isEnabled() && !replay->isEnabled()); // one at a time
    f.settle();
    QVERIFY(verify->isEnabled());
}

void TestSessionChecks::aSoundSessionPasses() {
    const auto f = open();
    const Before before(*f);
    QSignalSpy told(&f->window->workbench.studio(), &Studio::ledgerChanged);
    CheckDialog* dialog = run(*f, ActionId::VerifySession);
    QVERIFY2(textOf(dialog, "checkSummary").startsWith(QStringLiteral("✓ All")),
             qPrintable(textOf(dialog, "checkSummary")));
    QCOMPARE(told.size(), 1);
    auto* table = dialog->findChild<QTableView*>(QStringLiteral("checkTable"));
    QVERIFY(table->model()->rowCount() >= 9); // file, model, weights; updates, norms and answers of three batches
    QVERIFY(!table->accessibleName().isEmpty());
    QVERIFY(table->hasFocus());
    QTest::keyClick(table, Qt::Key_Down);
    QVERIFY2(textOf(dialog, "checkWhole").contains(QStringLiteral("Model")), qPrintable(textOf(dialog, "checkWhole")));
    dialog->findChild<QPushButton*>(QStringLiteral("checkCopy"))->click();
    QVERIFY(QGuiApplication::clipboard()->text().contains(QStringLiteral("✓ passed\tWeights")));
    QVERIFY(!dialog->findChild<QPushButton*>(QStringLiteral("checkKeep")));
    QTest::keyClick(dialog, Qt::Key_Escape);
    QVERIFY(before.holds(*f));
    // And it goes on.
    f->window->workbench.redo();
    f->settle();
    QCOMPARE(look(before.file)->head().position, std::size_t{3});
}

void TestSessionChecks::aDifferenceIsFound() {
    const auto f = open();
    const Before before(*f);
    f->script->drift = 0.125;
    CheckDialog* dialog = run(*f, ActionId::VerifySession);
    const QString summary = textOf(dialog, "checkSummary");
    QVERIFY2(summary.startsWith(QStringLiteral("✗ 3 of ")), qPrintable(summary));
    QVERIFY(textOf(dialog, "checkWhole").startsWith(QStringLiteral("✗ failed · Answers of batch 1"))); // is selected
    QCOMPARE(f->window->get<JobBar>("jobBar")->text(), summary);
    QVERIFY(before.holds(*f));
}

void TestSessionChecks::verifyingCanBeCancelled() {
    const auto f = open();
    const Before before(*f);
    f->script->check_ms = 5000;
    const int checks = f->script->checks;
    f->window->action(ActionId::VerifySession)->trigger();
    QTRY_VERIFY(f->script->checks > checks); // in the middle: at another point of the history
    QTRY_VERIFY(f->window->action(ActionId::Cancel)->isEnabled());
    f->window->action(ActionId::Cancel)->trigger();
    f->script->check_ms = 0;
    f->settle();
    QVERIFY(!dialogOf(*f) && failureOf(*f).isEmpty());
    QVERIFY(f->window->get<JobBar>("jobBar")->text().startsWith(QStringLiteral("Stopped")));
    QVERIFY(before.holds(*f));
}

void TestSessionChecks::verifyingWritesWhatIsMissing() {
    SessionFixture f(*m_theme);
    f.apply(0);
    // Typed a moment ago: nobody has saved it yet.
    f.window->edits().setData(f.window->edits().index(1, EditsModel::Object), QStringLiteral("German"));
    CheckDialog* dialog = run(f, ActionId::VerifySession);
    QVERIFY(textOf(dialog, "checkSummary").startsWith(QStringLiteral("✓")));
    f.rest();
    QCOMPARE(look(f.file())->edits()[1].request.object, std::string("German"));
}

void TestSessionChecks::aReplayIsComparedAndGoesBack() {
    const auto f = open();
    const Before before(*f);
    QSignalSpy told(&f->window->workbench.studio(), &Studio::ledgerChanged);
    const int applies = f->script->applies;
    CheckDialog* dialog = run(*f, ActionId::ReplaySession);
    QCOMPARE(f->script->applies - applies, 2); // the undone one is not in the weights
    QCOMPARE(told.size(), 1);
    QVERIFY(textOf(dialog, "checkSummary").contains(QStringLiteral("came out the same, bit for bit")));
    QCOMPARE(dialog->findChild<QTableView*>(QStringLiteral("checkTable"))->model()->rowCount(), 2);
    QVERIFY(before.holds(*f)); // while it is asked, already
    QVERIFY(dialog->findChild<QPushButton*>(QStringLiteral("checkBack"))->isDefault());
    QTest::keyClick(dialog, Qt::Key_Return);
    QTRY_VERIFY(!dialogOf(*f));
    f->rest();
    QVERIFY(before.holds(*f));
    f->window->workbench.redo(); // the undone batch is there, too
    f->settle();
    QCOMPARE(f->window->workbench.studio().ledger().position, std::size_t{3});
}

void TestSessionChecks::aReplayThatFails() {
    const auto f = open();
    const Before before(*f);
    f->script->failApply("there are no statistics", "collect them");
    CheckDialog* dialog = run(*f, ActionId::ReplaySession);
    QVERIFY(textOf(dialog, "checkSummary").contains(QStringLiteral("2 could not be replayed")));
    QVERIFY(textOf(dialog, "checkWhole").contains(QStringLiteral("there are no statistics (edit 1); collect them")));
    QVERIFY(!dialog->findChild<QPushButton*>(QStringLiteral("checkKeep"))); // there is nothing to keep
    QVERIFY(before.holds(*f));
}

void TestSessionChecks::aReplayCanBeCancelled() {
    const auto f = open();
    const Before before(*f);
    f->script->apply_ms = 5000;
    const int applies = f->script->applies;
    f->window->action(ActionId::ReplaySession)->trigger();
    QTRY_VERIFY(f->script->applies > applies);
    QTRY_VERIFY(f->window->action(ActionId::Cancel)->isEnabled());
    f->window->action(ActionId::Cancel)->trigger();
    f->settle();
    QVERIFY(!dialogOf(*f));
    QVERIFY(before.holds(*f));
    f->script->apply_ms = 0;
    f->apply(2); // instead of the undone one
    QCOMPARE(look(before.file)->batch_ids().size(), std::size_t{3});
    QVERIFY(look(before.file)->batch(before.ledger.entries[0].id).hash == before.ledger.entries[0].hash);
}

void TestSessionChecks::aReplayIsKept() {
    const auto f = open();
    const Before before(*f);
    CheckDialog* dialog = run(*f, ActionId::ReplaySession);
    dialog->findChild<QPushButton*>(QStringLiteral("checkKeep"))->click();
    f->rest();
    QVERIFY(f->asked.isEmpty()); // what is left has a name
    QVERIFY(f->file() != before.file);
    QVERIFY(f->state().untitled);
    QVERIFY(look(f->file())->head().untitled);
    QCOMPARE(contentsOf(before.file), before.contents);
    const LedgerState& ledger = f->window->workbench.studio().ledger();
    QCOMPARE(ledger.entries.size(), std::size_t{2});
    QCOMPARE(ledger.position, std::size_t{2});
    QCOMPARE(ledger.entries[0].title, before.ledger.entries[0].title);
    QCOMPARE(look(f->file())->batch_ids().size(), std::size_t{2});
    QCOMPARE(f->window->window.session().note(), QStringLiteral("why Paris"));
    QCOMPARE(f->window->edits().rowCount(), 3);
    QCOMPARE(f->window->edits().row(0).state, EditState::Applied);
    QCOMPARE(f->window->edits().row(2).state, EditState::Draft); // its batch was not in the weights
    QVERIFY(f->window->window.session().isAtStake());
    f->apply(2); // goes on in the new one
    QCOMPARE(look(f->file())->batch_ids().size(), std::size_t{3});
    QCOMPARE(contentsOf(before.file), before.contents);
}

void TestSessionChecks::aReplayIsNotKeptWithoutAnAnswer() {
    SessionFixture f(*m_theme);
    f.apply(0);
    const Before before(f);
    f.leave = Questions::Leave::Cancel;
    run(f, ActionId::ReplaySession)->findChild<QPushButton*>(QStringLiteral("checkKeep"))->click();
    f.rest();
    QCOMPARE(f.asked.size(), 1); // the session that would be left has no name
    QVERIFY(before.holds(f));
}

void TestSessionChecks::anotherSessionIsReplayed() {
    QString file;
    Questions questions;
    questions.chooseSession = [&](QWidget*, const QString&) { return file; };
    SessionFixture f(*m_theme, std::move(questions));
    f.apply(0);
    f.apply(1);
    f.window->window.session().setNote(QStringLiteral("two"));
    f.saveAs(f.path("other.emend"));
    file = f.file();
    f.window->action(ActionId::NewSession)->trigger();
    f.rest();
    f.window->workbench.addEdits({fakeDrafts(), {}, "test"}, QStringLiteral("Drafts"));
    f.settle();
    f.apply(2);
    const Before before(f);
    const QByteArray bytes = bytesOf(file);
    CheckDialog* dialog = run(f, ActionId::ReplayOther);
    QVERIFY2(textOf(dialog, "checkTold").contains(QStringLiteral("other.emend")),
             qPrintable(textOf(dialog, "checkTold")));
    QCOMPARE(dialog->findChild<QTableView*>(QStringLiteral("checkTable"))->model()->rowCount(), 2);
    QVERIFY(before.holds(f));
    dialog->findChild<QPushButton*>(QStringLiteral("checkKeep"))->click();
    f.rest();
    QVERIFY(f.file() != before.file && f.file() != file);
    QCOMPARE(f.window->workbench.studio().ledger().entries.size(), std::size_t{2});
    QCOMPARE(f.window->window.session().note(), QStringLiteral("two")); // what goes with the batches comes from there
    QCOMPARE(f.window->edits().row(0).state, EditState::Applied);
    QCOMPARE(bytesOf(file), bytes);
    QCOMPARE(look(before.file)->batch_ids().size(), std::size_t{1}); // kept for later
}

void TestSessionChecks::aDamagedSessionIsRescued() {
    QString file;
    Questions questions;
    questions.chooseSession = [&](QWidget*, const QString&) { return file; };
    SessionFixture f(*m_theme, std::move(questions));
    f.apply(0);
    f.apply(1);
    f.saveAs(f.path("broken.emend"));
    file = f.file();
    f.window->action(ActionId::NewSession)->trigger();
    f.rest();
    { // somebody changed a title by hand
        SQLite::Database database(file.toStdString(), SQLite::OPEN_READWRITE);
        database.exec("UPDATE session SET note = 'other', position = 7");
    }
    const QByteArray bytes = bytesOf(file);
    f.window->window.openSession(file);
    f.settle();
    QVERIFY2(failureOf(f).contains(QStringLiteral("rescue")), qPrintable(failureOf(f))); // says what to do
    f.target = f.path("saved.emend");
    CheckDialog* dialog = run(f, ActionId::RescueSession);
    QVERIFY2(textOf(dialog, "checkSummary").contains(QStringLiteral("2 batch")),
             qPrintable(textOf(dialog, "checkSummary")));
    QVERIFY(dialog->findChild<QTableView*>(QStringLiteral("checkTable"))->model()->rowCount() >= 1);
    QCOMPARE(bytesOf(file), bytes);
    dialog->findChild<QPushButton*>(QStringLiteral("checkKeep"))->click(); // opens it
    f.rest();
    QCOMPARE(f.file(), f.path("saved.emend"));
    QCOMPARE(f.window->workbench.studio().ledger().entries.size(), std::size_t{2});
}

void TestSessionChecks::aSoundSessionIsNotReplacedByARescue() {
    QString file;
    Questions questions;
    questions.chooseSession = [&](QWidget*, const QString&) { return file; };
    SessionFixture f(*m_theme, std::move(questions));
    f.apply(0);
    f.saveAs(f.path("sound.emend"));
    file = f.file();
    const QStringList contents = contentsOf(file);
    f.target = file; // onto itself
    f.window->action(ActionId::RescueSession)->trigger();
    f.settle();
    QVERIFY(!dialogOf(f) && !failureOf(f).isEmpty());
    QCOMPARE(contentsOf(file), contents);
}

void TestSessionChecks::aHistoryThatIsLostTakesNoFileWithIt() {
    const auto f = open();
    const Before before(*f);
    f->script->apply_ms = 300;
    const int applies = f->script->applies;
    f->window->action(ActionId::ReplaySession)->trigger();
    QTRY_VERIFY(f->script->applies > applies);
    f->script->fail_restores = 1; // the one that puts back
    f->settle();
    QVERIFY(!dialogOf(*f));
    QVERIFY2(failureOf(*f).contains(QStringLiteral("could not be put back")), qPrintable(failureOf(*f)));
    QVERIFY(!f->window->workbench.studio().model() && f->window->workbench.studio().ledger().entries.empty());
    QVERIFY(f->file().isEmpty() && !f->window->action(ActionId::SaveSession)->isEnabled());
    f->window->edits().setData(f->window->edits().index(1, EditsModel::Object), QStringLiteral("German"));
    f->rest();
    QCOMPARE(contentsOf(before.file), before.contents);
    f->script->apply_ms = 0;
    f->window->window.openSession(before.file); // "open it again; its file is whole"
    f->settle();
    QVERIFY(sameHistory(f->window->workbench.studio().ledger(), before.ledger));
}

QTEST_MAIN(TestSessionChecks)
#include "test_session_checks.moc"
