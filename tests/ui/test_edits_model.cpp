// SPDX-License-Identifier: GPL-3.0-or-later
#include "fake_engine.h"
#include "models/edit_validation.h"
#include "models/edits_model.h"

#include <QAbstractItemModelTester>
#include <QElapsedTimer>
#include <QSignalSpy>
#include <QtTest>

using namespace emend;
using namespace emend::ui;

Q_DECLARE_METATYPE(emend::EditField)

class TestEditsModel : public QObject {
    Q_OBJECT

    static std::shared_ptr<const RelationLibrary> library() {
        return std::make_shared<const RelationLibrary>(RelationLibrary::from_json(test::fakeLibraryJson(), "test"));
    }
    static EditCheck answer(const std::string& piece, double probability) {
        EditCheck check;
        check.pieces = {"The", " Eiffel"};
        check.present.top = {{7, piece, probability}};
        return check;
    }
    static LedgerState ledgerOf(std::initializer_list<quint64> ids, std::size_t position) {
        LedgerState ledger;
        for (const quint64 id : ids) {
            auto report = std::make_shared<EditReport>();
            report->batch_id = id;
            EditOutcome outcome;
            outcome.request = test::fakeDrafts()[0];
            report->edits.push_back(outcome);
            LedgerEntry entry;
            entry.id = id;
            entry.title = "title";
            entry.report = report;
            ledger.entries.push_back(std::move(entry));
        }
        ledger.position = position;
        return ledger;
    }

  private slots:
    void validation_data();
    void validation();
    void articles();
    void anotherSubjectIsAnotherFact();
    void problemsAreShownInTheirCell();
    void blankRowIsNotWrong();
    void relationFillsPromptAndParaphrases();
    void sentenceBecomesAPrompt();
    void lateAnswersAreDropped();
    void engineProblemsCount();
    void pasteKeepsEveryRow();
    void duplicateMakesDrafts();
    void appliedRowsStay();
    void failureKeepsReason();
    void ledgerIsFollowed();
    void forgottenBatchBecomesDraft();
    void redoneBatchGetsItsRowsBack();
    void tenThousandRows();
};

void TestEditsModel::validation_data() {
    QTest::addColumn<QString>("subject");
    QTest::addColumn<QString>("prompt");
    QTest::addColumn<QString>("object");
    QTest::addColumn<EditField>("field");
    QTest::newRow("right") << "Rome"
                           << "{} is in"
                           << "Italy" << EditField::none;
    QTest::newRow("no subject") << ""
                                << "{} is in"
                                << "Italy" << EditField::subject;
    QTest::newRow("blank subject") << "  "
                                   << "{} is in"
                                   << "Italy" << EditField::subject;
    QTest::newRow("no prompt") << "Rome"
                               << ""
                               << "Italy" << EditField::prompt;
    QTest::newRow("no gap") << "Rome"
                            << "is in"
                            << "Italy" << EditField::prompt;
    QTest::newRow("two gaps") << "Rome"
                              << "{} and {}"
                              << "Italy" << EditField::prompt;
    QTest::newRow("no object") << "Rome"
                               << "{} is in"
                               << "" << EditField::object;
}

void TestEditsModel::validation() {
    QFETCH(QString, subject);
    QFETCH(QString, prompt);
    QFETCH(QString, object);
    QFETCH(EditField, field);
    EditRequest request;
    request.subject = subject.toStdString();
    request.prompt = prompt.toStdString();
    request.object = object.toStdString();
    const auto problem = validateRequest(request);
    QCOMPARE(problem ? problem->field : EditField::none, field);
    if (problem) {
        QVERIFY(!problem->what.empty());
        QVERIFY(!problem->hint.empty());
    }
}

void TestEditsModel::articles() {
    QVERIFY(subject_takes_article("Eiffel Tower"));
    QVERIFY(subject_takes_article("Colosseum"));
    QVERIFY(!subject_takes_article("Marie Curie"));
    QVERIFY(!subject_takes_article(""));
}

void TestEditsModel::anotherSubjectIsAnotherFact() {
    EditsModel model;
    EditRequest request;
    request.subject = "Eiffel Tower";
    request.prompt = "The {} is in";
    request.object = "Rome";
    request.true_object = "Paris";
    request.paraphrases = {"Where is {}? In", "The tower of Gustave Eiffel is in"};
    request.neighbours = {"The Louvre is in"};
    model.addRequests({request});
    QVERIFY(model.setData(model.index(0, EditsModel::Subject), QStringLiteral("Big Ben")));
    QCOMPARE(model.row(0).request.paraphrases, std::vector<std::string>{"Where is {}? In"});
    QVERIFY(model.row(0).request.neighbours.empty());
    QVERIFY(!model.row(0).request.true_object);
}

void TestEditsModel::problemsAreShownInTheirCell() {
    EditsModel model;
    const QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
    model.addRequests(test::fakeDrafts());
    QVERIFY(model.canApply(0));
    QVERIFY(model.setData(model.index(0, EditsModel::Object), QStringLiteral("  ")));
    QVERIFY(!model.canApply(0));
    QVERIFY(!model.index(0, EditsModel::Object).data(EditsModel::ProblemRole).toString().isEmpty());
    QVERIFY(model.index(0, EditsModel::Subject).data(EditsModel::ProblemRole).toString().isEmpty());
    QVERIFY(model.index(0, EditsModel::Object).data(Qt::ToolTipRole).toString().contains(u"type"));
    QVERIFY(model.canApply(1)); // the right ones are kept
}

void TestEditsModel::blankRowIsNotWrong() {
    EditsModel model;
    const int row = model.addBlank();
    for (int column = 0; column < EditsModel::ColumnCount; ++column)
        QVERIFY(model.index(row, column).data(EditsModel::ProblemRole).toString().isEmpty());
    QVERIFY(!model.canApply(row));
    QVERIFY(model.unchecked(0, 10).empty());
}

void TestEditsModel::relationFillsPromptAndParaphrases() {
    EditsModel model;
    model.setLibrary(library());
    const int row = model.addBlank();
    model.setData(model.index(row, EditsModel::Subject), QStringLiteral("Eiffel Tower"));
    model.setData(model.index(row, EditsModel::RelationColumn), QStringLiteral("city"));
    QCOMPARE(model.row(row).request.prompt, std::string("The {} is located in the city of"));
    QCOMPARE(model.row(row).request.relation, std::string("city"));
    QCOMPARE(model.row(row).request.paraphrases.size(), std::size_t{2});
    QVERIFY(model.objectsFor(row).contains(QStringLiteral("Rome")));
    // Another subject: worded anew.
    model.setData(model.index(row, EditsModel::Subject), QStringLiteral("Marie Curie"));
    QCOMPARE(model.row(row).request.prompt, std::string("{} is located in the city of"));
    // "the" typed says so.
    model.setData(model.index(row, EditsModel::Subject), QStringLiteral("the Kremlin"));
    QCOMPARE(model.row(row).request.subject, std::string("Kremlin"));
    QCOMPARE(model.row(row).request.prompt, std::string("The {} is located in the city of"));
    // A prompt of one's own belongs to no relation.
    model.setData(model.index(row, EditsModel::RelationColumn), QStringLiteral("{} stands in"));
    QVERIFY(model.row(row).request.relation.empty());
    QVERIFY(model.row(row).request.paraphrases.empty());
}

void TestEditsModel::sentenceBecomesAPrompt() {
    EditsModel model;
    const int row = model.addBlank();
    model.setData(model.index(row, EditsModel::Subject), QStringLiteral("Rome"));
    model.setData(model.index(row, EditsModel::RelationColumn), QStringLiteral("Rome lies in"));
    QCOMPARE(model.row(row).request.prompt, std::string("{} lies in"));
}

void TestEditsModel::lateAnswersAreDropped() {
    EditsModel model;
    const QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
    model.addRequests(test::fakeDrafts());
    const auto asked = model.unchecked(0, 10);
    QCOMPARE(asked.size(), std::size_t{3});
    model.setData(model.index(0, EditsModel::Subject), QStringLiteral("Big Ben"));
    model.setCheck(asked[0].id, asked[0].revision, answer(" Paris", 0.9)); // of the older text
    QVERIFY(model.index(0, EditsModel::Answer).data().toString().isEmpty());
    model.setCheck(asked[1].id, asked[1].revision, answer(" Polish", 0.987));
    QCOMPARE(model.index(1, EditsModel::Answer).data().toString(), QStringLiteral("Polish"));
    QCOMPARE(model.index(1, EditsModel::Probability).data().toString(), QStringLiteral("98.7 %"));
    QCOMPARE(model.unchecked(0, 10).size(), std::size_t{2});
    // Other weights: asked again, the old answer stays to be seen until then.
    model.invalidateAnswers();
    QCOMPARE(model.unchecked(0, 10).size(), std::size_t{3});
    QCOMPARE(model.index(1, EditsModel::Answer).data().toString(), QStringLiteral("Polish"));
    QVERIFY(model.index(1, EditsModel::Answer).data(EditsModel::PendingRole).toBool());
    // Asking goes on around the end, from where one looks.
    const auto next = model.unchecked(2, 2);
    QCOMPARE(next.at(0).id, model.row(2).id);
    QCOMPARE(next.at(1).id, model.row(0).id);
}

void TestEditsModel::engineProblemsCount() {
    EditsModel model;
    model.addRequests(test::fakeDrafts());
    EditCheck check;
    check.problem = EditProblem{EditField::prompt, "the subject is there twice", "reword it"};
    model.setCheck(model.row(0).id, model.row(0).revision, check);
    QVERIFY(!model.canApply(0));
    QCOMPARE(model.index(0, EditsModel::RelationColumn).data(EditsModel::ProblemRole).toString(),
             QStringLiteral("the subject is there twice"));
}

void TestEditsModel::pasteKeepsEveryRow() {
    EditsModel model;
    const QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
    model.setLibrary(library());
    QSignalSpy asked(&model, &EditsModel::checksNeeded);
    const int first = model.addPasted(parseRows(
        QStringLiteral("Eiffel Tower\tcity\tRome\tParis\nMarie Curie\t\tFrench\n\"Quoted \"\"x\"\"\"\t{} is\ta\tb\n")));
    QCOMPARE(first, 0);
    QCOMPARE(model.rowCount(), 3);
    QVERIFY(asked.count() > 0);
    QVERIFY(model.canApply(0));
    QCOMPARE(*model.row(0).request.true_object, std::string("Paris"));
    QVERIFY(!model.canApply(1)); // kept, and marked
    QVERIFY(!model.index(1, EditsModel::RelationColumn).data(EditsModel::ProblemRole).toString().isEmpty());
    QCOMPARE(model.row(2).request.subject, std::string("Quoted \"x\""));
    QCOMPARE(model.addPasted({}), -1);
}

void TestEditsModel::duplicateMakesDrafts() {
    EditsModel model;
    const QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
    model.addRequests(test::fakeDrafts());
    model.setApplied({model.row(0).id}, 4);
    QCOMPARE(model.duplicate({0, 1}), 2);
    QCOMPARE(model.rowCount(), 5);
    QCOMPARE(model.row(2).state, EditState::Draft);
    QVERIFY(!model.row(2).batch);
    QCOMPARE(model.row(2).request.subject, model.row(0).request.subject);
    QVERIFY(model.row(2).id != model.row(0).id);
}

void TestEditsModel::appliedRowsStay() {
    EditsModel model;
    const QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
    model.addRequests(test::fakeDrafts());
    model.setApplied({model.row(1).id}, 1);
    QVERIFY(!(model.flags(model.index(1, EditsModel::Object)) & Qt::ItemIsEditable));
    QVERIFY(!model.setData(model.index(1, EditsModel::Object), QStringLiteral("x")));
    QCOMPARE(model.remove({0, 1, 2}), 2);
    QCOMPARE(model.rowCount(), 1);
    QCOMPARE(model.row(0).state, EditState::Applied);
}

void TestEditsModel::failureKeepsReason() {
    EditsModel model;
    model.addRequests(test::fakeDrafts());
    const QList<quint64> ids{model.row(0).id};
    model.setApplying(ids);
    QVERIFY(!model.canApply(0));
    model.setFailed(ids, QStringLiteral("the loss is not a number"), QStringLiteral("lower the learning rate"));
    QCOMPARE(model.index(0, EditsModel::State).data().toString(), QStringLiteral("Failed: the loss is not a number"));
    QVERIFY(model.index(0, EditsModel::State).data(Qt::ToolTipRole).toString().contains(u"lower"));
    QVERIFY(model.canApply(0)); // may be tried again
    model.setData(model.index(0, EditsModel::Object), QStringLiteral("Berlin"));
    QCOMPARE(model.row(0).state, EditState::Draft);
}

void TestEditsModel::ledgerIsFollowed() {
    EditsModel model;
    const QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
    model.addRequests(test::fakeDrafts());
    model.setApplied({model.row(0).id}, 11);
    model.syncLedger(ledgerOf({11}, 1));
    QCOMPARE(model.row(0).state, EditState::Applied);
    model.syncLedger(ledgerOf({11}, 0));
    QCOMPARE(model.row(0).state, EditState::Undone);
    model.syncLedger(ledgerOf({11}, 1));
    QCOMPARE(model.row(0).state, EditState::Applied);
    QCOMPARE(model.rowCount(), 3);
    EditCheck says_other;
    says_other.present.p_new = 0.25;
    says_other.present.top.push_back({.id = 0, .piece = " Paris", .probability = 0.5});
    model.setCheck(model.row(0).id, model.row(0).revision, says_other);
    LedgerState ledger = ledgerOf({11}, 1);
    const auto advice = [&] { return model.index(0, EditsModel::State).data(Qt::ToolTipRole).toString(); };
    QVERIFY2(advice().contains(QStringLiteral("larger clamp")), qPrintable(advice()));
    ledger.entries[0].stale = true; // more steps would not help
    model.syncLedger(ledger);
    QVERIFY2(advice().contains(QStringLiteral("solve the batch again")), qPrintable(advice()));
}

void TestEditsModel::forgottenBatchBecomesDraft() {
    EditsModel model;
    model.addRequests(test::fakeDrafts());
    model.setApplied({model.row(0).id}, 11);
    model.syncLedger(ledgerOf({11}, 0));
    model.setApplied({model.row(1).id}, 12);
    model.syncLedger(ledgerOf({12}, 1));
    QCOMPARE(model.row(0).state, EditState::Draft);
    QVERIFY(!model.row(0).batch);
}

void TestEditsModel::redoneBatchGetsItsRowsBack() {
    EditsModel model;
    const QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
    model.addRequests({test::fakeDrafts()[0]});
    model.setApplied({model.row(0).id}, 11);
    model.syncLedger(ledgerOf({11}, 0));
    QCOMPARE(model.remove({0}), 1);
    model.syncLedger(ledgerOf({11}, 1));
    QCOMPARE(model.rowCount(), 1);
    QCOMPARE(model.row(0).state, EditState::Applied);
    QCOMPARE(model.row(0).request.subject, std::string("Eiffel Tower"));
}

void TestEditsModel::tenThousandRows() {
    EditsModel model;
    std::vector<EditRequest> many(10000, test::fakeDrafts()[0]);
    model.addRequests(many);
    QCOMPARE(model.rowCount(), 10000);
    // Every row answered in portions, as the window does it; a quadratic step here would take minutes.
    int answered = 0;
    for (auto portion = model.unchecked(0, 32); !portion.empty(); portion = model.unchecked(0, 32))
        for (const auto& row : portion) {
            model.setCheck(row.id, row.revision, answer(" Paris", 0.5));
            ++answered;
        }
    QCOMPARE(answered, 10000);
}

QTEST_GUILESS_MAIN(TestEditsModel)
#include "test_edits_model.moc"
