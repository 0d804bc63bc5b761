// SPDX-License-Identifier: GPL-3.0-or-later
// Key statistics: the pass over a corpus with its cache, stops and resumption, and the corpora that are refused. The
// sums themselves: test_statistics_sums.cpp; files of statistics: test_statistics_file.cpp.
#include "editing/corpus.h"
#include "editing/statistics_cache.h"
#include "editing/statistics_file.h"
#include "emend/error.h"
#include "layers_in_statistics.h"
#include "model_fixture.h"

#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <QtTest/QtTest>

using namespace emend;
using namespace emend::test;

namespace {

using Rows = std::vector<std::vector<std::int32_t>>;

const std::string golden = std::string(EMEND_TEST_DATA) + "/edit/cov_f64";
constexpr const char* fingerprint = "0123456789abcdef0123456789abcdef";

nlohmann::json golden_json() {
    std::ifstream file(golden + ".json");
    return nlohmann::json::parse(file);
}

const test::OpenModel& model() {
    static const test::OpenModel open = open_model(model_path("gpt2_edit"));
    return open;
}

// Documents of many lengths, each unlike the others.
std::string document(int index) {
    static const Rows rows = golden_json()["sequences"].get<Rows>();
    const auto& ids = rows[static_cast<std::size_t>(index) % rows.size()];
    const auto length = 5 + static_cast<std::size_t>(index * 7) % (ids.size() - 4);
    std::string text = model().tokenizer.decode(std::span(ids).first(std::min(length, ids.size())));
    std::erase_if(text, [](unsigned char byte) { return byte < ' '; }); // the reference had bytes of all kinds
    return text + " " + std::to_string(index);
}

bool same(const std::vector<LayerStatistics>& a, const std::vector<LayerStatistics>& b) {
    return std::ranges::equal(a, b, [](const LayerStatistics& x, const LayerStatistics& y) {
        return x.layer == y.layer && x.count == y.count && at::equal(x.second_moment, y.second_moment);
    });
}

std::string message_of(const std::function<void()>& call) {
    try {
        call();
    } catch (const Error& error) {
        return error.what() + std::string(" | ") + error.hint();
    }
    return {};
}

} // namespace

class TestStatistics : public QObject {
    Q_OBJECT

  private slots:
    void init();
    void corpus_is_read_line_by_line();
    void collects_what_the_lines_say();
    void cap_cuts_exactly();
    void long_documents_are_cut();
    void cache_is_used_and_grows();
    void without_a_cache_the_work_goes_on();
    void resumed_is_the_same_as_run_through();
    void broken_partial_file_starts_over();
    void many_windows();
    void refused_corpora_data();
    void refused_corpora();
    void refused_layers();
    void too_many_layers_for_the_memory();
    void what_is_remembered();

  private:
    std::string write(const std::string& text, const std::string& name = "corpus.txt") const {
        const std::string path = scratch_->filePath(QString::fromStdString(name)).toStdString();
        std::ofstream(path, std::ios::binary) << text;
        return path;
    }
    Collected run(const std::string& corpus, std::vector<int> layers, std::int64_t tokens = 100000,
                  const JobContext& job = {}) const {
        return collect(model().decoder, model().tokenizer, fingerprint,
                       {.corpus = corpus, .layers = std::move(layers), .tokens = tokens}, job);
    }
    [[nodiscard]] std::vector<std::string> cached_files() const {
        std::vector<std::string> names;
        const auto folder = std::filesystem::path(scratch_->path().toStdString()) / "cache" / "statistics";
        if (std::filesystem::exists(folder))
            for (const auto& entry : std::filesystem::directory_iterator(folder))
                names.push_back(entry.path().string());
        return names;
    }
    std::optional<QTemporaryDir> scratch_;
};

void TestStatistics::init() {
    scratch_.emplace();
    QVERIFY(scratch_->isValid());
    qputenv("EMEND_CACHE", scratch_->filePath("cache").toUtf8());
    at::manual_seed(3);
}

void TestStatistics::corpus_is_read_line_by_line() {
    const Corpus corpus = Corpus::open(write("\xEF\xBB\xBF"
                                             "one\r\n\n  \t\r\n two \xC3\xA9\nthree"),
                                       {});
    std::uint64_t offset = 0;
    QCOMPARE(corpus.next(offset), std::optional<std::string_view>("one"));
    const std::uint64_t after_one = offset;
    QCOMPARE(corpus.next(offset), std::optional<std::string_view>(" two \xC3\xA9"));
    QCOMPARE(corpus.next(offset), std::optional<std::string_view>("three"));
    QVERIFY(!corpus.next(offset));
    QVERIFY(!corpus.next(offset));
    offset = after_one; // a place that was kept
    QCOMPARE(corpus.next(offset), std::optional<std::string_view>(" two \xC3\xA9"));
    QCOMPARE(Corpus::open(write("abc"), {}).sha256(),
             std::string("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
}

void TestStatistics::collects_what_the_lines_say() {
    std::string text;
    SecondMoments want(model().decoder, {1, 2});
    for (int i = 0; i < 40; ++i) {
        text += document(i) + (i % 3 ? "\n" : "\n\n");
        want.add({model().tokenizer.encode(document(i)).ids});
    }
    std::vector<Progress> reports;
    const Collected got =
        run(write(text), {1, 2}, 100000, JobContext([&](const Progress& p) { reports.push_back(p); }));
    QVERIFY(!got.from_cache);
    QVERIFY(got.tokens_per_second > 0);
    QCOMPARE(got.layers.size(), std::size_t{2});
    for (std::size_t i = 0; i < 2; ++i) {
        QCOMPARE(got.layers[i].layer, want.layers()[i]);
        QCOMPARE(got.layers[i].count, want.count());
        QVERIFY(relative_difference(got.layers[i].second_moment, want.result()[i].second_moment) < 1e-12);
    }
    QVERIFY(!reports.empty());
    QVERIFY(std::abs(reports.back().fraction - 1) < 1e-9);
    QVERIFY(reports.back().detail.find("tokens/s") != std::string::npos);
    QVERIFY(std::ranges::is_sorted(reports, {}, &Progress::fraction));
}

void TestStatistics::cap_cuts_exactly() {
    const std::string first = document(4);
    const std::string second = document(9);
    const auto ids = model().tokenizer.encode(first).ids;
    const auto more = model().tokenizer.encode(second).ids;
    const auto cap = static_cast<std::int64_t>(ids.size()) + 2;
    SecondMoments want(model().decoder, {1});
    want.add({ids});
    want.add({{more[0], more[1]}});
    const Collected got = run(write(first + "\n" + second + "\n" + document(11)), {1}, cap);
    QCOMPARE(got.layers[0].count, cap);
    QVERIFY(relative_difference(got.layers[0].second_moment, want.result()[0].second_moment) < 1e-12);
}

void TestStatistics::long_documents_are_cut() {
    std::string line;
    for (int i = 0; i < 2000; ++i)
        line += document(i % 50) + " ";
    const auto positions = static_cast<std::size_t>(model().decoder.config().positions);
    auto ids = model().tokenizer.encode(line).ids;
    QVERIFY(ids.size() > positions);
    ids.resize(positions);
    SecondMoments want(model().decoder, {0});
    want.add({ids});
    const Collected got = run(write(line), {0});
    QCOMPARE(got.layers[0].count, static_cast<std::int64_t>(positions));
    QVERIFY(relative_difference(got.layers[0].second_moment, want.result()[0].second_moment) < 1e-12);
    QVERIFY(std::ranges::any_of(got.warnings, [](const auto& w) { return w.find("were cut") != std::string::npos; }));
    QVERIFY(std::ranges::any_of(got.warnings, [](const auto& w) { return w.find("only 64") != std::string::npos; }));
}

void TestStatistics::without_a_cache_the_work_goes_on() {
    std::string text;
    for (int i = 0; i < 50; ++i)
        text += "The people of the city speak Spanish.\n";
    const auto corpus = write(text);
    const Collected kept = run(corpus, {1});
    qputenv("EMEND_CACHE", "/proc/nowhere");
    const Collected lost = run(corpus, {1});
    QVERIFY(lost.file.empty());
    QVERIFY(!lost.from_cache);
    QVERIFY(!lost.warnings.empty());
    QVERIFY(at::equal(lost.layers[0].second_moment, kept.layers[0].second_moment));
}

void TestStatistics::cache_is_used_and_grows() {
    std::string text;
    for (int i = 0; i < 30; ++i)
        text += document(i) + "\n";
    const std::string corpus = write(text);
    const Collected first = run(corpus, {1});
    QCOMPARE(cached_files(), std::vector<std::string>{first.file});
    const Collected again = run(corpus, {1});
    QVERIFY(again.from_cache);
    QVERIFY(same(again.layers, first.layers));

    const Collected grown = run(corpus, {0, 1});
    QVERIFY(!grown.from_cache);
    QCOMPARE(grown.file, first.file);
    QCOMPARE(layers_in_statistics(grown.file), (std::vector<int>{0, 1}));
    QVERIFY(same({grown.layers[1]}, first.layers));
    QVERIFY(run(corpus, {0}).from_cache);

    QVERIFY(!run(corpus, {1}, 50).from_cache); // another cap
    QVERIFY(!run(write(text + "more of it\n", "other.txt"), {1}).from_cache);
    QVERIFY(run(write(text, "renamed.txt"), {1}).from_cache); // the text counts, not its name
    QVERIFY(!collect(model().decoder, model().tokenizer, "another model", {.corpus = corpus, .layers = {1}}, {})
                 .from_cache);

    std::ofstream(first.file, std::ios::trunc) << "not safetensors any more";
    const Collected repaired = run(corpus, {1});
    QVERIFY(!repaired.from_cache);
    QVERIFY(same(repaired.layers, first.layers));
}

void TestStatistics::resumed_is_the_same_as_run_through() {
    std::string text;
    for (int i = 0; i < 700; ++i)
        text += document(i) + "\n";
    const std::string corpus = write(text);

    std::stop_source stop;
    int batches = 0;
    const JobContext until_third(
        [&](const Progress&) {
            if (++batches == 3)
                stop.request_stop();
        },
        stop.get_token());
    QVERIFY_EXCEPTION_THROWN(run(corpus, {0, 1}, 100000, until_third), Cancelled);
    QCOMPARE(batches, 3);
    QCOMPARE(cached_files().size(), std::size_t{1});
    QVERIFY(cached_files()[0].ends_with(".partial"));

    std::vector<double> fractions;
    const JobContext watching([&](const Progress& p) { fractions.push_back(p.fraction); });
    const Collected resumed = run(corpus, {0, 1}, 100000, watching);
    QVERIFY(fractions.size() > 2);
    QCOMPARE(cached_files(), std::vector<std::string>{resumed.file}); // the partial file is gone

    std::vector<double> all;
    const Collected through = collect(model().decoder, model().tokenizer, fingerprint,
                                      {.corpus = corpus, .layers = {0, 1}, .tokens = 100000, .use_cache = false},
                                      JobContext([&](const Progress& p) { all.push_back(p.fraction); }));
    QVERIFY(!through.from_cache);
    QCOMPARE(fractions, std::vector<double>(all.begin() + 3, all.end())); // it went on, and did not start over
    QVERIFY(same(resumed.layers, through.layers));
}

void TestStatistics::broken_partial_file_starts_over() {
    std::string text;
    for (int i = 0; i < 300; ++i)
        text += document(i) + "\n";
    const std::string corpus = write(text);
    std::stop_source stop;
    const JobContext until_first([&](const Progress&) { stop.request_stop(); }, stop.get_token());
    QVERIFY_EXCEPTION_THROWN(run(corpus, {0}, 100000, until_first), Cancelled);
    QCOMPARE(cached_files().size(), std::size_t{1});
    std::filesystem::resize_file(cached_files()[0], 1000);
    const Collected after = run(corpus, {0});
    const Collected fresh = collect(model().decoder, model().tokenizer, fingerprint,
                                    {.corpus = corpus, .layers = {0}, .tokens = 100000, .use_cache = false}, {});
    QVERIFY(same(after.layers, fresh.layers));
}

void TestStatistics::many_windows() {
    static const test::OpenModel fast = open_model(model_path("gpt2_edit"), at::kFloat);
    std::string text;
    std::int64_t tokens = 0;
    int cut = 0;
    for (int i = 0; tokens < 140000; ++i) { // the pass sorts some 65,000 tokens at a time
        const std::string line = document(i);
        const std::size_t length = model().tokenizer.encode(line).ids.size();
        const auto positions = static_cast<std::size_t>(model().decoder.config().positions);
        cut += length > positions;
        tokens += static_cast<std::int64_t>(std::min(length, positions));
        text += line + "\n";
    }
    const Collected got = collect(fast.decoder, fast.tokenizer, fingerprint,
                                  {.corpus = write(text), .layers = {0}, .tokens = 1000000}, {});
    QCOMPARE(got.layers[0].count, tokens);
    QVERIFY(cut > 0);
    QCOMPARE(got.warnings.size(), std::size_t{1});
    QVERIFY(got.warnings[0].starts_with(std::to_string(cut) + " documents"));
}

void TestStatistics::refused_corpora_data() {
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QString>("says");
    QTest::addColumn<QString>("where");
    QTest::newRow("empty") << QByteArray() << "empty"
                           << "corpus.txt";
    QTest::newRow("blank") << QByteArray("\n  \n\t\r\n") << "empty"
                           << "corpus.txt";
    QTest::newRow("byte order mark alone") << QByteArray("\xEF\xBB\xBF") << "empty"
                                           << "corpus.txt";
    QTest::newRow("binary") << QByteArray("ab\ncd\0ef", 8) << "zero bytes"
                            << "byte 5, line 2";
    QTest::newRow("latin-1") << QByteArray("one\ntwo\ncaf\xE9 au lait\n") << "not UTF-8"
                             << "byte 11, line 3";
    QTest::newRow("cut character at the end") << QByteArray("caf\xC3") << "not UTF-8"
                                              << "byte 3, line 1";
}

void TestStatistics::refused_corpora() {
    QFETCH(QByteArray, text);
    QFETCH(QString, says);
    QFETCH(QString, where);
    const std::string corpus = write(text.toStdString());
    const std::string message = message_of([&] { run(corpus, {0}); });
    QVERIFY2(message.find(says.toStdString()) != std::string::npos, message.c_str());
    QVERIFY2(message.find(where.toStdString()) != std::string::npos, message.c_str());
    QVERIFY2(!message.ends_with("| "), "no hint");
    QVERIFY(cached_files().empty());
}

void TestStatistics::refused_layers() {
    const std::string corpus = write("some text");
    QVERIFY(message_of([&] { run(corpus, {4}); }).find("no layer 4") != std::string::npos);
    QVERIFY(message_of([&] { run(corpus, {-1}); }).find("no layer -1") != std::string::npos);
    QVERIFY(message_of([&] { run(corpus, {}); }).find("no layer") != std::string::npos);
    QVERIFY(message_of([&] { run(scratch_->filePath("missing.txt").toStdString(), {0}); }).find("missing.txt") !=
            std::string::npos);
    QVERIFY(!message_of([&] { run(scratch_->path().toStdString(), {0}); }).empty());
}

void TestStatistics::too_many_layers_for_the_memory() {
    const std::string corpus = write("The people of the city speak Spanish.\n");
    const std::uint64_t of_two = collection_bytes(model().decoder, 2);
    QVERIFY(of_two > 2 * 256 * 256 * sizeof(double));
    const auto with = [&](std::vector<int> layers, std::uint64_t bytes) {
        return collect(model().decoder, model().tokenizer, fingerprint,
                       {.corpus = corpus, .layers = std::move(layers), .tokens = 100, .bytes_available = bytes}, {});
    };
    const std::string message = message_of([&] { with({0, 1}, of_two - 1); });
    QVERIFY2(message.find("collecting 2 layers at once") != std::string::npos, message.c_str());
    QVERIFY2(message.find("fewer layers at a time") != std::string::npos, message.c_str());
    // One after the other they fit, and come out of the cache together.
    with({0}, of_two - 1);
    with({1}, of_two - 1);
    QVERIFY(with({0, 1}, 1).from_cache);
}

void TestStatistics::what_is_remembered() {
    const std::string corpus = write("The people of the city speak Spanish.\n");
    const std::string whose = speed_key(model().decoder, fingerprint);
    QCOMPARE(StatisticsNotes::load().speed(whose), 0.0);
    QVERIFY(StatisticsNotes::load().corpus_sha256(file_state(corpus)).empty());
    const Collected collected = run(corpus, {1, 2});
    const StatisticsNotes notes = StatisticsNotes::load();
    QCOMPARE(notes.corpus_sha256(file_state(corpus)), collected.corpus_sha256);
    const double work = collection_work(model().decoder.config(), {1, 2});
    QVERIFY(std::abs(notes.speed(whose) / (collected.tokens_per_second * work) - 1) < 1e-9);
    QVERIFY(collection_work(model().decoder.config(), {1, 3}) > work);
    QCOMPARE(collected_file(model().decoder, fingerprint, collected.corpus_sha256, 100000).string(), collected.file);

    StatisticsNotes more = notes;
    more.set_spectrum("a file", 3, {.condition = std::numeric_limits<double>::infinity(), .effective_rank = 12.5});
    more.save();
    const auto spectrum = StatisticsNotes::load().spectrum("a file", 3);
    QVERIFY(spectrum);
    QVERIFY(std::isinf(spectrum->condition));
    QCOMPARE(spectrum->effective_rank, 12.5);
    QVERIFY(!StatisticsNotes::load().spectrum("a file", 4));
    // Another content is another file.
    const std::string before = file_state(corpus);
    write("The people of the city speak Italian, too.\n");
    QVERIFY(file_state(corpus) != before);
    // Broken notes are no notes.
    std::ofstream(scratch_->filePath("cache/statistics-notes.json").toStdString()) << "{\"corpora\": [1]}";
    QCOMPARE(StatisticsNotes::load().speed(whose), 0.0);
}

QTEST_GUILESS_MAIN(TestStatistics)
#include "test_statistics.moc"
