// SPDX-License-Identifier: GPL-3.0-or-later
// How applied batches score: measured behind everything else, kept in the session, gone with the updates they are of.
#include "models/history_model.h"
#include "session_fixture.h"
#include "shell/history.h"

#include <QSignalSpy>
#include <QTableView>

using namespace emend;
using namespace emend::test;
using namespace emend::ui;

class TestBatchScores : public QObject {
    Q_OBJECT

    std::unique_ptr<Theme> m_theme;

    static QString score(SessionFixture& f, int row, HistoryModel::Column column = HistoryModel::Score) {
        return f.window->get<QTableView>("historyTable")->model()->index(row, column).data().toString();
    }
    static QString told(SessionFixture& f, int row) {
        return f.window->get<QTableView>("historyTable")
            ->model()
            ->index(row, HistoryModel::Score)
            .data(Qt::ToolTipRole)
            .toString();
    }

  private slots:
    void initTestCase() { m_theme = std::make_unique<Theme>(); }
    void init() { QDir(own_data.sessions()).removeRecursively(); }

    void everyBatchIsScored();
    void anEditGoesFirst();
    void lookingGoesFirst();
    void keptInTheSession();
    void otherUpdatesOtherScores();
    void aDroppedBatchTakesItsScoresAlong();
    void nothingToMeasureNothingAsked();
    void canBeMeasured();
    void cancelledOrFailedIsNotAskedOverAndOver();
};

void TestBatchScores::everyBatchIsScored() {
    SessionFixture f(*m_theme);
    // What is measured to the end: a scoring makes way for everything else and begins again behind it.
    QSignalSpy scored(&f.window->workbench.studio(), &Studio::scored);
    f.apply(0);
    f.apply(1);
    QCOMPARE(scored.size(), 2); // the first not again behind the second
    QCOMPARE(told(f, 1), QStringLiteral("efficacy 0.00 % → 100.0 %\nparaphrases 0.00 % → 95.0 %\n"
                                        "neighbours 100.0 % → 98.0 %"));
    QVERIFY(!score(f, 2).isEmpty());
    f.window->workbench.undo();
    f.settle();
    f.window->workbench.redo();
    f.settle();
    QCOMPARE(scored.size(), 2); // the same weights
}

void TestBatchScores::anEditGoesFirst() {
    SessionFixture f(*m_theme);
    f.script->score_ms = 20000;
    f.window->workbench.apply({0});
    QTRY_VERIFY(f.script->scorings > 0);
    f.window->workbench.apply({1});
    QTRY_COMPARE(f.script->applies.load(), 2); // long before the scores would have been there
    QTRY_VERIFY(!f.window->workbench.studio().isEditing());
    f.script->score_ms = 0;
    f.window->workbench.apply({2}); // stops what runs
    f.settle();
    QCOMPARE(f.script->applies.load(), 3);
    for (int row = 1; row <= 3; ++row)
        QVERIFY2(!score(f, row).isEmpty(), qPrintable(QString::number(row)));
}

void TestBatchScores::lookingGoesFirst() {
    SessionFixture f(*m_theme);
    f.apply(0);
    f.script->score_ms = 20000;
    const int before = f.script->scorings;
    f.window->workbench.apply({1});
    QTRY_VERIFY(f.script->scorings > before);
    const int checks = f.script->checks;
    QSignalSpy failed(&f.window->workbench.studio(), &Studio::scoreFailed);
    f.window->edits().setData(f.window->edits().index(2, EditsModel::Object), QStringLiteral("German"));
    QTRY_VERIFY(f.script->checks > checks);
    QTRY_VERIFY(f.window->workbench.studio().isScoring()); // begun again behind it
    f.script->score_ms = 0;
    f.window->edits().setData(f.window->edits().index(2, EditsModel::Object), QStringLiteral("Polish"));
    f.settle();
    QVERIFY(!score(f, 2).isEmpty());
    QCOMPARE(failed.size(), 0);
}

void TestBatchScores::keptInTheSession() {
    QString file;
    QString kept;
    QTemporaryDir folder;
    {
        SessionFixture f(*m_theme);
        QVERIFY(QDir(folder.path()).mkdir(QStringLiteral("demo_model")));
        f.window->window.openModel(folder.filePath(QStringLiteral("demo_model")));
        f.settle();
        f.apply(0);
        f.rest();
        kept = told(f, 1);
        const std::vector<SessionScores> scores = look(f.file())->scores();
        QCOMPARE(scores.size(), std::size_t{1});
        QCOMPARE(scores[0].batch, f.window->workbench.studio().ledger().entries[0].id);
        QCOMPARE(scores[0].after.efficacy, std::optional(1.0));
        QVERIFY(scores[0].before.has_value());
        QCOMPARE(scores[0].before->efficacy, std::optional(0.0));
        QCOMPARE(scores[0].state, std::optional(state_name(f.window->workbench.studio().ledger(), 1)));
        file = folder.filePath(QStringLiteral("scores.emend"));
        f.saveAs(file);
        // It is in the report, too.
        const QString report = folder.filePath(QStringLiteral("report.json"));
        f.window->workbench.studio().writeReport(report, {}, {});
        f.settle();
        QFile written(report);
        QVERIFY(written.open(QIODevice::ReadOnly));
        const QByteArray text = written.readAll();
        QVERIFY(text.contains("\"paraphrase\": 0.95"));
        QVERIFY(text.contains("\"paraphrase\": 0.0")); // below the batch
        QVERIFY(text.contains("\"state\": \"" + QByteArray::fromStdString(*scores[0].state) + '"'));
        QVERIFY(!text.contains("\"other_weights\": true"));
        QVERIFY(f.close());
    }
    SessionFixture f(*m_theme, {}, file);
    f.rest();
    QCOMPARE(f.script->scorings.load(), 0);
    QCOMPARE(told(f, 1), kept);
}

void TestBatchScores::otherUpdatesOtherScores() {
    SessionFixture f(*m_theme);
    f.apply(0);
    f.rest();
    QCOMPARE(look(f.file())->scores().size(), std::size_t{1});
    const std::uint64_t batch = f.window->workbench.studio().ledger().entries[0].id;
    QSignalSpy failed(&f.window->workbench.studio(), &Studio::scoreFailed);
    f.script->fail_score = true; // so that nothing takes their place
    f.window->workbench.studio().settle({.batch_id = batch, .softness = 500, .settle = true, .watch = {}, .top = 5});
    f.settle();
    QCOMPARE(failed.size(), 1);
    QVERIFY(score(f, 1).isEmpty());
    QCOMPARE(look(f.file())->scores().size(), std::size_t{0});
    f.script->fail_score = false;
    f.window->workbench.studio().settle({.batch_id = batch, .softness = 700, .settle = true, .watch = {}, .top = 5});
    f.rest();
    QVERIFY(!score(f, 1).isEmpty());
    QCOMPARE(look(f.file())->scores().size(), std::size_t{1});
}

void TestBatchScores::aDroppedBatchTakesItsScoresAlong() {
    SessionFixture f(*m_theme);
    f.apply(0);
    f.apply(1);
    f.window->workbench.undo();
    f.settle();
    f.apply(2); // instead of the second
    f.rest();
    const std::vector<SessionScores> scores = look(f.file())->scores();
    QCOMPARE(scores.size(), std::size_t{2});
    for (std::size_t i = 0; i < scores.size(); ++i)
        QCOMPARE(scores[i].batch, f.window->workbench.studio().ledger().entries[i].id);
}

void TestBatchScores::nothingToMeasureNothingAsked() {
    SessionFixture f(*m_theme);
    EditRequest plain = fakeDrafts()[0];
    plain.true_object.reset();
    plain.paraphrases.clear();
    plain.neighbours.clear();
    plain.subject = "Tower of London";
    plain.relation.clear();
    f.window->workbench.addEdits({{plain}, {}, "test"}, QStringLiteral("Plain"));
    f.settle();
    f.apply(3);
    QCOMPARE(f.window->workbench.studio().ledger().entries.size(), std::size_t{1});
    QCOMPARE(f.script->scorings.load(), 0);
    QVERIFY(score(f, 1).isEmpty());
    QVERIFY(f.window->get<QTableView>("historyTable")->isColumnHidden(HistoryModel::Score));
}

void TestBatchScores::canBeMeasured() {
    auto report = std::make_shared<EditReport>();
    report->batch_id = 7;
    report->edits.resize(Studio::scored_edits + 50);
    LedgerEntry many;
    many.id = 7;
    many.report = report;
    QVERIFY(!Studio::canScore(many));
    report->edits.back().request.true_object = "Paris"; // where nobody looks
    QVERIFY(!Studio::canScore(many));
    report->edits.front().request.true_object = "Paris";
    QVERIFY(Studio::canScore(many));
}

void TestBatchScores::cancelledOrFailedIsNotAskedOverAndOver() {
    SessionFixture f(*m_theme);
    QSignalSpy failed(&f.window->workbench.studio(), &Studio::scoreFailed);
    f.script->fail_score = true;
    f.apply(0);
    QCOMPARE(failed.size(), 1);
    f.script->fail_score = false;
    f.script->score_ms = 20000;
    const int first = f.script->scorings;
    f.window->workbench.apply({1});
    QTRY_VERIFY(f.script->scorings > first);
    QTRY_VERIFY(f.window->workbench.studio().jobs().status().lane == Lane::Score);
    const int begun = f.script->scorings;
    // What only comes to look goes first, and the scores begin again: it is they that have to be met.
    Studio& studio = f.window->workbench.studio();
    const auto isCancelled = [&] {
        if (studio.jobs().status().lane == Lane::Score)
            studio.cancel();
        return !studio.isScoring();
    };
    QTRY_VERIFY_WITH_TIMEOUT(isCancelled(), 15000);
    f.settle();
    QVERIFY(score(f, 2).isEmpty());
    const int asked = f.script->scorings;
    QVERIFY(asked >= begun);
    f.script->score_ms = 0;
    f.window->edits().setData(f.window->edits().index(2, EditsModel::Object), QStringLiteral("German"));
    f.rest();
    QCOMPARE(f.script->scorings.load(), asked);
    f.window->workbench.undo(); // another ledger: once more
    f.settle();
    QVERIFY(!score(f, 1).isEmpty());
}

QTEST_MAIN(TestBatchScores)
#include "test_batch_scores.moc"
