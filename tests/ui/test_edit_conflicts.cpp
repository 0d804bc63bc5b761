// SPDX-License-Identifier: GPL-3.0-or-later
// Edits in each other's way: told from the text at once, from the keys when somebody asked.
#include "fake_engine.h"
#include "models/edits_model.h"

#include <QElapsedTimer>
#include <QSignalSpy>
#include <QtTest>

using namespace emend;
using namespace emend::ui;

class TestEditConflicts : public QObject {
    Q_OBJECT

    using Together = EditsModel::SolvedTogether;

    static EditRequest about(const std::string& subject, const std::string& object = "Rome") {
        EditRequest request;
        request.subject = subject;
        request.prompt = "{} is in";
        request.object = object;
        return request;
    }
    static QString marked(const EditsModel& model) { // one letter a row
        QString text;
        for (int row = 0; row < model.rowCount(); ++row)
            text +=
                model.index(row, EditsModel::Subject).data(EditsModel::ConflictRole).toString().isEmpty() ? u'.' : u'x';
        return text;
    }
    static void turn() { QCoreApplication::processEvents(); }

  private slots:
    void sameSubjectsAreMarked();
    void onlyWhenSolvedTogether();
    void onlyAmongThoseThatWait();
    void followsTheRows();
    void onlyWithinABatch();
    void nextGoesAround();
    void nearKeysHoldUntilChanged();
    void manyRowsStayLinear();
};

void TestEditConflicts::sameSubjectsAreMarked() {
    EditsModel model;
    model.setSolvedTogether(Together::Yes);
    QSignalSpy told(&model, &EditsModel::conflictsChanged);
    // Blanks around do not count, case does; blank rows are nobody's rivals.
    model.addRequests({about("Eiffel Tower"),
                       about("Louvre"),
                       about(" Eiffel Tower "),
                       about("eiffel tower"),
                       about("Eiffel Tower", "Oslo"),
                       {},
                       {}});
    turn();
    QCOMPARE(marked(model), QStringLiteral("x.x.x.."));
    QCOMPARE(model.conflicts().same_subject, 3);
    QCOMPARE(told.count(), 1); // once for all rows
    const auto text = [&](int row, int role) { return model.index(row, EditsModel::Subject).data(role).toString(); };
    QVERIFY(text(2, EditsModel::ConflictRole).contains(QStringLiteral("row 1")));
    QVERIFY(text(0, EditsModel::ConflictRole).contains(QStringLiteral("row 3")));
    QVERIFY(text(2, Qt::ToolTipRole).contains(QStringLiteral("merge")));
    QVERIFY(text(2, Qt::AccessibleTextRole).contains(QStringLiteral("row 1")));
}

void TestEditConflicts::onlyWhenSolvedTogether() {
    EditsModel model;
    model.addRequests({about("A"), about("A")});
    turn();
    QCOMPARE(marked(model), QStringLiteral("..")); // one after another
    model.setSolvedTogether(Together::Yes);
    turn();
    QCOMPARE(marked(model), QStringLiteral("xx"));
    model.setSolvedTogether(Together::Merged);
    turn();
    QCOMPARE(marked(model), QStringLiteral(".."));
    QCOMPARE(model.conflicts().same_subject, 2); // still worth telling
    model.setSolvedTogether(Together::No);
    turn();
    QCOMPARE(model.conflicts().same_subject, 0);
}

void TestEditConflicts::onlyAmongThoseThatWait() {
    EditsModel model;
    model.setSolvedTogether(Together::Yes);
    model.addRequests({about("A"), about("A"), about("A")});
    model.setApplied({model.row(0).id}, 7);
    turn();
    QCOMPARE(marked(model), QStringLiteral(".xx"));
    model.setApplying({model.row(1).id});
    turn();
    QCOMPARE(marked(model), QStringLiteral("..."));
}

void TestEditConflicts::followsTheRows() {
    EditsModel model;
    model.setSolvedTogether(Together::Yes);
    model.addRequests({about("A"), about("B"), about("A")});
    turn();
    QCOMPARE(marked(model), QStringLiteral("x.x"));
    model.setData(model.index(1, EditsModel::Subject), QStringLiteral("A"));
    turn();
    QCOMPARE(marked(model), QStringLiteral("xxx"));
    QCOMPARE(model.remove({0}), 1);
    turn();
    QCOMPARE(marked(model), QStringLiteral("xx"));
    QVERIFY(model.index(1, EditsModel::Subject).data(EditsModel::ConflictRole).toString().contains(u"row 1"));
    model.setData(model.index(0, EditsModel::Subject), QStringLiteral("C"));
    turn();
    QCOMPARE(marked(model), QStringLiteral(".."));
    QCOMPARE(model.conflicts(), EditsModel::Conflicts{});
}

void TestEditConflicts::onlyWithinABatch() {
    EditsModel model;
    model.setSolvedTogether(Together::Yes, 2);
    model.addRequests({about("A"), about("B"), about("A"), about("A"), about("B")});
    turn();
    QCOMPARE(marked(model), QStringLiteral("..xx."));
    model.setSolvedTogether(Together::Yes, 0);
    turn();
    QCOMPARE(marked(model), QStringLiteral("xxxxx"));
}

void TestEditConflicts::nextGoesAround() {
    EditsModel model;
    model.setSolvedTogether(Together::Yes);
    QCOMPARE(model.nextConflict(-1), -1);
    model.addRequests({about("A"), about("B"), about("C"), about("B")});
    turn();
    QCOMPARE(model.nextConflict(-1), 1);
    QCOMPARE(model.nextConflict(1), 3);
    QCOMPARE(model.nextConflict(3), 1);
}

void TestEditConflicts::nearKeysHoldUntilChanged() {
    EditsModel model;
    model.setSolvedTogether(Together::Yes);
    model.addRequests({about("A"), about("B"), about("C")});
    const QList<quint64> ids{model.row(0).id, model.row(2).id};
    model.setNearKeys(ids, {{.first = 0, .second = 1, .same_subject = false, .cosine = 0.987}});
    turn();
    QCOMPARE(marked(model), QStringLiteral("x.x"));
    QCOMPARE(model.conflicts().near_keys, 2);
    QVERIFY(model.index(0, 0).data(EditsModel::ConflictRole).toString().contains(QStringLiteral("0.987")));
    model.setSolvedTogether(Together::Merged); // other subjects: merging does not help
    turn();
    QCOMPARE(marked(model), QStringLiteral("x.x"));
    model.setData(model.index(2, EditsModel::Subject), QStringLiteral("D"));
    turn();
    QCOMPARE(marked(model), QStringLiteral("..."));
    // Places that are no rows, rows that are gone.
    model.setNearKeys({1234, 5678}, {{.first = 0, .second = 1, .same_subject = false, .cosine = 1},
                                     {.first = 7, .second = 9, .same_subject = false, .cosine = 1}});
    turn();
    QCOMPARE(marked(model), QStringLiteral("..."));
}

// A hundred times the rows may take a hundred times as long, ten times that on a machine that is busy elsewhere; a
// quadratic step would take ten thousand times.
void TestEditConflicts::manyRowsStayLinear() {
    const auto microseconds = [](int count) {
        EditsModel model;
        model.setSolvedTogether(Together::Yes);
        turn();
        std::vector<EditRequest> many;
        for (int i = 0; i < count; ++i)
            many.push_back(about("Subject " + std::to_string(i % (count / 2))));
        model.addRequests(many);
        QElapsedTimer clock;
        clock.start();
        turn();
        const double spent = static_cast<double>(clock.nsecsElapsed()) / 1000;
        if (model.conflicts().same_subject != count)
            qFatal("every row has a rival");
        return spent;
    };
    double few = 1e9;
    double many = 1e9;
    for (int turn = 0; turn < 3; ++turn) { // the best of three: other programs run, too
        few = std::min(few, microseconds(500));
        many = std::min(many, microseconds(50'000));
    }
    qInfo("500 rows: %.0f us, 50,000 rows: %.0f us", few, many);
    QVERIFY2(many < 1000 * few, qPrintable(QString::number(many / few)));
}

QTEST_GUILESS_MAIN(TestEditConflicts)
#include "test_edit_conflicts.moc"
