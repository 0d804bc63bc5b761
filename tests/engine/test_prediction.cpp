// SPDX-License-Identifier: GPL-3.0-or-later
// Probabilities of objects against the reference's, and batched against one by one.
#include "analysis/prediction.h"
#include "emend/error.h"
#include "model_fixture.h"

#include <nlohmann/json.hpp>
#include <QFile>
#include <QTest>

#include <cmath>

using namespace emend;
using namespace emend::test;

class TestPrediction : public QObject {
    Q_OBJECT
  private slots:
    void initTestCase() { model_ = std::make_unique<test::OpenModel>(open_model(model_path("gpt2_edit"))); }
    void matches_the_reference_data();
    void matches_the_reference();
    void batched_equals_one_by_one();
    void asked_together_equals_asked_alone_data();
    void asked_together_equals_asked_alone();
    void most_likely_is_sorted();
    void too_long_is_an_error();

  private:
    std::vector<Prediction> ask(const std::vector<PredictionQuery>& queries) const {
        return predict(model_->decoder, model_->tokenizer, queries, 5, {});
    }
    std::unique_ptr<test::OpenModel> model_;
};

void TestPrediction::matches_the_reference_data() {
    QTest::addColumn<QString>("run");
    for (const char* run : {"rome_case0", "rome_case1", "rome_case2", "rome_case3"})
        QTest::newRow(run) << run;
}

void TestPrediction::matches_the_reference() {
    QFETCH(QString, run);
    QFile file(QString(EMEND_TEST_DATA) + "/edit/" + run + "/f64.json");
    QVERIFY(file.open(QIODevice::ReadOnly));
    const auto json = nlohmann::json::parse(file.readAll().toStdString());
    std::vector<PredictionQuery> queries;
    for (const auto& probe : json.at("before"))
        queries.push_back({probe.at("text"), probe.at("target"), {}});
    QVERIFY(queries.size() >= 3);
    const auto answers = ask(queries);
    for (std::size_t i = 0; i < answers.size(); ++i) {
        const double want = json.at("before")[i].at("joint_prob");
        QVERIFY2(std::abs(answers[i].p_new - want) <= 1e-9 * want, queries[i].prompt.c_str());
    }
}

void TestPrediction::batched_equals_one_by_one() {
    std::vector<PredictionQuery> queries;
    for (int i = 0; i < 70; ++i) // more than one batch, of many lengths
        queries.push_back({std::string("The city of") + std::string(static_cast<std::size_t>(i % 9), '.'),
                           "Madrid and Rome", "Paris"});
    const auto together = ask(queries);
    for (const std::size_t i : {0u, 5u, 63u, 64u, 69u}) {
        const Prediction alone = ask({queries[i]})[0];
        QVERIFY(std::abs(alone.p_new - together[i].p_new) <= 1e-12 * alone.p_new);
        QVERIFY(std::abs(*alone.p_true - *together[i].p_true) <= 1e-12 * *alone.p_true);
        QCOMPARE(alone.top[0].id, together[i].top[0].id);
    }
}

void TestPrediction::asked_together_equals_asked_alone_data() {
    QTest::addColumn<QString>("object");
    QTest::addColumn<QString>("true_object");
    QTest::newRow("one token each") << "Rome"
                                    << "Paris";
    QTest::newRow("one and several") << "Rome"
                                     << "Madrid and Rome";
    QTest::newRow("several and one") << "Madrid and Rome"
                                     << "Rome";
    QTest::newRow("one begins the other") << "Madrid and"
                                          << "Madrid and Rome and Paris";
    QTest::newRow("the other way round") << "Madrid and Rome and Paris"
                                         << "Madrid and";
    QTest::newRow("nothing in common") << "Madrid and Rome"
                                       << "Paris and Rome";
}

// What a text of the query says on the way answers for the others that begin it.
void TestPrediction::asked_together_equals_asked_alone() {
    QFETCH(QString, object);
    QFETCH(QString, true_object);
    const std::string prompt = "The Colosseum is in the city of";
    const Prediction together = ask({{prompt, object.toStdString(), true_object.toStdString()}})[0];
    const Prediction new_alone =
        predict(model_->decoder, model_->tokenizer, {{prompt, object.toStdString(), {}}}, 0, {})[0];
    const Prediction true_alone =
        predict(model_->decoder, model_->tokenizer, {{prompt, {}, true_object.toStdString()}}, 0, {})[0];
    const Prediction next_alone = ask({{prompt, {}, {}}})[0];
    QVERIFY(std::abs(together.p_new - new_alone.p_new) <= 1e-12 * new_alone.p_new);
    QCOMPARE(together.says_new, new_alone.says_new);
    QVERIFY(std::abs(*together.p_true - *true_alone.p_true) <= 1e-12 * *true_alone.p_true);
    QCOMPARE(together.top.size(), next_alone.top.size());
    for (std::size_t i = 0; i < together.top.size(); ++i) {
        QCOMPARE(together.top[i].id, next_alone.top[i].id);
        QVERIFY(std::abs(together.top[i].probability - next_alone.top[i].probability) <= 1e-12);
    }
}

void TestPrediction::most_likely_is_sorted() {
    const auto top = most_likely(at::tensor({0.0, 2.0, 1.0, 2.0}, at::kDouble), model_->tokenizer, 3);
    QCOMPARE(top.size(), std::size_t{3});
    QCOMPARE(top[0].id, 1); // ties to the lower id
    QCOMPARE(top[1].id, 3);
    QCOMPARE(top[2].id, 2);
    QCOMPARE(most_likely(at::tensor({0.0, 1.0}, at::kDouble), model_->tokenizer, 9).size(), std::size_t{2});
    QVERIFY(most_likely(at::tensor({0.0, 1.0}, at::kDouble), model_->tokenizer, 0).empty());
}

void TestPrediction::too_long_is_an_error() {
    std::string text;
    for (int i = 0; i < 80; ++i)
        text += " city";
    QVERIFY_EXCEPTION_THROWN(ask({{text, "Rome", {}}}), Error);
    QVERIFY_EXCEPTION_THROWN(ask({{"", "Rome", {}}}), Error);
}

QTEST_GUILESS_MAIN(TestPrediction)
#include "test_prediction.moc"
