// SPDX-License-Identifier: GPL-3.0-or-later
// The history dock in the window on the fake engine.
#include "fake_window.h"
#include "models/history_model.h"
#include "panels/history_panel.h"
#include "panels/panel_parts.h"

#include <QDockWidget>
#include <QLineEdit>
#include <QPushButton>

using namespace emend;
using namespace emend::test;
using namespace emend::ui;

class TestHistory : public QObject {
    Q_OBJECT

    std::unique_ptr<Theme> m_theme;
    std::shared_ptr<FakeScript> m_script;

    std::unique_ptr<WindowFixture> open() { return openWindow(*m_theme, m_script); }
    // Three batches of one edit each, the history in sight.
    std::unique_ptr<WindowFixture> openApplied() {
        auto f = open();
        if (!f->settle())
            qFatal("did not settle");
        for (int row = 0; row < 3; ++row) {
            f->workbench.apply({row});
            if (!f->settle())
                qFatal("did not settle");
        }
        f->action(ActionId::ToggleHistory)->trigger();
        QCoreApplication::processEvents();
        return f;
    }

  private slots:
    void initTestCase() { m_theme = std::make_unique<Theme>(); }
    void init() { m_script = std::make_shared<FakeScript>(); }

    void jumpByKeyboardAndBack();
    void spaceSwitchesOff();
    void laterBatchesAreOfferedInPlace();
    void offerCanBeDeclined();
    void staleBatchIsSolvedAgain();
    void overASwitchedOffBatchNothingMoves();
    void failureIsToldInTheDock();
    void chosenBatchIsShownInTheCentre();
    void actionsFollowTheRow();
    void dockIsRememberedAndSharesItsPlace();
    void renamedWithF2();
    void notedWithItsShortcut();
    void doubleClickRenamesOrJumps();
    void typingSurvivesAChangeOfTheLedger();
};

void TestHistory::jumpByKeyboardAndBack() {
    auto f = openApplied();
    auto* table = f->get<QTableView>("historyTable");
    QVERIFY(table->hasFocus());
    QCOMPARE(f->window.historyPanel().currentRow(), 3);
    QTest::keyClick(table, Qt::Key_Up);
    QTest::keyClick(table, Qt::Key_Up);
    QCOMPARE(f->window.historyPanel().currentRow(), 1);
    QTest::keyClick(table, Qt::Key_Return);
    QVERIFY(f->settle());
    QCOMPARE(m_script->position.load(), std::size_t{1});
    QCOMPARE(f->edits().row(0).state, EditState::Applied);
    QCOMPARE(f->edits().row(2).state, EditState::Undone);
    f->action(ActionId::GoToCheckpoint)->trigger();
    QVERIFY(f->settle());
    QCOMPARE(m_script->position.load(), std::size_t{0});
    f->action(ActionId::GoToNewest)->trigger();
    QVERIFY(f->settle());
    QCOMPARE(m_script->position.load(), std::size_t{3});
    QVERIFY(!f->action(ActionId::GoToNewest)->isEnabled()); // already there
}

void TestHistory::spaceSwitchesOff() {
    auto f = openApplied();
    auto* table = f->get<QTableView>("historyTable");
    QTest::keyClick(table, Qt::Key_Space); // the last one: nothing comes after it
    QVERIFY(f->settle());
    const auto& entries = f->workbench.studio().ledger().entries;
    QVERIFY(!entries[2].active);
    QCOMPARE(table->model()->index(3, 0).data(Qt::CheckStateRole).toInt(), int(Qt::Unchecked));
    QVERIFY(!f->get<OfferLine>("offerLine")->isVisible());
    QCOMPARE(f->edits().index(2, EditsModel::Answer).data().toString(), QStringLiteral("composer"));
    QTest::keyClick(table, Qt::Key_Space);
    QVERIFY(f->settle());
    QVERIFY(entries[2].active);
    QCOMPARE(f->edits().index(2, EditsModel::Answer).data().toString(), QStringLiteral("architect"));
}

void TestHistory::laterBatchesAreOfferedInPlace() {
    auto f = openApplied();
    auto* table = f->get<QTableView>("historyTable");
    table->setCurrentIndex(table->model()->index(1, 0));
    QTest::keyClick(table, Qt::Key_Space);
    QVERIFY(f->settle());
    auto* offer = f->get<OfferLine>("offerLine");
    QVERIFY(offer->isVisible());
    QVERIFY(!QApplication::activeModalWidget());
    auto* button = f->get<QPushButton>("offerAccept");
    QVERIFY2(button->text().contains(QLatin1Char('2')), qPrintable(button->text()));
    QVERIFY(table->model()->index(2, HistoryModel::State).data().toString().contains(QStringLiteral("stale")));
    button->click();
    QVERIFY(f->settle());
    QVERIFY(!offer->isVisible());
    const auto& entries = f->workbench.studio().ledger().entries;
    QVERIFY(!entries[0].active); // as it was switched
    QVERIFY(!entries[1].stale && !entries[2].stale);
}

void TestHistory::offerCanBeDeclined() {
    auto f = openApplied();
    f->workbench.studio().switchBatch(f->workbench.studio().ledger().entries[0].id, false, false);
    QVERIFY(f->settle());
    QVERIFY(f->get<OfferLine>("offerLine")->isVisible());
    f->get<QPushButton>("offerDecline")->click();
    QVERIFY(!f->get<OfferLine>("offerLine")->isVisible());
    QVERIFY(f->action(ActionId::SolveStale)->isEnabled()); // still possible
}

void TestHistory::staleBatchIsSolvedAgain() {
    auto f = openApplied();
    f->workbench.studio().switchBatch(f->workbench.studio().ledger().entries[0].id, false, false);
    QVERIFY(f->settle());
    f->window.historyPanel().selectRow(2);
    QVERIFY(f->action(ActionId::SolveAgain)->isEnabled());
    const int before = m_script->softenings;
    f->action(ActionId::SolveAgain)->trigger();
    QVERIFY(f->settle());
    QCOMPARE(m_script->softenings.load(), before + 1);
    f->action(ActionId::SolveStale)->trigger();
    QVERIFY(f->settle());
    QVERIFY(!f->action(ActionId::SolveStale)->isEnabled());
}

void TestHistory::overASwitchedOffBatchNothingMoves() {
    auto f = openApplied();
    f->workbench.studio().switchBatch(f->workbench.studio().ledger().entries[2].id, false, false);
    QVERIFY(f->settle());
    QSignalSpy told(&f->workbench, &Workbench::message);
    f->workbench.undo();
    QVERIFY(f->settle());
    f->workbench.redo();
    QVERIFY(f->settle());
    QCOMPARE(told.size(), 2);
    for (const QList<QVariant>& one : told)
        QVERIFY2(one[0].toString().contains(QStringLiteral("(switched off)")), qPrintable(one[0].toString()));
}

void TestHistory::failureIsToldInTheDock() {
    auto f = openApplied();
    m_script->fail_switch = true;
    auto* table = f->get<QTableView>("historyTable");
    QTest::keyClick(table, Qt::Key_Space);
    QVERIFY(f->settle());
    auto* failure = f->get<FailureLine>("historyFailure");
    QVERIFY(failure->isVisible());
    QVERIFY(failure->text().contains(QStringLiteral("could not be switched")));
    QCOMPARE(table->model()->index(3, 0).data(Qt::CheckStateRole).toInt(), int(Qt::Checked));
    m_script->fail_switch = false;
    QTest::keyClick(table, Qt::Key_Space);
    QVERIFY(f->settle());
    QVERIFY(!failure->isVisible());
}

void TestHistory::chosenBatchIsShownInTheCentre() {
    auto f = openApplied();
    f->window.editsPanel().selectRow(2);
    auto* table = f->get<QTableView>("historyTable");
    table->setFocus();
    QTest::keyClick(table, Qt::Key_Up);
    QCOMPARE(f->window.historyPanel().currentRow(), 2);
    QCOMPARE(f->window.editsPanel().currentRow(), 1);
    QVERIFY(f->settle());
}

void TestHistory::actionsFollowTheRow() {
    auto f = openApplied();
    f->window.historyPanel().selectRow(0);
    QVERIFY(f->action(ActionId::GoHere)->isEnabled());
    QVERIFY(!f->action(ActionId::SwitchBatch)->isEnabled()); // the checkpoint
    f->window.historyPanel().selectRow(3);
    QVERIFY(!f->action(ActionId::GoHere)->isEnabled()); // stands there
    QVERIFY(f->action(ActionId::SwitchBatch)->isEnabled());
    QVERIFY(!f->action(ActionId::SolveAgain)->isEnabled()); // nothing is stale
    m_script->apply_ms = 300;
    f->workbench.studio().goTo(1);
    f->workbench.addEdits({{fakeDrafts()[1]}, {}, "test"}, QStringLiteral("Drafts"));
    QVERIFY(f->settle());
    f->workbench.apply(f->workbench.drafts());
    QTRY_VERIFY(!f->action(ActionId::SwitchBatch)->isEnabled()); // while something is written
    QVERIFY(f->settle());
}

void TestHistory::dockIsRememberedAndSharesItsPlace() {
    auto f = openApplied();
    auto* history = f->get<QDockWidget>("historyDock");
    auto* log = f->get<QDockWidget>("logDock");
    f->action(ActionId::ToggleLog)->trigger();
    QVERIFY(!log->isHidden() && !history->isHidden());
    QVERIFY(f->window.tabifiedDockWidgets(log).contains(history));
    f->action(ActionId::RestoreLayout)->trigger();
    QVERIFY(log->isHidden() && history->isHidden());
    QVERIFY(!f->action(ActionId::ToggleHistory)->isChecked());
}

void TestHistory::renamedWithF2() {
    auto f = openApplied();
    HistoryPanel& panel = f->window.historyPanel();
    panel.table()->setFocus();
    panel.selectRow(2);
    const int applies = m_script->applies;
    QTest::keyClick(panel.table(), Qt::Key_F2);
    auto* editor = panel.table()->findChild<QLineEdit*>();
    QVERIFY(editor);
    QTest::keyClicks(editor, QStringLiteral("The bridge"));
    QTest::keyClick(editor, Qt::Key_Return);
    QVERIFY(f->settle());
    QCOMPARE(panel.table()->model()->index(2, HistoryModel::Title).data().toString(), QStringLiteral("The bridge"));
    QCOMPARE(f->workbench.studio().ledger().entries[1].title, std::string("The bridge"));
    QCOMPARE(f->workbench.studio().ledger().position, std::size_t{3}); // nothing has moved
    QCOMPARE(m_script->applies.load(), applies);
    // Escape leaves it as it was.
    panel.selectRow(3);
    QTest::keyClick(panel.table(), Qt::Key_F2);
    editor = panel.table()->findChild<QLineEdit*>();
    QVERIFY(editor);
    editor->setText(QStringLiteral("Newest"));
    QTest::keyClick(editor, Qt::Key_Escape);
    QVERIFY(f->settle());
    QVERIFY(f->workbench.studio().ledger().entries[2].title != "Newest");
}

void TestHistory::notedWithItsShortcut() {
    auto f = openApplied();
    HistoryPanel& panel = f->window.historyPanel();
    panel.selectRow(1);
    f->action(ActionId::NoteBatch)->trigger();
    auto* editor = panel.table()->findChild<QLineEdit*>();
    QVERIFY(editor);
    QTest::keyClicks(editor, QStringLiteral("asked for in March"));
    QTest::keyClick(editor, Qt::Key_Return);
    QVERIFY(f->settle());
    QCOMPARE(panel.table()->model()->index(1, HistoryModel::Note).data().toString(),
             QStringLiteral("asked for in March"));
    QCOMPARE(f->workbench.studio().ledger().entries[0].note, std::string("asked for in March"));
    panel.selectRow(0);
    QVERIFY(!f->action(ActionId::NoteBatch)->isEnabled());
    QVERIFY(!f->action(ActionId::RenameBatch)->isEnabled());
}

void TestHistory::doubleClickRenamesOrJumps() {
    auto f = openApplied();
    HistoryPanel& panel = f->window.historyPanel();
    QTableView* table = panel.table();
    const auto doubleClick = [&](int row, int column) {
        const QPoint at = table->visualRect(table->model()->index(row, column)).center();
        QTest::mouseClick(table->viewport(), Qt::LeftButton, {}, at);
        QTest::mouseDClick(table->viewport(), Qt::LeftButton, {}, at);
    };
    doubleClick(1, HistoryModel::Title);
    QVERIFY(table->findChild<QLineEdit*>());
    QTest::keyClick(table->findChild<QLineEdit*>(), Qt::Key_Escape);
    QVERIFY(f->settle());
    QCOMPARE(f->workbench.studio().ledger().position, std::size_t{3});
    doubleClick(1, HistoryModel::State);
    QVERIFY(f->settle());
    QCOMPARE(f->workbench.studio().ledger().position, std::size_t{1});
}

void TestHistory::typingSurvivesAChangeOfTheLedger() {
    auto f = openApplied();
    HistoryPanel& panel = f->window.historyPanel();
    panel.selectRow(1);
    panel.writeNote();
    auto* editor = panel.table()->findChild<QLineEdit*>();
    QVERIFY(editor);
    QTest::keyClicks(editor, QStringLiteral("half a"));
    f->workbench.undo();
    QVERIFY(f->settle());
    editor = panel.table()->findChild<QLineEdit*>();
    QVERIFY(editor);
    QCOMPARE(editor->text(), QStringLiteral("half a"));
}

QTEST_MAIN(TestHistory)
#include "test_history.moc"
