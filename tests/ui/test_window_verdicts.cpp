// SPDX-License-Identifier: GPL-3.0-or-later
// What the window says came of an edit: held or not, taken back exactly, and what is watched beside it.
#include "fake_window.h"
#include "panels/job_bar.h"
#include "panels/watch_dialog.h"

#include <QAbstractItemView>
#include <QComboBox>
#include <QCompleter>
#include <QDialogButtonBox>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QPushButton>

using namespace emend;
using namespace emend::test;
using namespace emend::ui;

class TestWindowVerdicts : public QObject {
    Q_OBJECT

    std::unique_ptr<Theme> m_theme;
    std::shared_ptr<FakeScript> m_script;

    std::unique_ptr<WindowFixture> open(std::vector<EditRequest> drafts, Questions questions = {}) {
        return openWindow(*m_theme, m_script, std::move(drafts), std::move(questions));
    }
    static QString state(WindowFixture& f, int row, int role = Qt::DisplayRole) {
        return f.edits().index(row, EditsModel::State).data(role).toString();
    }
    static QString status(WindowFixture& f) { return f.get<JobBar>("jobBar")->text(); }
    static QString logged(WindowFixture& f) { return f.workbench.log().toText(); }

  private slots:
    void initTestCase() { m_theme = std::make_unique<Theme>(); }
    void init() { m_script = std::make_shared<FakeScript>(); }

    void halfSaidObjectIsNoSuccess();
    void aSingleEditThatDoesNotHold();
    void quittingCountsEditsNotBatches();
    void tabLeavesSuggestionsForTheNextCell();
    void tabKeepsATypedObject();
    void undoTellsTheHash();
    void largeModelsAreNotHashed();
    void promptsToWatchAreAdded();
    void watchedPromptsAreChecked();
};

void TestWindowVerdicts::halfSaidObjectIsNoSuccess() {
    m_script->half_said = true;
    std::vector<EditRequest> drafts = fakeDrafts();
    drafts[0].object = "Buenos Aires";
    drafts.push_back({"Big Ben", "", "{} is located in the city of", "Berlin", {}, {}, {}});
    auto f = open(drafts);
    QVERIFY(f->settle());
    f->window.editsPanel().selectRow(0);
    QVERIFY(f->settle());
    f->action(ActionId::ApplyAll)->trigger();
    QVERIFY(f->settle());
    QCOMPARE(f->edits().row(0).state, EditState::Applied); // it is in the weights
    QCOMPARE(state(*f, 0), QStringLiteral("Not held"));
    for (const char* part : {"Buenos Aires", "12.0", "steps", "clamp", "layer"})
        QVERIFY2(state(*f, 0, Qt::ToolTipRole).contains(QLatin1String(part)), part);
    for (int row = 1; row < 4; ++row)
        QCOMPARE(state(*f, row), QStringLiteral("Applied"));
    QCOMPARE(f->edits().index(0, EditsModel::Answer).data().toString(), QStringLiteral("Buenos…"));
    QVERIFY2(status(*f).contains(QStringLiteral("3 of 4 edits hold")), qPrintable(status(*f)));
    QVERIFY(f->get<QLabel>("editsCaption")->text().contains(QStringLiteral("not said")));
    QVERIFY(f->get<QLabel>("compareNotHeld")->isVisible());
    QVERIFY(f->get<QLabel>("wordingTally")->text().contains(QStringLiteral("0 of 3 other wordings turned")));
    f->window.editsPanel().selectRow(3);
    QVERIFY(f->settle());
    QVERIFY(!f->get<QLabel>("compareNotHeld")->isVisible());

    m_script->half_said = false; // as another knob position might have it: the answers are asked for again
    f->action(ActionId::Undo)->trigger();
    QVERIFY(f->settle());
    QCOMPARE(state(*f, 0), QStringLiteral("Undone"));
    f->action(ActionId::Redo)->trigger();
    QVERIFY(f->settle());
    QCOMPARE(state(*f, 0), QStringLiteral("Applied"));
    QCOMPARE(f->edits().index(0, EditsModel::Answer).data().toString(), QStringLiteral("Buenos Aires"));
}

void TestWindowVerdicts::aSingleEditThatDoesNotHold() {
    m_script->half_said = true;
    auto f = open({{"Big Ben", "", "{} is located in the city of", "Buenos Aires", {}, {}, {}}});
    QVERIFY(f->settle());
    f->action(ActionId::Apply)->trigger();
    QVERIFY(f->settle());
    QVERIFY2(status(*f).contains(QStringLiteral("does not hold")), qPrintable(status(*f)));
    QVERIFY(status(*f).contains(QStringLiteral("12.0 %")));
}

void TestWindowVerdicts::quittingCountsEditsNotBatches() {
    QStringList asked;
    Questions questions;
    questions.leaveSession = [&](QWidget*, const QString& text, bool /*named*/) {
        asked << text;
        return Questions::Leave::Discard;
    };
    auto f = open(fakeDrafts(), questions);
    QVERIFY(f->settle());
    f->action(ActionId::ApplyAll)->trigger();
    QVERIFY(f->settle());
    QCOMPARE(m_script->position.load(), std::size_t{1});
    f->window.close();
    QTRY_VERIFY(!f->window.isVisible());
    QCOMPARE(asked.size(), 1);
    QVERIFY2(asked[0].startsWith(QStringLiteral("3 applied edit")), qPrintable(asked[0]));
}

void TestWindowVerdicts::tabLeavesSuggestionsForTheNextCell() {
    auto f = open({});
    QVERIFY(f->settle());
    f->action(ActionId::AddEdit)->trigger();
    QTest::keyClicks(QApplication::focusWidget(), QStringLiteral("Eiffel Tower"));
    QTest::keyClick(QApplication::focusWidget(), Qt::Key_Tab);
    auto* combo = f->get<QComboBox>("relationEditor");
    QTRY_VERIFY(combo->hasFocus());
    QTest::keyClicks(combo, QStringLiteral("{} is loc"));
    QAbstractItemView* popup = combo->completer()->popup();
    QTRY_VERIFY(popup->isVisible());
    QTest::keyClick(popup, Qt::Key_Tab); // where keys go while it is open
    QVERIFY(!popup->isVisible());
    QCOMPARE(QString::fromStdString(f->edits().row(0).request.prompt), QStringLiteral("{} is loc"));
    QTableView* table = f->get<QTableView>("editsTable");
    QCOMPARE(table->currentIndex().column(), int(EditsModel::Object));
    auto* editor = f->get<QLineEdit>("objectEditor");
    QTRY_VERIFY(editor->hasFocus());
    QTest::keyClicks(editor, QStringLiteral("Rome"));
    QTest::keyClick(editor, Qt::Key_Return);
    QTRY_COMPARE(f->edits().row(0).request.object, std::string("Rome"));
}

void TestWindowVerdicts::tabKeepsATypedObject() {
    EditRequest draft = fakeDrafts().front();
    draft.object.clear();
    auto f = open({draft});
    QVERIFY(f->settle());
    f->window.editsPanel().editCell(0, EditsModel::Object);
    auto* editor = f->get<QLineEdit>("objectEditor");
    QTRY_VERIFY(editor->hasFocus());
    QTest::keyClicks(editor, QStringLiteral("Ber"));
    QAbstractItemView* popup = editor->completer()->popup();
    QTRY_VERIFY(popup->isVisible());
    QTest::keyClick(popup, Qt::Key_Tab);
    QCOMPARE(f->edits().row(0).request.object, std::string("Ber"));
    QTRY_VERIFY(f->get<QTableView>("editsTable")->hasFocus());
}

void TestWindowVerdicts::undoTellsTheHash() {
    auto f = open(fakeDrafts());
    QVERIFY(f->settle());
    f->action(ActionId::Apply)->trigger();
    QVERIFY(f->settle());
    f->action(ActionId::Undo)->trigger();
    QVERIFY(f->settle());
    const QString hash = f->workbench.studio().checkpointHash().left(8);
    QCOMPARE(hash.size(), 8);
    const QString exact = QStringLiteral("the checkpoint's, bit for bit (hash %1…)").arg(hash);
    QVERIFY2(status(*f).contains(exact), qPrintable(status(*f)));
    QVERIFY(logged(*f).contains(exact));
    f->action(ActionId::Redo)->trigger();
    QVERIFY(f->settle());
    QVERIFY2(status(*f).contains(QStringLiteral("Hash of the weights")), qPrintable(status(*f)));
    QVERIFY(!status(*f).contains(hash));
    f->action(ActionId::GoToCheckpoint)->trigger();
    QVERIFY(f->settle());
    QVERIFY2(status(*f).contains(exact), qPrintable(status(*f)));
}

void TestWindowVerdicts::largeModelsAreNotHashed() {
    m_script->parameters = 60'000'000; // 240 MB in float32
    auto f = open(fakeDrafts());
    QVERIFY(f->settle());
    f->action(ActionId::Apply)->trigger();
    QVERIFY(f->settle());
    f->action(ActionId::Undo)->trigger();
    QVERIFY(f->settle());
    QVERIFY(status(*f).contains(QStringLiteral("Taken back")));
    QVERIFY(!status(*f).contains(QStringLiteral("ash")));
}

void TestWindowVerdicts::promptsToWatchAreAdded() {
    auto f = open({{"Big Ben", "", "{} is located in the city of", "Rome", {}, {}, {}}});
    QVERIFY(f->settle());
    QVERIFY(f->get<QWidget>("noWordings")->isVisible());
    QVERIFY(!f->get<QTableView>("wordingTable")->isVisible());
    f->action(ActionId::Apply)->trigger();
    QVERIFY(f->settle());

    f->action(ActionId::WatchPrompts)->trigger();
    auto* dialog = f->get<WatchDialog>("watchDialog");
    f->get<QPlainTextEdit>("watchParaphrases")->setPlainText(QStringLiteral("Where is {}? In\n\n  {} stands in  \n"));
    dialog->accept();
    QVERIFY(f->settle());
    const EditRequest& request = f->edits().row(0).request;
    QCOMPARE(request.paraphrases, (std::vector<std::string>{"Where is {}? In", "{} stands in"}));
    QCOMPARE(f->edits().row(0).state, EditState::Applied); // watching is no part of the edit
    QVERIFY(f->get<QTableView>("wordingTable")->isVisible());
    QVERIFY(!f->get<QWidget>("noWordings")->isVisible());
    QString tally = f->get<QLabel>("wordingTally")->text();
    QVERIFY2(tally.contains(QStringLiteral("2 of 2 other wordings turned")), qPrintable(tally));
    QVERIFY2(tally.contains(QStringLiteral("no neighbours")), qPrintable(tally));

    QTRY_VERIFY(!f->window.findChild<WatchDialog*>());
    f->action(ActionId::WatchPrompts)->trigger();
    f->get<QPlainTextEdit>("watchNeighbours")->setPlainText(QStringLiteral("The Colosseum is located in the city of"));
    f->get<WatchDialog>("watchDialog")->accept();
    QVERIFY(f->settle());
    QCOMPARE(request.neighbours.size(), std::size_t{1});
    tally = f->get<QLabel>("wordingTally")->text();
    QVERIFY2(tally.contains(QStringLiteral("1 of 1 neighbours stayed")), qPrintable(tally));
    QCOMPARE(m_script->position.load(), std::size_t{1});
}

void TestWindowVerdicts::watchedPromptsAreChecked() {
    WatchDialog dialog(fakeDrafts().front());
    QCOMPARE(dialog.paraphrases().size(), std::size_t{3});
    QCOMPARE(dialog.neighbours().size(), std::size_t{4});
    QPushButton* ok = dialog.findChild<QDialogButtonBox*>()->button(QDialogButtonBox::Ok);
    QVERIFY(ok->isEnabled());
    auto* neighbours = dialog.findChild<QPlainTextEdit*>(QStringLiteral("watchNeighbours"));
    neighbours->setPlainText(QStringLiteral("{} is in"));
    QVERIFY(!ok->isEnabled());
    QVERIFY(!dialog.problem().isEmpty());
    neighbours->setPlainText(QStringLiteral("Big Ben is in"));
    QVERIFY(ok->isEnabled());
    dialog.findChild<QPlainTextEdit*>(QStringLiteral("watchParaphrases"))->setPlainText(QStringLiteral("{} and {}"));
    QVERIFY(!ok->isEnabled());
}

QTEST_MAIN(TestWindowVerdicts)
#include "test_window_verdicts.moc"
