// SPDX-License-Identifier: GPL-3.0-or-later
// Why an edit took or did not: the models' wording, and the tab in the window on the fake engine.
#include "fake_window.h"
#include "models/diagnosis_model.h"
#include "panels/diagnosis_panel.h"
#include "panels/panel_parts.h"
#include "panels/recipe_field.h"
#include "panels/verdict_line.h"
#include "plots/loss_curve.h"

#include <QClipboard>
#include <QDoubleSpinBox>
#include <QGuiApplication>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSignalSpy>
#include <QTabBar>
#include <QTabWidget>

#include <limits>

using namespace emend;
using namespace emend::test;
using namespace emend::ui;

class TestDiagnosis : public QObject {
    Q_OBJECT

    std::unique_ptr<Theme> m_theme;
    std::shared_ptr<FakeScript> m_script;

    static std::shared_ptr<const Diagnosis> weak() {
        auto diagnosis = std::make_shared<Diagnosis>();
        diagnosis->summary = "the layers wrote only 31 %";
        diagnosis->verdicts = {
            {"object-tokens", true, true, 1, 5, "the object is 1 token: Rome", {}, "object"},
            {"layers", false, true, 0.31, 0.9, "only 31 %, \"too\" little", "lower the softness", "softness"},
            {"news-of-tomorrow", true, true, std::numeric_limits<double>::quiet_NaN(), 0, "fine", {}, {}}};
        diagnosis->loss = {6, 2, 0.5, 0.04};
        diagnosis->layers = {{1, 8, 5.5, 0.31}};
        diagnosis->lens.before = {{{{1, " the", 0.5}}, 0.001, {}}, {{{2, " Paris", 0.9}}, 0.002, {}}};
        diagnosis->lens.after = {{{{1, " the", 0.5}}, 0.001, {}}, {{{3, " Rome", 0.4}}, 0.41, {}}};
        return diagnosis;
    }
    std::unique_ptr<WindowFixture> open(bool applied = true) {
        auto made = openSettled(*m_theme, m_script);
        made->window.editsPanel().selectRow(0);
        if (applied)
            made->workbench.apply({0});
        if (!made->settle())
            qFatal("did not settle");
        return made;
    }
    void show(WindowFixture& f) {
        f.action(ActionId::ShowDiagnosis)->trigger();
        if (!f.settle())
            qFatal("did not settle");
    }
    // As soft as it gets: nothing of the edit is left.
    static void spoil(WindowFixture& f) {
        f.workbench.studio().settle({f.workbench.studio().ledger().entries.front().id, 1e8, true, {}, 5});
        if (!f.settle())
            qFatal("did not settle");
    }
    static QString text(WindowFixture& f, const char* verdict, const char* part) {
        auto* line = f.get<VerdictLine>(verdict);
        auto* label = line->findChild<QLabel*>(QString::fromLatin1(part));
        return label ? label->text() : QString();
    }

  private slots:
    void initTestCase() { m_theme = std::make_unique<Theme>(); }
    void init() { m_script = std::make_shared<FakeScript>(); }

    void verdictsAreWorded();
    void csvIsQuotedAndExact();
    void layersSayWhatTheyWroteAndAnswer();
    void curveReadsByKeys();
    void runsByItselfWhenSomebodyLooks();
    void everyStateWithoutDiagnosisSaysWhy_data();
    void everyStateWithoutDiagnosisSaysWhy();
    void weakVerdictLeadsToTheField();
    void weakVerdictOfTheObjectOpensADraft();
    void compareLeadsHere();
    void answersForAnotherEditAreDropped();
    void otherWeightsAreLookedIntoAgain();
    void cancelIsToldAndAgainIsOffered();
    void failureIsToldInPlace();
    void leavingTheTabStopsIt();
    void stoodBackForAnEditThatFailed();
    void copiedAsText();
    void noModelNoQuestion();
};

void TestDiagnosis::verdictsAreWorded() {
    DiagnosisModel model;
    QCOMPARE(model.rowCount(), 0);
    QVERIFY(model.toText().isEmpty());
    model.setDiagnosis(weak(), QStringLiteral("Eiffel Tower → Rome"));
    QCOMPARE(model.rowCount(), 3);
    QCOMPARE(model.weakCount(), 1);
    QCOMPARE(model.summary(), QStringLiteral("The layers wrote only 31 %."));
    const auto cell = [&](int row, int column) { return model.index(row, column).data().toString(); };
    QCOMPARE(cell(0, DiagnosisModel::Check), QStringLiteral("Object's tokens"));
    QCOMPARE(cell(0, DiagnosisModel::Mark), QStringLiteral("ok"));
    QCOMPARE(cell(0, DiagnosisModel::Finding), QStringLiteral("The object is 1 token: Rome."));
    QCOMPARE(cell(1, DiagnosisModel::Mark), QStringLiteral("weak"));
    QCOMPARE(cell(1, DiagnosisModel::Advice), QStringLiteral("Lower the softness."));
    QCOMPARE(cell(2, DiagnosisModel::Check), QStringLiteral("News of tomorrow")); // a check nobody knows
    const QString told = model.toText();
    QVERIFY2(told.startsWith(QStringLiteral("Eiffel Tower → Rome\nThe layers wrote")), qPrintable(told));
    QVERIFY2(told.contains(QStringLiteral("✗ What was written (weak)")), qPrintable(told));
    QVERIFY2(told.contains(QStringLiteral("  → Lower the softness.")), qPrintable(told));
}

void TestDiagnosis::csvIsQuotedAndExact() {
    DiagnosisModel model;
    model.setDiagnosis(weak(), {});
    const QStringList lines = model.toCsv().split(u'\n');
    QCOMPARE(lines.at(0), QStringLiteral("check,judged,ok,value,bound,finding,advice,setting"));
    QCOMPARE(lines.at(2), QStringLiteral("layers,true,false,0.31,0.90000000000000002,\"only 31 %, \"\"too\"\" little\","
                                         "lower the softness,softness"));
    QCOMPARE(lines.at(3), QStringLiteral("news-of-tomorrow,true,true,,0,fine,,")); // no number: an empty cell
}

void TestDiagnosis::layersSayWhatTheyWroteAndAnswer() {
    DiagnosisLayersModel model;
    model.setDiagnosis(weak());
    QCOMPARE(model.rowCount(), 2);
    const auto cell = [&](int row, int column) { return model.index(row, column).data().toString(); };
    QCOMPARE(cell(0, DiagnosisLayersModel::Share), QStringLiteral("–")); // not written
    QCOMPARE(cell(1, DiagnosisLayersModel::Share), QStringLiteral("31 %"));
    QCOMPARE(cell(1, DiagnosisLayersModel::SaysBefore), QStringLiteral("Paris"));
    QCOMPARE(cell(1, DiagnosisLayersModel::SaysAfter), QStringLiteral("Rome"));
    QCOMPARE(cell(1, DiagnosisLayersModel::NewAfter), QStringLiteral("41.0 %"));
    QCOMPARE(model.index(1, DiagnosisLayersModel::Share).data(DiagnosisLayersModel::AmountRole).toDouble(), 0.31);
    QVERIFY(!model.index(0, DiagnosisLayersModel::Share).data(DiagnosisLayersModel::AmountRole).isValid());
    QVERIFY(model.describe(1).contains(QStringLiteral("|z − h| from 8.000 to 5.500")));
    QVERIFY(model.toCsv().contains(QStringLiteral("\n1,8,5.5,")));
    auto diagnosis = std::make_shared<Diagnosis>(*weak());
    diagnosis->lens = {};
    diagnosis->layers.push_back({5, 4, 1, 0.5});
    model.setDiagnosis(diagnosis);
    QCOMPARE(model.rowCount(), 6); // a lens that is missing takes no layer away
    QCOMPARE(cell(5, DiagnosisLayersModel::SaysAfter), QStringLiteral("–"));
    QCOMPARE(cell(5, DiagnosisLayersModel::Share), QStringLiteral("50 %"));
}

void TestDiagnosis::curveReadsByKeys() {
    LossCurve curve;
    curve.resize(400, 260);
    curve.show();
    QVERIFY(curve.accessibleDescription().contains(QStringLiteral("No search")));
    curve.setLoss({6, 2, 0.5, 0.04}, 0.05, QStringLiteral("Eiffel Tower → Rome"));
    QVERIFY2(curve.accessibleDescription().startsWith(QStringLiteral("Step 3 of 3: loss 0.0400")),
             qPrintable(curve.accessibleDescription()));
    QTest::keyClick(&curve, Qt::Key_Home);
    QVERIFY(curve.accessibleDescription().startsWith(QStringLiteral("Step 0 of 3: loss 6")));
    QTest::keyClick(&curve, Qt::Key_Right);
    QVERIFY(curve.accessibleDescription().startsWith(QStringLiteral("Step 1 of 3: loss 2")));
    QVERIFY(curve.title().contains(QStringLiteral("Rome")));
    QVERIFY(curve.toCsv().endsWith(QStringLiteral("\n3,0.040000000000000001\n")));
    // The highest loss stands highest.
    (void)curve.render(ChartFormat::Png, 1);
    QVERIFY(curve.pixelOf(0).y() < curve.pixelOf(1).y());
    QVERIFY(curve.pixelOf(2).y() < curve.pixelOf(3).y());
    QVERIFY(curve.pixelOf(0).x() < curve.pixelOf(3).x());
}

void TestDiagnosis::runsByItselfWhenSomebodyLooks() {
    auto f = open();
    QCOMPARE(m_script->diagnoses.load(), 0);
    show(*f);
    QCOMPARE(m_script->diagnoses.load(), 1);
    auto* panel = f->get<DiagnosisPanel>("diagnosisPanel");
    QVERIFY(panel->isShowing());
    QVERIFY(f->get<QLabel>("diagnosisSummary")->text().contains(QStringLiteral("The edit holds")));
    QVERIFY(f->get<QLabel>("diagnosisCaption")->text().contains(QStringLiteral("Eiffel Tower → Rome")));
    QCOMPARE(panel->findChildren<VerdictLine*>().size(), 4);
    QCOMPARE(text(*f, "verdict_value", "verdictMark"), QStringLiteral("✓ ok"));
    QVERIFY(!f->get<VerdictLine>("verdict_value")->findChild<QPushButton*>()); // nothing to change
    QCOMPARE(f->get<QTableView>("diagnosisLayers")->model()->rowCount(), 8);
    QCOMPARE(panel->loss().loss().size(), std::size_t{5});
    f->action(ActionId::ShowCompare)->trigger();
    show(*f);
    QCOMPARE(m_script->diagnoses.load(), 1); // known already
    f->action(ActionId::Diagnose)->trigger();
    QVERIFY(f->settle());
    QCOMPARE(m_script->diagnoses.load(), 2); // asked for
}

void TestDiagnosis::everyStateWithoutDiagnosisSaysWhy_data() {
    QTest::addColumn<QString>("state");
    QTest::addColumn<QString>("page");
    QTest::addColumn<QString>("title");
    const auto row = [](const char* state, const char* page, const char* title) {
        QTest::newRow(state) << QString::fromLatin1(state) << QString::fromLatin1(page) << QString::fromLatin1(title);
    };
    row("draft", "diagnosisNotApplied", "Not applied yet");
    row("undone", "diagnosisEmpty", "This batch is undone");
    row("off", "diagnosisEmpty", "This batch is switched off");
    row("nothing selected", "diagnosisEmpty", "No edit is selected");
}

void TestDiagnosis::everyStateWithoutDiagnosisSaysWhy() {
    QFETCH(QString, state);
    QFETCH(QString, page);
    QFETCH(QString, title);
    auto f = open(state != u"draft");
    if (state == u"undone")
        f->action(ActionId::Undo)->trigger();
    else if (state == u"off")
        f->workbench.studio().switchBatch(f->workbench.studio().ledger().entries[0].id, false, false);
    else if (state == u"nothing selected")
        f->workbench.setCurrentRow(-1);
    QVERIFY(f->settle());
    show(*f);
    auto* empty = f->get<EmptyState>(qPrintable(page));
    QVERIFY(empty->isVisible());
    QCOMPARE(empty->accessibleName(), title);
    QVERIFY(!empty->accessibleDescription().isEmpty());
    QCOMPARE(m_script->diagnoses.load(), 0);
    QVERIFY(!f->action(ActionId::Diagnose)->isEnabled());
    if (state != u"draft")
        return;
    // What to do is offered.
    auto* apply = empty->findChild<QPushButton*>();
    QVERIFY(apply);
    apply->click();
    QVERIFY(f->settle());
    QVERIFY(f->get<DiagnosisPanel>("diagnosisPanel")->isShowing());
}

void TestDiagnosis::weakVerdictLeadsToTheField() {
    auto f = open();
    spoil(*f);
    show(*f);
    QVERIFY(f->get<QLabel>("diagnosisSummary")->text().contains(QStringLiteral("only 31 %")));
    QCOMPARE(text(*f, "verdict_layers", "verdictMark"), QStringLiteral("✗ weak"));
    QVERIFY(text(*f, "verdict_layers", "verdictAdvice").contains(QStringLiteral("Lower the softness")));
    auto* change = f->get<VerdictLine>("verdict_layers")->findChild<QPushButton*>(QStringLiteral("verdictChange"));
    QVERIFY(change);
    QCOMPARE(change->text(), QStringLiteral("Change Softness…"));
    change->setFocus();
    QTest::keyClick(change, Qt::Key_Space);
    QTRY_VERIFY(f->get<QDoubleSpinBox>("recipe_softness")->hasFocus());
}

void TestDiagnosis::weakVerdictOfTheObjectOpensADraft() {
    auto f = open();
    spoil(*f);
    show(*f);
    const int rows = f->edits().rowCount();
    f->get<VerdictLine>("verdict_object-tokens")->findChild<QPushButton*>()->click();
    QCOMPARE(f->edits().rowCount(), rows + 1); // what is applied stays what it is
    QCOMPARE(f->edits().row(1).state, EditState::Draft);
    QCOMPARE(f->edits().row(1).request.object, std::string("Rome"));
    QCOMPARE(f->window.editsPanel().currentRow(), 1);
}

void TestDiagnosis::compareLeadsHere() {
    auto f = open();
    auto* why = f->get<QPushButton>("compareWhy");
    QVERIFY(!why->isVisible()); // it holds
    spoil(*f);
    QVERIFY(why->isVisible());
    why->click();
    QVERIFY(f->settle());
    QVERIFY(f->get<DiagnosisPanel>("diagnosisPanel")->isVisible());
    QCOMPARE(m_script->diagnoses.load(), 1);
}

void TestDiagnosis::answersForAnotherEditAreDropped() {
    auto f = open();
    f->workbench.apply({1});
    QVERIFY(f->settle());
    f->window.editsPanel().selectRow(0);
    QVERIFY(f->settle());
    m_script->diagnose_ms = 300;
    QSignalSpy answers(&f->workbench.studio(), &Studio::diagnosed);
    f->action(ActionId::ShowDiagnosis)->trigger();
    QTRY_COMPARE(m_script->diagnoses.load(), 1); // under way for the first edit
    f->window.editsPanel().selectRow(1);
    QVERIFY(f->settle());
    QCOMPARE(answers.count(), 1); // the first was never told
    QVERIFY(f->get<QLabel>("diagnosisCaption")->text().contains(QStringLiteral("Marie Curie")));
}

void TestDiagnosis::otherWeightsAreLookedIntoAgain() {
    auto f = open();
    show(*f);
    QCOMPARE(m_script->diagnoses.load(), 1);
    f->workbench.apply({1}); // another edit on top
    QVERIFY(f->settle());
    QCOMPARE(m_script->diagnoses.load(), 2);
    QVERIFY(f->get<DiagnosisPanel>("diagnosisPanel")->isShowing());
}

void TestDiagnosis::cancelIsToldAndAgainIsOffered() {
    auto f = open();
    m_script->diagnose_ms = 5000;
    f->action(ActionId::ShowDiagnosis)->trigger();
    QTRY_COMPARE(m_script->diagnoses.load(), 1);
    QTRY_VERIFY(f->action(ActionId::Cancel)->isEnabled());
    f->action(ActionId::Cancel)->trigger();
    QVERIFY(f->settle());
    auto* stopped = f->get<EmptyState>("diagnosisStopped");
    QVERIFY(stopped->isVisible());
    QVERIFY(!f->get<FailureLine>("diagnosisFailure")->isVisible());
    QCOMPARE(m_script->diagnoses.load(), 1); // not asked again by itself
    m_script->diagnose_ms = 0;
    stopped->findChild<QPushButton*>()->click();
    QVERIFY(f->settle());
    QVERIFY(f->get<DiagnosisPanel>("diagnosisPanel")->isShowing());
}

void TestDiagnosis::failureIsToldInPlace() {
    auto f = open();
    m_script->fail_diagnose = true;
    show(*f);
    auto* failure = f->get<FailureLine>("diagnosisFailure");
    QVERIFY(failure->isVisible());
    QVERIFY(failure->text().contains(QStringLiteral("could not be looked into")));
    m_script->fail_diagnose = false;
    f->action(ActionId::Diagnose)->trigger();
    QVERIFY(f->settle());
    QVERIFY(!failure->isVisible());
    QVERIFY(f->get<DiagnosisPanel>("diagnosisPanel")->isShowing());
}

void TestDiagnosis::leavingTheTabStopsIt() {
    auto f = open();
    m_script->diagnose_ms = 20000;
    f->action(ActionId::ShowDiagnosis)->trigger();
    QTRY_COMPARE(m_script->diagnoses.load(), 1);
    f->action(ActionId::ShowCompare)->trigger();
    QVERIFY(f->settle(5000)); // long before it would have been through
    m_script->diagnose_ms = 0;
    show(*f);
    QVERIFY(f->get<DiagnosisPanel>("diagnosisPanel")->isShowing());
}

void TestDiagnosis::stoodBackForAnEditThatFailed() {
    auto f = open();
    m_script->diagnose_ms = 300000;
    f->action(ActionId::ShowDiagnosis)->trigger();
    QTRY_COMPARE(m_script->diagnoses.load(), 1);
    m_script->failApply("no such luck", "try again");
    f->workbench.apply({1});
    m_script->diagnose_ms = 0;
    QVERIFY(f->settle(10000));
    QCOMPARE(m_script->diagnoses.load(), 2); // the weights are as before, and it was wanted
    QVERIFY(f->get<DiagnosisPanel>("diagnosisPanel")->isShowing());
}

void TestDiagnosis::copiedAsText() {
    auto f = open();
    show(*f);
    f->get<QPushButton>("diagnosisCopy")->click();
    const QString copied = QGuiApplication::clipboard()->text();
    QVERIFY2(copied.contains(QStringLiteral("Eiffel Tower → Rome")), qPrintable(copied));
    QVERIFY2(copied.contains(QStringLiteral("✓ The value (ok)")), qPrintable(copied));
}

void TestDiagnosis::noModelNoQuestion() {
    m_script->fail_open = true;
    WindowFixture f(*m_theme, fakeFactory(m_script));
    f.window.openModel(QStringLiteral("/models/demo_model"));
    QVERIFY(f.settle());
    f.action(ActionId::ShowDiagnosis)->trigger();
    QVERIFY(f.settle());
    QCOMPARE(f.get<EmptyState>("diagnosisEmpty")->accessibleName(), QStringLiteral("No model is open"));
    QCOMPARE(m_script->diagnoses.load(), 0);
}

QTEST_MAIN(TestDiagnosis)
#include "test_window_diagnosis.moc"
