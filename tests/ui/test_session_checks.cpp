// SPDX-License-Identifier: GPL-3.0-or-later
// Sessions verified and replayed in the window: what is said, and that nothing of the session changes by it.
#include "models/check_model.h"
#include "panels/job_bar.h"
#include "panels/panel_parts.h"
#include "session_fixture.h"
#include "shell/check_dialog.h"

#include <QClipboard>
#include <QPushButton>
#include <QSignalSpy>

#include <cmath>
#include <limits>

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
    if (!file.open(QIODevice::ReadOnly))
        qFatal("no %s", qPrintable(path));
    return file.readAll();
}

QStringList untitled() {
    return QDir(own_data.sessions()).entryList({QStringLiteral("*.emend")});
}

// What must be the same afterwards.
struct Before {
    explicit Before(SessionFixture& f)
        : ledger(f.window->workbench.studio().ledger())
        , file(f.file())
        , head(look(file)->head())
        , files(untitled()) {}

    [[nodiscard]] bool holds(SessionFixture& f) const {
        const SessionHead now = look(file)->head();
        return sameHistory(ledger, f.window->workbench.studio().ledger()) && f.script->position == ledger.position &&
               f.file() == file && now.edited_hash == head.edited_hash && now.position == head.position &&
               now.batches == head.batches && untitled() == files;
    }

    LedgerState ledger;
    QString file;
    SessionHead head;
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

    void rowsInWords();
    void numbersThatAreNone();
    void aBatchThatCameOutOtherwise();
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
    void aHistoryThatIsLostTakesNoFileWithIt();
};

void TestSessionChecks::rowsInWords() {
    LedgerState ledger;
    ledger.entries.push_back(
        {.id = 2, .title = "Rome", .note = {}, .hash = {}, .report = {}, .active = true, .stale = false});
    const std::unique_ptr<CheckModel> model(
        CheckModel::ofChecks({{.check = "file", .finding = "sound"},
                              {.check = "answers", .batch = 2, .ok = false, .finding = "others", .difference = 0.25},
                              {.check = "new-one", .batch = 7, .finding = "well"}},
                             ledger));
    QCOMPARE(model->summary(), QStringLiteral("✗ 1 of 3 check(s) failed"));
    QVERIFY(!model->isGood());
    QCOMPARE(model->firstBad(), 1);
    const auto cell = [&](int row, int column) { return model->index(row, column).data().toString(); };
    QCOMPARE(cell(0, 0), QStringLiteral("✓ passed"));
    QCOMPARE(cell(0, 2), QStringLiteral("all of it"));
    QCOMPARE(cell(0, 4), QString());
    QCOMPARE(cell(1, 0), QStringLiteral("✗ failed"));
    QCOMPARE(cell(1, 2), QStringLiteral("2: Rome"));
    QCOMPARE(cell(1, 4), QStringLiteral("0.2500"));
    QCOMPARE(cell(2, 1), QStringLiteral("new-one"));
    QCOMPARE(cell(2, 2), QStringLiteral("7"));
    QCOMPARE(model->describe(1), QStringLiteral("✗ failed · Answers of batch 2: Rome: others"));
    QCOMPARE(model->describe(3), QString());
    const QStringList lines = model->toText().split(u'\n');
    QCOMPARE(lines.size(), 6); // the last one is empty
    QCOMPARE(lines[3], QStringLiteral("✗ failed\tAnswers\t2: Rome\tothers\t0.2500"));
}

void TestSessionChecks::numbersThatAreNone() {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const std::unique_ptr<CheckModel> checks(
        CheckModel::ofChecks({{.check = "update-norm", .ok = false, .finding = {}, .difference = nan}}, {}));
    QCOMPARE(checks->index(0, 4).data().toString(), QStringLiteral("not a number"));
    const std::unique_ptr<CheckModel> none(CheckModel::ofReplay({}));
    QVERIFY(none->isGood());
    QVERIFY(none->summary().startsWith(QStringLiteral("There was nothing to replay")));
    QCOMPARE(none->firstBad(), 0);
}

void TestSessionChecks::aBatchThatCameOutOtherwise() {
    ReplayedBatch other{.batch = 1, .title = "one", .edits = {}, .problem = {}, .hint = {}};
    other.largest_norm_difference = 0.02;
    other.edits.push_back({"Eiffel", "Rome", 0.9, 0.8, true, true});
    other.edits.push_back({"Louvre", "Rome", 0.9, 0.1, true, false});
    ReplayedBatch broken{.batch = 2, .title = "two", .edits = {}, .problem = "no such layer", .hint = "choose one"};
    const std::unique_ptr<CheckModel> model(CheckModel::ofReplay({other, broken}));
    QCOMPARE(model->rowCount(), 3);
    QVERIFY(model->summary().contains(QStringLiteral("0 of 2 batch(es)")));
    QVERIFY(model->summary().contains(QStringLiteral("1 could not be replayed")));
    QCOMPARE(model->firstBad(), 1); // other bits alone are no fault, an edit that is lost is
    const auto cell = [&](int row, int column) { return model->index(row, column).data().toString(); };
    QCOMPARE(cell(0, 0), QStringLiteral("≠ other bits"));
    QCOMPARE(cell(0, 3), QStringLiteral("2.0 %"));
    QCOMPARE(cell(0, 6), QStringLiteral("✓ still holds"));
    QCOMPARE(cell(1, 5), QStringLiteral("10.0 %"));
    QCOMPARE(cell(1, 6), QStringLiteral("✗ lost"));
    QCOMPARE(cell(2, 0), QStringLiteral("✗ not replayed"));
    QVERIFY(model->describe(2).contains(QStringLiteral("no such layer; choose one")));
}

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
    const QByteArray bytes = bytesOf(f->file());
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
    QCOMPARE(bytesOf(before.file), bytes);
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
    QVERIFY(!dialogOf(*f));
    QVERIFY(failureOf(*f).isEmpty());
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
    const QByteArray bytes = bytesOf(f->file());
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
    QCOMPARE(bytesOf(before.file), bytes);
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
    QVERIFY(textOf(dialog, "checkWhole").contains(QStringLiteral("there are no statistics; collect them")));
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
    const QByteArray bytes = bytesOf(f->file());
    CheckDialog* dialog = run(*f, ActionId::ReplaySession);
    dialog->findChild<QPushButton*>(QStringLiteral("checkKeep"))->click();
    f->rest();
    QVERIFY(f->asked.isEmpty()); // what is left has a name
    QVERIFY(f->file() != before.file);
    QVERIFY(f->state().untitled);
    QVERIFY(look(f->file())->head().untitled);
    QCOMPARE(bytesOf(before.file), bytes);
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
    QCOMPARE(bytesOf(before.file), bytes);
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
    f->window->edits().setData(f->window->edits().index(1, EditsModel::Object), QStringLiteral("German"));
    f->rest();
    const SessionHead now = look(before.file)->head();
    QCOMPARE(now.batches, std::size_t{3});
    QCOMPARE(now.edited_hash, before.head.edited_hash);
    f->script->apply_ms = 0;
    f->window->window.openSession(before.file); // "open it again; its file is whole"
    f->settle();
    QVERIFY(sameHistory(f->window->workbench.studio().ledger(), before.ledger));
}

QTEST_MAIN(TestSessionChecks)
#include "test_session_checks.moc"
