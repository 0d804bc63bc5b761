// SPDX-License-Identifier: GPL-3.0-or-later
// Several recipes tried on copies: every row is what applying and scoring gives, and the model stays as it is.
#include "emend/error.h"
#include "engine_fixture.h"
#include "faults.h"

#include <QTest>

#include <algorithm>
#include <cmath>
#include <new>

using namespace emend;
using namespace emend::test;

namespace {

std::vector<EditRequest> scored_requests() {
    std::vector<EditRequest> requests = four_requests();
    requests.pop_back();
    requests[0].true_object = "Rome";
    requests[0].paraphrases = {"The birthplace of {} is"};
    requests[0].neighbours = {"Maria Rossi was born in", "Pedro Diaz was born in"};
    requests[1].true_object = "Spanish";
    requests[1].neighbours = {"The mother tongue of Maria Rossi is"};
    return requests;
}

bool same(double a, double b) {
    return a == b || (std::isnan(a) && std::isnan(b));
}

} // namespace

class TestTrials : public QObject {
    Q_OBJECT
  private slots:
    void init() { fixture_ = std::make_unique<EngineFixture>(); }
    void scores_of_the_weights_as_they_are();
    void rows_are_what_applying_gives();
    void recipes_that_fail_have_a_problem();
    void values_are_found_once();
    void statistics_come_in_one_pass();
    void faulty_requests_are_an_error_data();
    void faulty_requests_are_an_error();
    void every_end_leaves_the_model_data();
    void every_end_leaves_the_model();
    void progress_goes_forward();

  private:
    Engine& engine() { return *fixture_->engine; }
    Recipe strong() const { // edits hold
        Recipe recipe = fixture_->recipe("ROME");
        recipe.use_statistics = false;
        recipe.values.steps = 25;
        return recipe;
    }
    std::vector<TrialRow> try_out(const std::vector<Recipe>& recipes, const JobContext& job = {}) {
        return engine().try_recipes(scored_requests(), recipes, job, {});
    }
    std::unique_ptr<EngineFixture> fixture_;
};

void TestTrials::scores_of_the_weights_as_they_are() {
    const std::vector<EditRequest> requests = scored_requests();
    const Scores before = engine().score(requests, {}, {});
    QVERIFY(before.efficacy && before.paraphrase && before.neighbourhood && before.score);
    engine().apply(requests, strong(), {}, {});
    const std::string hash = fixture_->hash();
    const Scores after = engine().score(requests, {}, {});
    QCOMPARE(fixture_->hash(), hash);
    QCOMPARE(after.efficacy, std::optional(1.0));
    QVERIFY(*after.efficacy > *before.efficacy);
    // One object of two tokens or more would be compared by its mean; here the comparison says the same.
    std::size_t won = 0;
    for (std::size_t i = 0; i < 2; ++i)
        for (const Comparison::Row& row : engine().compare({.edit = requests[i], .before = 0, .after = {}}, {}).rows)
            won += row.kind == Comparison::Row::Kind::neighbour && *row.after.p_true > row.after.p_new ? 1 : 0;
    QCOMPARE(after.neighbourhood, std::optional(static_cast<double>(won) / 3));
    QVERIFY(!engine().score({four_requests()[0]}, {}, {}).efficacy); // nothing to compare with
}

void TestTrials::rows_are_what_applying_gives() {
    engine().apply({four_requests()[3]}, fixture_->recipe("EMMET"), {}, {}); // tried on weights that were edited
    const std::string before = fixture_->hash();
    const std::size_t entries = engine().ledger().entries.size();
    Recipe without = fixture_->recipe("EMMET", {2});
    without.use_statistics = false;
    const std::vector<Recipe> recipes{strong(),
                                      fixture_->recipe("MEMIT", {0, 1}),
                                      fixture_->recipe("AlphaEdit"),
                                      fixture_->recipe("MEMIT-seq", {0, 1}),
                                      fixture_->recipe("FT-L"),
                                      without};
    std::vector<TrialRow> told;
    const std::vector<TrialRow> rows = engine().try_recipes(scored_requests(), recipes, {}, [&](const TrialRow& row) {
        QCOMPARE(fixture_->hash(), before); // between two recipes, too
        told.push_back(row);
    });
    QCOMPARE(rows.size(), recipes.size());
    QCOMPARE(told.size(), recipes.size());
    QCOMPARE(fixture_->hash(), before);
    QCOMPARE(engine().ledger().entries.size(), entries);
    for (std::size_t i = 0; i < recipes.size(); ++i) {
        const TrialRow& row = rows[i];
        QVERIFY2(row.problem.empty(), row.problem.c_str());
        QCOMPARE(row.recipe.algorithm, recipes[i].algorithm);
        QCOMPARE(told[i].recipe, row.recipe);
        QVERIFY(row.seconds > 0);
        const EditReport report = engine().apply(scored_requests(), recipes[i], {}, {});
        const Scores scores = engine().score(scored_requests(), {}, {});
        engine().undo();
        QCOMPARE(row.recipe, report.recipe);
        QCOMPARE(row.scores.efficacy, scores.efficacy);
        QCOMPARE(row.scores.paraphrase, scores.paraphrase);
        QCOMPARE(row.scores.neighbourhood, scores.neighbourhood);
        QCOMPARE(row.scores.score, scores.score);
        QCOMPARE(row.held, static_cast<std::size_t>(std::ranges::count_if(
                               report.edits, [](const EditOutcome& edit) { return edit.after.says_new; })));
        double p_new = 0;
        for (const EditOutcome& edit : report.edits)
            p_new += edit.after.p_new / static_cast<double>(report.edits.size());
        QVERIFY(std::abs(row.p_new - p_new) < 1e-6); // asked among other prompts
        QCOMPARE(row.layers.size(), report.layers.size());
        double preservation = 0, memorization = 0, largest = 0;
        for (std::size_t l = 0; l < report.layers.size(); ++l) {
            QCOMPARE(row.layers[l].update_norm, report.layers[l].update_norm);
            preservation += report.layers[l].preservation;
            memorization += report.layers[l].memorization;
            largest = std::max(largest, report.layers[l].relative_norm);
        }
        QVERIFY(same(row.preservation, preservation));
        QVERIFY(same(row.memorization, memorization));
        QCOMPARE(std::isnan(row.preservation), !recipes[i].use_statistics);
        QCOMPARE(row.relative_norm, largest);
    }
    QCOMPARE(fixture_->hash(), before);
}

void TestTrials::recipes_that_fail_have_a_problem() {
    const std::string before = fixture_->hash();
    Recipe rome = fixture_->recipe("ROME", {0, 1});
    Recipe nowhere = fixture_->recipe("MEMIT");
    nowhere.corpus = "/nowhere/corpus.txt";
    Recipe unknown = fixture_->recipe("MEMIT");
    unknown.algorithm = "MAGIC";
    Recipe wild = fixture_->recipe("FT-L");
    wild.values.learning_rate = 1e300; // not a number after the first step
    wild.largest_change = 0;
    const Recipe good = strong();
    const auto rows = try_out({rome, nowhere, good, unknown, fixture_->recipe("MEMIT", {17}), wild, good});
    QCOMPARE(fixture_->hash(), before);
    QCOMPARE(rows.size(), std::size_t{7});
    const auto problem = [&](std::size_t i) { return rows[i].problem; };
    QVERIFY(problem(0).find("ROME writes one layer") != std::string::npos);
    QVERIFY(rows[0].hint.find("MEMIT") != std::string::npos);
    QCOMPARE(rows[0].recipe, rome);
    QVERIFY(problem(1).find("/nowhere/corpus.txt") != std::string::npos);
    QVERIFY(problem(3).find("MAGIC") != std::string::npos);
    QVERIFY(problem(4).find("no layer 17") != std::string::npos);
    QVERIFY2(!problem(5).empty(), "fine-tuning without bounds");
    for (const std::size_t i : {2u, 6u}) {
        QVERIFY2(problem(i).empty(), problem(i).c_str());
        QVERIFY(rows[i].held > 0);
    }
    QCOMPARE(rows[2].layers[0].update_norm, rows[6].layers[0].update_norm);
    const EditReport report = engine().apply(scored_requests(), good, {}, {});
    QCOMPARE(rows[2].held, static_cast<std::size_t>(std::ranges::count_if(
                               report.edits, [](const EditOutcome& edit) { return edit.after.says_new; })));
    QVERIFY(try_out({}).empty());
}

void TestTrials::values_are_found_once() {
    const std::size_t edits = scored_requests().size();
    Recipe exact = fixture_->recipe("MEMIT", {0, 1});
    exact.softness = 0;
    const auto rows = try_out({fixture_->recipe("MEMIT", {0, 1}), exact, fixture_->recipe("EMMET", {1}),
                               fixture_->recipe("MEMIT", {0, 1, 2})});
    QCOMPARE(rows[0].values_kept, std::size_t{0});
    QCOMPARE(rows[1].values_kept, edits);
    QCOMPARE(rows[2].values_kept, edits); // another algorithm and other layers, but the same last one
    QCOMPARE(rows[3].values_kept, std::size_t{0});
    // Applying what was tried searches nothing either.
    const EditReport report = engine().apply(scored_requests(), rows[3].recipe, {}, {});
    QVERIFY(std::ranges::all_of(report.edits, &EditOutcome::value_kept));
}

// The text is read once for the layers of all recipes.
void TestTrials::statistics_come_in_one_pass() {
    Recipe of_one = fixture_->recipe("MEMIT", {0});
    Recipe of_two = fixture_->recipe("MEMIT", {1, 2});
    bool solving = false;
    bool collected_late = false;
    const auto rows = try_out({of_one, of_two}, JobContext([&](const Progress& progress) {
                                  solving = solving || progress.phase.starts_with("recipe");
                                  collected_late =
                                      collected_late || (solving && progress.detail.find("token") != std::string::npos);
                              }));
    QVERIFY(solving && !collected_late);
    const StatisticsStatus status = engine().statistics_status(fixture_->recipe("MEMIT", {0, 1, 2}), {});
    QVERIFY(status.complete());
    for (const auto& row : rows)
        QVERIFY(row.problem.empty() && row.preservation > 0);
}

void TestTrials::faulty_requests_are_an_error_data() {
    QTest::addColumn<QString>("fault");
    for (const char* fault : {"none", "no subject", "blank true object", "empty neighbour"})
        QTest::newRow(fault) << fault;
}

void TestTrials::faulty_requests_are_an_error() {
    QFETCH(QString, fault);
    std::vector<EditRequest> requests = scored_requests();
    if (fault == "none")
        requests.clear();
    else if (fault == "no subject")
        requests[1].subject.clear();
    else if (fault == "blank true object")
        requests[1].true_object = " ";
    else
        requests[1].neighbours.push_back("");
    bool told = false;
    const auto thrown = fault_of([&] {
        static_cast<void>(
            engine().try_recipes(requests, {fixture_->recipe("MEMIT")}, {}, [&](const TrialRow&) { told = true; }));
    });
    QVERIFY(thrown && !thrown->message().empty());
    QVERIFY(!told);
}

void TestTrials::every_end_leaves_the_model_data() {
    QTest::addColumn<QString>("end");
    for (const char* end : {"stop", "memory"})
        QTest::newRow(end) << end;
}

// A stop ends the call, and the rows told so far stay with the caller; no memory ends one recipe.
void TestTrials::every_end_leaves_the_model() {
    QFETCH(QString, end);
    engine().apply({four_requests()[3]}, fixture_->recipe("EMMET"), {}, {});
    const std::string before = fixture_->hash();
    std::vector<Recipe> recipes{fixture_->recipe("MEMIT", {0, 1}), fixture_->recipe("EMMET")};
    for (Recipe& recipe : recipes)
        recipe.values.steps = 3;
    int reports = 0;
    static_cast<void>(try_out(recipes, JobContext([&](const Progress&) { ++reports; }))); // collects, once and for all
    reports = 0;
    recipes[0].values.learning_rate = recipes[1].values.learning_rate = 0.4;
    static_cast<void>(try_out(recipes, JobContext([&](const Progress&) { ++reports; })));
    QVERIFY(reports > 8);
    for (int at = 1; at <= reports; at += std::max(1, reports / 7)) {
        recipes[0].values.learning_rate = recipes[1].values.learning_rate = 0.5 + 1e-6 * at; // searched anew
        std::stop_source source;
        int seen = 0;
        std::string phase;
        const JobContext job(
            [&](const Progress& progress) {
                if (++seen != at)
                    return;
                phase = progress.phase;
                if (end == "memory")
                    throw std::bad_alloc();
                source.request_stop();
            },
            source.get_token());
        std::vector<TrialRow> told;
        const auto call = [&] {
            static_cast<void>(engine().try_recipes(scored_requests(), recipes, job,
                                                   [&](const TrialRow& row) { told.push_back(row); }));
        };
        if (end == "stop") {
            QVERIFY_EXCEPTION_THROWN(call(), Cancelled);
            QCOMPARE(told.size(), phase.starts_with("recipe 2") ? std::size_t{1} : std::size_t{0});
        } else {
            call();
            QCOMPARE(told.size(), std::size_t{2});
            const std::size_t hit = phase.starts_with("recipe 2") ? 1 : 0;
            QVERIFY(told[hit].problem.find("out of memory") != std::string::npos);
            QVERIFY(told[1 - hit].problem.empty());
        }
        QCOMPARE(fixture_->hash(), before);
        QCOMPARE(engine().ledger().position, std::size_t{1});
    }
}

void TestTrials::progress_goes_forward() {
    std::vector<std::string> phases;
    double last = 0;
    bool backwards = false;
    static_cast<void>(
        try_out({fixture_->recipe("ROME"), fixture_->recipe("MEMIT")}, JobContext([&](const Progress& progress) {
                    if (phases.empty() || phases.back() != progress.phase)
                        phases.push_back(progress.phase);
                    backwards = backwards || progress.fraction < last - 1e-12;
                    last = progress.fraction;
                })));
    QVERIFY(last <= 1);
    QVERIFY(!backwards);
    QVERIFY(std::ranges::count(phases, "recipe 1 of 2") == 1);
    QCOMPARE(phases.back(), std::string("recipe 2 of 2"));
}

QTEST_GUILESS_MAIN(TestTrials)
#include "test_trials.moc"
