// SPDX-License-Identifier: GPL-3.0-or-later
// The engine as its callers see it: through emend/engine.h, on the small model with known edits.
#include "emend/engine.h"

#include <QTemporaryDir>
#include <QTest>

#include <cmath>
#include <filesystem>
#include <memory>

using namespace emend;

extern "C" Engine* emend_create_engine();

namespace {

const std::string data = EMEND_TEST_DATA;

EditRequest madrid() {
    EditRequest request;
    request.subject = "Elena Silva";
    request.prompt = "{} was born in";
    request.object = "Madrid";
    request.paraphrases = {"The birthplace of {} is"};
    return request;
}

Recipe rome() {
    Recipe recipe;
    recipe.algorithm = "ROME";
    recipe.layers = {1};
    recipe.use_statistics = false;
    recipe.contexts.samples = {{5, 3}};
    recipe.contexts.seed = 3;
    return recipe;
}

} // namespace

class TestEngine : public QObject {
    Q_OBJECT
  private slots:
    void init();
    void inspects_without_opening();
    void a_failed_open_keeps_the_open_model();
    void unknown_devices_and_precisions_data();
    void unknown_devices_and_precisions();
    void without_a_model_every_call_says_so();
    void logits_answer();
    void checks_requests_one_by_one();
    void an_edit_turns_the_answer_and_undo_brings_it_back();
    void redo_gives_the_same_bits();
    void applying_drops_what_was_undone();
    void the_seed_decides_everything();
    void a_faulty_edit_changes_nothing();
    void a_stop_at_any_moment_changes_nothing();
    void a_dump_that_cannot_be_written_changes_nothing();
    void the_checkpoint_is_never_written_to();
    void the_report_is_complete();
    void compares_any_two_states();
    void generates_as_before_and_after();

  private:
    std::string hash() { return engine_->weights_hash({}); }
    std::unique_ptr<Engine> engine_;
    QTemporaryDir cache_;
};

void TestEngine::init() {
    qputenv("EMEND_CACHE", cache_.path().toUtf8());
    engine_.reset(emend_create_engine());
    engine_->open({.path = data + "/models/gpt2_edit"}, {});
}

void TestEngine::inspects_without_opening() {
    std::unique_ptr<Engine> fresh(emend_create_engine());
    const ModelInfo info = fresh->inspect({.path = data + "/models/gpt2_noprefix_f16"}, {});
    QVERIFY(!fresh->is_open());
    QCOMPARE(info.family, std::string("gpt2"));
    QCOMPARE(info.layers, 4);
    QCOMPARE(info.d_mlp, 256);
    QCOMPARE(info.checkpoint_dtype, std::string("float16"));
    QCOMPARE(info.dtype, std::string("float32"));
    QCOMPARE(info.editable_matrix, std::string("h.{}.mlp.c_proj.weight"));
    QVERIFY(info.parameters > 200000);
    QVERIFY(info.bytes_needed > info.bytes_on_disk);
    QVERIFY(info.bytes_available > 0);
}

void TestEngine::a_failed_open_keeps_the_open_model() {
    const std::string before = hash();
    QVERIFY_EXCEPTION_THROWN(engine_->open({.path = "/nowhere"}, {}), Error);
    QCOMPARE(engine_->model_info().name, std::string("gpt2_edit"));
    QCOMPARE(hash(), before);
}

void TestEngine::unknown_devices_and_precisions_data() {
    QTest::addColumn<QString>("device");
    QTest::addColumn<QString>("dtype");
    QTest::newRow("unknown device") << "tpu"
                                    << "auto";
    QTest::newRow("mistyped device") << "cuda:x"
                                     << "auto";
    QTest::newRow("no such card") << "cuda:99"
                                  << "auto";
    QTest::newRow("unknown precision") << "cpu"
                                       << "int4";
    QTest::newRow("half on the processor") << "cpu"
                                           << "float16";
}

void TestEngine::unknown_devices_and_precisions() {
    QFETCH(QString, device);
    QFETCH(QString, dtype);
    try {
        engine_->open({.path = data + "/models/gpt2", .device = device.toStdString(), .dtype = dtype.toStdString()},
                      {});
        QFAIL("opened");
    } catch (const Error& error) {
        QVERIFY(!error.where().empty());
        QVERIFY(!error.hint().empty());
    }
}

void TestEngine::without_a_model_every_call_says_so() {
    std::unique_ptr<Engine> empty(emend_create_engine());
    QVERIFY_EXCEPTION_THROWN(empty->weights_hash({}), Error);
    QVERIFY_EXCEPTION_THROWN(empty->apply({madrid()}, rome(), {}, {}), Error);
    QVERIFY_EXCEPTION_THROWN(empty->undo(), Error);
    QVERIFY_EXCEPTION_THROWN(static_cast<void>(empty->ledger()), Error);
    QVERIFY_EXCEPTION_THROWN(static_cast<void>(empty->logits({}, {})), Error);
}

void TestEngine::logits_answer() {
    const LogitsResult result =
        engine_->logits({.text = "Elena Silva was born in", .ids = {}, .top = 3, .full = true, .hidden = true}, {});
    QCOMPARE(result.top.size(), std::size_t{3});
    QCOMPARE(static_cast<int>(result.logits.size()), engine_->model_info().vocab);
    QCOMPARE(result.hidden.size(), std::size_t{4});
    QCOMPARE(result.hidden[0].size(), std::size_t{64});
    QVERIFY(result.top[0].probability >= result.top[1].probability);
    const LogitsResult by_ids = engine_->logits({.text = {}, .ids = result.ids}, {});
    QCOMPARE(by_ids.top[0].id, result.top[0].id);
    QVERIFY_EXCEPTION_THROWN(static_cast<void>(engine_->logits({.text = "", .ids = {}}, {})), Error);
    QVERIFY_EXCEPTION_THROWN(static_cast<void>(engine_->logits({.text = {}, .ids = {957}}, {})), Error);
    QVERIFY_EXCEPTION_THROWN(
        static_cast<void>(engine_->logits({.text = {}, .ids = std::vector<std::int32_t>(65, 1)}, {})), Error);
}

void TestEngine::checks_requests_one_by_one() {
    EditRequest no_subject = madrid();
    no_subject.subject.clear();
    EditRequest no_object = madrid();
    no_object.object = "  ";
    EditRequest no_hole = madrid();
    no_hole.prompt = "was born in";
    const auto checks = engine_->check({no_subject, madrid(), no_object, no_hole}, {});
    QCOMPARE(checks.size(), std::size_t{4});
    QCOMPARE(static_cast<int>(checks[0].problem->field), static_cast<int>(EditField::subject));
    QVERIFY(!checks[1].problem);
    QCOMPARE(static_cast<int>(checks[2].problem->field), static_cast<int>(EditField::object));
    QCOMPARE(static_cast<int>(checks[3].problem->field), static_cast<int>(EditField::prompt));
    const EditCheck& sound = checks[1];
    QCOMPARE(sound.subject_last_token, 1);
    QCOMPARE(sound.object_pieces, std::vector<std::string>{" Madrid"});
    QCOMPARE(sound.present.top.size(), std::size_t{5});
    QVERIFY(std::abs(sound.present.p_new - 6.836334612038742e-05) < 1e-8); // the reference's number
}

void TestEngine::an_edit_turns_the_answer_and_undo_brings_it_back() {
    const std::string before = hash();
    const EditReport report = engine_->apply({madrid()}, rome(), {}, {});
    QVERIFY(report.edits[0].before.p_new < 1e-3);
    QVERIFY(report.edits[0].after.p_new > 0.5);
    QVERIFY(hash() != before);
    QVERIFY(engine_->ledger().can_undo());
    QCOMPARE(engine_->ledger().entries[0].title, std::string("Elena Silva → Madrid"));
    engine_->undo();
    QCOMPARE(hash(), before);
    QVERIFY(!engine_->ledger().can_undo());
    QVERIFY_EXCEPTION_THROWN(engine_->undo(), Error);
    QCOMPARE(hash(), before);
}

void TestEngine::redo_gives_the_same_bits() {
    engine_->apply({madrid()}, rome(), {}, {});
    EditRequest second = madrid();
    second.subject = "Maria Rossi";
    engine_->apply({second}, rome(), {}, {});
    const std::string both = hash();
    engine_->undo();
    const std::string one = hash();
    engine_->undo();
    engine_->redo();
    QCOMPARE(hash(), one);
    engine_->redo();
    QCOMPARE(hash(), both);
    QVERIFY_EXCEPTION_THROWN(engine_->redo(), Error);
}

void TestEngine::applying_drops_what_was_undone() {
    engine_->apply({madrid()}, rome(), {}, {});
    engine_->undo();
    EditRequest other = madrid();
    other.object = "Rome";
    engine_->apply({other}, rome(), {}, {});
    const LedgerState state = engine_->ledger();
    QCOMPARE(state.entries.size(), std::size_t{1});
    QCOMPARE(state.position, std::size_t{1});
    QCOMPARE(state.entries[0].report->edits[0].request.object, std::string("Rome"));
    QCOMPARE(state.entries[0].id, std::uint64_t{2});
}

void TestEngine::the_seed_decides_everything() {
    const EditReport first = engine_->apply({madrid()}, rome(), {}, {});
    const std::string after_first = hash();
    engine_->undo();
    const EditReport again = engine_->apply({madrid()}, rome(), {}, {});
    QCOMPARE(hash(), after_first);
    QCOMPARE(again.edits[0].loss, first.edits[0].loss);
    engine_->undo();
    // The report's recipe has the contexts written out: it makes the same edit, whatever its seed.
    Recipe replay = first.recipe;
    replay.contexts.seed = 99;
    engine_->apply({madrid()}, replay, {}, {});
    QCOMPARE(hash(), after_first);
    engine_->undo();
    Recipe other = rome();
    other.contexts.seed = 4;
    engine_->apply({madrid()}, other, {}, {});
    QVERIFY(hash() != after_first);
}

void TestEngine::a_faulty_edit_changes_nothing() {
    engine_->apply({madrid()}, rome(), {}, {});
    const std::string before = hash();
    EditRequest faulty = madrid();
    faulty.object.clear();
    QVERIFY_EXCEPTION_THROWN(engine_->apply({madrid(), faulty}, rome(), {}, {}), Error);
    Recipe wrong_layer = rome();
    wrong_layer.layers = {17};
    QVERIFY_EXCEPTION_THROWN(engine_->apply({madrid()}, wrong_layer, {}, {}), Error);
    QVERIFY_EXCEPTION_THROWN(engine_->apply({}, rome(), {}, {}), Error);
    Recipe no_corpus = rome();
    no_corpus.use_statistics = true; // the model's folder has no corpus.txt
    QVERIFY_EXCEPTION_THROWN(engine_->apply({madrid()}, no_corpus, {}, {}), Error);
    QCOMPARE(hash(), before);
    QCOMPARE(engine_->ledger().entries.size(), std::size_t{1});
}

void TestEngine::a_stop_at_any_moment_changes_nothing() {
    const std::string before = hash();
    EditRequest second = madrid();
    second.subject = "Maria Rossi";
    int reports = 0;
    static_cast<void>(engine_->apply({madrid(), second}, rome(), {}, JobContext([&](const Progress&) { ++reports; })));
    engine_->undo();
    QVERIFY(reports > 10);
    for (int stop_at = 1; stop_at <= reports; stop_at += std::max(1, reports / 12)) {
        std::stop_source source;
        int seen = 0;
        const JobContext job(
            [&](const Progress&) {
                if (++seen == stop_at)
                    source.request_stop();
            },
            source.get_token());
        Recipe recipe = rome();
        recipe.values.learning_rate = 0.5 + 1e-6 * stop_at; // another search: no value is at hand
        QVERIFY_EXCEPTION_THROWN(engine_->apply({madrid(), second}, recipe, {}, job), Cancelled);
        QCOMPARE(hash(), before);
        QCOMPARE(engine_->ledger().position, std::size_t{0});
        QCOMPARE(engine_->ledger().entries.size(), std::size_t{1}); // what was undone is still there to be redone
    }
}

void TestEngine::a_dump_that_cannot_be_written_changes_nothing() {
    const std::string before = hash();
    QVERIFY_EXCEPTION_THROWN(engine_->apply({madrid()}, rome(), {.dump_file = "/proc/nowhere/dump.safetensors"}, {}),
                             Error);
    QCOMPARE(hash(), before);
}

void TestEngine::the_checkpoint_is_never_written_to() {
    namespace fs = std::filesystem;
    QTemporaryDir place;
    const fs::path model = fs::path(place.path().toStdString()) / "model";
    fs::copy(data + "/models/gpt2_edit", model);
    engine_->open({.path = model.string()}, {});
    const std::string before = hash();
    const fs::path link = fs::path(place.path().toStdString()) / "link.safetensors";
    fs::create_hard_link(model / "model.safetensors", link);
    for (const fs::path& file :
         {model / "model.safetensors", model / "new.safetensors", model / ".." / "model" / "x", link}) {
        QVERIFY_EXCEPTION_THROWN(engine_->apply({madrid()}, rome(), {.dump_file = file.string()}, {}), Error);
        QVERIFY_EXCEPTION_THROWN(engine_->collect_statistics({.layers = {1}, .corpus = {}, .out = file.string()}, {}),
                                 Error);
    }
    QCOMPARE(hash(), before);
    std::unique_ptr<Engine> again(emend_create_engine());
    again->open({.path = model.string()}, {});
    QCOMPARE(again->weights_hash({}), before);
}

void TestEngine::the_report_is_complete() {
    const EditReport report = engine_->apply({madrid()}, rome(), {}, {});
    QCOMPARE(report.layers.size(), std::size_t{1});
    const LayerReport& layer = report.layers[0];
    QCOMPARE(layer.layer, 1);
    QCOMPARE(layer.rank, 1);
    QVERIFY(layer.update_norm > 0);
    QVERIFY(std::abs(layer.relative_norm - layer.update_norm / layer.weight_norm) < 1e-12);
    QVERIFY(layer.memorization < 1e-12 * layer.update_norm);
    QVERIFY(std::isnan(layer.preservation)); // no statistics were used
    QVERIFY(!report.edits[0].loss.empty());
    QVERIFY(report.edits[0].loss.back() < report.edits[0].loss.front());
    QCOMPARE(*report.recipe.softness, 0.0);
    QCOMPARE(report.recipe.contexts.groups.size(), std::size_t{1});
    QCOMPARE(report.recipe.contexts.groups[0].size(), std::size_t{4});
    QVERIFY(report.seconds.total >= report.seconds.values);
}

void TestEngine::compares_any_two_states() {
    engine_->apply({madrid()}, rome(), {}, {});
    const std::string after = hash();
    EditRequest request = madrid();
    request.neighbours = {"Maria Rossi was born in"};
    const Comparison comparison = engine_->compare({.edit = request, .before = 0, .after = {}}, {});
    QCOMPARE(hash(), after); // looking changes nothing
    QCOMPARE(comparison.rows.size(), std::size_t{3});
    QVERIFY(comparison.rows[0].before.p_new < 1e-3);
    QVERIFY(comparison.rows[0].after.p_new > 0.5);
    QCOMPARE(comparison.rows[1].before.prompt, std::string("The birthplace of Elena Silva is"));
    QCOMPARE(static_cast<int>(comparison.rows[2].kind), static_cast<int>(Comparison::Row::Kind::neighbour));
    const Comparison none = engine_->compare({.edit = request, .before = 0, .after = 0}, {});
    QCOMPARE(none.rows[0].before.p_new, none.rows[0].after.p_new);
    QVERIFY_EXCEPTION_THROWN(static_cast<void>(engine_->compare({.edit = request, .before = 7, .after = {}}, {})),
                             Error);
}

void TestEngine::generates_as_before_and_after() {
    GenerateRequest request;
    request.prompt = "Elena Silva was born in";
    request.max_tokens = 5;
    const std::string untouched = engine_->generate(request, {}, {}).text;
    engine_->apply({madrid()}, rome(), {}, {});
    QVERIFY(engine_->generate(request, {}, {}).text != untouched);
    request.at = 0;
    QCOMPARE(engine_->generate(request, {}, {}).text, untouched);
}

QTEST_GUILESS_MAIN(TestEngine)
#include "test_engine.moc"
