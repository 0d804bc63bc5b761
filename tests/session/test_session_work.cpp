// SPDX-License-Identifier: GPL-3.0-or-later
// Restoring, verifying and replaying, on an engine that has a history and nothing else.
#include "emend/session_work.h"
#include "history_engine.h"
#include "session/session_store.h"

#include <QTemporaryDir>
#include <QTest>

using namespace emend;
using namespace emend::test;

class TestSessionWork : public QObject {
    Q_OBJECT
  private slots:
    void init();
    void restoring();
    void restoring_elsewhere_data();
    void restoring_elsewhere();
    void restoring_what_is_damaged();
    void verifying_what_is_sound();
    void verifying_what_is_not_data();
    void verifying_what_is_not();
    void what_was_seen_data();
    void what_was_seen();
    void every_score_has_its_own_allowance();
    void a_session_without_a_hash();
    void what_is_not_compared();
    void norms_of_many_edits();
    void replaying();
    void replaying_elsewhere();
    void a_replay_that_is_stopped();

  private:
    // Findings that are not right, as "check batch, …".
    [[nodiscard]] QString faults(Engine& engine) {
        QStringList lines;
        for (const SessionCheck& check : verify_session(engine, *session_, {}))
            if (!check.ok)
                lines += QString::fromStdString(check.check) + ' ' + QString::number(check.batch);
        return lines.join(QStringLiteral(", "));
    }
    std::unique_ptr<QTemporaryDir> folder_;
    std::unique_ptr<SessionStore> session_;
    std::unique_ptr<HistoryEngine> made_with_;
};

void TestSessionWork::init() {
    session_.reset();
    folder_ = std::make_unique<QTemporaryDir>();
    session_ = SessionStore::create_file(folder_->filePath("a.emend").toStdString(), small_model(), false);
    made_with_ = std::make_unique<HistoryEngine>();
    Recipe recipe;
    for (const int last_layer : {3, 5, 4}) {
        recipe.layers = {2, last_layer};
        const std::string name = "Tower " + std::to_string(last_layer);
        (void)made_with_->apply({request_of(name, "Rome"), request_of(name + "b", "Oslo")}, recipe, {}, {});
    }
    (void)made_with_->annotate(1, "the first", "and its note");
    (void)made_with_->go_to(2); // the third is undone
    save_history(*made_with_, *session_, {});
    const LedgerState ledger = made_with_->ledger();
    session_->set_text({.batch = 1,
                        .edit = 0,
                        .prompt = "The Tower",
                        .before = "Paris, of",
                        .after = "Rome!",
                        .seed = 0,
                        .state_before = "",
                        .state_after = state_name(ledger, 1)});
    session_->set_scores({.batch = 2,
                          .before = Scores{.efficacy = 0, .paraphrase = {}, .neighbourhood = {}, .score = {}},
                          .after = {.efficacy = 1, .paraphrase = {}, .neighbourhood = {}, .score = {}},
                          .edits = 1,
                          .state = state_name(ledger, 2)});
}

void TestSessionWork::restoring() {
    HistoryEngine engine;
    const RestoredSession restored = restore_session(engine, *session_, {});
    QVERIFY(restored.same_bits);
    QVERIFY(restored.warnings.empty());
    QCOMPARE(restored.ledger.entries.size(), std::size_t{3});
    QCOMPARE(restored.ledger.position, std::size_t{2});
    QCOMPARE(restored.ledger.entries[0].note, std::string("and its note"));
    QCOMPARE(engine.edited_hash({}), made_with_->edited_hash({}));
    for (std::uint64_t id = 1; id <= 3; ++id)
        QVERIFY(same(engine.record(id), made_with_->record(id)));
    // What was restored is what is there: nothing to write.
    session_->sync(
        engine.ledger(), [](std::uint64_t) -> BatchRecord { throw Error("fetched"); }, engine.edited_hash({}),
        small_model());
}

void TestSessionWork::restoring_elsewhere_data() {
    QTest::addColumn<QString>("what");
    QTest::addColumn<QStringList>("fault"); // none: it works, with warnings
    QTest::newRow("no model") << "closed" << QStringList{"no model is open"};
    QTest::newRow("another model") << "other" << QStringList{"layers: 8 in the session, 24 here", "fingerprint"};
    QTest::newRow("another precision") << "float64" << QStringList{};
}

void TestSessionWork::restoring_elsewhere() {
    QFETCH(QString, what);
    QFETCH(QStringList, fault);
    HistoryEngine engine;
    engine.opened = what != "closed";
    if (what == "other") {
        engine.info.layers = 24;
        engine.info.fingerprint = "another";
    } else if (what == "float64") {
        engine.info.dtype = "float64";
    }
    RestoredSession restored;
    const QString error = QString::fromStdString(error_of([&] { restored = restore_session(engine, *session_, {}); }));
    for (const QString& part : fault)
        QVERIFY2(error.contains(part), qPrintable(error));
    QCOMPARE(error.isEmpty(), fault.isEmpty());
    QCOMPARE(engine.ledger().entries.size(), std::size_t{fault.isEmpty() ? 3U : 0U});
    QVERIFY(!restored.same_bits);
    QCOMPARE(restored.warnings.size(), std::size_t{fault.isEmpty() ? 2U : 0U});
    if (fault.isEmpty())
        QVERIFY(restored.warnings[0].find("precision: float32 in the session, float64 here") != std::string::npos);
}

void TestSessionWork::restoring_what_is_damaged() {
    session_->database().exec("UPDATE part SET data = zeroblob(size) WHERE matrix = 3");
    HistoryEngine engine;
    QVERIFY(error_of([&] { restore_session(engine, *session_, {}); }).find("batch 1") != std::string::npos);
    QVERIFY(engine.ledger().entries.empty());
}

void TestSessionWork::verifying_what_is_sound() {
    HistoryEngine engine;
    QCOMPARE(faults(engine), QString());
    QCOMPARE(engine.ledger().position, std::size_t{2});
    std::map<std::string, int> count;
    for (const SessionCheck& check : verify_session(engine, *session_, {})) {
        ++count[check.check];
        QVERIFY(!check.finding.empty());
    }
    QCOMPARE(count, (std::map<std::string, int>{{"file", 1},
                                                {"model", 1},
                                                {"weights", 1},
                                                {"batch-hash", 3},
                                                {"update-norm", 3},
                                                {"answers", 3},
                                                {"texts", 1},
                                                {"scores", 1}}));
}

void TestSessionWork::verifying_what_is_not_data() {
    QTest::addColumn<QString>("what");
    QTest::addColumn<QString>("expected");
    QTest::newRow("a damaged part") << "part"
                                    << "file 0, batch-hash 2";
    QTest::newRow("another hash") << "hash"
                                  << "weights 0";
    QTest::newRow("another hash of the weights") << "weights"
                                                 << "weights 0";
    QTest::newRow("another norm") << "norm"
                                  << "update-norm 2";
    QTest::newRow("other answers") << "answers"
                                   << "answers 1, answers 2, answers 3";
    QTest::newRow("another text") << "text"
                                  << "texts 1";
    QTest::newRow("another model") << "model"
                                   << "model 0";
    QTest::newRow("another precision") << "precision"
                                       << "model 0, weights 0";
}

void TestSessionWork::verifying_what_is_not() {
    QFETCH(QString, what);
    QFETCH(QString, expected);
    HistoryEngine engine;
    const auto rewrite = [&](auto&& change) {
        LedgerState ledger = made_with_->ledger();
        BatchRecord batch = made_with_->record(2);
        change(batch);
        ledger.entries[1].hash = batch.hash;
        ledger.entries[1].report = batch.report;
        session_->sync(
            ledger, [&](std::uint64_t) { return batch; }, made_with_->edited_hash({}), small_model());
    };
    if (what == "part")
        session_->database().exec("UPDATE part SET data = zeroblob(size) WHERE matrix ="
                                  " (SELECT min(id) FROM matrix WHERE batch = 2)");
    else if (what == "hash")
        rewrite([](BatchRecord& batch) { batch.hash = "of something else"; });
    else if (what == "weights")
        session_->sync(
            made_with_->ledger(), [&](std::uint64_t id) { return made_with_->record(id); }, "another", small_model());
    else if (what == "norm")
        rewrite([](BatchRecord& batch) {
            EditReport report = *batch.report;
            report.layers[1].update_norm *= 1.01;
            batch.report = std::make_shared<const EditReport>(report);
        });
    else if (what == "answers")
        engine.drift = 0.01;
    else if (what == "text")
        engine.voice = "Oslo!";
    else if (what == "model")
        engine.info.vocab = 7;
    else
        engine.info.dtype = "float64";
    QCOMPARE(faults(engine), expected);
}

void TestSessionWork::what_was_seen_data() {
    QTest::addColumn<QString>("after"); // what is kept, of the weights in `state`
    QTest::addColumn<QString>("state"); // "1", "2": so many batches; "?": not known
    QTest::addColumn<QString>("finding");
    QTest::addColumn<bool>("ok");
    const auto row = [](const char* name, const QString& after, const QString& state, const QString& finding, bool ok) {
        QTest::newRow(name) << after << state << finding << ok;
    };
    row("a later batch on top", "Rome!!", "2", "the same", true);
    row("another text there", "Rome!?", "2", "another text after", false);
    row("weights that are gone", "Rome!?", "gone", "not compared", true);
    row("format 1", "Rome!", "?", "the same", true);
    row("format 1, perhaps a later batch on top", "Rome!!", "?", "not compared", true);
}

void TestSessionWork::what_was_seen() {
    QFETCH(QString, after);
    QFETCH(QString, state);
    QFETCH(QString, finding);
    QFETCH(bool, ok);
    const LedgerState ledger = made_with_->ledger();
    std::optional<std::string> name = state.toStdString();
    if (state == "?")
        name.reset();
    else if (state != "gone")
        name = state_name(ledger, state.toULongLong());
    session_->set_text({.batch = 1,
                        .edit = 0,
                        .prompt = "The Tower",
                        .before = "Paris, of",
                        .after = after.toStdString(),
                        .seed = 0,
                        .state_before = name ? std::optional<std::string>("") : std::nullopt,
                        .state_after = name});
    const double share =
        ok ? 0.5 : 0; // one of the two may be on the edge; scores of nowhere, or of nobody knows where, cannot differ
    session_->set_scores({.batch = 2,
                          .before = {},
                          .after = {.efficacy = finding == "not compared" ? 0 : share,
                                    .paraphrase = {},
                                    .neighbourhood = {},
                                    .score = {}},
                          .edits = 0,
                          .state = name});
    HistoryEngine engine;
    int found = 0;
    for (const SessionCheck& check : verify_session(engine, *session_, {})) {
        if (check.check != "texts" && check.check != "scores")
            continue;
        ++found;
        QCOMPARE(check.ok, ok);
        QCOMPARE(check.compared, !check.finding.starts_with("not compared"));
        if (check.check == "texts")
            QVERIFY2(QString::fromStdString(check.finding).contains(finding), check.finding.c_str());
    }
    QCOMPARE(found, 2);
}

// One answer of two is half of the efficacy, and not half of what was asked about neighbours.
void TestSessionWork::every_score_has_its_own_allowance() {
    HistoryEngine engine;
    engine.neighbourhood = 1;
    SessionScores scores{
        .batch = 2, .before = {}, .after = {}, .edits = 0, .state = state_name(made_with_->ledger(), 2)};
    scores.after.efficacy = 0.5;
    scores.after.neighbourhood = 1;
    session_->set_scores(scores);
    QCOMPARE(faults(engine), QString());
    scores.after.neighbourhood = 0.5;
    session_->set_scores(scores);
    QCOMPARE(faults(engine), QStringLiteral("scores 2"));
}

void TestSessionWork::a_session_without_a_hash() { // what was rescued does not know it
    session_->sync(
        made_with_->ledger(), [&](std::uint64_t id) { return made_with_->record(id); }, "", small_model());
    HistoryEngine engine;
    QCOMPARE(faults(engine), QString());
    const RestoredSession restored = restore_session(engine, *session_, {});
    QVERIFY(!restored.same_bits);
    QVERIFY(restored.warnings.at(0).find("nothing to compare with") != std::string::npos);
}

void TestSessionWork::what_is_not_compared() {
    (void)made_with_->switch_batch(1, false, false, {});
    save_history(*made_with_, *session_, {});
    HistoryEngine engine;
    QCOMPARE(faults(engine), QString());
    const std::vector<SessionCheck> checks = verify_session(engine, *session_, {});
    QCOMPARE(std::ranges::count(checks, false, &SessionCheck::compared),
             5); // switched off; what was solved on it, seen there
}

void TestSessionWork::norms_of_many_edits() {
    // More edits than the matrix has rows and columns: the other way to the norm.
    std::vector<EditRequest> requests;
    for (int i = 0; i < 200; ++i)
        requests.push_back(request_of("Bridge " + std::to_string(i), "Rome"));
    Recipe recipe;
    recipe.layers = {1};
    (void)made_with_->apply(requests, recipe, {}, {});
    save_history(*made_with_, *session_, {});
    HistoryEngine engine;
    QCOMPARE(faults(engine), QString());
}

void TestSessionWork::replaying() {
    HistoryEngine engine;
    (void)engine.apply({request_of("Something else", "Rome")}, {}, {}, {});
    const std::vector<ReplayedBatch> replayed = replay_session(engine, *session_, {});
    QCOMPARE(replayed.size(), std::size_t{2}); // not what was undone
    for (const ReplayedBatch& batch : replayed) {
        QVERIFY(batch.same_updates && batch.problem.empty());
        QCOMPARE(batch.largest_norm_difference, 0.0);
        QCOMPARE(batch.edits.size(), std::size_t{2});
        QVERIFY(batch.edits[1].held_kept && batch.edits[1].held_now);
        QCOMPARE(batch.edits[1].p_new_now, batch.edits[1].p_new_kept);
    }
    QCOMPARE(replayed[0].title, std::string("the first"));
    const LedgerState ledger = engine.ledger();
    QCOMPARE(ledger.entries.size(), std::size_t{2});
    QCOMPARE(ledger.entries[0].note, std::string("and its note"));
    QCOMPARE(engine.edited_hash({}), made_with_->edited_hash({}));
    QCOMPARE(session_->batch_ids().size(), std::size_t{3});
}

void TestSessionWork::replaying_elsewhere() {
    HistoryEngine engine; // wider, and one of the edits cannot be done
    engine.info.d_mlp = 128;
    engine.refuses = "Tower 3";
    const std::vector<ReplayedBatch> replayed = replay_session(engine, *session_, {});
    QCOMPARE(replayed.size(), std::size_t{2});
    QVERIFY(replayed[0].problem.find("not in the prompt") != std::string::npos);
    QCOMPARE(replayed[0].hint, std::string("write another prompt"));
    QCOMPARE(replayed[0].edits[0].p_new_kept, 0.9);
    QVERIFY(replayed[1].problem.empty() && !replayed[1].same_updates);
    QVERIFY(replayed[1].largest_norm_difference > 0.01);
    QCOMPARE(engine.ledger().entries.size(), std::size_t{1});
    engine.norm = std::nan("");
    QVERIFY(std::isinf(replay_session(engine, *session_, {})[1].largest_norm_difference)); // agrees with nothing
}

void TestSessionWork::a_replay_that_is_stopped() {
    HistoryEngine engine;
    Recipe recipe;
    recipe.layers = {1};
    (void)engine.apply({request_of("Something else", "Rome")}, recipe, {}, {});
    const std::string before = engine.edited_hash({});
    std::stop_source stop;
    const JobContext job(
        [&](const Progress& progress) {
            if (progress.fraction > 0.03) // the last batch is being read
                stop.request_stop();
        },
        stop.get_token());
    QVERIFY_EXCEPTION_THROWN((void)replay_session(engine, *session_, job), Cancelled);
    QCOMPARE(engine.edited_hash({}), before);
    engine.exhausts = "Tower 5"; // of the second batch
    QVERIFY_EXCEPTION_THROWN((void)replay_session(engine, *session_, {}), std::bad_alloc);
    QCOMPARE(engine.edited_hash({}), before);
}

QTEST_GUILESS_MAIN(TestSessionWork)
#include "test_session_work.moc"
