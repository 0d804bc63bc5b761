// SPDX-License-Identifier: GPL-3.0-or-later
// The Why tab where it is easily wrong: links that were not judged, edits that differ in little.
#include "fake_window.h"
#include "models/diagnosis_model.h"
#include "panels/diagnosis_panel.h"
#include "panels/verdict_line.h"
#include "plots/theme_colors.h"

#include <QLabel>
#include <QPushButton>
#include <QSignalSpy>

using namespace emend;
using namespace emend::test;
using namespace emend::ui;

class TestDiagnosisEdges : public QObject {
    Q_OBJECT

    std::unique_ptr<Theme> m_theme;
    std::shared_ptr<FakeScript> m_script;

  private slots:
    void initTestCase() { m_theme = std::make_unique<Theme>(); }
    void init() { m_script = std::make_shared<FakeScript>(); }

    void whatIsNotJudgedIsNeitherGoodNorWeak();
    void editsOfOneBatchAreToldApartByTheirOldObject();
    void aStaleBatchIsSolvedAgainFromHere();
    void checksHaveNames();
};

void TestDiagnosisEdges::whatIsNotJudgedIsNeitherGoodNorWeak() {
    auto diagnosis = std::make_shared<Diagnosis>();
    diagnosis->verdicts = {{"value", true, true, 0.9, 0.5, "found", {}, {}},
                           {"layers", false, false, 0.31, 0.9, "only 31 %", "lower the softness", "softness"}};
    DiagnosisModel model;
    model.setDiagnosis(diagnosis, {});
    QCOMPARE(model.weakCount(), 0);
    QCOMPARE(model.text(1, DiagnosisModel::Mark), QStringLiteral("not judged"));
    QVERIFY(model.text(1, DiagnosisModel::Advice).isEmpty());
    QVERIFY(!model.toText().contains(u'✗'));
    QVERIFY2(model.toCsv().contains(QStringLiteral("layers,false,,0.31")), qPrintable(model.toCsv()));
    DiagnosisLayersModel layers;
    layers.setDiagnosis(diagnosis);
    DiagnosisPanel panel(model, layers);
    panel.setSettingNames([](const QString& setting) { return setting; });
    panel.showDiagnosis(0.05);
    auto* line = panel.findChild<VerdictLine*>(QStringLiteral("verdict_layers"));
    QVERIFY(line);
    auto* mark = line->findChild<QLabel*>(QStringLiteral("verdictMark"));
    QCOMPARE(mark->text(), QStringLiteral("not judged")); // neither tick nor cross
    QCOMPARE(mark->palette().color(QPalette::WindowText), ThemeColors::of(QApplication::palette()).muted);
    QVERIFY(line->accessibleName().endsWith(QStringLiteral("not judged")));
    QVERIFY(!line->findChild<QPushButton*>());
}

void TestDiagnosisEdges::editsOfOneBatchAreToldApartByTheirOldObject() {
    auto f = openWindow(*m_theme, m_script, [] {
        std::vector<EditRequest> drafts{fakeDrafts().front(), fakeDrafts().front()};
        drafts[1].true_object = "London";
        return drafts;
    }());
    QVERIFY(f->settle());
    f->workbench.apply({0, 1});
    QVERIFY(f->settle());
    f->window.editsPanel().selectRow(1);
    QSignalSpy diagnosed(&f->workbench.studio(), &Studio::diagnosed);
    f->action(ActionId::ShowDiagnosis)->trigger();
    QVERIFY(f->settle());
    QCOMPARE(diagnosed.count(), 1);
    QCOMPARE(diagnosed[0][1].value<std::shared_ptr<const Diagnosis>>()->edit, std::size_t{1});
}

void TestDiagnosisEdges::aStaleBatchIsSolvedAgainFromHere() {
    auto f = openWindow(*m_theme, m_script, fakeDrafts());
    QVERIFY(f->settle());
    for (const int row : {0, 1}) {
        f->workbench.apply({row});
        QVERIFY(f->settle());
    }
    Studio& studio = f->workbench.studio();
    studio.switchBatch(studio.ledger().entries.at(0).id, false, false);
    QVERIFY(f->settle());
    QVERIFY(studio.ledger().entries.at(1).stale);
    f->window.editsPanel().selectRow(1);
    f->action(ActionId::ShowDiagnosis)->trigger();
    QVERIFY(f->settle());
    auto* button = f->get<VerdictLine>("verdict_stale")->findChild<QPushButton*>();
    QVERIFY(button);
    QCOMPARE(button->text(), QStringLiteral("Solve again"));
    const int before = m_script->softenings;
    button->click();
    QVERIFY(f->settle());
    QCOMPARE(m_script->softenings.load(), before + 1);
}

// The ids of core/analysis, as people say them.
void TestDiagnosisEdges::checksHaveNames() {
    QCOMPARE(diagnosisCheckName("key-contexts"), QStringLiteral("Keys of contexts"));
}

QTEST_MAIN(TestDiagnosisEdges)
#include "test_diagnosis_edges.moc"
