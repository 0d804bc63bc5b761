// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/generate.h"
#include "model/sampler.h"
#include "model_fixture.h"

#include <QTest>

#include <map>

using namespace emend;
using namespace emend::test;

class TestGenerate : public QObject {
    Q_OBJECT
  private slots:
    void initTestCase();
    void cached_equals_uncached_data();
    void cached_equals_uncached();
    void the_seed_decides();
    void streamed_parts_join();
    void stops_before_a_stop_string();
    void a_stop_string_may_span_tokens();
    void ends_at_the_last_position();
    void cancel();
    void faulty_requests();
    void sampler_follows_the_distribution();
    void top_k_and_top_p_cut();
    void a_row_of_a_batch_does_not_depend_on_the_others();

  private:
    GenerationResult generate(const GenerateRequest& request) const {
        return generate_text(model_->decoder, model_->tokenizer, request, {}, {});
    }
    std::unique_ptr<OpenModel> model_;
};

void TestGenerate::initTestCase() {
    model_ = std::make_unique<OpenModel>(open_model(model_path("gpt2_edit"), at::kFloat));
}

void TestGenerate::cached_equals_uncached_data() {
    QTest::addColumn<bool>("greedy");
    QTest::addColumn<double>("temperature");
    QTest::addColumn<int>("top_k");
    QTest::addColumn<double>("top_p");
    QTest::newRow("greedy") << true << 1.0 << 0 << 1.0;
    QTest::newRow("warm") << false << 1.3 << 0 << 1.0;
    QTest::newRow("top-k") << false << 1.0 << 5 << 1.0;
    QTest::newRow("top-p") << false << 0.8 << 0 << 0.9;
}

void TestGenerate::cached_equals_uncached() {
    QFETCH(bool, greedy);
    QFETCH(double, temperature);
    QFETCH(int, top_k);
    QFETCH(double, top_p);
    GenerateRequest request{.prompt = "The city of",
                            .max_tokens = 40,
                            .greedy = greedy,
                            .temperature = temperature,
                            .top_k = top_k,
                            .top_p = top_p,
                            .seed = 7,
                            .stop = {},
                            .use_cache = true,
                            .at = {}};
    const GenerationResult cached = generate(request);
    request.use_cache = false;
    const GenerationResult uncached = generate(request);
    QVERIFY(!cached.ids.empty());
    QCOMPARE(cached.ids, uncached.ids);
    QCOMPARE(cached.text, uncached.text);
}

void TestGenerate::the_seed_decides() {
    GenerateRequest request{
        .prompt = "I", .max_tokens = 20, .greedy = false, .temperature = 2, .seed = 1, .stop = {}, .at = {}};
    const auto first = generate(request).ids;
    QCOMPARE(generate(request).ids, first);
    request.seed = 2;
    QVERIFY(generate(request).ids != first);
}

void TestGenerate::streamed_parts_join() {
    std::string joined;
    int calls = 0;
    const GenerateRequest request{
        .prompt = "The", .max_tokens = 30, .greedy = false, .temperature = 3, .seed = 5, .stop = {}, .at = {}};
    const GenerationResult result =
        generate_text(model_->decoder, model_->tokenizer, request, {}, [&](const GeneratedToken& token) {
            joined += token.text;
            ++calls;
        });
    QCOMPARE(joined, result.text);
    QVERIFY(calls >= static_cast<int>(result.ids.size()));
    QCOMPARE(result.pieces.size(), result.ids.size());
}

void TestGenerate::stops_before_a_stop_string() {
    GenerateRequest request{.prompt = "The city of", .max_tokens = 30, .stop = {}, .at = {}};
    const GenerationResult whole = generate(request);
    QVERIFY(whole.text.size() > 12);
    const std::string stop = whole.text.substr(8, 4);
    request.stop = {"", "never said", stop};
    std::string streamed;
    const GenerationResult stopped = generate_text(model_->decoder, model_->tokenizer, request, {},
                                                   [&](const GeneratedToken& token) { streamed += token.text; });
    QCOMPARE(stopped.text, whole.text.substr(0, whole.text.find(stop)));
    QCOMPARE(streamed, stopped.text);
    QCOMPARE(stopped.ended_by, std::string("stop"));
    QVERIFY(stopped.ids.size() < whole.ids.size());
}

void TestGenerate::a_stop_string_may_span_tokens() {
    GenerateRequest request{.prompt = "The city of", .max_tokens = 30, .stop = {}, .at = {}};
    const GenerationResult whole = generate(request);
    // The end of one token and the beginning of the next.
    const std::string first = whole.pieces.at(2);
    const std::string second = whole.pieces.at(3);
    const std::string stop = first.substr(first.size() - 1) + second.substr(0, 2);
    request.stop = {stop};
    QCOMPARE(generate(request).text, whole.text.substr(0, whole.text.find(stop)));
}

void TestGenerate::ends_at_the_last_position() {
    const GenerationResult result = generate({.prompt = "The city of", .max_tokens = 1000, .stop = {}, .at = {}});
    QVERIFY(result.ids.size() <= 64);
    QVERIFY(result.ended_by == "length" || result.ended_by == "end of text");
}

void TestGenerate::cancel() {
    std::stop_source source;
    int tokens = 0;
    QVERIFY_EXCEPTION_THROWN(generate_text(model_->decoder, model_->tokenizer,
                                           {.prompt = "The", .max_tokens = 50, .stop = {}, .at = {}},
                                           JobContext({}, source.get_token()),
                                           [&](const GeneratedToken&) {
                                               if (++tokens == 3)
                                                   source.request_stop();
                                           }),
                             Cancelled);
    QCOMPARE(tokens, 3);
}

void TestGenerate::faulty_requests() {
    QVERIFY_EXCEPTION_THROWN(generate({.prompt = "I", .max_tokens = -1, .stop = {}, .at = {}}), Error);
    QVERIFY_EXCEPTION_THROWN(generate({.prompt = "I", .greedy = false, .temperature = 0, .stop = {}, .at = {}}), Error);
    QVERIFY_EXCEPTION_THROWN(generate({.prompt = "I", .greedy = false, .top_p = 0, .stop = {}, .at = {}}), Error);
    QVERIFY_EXCEPTION_THROWN(generate({.prompt = "I", .greedy = false, .top_k = -2, .stop = {}, .at = {}}), Error);
    std::string too_long;
    for (int i = 0; i < 100; ++i)
        too_long += "The city ";
    QVERIFY_EXCEPTION_THROWN(generate({.prompt = too_long, .stop = {}, .at = {}}), Error);
}

void TestGenerate::sampler_follows_the_distribution() {
    const at::Tensor logits = at::tensor({0.7, 0.2, 0.1}, at::kDouble).log();
    Random random(3);
    std::map<int, int> counts;
    for (int i = 0; i < 20000; ++i)
        ++counts[pick_token(logits, {.greedy = false, .temperature = 1, .top_k = 0, .top_p = 1}, random)];
    QVERIFY(std::abs(counts[0] / 20000.0 - 0.7) < 0.015);
    QVERIFY(std::abs(counts[1] / 20000.0 - 0.2) < 0.015);
    QVERIFY(std::abs(counts[2] / 20000.0 - 0.1) < 0.015);
}

void TestGenerate::top_k_and_top_p_cut() {
    const at::Tensor logits = at::tensor({0.1, 0.2, 0.3, 0.4}, at::kDouble).log();
    Random random(4);
    for (int i = 0; i < 500; ++i) {
        QVERIFY(pick_token(logits, {.greedy = false, .temperature = 1, .top_k = 2, .top_p = 1}, random) >= 2);
        QVERIFY(pick_token(logits, {.greedy = false, .temperature = 1, .top_k = 0, .top_p = 0.69}, random) >= 2);
        QCOMPARE(pick_token(logits, {.greedy = false, .temperature = 1, .top_k = 0, .top_p = 1e-9}, random), 3);
    }
    const at::Tensor broken = at::full({4}, NAN, at::kFloat);
    QVERIFY_EXCEPTION_THROWN(pick_token(broken, {}, random), Error);
}

void TestGenerate::a_row_of_a_batch_does_not_depend_on_the_others() {
    const std::vector<std::vector<std::int32_t>> prompts{{10}, {20, 30}, {40}, {50, 60}};
    const auto together = sample_batch(model_->decoder, prompts, 12, 9, {});
    QCOMPARE(together.size(), prompts.size());
    for (const auto& row : together)
        QCOMPARE(row.size(), std::size_t{12});
    QCOMPARE(sample_batch(model_->decoder, prompts, 12, 9, {}), together);
    const auto fewer = sample_batch(model_->decoder, {{10}, {20, 31}, {41}}, 12, 9, {});
    QCOMPARE(fewer[0], together[0]);
}

QTEST_GUILESS_MAIN(TestGenerate)
#include "test_generate.moc"
