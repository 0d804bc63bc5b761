// SPDX-License-Identifier: GPL-3.0-or-later
// Files of key statistics: what is written is read, and everything else is refused by name; factors are kept.
#include "editing/metric_store.h"
#include "editing/statistics_file.h"
#include "emend/error.h"
#include "model_fixture.h"

#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <optional>
#include <QtTest/QtTest>

using namespace emend;
using namespace emend::test;

namespace {

constexpr const char* fingerprint = "0123456789abcdef0123456789abcdef";

bool same(const std::vector<LayerStatistics>& a, const std::vector<LayerStatistics>& b) {
    return std::ranges::equal(a, b, [](const LayerStatistics& x, const LayerStatistics& y) {
        return x.layer == y.layer && x.count == y.count && at::equal(x.second_moment, y.second_moment);
    });
}

LayerStatistics made_up(int layer, std::int64_t size = 6) {
    const at::Tensor seen = at::randn({40, size}, at::kDouble);
    return {.layer = layer, .count = 40 + layer, .second_moment = at::matmul(seen.t(), seen) / 40};
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

class TestStatisticsFile : public QObject {
    Q_OBJECT

  private slots:
    void init();
    void file_round_trip();
    void file_of_another_model();
    void broken_files_data();
    void broken_files();
    void store_factors_once();

  private:
    std::string write(const std::string& text, const std::string& name = "corpus.txt") const {
        const std::string path = scratch_->filePath(QString::fromStdString(name)).toStdString();
        std::ofstream(path, std::ios::binary) << text;
        return path;
    }
    std::optional<QTemporaryDir> scratch_;
};

void TestStatisticsFile::init() {
    scratch_.emplace();
    QVERIFY(scratch_->isValid());
    at::manual_seed(3);
}

void TestStatisticsFile::file_round_trip() {
    const std::string path = scratch_->filePath("s.safetensors").toStdString();
    const std::vector<LayerStatistics> layers = {made_up(2), made_up(11)};
    write_statistics(path, layers, fingerprint, "abc", {{"note", "made up"}});
    const StatisticsFile file = read_statistics(path, {.layers = {}, .key_size = 6, .model_fingerprint = fingerprint});
    QVERIFY(same(file.layers, layers));
    QVERIFY(file.warnings.empty());
    QCOMPARE(file.corpus_sha256, std::string("abc"));
    QCOMPARE(file.metadata.at("note"), std::string("made up"));
    QCOMPARE(read_statistics(path, {.layers = {11}}).layers.size(), std::size_t{1});

    // What other tools write: float32, no metadata.
    const at::Tensor narrow = layers[0].second_moment.to(at::kFloat);
    const std::int64_t count = 9;
    SafetensorsWriter writer;
    writer.add("layer.3.second_moment", DType::F32, {6, 6}, narrow.data_ptr());
    writer.add("layer.3.count", DType::I64, {1}, &count);
    writer.write(path);
    const StatisticsFile plain = read_statistics(path, {.layers = {3}, .model_fingerprint = fingerprint});
    QVERIFY(at::equal(plain.layers[0].second_moment, narrow.to(at::kDouble)));
    QCOMPARE(plain.layers[0].count, count);
    QCOMPARE(plain.warnings.size(), std::size_t{1});
}

void TestStatisticsFile::file_of_another_model() {
    const std::string path = scratch_->filePath("s.safetensors").toStdString();
    write_statistics(path, {made_up(0)}, "feedfeed", {});
    StatisticsExpectation expected = {.layers = {0}, .key_size = 6, .model_fingerprint = fingerprint};
    const std::string message = message_of([&] { static_cast<void>(read_statistics(path, expected)); });
    QVERIFY2(message.find("another model") != std::string::npos, message.c_str());
    QVERIFY2(message.find("--force") != std::string::npos, message.c_str());
    expected.force = true;
    QCOMPARE(read_statistics(path, expected).warnings.size(), std::size_t{1});
}

void TestStatisticsFile::broken_files_data() {
    QTest::addColumn<QString>("fault");
    QTest::addColumn<QString>("says");
    QTest::newRow("layer missing") << "layer"
                                   << "no statistics of layer 5";
    QTest::newRow("another key size") << "size"
                                      << "do not fit";
    QTest::newRow("not square") << "oblong"
                                << "square";
    QTest::newRow("integers") << "integers"
                              << "F32 or F64";
    QTest::newRow("not symmetric") << "asymmetric"
                                   << "not symmetric";
    QTest::newRow("NaN") << "nan"
                         << "not finite";
    QTest::newRow("no count") << "count missing"
                              << "count";
    QTest::newRow("count 0") << "count 0"
                             << "token count";
    QTest::newRow("count of another type") << "count type"
                                           << "I64";
    QTest::newRow("other tensors") << "other"
                                   << "no key statistics";
    QTest::newRow("not safetensors") << "text"
                                     << "s.safetensors";
    QTest::newRow("no file") << "none"
                             << "s.safetensors";
}

void TestStatisticsFile::broken_files() {
    QFETCH(QString, fault);
    QFETCH(QString, says);
    const std::string path = scratch_->filePath("s.safetensors").toStdString();
    at::Tensor moment = made_up(0).second_moment;
    std::int64_t count = fault == "count 0" ? 0 : 40;
    StatisticsExpectation expected = {.layers = {0}, .key_size = 6};
    if (fault == "layer")
        expected.layers = {5};
    else if (fault == "size")
        expected.key_size = 8;
    else if (fault == "oblong")
        moment = moment.slice(0, 0, 3).contiguous();
    else if (fault == "asymmetric")
        moment[0][1] += 1;
    else if (fault == "nan")
        moment[2][2] = std::numeric_limits<double>::quiet_NaN();
    SafetensorsWriter writer;
    writer.add(fault == "other" ? "weight" : "layer.0.second_moment", fault == "integers" ? DType::I64 : DType::F64,
               moment.sizes().vec(), moment.data_ptr());
    if (fault != "count missing")
        writer.add("layer.0.count", fault == "count type" ? DType::F64 : DType::I64, {1}, &count);
    if (fault == "text")
        write("this is a text", "s.safetensors");
    else if (fault != "none")
        writer.write(path);
    const std::string message = message_of([&] { static_cast<void>(read_statistics(path, expected)); });
    QVERIFY2(message.find(says.toStdString()) != std::string::npos, message.c_str());
    QVERIFY2(message.find("s.safetensors") != std::string::npos, message.c_str());
}

void TestStatisticsFile::store_factors_once() {
    MetricStore store;
    QVERIFY(!store.has(3));
    QVERIFY_EXCEPTION_THROWN(store.metric(3, {.weight = 1, .ridge = 0}), Error);
    const LayerStatistics layer = made_up(3);
    store.put(layer);
    const at::Tensor key = at::randn({6, 1}, at::kDouble);
    const at::Tensor before = store.metric(3, {.weight = 1, .ridge = 0}).whiten(key);
    QVERIFY(at::equal(before, Metric::factor(layer.second_moment, 1, 0).whiten(key)));
    store.statistics(3).second_moment.fill_(-1); // would be refused if it were looked at again
    QVERIFY(at::equal(store.metric(3, {.weight = 4, .ridge = 0}).whiten(key), before / 2));
    QVERIFY_EXCEPTION_THROWN(store.metric(3, {.weight = 1, .ridge = 0.5}), Error); // another ridge is another factor
    store.put(made_up(3));
    QVERIFY(!at::equal(store.metric(3, {.weight = 1, .ridge = 0}).whiten(key), before));
    store.clear();
    QVERIFY(!store.has(3));
}

QTEST_GUILESS_MAIN(TestStatisticsFile)
#include "test_statistics_file.moc"
