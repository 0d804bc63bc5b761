// SPDX-License-Identifier: GPL-3.0-or-later
// What the trace map draws and its table says; what is kept of the traces of a session; the lens as a table.
#include "models/lens_model.h"
#include "models/trace_model.h"
#include "models/trace_store.h"

#include <QAbstractItemModelTester>
#include <QSignalSpy>
#include <QtTest>

#include <cmath>
#include <limits>

using namespace emend;
using namespace emend::ui;

class TestTraceModel : public QObject {
    Q_OBJECT

    static constexpr double notRun = std::numeric_limits<double>::quiet_NaN();

    // "The Eiffel Tower is in": subject tokens 1 and 2, three layers, most comes back at token 2, layer 1.
    static std::shared_ptr<TraceResult> trace(TraceKind kind = TraceKind::hidden) {
        auto made = std::make_shared<TraceResult>();
        made->kind = kind;
        made->window = kind == TraceKind::hidden ? 1 : 4;
        made->samples = 10;
        made->noise = 0.1;
        made->subject = "Eiffel Tower";
        made->prompt = "The Eiffel Tower is in";
        made->tokens = {"The", " Eiffel", " Tower", " is", " in"};
        made->subject_first = 1;
        made->subject_last = 2;
        made->layers = 3;
        std::vector<double> effect(15, 0.1);
        effect[2 * 3 + 1] = 0.6;
        effect[4 * 3 + 2] = 0.9; // the answer itself
        std::vector<double> other(15, 0.01);
        made->objects = {{" Paris", 0.9, 0.1, 0.02, effect}, {" Rome", 0.02, 0.01, 0.001, other}};
        made->seconds = 3;
        return made;
    }
    static TracePicture picture(std::size_t object = 0) { return pictureOf({TraceKind::hidden}, {trace()}, object); }

  private slots:
    void rowsAndColumns();
    void cellsAreDescribed();
    void summaryNamesTheSite();
    void noiseThatHidesNothingIsSaid();
    void scaleIsSharedByTheKinds();
    void missingKindIsNotRun();
    void otherObject();
    void growingKeepsTheShape();
    void averagesHaveRolesAndSpread();
    void averagesWithASignDiverge();
    void scaleReachesEveryCell();
    void csvHasEveryCell();
    void storeKeepsByEditAndWeights();
    void storeKeepsTheWholeTraceWhileAnotherGrows();
    void storeAveragesOnlyWhatIsAlike();
    void storeLeavesOutFactsWithoutTheObject();
    void storeTellsSettingsApart();
    void lensShowsBothSides();
    void lensWithoutAnEdit();
};

void TestTraceModel::rowsAndColumns() {
    TraceModel model;
    const QAbstractItemModelTester tester(&model);
    QCOMPARE(model.rowCount(), 0);
    QCOMPARE(model.columnCount(), 0);
    model.setPicture(picture());
    QCOMPARE(model.rowCount(), 5);
    QCOMPARE(model.columnCount(), 4);
    QCOMPARE(model.index(2, 0).data().toString(), QStringLiteral("␣Tower ★"));
    QCOMPARE(model.index(1, 0).data().toString(), QStringLiteral("␣Eiffel *"));
    QCOMPARE(model.index(3, 0).data().toString(), QStringLiteral("␣is"));
    QCOMPARE(model.index(2, 2).data(TraceModel::ValueRole).toDouble(), 0.6);
    QCOMPARE(model.index(2, 2).data().toString(), QStringLiteral("60.0 %"));
    const TraceModel::Cell cell{0, 2, 1};
    QCOMPARE(model.cellAt(model.indexOf(cell)), cell);
    QVERIFY(!model.cellAt(model.index(2, 0)).isValid());
    model.clear();
    QCOMPARE(model.rowCount(), 0);
}

void TestTraceModel::cellsAreDescribed() {
    TraceModel model;
    model.setPicture(picture());
    const QString told = model.describe({0, 2, 1});
    for (const char* part :
         {"Tower", "last subject token", "layer 1", "hidden state", "Paris", "60.0 %", "10.0 %", "90.0 %"})
        QVERIFY2(told.contains(QString::fromUtf8(part)), qPrintable(told));
    QVERIFY(model.describe({0, 0, 0}).contains(QStringLiteral("before the subject")));
}

void TestTraceModel::summaryNamesTheSite() {
    TraceModel model;
    model.setPicture(picture());
    QCOMPARE(model.picture().best(0), (TraceModel::Cell{0, 2, 1})); // not the last token's answer
    const QString told = model.summary();
    QVERIFY2(told.contains(QStringLiteral("clean 90.0 %")), qPrintable(told));
    QVERIFY(told.contains(QStringLiteral("corrupted 10.0 %")));
    QVERIFY(told.contains(QStringLiteral("layer 1")) && told.contains(QStringLiteral("60.0 %")));
}

void TestTraceModel::noiseThatHidesNothingIsSaid() {
    auto weak = trace();
    weak->objects[0].corrupted = 0.89;
    TraceModel model;
    model.setPicture(pictureOf({TraceKind::hidden}, {weak}, 0));
    QVERIFY(model.summary().contains(QStringLiteral("hardly hides")));
    weak->objects[0].corrupted = 0.95; // the wrong way round: the scale stays a scale
    model.setPicture(pictureOf({TraceKind::hidden}, {weak}, 0));
    QVERIFY(model.picture().low < model.picture().high);
}

void TestTraceModel::scaleIsSharedByTheKinds() {
    auto mlp = trace(TraceKind::mlp);
    mlp->objects[0].corrupted = 0.05;
    mlp->objects[0].clean = 0.95;
    const TracePicture both = pictureOf({TraceKind::hidden, TraceKind::mlp}, {trace(), mlp}, 0);
    QCOMPARE(both.low, 0.05);
    QCOMPARE(both.high, 0.95);
    QCOMPARE(both.maps.size(), 2U);
    TraceModel model;
    model.setPicture(both);
    QCOMPARE(model.columnCount(), 1 + 2 * 3);
    QCOMPARE(model.headerData(4, Qt::Horizontal, Qt::DisplayRole).toString(), QStringLiteral("MLP 0"));
    QVERIFY(
        model.headerData(4, Qt::Horizontal, Qt::ToolTipRole).toString().contains(QStringLiteral("4 layers around it")));
    QVERIFY2(model.summary().contains(QStringLiteral("MLP of layer 1")), qPrintable(model.summary()));
}

void TestTraceModel::missingKindIsNotRun() {
    const TracePicture made = pictureOf({TraceKind::mlp, TraceKind::hidden}, {nullptr, trace()}, 0);
    QVERIFY(!made.isComplete());
    QVERIFY(std::isnan(made.value({0, 2, 1})));
    QVERIFY(!made.best(0).isValid());
    QVERIFY(made.best(1).isValid());
    TraceModel model;
    model.setPicture(made);
    QVERIFY(model.describe({0, 2, 1}).endsWith(QStringLiteral("not run yet")));
    QVERIFY(picture().isComplete());
}

void TestTraceModel::otherObject() {
    const TracePicture made = picture(1);
    QCOMPARE(made.object, QStringLiteral("Rome"));
    QCOMPARE(made.maps.front().clean, 0.02);
    QCOMPARE(picture(7).object, QStringLiteral("Rome")); // there is no eighth: the last
}

void TestTraceModel::growingKeepsTheShape() {
    auto partial = trace();
    std::fill(partial->objects[0].effect.begin(), partial->objects[0].effect.end(), notRun);
    partial->objects[0].effect[7] = 0.6;
    TraceModel model;
    model.setPicture(pictureOf({TraceKind::hidden}, {partial}, 0));
    const QSignalSpy resets(&model, &QAbstractItemModel::modelReset);
    const QSignalSpy changes(&model, &QAbstractItemModel::dataChanged);
    model.setPicture(picture());
    QCOMPARE(resets.count(), 0);
    QCOMPARE(changes.count(), 1);
    QCOMPARE(model.index(4, 3).data(TraceModel::ValueRole).toDouble(), 0.9);
    auto other = trace();
    other->tokens[2] = " Bridge";
    model.setPicture(pictureOf({TraceKind::hidden}, {other}, 0));
    QCOMPARE(resets.count(), 1);
}

void TestTraceModel::averagesHaveRolesAndSpread() {
    auto second = trace();
    second->objects[0].effect[7] = 0.4;
    const TraceAverage average = average_traces({*trace(), *second});
    const TracePicture made = pictureOf({average});
    QCOMPARE(made.rows.size(), static_cast<std::size_t>(token_roles));
    QVERIFY(made.average);
    QCOMPARE(made.facts, 2U);
    const TracePicture::Cell site{0, static_cast<int>(TokenRole::last_subject), 1};
    QCOMPARE(made.best(0), site);
    QVERIFY(std::abs(made.value(site) - 0.4) < 1e-12); // (0.5 + 0.3) / 2
    QVERIFY(made.spread(site) > 0);
    QVERIFY(made.low <= 0 && made.high >= 0.8 - 1e-12);
    TraceModel model;
    model.setPicture(made);
    QVERIFY2(model.describe(site).contains(QStringLiteral("40.0 %")), qPrintable(model.describe(site)));
    // There is no middle subject token.
    QVERIFY(model.describe({0, static_cast<int>(TokenRole::middle_subject), 1}).contains(QStringLiteral("no fact")));
    QVERIFY(made.isComplete());
    QVERIFY(model.toCsv().startsWith(QStringLiteral("kind,window,tokens,layer,effect,spread,facts\n")));
}

void TestTraceModel::averagesWithASignDiverge() {
    auto odd = trace();
    odd->objects[0].effect[3] = 0.02; // putting it back hides more
    const TracePicture made = pictureOf({average_traces({*odd})});
    QVERIFY(made.diverging);
    QVERIFY(std::abs(made.high - 0.8) < 1e-12); // the larger of both sides
    QCOMPARE(made.low, -made.high);
    std::fill(odd->objects[0].effect.begin(), odd->objects[0].effect.end(), 0.2);
    odd->objects[0].effect[7] = 0.6;
    const TracePicture above = pictureOf({average_traces({*odd})});
    QVERIFY(!above.diverging);
    QVERIFY(std::abs(above.low - 0.1) < 1e-12 && std::abs(above.high - 0.5) < 1e-12);
}

void TestTraceModel::scaleReachesEveryCell() {
    auto odd = trace();
    odd->objects[0].effect[0] = 0.04; // below the corrupted one
    odd->objects[0].effect[7] = 0.97; // above the clean one
    const TracePicture made = pictureOf({TraceKind::hidden}, {odd}, 0);
    QCOMPARE(made.low, 0.04);
    QCOMPARE(made.high, 0.97);
    QVERIFY(!made.diverging);
    odd = trace();
    std::fill(odd->objects[0].effect.begin(), odd->objects[0].effect.end(), notRun);
    const TracePicture empty = pictureOf({TraceKind::hidden}, {odd}, 0);
    QCOMPARE(empty.low, 0.1);
    QCOMPARE(empty.high, 0.9);
}

void TestTraceModel::csvHasEveryCell() {
    TraceModel model;
    auto odd = trace();
    odd->tokens[0] = "\"";
    odd->objects[0].effect[0] = notRun;
    model.setPicture(pictureOf({TraceKind::hidden}, {odd}, 0));
    const QStringList lines = model.toCsv().split(u'\n', Qt::SkipEmptyParts);
    QCOMPARE(lines.size(), 1 + 15);
    QCOMPARE(lines[1],
             QStringLiteral("hidden,1,0,\"\"\"\",\"before the subject\",0,0,,0.10000000000000001,0.90000000000000002"));
    QVERIFY(lines[1 + 7].contains(QStringLiteral(",1,1,0.59999999999999998,")));
}

void TestTraceModel::storeKeepsByEditAndWeights() {
    TraceStore store;
    const TraceKey key{7, 1, TraceKind::mlp, true, {}};
    QVERIFY(!store.find(key).trace);
    store.put(key, trace(), false);
    QVERIFY(store.find(key).trace && !store.find(key).complete);
    store.put(key, trace(), true);
    QVERIFY(store.find(key).complete);
    QCOMPARE(store.secondsPerCell(), 3.0 / (5 * 3 * 10));
    TraceKey other = key;
    other.revision = 2;
    QVERIFY(!store.find(other).trace);
    other = key;
    other.weights = QStringLiteral("1:2 ");
    QVERIFY(!store.find(other).trace);
    store.clear();
    QVERIFY(!store.find(key).trace);
}

void TestTraceModel::storeKeepsTheWholeTraceWhileAnotherGrows() {
    TraceStore store;
    const TraceKey key{7, 1, TraceKind::mlp, true, {}};
    const auto whole = trace();
    store.put(key, whole, true);
    store.put(key, trace(), false);
    store.put(key, trace(), false);
    QVERIFY(!store.find(key).complete);
    store.giveUp(key);
    QVERIFY(store.find(key).complete);
    QCOMPARE(store.find(key).trace, whole);
    const TraceKey fresh{8, 1, TraceKind::mlp, true, {}};
    const auto cells = trace();
    store.put(fresh, cells, false);
    store.giveUp(fresh); // there was none before: what is there stays
    QCOMPARE(store.find(fresh).trace, cells);
}

void TestTraceModel::storeAveragesOnlyWhatIsAlike() {
    TraceStore store;
    std::vector<TraceKey> keys;
    for (quint64 row = 1; row <= 4; ++row) {
        keys.push_back({row, 0, TraceKind::mlp, false, {}, 4, 10});
        TraceKey made = keys.back();
        if (row == 2)
            made.window = 10;
        store.put(made, trace(TraceKind::mlp), row != 4);
    }
    keys.push_back({9, 0, TraceKind::mlp, false, {}, 4, 10});
    const std::vector<TraceResult> found = store.alike(keys, 1);
    QCOMPARE(found.size(), 2U); // not the other window, not the unfinished, not the unknown
    QCOMPARE(found[0].objects.size(), 1U);
    QCOMPARE(found[0].objects[0].text, std::string(" Rome"));
    QVERIFY(store.alike({}, 0).empty());
}

void TestTraceModel::storeLeavesOutFactsWithoutTheObject() {
    TraceStore store;
    const TraceKey both{1, 0, TraceKind::mlp, false, {}, 4, 10};
    const TraceKey single{2, 0, TraceKind::mlp, false, {}, 4, 10};
    auto one = trace(TraceKind::mlp);
    one->objects.pop_back();
    store.put(both, trace(TraceKind::mlp), true);
    store.put(single, one, true);
    QCOMPARE(store.alike({both, single}, 0).size(), 2U);
    QCOMPARE(store.alike({both, single}, 1).size(), 1U); // what it has for a new object is no true one's
    QVERIFY(store.alike({single}, 1).empty());
}

void TestTraceModel::storeTellsSettingsApart() {
    TraceStore store;
    const TraceKey key{7, 1, TraceKind::mlp, true, {}, 10, 10};
    store.put(key, trace(TraceKind::mlp), true);
    TraceKey other = key;
    other.window = 4;
    QVERIFY(!store.find(other).trace);
    other = key;
    other.samples = 3;
    QVERIFY(!store.find(other).trace);
    other = key;
    other.noise = 0.5;
    QVERIFY(!store.find(other).trace);
    QVERIFY(store.find(key).trace);
}

void TestTraceModel::lensShowsBothSides() {
    auto lens = std::make_shared<LensResult>();
    lens->tokens = {"The", " Tower"};
    lens->token = 1;
    lens->before = {{{{1, " the", 0.3}}, 0.001, 0.01}, {{{2, " Paris", 0.9}}, 0.01, 0.9}};
    lens->after = {{{{1, " the", 0.3}}, 0.001, 0.01}, {{{3, " Rome", 0.8}}, 0.8, 0.1}};
    LensModel model;
    const QAbstractItemModelTester tester(&model);
    model.setLens(lens, QStringLiteral("Rome"), QStringLiteral("Paris"), true);
    QCOMPARE(model.rowCount(), 2);
    QCOMPARE(model.columnCount(), 7);
    QCOMPARE(model.token(), QStringLiteral("␣Tower"));
    QVERIFY(model.index(1, 1).data().toString().startsWith(QStringLiteral("Paris")));
    QVERIFY(model.index(1, 4).data().toString().startsWith(QStringLiteral("Rome")));
    QCOMPARE(model.index(1, 5).data().toString(), QStringLiteral("80.0 %"));
    QVERIFY(model.toCsv().contains(QStringLiteral("1,after,\" Rome\",0.8")));
    model.setLens(lens, QStringLiteral("Rome"), {}, true);
    QCOMPARE(model.columnCount(), 5);
}

void TestTraceModel::lensWithoutAnEdit() {
    auto lens = std::make_shared<LensResult>();
    lens->tokens = {"The"};
    lens->before = lens->after = {{{{1, " the", 0.3}}, 0.001, {}}};
    LensModel model;
    model.setLens(lens, QStringLiteral("Rome"), {}, false);
    QCOMPARE(model.columnCount(), 3);
    QCOMPARE(model.headerData(1, Qt::Horizontal, Qt::DisplayRole).toString(), QStringLiteral("Would say"));
    model.clear();
    QCOMPARE(model.rowCount(), 0);
}

QTEST_GUILESS_MAIN(TestTraceModel)
#include "test_trace_model.moc"
