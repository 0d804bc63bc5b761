// SPDX-License-Identifier: GPL-3.0-or-later
// What a trace is asked for wrongly, the noise, how a trace is told while it runs, and that it leaves no trace.
#include "faults.h"
#include "trace_fixture.h"

#include "../engine/engine_fixture.h"

#include <QTemporaryDir>
#include <QTest>

#include <stop_token>

using namespace emend;
using namespace emend::test;

Q_DECLARE_METATYPE(emend::TraceRequest)

class TestTraceCases : public QObject {
    Q_OBJECT
  private slots:
    void initTestCase() { model_ = std::make_unique<test::OpenModel>(open_model(model_path("gpt2_edit"))); }
    void faults_are_named_data();
    void faults_are_named();
    void noise_is_the_same_everywhere();
    void noise_from_a_file();
    void faulty_noise_file_data();
    void faulty_noise_file();
    void default_noise_is_three_deviations();
    void ends_are_told_first();
    void stopped_trace_keeps_its_cells();
    void engine_traces_other_weights_and_leaves_them();

  private:
    [[nodiscard]] std::string file_with(const std::string& name, const at::Tensor& noise, DType type) const {
        const std::string path = folder_.filePath("noise.safetensors").toStdString();
        SafetensorsWriter writer;
        writer.add(name, type, noise.sizes().vec(), noise.data_ptr());
        writer.write(path);
        return path;
    }
    std::unique_ptr<test::OpenModel> model_;
    QTemporaryDir folder_;
};

void TestTraceCases::faults_are_named_data() {
    QTest::addColumn<TraceRequest>("request");
    QTest::addColumn<QByteArray>("part");
    const TraceRequest sound = trace_request("The Colosseum", "{} is in the city of");
    const auto row = [&](const char* name, auto&& change, const char* part) {
        TraceRequest request = sound;
        change(request);
        QTest::newRow(name) << request << QByteArray(part);
    };
    row(
        "no sample", [](TraceRequest& r) { r.samples = 0; }, "samples");
    row(
        "no window", [](TraceRequest& r) { r.window = 0; }, "window");
    row(
        "negative noise", [](TraceRequest& r) { r.noise = -0.1; }, "noise");
    row(
        "noise is no number", [](TraceRequest& r) { r.noise = NAN; }, "noise");
    row(
        "endless noise", [](TraceRequest& r) { r.noise = INFINITY; }, "noise");
    row(
        "no subject in the prompt", [](TraceRequest& r) { r.prompt = "Rome is in"; }, "no {}");
    row(
        "two subjects in the prompt", [](TraceRequest& r) { r.prompt = "{} and {}"; }, "more than once");
    row(
        "empty subject", [](TraceRequest& r) { r.subject = " "; }, "subject is empty");
    row(
        "empty object",
        [](TraceRequest& r) {
            r.objects = {"Rome", ""};
        },
        "object is empty");
    const QByteArray words = QByteArray(" the").repeated(80);
    row(
        "long prompt", [&](TraceRequest& r) { r.prompt += words.constData(); }, "at most 64");
    row(
        "long object", [&](TraceRequest& r) { r.objects = {"Rome" + words.toStdString()}; }, "at most 64");
    row(
        "no such file", [](TraceRequest& r) { r.noise_file = "/no/such/file"; }, "/no/such/file");
    row(
        "more samples than memory", [](TraceRequest& r) { r.samples = 1'000'000'000; }, "samples");
}

void TestTraceCases::faults_are_named() {
    QFETCH(TraceRequest, request);
    QFETCH(QByteArray, part);
    EXPECT_FAULT(test::trace(*model_, request), part.constData());
    const auto fault = fault_of([&] { (void)test::trace(*model_, request); });
    QVERIFY(!fault->hint().empty());
}

void TestTraceCases::noise_is_the_same_everywhere() {
    // SplitMix64 from 0, Box and Muller, rounded to single precision: worked out apart from this program.
    const double expected[] = {-1.8839083909988403, 0.8645068407058716, 0.22760793566703796, -0.04211268573999405};
    const at::Tensor noise = draw_noise(0, 1, 1, 1, 4);
    for (int i = 0; i < 4; ++i)
        QCOMPARE(noise[0][0][i].item<double>(), expected[i]);
    const at::Tensor doubled = draw_noise(0, 2, 3, 1, 4);
    QVERIFY(doubled[0].equal(noise[0] * 2)); // a sample does not depend on those behind it
    QVERIFY(!doubled[1].equal(doubled[0]));
    QVERIFY(!draw_noise(1, 1, 1, 1, 4).equal(noise));
    QCOMPARE(draw_noise(0, 1, 1, 1, 3)[0][0][2].item<double>(), expected[2]); // an odd number of them
    const at::Tensor many = draw_noise(7, 0.5, 20, 5, 200);
    QVERIFY(std::abs(many.mean().item<double>()) < 0.02);
    QVERIFY(std::abs(many.std().item<double>() - 0.5) < 0.02);
}

void TestTraceCases::noise_from_a_file() {
    TraceRequest request = trace_request("Rosa Moreau", "The mother tongue of {} is", {"Greek"});
    request.noise = 0.3;
    request.seed = 5;
    const TraceResult drawn = test::trace(*model_, request);
    QCOMPARE(drawn.noise, 0.3);
    request.noise_file = file_with("noise", draw_noise(5, 0.3, 3, 2, 64), DType::F64);
    request.noise = 99; // the file goes first
    request.samples = 7;
    const TraceResult read = test::trace(*model_, request);
    QCOMPARE(read.noise, 0.0);
    QCOMPARE(read.samples, 3);
    QCOMPARE(read.objects[0].effect, drawn.objects[0].effect);
    QCOMPARE(read.objects[0].corrupted_spread, drawn.objects[0].corrupted_spread);
    QVERIFY(read.objects[0].corrupted_spread > 0);
}

void TestTraceCases::faulty_noise_file_data() {
    QTest::addColumn<QByteArray>("name");
    QTest::addColumn<std::vector<std::int64_t>>("shape");
    QTest::addColumn<double>("value");
    QTest::addColumn<QByteArray>("part");
    using Shape = std::vector<std::int64_t>;
    QTest::newRow("another name") << QByteArray("nose") << Shape{3, 2, 64} << 0.1 << QByteArray("no tensor \"noise\"");
    QTest::newRow("another subject") << QByteArray("noise") << Shape{3, 5, 64} << 0.1 << QByteArray("2 subject tokens");
    QTest::newRow("another model") << QByteArray("noise") << Shape{3, 2, 32} << 0.1 << QByteArray("F64 [3, 2, 32]");
    QTest::newRow("no samples' axis") << QByteArray("noise") << Shape{2, 64} << 0.1 << QByteArray("[samples");
    QTest::newRow("no sample") << QByteArray("noise") << Shape{0, 2, 64} << 0.1 << QByteArray("no sample");
    QTest::newRow("not a number") << QByteArray("noise") << Shape{3, 2, 64} << double(NAN) << QByteArray("not finite");
    QTest::newRow("endless") << QByteArray("noise") << Shape{3, 2, 64} << double(INFINITY) << QByteArray("not finite");
}

void TestTraceCases::faulty_noise_file() {
    QFETCH(QByteArray, name);
    QFETCH(std::vector<std::int64_t>, shape);
    QFETCH(double, value);
    QFETCH(QByteArray, part);
    TraceRequest request = trace_request("Rosa Moreau", "The mother tongue of {} is");
    request.noise_file = file_with(name.toStdString(), at::full(shape, value, at::kDouble), DType::F64);
    EXPECT_FAULT(test::trace(*model_, request), part.constData());
    EXPECT_FAULT(test::trace(*model_, request), request.noise_file);
    request.noise_file = file_with("noise", at::ones({3, 2, 64}, at::kLong), DType::I64);
    EXPECT_FAULT(test::trace(*model_, request), "no floating point");
}

void TestTraceCases::default_noise_is_three_deviations() {
    const Weights& weights = model_->decoder.weights();
    const double sigma = default_noise(weights);
    QVERIFY(std::abs(sigma - 3 * weights.token_embedding().std().item<double>()) < 1e-12);
    QCOMPARE(test::trace(*model_, trace_request("The Colosseum", "{} is in the city of")).noise, sigma);
}

void TestTraceCases::ends_are_told_first() {
    const TraceRequest request = trace_request("Rosa Moreau", "The mother tongue of {} is", {"Greek"});
    std::vector<TraceResult> told;
    std::vector<double> fractions;
    std::string detail;
    const JobContext job([&](const Progress& progress) {
        fractions.push_back(progress.fraction);
        detail = progress.detail;
    });
    const TraceResult whole =
        trace_fact(model_->decoder, model_->tokenizer, request, job,
                   [&](const TraceResult& trace) { told.push_back(trace); }, {.cells_at_once = 1});
    QVERIFY(!told.empty());
    const TraceResult& first = told.front();
    QCOMPARE(first.objects[0].clean, whole.objects[0].clean);
    QCOMPARE(first.objects[0].corrupted, whole.objects[0].corrupted);
    for (int layer = 0; layer < 4; ++layer) {
        QCOMPARE(std::isnan(first.effect(0, 5, layer)), layer < 3);      // the last is read at the last token alone
        QCOMPARE(first.effect(0, 3, layer), first.objects[0].corrupted); // before the subject: no effect
        QCOMPARE(whole.effect(0, 3, layer), whole.objects[0].corrupted);
    }
    QVERIFY(std::ranges::is_sorted(fractions));
    QVERIFY(fractions.front() > 0);
    QVERIFY(std::abs(fractions.back() - 1) < 1e-9);
    const std::string cells = std::to_string(whole.objects[0].effect.size());
    QCOMPARE(detail, cells + " of " + cells + " cells");
}

void TestTraceCases::stopped_trace_keeps_its_cells() {
    const TraceRequest request = trace_request("The Colosseum", "{} is in the city of", {"Rome"});
    const TraceResult whole = test::trace(*model_, request, {.cells_at_once = 1});
    for (const double until : {0.0, 0.1, 0.5}) {
        std::stop_source stop;
        const JobContext job(
            [&](const Progress& progress) {
                if (progress.fraction > until)
                    stop.request_stop();
            },
            stop.get_token());
        TraceResult told;
        bool cancelled = false;
        try {
            (void)trace_fact(model_->decoder, model_->tokenizer, request, job,
                             [&](const TraceResult& trace) { told = trace; }, {.cells_at_once = 1});
        } catch (const Cancelled&) {
            cancelled = true;
        }
        QVERIFY(cancelled);
        int known = 0;
        int others = 0; // known cells of tokens that are not the best
        int best = 0;   // known cells of the subject's last token, which comes first
        for (int token = 0; token < 13; ++token)
            for (int layer = 0; layer < 4; ++layer) {
                const double effect = told.effect(0, token, layer);
                if (std::isnan(effect))
                    continue;
                QCOMPARE(effect, whole.effect(0, token, layer));
                const bool free = layer == 3 && token < 12; // the last layer is read at the last token alone
                ++known;
                best += token == told.subject_last && !free;
                others += token != told.subject_last && !free;
            }
        QVERIFY(known < 13 * 4);
        QVERIFY(best == 3 || others == 0);
        if (until == 0.5)
            QVERIFY(others > 0);
    }
}

void TestTraceCases::engine_traces_other_weights_and_leaves_them() {
    EngineFixture fixture;
    TraceRequest request = trace_request("Elena Silva", "{} was born in", {"Madrid"});
    const TraceResult before = fixture.engine->trace(request, {}, {});
    Recipe recipe = fixture.recipe("ROME");
    recipe.values.steps = 25;
    (void)fixture.engine->apply({test::request("Elena Silva", "{} was born in", "Madrid")}, recipe, {}, {});
    const std::string hash = fixture.hash();

    const TraceResult now = fixture.engine->trace(request, {}, {});
    QVERIFY(now.objects[0].clean > before.objects[0].clean + 0.1);
    request.at = 0;
    const TraceResult checkpoint = fixture.engine->trace(request, {}, {});
    QCOMPARE(checkpoint.objects[0].effect, before.objects[0].effect);
    QCOMPARE(fixture.hash(), hash);
    request.at = 2;
    EXPECT_FAULT(fixture.engine->trace(request, {}, {}), "history");

    request.at = 0;
    std::stop_source stop;
    const JobContext job({}, stop.get_token());
    const auto stopped = [&] {
        (void)fixture.engine->trace(request, job, [&](const TraceResult&) { stop.request_stop(); });
    };
    QVERIFY_EXCEPTION_THROWN(stopped(), Cancelled);
    QCOMPARE(fixture.hash(), hash);
    fixture.engine->close();
    EXPECT_FAULT(fixture.engine->trace(request, {}, {}), "no model is open");
}

QTEST_GUILESS_MAIN(TestTraceCases)
#include "test_trace_cases.moc"
