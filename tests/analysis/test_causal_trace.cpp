// SPDX-License-Identifier: GPL-3.0-or-later
// The trace against the reference's stored scores, and against one whole run of the model per cell.
#include "random_model.h"
#include "trace_fixture.h"

#include <nlohmann/json.hpp>
#include <QFile>
#include <QTemporaryDir>
#include <QTest>

using namespace emend;
using namespace emend::test;

Q_DECLARE_METATYPE(emend::TraceRequest)

class TestCausalTrace : public QObject {
    Q_OBJECT
  private slots:
    void initTestCase();
    void matches_the_reference_data();
    void matches_the_reference();
    void is_the_straightforward_way_data();
    void is_the_straightforward_way();
    void batched_is_one_by_one();
    void more_samples_than_fit_a_batch();
    void objects_together_are_objects_apart();
    void without_noise_everything_is_clean();
    void without_object_the_models_own_answer();
    void long_prompt();

  private:
    std::unique_ptr<test::OpenModel> model_;  // trained on a few facts, four layers
    std::unique_ptr<test::OpenModel> single_; // the same in single precision
    std::unique_ptr<test::OpenModel> deep_;   // random, seven layers, 256 positions
    QTemporaryDir folder_;
};

void TestCausalTrace::initTestCase() {
    model_ = std::make_unique<test::OpenModel>(open_model(model_path("gpt2_edit")));
    single_ = std::make_unique<test::OpenModel>(open_model(model_path("gpt2_edit"), at::kFloat));
    const std::string path = folder_.filePath("deep").toStdString();
    write_random_gpt2(path, {.layers = 7, .d_model = 32, .heads = 4, .vocab = 957, .positions = 256});
    deep_ = std::make_unique<test::OpenModel>(open_model(path));
}

void TestCausalTrace::matches_the_reference_data() {
    QTest::addColumn<QString>("mode");
    QTest::addColumn<int>("number");
    for (const QString mode : {"f64", "f32"})
        for (int number = 0; number < 4; ++number)
            QTest::addRow("case %d, %s", number, qPrintable(mode)) << mode << number;
}

void TestCausalTrace::matches_the_reference() {
    QFETCH(QString, mode);
    QFETCH(int, number);
    const bool is_double = mode == "f64";
    const double bound = is_double ? 1e-8 : 2e-6;
    const std::string folder = EMEND_TEST_DATA "/trace/";
    QFile file(QString::fromStdString(folder + "cases." + mode.toStdString() + ".json"));
    QVERIFY(file.open(QIODevice::ReadOnly));
    const auto json =
        nlohmann::json::parse(file.readAll().toStdString()).at("cases").at(static_cast<std::size_t>(number));
    TraceRequest request;
    request.subject = json.at("subject");
    request.prompt = templatize(json.at("prompt").get<std::string>(), request.subject);
    request.noise_file = folder + "case" + std::to_string(number) + "." + mode.toStdString() + ".safetensors";
    const SafetensorsFile stored = SafetensorsFile::open(request.noise_file);

    int compared = 0;
    for (const std::string& name : stored.names()) {
        if (!name.starts_with("scores."))
            continue;
        const bool hidden = name == "scores.states";
        request.kind = hidden                                  ? TraceKind::hidden
                       : name.find("mlp") != std::string::npos ? TraceKind::mlp
                                                               : TraceKind::attention;
        request.window = hidden ? 10 : std::stoi(name.substr(name.rfind('w') + 1));
        const TraceResult result = test::trace(is_double ? *model_ : *single_, request);
        QCOMPARE(result.tokens, json.at("input_tokens").get<std::vector<std::string>>());
        QCOMPARE(result.subject_first, json.at("subject_range")[0].get<int>());
        QCOMPARE(result.subject_last + 1, json.at("subject_range")[1].get<int>());
        QCOMPARE(result.samples, json.at("samples").get<int>());
        QCOMPARE(result.objects.at(0).text, json.at("answer").get<std::string>());
        QVERIFY(std::abs(result.objects[0].clean - json.at("high_score").get<double>()) < bound);
        QVERIFY(std::abs(result.objects[0].corrupted - json.at("low_score").get<double>()) < bound);
        const at::Tensor want = read_tensor(stored, name).to(at::kDouble).contiguous();
        const auto* numbers = want.data_ptr<double>();
        const double worst = difference(result.objects[0].effect, {numbers, numbers + want.numel()});
        QVERIFY2(worst < bound, (name + " differs by " + std::to_string(worst)).c_str());
        ++compared;
    }
    QVERIFY(compared >= 3);
}

void TestCausalTrace::is_the_straightforward_way_data() {
    QTest::addColumn<bool>("deep");
    QTest::addColumn<TraceRequest>("request");
    struct Text {
        const char* name;
        const char* subject;
        const char* prompt;
        const char* object;
    };
    constexpr Text texts[] = {
        {"subject in the middle", "Rosa Moreau", "The mother tongue of {} is", "Greek"},
        {"subject at the start", "The Colosseum", "{} is in the city of", "Rome"},
        {"subject at the end", "Elena Larsen", "The instrument of {}", "chess"},
        {"subject of one token", "Elena", "{} was born in", "Athens"},
        {"one token at the end", "Elena", "The friend of my friend is {}", "chess"},
        {"nothing but the subject", "Elena", "{}", "Larsen"},
        {"object of many tokens", "Xenia Larsen", "Yes, {} was born in", "Buenos Aires, they say"},
    };
    constexpr int windows[] = {1, 2, 3, 10};
    for (const Text& text : texts)
        for (const TraceKind kind : {TraceKind::hidden, TraceKind::mlp, TraceKind::attention})
            for (const int window : windows) {
                const bool odd = window % 2 == 1; // the second prompt and those behind it do without
                if (kind == TraceKind::hidden ? window > 1 : odd && &text != texts)
                    continue;
                TraceRequest request = trace_request(text.subject, text.prompt, {text.object}, kind);
                request.window = window;
                const std::string name = std::string(to_text(kind)) + " " + std::to_string(window);
                QTest::addRow("%s, %s", text.name, name.c_str()) << false << request;
                if (text.prompt == texts[0].prompt || text.prompt == texts[6].prompt)
                    QTest::addRow("%s, %s, seven layers", text.name, name.c_str()) << true << request;
            }
    TraceRequest request = trace_request("Rosa Moreau", "The mother tongue of {} is", {"Greek"}, TraceKind::mlp);
    request.window = std::numeric_limits<int>::max();
    QTest::addRow("window larger than any model") << true << request;
}

void TestCausalTrace::is_the_straightforward_way() {
    QFETCH(bool, deep);
    QFETCH(TraceRequest, request);
    const test::OpenModel& model = deep ? *deep_ : *model_;
    const TraceObject fast = test::trace(model, request).objects.at(0);
    const TraceObject plain = straightforward(model, request);
    QVERIFY(std::abs(fast.clean - plain.clean) < 1e-12);
    QVERIFY(std::abs(fast.corrupted - plain.corrupted) < 1e-12);
    const double worst = difference(fast.effect, plain.effect);
    QVERIFY2(worst < 1e-12, QByteArray::number(worst).constData());
    const auto [least, most] = std::ranges::minmax(plain.effect);
    if (plain.effect.size() > 7)
        QVERIFY(most > least); // there was something to tell apart
}

void TestCausalTrace::batched_is_one_by_one() {
    for (const TraceKind kind : {TraceKind::hidden, TraceKind::mlp, TraceKind::attention}) {
        TraceRequest request = trace_request("Rosa Moreau", "The mother tongue of {} is", {"Greek"}, kind);
        request.window = 3;
        const auto together = test::trace(*deep_, request).objects.at(0).effect;
        for (const int cells : {1, 2, 5})
            QVERIFY(difference(together, test::trace(*deep_, request, {.cells_at_once = cells}).objects.at(0).effect) <
                    1e-12);
    }
}

void TestCausalTrace::more_samples_than_fit_a_batch() {
    TraceRequest request = trace_request("Elena", "{} is", {"chess"});
    request.samples = 2100;
    request.noise = 0.3;
    const StraightforwardTrace plain{.decoder = model_->decoder,
                                     .prompt = model_->tokenizer.encode("Elena is").ids,
                                     .subject_first = 0,
                                     .noise = draw_noise(0, 0.3, 2100, 1, 64),
                                     .object = encode_target(model_->tokenizer, "chess")};
    const TraceResult fast = test::trace(*model_, request);
    QVERIFY(std::abs(fast.effect(0, 0, 1) - plain.cell(TraceKind::hidden, 0, 1, 2)) < 1e-12);
}

void TestCausalTrace::objects_together_are_objects_apart() {
    // One and the same text for the first three, another for the fourth.
    const std::vector<std::string> objects = {"Athens", "Buenos Aires", "Buenos Aires, they say", "Cape Town and Rome"};
    TraceRequest request = trace_request("Xenia Larsen", "{} was born in", objects, TraceKind::mlp);
    const TraceResult together = test::trace(*model_, request);
    QCOMPARE(together.objects.size(), objects.size());
    for (std::size_t i = 0; i < objects.size(); ++i) {
        request.objects = {objects[i]};
        const TraceObject alone = test::trace(*model_, request).objects.at(0);
        QCOMPARE(together.objects[i].text, objects[i]);
        QVERIFY(std::abs(together.objects[i].clean - alone.clean) < 1e-12);
        QVERIFY(std::abs(together.objects[i].corrupted - alone.corrupted) < 1e-12);
        QVERIFY(std::abs(together.objects[i].corrupted_spread - alone.corrupted_spread) < 1e-12);
        QVERIFY(difference(together.objects[i].effect, alone.effect) < 1e-12);
    }
    QVERIFY(together.objects[1].clean > together.objects[2].clean); // more tokens, less probable
}

void TestCausalTrace::without_noise_everything_is_clean() {
    for (const TraceKind kind : {TraceKind::hidden, TraceKind::mlp, TraceKind::attention}) {
        TraceRequest request = trace_request("Rosa Moreau", "The mother tongue of {} is", {"Greek"}, kind);
        request.noise = 0;
        const TraceObject object = test::trace(*model_, request).objects.at(0);
        QVERIFY(std::abs(object.corrupted - object.clean) < 1e-12);
        QVERIFY(object.corrupted_spread < 1e-12);
        QVERIFY(difference(object.effect, std::vector<double>(object.effect.size(), object.clean)) < 1e-12);
    }
}

void TestCausalTrace::without_object_the_models_own_answer() {
    const TraceResult result = test::trace(*model_, trace_request("The Colosseum", "{} is in the city of"));
    QCOMPARE(result.objects.size(), std::size_t{1});
    QCOMPARE(result.objects[0].text, std::string(" Rome"));
    QVERIFY(result.objects[0].clean > 0.8);
    QVERIFY(result.objects[0].corrupted < 0.3);
    // The last state of the last token is all that the answer is read from.
    QVERIFY(std::abs(result.effect(0, 12, 3) - result.objects[0].clean) < 1e-12);
    QCOMPARE(result.window, 1);
    QVERIFY(result.seconds > 0);
}

void TestCausalTrace::long_prompt() {
    std::string prompt = "In short,";
    while (deep_->tokenizer.encode(prompt).ids.size() < 198)
        prompt += " the";
    for (const TraceKind kind : {TraceKind::hidden, TraceKind::attention}) {
        TraceRequest request = trace_request("Rosa Moreau", (prompt + " {} is").c_str(), {"Greek"}, kind);
        request.window = 2;
        const TraceObject fast = test::trace(*deep_, request).objects.at(0);
        QVERIFY(fast.effect.size() >= 7 * 200);
        const LocatedPrompt located = locate_subject(deep_->tokenizer, request.prompt, request.subject);
        const StraightforwardTrace plain{
            .decoder = deep_->decoder,
            .prompt = located.full.ids,
            .subject_first = located.first_subject_token,
            .noise = draw_noise(0, default_noise(deep_->decoder.weights()), 3,
                                located.last_subject_token - located.first_subject_token + 1, 32),
            .object = encode_target(deep_->tokenizer, "Greek")};
        for (const int token : {0, located.first_subject_token, located.last_subject_token})
            for (const int layer : {0, 3, 6})
                QVERIFY(std::abs(fast.effect[static_cast<std::size_t>(token * 7 + layer)] -
                                 plain.cell(kind, token, layer, 7, 2)) < 1e-12);
    }
}

QTEST_GUILESS_MAIN(TestCausalTrace)
#include "test_causal_trace.moc"
