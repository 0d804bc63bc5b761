// SPDX-License-Identifier: GPL-3.0-or-later
// What came of verifying, replaying and rescuing, in words.
#include "models/check_model.h"
#include "models/comparison_model.h"

#include <QtTest>

#include <cmath>
#include <limits>
#include <memory>

using namespace emend;
using namespace emend::ui;

class TestCheckModel : public QObject {
    Q_OBJECT

  private slots:
    void rowsInWords();
    void numbersThatAreNone();
    void aBatchThatCameOutOtherwise();
    void whatWasLost();
};

void TestCheckModel::rowsInWords() {
    LedgerState ledger;
    ledger.entries.push_back(
        {.id = 2, .title = "Rome", .note = {}, .hash = {}, .report = {}, .active = true, .stale = false});
    const std::unique_ptr<CheckModel> model(
        CheckModel::ofChecks({{.check = "file", .finding = "sound"},
                              {.check = "answers", .batch = 2, .ok = false, .finding = "others", .difference = 0.25},
                              {.check = "new-one", .batch = 7, .finding = "well"},
                              {.check = "texts", .batch = 2, .compared = false, .finding = "gone"}},
                             ledger));
    QCOMPARE(model->summary(), QStringLiteral("✗ 1 of 3 check(s) failed; 1 had nothing to be compared with"));
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
    QCOMPARE(cell(3, 0), QStringLiteral("– not compared"));
    QCOMPARE(model->index(3, 0).data(ComparisonModel::VerdictRole).toInt(), static_cast<int>(ComparisonModel::Unknown));
    QCOMPARE(model->describe(4), QString());
    const QStringList lines = model->toText().split(u'\n');
    QCOMPARE(lines.size(), 7); // the last one is empty
    QCOMPARE(lines[3], QStringLiteral("✗ failed\tAnswers\t2: Rome\tothers\t0.2500"));
}

void TestCheckModel::numbersThatAreNone() {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const std::unique_ptr<CheckModel> checks(
        CheckModel::ofChecks({{.check = "update-norm", .ok = false, .finding = {}, .difference = nan}}, {}));
    QCOMPARE(checks->index(0, 4).data().toString(), QStringLiteral("not a number"));
    const std::unique_ptr<CheckModel> none(CheckModel::ofReplay({}));
    QVERIFY(none->isGood());
    QVERIFY(none->summary().startsWith(QStringLiteral("There was nothing to replay")));
    QCOMPARE(none->firstBad(), 0);
}

void TestCheckModel::aBatchThatCameOutOtherwise() {
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
    QCOMPARE(cell(0, 3), QStringLiteral("2.00 %"));
    QCOMPARE(cell(0, 6), QStringLiteral("✓ still holds"));
    QCOMPARE(cell(1, 5), QStringLiteral("10.0 %"));
    QCOMPARE(cell(1, 6), QStringLiteral("✗ lost"));
    QCOMPARE(cell(2, 0), QStringLiteral("✗ not replayed"));
    QVERIFY(model->describe(2).contains(QStringLiteral("no such layer; choose one")));
}

void TestCheckModel::whatWasLost() {
    const std::unique_ptr<CheckModel> whole(
        CheckModel::ofRescue({.edits = 2, .batches = 1, .traces = 0, .texts = 0, .scores = 0, .lost = {}}));
    QVERIFY(whole->isGood());
    QCOMPARE(whole->rowCount(), 0);
    QVERIFY2(whole->summary().contains(QStringLiteral("Nothing was damaged")), qPrintable(whole->summary()));
    const std::unique_ptr<CheckModel> rest(CheckModel::ofRescue(
        {.edits = 2, .batches = 1, .traces = 0, .texts = 0, .scores = 0, .lost = {"batch 2: a matrix is damaged"}}));
    QVERIFY(!rest->isGood());
    QCOMPARE(rest->rowCount(), 1);
    QCOMPARE(rest->index(0, 1).data().toString(), QStringLiteral("batch 2: a matrix is damaged"));
    QVERIFY2(rest->summary().contains(QStringLiteral("2 edit(s), 1 batch(es)")), qPrintable(rest->summary()));
}

QTEST_GUILESS_MAIN(TestCheckModel)
#include "test_check_model.moc"
