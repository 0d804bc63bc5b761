// SPDX-License-Identifier: GPL-3.0-or-later
// Several recipes side by side: the tab in the window on the fake engine.
#include "fake_window.h"
#include "models/trials_model.h"
#include "panels/panel_parts.h"
#include "panels/fitting_columns.h"
#include "panels/trials_panel.h"

#include <QCheckBox>
#include <QClipboard>
#include <QComboBox>
#include <QGuiApplication>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QPushButton>

using namespace emend;
using namespace emend::test;
using namespace emend::ui;

class TestTrials : public QObject {
    Q_OBJECT

    std::unique_ptr<Theme> m_theme;
    std::shared_ptr<FakeScript> m_script;

    static QString cell(const QAbstractItemModel& model, int row, int column) {
        return model.index(row, column).data().toString();
    }

    std::unique_ptr<WindowFixture> open() {
        auto made = openSettled(*m_theme, m_script);
        made->window.editsPanel().selectRow(0);
        made->action(ActionId::TryRecipes)->trigger();
        if (!made->settle())
            qFatal("did not settle");
        return made;
    }
    static void type(WindowFixture& f, const char* field, const QString& text) {
        f.get<QLineEdit>(field)->setText(text);
    }
    static void tick(WindowFixture& f, const QStringList& algorithms) {
        for (auto* box : f.get<TrialsPanel>("trialsPanel")->findChildren<QCheckBox*>())
            box->setChecked(algorithms.contains(box->text()));
    }
    static QString plan(WindowFixture& f) { return f.get<QLabel>("trialsPlan")->text(); }
    static QAbstractItemModel& table(WindowFixture& f) { return *f.get<QTableView>("trialsTable")->model(); }

  private slots:
    void initTestCase() { m_theme = std::make_unique<Theme>(); }
    void init() { m_script = std::make_shared<FakeScript>(); }

    void planCountsAndEstimates();
    void faultsOfTheFormAreTold();
    void rowsComeWhileItRuns();
    void failedRecipesStay();
    void cancelKeepsWhatIsThere();
    void anEditEndsThemAndSaysSo();
    void faultOfAllIsToldInPlace();
    void usedByButtonDoubleClickAndEnter();
    void modelIsUntouched();
    void appliedEditsSayWhatToDo();
    void otherWeightsAreSaid();
    void anotherModelForgets();
    void keyboardAlone();
    void copiedForASpreadsheet();
    void whatIsLeftOutIsToldBeforeAndAfter();
    void columnsFitAndAreChosen();
};

void TestTrials::planCountsAndEstimates() {
    auto f = open();
    QVERIFY2(plan(*f).startsWith(QStringLiteral("3 recipe")), qPrintable(plan(*f)));
    QVERIFY(plan(*f).contains(QStringLiteral("Eiffel Tower → Rome")));
    QVERIFY(plan(*f).contains(QStringLiteral("how long is known after the first")));
    tick(*f, {QStringLiteral("MEMIT"), QStringLiteral("EMMET")});
    type(*f, "trialLayers", QStringLiteral("3-5; 4"));
    type(*f, "trialSoftness", QStringLiteral("0, 100, 15000"));
    QVERIFY2(plan(*f).startsWith(QStringLiteral("12 recipe")), qPrintable(plan(*f)));
    type(*f, "trialSoftness", QStringLiteral("100"));
    f->get<QPushButton>("trialsRun")->click();
    QVERIFY(f->settle());
    QCOMPARE(table(*f).rowCount(), 5);
    QVERIFY2(plan(*f).contains(QStringLiteral("about 2 s")), qPrintable(plan(*f))); // 4 times half a second
    f->window.editsPanel().table()->selectAll();
    QVERIFY2(plan(*f).contains(QStringLiteral("2 more")), qPrintable(plan(*f)));
    QVERIFY2(plan(*f).contains(QStringLiteral("about 6 s")), qPrintable(plan(*f)));
}

void TestTrials::faultsOfTheFormAreTold() {
    struct Fault {
        const char* layers;
        const char* softness;
        bool inForm; // or in the plan
    };
    auto f = open();
    auto* problem = f->get<QLabel>("trialFormProblem");
    for (const Fault& fault : {Fault{"three", "", true}, Fault{"", "soft", true}, Fault{"", "-1", true},
                               Fault{"99", "", false}, // no such layer
                               Fault{"0;1;2;3;4;5;6;7", "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19", false}}) {
        type(*f, "trialLayers", QString::fromLatin1(fault.layers));
        type(*f, "trialSoftness", QString::fromLatin1(fault.softness));
        QVERIFY2(!f->get<QPushButton>("trialsRun")->isEnabled(), fault.layers);
        QVERIFY2(problem->isVisible() == fault.inForm, fault.layers);
        QVERIFY2(!(fault.inForm ? problem->text() : plan(*f)).isEmpty(), fault.layers);
        type(*f, "trialLayers", QStringLiteral("4"));
        type(*f, "trialSoftness", {});
        QVERIFY2(f->get<QPushButton>("trialsRun")->isEnabled(), fault.layers);
        QVERIFY2(!problem->isVisible(), fault.layers);
    }
}

void TestTrials::rowsComeWhileItRuns() {
    auto f = open();
    m_script->try_ms = 150;
    f->get<QPushButton>("trialsRun")->click();
    QCOMPARE(table(*f).rowCount(), 3);
    QCOMPARE(cell(table(*f), 0, TrialsModel::Held), QStringLiteral("running …"));
    QCOMPARE(cell(table(*f), 1, TrialsModel::Held), QStringLiteral("waits"));
    QVERIFY(f->get<QPushButton>("trialsCancel")->isVisible());
    QVERIFY(!f->get<QPushButton>("trialsRun")->isVisible());
    QTRY_COMPARE(cell(table(*f), 1, TrialsModel::Held), QStringLiteral("1/1"));
    QVERIFY(m_script->rows_tried < 3); // told before all are through
    QVERIFY(plan(*f).contains(QStringLiteral("of 3 recipes are through")));
    QVERIFY(f->settle());
    QCOMPARE(m_script->trials.load(), 1);
    QCOMPARE(cell(table(*f), 3, TrialsModel::Held), QStringLiteral("1/1"));
    QVERIFY(f->get<QPushButton>("trialsRun")->isVisible());
    QVERIFY(f->get<QLabel>("trialsSummary")->text().contains(QStringLiteral("Best so far")));
    QVERIFY(f->get<QLabel>("trialsDetails")->text().contains(QStringLiteral("the best so far"))); // selected
}

void TestTrials::failedRecipesStay() {
    auto f = open();
    tick(*f, {QStringLiteral("FT-L"), QStringLiteral("MEMIT")});
    f->get<QPushButton>("trialsRun")->click();
    QVERIFY(f->settle());
    QCOMPARE(table(*f).rowCount(), 3);
    QCOMPARE(cell(table(*f), 1, TrialsModel::Held), QStringLiteral("1/1"));
    QCOMPARE(cell(table(*f), 2, TrialsModel::Held), QStringLiteral("✗ failed"));
    QVERIFY(f->get<QLabel>("trialsSummary")
                ->text()
                .contains(QStringLiteral("FT-L - the loss did not fall (FT-L): more steps")));
    QVERIFY(!f->get<FailureLine>("trialsFailure")->isVisible());
}

void TestTrials::cancelKeepsWhatIsThere() {
    auto f = open();
    m_script->try_ms = 300;
    f->get<QPushButton>("trialsRun")->click();
    QTRY_COMPARE(m_script->rows_tried.load(), 1);
    f->get<QPushButton>("trialsCancel")->click();
    QVERIFY(f->settle());
    QCOMPARE(table(*f).rowCount(), 2);
    QCOMPARE(cell(table(*f), 1, TrialsModel::Held), QStringLiteral("1/1"));
    QVERIFY(f->get<QLabel>("trialsNote")->text().startsWith(QStringLiteral("Stopped; what ran is kept")));
    QVERIFY(!f->get<FailureLine>("trialsFailure")->isVisible());
    m_script->try_ms = 0;
    f->get<QPushButton>("trialsRun")->click();
    QVERIFY(f->settle());
    QCOMPARE(table(*f).rowCount(), 4);
}

void TestTrials::anEditEndsThemAndSaysSo() {
    auto f = open();
    m_script->try_ms = 100000;
    f->get<QPushButton>("trialsRun")->click();
    QTRY_COMPARE(m_script->trials.load(), 1);
    m_script->failApply("no such luck", "try again"); // the note stays until the weights are others
    f->workbench.apply({1});
    QVERIFY(f->settle(10000));
    QCOMPARE(f->get<QLabel>("trialsNote")->text(),
             QStringLiteral("Stopped: the model is being edited. What ran is kept."));
    QVERIFY(f->get<QPushButton>("trialsRun")->isVisible());
    m_script->failApply({}, {});
    m_script->try_ms = 300;
    f->get<QPushButton>("trialsRun")->click();
    QTRY_COMPARE(m_script->rows_tried.load(), 1);
    f->workbench.apply({2});
    QVERIFY(f->settle(10000));
    QCOMPARE(table(*f).rowCount(), 2); // what ran
    const QString note = f->get<QLabel>("trialsNote")->text();
    QVERIFY2(note.startsWith(QStringLiteral("Stopped for the edit. ")), qPrintable(note));
}

void TestTrials::faultOfAllIsToldInPlace() {
    auto f = open();
    m_script->fail_trials = true;
    f->get<QPushButton>("trialsRun")->click();
    QVERIFY(f->settle());
    QVERIFY(f->get<FailureLine>("trialsFailure")->text().contains(QStringLiteral("cannot be tried")));
    QVERIFY(f->get<EmptyState>("trialsEmpty")->isVisible());
    m_script->fail_trials = false;
    f->get<QPushButton>("trialsRun")->click();
    QVERIFY(!f->get<FailureLine>("trialsFailure")->isVisible());
    QVERIFY(f->settle());
}

void TestTrials::usedByButtonDoubleClickAndEnter() {
    auto f = open();
    f->get<QPushButton>("trialsRun")->click();
    QVERIFY(f->settle());
    auto* view = f->get<QTableView>("trialsTable");
    auto* algorithm = f->get<QComboBox>("recipe_algorithm");
    const auto select = [&](int row) { view->setCurrentIndex(table(*f).index(row, 0)); };
    select(3);
    f->get<QPushButton>("trialsUse")->click();
    QCOMPARE(algorithm->currentText(), QStringLiteral("MEMIT"));
    select(2);
    view->setFocus();
    QTest::keyClick(view, Qt::Key_Return);
    QCOMPARE(algorithm->currentText(), QStringLiteral("EMMET"));
    const QPoint first = view->visualRect(table(*f).index(1, 0)).center();
    QTest::mouseClick(view->viewport(), Qt::LeftButton, {}, first);
    QTest::mouseDClick(view->viewport(), Qt::LeftButton, {}, first);
    QCOMPARE(algorithm->currentText(), QStringLiteral("ROME"));
    select(0); // "no edit" is no recipe
    QVERIFY(!f->get<QPushButton>("trialsUse")->isEnabled());
    QTest::keyClick(view, Qt::Key_Return);
    QCOMPARE(algorithm->currentText(), QStringLiteral("ROME"));
    QCOMPARE(m_script->applies.load(), 0); // chosen, not applied
}

void TestTrials::modelIsUntouched() {
    auto f = open();
    const QString before = f->workbench.studio().weightsHash();
    const int checks = m_script->checks;
    f->get<QPushButton>("trialsRun")->click();
    QVERIFY(f->settle());
    QCOMPARE(f->workbench.studio().weightsHash(), before);
    QCOMPARE(f->workbench.studio().ledger().entries.size(), std::size_t{0});
    QCOMPARE(m_script->checks.load(), checks); // nothing is asked anew
    QVERIFY(f->get<QLabel>("trialsNote")->text().contains(QStringLiteral("The model is as it was")));
}

void TestTrials::appliedEditsSayWhatToDo() {
    auto f = open();
    f->workbench.apply({0});
    QVERIFY(f->settle());
    QVERIFY2(plan(*f).contains(QStringLiteral("Undo it (Ctrl+Z)")), qPrintable(plan(*f)));
    QVERIFY(!f->get<QPushButton>("trialsRun")->isEnabled());
    f->action(ActionId::Undo)->trigger();
    QVERIFY(f->settle());
    QVERIFY(f->get<QPushButton>("trialsRun")->isEnabled());
    QVERIFY2(plan(*f).contains(QStringLiteral("about 3 s")),
             qPrintable(plan(*f))); // as long as applying it took, thrice
}

void TestTrials::otherWeightsAreSaid() {
    auto f = open();
    f->get<QPushButton>("trialsRun")->click();
    QVERIFY(f->settle());
    f->workbench.apply({1});
    QVERIFY(f->settle());
    QVERIFY(f->get<QLabel>("trialsNote")->text().contains(QStringLiteral("weights as they were before")));
    QCOMPARE(table(*f).rowCount(), 4);
    f->get<QPushButton>("trialsRun")->click();
    QVERIFY(f->settle());
    QVERIFY(!f->get<QLabel>("trialsNote")->text().contains(QStringLiteral("before")));
}

void TestTrials::anotherModelForgets() {
    auto f = open();
    m_script->try_ms = 20000;
    f->get<QPushButton>("trialsRun")->click();
    QTRY_COMPARE(m_script->trials.load(), 1);
    f->window.openModel(QStringLiteral("/models/other_model"));
    QVERIFY(f->settle(5000));
    QCOMPARE(table(*f).rowCount(), 0);
    QVERIFY(f->get<QPushButton>("trialsRun")->isVisible());
    QVERIFY(f->get<EmptyState>("trialsEmpty")->isVisible());
}

void TestTrials::keyboardAlone() {
    auto f = open();
    QVERIFY(qobject_cast<QCheckBox*>(f->window.focusWidget())); // where the action put it
    auto* rome = f->get<QCheckBox>("try_ROME");
    QVERIFY(rome->hasFocus() && rome->isChecked());
    QTest::keyClick(rome, Qt::Key_Space);
    QVERIFY(!rome->isChecked());
    for (int steps = 0; steps < 40 && f->window.focusWidget() != f->get<QPushButton>("trialsRun"); ++steps)
        QTest::keyClick(f->window.focusWidget(), Qt::Key_Tab);
    QVERIFY(f->get<QPushButton>("trialsRun")->hasFocus());
    QTest::keyClick(f->window.focusWidget(), Qt::Key_Space);
    QVERIFY(f->settle());
    QCOMPARE(table(*f).rowCount(), 3);
    for (int steps = 0; steps < 10 && f->window.focusWidget() != f->get<QTableView>("trialsTable"); ++steps)
        QTest::keyClick(f->window.focusWidget(), Qt::Key_Tab);
    QVERIFY(f->get<QTableView>("trialsTable")->hasFocus());
    QTest::keyClick(f->window.focusWidget(), Qt::Key_Down);
    QVERIFY(!f->get<QLabel>("trialsDetails")->text().isEmpty());
}

void TestTrials::copiedForASpreadsheet() {
    auto f = open();
    QVERIFY(!f->get<QPushButton>("trialsCopy")->isEnabled());
    f->get<QPushButton>("trialsRun")->click();
    QVERIFY(f->settle());
    f->get<QPushButton>("trialsCopy")->click();
    const QString copied = QGuiApplication::clipboard()->text();
    QVERIFY2(copied.startsWith(QStringLiteral("algorithm\tlayers\t")), qPrintable(copied));
    QCOMPARE(copied.count(u'\n'), 5);
}

void TestTrials::whatIsLeftOutIsToldBeforeAndAfter() {
    auto f = open();
    tick(*f, {QStringLiteral("ROME"), QStringLiteral("MEMIT")});
    type(*f, "trialLayers", QStringLiteral("3-5"));
    QVERIFY2(plan(*f).contains(QStringLiteral("left out: ")), qPrintable(plan(*f)));
    f->get<QPushButton>("trialsRun")->click();
    QVERIFY(f->settle());
    const QString summary = f->get<QLabel>("trialsSummary")->text();
    QVERIFY2(summary.contains(QStringLiteral("Left out: ROME, layers 3-5")), qPrintable(summary));
    QCOMPARE(cell(table(*f), 0, TrialsModel::Algorithm), QStringLiteral("no edit"));
}

void TestTrials::columnsFitAndAreChosen() {
    auto f = open();
    f->get<QPushButton>("trialsRun")->click();
    QVERIFY(f->settle());
    auto* view = f->get<QTableView>("trialsTable");
    QVERIFY(view->horizontalHeader()->length() <= view->viewport()->width());
    for (const int column : {TrialsModel::Held, TrialsModel::Score, TrialsModel::Norms})
        QVERIFY2(!view->isColumnHidden(column), qPrintable(QString::number(column)));
    QVERIFY(view->isColumnHidden(TrialsModel::Memorization)); // no room at 1280
    QMenu menu;
    f->get<FittingColumns>("trialColumns")->addChoices(menu);
    for (QAction* action : menu.actions())
        if (action->text() == QStringLiteral("Memorization error"))
            action->trigger();
    QVERIFY(!view->isColumnHidden(TrialsModel::Memorization));
    menu.actions().back()->trigger(); // as many as there is room for
    QVERIFY(view->isColumnHidden(TrialsModel::Memorization));
}

QTEST_MAIN(TestTrials)
#include "test_window_trials.moc"
