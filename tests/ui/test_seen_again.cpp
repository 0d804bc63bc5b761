// SPDX-License-Identifier: GPL-3.0-or-later
// What was seen of the model belongs to the weights it was seen on: it is shown again wherever the history has them, in
// the same session and in one that is reopened, and nowhere else. Without a window.
#include "models/history_model.h"
#include "own_data.h"
#include "shell/scoring.h"
#include "shell/session_document.h"
#include "tracing_fixture.h"

#include <QDir>
#include <QSignalSpy>
#include <QTemporaryDir>

using namespace emend;
using namespace emend::test;
using namespace emend::ui;
using namespace std::chrono_literals;

namespace {

struct SeenBench : TracingBench {
    explicit SeenBench(const std::shared_ptr<FakeScript>& script)
        : TracingBench(script)
        , document(workbench)
        , scoring(workbench, history) {
        document.setDelay(10ms);
        Recipe recipe;
        recipe.layers = {1};
        workbench.setRecipe(recipe, true);
        QObject::connect(&studio(), &Studio::ledgerChanged, &history, &HistoryModel::setLedger);
        QObject::connect(
            &studio(), &Studio::sessionOpened, &tracing,
            [this](const std::shared_ptr<const OpenedSession>& session) { tracing.putBack(session->parts.traces); });
        QObject::connect(&workbench, &Workbench::textsKept, &history,
                         [this](const SessionText& texts) { kept.push_back(texts); });
        QObject::connect(&workbench, &Workbench::textsWritten, &history,
                         [this](const SessionText& texts) { written.push_back(texts); });
        QObject::connect(&studio(), &Studio::scored, &history, [this] { ++scored; });
    }
    Studio& studio() { return workbench.studio(); }
    const LedgerState& ledger() { return studio().ledger(); }
    void rest() {
        if (!settle())
            qFatal("did not settle");
    }
    void look(int row) {
        workbench.setCurrentRow(row);
        rest();
    }
    void apply(const QList<int>& rows) {
        workbench.apply(rows);
        rest();
    }
    void undo() { go(-1); }
    void redo() { go(+1); }
    void go(int step) {
        step < 0 ? workbench.undo() : workbench.redo();
        rest();
    }
    void switchFirst(bool active) {
        studio().switchBatch(ledger().entries.front().id, active, false);
        rest();
    }
    QString told(int row) { return history.index(row, HistoryModel::Score).data(Qt::ToolTipRole).toString(); }

    SessionDocument document;
    HistoryModel history;
    Scoring scoring;
    std::vector<SessionText> kept, written;
    int scored = 0; // to the end: a scoring makes way for everything else and begins again behind it
};

} // namespace

class TestSeenAgain : public QObject {
    Q_OBJECT

    std::unique_ptr<QTemporaryDir> m_folder;
    std::shared_ptr<FakeScript> m_script;

    std::unique_ptr<SeenBench> begin(const std::vector<EditRequest>& drafts = fakeDrafts());
    void save(SeenBench& f); // and reopen() it with another engine
    std::unique_ptr<SeenBench> reopen();

  private slots:
    void init();

    void textsComeBack();
    void otherWeightsOtherTexts();
    void halfOfTheTextsIsNotKept();
    void theKnobOutdatesTexts();
    void tracesComeBack();
    void tracesOfFormat1();
    void aTraceNamesTheWeightsItSaw();
    void scoresComeBack();
    void scoresStayWhenMoreIsApplied();
    void switchedOffHasNoScores();
    void ofManyEditsTheFirst();
    void scoresHoldForTheirWeights();
};

void TestSeenAgain::init() {
    m_script = std::make_shared<FakeScript>();
    m_folder = std::make_unique<QTemporaryDir>();
    QVERIFY(QDir(m_folder->path()).mkdir(QStringLiteral("demo_model")));
}

std::unique_ptr<SeenBench> TestSeenAgain::begin(const std::vector<EditRequest>& drafts) {
    auto made = std::make_unique<SeenBench>(m_script);
    made->workbench.addEdits({drafts, {}, "test"}, QStringLiteral("Drafts"));
    made->workbench.openModel(m_folder->filePath(QStringLiteral("demo_model")));
    made->look(0);
    return made;
}

void TestSeenAgain::save(SeenBench& f) {
    QSignalSpy saved(&f.studio().sessions(), &SessionKeeper::savedAs);
    f.studio().sessions().saveAs(m_folder->filePath(QStringLiteral("seen.emend")), f.document.due(),
                                 f.document.whole());
    f.rest();
    QCOMPARE(saved.size(), 1);
}

std::unique_ptr<SeenBench> TestSeenAgain::reopen() {
    m_script = std::make_shared<FakeScript>();
    auto made = std::make_unique<SeenBench>(m_script);
    made->studio().openSession({.path = m_folder->filePath(QStringLiteral("seen.emend")).toStdString(), .model = {}});
    made->rest();
    made->look(0);
    return made;
}

void TestSeenAgain::textsComeBack() {
    SessionText text;
    {
        auto f = begin();
        f->apply({0});
        QCOMPARE(f->written.size(), std::size_t{1});
        text = f->written[0];
        QVERIFY(text.before != text.after);
        QCOMPARE(text.state_before, std::optional(std::string()));
        QCOMPARE(text.state_after, std::optional(state_name(f->ledger())));
        f->look(1);
        const int generations = m_script->generations;
        QVERIFY(f->kept.empty());
        f->look(0);
        QCOMPARE(m_script->generations.load(), generations);
        QCOMPARE(f->kept.size(), std::size_t{1});
        QCOMPARE(f->written.size(), std::size_t{1});
        save(*f);
    }
    auto f = reopen();
    QCOMPARE(m_script->generations.load(), 0);
    QVERIFY(m_script->comparisons > 0); // the probabilities are asked
    QCOMPARE(f->kept.size(), std::size_t{1});
    QCOMPARE(f->kept[0].before, text.before);
    QCOMPARE(f->kept[0].after, text.after);
}

void TestSeenAgain::otherWeightsOtherTexts() {
    auto f = begin();
    f->apply({0});
    const int once = m_script->generations;
    f->apply({1}); // the first is looked at again: on weights nobody has seen yet
    QCOMPARE(m_script->generations.load(), once + 2);
    QVERIFY(f->kept.empty());
    QCOMPARE(f->written.size(), std::size_t{2});
    QVERIFY(f->written[0].state_after != f->written[1].state_after);
    f->undo();
    QCOMPARE(m_script->generations.load(), once + 2);
    QCOMPARE(f->kept.size(), std::size_t{1});
    QCOMPARE(f->kept[0].state_after, f->written[0].state_after);
    // The file has the last that was written. On other weights it does not count.
    save(*f);
    f = reopen();
    QVERIFY(f->kept.empty());
    QCOMPARE(m_script->generations.load(), 2);
    f->redo();
    QCOMPARE(m_script->generations.load(), 2);
    QCOMPARE(f->kept.size(), std::size_t{1});
}

void TestSeenAgain::halfOfTheTextsIsNotKept() {
    auto f = begin();
    f->look(1);
    m_script->token_ms = 1000;
    const int before = m_script->generations;
    f->workbench.apply({0});
    f->workbench.setCurrentRow(0);
    QTRY_VERIFY(f->studio().jobs().status().lane == Lane::Generate && m_script->generations > before);
    m_script->token_ms = 0;
    f->studio().cancel(); // the side before; the one behind it is written
    f->rest();
    QCOMPARE(m_script->generations.load(), before + 2);
    QVERIFY(f->written.empty());
    f->look(1);
    f->look(0);
    QCOMPARE(f->written.size(), std::size_t{1});
}

void TestSeenAgain::theKnobOutdatesTexts() {
    auto f = begin();
    f->apply({0});
    f->apply({1});
    QList<Side> sides;
    connect(&f->workbench, &Workbench::textOutdated, this, [&](Side side) { sides << side; });
    const auto turn = [&](std::size_t place) {
        sides.clear();
        f->studio().setSoftness({.batch_id = f->ledger().entries[place].id,
                                 .softness = 300.0 + static_cast<double>(place),
                                 .settle = false,
                                 .watch = {},
                                 .top = 5});
        f->rest();
        return sides;
    };
    const int once = m_script->generations;
    QCOMPARE(turn(0), QList{Side::After}); // the first edit is looked at: below it nothing has moved
    QCOMPARE(m_script->generations.load(), once + 2);
    f->look(1);
    QCOMPARE(turn(0), QList<Side>({Side::Before, Side::After}));
    QCOMPARE(turn(1), QList{Side::After});
    f->look(2);
    QCOMPARE(turn(1), QList{Side::Before}); // the only one
}

void TestSeenAgain::tracesComeBack() {
    {
        auto f = begin();
        f->apply({0});
        trace(*f);
        QVERIFY(f->panel.isShowing());
        f->undo();
        QVERIFY(!f->panel.isShowing()); // these weights were never traced
        f->redo();
        QVERIFY(f->panel.isShowing());
        QCOMPARE(m_script->traces.load(), 1);
        save(*f);
    }
    auto f = reopen();
    QVERIFY(f->panel.isShowing());
    QVERIFY(cellsRun(shown(*f)) > 0);
    f->undo();
    QVERIFY(!f->panel.isShowing());
    f->redo();
    QVERIFY(f->panel.isShowing());
    f->apply({1});
    QVERIFY(!f->panel.isShowing());
    QCOMPARE(m_script->traces.load(), 0);
}

void TestSeenAgain::tracesOfFormat1() {
    std::vector<SessionTrace> kept;
    auto f = begin();
    connect(&f->studio(), &Studio::traceReady, this,
            [&](quint64, const std::shared_ptr<const SessionTrace>& trace) { kept.push_back(*trace); });
    trace(*f);
    QCOMPARE(kept.size(), std::size_t{1});
    QCOMPARE(kept[0].request.at, LedgerPosition(0));
    kept[0].state.reset();
    m_script = std::make_shared<FakeScript>();
    f = begin();
    f->apply({0});
    kept[0].request.at = 1; // of some history
    f->tracing.putBack(kept);
    QVERIFY(!f->panel.isShowing());
    kept[0].request.at = 0;
    f->tracing.putBack(kept);
    QVERIFY(!f->panel.isShowing());
    f->undo();
    QVERIFY(f->panel.isShowing()); // the checkpoint needs no name
    QCOMPARE(m_script->traces.load(), 0);
}

void TestSeenAgain::aTraceNamesTheWeightsItSaw() {
    auto f = begin();
    f->apply({0});
    const std::string applied = state_name(f->ledger());
    std::vector<SessionTrace> seen;
    connect(&f->studio(), &Studio::traceReady, this,
            [&](quint64, const std::shared_ptr<const SessionTrace>& trace) { seen.push_back(*trace); });
    const TraceRequest request{.subject = "Eiffel Tower",
                               .prompt = "The {} is in the city of",
                               .objects = {},
                               .noise = {},
                               .noise_file = {},
                               .at = {}};
    f->studio().trace(request, 7);
    f->rest();
    f->studio().undo(); // nobody here knows of it yet
    QCOMPARE(f->ledger().position, std::size_t{1});
    f->studio().trace(request, 8);
    f->rest();
    QCOMPARE(seen.size(), std::size_t{2});
    QCOMPARE(seen[0].state, std::optional(applied));
    QCOMPARE(seen[0].request.at, LedgerPosition(1));
    QCOMPARE(seen[1].state, std::optional(std::string()));
    QCOMPARE(seen[1].request.at, LedgerPosition(0));
}

void TestSeenAgain::scoresComeBack() {
    QString told;
    {
        auto f = begin();
        f->apply({0});
        f->apply({1});
        QCOMPARE(f->scored, 2);
        told = f->told(1);
        QVERIFY2(told.startsWith(QStringLiteral("efficacy 0.00 % → 100.0 %\n")), qPrintable(told));
        save(*f);
    }
    auto f = reopen();
    QCOMPARE(m_script->scorings.load(), 0);
    QCOMPARE(f->told(1), told);
    QVERIFY(!f->history.scores(2).isEmpty());
}

void TestSeenAgain::scoresStayWhenMoreIsApplied() {
    EditRequest back = fakeDrafts()[0]; // undoes the first
    back.object = "Paris";
    back.true_object = "Rome";
    std::vector<EditRequest> drafts = fakeDrafts();
    drafts.push_back(back);
    auto f = begin(drafts);
    f->apply({0});
    const QString told = f->told(1);
    f->apply({3});
    QCOMPARE(f->told(1), told);
    QCOMPARE(f->scored, 2);
    QVERIFY2(f->told(2).startsWith(QStringLiteral("efficacy 0.00 % → 100.0 %\n")), qPrintable(f->told(2)));
    f->studio().goTo(0);
    f->rest();
    QCOMPARE(f->told(1), told);
    QCOMPARE(f->scored, 2);
}

void TestSeenAgain::switchedOffHasNoScores() {
    auto f = begin();
    f->apply({0});
    f->apply({1});
    const QString second = f->told(2);
    f->switchFirst(false);
    QVERIFY(f->history.scores(1).isEmpty());
    QVERIFY(!f->history.scores(2).isEmpty());
    QCOMPARE(f->scored, 3); // the second lies on other weights
    f->switchFirst(true);
    QVERIFY(!f->history.scores(1).isEmpty());
    QCOMPARE(f->told(2), second);
    QCOMPARE(f->scored, 3);
}

void TestSeenAgain::ofManyEditsTheFirst() {
    std::vector<EditRequest> drafts;
    for (std::size_t i = 0; i < Studio::scored_edits + 50; ++i) {
        drafts.push_back(fakeDrafts()[0]);
        drafts.back().subject = "Tower " + std::to_string(i);
    }
    const QString first = QStringLiteral("of the first %1 edit").arg(Studio::scored_edits);
    {
        auto f = begin(drafts);
        f->apply(f->workbench.drafts());
        QCOMPARE(m_script->rows_scored.load(), int(Studio::scored_edits));
        QVERIFY2(f->told(1).contains(first), qPrintable(f->told(1)));
        save(*f);
    }
    auto f = reopen();
    QCOMPARE(m_script->scorings.load(), 0);
    QVERIFY2(f->told(1).contains(first), qPrintable(f->told(1)));
}

void TestSeenAgain::scoresHoldForTheirWeights() {
    LedgerState ledger;
    ledger.entries.resize(2);
    ledger.entries[0].id = 1;
    ledger.entries[0].hash = "a";
    ledger.entries[1].id = 2;
    ledger.entries[1].hash = "b";
    ledger.position = 2;
    const SessionScores first{.batch = 1, .before = {}, .after = {}, .state = state_name(ledger, 1)};
    const SessionScores second{.batch = 2, .before = {}, .after = {}, .state = state_name(ledger, 2)};
    const SessionScores nameless{.batch = 1, .before = {}, .after = {}};
    const std::vector all{nameless, first, second};
    const auto count = [&] { return scoresThatHold(all, ledger).size(); };
    QCOMPARE(count(), std::size_t{2});
    ledger.position = 0; // where the model stands is of no matter
    QCOMPARE(count(), std::size_t{2});
    ledger.entries[1].active = false;
    QCOMPARE(count(), std::size_t{1});
    ledger.entries[1].active = true;
    ledger.entries[1].hash = "c";
    QCOMPARE(count(), std::size_t{1});
    ledger.entries[0].hash = "d"; // and with it what lies on it
    QCOMPARE(count(), std::size_t{0});
    ledger.entries[0].hash = "a";
    ledger.entries.pop_back();
    QCOMPARE(count(), std::size_t{1});
}

QTEST_MAIN(TestSeenAgain)
#include "test_seen_again.moc"
