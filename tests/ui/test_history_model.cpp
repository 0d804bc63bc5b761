// SPDX-License-Identifier: GPL-3.0-or-later
// The ledger as a table, and the panel that shows it.
#include "models/history_model.h"
#include "panels/history_panel.h"

#include <QSignalSpy>
#include <QStackedWidget>
#include <QtTest>

#include <memory>
#include <string>

using namespace emend;
using namespace emend::ui;

class TestHistoryModel : public QObject {
    Q_OBJECT

    static LedgerEntry entry(std::uint64_t id, const std::string& title, int edits = 1) {
        auto report = std::make_shared<EditReport>();
        report->batch_id = id;
        report->recipe.algorithm = "MEMIT";
        report->recipe.distribution = "spread";
        report->recipe.softness = 100;
        report->edits.resize(static_cast<std::size_t>(edits));
        for (EditOutcome& outcome : report->edits) {
            outcome.after.top = {{1, " Rome", 0.9}};
            outcome.after.p_new = 0.9;
        }
        report->edits.front().after.p_new = 0.7;
        report->layers = {{3, 2.0, 40, 0.05, 1, 768, 10, 0.1, 0.2}, {4, 4.0, 40, 0.10, 1, 768, 10, 0.1, 0.2}};
        report->seconds.total = 2.5;
        report->seconds.values = 2;
        report->seconds.solve = 0.02;
        LedgerEntry entry;
        entry.id = id;
        entry.title = title;
        entry.report = report;
        return entry;
    }
    static LedgerState ledger(int count, std::size_t position) {
        LedgerState state;
        for (int i = 1; i <= count; ++i)
            state.entries.push_back(entry(static_cast<std::uint64_t>(i), "batch " + std::to_string(i), i));
        state.position = position;
        return state;
    }
    static QString cell(const HistoryModel& model, int row, int column) {
        return model.index(row, column).data().toString();
    }

  private slots:
    void rowsSayWhatTheLedgerSays();
    void statesOfRows();
    void switchingIsOnlyAsked();
    void rowsAreKept();
    void detailsTellWarningsAndTimes();
    void emptyHistorySaysWhatToDo();
    void wordsAreOnlyAskedFor();
    void scoresAreShownWhereTheyAreKnown();
};

void TestHistoryModel::rowsSayWhatTheLedgerSays() {
    HistoryModel model;
    model.setLedger(ledger(3, 2));
    QCOMPARE(model.rowCount(), 4);
    QCOMPARE(cell(model, 0, HistoryModel::Title), QStringLiteral("Checkpoint"));
    QVERIFY(!model.index(0, HistoryModel::Title).data(Qt::CheckStateRole).isValid());
    QCOMPARE(cell(model, 3, HistoryModel::Title), QStringLiteral("batch 3"));
    QCOMPARE(cell(model, 3, HistoryModel::RecipeColumn), QStringLiteral("MEMIT · spread"));
    QCOMPARE(cell(model, 3, HistoryModel::Layers), QStringLiteral("3, 4"));
    QCOMPARE(cell(model, 3, HistoryModel::Softness), QStringLiteral("100"));
    QCOMPARE(cell(model, 3, HistoryModel::Edits), QStringLiteral("3"));
    QCOMPARE(cell(model, 3, HistoryModel::Efficacy), QStringLiteral("83.3 %")); // mean of 0.7, 0.9, 0.9
    QCOMPARE(cell(model, 3, HistoryModel::Norm), QStringLiteral("10.0 %"));     // the larger of the two
    QCOMPARE(cell(model, 3, HistoryModel::Took), QStringLiteral("2.5 s"));
    for (int column = 0; column < HistoryModel::ColumnCount; ++column)
        QVERIFY(!model.headerData(column, Qt::Horizontal, Qt::ToolTipRole).toString().isEmpty());
}

void TestHistoryModel::statesOfRows() {
    HistoryModel model;
    LedgerState state = ledger(4, 3);
    state.entries[0].active = false;
    state.entries[1].stale = true;
    state.entries[3].stale = true; // undone: not in the weights, so nothing to mend
    model.setLedger(state);
    QCOMPARE(model.state(0), HistoryModel::Checkpoint);
    QCOMPARE(model.state(1), HistoryModel::SwitchedOff);
    QCOMPARE(model.state(2), HistoryModel::Stale);
    QCOMPARE(model.state(3), HistoryModel::Applied);
    QCOMPARE(model.state(4), HistoryModel::Undone);
    QCOMPARE(model.staleCount(), 1);
    QCOMPARE(model.firstStaleRow(), 2);
    QCOMPARE(model.positionRow(), 3);
    QVERIFY(cell(model, 3, HistoryModel::State).contains(QStringLiteral("here")));
    QVERIFY(cell(model, 2, HistoryModel::State).contains(QStringLiteral("stale")));
    QVERIFY(model.index(2, HistoryModel::State)
                .data(Qt::ToolTipRole)
                .toString()
                .contains(QStringLiteral("earlier batch was switched")));
}

void TestHistoryModel::switchingIsOnlyAsked() {
    HistoryModel model;
    model.setLedger(ledger(2, 2));
    QSignalSpy asked(&model, &HistoryModel::switchRequested);
    const QModelIndex box = model.index(1, HistoryModel::Title);
    QVERIFY(box.flags() & Qt::ItemIsUserCheckable);
    QVERIFY(!(model.index(0, HistoryModel::Title).flags() & Qt::ItemIsUserCheckable));
    QVERIFY(!model.setData(box, Qt::Unchecked, Qt::CheckStateRole));
    QCOMPARE(asked.count(), 1);
    QCOMPARE(asked.first(), (QVariantList{QVariant::fromValue(quint64{1}), false}));
    QCOMPARE(box.data(Qt::CheckStateRole).toInt(), int(Qt::Checked)); // until it has happened
    model.setData(box, Qt::Checked, Qt::CheckStateRole);
    QCOMPARE(asked.count(), 1); // as it is already
}

void TestHistoryModel::rowsAreKept() {
    HistoryModel model;
    model.setLedger(ledger(3, 3));
    const QPersistentModelIndex second(model.index(2, HistoryModel::Title));
    LedgerState state = ledger(2, 2);
    state.entries.push_back(entry(9, "another way on"));
    state.position = 3;
    model.setLedger(state);
    QVERIFY(second.isValid());
    QCOMPARE(second.data().toString(), QStringLiteral("batch 2"));
    QCOMPARE(cell(model, 3, HistoryModel::Title), QStringLiteral("another way on"));
    model.setLedger({});
    QCOMPARE(model.rowCount(), 1);
    QVERIFY(!second.isValid());
}

void TestHistoryModel::detailsTellWarningsAndTimes() {
    LedgerState state = ledger(2, 2);
    auto report = std::make_shared<EditReport>(*state.entries[1].report);
    report->warnings = {"the system is ill-conditioned (1e13)"};
    report->edits[0].value_kept = true;
    state.entries[1].report = report;
    HistoryModel model;
    model.setLedger(state);
    const QString details = model.facts(2);
    QVERIFY(model.warnings(2).contains(QStringLiteral("ill-conditioned")));
    QVERIFY(model.warnings(1).isEmpty());
    QVERIFY(details.contains(QStringLiteral("values 2.0 s")));
    QVERIFY(details.contains(QStringLiteral("solve 20 ms")));
    QVERIFY(details.contains(QStringLiteral("1 of 2 value")));
    QVERIFY(!model.facts(1).contains(QStringLiteral("kept")));
    QCOMPARE(model.recipeSentence(2), QStringLiteral("MEMIT on layers 3, 4, spread, softness 100."));
    QVERIFY(!model.recipeSentence(0).isEmpty());
}

void TestHistoryModel::emptyHistorySaysWhatToDo() {
    HistoryModel model;
    HistoryPanel panel(model);
    auto* stack = panel.findChild<QStackedWidget*>();
    QCOMPARE(stack->currentWidget()->objectName(), QStringLiteral("historyEmpty"));
    model.setLedger(ledger(1, 1));
    QVERIFY(stack->currentWidget()->objectName() != QStringLiteral("historyEmpty"));
    QCOMPARE(panel.currentRow(), 1); // where the model stands
}

void TestHistoryModel::wordsAreOnlyAskedFor() {
    HistoryModel model;
    LedgerState state = ledger(2, 2);
    state.entries[1].note = "two\nlines";
    model.setLedger(state);
    const QModelIndex title = model.index(2, HistoryModel::Title), note = model.index(2, HistoryModel::Note);
    QCOMPARE(note.data().toString(), QStringLiteral("two lines"));
    QCOMPARE(note.data(Qt::EditRole).toString(), QStringLiteral("two\nlines"));
    QVERIFY(note.data(Qt::ToolTipRole).toString().contains(QStringLiteral("two\nlines")));
    QVERIFY(title.flags() & Qt::ItemIsEditable && note.flags() & Qt::ItemIsEditable);
    QVERIFY(!(model.index(2, HistoryModel::State).flags() & Qt::ItemIsEditable));
    QVERIFY(!(model.index(0, HistoryModel::Title).flags() & Qt::ItemIsEditable)); // the checkpoint is what it is
    QVERIFY(!(model.index(0, HistoryModel::Note).flags() & Qt::ItemIsEditable));

    QSignalSpy asked(&model, &HistoryModel::annotateRequested);
    QVERIFY(!model.setData(title, QStringLiteral("  batch 2 "), Qt::EditRole)); // nothing new
    QVERIFY(!model.setData(title, QString(), Qt::EditRole));                    // a batch has a title
    QCOMPARE(asked.size(), 0);
    model.setData(title, QStringLiteral("second"), Qt::EditRole);
    QCOMPARE(asked.takeFirst(), (QVariantList{quint64{2}, QStringLiteral("second"), QStringLiteral("two\nlines")}));
    model.setData(note, QString(), Qt::EditRole); // a note may go
    QCOMPARE(asked.takeFirst(), (QVariantList{quint64{2}, QStringLiteral("batch 2"), QString()}));
    QCOMPARE(title.data().toString(), QStringLiteral("batch 2")); // until it has happened
}

void TestHistoryModel::scoresAreShownWhereTheyAreKnown() {
    HistoryModel model;
    model.setLedger(ledger(4, 4));
    QVERIFY(!model.hasScores());
    SessionScores all{.batch = 1, .before = Scores{0.005, {}, 1.0, {}}, .after = {1.0, 0.95, 0.98, 0.9762}};
    SessionScores few{.batch = 2, .before = {}, .after = {1.0, {}, {}, {}}};
    SessionScores first{.batch = 3, .before = {}, .after = {0.5, 0.5, 0.5, 0.5}, .edits = 2};
    model.setScores({{1, all}, {2, few}, {3, first}});
    QVERIFY(model.hasScores());
    QCOMPARE(cell(model, 1, HistoryModel::Score), QStringLiteral("97.6 %"));
    QCOMPARE(cell(model, 2, HistoryModel::Score), QStringLiteral("–")); // never a mean of fewer than three
    QCOMPARE(cell(model, 4, HistoryModel::Score), QString());
    QVERIFY2(model.facts(1).startsWith(QStringLiteral("efficacy 100.0 %, paraphrases 95.0 %, neighbours 98.0 %")),
             qPrintable(model.facts(1)));
    QCOMPARE(model.scores(2), QStringLiteral("efficacy 100.0 %"));
    QVERIFY(!model.scores(1).contains(QStringLiteral("of the first")));
    // Measured on fewer edits than the batch has.
    QVERIFY(model.index(3, HistoryModel::Score)
                .data(Qt::ToolTipRole)
                .toString()
                .contains(QStringLiteral("of the first 2 edit")));
    QVERIFY(model.scores(0).isEmpty()); // the checkpoint
    // What it was below the batch, where that is known.
    QCOMPARE(model.index(1, HistoryModel::Score).data(Qt::ToolTipRole).toString(),
             QStringLiteral("efficacy 0.50 % → 100.0 %\nparaphrases 95.0 %\nneighbours 100.0 % → 98.0 %"));
}

QTEST_MAIN(TestHistoryModel)
#include "test_history_model.moc"
