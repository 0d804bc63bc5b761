// SPDX-License-Identifier: GPL-3.0-or-later
// Scores from numbers made by hand, and asked of the model against one prompt at a time.
#include "evaluation/scores.h"
#include "faults.h"
#include "model_fixture.h"
#include "text/subject_locator.h"

#include <QTest>

#include <cmath>

using namespace emend;
using namespace emend::test;
using Kind = Comparison::Row::Kind;

namespace {

EditRequest silva() {
    EditRequest request;
    request.subject = "Elena Silva";
    request.prompt = "{} was born in";
    request.object = "Madrid";
    request.true_object = "Rome";
    request.paraphrases = {"The birthplace of {} is", "Elena Silva comes from"};
    request.neighbours = {"Maria Rossi was born in", "Greta Kowalski was born in", "Tanja Weber was born in"};
    return request;
}

} // namespace

class TestScores : public QObject {
    Q_OBJECT
  private slots:
    void initTestCase() { model_ = std::make_unique<test::OpenModel>(open_model(model_path("gpt2_edit"))); }
    void per_token_is_the_mean_likelihood();
    void shares_by_hand_data();
    void shares_by_hand();
    void asks_every_prompt();
    void requests_without_a_true_object_are_held_but_not_scored();
    void longer_objects_are_not_punished();
    void faults_are_found_without_running();
    void stops();

  private:
    Evaluation evaluate(const std::vector<EditRequest>& requests, const JobContext& job = {}) const {
        return evaluate_edits(model_->decoder, model_->tokenizer, requests, job);
    }
    std::unique_ptr<test::OpenModel> model_;
};

void TestScores::per_token_is_the_mean_likelihood() {
    QVERIFY(std::abs(per_token(0.5 * 0.02 * 0.3, 3) - std::exp(std::log(0.5 * 0.02 * 0.3) / 3)) < 1e-15);
    QCOMPARE(per_token(0.25, 1), 0.25);
    QCOMPARE(per_token(0.25, 0), 0.25);
    QCOMPARE(per_token(0, 3), 0.0);
}

void TestScores::shares_by_hand_data() {
    using Answers = std::vector<ScoredAnswer>;
    using Share = std::optional<double>;
    QTest::addColumn<Answers>("answers");
    QTest::addColumn<Share>("efficacy");
    QTest::addColumn<Share>("paraphrase");
    QTest::addColumn<Share>("neighbourhood");
    QTest::addColumn<Share>("score");
    const ScoredAnswer won{Kind::edit, 0.6, 0.1}, lost{Kind::edit, 0.1, 0.6}, even{Kind::edit, 0.3, 0.3};
    const ScoredAnswer other{Kind::paraphrase, 0.2, 0.1}, missed{Kind::paraphrase, 0.1, 0.2};
    const ScoredAnswer spared{Kind::neighbour, 0.1, 0.2}, hit{Kind::neighbour, 0.2, 0.1},
        even_neighbour{Kind::neighbour, 0.2, 0.2};
    QTest::newRow("nothing asked") << Answers{} << Share{} << Share{} << Share{} << Share{};
    QTest::newRow("all there") << Answers{won, lost, other, spared, spared, hit, spared} << Share{0.5} << Share{1.0}
                               << Share{0.75} << Share{3 / (2 + 1 + 4.0 / 3)};
    QTest::newRow("nothing won") << Answers{lost, other, spared} << Share{0.0} << Share{1.0} << Share{1.0}
                                 << Share{0.0};
    QTest::newRow("equal is not won") << Answers{even, won, missed, other, even_neighbour, spared} << Share{0.5}
                                      << Share{0.5} << Share{0.5} << Share{0.5};
    QTest::newRow("no paraphrases") << Answers{won, spared} << Share{1.0} << Share{} << Share{1.0} << Share{};
    QTest::newRow("no neighbours") << Answers{won, missed} << Share{1.0} << Share{0.0} << Share{} << Share{};
    QTest::newRow("no edits") << Answers{other, spared} << Share{} << Share{1.0} << Share{1.0} << Share{};
}

void TestScores::shares_by_hand() {
    QFETCH(std::vector<ScoredAnswer>, answers);
    QFETCH(std::optional<double>, efficacy);
    QFETCH(std::optional<double>, paraphrase);
    QFETCH(std::optional<double>, neighbourhood);
    QFETCH(std::optional<double>, score);
    const Scores scores = scores_of(answers);
    QCOMPARE(scores.efficacy, efficacy);
    QCOMPARE(scores.paraphrase, paraphrase);
    QCOMPARE(scores.neighbourhood, neighbourhood);
    QCOMPARE(scores.score.has_value(), score.has_value());
    if (score)
        QVERIFY(std::abs(*scores.score - *score) < 1e-15);
}

void TestScores::asks_every_prompt() {
    const EditRequest request = silva();
    std::vector<ScoredAnswer> expected;
    const auto ask = [&](Kind kind, const std::string& prompt) {
        const Prediction answer = predict(model_->decoder, model_->tokenizer,
                                          {{prompt, request.object, request.true_object}}, shown_answers, {})[0];
        expected.push_back({kind, answer.p_new, *answer.p_true}); // both objects are one token
    };
    ask(Kind::edit, "Elena Silva was born in");
    ask(Kind::paraphrase, "The birthplace of Elena Silva is");
    ask(Kind::paraphrase, "Elena Silva comes from");
    for (const std::string& prompt : request.neighbours)
        ask(Kind::neighbour, prompt);
    const Scores wanted = scores_of(expected);
    const Scores scores = evaluate({request}).scores;
    QVERIFY(scores.efficacy && scores.paraphrase && scores.neighbourhood && scores.score);
    QCOMPARE(scores.efficacy, wanted.efficacy);
    QCOMPARE(scores.paraphrase, wanted.paraphrase);
    QCOMPARE(scores.neighbourhood, wanted.neighbourhood);
    QCOMPARE(scores.score, wanted.score);
    // The other way round every answer that won has lost.
    EditRequest turned = request;
    std::swap(turned.object, *turned.true_object);
    const Scores back = evaluate({turned}).scores;
    QVERIFY(std::abs(*scores.efficacy + *back.efficacy - 1) < 1e-15);
    QVERIFY(std::abs(*scores.paraphrase + *back.paraphrase - 1) < 1e-15);
    QVERIFY(std::abs(*scores.neighbourhood + *back.neighbourhood - 1) < 1e-15);
}

void TestScores::requests_without_a_true_object_are_held_but_not_scored() {
    EditRequest said = silva();
    said.true_object.reset();
    const Prediction answer = predict(model_->decoder, model_->tokenizer, {query_of(said)}, 1, {})[0];
    said.object = answer.top[0].piece;
    EditRequest unsaid = said;
    unsaid.object = silva().object;
    QVERIFY(!answer.says_new);
    const Evaluation evaluation = evaluate({said, unsaid});
    QCOMPARE(evaluation.held, std::size_t{1});
    const auto answers = predict(model_->decoder, model_->tokenizer, {query_of(said), query_of(unsaid)}, 1, {});
    QVERIFY(std::abs(evaluation.p_new - (answers[0].p_new + answers[1].p_new) / 2) < 1e-12);
    QVERIFY(!evaluation.scores.efficacy && !evaluation.scores.paraphrase && !evaluation.scores.neighbourhood);
    QVERIFY(!evaluation.scores.score);
    const Evaluation nothing = evaluate({});
    QCOMPARE(nothing.held, std::size_t{0});
    QVERIFY(!nothing.scores.efficacy);
}

// The product of many tokens' probabilities is small whatever they are: objects are compared by the mean.
void TestScores::longer_objects_are_not_punished() {
    EditRequest request = silva();
    request.true_object.reset();
    request.paraphrases.clear();
    request.neighbours.clear();
    // What the model nearly writes: the second likeliest token, four times.
    std::string written;
    for (int i = 0; i < 4; ++i)
        written +=
            predict(model_->decoder, model_->tokenizer, {{"Elena Silva was born in" + written, "", {}}}, 2, {})[0]
                .top[1]
                .piece;
    request.object = written;
    const auto answer = [&](const std::string& object) {
        return predict(model_->decoder, model_->tokenizer, {{"Elena Silva was born in", object, {}}}, 1, {})[0].p_new;
    };
    const double product = answer(written);
    const double mean = per_token(product, encode_target(model_->tokenizer, written).size());
    const Prediction next =
        predict(model_->decoder, model_->tokenizer, {{"Elena Silva was born in", "", {}}}, 50, {})[0];
    for (const TokenProbability& token : next.top) {
        if (!(product < token.probability && token.probability < mean) || token.piece.size() < 3)
            continue;
        request.true_object = token.piece;
        if (encode_target(model_->tokenizer, token.piece).size() != 1)
            continue;
        QCOMPARE(evaluate({request}).scores.efficacy, std::optional(1.0)); // by the product it had lost
        return;
    }
    QFAIL("no word between the product and the mean");
}

void TestScores::faults_are_found_without_running() {
    const auto check = [&](const EditRequest& request) {
        check_evaluation(model_->decoder, model_->tokenizer, {silva(), request});
    };
    EditRequest empty = silva();
    empty.neighbours.push_back("");
    EXPECT_FAULT(check(empty), "empty");
    EditRequest blank = silva();
    blank.true_object = "  ";
    EXPECT_FAULT(check(blank), "object");
    EditRequest endless = silva();
    endless.paraphrases[0] = "{}";
    for (int i = 0; i < 80; ++i)
        endless.paraphrases[0] += " city";
    EXPECT_FAULT(check(endless), "tokens");
    EXPECT_FAULT(evaluate({endless}), "tokens");
    check(silva());
}

void TestScores::stops() {
    std::stop_source source;
    source.request_stop();
    QVERIFY_EXCEPTION_THROWN(static_cast<void>(evaluate({silva()}, JobContext({}, source.get_token()))), Cancelled);
}

QTEST_GUILESS_MAIN(TestScores)
#include "test_scores.moc"
