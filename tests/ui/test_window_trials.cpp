// SPDX-License-Identifier: GPL-3.0-or-later
// Several recipes side by side: the table's model, and the tab in the window on the fake engine.
#include "fake_window.h"
#include "models/trials_model.h"
#include "panels/panel_parts.h"
#include "panels/trials_panel.h"
#include "plots/small_bars.h"
#include "plots/theme_colors.h"

#include <QCheckBox>
#include <QClipboard>
#include <QComboBox>
#include <QGuiApplication>
#include <QLabel>
#include <QLineEdit>
#include <QPainter>
#include <QPushButton>
#include <QSignalSpy>

#include <cmath>
#include <limits>

using namespace emend;
using namespace emend::test;
using namespace emend::ui;

class TestTrials : public QObject {
    Q_OBJECT

    std::unique_ptr<Theme> m_theme;
    std::shared_ptr<FakeScript> m_script;

    static Recipe recipe(const char* algorithm, std::vector<int> layers, double softness) {
        Recipe made;
        made.algorithm = algorithm;
        made.layers = std::move(layers);
        made.distribution = made.layers.size() > 1 ? "spread" : "single";
        made.softness = softness;
        return made;
    }
    static std::shared_ptr<const TrialRow> row(const Recipe& recipe, std::size_t held, std::optional<double> score,
                                               double norm) {
        TrialRow made;
        made.recipe = recipe;
        made.held = held;
        made.scores.efficacy = 1;
        made.scores.paraphrase = score;
        made.scores.neighbourhood = score;
        made.scores.score = score;
        made.relative_norm = norm;
        made.preservation = std::numeric_limits<double>::quiet_NaN();
        made.seconds = 2;
        for (const int layer : recipe.layers) {
            LayerReport report;
            report.layer = layer;
            report.relative_norm = norm;
            made.layers.push_back(report);
        }
        return std::make_shared<const TrialRow>(made);
    }
    static std::shared_ptr<const TrialRow> failed(const Recipe& recipe) {
        TrialRow made;
        made.recipe = recipe;
        made.problem = "no statistics, nowhere";
        made.hint = "collect some";
        return std::make_shared<const TrialRow>(made);
    }
    // Three recipes that ran, one of them failed, one that waits.
    static void fill(TrialsModel& model) {
        const std::vector<Recipe> recipes{recipe("ROME", {4}, 0), recipe("MEMIT", {10}, 15000),
                                          recipe("EMMET", {3, 4, 5}, 0), recipe("MEMIT", {4}, 100),
                                          recipe("MEMIT", {4}, 200)};
        model.start(recipes, 12, 2);
        model.add(row(recipes[0], 2, 0.7, 0.04));
        model.add(row(recipes[1], 1, 0.9, 0.08));
        model.add(failed(recipes[2]));
    }
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

    void rowsWaitRunAndCome();
    void bestIsTheHighestScoreThatHolds();
    void withoutScoreTheMeanDecides();
    void sortedByNumbersAndEmptyCellsLast();
    void barsShareOneScale();
    void barsAreDrawnAsTheDataSay();
    void csvHasEveryNumber();
    void planCountsAndEstimates();
    void faultsOfTheFormAreTold();
    void rowsComeWhileItRuns();
    void failedRecipesStay();
    void cancelKeepsWhatIsThere();
    void faultOfAllIsToldInPlace();
    void usedByButtonDoubleClickAndEnter();
    void modelIsUntouched();
    void appliedEditsSayWhatToDo();
    void otherWeightsAreSaid();
    void anotherModelForgets();
    void keyboardAlone();
    void copiedForASpreadsheet();
};

void TestTrials::rowsWaitRunAndCome() {
    TrialsModel model;
    fill(model);
    QCOMPARE(model.rowCount(), 5);
    QCOMPARE(model.state(0), TrialsModel::State::Done);
    QCOMPARE(model.state(2), TrialsModel::State::Failed);
    QCOMPARE(model.state(3), TrialsModel::State::Running);
    QCOMPARE(model.state(4), TrialsModel::State::Waiting);
    QCOMPARE(cell(model, 0, TrialsModel::Held), QStringLiteral("2 of 2"));
    QCOMPARE(cell(model, 1, TrialsModel::Score), QStringLiteral("90\u00a0%"));
    QCOMPARE(cell(model, 1, TrialsModel::Softness), QStringLiteral("15000"));
    QCOMPARE(cell(model, 0, TrialsModel::Preservation), QStringLiteral("–")); // no statistics
    QCOMPARE(cell(model, 2, TrialsModel::Held), QStringLiteral("✗ failed"));
    QVERIFY(cell(model, 2, TrialsModel::Score).isEmpty());
    QVERIFY(model.describe(2).contains(QStringLiteral("no statistics, nowhere: collect some")));
    QCOMPARE(cell(model, 3, TrialsModel::Held), QStringLiteral("running …"));
    QCOMPARE(cell(model, 2, TrialsModel::Layers), QStringLiteral("3-5"));
    model.finish();
    QCOMPARE(model.rowCount(), 3);
    model.add(row(recipe("ROME", {1}, 0), 2, 1, 1)); // nobody waits for it
    QCOMPARE(model.rowCount(), 3);
}

void TestTrials::bestIsTheHighestScoreThatHolds() {
    TrialsModel model;
    fill(model);
    QCOMPARE(model.best(), 1);
    QCOMPARE(cell(model, 1, TrialsModel::Algorithm), QStringLiteral("★ MEMIT"));
    QCOMPARE(cell(model, 0, TrialsModel::Algorithm), QStringLiteral("ROME"));
    model.add(row(recipe("MEMIT", {4}, 100), 0, 0.99, 0.01)); // better in words, but nothing holds
    QCOMPARE(model.best(), 1);
    model.add(row(recipe("MEMIT", {4}, 200), 2, 0.9, 0.05)); // as good, and more of it holds
    QCOMPARE(model.best(), 4);
    QVERIFY(model.summary().contains(QStringLiteral("Best so far: MEMIT, layers 4, single, softness 200")));
    QVERIFY(model.summary().contains(QStringLiteral("Failed: EMMET - no statistics, nowhere")));
}

void TestTrials::withoutScoreTheMeanDecides() {
    TrialsModel model;
    const Recipe one = recipe("ROME", {1}, 0);
    model.start({one, one, one}, 4, 1);
    auto poor = *row(one, 1, {}, 0.1); // efficacy alone
    poor.scores.efficacy = 0.4;
    model.add(std::make_shared<const TrialRow>(poor));
    QCOMPARE(model.best(), 0);
    model.add(row(one, 1, {}, 0.3));
    QCOMPARE(model.best(), 1);
    model.add(row(one, 1, {}, 0.2)); // as good, with a smaller change
    QCOMPARE(model.best(), 2);
}

void TestTrials::sortedByNumbersAndEmptyCellsLast() {
    TrialsModel model;
    fill(model);
    TrialsSorted sorted(model);
    const auto order = [&](int column, Qt::SortOrder way) {
        sorted.sort(column, way);
        QList<int> rows;
        for (int place = 0; place < sorted.rowCount(); ++place)
            rows << sorted.mapToSource(sorted.index(place, 0)).row();
        return rows;
    };
    QCOMPARE(order(TrialsModel::Score, Qt::DescendingOrder).first(2), (QList<int>{1, 0}));
    QCOMPARE(order(TrialsModel::Score, Qt::AscendingOrder).first(2), (QList<int>{0, 1}));
    QCOMPARE(order(TrialsModel::Layers, Qt::AscendingOrder).last(), 1); // 10 after 4
    QCOMPARE(order(TrialsModel::Softness, Qt::DescendingOrder).first(), 1);
    QCOMPARE(order(-1, Qt::AscendingOrder), (QList<int>{0, 1, 2, 3, 4})); // as they were asked
}

void TestTrials::barsShareOneScale() {
    TrialsModel model;
    fill(model);
    const auto bars = [&](int row) {
        return model.index(row, TrialsModel::Norms).data(TrialsModel::BarsRole).value<QList<double>>();
    };
    QCOMPARE(bars(0).size(), 12); // every layer of the model
    QCOMPARE(bars(0).at(4), 0.5);
    QCOMPARE(bars(0).at(10), 0.0);
    QCOMPARE(bars(1).at(10), 1.0); // the largest of the table
    QVERIFY(bars(2).isEmpty());    // failed
}

void TestTrials::barsAreDrawnAsTheDataSay() {
    TrialsModel model;
    fill(model);
    SmallBarsDelegate delegate(TrialsModel::BarsRole, nullptr);
    const ThemeColors& colors = ThemeColors::of(QGuiApplication::palette());
    const auto accented = [&](int row) {
        QImage picture(140, 28, QImage::Format_RGB32);
        picture.fill(colors.surface);
        QPainter painter(&picture);
        QStyleOptionViewItem option;
        option.rect = picture.rect();
        option.palette = QGuiApplication::palette();
        delegate.paint(&painter, option, model.index(row, TrialsModel::Norms));
        painter.end();
        int pixels = 0;
        for (int y = 0; y < picture.height(); ++y)
            for (int x = 0; x < picture.width(); ++x)
                pixels += picture.pixelColor(x, y) == colors.accent ? 1 : 0;
        return pixels;
    };
    QVERIFY(accented(0) > 0);
    QVERIFY2(accented(1) > 1.7 * accented(0), qPrintable(QString::number(accented(1)))); // twice as high
    QCOMPARE(accented(2), 0);
}

void TestTrials::csvHasEveryNumber() {
    TrialsModel model;
    fill(model);
    const QStringList lines = model.toCsv().split(u'\n', Qt::SkipEmptyParts);
    QCOMPARE(lines.size(), 6);
    const qsizetype columns = lines.at(0).split(u',').size();
    QVERIFY(lines.at(1).startsWith(QStringLiteral("ROME,4,single,0,2,2,1,0.69999999999999996")));
    QVERIFY(lines.at(1).contains(QStringLiteral("4:0.04")));
    QCOMPARE(lines.at(1).split(u',').size(), columns);
    QVERIFY(lines.at(3).endsWith(QStringLiteral(",\"no statistics, nowhere\"")));
    QCOMPARE(lines.at(4).split(u',').size(), columns); // that waits
}

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
    QCOMPARE(table(*f).rowCount(), 4);
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
    QTRY_COMPARE(cell(table(*f), 0, TrialsModel::Held), QStringLiteral("1 of 1"));
    QVERIFY(m_script->rows_tried < 3); // told before all are through
    QVERIFY(plan(*f).contains(QStringLiteral("of 3 recipes are through")));
    QVERIFY(f->settle());
    QCOMPARE(m_script->trials.load(), 1);
    QCOMPARE(cell(table(*f), 2, TrialsModel::Held), QStringLiteral("1 of 1"));
    QVERIFY(f->get<QPushButton>("trialsRun")->isVisible());
    QVERIFY(f->get<QLabel>("trialsSummary")->text().contains(QStringLiteral("Best so far")));
    QVERIFY(f->get<QLabel>("trialsDetails")->text().contains(QStringLiteral("the best so far"))); // selected
}

void TestTrials::failedRecipesStay() {
    auto f = open();
    tick(*f, {QStringLiteral("FT-L"), QStringLiteral("MEMIT")});
    f->get<QPushButton>("trialsRun")->click();
    QVERIFY(f->settle());
    QCOMPARE(table(*f).rowCount(), 2);
    QCOMPARE(cell(table(*f), 0, TrialsModel::Held), QStringLiteral("1 of 1"));
    QCOMPARE(cell(table(*f), 1, TrialsModel::Held), QStringLiteral("✗ failed"));
    QVERIFY(f->get<QLabel>("trialsSummary")->text().contains(QStringLiteral("FT-L - the loss did not fall")));
    QVERIFY(!f->get<FailureLine>("trialsFailure")->isVisible());
}

void TestTrials::cancelKeepsWhatIsThere() {
    auto f = open();
    m_script->try_ms = 300;
    f->get<QPushButton>("trialsRun")->click();
    QTRY_COMPARE(m_script->rows_tried.load(), 1);
    f->get<QPushButton>("trialsCancel")->click();
    QVERIFY(f->settle());
    QCOMPARE(table(*f).rowCount(), 1);
    QCOMPARE(cell(table(*f), 0, TrialsModel::Held), QStringLiteral("1 of 1"));
    QVERIFY(f->get<QLabel>("trialsNote")->text().startsWith(QStringLiteral("Stopped; what ran is kept")));
    QVERIFY(!f->get<FailureLine>("trialsFailure")->isVisible());
    m_script->try_ms = 0;
    f->get<QPushButton>("trialsRun")->click();
    QVERIFY(f->settle());
    QCOMPARE(table(*f).rowCount(), 3);
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
    select(2);
    f->get<QPushButton>("trialsUse")->click();
    QCOMPARE(algorithm->currentText(), QStringLiteral("MEMIT"));
    select(1);
    view->setFocus();
    QTest::keyClick(view, Qt::Key_Return);
    QCOMPARE(algorithm->currentText(), QStringLiteral("EMMET"));
    const QPoint first = view->visualRect(table(*f).index(0, 0)).center();
    QTest::mouseClick(view->viewport(), Qt::LeftButton, {}, first);
    QTest::mouseDClick(view->viewport(), Qt::LeftButton, {}, first);
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
    QCOMPARE(table(*f).rowCount(), 3);
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
    QCOMPARE(table(*f).rowCount(), 2);
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
    QCOMPARE(copied.count(u'\n'), 4);
}

QTEST_MAIN(TestTrials)
#include "test_window_trials.moc"
