// SPDX-License-Identifier: GPL-3.0-or-later
// Several recipes side by side: the table's model, its order and its bars.
#include "models/trials_model.h"
#include "plots/small_bars.h"
#include "plots/theme_colors.h"

#include <QGuiApplication>
#include <QPainter>
#include <QtTest>

#include <limits>

using namespace emend;
using namespace emend::ui;

class TestTrialsModel : public QObject {
    Q_OBJECT

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
        made.p_new = 0.5;
        made.memorization = 0.25;
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
        made.where = "corpus.txt";
        made.hint = "collect some";
        return std::make_shared<const TrialRow>(made);
    }
    // Three recipes that ran, one of them failed, one that waits.
    static void fill(TrialsModel& model) {
        const std::vector<Recipe> recipes{recipe("ROME", {4}, 0), recipe("MEMIT", {10}, 15000),
                                          recipe("EMMET", {3, 4, 5}, 0), recipe("MEMIT", {4}, 100),
                                          recipe("MEMIT", {4}, 200)};
        model.start({recipes, {}}, 12, 2);
        model.add(row(recipes[0], 2, 0.7, 0.04));
        model.add(row(recipes[1], 1, 0.9, 0.08));
        model.add(failed(recipes[2]));
    }
    static QString cell(const QAbstractItemModel& model, int row, int column) {
        return model.index(row, column).data().toString();
    }

  private slots:
    void rowsWaitRunAndCome();
    void bestIsTheHighestScoreThatHolds();
    void withoutScoreTheMeanDecides();
    void sortedByNumbersAndEmptyCellsLast();
    void barsShareOneScale();
    void barsAreDrawnAsTheDataSay();
    void csvHasEveryNumber();
    void noEditStaysOnTop();
    void leftOutIsTold();
};

void TestTrialsModel::rowsWaitRunAndCome() {
    TrialsModel model;
    fill(model);
    QCOMPARE(model.rowCount(), 5);
    QCOMPARE(model.state(0), TrialsModel::State::Done);
    QCOMPARE(model.state(2), TrialsModel::State::Failed);
    QCOMPARE(model.state(3), TrialsModel::State::Running);
    QCOMPARE(model.state(4), TrialsModel::State::Waiting);
    QCOMPARE(cell(model, 0, TrialsModel::Held), QStringLiteral("2/2"));
    QCOMPARE(cell(model, 1, TrialsModel::Score), QStringLiteral("90\u00a0%"));
    QCOMPARE(cell(model, 1, TrialsModel::Softness), QStringLiteral("15000"));
    QCOMPARE(cell(model, 0, TrialsModel::Preservation), QStringLiteral("–")); // no statistics
    QCOMPARE(cell(model, 2, TrialsModel::Held), QStringLiteral("✗ failed"));
    QVERIFY(cell(model, 2, TrialsModel::Score).isEmpty());
    QVERIFY(model.describe(2).contains(QStringLiteral("no statistics, nowhere (corpus.txt): collect some")));
    QCOMPARE(cell(model, 3, TrialsModel::Held), QStringLiteral("running …"));
    QCOMPARE(cell(model, 2, TrialsModel::Layers), QStringLiteral("3-5"));
    model.finish();
    QCOMPARE(model.rowCount(), 3);
    model.add(row(recipe("ROME", {1}, 0), 2, 1, 1)); // nobody waits for it
    QCOMPARE(model.rowCount(), 3);
}

void TestTrialsModel::bestIsTheHighestScoreThatHolds() {
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
    QVERIFY(model.summary().contains(QStringLiteral("Failed: EMMET - no statistics, nowhere (corpus.txt)")));
}

void TestTrialsModel::withoutScoreTheMeanDecides() {
    TrialsModel model;
    const Recipe one = recipe("ROME", {1}, 0);
    model.start({{one, one, one}, {}}, 4, 1);
    auto poor = *row(one, 1, {}, 0.1); // efficacy alone
    poor.scores.efficacy = 0.4;
    model.add(std::make_shared<const TrialRow>(poor));
    QCOMPARE(model.best(), 0);
    model.add(row(one, 1, {}, 0.3));
    QCOMPARE(model.best(), 1);
    model.add(row(one, 1, {}, 0.2)); // as good, with a smaller change
    QCOMPARE(model.best(), 2);
}

void TestTrialsModel::sortedByNumbersAndEmptyCellsLast() {
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

void TestTrialsModel::barsShareOneScale() {
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

void TestTrialsModel::barsAreDrawnAsTheDataSay() {
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

void TestTrialsModel::csvHasEveryNumber() {
    TrialsModel model;
    fill(model);
    const QStringList lines = model.toCsv().split(u'\n', Qt::SkipEmptyParts);
    QCOMPARE(lines.size(), 6);
    const qsizetype columns = lines.at(0).split(u',').size();
    QVERIFY(lines.at(1).startsWith(QStringLiteral("ROME,4,single,0,2,2,0.5,1,0.69999999999999996")));
    QVERIFY(lines.at(1).contains(QStringLiteral("4:0.04")));
    QCOMPARE(lines.at(1).split(u',').size(), columns);
    QVERIFY(lines.at(3).endsWith(QStringLiteral(",\"no statistics, nowhere (corpus.txt): collect some\"")));
    QCOMPARE(lines.at(4).split(u',').size(), columns); // that waits
}

void TestTrialsModel::noEditStaysOnTop() {
    TrialsModel model;
    fill(model);
    QCOMPARE(model.best(), 1);
    Scores scores;
    scores.efficacy = 0.02;
    scores.neighbourhood = 1;
    model.setUnedited(scores);
    QCOMPARE(model.rowCount(), 6);
    QCOMPARE(model.state(0), TrialsModel::State::Unedited);
    QCOMPARE(cell(model, 0, TrialsModel::Algorithm), QStringLiteral("no edit"));
    QCOMPARE(cell(model, 0, TrialsModel::Efficacy), QStringLiteral("2\u00a0%"));
    QCOMPARE(cell(model, 0, TrialsModel::Score), QStringLiteral("–"));
    QVERIFY(cell(model, 0, TrialsModel::Held).isEmpty());
    QVERIFY(model.describe(0).contains(QStringLiteral("neighbours 100")));
    QCOMPARE(model.best(), 2); // the same recipe, one row below
    QCOMPARE(cell(model, 2, TrialsModel::PNew), QStringLiteral("50\u00a0%"));
    QCOMPARE(cell(model, 2, TrialsModel::Memorization), QStringLiteral("0.2500"));
    QCOMPARE(model.count(TrialsModel::State::Done), 2);
    TrialsSorted sorted(model);
    for (const Qt::SortOrder order : {Qt::AscendingOrder, Qt::DescendingOrder}) {
        sorted.sort(TrialsModel::Score, order);
        QCOMPARE(sorted.mapToSource(sorted.index(0, 0)).row(), 0);
    }
    const QStringList lines = model.toCsv().split(u'\n', Qt::SkipEmptyParts);
    QCOMPARE(lines.at(1).split(u',').size(), lines.at(0).split(u',').size());
    model.start({}, 0, 0);
    QCOMPARE(model.rowCount(), 0);
}

void TestTrialsModel::leftOutIsTold() {
    TrialsModel model;
    const Recipe one = recipe("MEMIT", {3, 4}, 100);
    model.start({{one}, {{recipe("ROME", {3, 4}, 0), "ROME writes one layer"}}}, 12, 1);
    QVERIFY(model.summary().contains(QStringLiteral("Left out: ROME, layers 3,4, spread, softness 0 - ROME writes one "
                                                    "layer")));
    QVERIFY(model.toCsv().contains(QStringLiteral("left out: ROME writes one layer")));
    QCOMPARE(model.rowCount(), 1);
}

QTEST_MAIN(TestTrialsModel)
#include "test_trials_model.moc"
