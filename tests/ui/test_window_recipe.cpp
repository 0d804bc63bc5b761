// SPDX-License-Identifier: GPL-3.0-or-later
// What is known before an edit runs, in the window: the statistics line, edits in each other's way, kept values.
#include "fake_engine.h"
#include "panels/job_bar.h"
#include "panels/recipe_editors.h"
#include "panels/recipe_panel.h"
#include "panels/statistics_line.h"
#include "window_fixture.h"

#include <QLabel>
#include <QProgressBar>
#include <QPushButton>
#include <QSignalSpy>
#include <QtTest>

using namespace emend;
using namespace emend::ui;

class TestWindowRecipe : public QObject {
    Q_OBJECT

    std::shared_ptr<test::FakeScript> m_script;
    std::unique_ptr<Theme> m_theme;
    std::unique_ptr<test::WindowFixture> m_fixture;

    void open() {
        m_fixture = std::make_unique<test::WindowFixture>(*m_theme, test::fakeFactory(m_script));
        m_fixture->window.openModel(QStringLiteral("/models/demo"));
        QVERIFY(m_fixture->settle());
    }
    void choose(const char* algorithm) {
        auto* box = m_fixture->get<QComboBox>("recipe_algorithm");
        box->setCurrentIndex(box->findData(QString::fromLatin1(algorithm)));
        QVERIFY(m_fixture->settle());
    }
    StatisticsLine& line() { return m_fixture->get<RecipePanel>("recipePanel")->statistics(); }
    QPushButton* button() { return m_fixture->get<QPushButton>("statisticsButton"); }

  private slots:
    void initTestCase() { m_theme = std::make_unique<Theme>(); }
    void init() { m_script = std::make_shared<test::FakeScript>(); }
    void cleanup() { m_fixture.reset(); }
    void lineTellsTheStatus_data();
    void lineTellsTheStatus();
    void lineAsksOnceTheRecipeRests();
    void invalidRecipesAreNotAskedAbout();
    void collectsWhatIsMissing();
    void cancelledCollectionSaysSo();
    void failedCollectionCanBeTriedAgain();
    void textGivenHelpsOut();
    void editMayHaveCollected();
    void conflictLineMerges();
    void keysAreComparedOnDemand();
    void keptValuesAreTold();
};

void TestWindowRecipe::lineTellsTheStatus_data() {
    using Status = test::FakeScript::Statistics;
    QTest::addColumn<int>("status");
    QTest::addColumn<QStringList>("told");
    QTest::addColumn<QString>("offered");
    QTest::newRow("complete") << int(Status::Complete)
                              << QStringList{"✓", "tokens", "corpus.txt", "condition", "effective rank"} << "";
    QTest::newRow("missing") << int(Status::Missing) << QStringList{"missing", "layer", "about 12 s"} << "Collect";
    QTest::newRow("problem") << int(Status::Problem) << QStringList{"no text", "corpus.txt"} << "Choose a text…";
    QTest::newRow("not needed") << int(Status::NotNeeded) << QStringList{"without"} << "";
}

void TestWindowRecipe::lineTellsTheStatus() {
    QFETCH(int, status);
    QFETCH(QStringList, told);
    QFETCH(QString, offered);
    m_script->statistics = static_cast<test::FakeScript::Statistics>(status);
    open();
    for (const QString& part : told)
        QVERIFY2(line().text().contains(part), qPrintable(line().text()));
    QCOMPARE(button()->isVisible(), !offered.isEmpty());
    if (!offered.isEmpty())
        QCOMPARE(button()->text(), offered);
}

void TestWindowRecipe::lineAsksOnceTheRecipeRests() {
    open();
    const int before = m_script->statuses;
    auto* softness = m_fixture->get<NumberBox>("recipe_softness");
    for (int i = 1; i <= 20; ++i)
        softness->setValue(i);
    QVERIFY(m_fixture->settle());
    QCOMPARE(m_script->statuses.load(), before + 1);
}

void TestWindowRecipe::invalidRecipesAreNotAskedAbout() {
    open();
    const int before = m_script->statuses;
    m_fixture->get<QLineEdit>("recipe_layers")->setText(QStringLiteral("none of them"));
    QVERIFY(m_fixture->settle());
    QCOMPARE(m_script->statuses.load(), before);
    QVERIFY2(line().text().contains(QStringLiteral("no fault")), qPrintable(line().text()));
    m_fixture->get<QLineEdit>("recipe_layers")->setText(QStringLiteral("2"));
    QVERIFY(m_fixture->settle());
    QVERIFY(line().text().contains(QStringLiteral("layer 2")));
}

void TestWindowRecipe::collectsWhatIsMissing() {
    m_script->statistics = test::FakeScript::Statistics::Missing;
    m_script->collect_ms = 400;
    open();
    button()->click();
    QVERIFY(line().isCollecting());
    QTRY_VERIFY(m_fixture->get<QProgressBar>("statisticsProgress")->value() > 0);
    QVERIFY2(line().text().contains(QStringLiteral("step")), qPrintable(line().text()));
    QCOMPARE(button()->text(), QStringLiteral("Cancel"));
    QVERIFY(m_fixture->settle());
    QVERIFY2(line().text().contains(u'✓'), qPrintable(line().text()));
    QVERIFY(!button()->isVisible());
    QVERIFY2(m_fixture->get<JobBar>("jobBar")->text().contains(QStringLiteral("tokens/s")),
             qPrintable(m_fixture->get<JobBar>("jobBar")->text()));
}

void TestWindowRecipe::cancelledCollectionSaysSo() {
    m_script->statistics = test::FakeScript::Statistics::Missing;
    m_script->collect_ms = 20000;
    open();
    button()->click();
    QTRY_COMPARE(m_fixture->workbench.studio().jobs().status().lane, Lane::Statistics);
    button()->click();
    QVERIFY(m_fixture->settle());
    QVERIFY(line().text().contains(QStringLiteral("stopped")));
    QCOMPARE(button()->text(), QStringLiteral("Collect"));
}

void TestWindowRecipe::failedCollectionCanBeTriedAgain() {
    m_script->statistics = test::FakeScript::Statistics::Missing;
    m_script->fail_collect = true;
    open();
    button()->click();
    QVERIFY(m_fixture->settle());
    QVERIFY(line().text().contains(QStringLiteral("too short")));
    QVERIFY(line().text().contains(QStringLiteral("longer"))); // what to do
    m_script->fail_collect = false;
    button()->click();
    QVERIFY(m_fixture->settle());
    QVERIFY(line().text().contains(u'✓'));
}

void TestWindowRecipe::textGivenHelpsOut() {
    m_script->statistics = test::FakeScript::Statistics::Problem;
    open();
    emit line().textChosen(QStringLiteral("/texts/mine.txt"));
    QVERIFY(m_fixture->settle());
    QCOMPARE(m_fixture->get<RecipePanel>("recipePanel")->recipe().corpus, std::string("/texts/mine.txt"));
    QCOMPARE(button()->text(), QStringLiteral("Collect"));
}

void TestWindowRecipe::editMayHaveCollected() {
    m_script->statistics = test::FakeScript::Statistics::Missing;
    open();
    m_fixture->edits().addRequests(test::fakeDrafts());
    QVERIFY(m_fixture->settle());
    m_script->statistics = test::FakeScript::Statistics::Complete;
    m_fixture->workbench.apply({0});
    QVERIFY(m_fixture->settle());
    QVERIFY(line().text().contains(u'✓'));
}

void TestWindowRecipe::conflictLineMerges() {
    open();
    std::vector<EditRequest> requests = test::fakeDrafts();
    requests.push_back(requests.front());
    requests.back().object = "Berlin";
    m_fixture->edits().addRequests(requests);
    QVERIFY(m_fixture->settle());
    auto* shown = m_fixture->get<QWidget>("conflictLine");
    auto* text = m_fixture->get<QLabel>("conflictText");
    QVERIFY(!shown->isVisible()); // ROME takes them one after another
    choose("MEMIT");
    QVERIFY(shown->isVisible());
    QVERIFY2(text->text().contains(u'2'), qPrintable(text->text()));
    m_fixture->get<QPushButton>("conflictNext")->click();
    QCOMPARE(m_fixture->window.editsPanel().currentRow(), 0);
    m_fixture->get<QPushButton>("conflictNext")->click();
    QCOMPARE(m_fixture->window.editsPanel().currentRow(), 3);
    m_fixture->get<QPushButton>("conflictMerge")->click();
    QVERIFY(m_fixture->settle());
    QVERIFY(m_fixture->get<RecipePanel>("recipePanel")->recipe().merge_subjects);
    QVERIFY(text->text().contains(QStringLiteral("merged")));
    QVERIFY(!m_fixture->get<QPushButton>("conflictMerge")->isVisible());
    m_fixture->edits().remove({3});
    QVERIFY(m_fixture->settle());
    QVERIFY(!shown->isVisible());
}

void TestWindowRecipe::keysAreComparedOnDemand() {
    open();
    m_fixture->edits().addRequests(test::fakeDrafts());
    QVERIFY(m_fixture->settle());
    QAction* find = m_fixture->action(ActionId::FindConflicts);
    QVERIFY(!find->isEnabled());
    choose("EMMET");
    QVERIFY(find->isEnabled());
    QCOMPARE(m_script->conflict_searches.load(), 0); // nobody asked
    find->trigger();
    QVERIFY(m_fixture->settle());
    QCOMPARE(m_script->conflict_searches.load(), 1);
    QVERIFY(m_fixture->get<JobBar>("jobBar")->text().contains(QStringLiteral("No edits")));
    m_fixture->edits().addRequests(std::vector<EditRequest>(600, test::fakeDrafts()[0]));
    QVERIFY(m_fixture->settle());
    find->trigger();
    QVERIFY(m_fixture->settle());
    QCOMPARE(m_script->conflict_searches.load(), 1); // too many
    QVERIFY(m_fixture->get<JobBar>("jobBar")->text().contains(QStringLiteral("500")));
}

void TestWindowRecipe::keptValuesAreTold() {
    open();
    m_fixture->edits().addRequests(test::fakeDrafts());
    QVERIFY(m_fixture->settle());
    const auto applyAll = [&] {
        m_fixture->workbench.apply(m_fixture->workbench.drafts());
        QVERIFY(m_fixture->settle());
    };
    applyAll();
    QVERIFY(!m_fixture->get<JobBar>("jobBar")->text().contains(QStringLiteral("kept")));
    m_fixture->workbench.undo();
    QVERIFY(m_fixture->settle());
    choose("R-ROME");
    applyAll();
    const QString told = m_fixture->get<JobBar>("jobBar")->text();
    QVERIFY2(told.contains(QStringLiteral("values kept for 3 of 3")), qPrintable(told));
    QVERIFY(told.contains(QStringLiteral("solved again without searching")));
}

QTEST_MAIN(TestWindowRecipe)
#include "test_window_recipe.moc"
