// SPDX-License-Identifier: GPL-3.0-or-later
// What is put into a session comes out again, bit for bit and byte for byte.
#include "session/packed_numbers.h"
#include "session/stored_values.h"
#include "session_fixture.h"

#include <QDir>
#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include <fstream>
#include <SQLiteCpp/SQLiteCpp.h>

using namespace emend;
using namespace emend::test;

namespace {

using namespace std::string_literals;
const std::string odd_text = "a\0b \xff\xfe \xed\xa0\x80 \xf0\x9f\x97\xbc \"\\\n"s;

} // namespace

class TestSessionContents : public QObject {
    Q_OBJECT
  private slots:
    void init() { folder_ = std::make_unique<QTemporaryDir>(); }
    void numbers_are_packed_without_loss_data();
    void numbers_are_packed_without_loss();
    void packed_numbers_that_are_damaged();
    void the_head();
    void batches_of_every_size_data();
    void batches_of_every_size();
    void odd_texts_and_numbers_of_a_report();
    void ten_thousand_edits();
    void edits();
    void traces();
    void traces_on_other_weights();
    void texts_and_scores();
    void a_file_of_the_first_format_data();
    void a_file_of_the_first_format();
    void a_damaged_row_of_the_first_format();
    void notes_model_and_window_state();

  private:
    [[nodiscard]] std::string file() const { return folder_->filePath("a.emend").toStdString(); }
    // Closed and opened again.
    [[nodiscard]] std::unique_ptr<Session> reopened(std::unique_ptr<Session>& session) const {
        session.reset();
        return Session::open(file(), Session::Access::read_only);
    }
    std::unique_ptr<QTemporaryDir> folder_;
};

void TestSessionContents::numbers_are_packed_without_loss_data() {
    QTest::addColumn<QList<double>>("numbers");
    constexpr double infinity = std::numeric_limits<double>::infinity();
    QTest::newRow("none") << QList<double>{};
    QTest::newRow("one") << QList<double>{0.1};
    QTest::newRow("not finite") << QList<double>{infinity, -infinity, std::nan("7"), -0.0, 5e-324};
    const std::vector<double> random = noise(1001, 3);
    QTest::newRow("noise") << QList<double>(random.begin(), random.end());
}

void TestSessionContents::numbers_are_packed_without_loss() {
    QFETCH(QList<double>, numbers);
    const std::vector<double> before(numbers.begin(), numbers.end());
    std::vector<double> after(before.size());
    unpack_numbers(pack_numbers(before), after);
    for (std::size_t i = 0; i < before.size(); ++i)
        QCOMPARE(std::bit_cast<std::uint64_t>(after[i]), std::bit_cast<std::uint64_t>(before[i]));
}

void TestSessionContents::packed_numbers_that_are_damaged() {
    const std::string packed = pack_numbers(noise(100, 1));
    std::vector<double> numbers(100);
    QVERIFY(!error_of([&] { unpack_numbers(packed.substr(0, packed.size() / 2), numbers); }).empty());
    QVERIFY(!error_of([&] { unpack_numbers("nonsense", numbers); }).empty());
    std::vector<double> fewer(99);
    QVERIFY(!error_of([&] { unpack_numbers(packed, fewer); }).empty());
    std::vector<double> more(101);
    QVERIFY(!error_of([&] { unpack_numbers(packed, more); }).empty());
}

void TestSessionContents::the_head() {
    auto session = Session::create(file(), small_model(), true);
    QVERIFY(!session->read_only());
    QVERIFY(session->read_only_because().empty());
    const SessionHead made = session->head();
    QVERIFY(made.untitled);
    QCOMPARE(made.batches, std::size_t{0});
    History history;
    history.add(1);
    history.add(2);
    history.position = 1;
    history.write_to(*session);
    session = reopened(session);
    const SessionHead head = session->head();
    QCOMPARE(head.path, file());
    QCOMPARE(head.schema, 2);
    QVERIFY(head.program.starts_with("Emend "));
    QCOMPARE(head.model.path, std::string("/models/small"));
    QCOMPARE(head.model.parameters, std::int64_t{123456789012});
    QCOMPARE(head.model.d_mlp, 64);
    QCOMPARE(head.created, made.created);
    QVERIFY(head.changed >= head.created && head.created.size() == 20 && head.created.back() == 'Z');
    QCOMPARE(head.batches, std::size_t{2});
    QCOMPARE(head.position, std::size_t{1});
    QCOMPARE(head.edited_hash, std::string("state 1"));
    QVERIFY(head.bytes > 4096);
}

void TestSessionContents::batches_of_every_size_data() {
    QTest::addColumn<int>("edits");
    QTest::addColumn<int>("d_mlp");
    QTest::newRow("one edit") << 1 << 64;
    QTest::newRow("thirty-two") << 32 << 64;
    QTest::newRow("more than one part") << 40 << 60'000; // 2.4 million numbers, a part holds 2.1
    QTest::newRow("no update") << 0 << 64;
}

void TestSessionContents::batches_of_every_size() {
    QFETCH(int, edits);
    QFETCH(int, d_mlp);
    auto session = Session::create(file(), small_model());
    History history;
    history.add(batch_of(std::numeric_limits<std::uint64_t>::max(), static_cast<std::size_t>(edits),
                         {.d_model = 16, .d_mlp = d_mlp}));
    history.records[0].note = "a note";
    if (edits == 32) // a layer several times, and another one
        for (const int layer : {3, 5}) {
            history.records[0].updates.push_back(history.records[0].updates[0]);
            history.records[0].updates.back().layer = layer;
        }
    history.write_to(*session);
    session = reopened(session);
    QCOMPARE(session->batch_ids(), std::vector{std::numeric_limits<std::uint64_t>::max()});
    QVERIFY(same(session->batch(std::numeric_limits<std::uint64_t>::max()), history.records[0]));
    QCOMPARE(session->check({}), std::vector<std::string>());
    QVERIFY(error_of([&] { (void)session->batch(7); }).find("there is no such batch") != std::string::npos);
}

void TestSessionContents::odd_texts_and_numbers_of_a_report() {
    EditReport report = report_of(2);
    report.edits[0].request.subject = odd_text;
    report.edits[0].request.true_object.reset();
    report.edits[0].request.paraphrases = {odd_text, ""};
    report.edits[0].after.top = {{-1, "\xe2\x82", std::numeric_limits<double>::denorm_min()}};
    report.edits[0].after.p_new = std::numeric_limits<double>::quiet_NaN();
    report.edits[0].after.p_true.reset();
    report.edits[0].loss = {std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity(),
                            std::numeric_limits<double>::max(), -0.0, std::nextafter(1.0, 2.0)};
    report.recipe.corpus = "/home/\xe9t\xe9/corpus.txt";
    report.recipe.contexts.groups.push_back({odd_text + "{}"});
    report.recipe.values.steps_after_argmax = 3;
    report.recipe.weights = {1.0 / 3, 1e-300};
    report.recipe.statistics_tokens = 123456789;
    report.warnings = {odd_text};
    QVERIFY(same(report_from_text(report_to_text(report)), report));
    QVERIFY(same(report_from_text(report_to_text({})), EditReport()));
}

void TestSessionContents::ten_thousand_edits() {
    auto session = Session::create(file(), small_model());
    History history;
    history.add(batch_of(1, 10'000));
    history.write_to(*session);
    session = reopened(session);
    QVERIFY(same(session->batch(1), history.records[0]));
}

void TestSessionContents::edits() {
    auto session = Session::create(file(), small_model());
    std::vector<SessionEdit> edits;
    for (int i = 0; i < 20; ++i)
        edits.push_back({.request = request_of("Tower " + std::to_string(i), "Rome"),
                         .note = i == 3 ? odd_text : "",
                         .batch = i < 5 ? std::optional<std::uint64_t>(i) : std::nullopt});
    edits[4].request.object = odd_text;
    const auto compare = [&] {
        const std::vector<SessionEdit> there = session->edits();
        QCOMPARE(there.size(), edits.size());
        for (std::size_t i = 0; i < edits.size(); ++i) {
            QVERIFY(same(there[i].request, edits[i].request));
            QCOMPARE(there[i].note, edits[i].note);
            QVERIFY(there[i].batch == edits[i].batch);
        }
        QCOMPARE(session->head().edits, edits.size());
    };
    session->set_edits(edits);
    compare();
    edits[7].note = "another";
    edits.erase(edits.begin() + 2);
    session->set_edits(edits);
    compare();
    edits.resize(1);
    session->set_edits(edits);
    compare();
    QCOMPARE(session->check({}), std::vector<std::string>());
    edits.clear();
    session->set_edits(edits);
    compare();
}

void TestSessionContents::traces() {
    auto session = Session::create(file(), small_model());
    SessionTrace trace;
    trace.request = {.subject = odd_text,
                     .prompt = "{} is in",
                     .objects = {"Paris", odd_text},
                     .kind = TraceKind::attention,
                     .window = 5,
                     .samples = 3,
                     .noise = 1.0 / 3,
                     .noise_file = "noise.safetensors",
                     .seed = std::numeric_limits<std::uint64_t>::max(),
                     .at = 2};
    trace.result.kind = TraceKind::attention;
    trace.result.subject = odd_text;
    trace.result.tokens = {"The", " Tow", "\xe2\x82"};
    trace.result.subject_last = 1;
    trace.result.layers = 2;
    trace.result.noise = 0.25;
    trace.result.objects = {{.text = " Paris",
                             .clean = 0.9,
                             .corrupted = 0.1,
                             .corrupted_spread = 0,
                             .effect = {0.1, 0.2, 0.3, std::nan(""), 0.5, 0.1 + 0.2}}};
    session->add_trace(trace);
    SessionTrace other;
    other.request.subject = "another";
    session->add_trace(other);
    trace.result.seconds = 7;
    session->add_trace(trace); // in its place
    session = reopened(session);
    const std::vector<SessionTrace> there = session->traces();
    QCOMPARE(there.size(), std::size_t{2});
    QCOMPARE(there[0].request.subject, odd_text);
    QCOMPARE(there[0].request.objects, trace.request.objects);
    QVERIFY(there[0].request.kind == TraceKind::attention && there[0].request.window == 5);
    QVERIFY(same(there[0].request.noise, trace.request.noise));
    QCOMPARE(there[0].request.noise_file, trace.request.noise_file);
    QCOMPARE(there[0].request.seed, trace.request.seed);
    QVERIFY(there[0].request.at == trace.request.at && !there[1].request.at && !there[1].request.noise);
    QCOMPARE(there[0].result.seconds, 7.0);
    QCOMPARE(there[0].result.tokens, trace.result.tokens);
    QCOMPARE(there[0].result.objects.size(), std::size_t{1});
    QVERIFY(same_bits(there[0].result.objects[0].effect, trace.result.objects[0].effect));
    QCOMPARE(there[0].result.objects[0].clean, 0.9);
    QCOMPARE(session->head().traces, std::size_t{2});
}

void TestSessionContents::traces_on_other_weights() {
    auto session = Session::create(file(), small_model());
    SessionTrace trace;
    trace.request.subject = "Tower";
    const auto add = [&](LedgerPosition at, const std::optional<std::string>& state, double seconds) {
        trace.request.at = at;
        trace.state = state;
        trace.result.seconds = seconds;
        session->add_trace(trace);
    };
    add(0, "", 1);
    add(2, "edited", 2);
    add({}, {}, 3);
    add(5, "edited", 4); // the same weights, elsewhere in the history
    add({}, {}, 5);
    const std::vector<SessionTrace> there = session->traces();
    QCOMPARE(there.size(), std::size_t{3});
    QVERIFY(there[0].state == "" && there[1].state == "edited" && !there[2].state);
    QVERIFY(there[1].request.at == std::size_t{5});
    QCOMPARE(there[0].result.seconds, 1.0);
    QCOMPARE(there[1].result.seconds, 4.0);
    QCOMPARE(there[2].result.seconds, 5.0);
    QCOMPARE(session->check({}), std::vector<std::string>());
}

void TestSessionContents::texts_and_scores() {
    auto session = Session::create(file(), small_model());
    History history;
    history.add(5);
    history.add(2);
    history.write_to(*session);
    session->set_text({.batch = 5, .edit = 0, .prompt = odd_text, .before = "x", .after = "y", .seed = ~0ULL});
    session->set_text({.batch = 5, .edit = 1, .prompt = odd_text, .before = "x", .after = "y", .seed = 0});
    session->set_text({.batch = 5,
                       .edit = 0,
                       .prompt = odd_text,
                       .before = odd_text,
                       .after = "z",
                       .seed = 4,
                       .state_before = "",
                       .state_after = "one"});
    session->set_scores(
        {.batch = 2, .before = {}, .after = {.efficacy = 1, .paraphrase = {}, .neighbourhood = {}, .score = {}}});
    session->set_scores({.batch = 5,
                         .before = Scores{.efficacy = 0, .paraphrase = 1.0 / 3, .neighbourhood = {}, .score = {}},
                         .after = {.efficacy = std::nan(""), .paraphrase = {}, .neighbourhood = 0.5, .score = 0.1},
                         .edits = 50,
                         .state = "one"});
    session = reopened(session);
    const std::vector<SessionText> texts = session->texts();
    QCOMPARE(texts.size(), std::size_t{2});
    QCOMPARE(texts[0].prompt, odd_text);
    QCOMPARE(texts[0].before, odd_text);
    QCOMPARE(texts[0].after, std::string("z"));
    QCOMPARE(texts[0].seed, std::uint64_t{4});
    QVERIFY(texts[0].state_before == "" && texts[0].state_after == "one");
    QVERIFY(!texts[1].state_before && !texts[1].state_after);
    const std::vector<SessionScores> scores = session->scores();
    QVERIFY(scores[0].edits == 50 && scores[0].state == "one");
    QVERIFY(!scores[1].state);
    QCOMPARE(scores.size(), std::size_t{2});
    QCOMPARE(scores[0].batch, std::uint64_t{5}); // in the history's order
    QVERIFY(same(scores[0].before->paraphrase, 1.0 / 3));
    QVERIFY(same(scores[0].after.efficacy, std::nan("")) && !scores[0].after.paraphrase);
    QVERIFY(!scores[1].before && same(scores[1].after.efficacy, 1.0));
}

void TestSessionContents::a_file_of_the_first_format_data() {
    QTest::addColumn<bool>("writing");
    QTest::newRow("for writing") << true;
    QTest::newRow("for reading") << false;
}

void TestSessionContents::a_file_of_the_first_format() {
    QFETCH(bool, writing);
    const QString name = QString::fromStdString(file());
    QVERIFY(QFile::copy(QStringLiteral(EMEND_TEST_DATA "/sessions/format-1.emend"), name));
    QFile::setPermissions(name, QFile::ReadOwner | QFile::WriteOwner);
    const auto content = [&] {
        QFile in(name);
        return in.open(QFile::ReadOnly) ? in.readAll() : QByteArray();
    };
    const QByteArray before = content();
    auto session = Session::open(file(), writing ? Session::Access::read_write : Session::Access::read_only);
    QCOMPARE(session->read_only(), !writing);
    if (writing)
        session = reopened(session);
    QCOMPARE(content() == before, !writing);
    QCOMPARE(QFile::permissions(name) & QFile::Permissions(0x0077), QFile::Permissions()); // nobody else's still
    QCOMPARE(session->check({}), std::vector<std::string>());
    const SessionHead head = session->head();
    QCOMPARE(head.schema, 2);
    QCOMPARE(head.note, std::string("made by the first format"));
    QCOMPARE(head.position, std::size_t{2});
    QCOMPARE(head.edited_hash, std::string("state 2"));
    QCOMPARE(session->ui_state(), std::string(R"({"selected": 2})"));
    BatchRecord first = batch_of(1, 2);
    first.base.clear();
    BatchRecord second = batch_of(2, 1);
    second.note = "of the second batch";
    QVERIFY(same(session->batch(1), first) && same(session->batch(2), second));
    const std::vector<SessionEdit> edits = session->edits();
    QVERIFY(edits.size() == 2 && edits[0].note == "a note" && edits[0].batch == std::uint64_t{1});
    QVERIFY(same(edits[1].request, request_of("Draft", "Oslo")) && !edits[1].batch);
    const std::vector<SessionTrace> traces = session->traces();
    QCOMPARE(traces.size(), std::size_t{3}); // none is lost for being on weights that nobody knows
    QVERIFY(traces[0].state == "" && !traces[1].state && !traces[2].state);
    QVERIFY(traces[0].request.at == std::size_t{0} && traces[1].request.at == std::size_t{2} && !traces[2].request.at);
    QCOMPARE(traces[1].result.objects[0].clean, 0.25);
    QCOMPARE(traces[2].request.subject, std::string("Tower"));
    const std::vector<SessionText> texts = session->texts();
    QVERIFY(texts.size() == 2 && texts[1].after == "Oslo!" && texts[0].seed == 7);
    QVERIFY(!texts[0].state_before && !texts[0].state_after);
    const std::vector<SessionScores> scores = session->scores();
    QVERIFY(scores.size() == 1 && !scores[0].state && scores[0].edits == 0);
    QVERIFY(same(scores[0].after.paraphrase, 1.0 / 3) && same(scores[0].before->paraphrase, 0.5));
}

void TestSessionContents::a_damaged_row_of_the_first_format() {
    QVERIFY(QFile::copy(QStringLiteral(EMEND_TEST_DATA "/sessions/format-1.emend"), QString::fromStdString(file())));
    QFile::setPermissions(QString::fromStdString(file()), QFile::ReadOwner | QFile::WriteOwner);
    SQLite::Database(file(), SQLite::OPEN_READWRITE)
        .exec("UPDATE trace SET result = '{}' WHERE id = 2; UPDATE text SET after = 'x' WHERE id = 1;"
              " UPDATE score SET after = '{}'");
    QCOMPARE(Session::open(file())->check({}).size(), std::size_t{3}); // the new seals hide nothing
}

void TestSessionContents::notes_model_and_window_state() {
    auto session = Session::create(file(), small_model());
    session->set_note(odd_text);
    session->set_ui_state(R"({"selected": 3})");
    const std::string elsewhere = "/elsewhere/\xe9";
    session->set_model_path(elsewhere);
    session = reopened(session);
    QCOMPARE(session->head().note, odd_text);
    QCOMPARE(session->ui_state(), std::string(R"({"selected": 3})"));
    QCOMPARE(session->head().model.path, elsewhere);
    QCOMPARE(session->head().model.fingerprint, small_model().fingerprint);
    QCOMPARE(session->check({}), std::vector<std::string>());
}

QTEST_GUILESS_MAIN(TestSessionContents)
#include "test_session_contents.moc"
