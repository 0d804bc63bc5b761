// SPDX-License-Identifier: GPL-3.0-or-later
// Second moments as the reference implementations save them: sums over counts, layers from names, one file or a folder,
// and everything that is refused.
#include "editing/reference_statistics.h"
#include "editing/statistics_file.h"
#include "emend/error.h"
#include "layers_in_statistics.h"
#include "model_fixture.h"
#include "npz_writer.h"

#include <filesystem>
#include <fstream>
#include <functional>
#include <limits>
#include <optional>
#include <QtTest/QtTest>

using namespace emend;
using namespace emend::test;

namespace {

constexpr const char* fingerprint = "0123456789abcdef0123456789abcdef";
const std::string written_by_numpy = std::string(EMEND_TEST_DATA) + "/statistics";

std::string message_of(const std::function<void()>& call) {
    try {
        call();
    } catch (const Error& error) {
        return error.what() + std::string(" | ") + error.hint();
    }
    return {};
}

// Sum of k k^T over `count` keys [size].
at::Tensor made_up_sum(std::int64_t size = 6, std::int64_t count = 40) {
    const at::Tensor seen = at::randn({count, size}, at::kDouble);
    return at::matmul(seen.t(), seen);
}

template<typename Number>
std::string elements(const at::Tensor& tensor) {
    const at::Tensor whole = tensor.contiguous();
    return {reinterpret_cast<const char*>(whole.data_ptr<Number>()), whole.nbytes()};
}

} // namespace

class TestReferenceStatistics : public QObject {
    Q_OBJECT

  private slots:
    void init();
    void layers_in_names_data();
    void layers_in_names();
    void what_numpy_wrote();
    void sum_over_count();
    void folder_of_layers();
    void golden_moments();
    void wanted_layers_alone_matter();
    void refused_data();
    void refused();

  private:
    [[nodiscard]] std::string path(const std::string& name) const {
        return scratch_->filePath(QString::fromStdString(name)).toStdString();
    }
    void write(const std::string& name, const at::Tensor& sum, std::int64_t count = 40) const {
        const std::string side = std::to_string(sum.size(0));
        write_npz(path(name), {{"mom2.mom2.npy", npy("<f8", side + ", " + side, elements<double>(sum)), true},
                               {"mom2.count.npy", npy("<i8", "", bytes_of<std::int64_t>({count}))}});
    }
    std::optional<QTemporaryDir> scratch_;
};

void TestReferenceStatistics::init() {
    scratch_.emplace();
    QVERIFY(scratch_->isValid());
    at::manual_seed(3);
}

void TestReferenceStatistics::layers_in_names_data() {
    QTest::addColumn<QString>("name");
    QTest::addColumn<int>("layer"); // -1: none
    QTest::newRow("GPT-2") << "transformer.h.17.mlp.c_proj_float32_mom2_100000.npz" << 17;
    QTest::newRow("GPT-J") << "transformer.h.5.mlp.fc_out_float32_mom2_100000.npz" << 5;
    QTest::newRow("Llama") << "model.layers.0.mlp.down_proj_float64_mom2.npz" << 0;
    QTest::newRow("NeoX") << "gpt_neox.layers.31.mlp.dense_4h_to_h_float32_mom2_t512_100000.npz" << 31;
    QTest::newRow("attention") << "transformer.h.5.attn.out_proj_float32_mom2_100000.npz" << -1;
    QTest::newRow("attention, Llama") << "model.layers.5.self_attn.o_proj_float32_mom2_100000.npz" << -1;
    QTest::newRow("no layer") << "statistics.npz" << -1;
    QTest::newRow("a date") << "20260101.npz" << -1;
    QTest::newRow("negative") << "h.-3.mlp.npz" << -1;
    QTest::newRow("nothing") << "" << -1;
}

void TestReferenceStatistics::layers_in_names() {
    QFETCH(QString, name);
    QFETCH(int, layer);
    QCOMPARE(layer_in_name(name.toStdString()).value_or(-1), layer);
}

void TestReferenceStatistics::what_numpy_wrote() {
    QCOMPARE(layers_in_statistics(written_by_numpy), (std::vector<int>{5, 17}));
    const StatisticsFile both = read_statistics(written_by_numpy, {.key_size = 5, .model_fingerprint = fingerprint});
    QCOMPARE(both.layers.size(), std::size_t{2});
    QCOMPARE(both.layers[0].count, std::int64_t{40});
    QCOMPARE(both.layers[1].second_moment.scalar_type(), at::kDouble);
    // The same sum in float32 (deflated) and float64 (stored).
    QVERIFY(relative_difference(both.layers[0].second_moment, both.layers[1].second_moment) < 1e-6);
    QVERIFY(std::abs(both.layers[1].second_moment[0][0].item<double>() - 43.37208667655592 / 40) < 1e-12);
    QCOMPARE(both.warnings.size(), std::size_t{1}); // they do not say which model they are of
}

void TestReferenceStatistics::sum_over_count() {
    const at::Tensor sum = made_up_sum();
    write("h.3.mlp.npz", sum, 44'000'000);
    const StatisticsFile file = read_statistics(path("h.3.mlp.npz"), {.layers = {3}, .key_size = 6});
    QCOMPARE(file.layers.at(0).layer, 3);
    QCOMPARE(file.layers[0].count, std::int64_t{44'000'000});
    QVERIFY(at::equal(file.layers[0].second_moment, sum / 44'000'000.0));
    QVERIFY(file.warnings.empty()); // nobody asked whose they are
    const StatisticsHeader header = read_statistics_header(path("h.3.mlp.npz"));
    QVERIFY(header.find(3));
    QCOMPARE(header.find(3)->key_size, std::int64_t{6});
    QVERIFY(!header.find(4));
    // A zip archive by any name is recognised, if the name has the layer.
    std::filesystem::rename(path("h.3.mlp.npz"), path("h.3.mlp.bin"));
    QCOMPARE(layers_in_statistics(path("h.3.mlp.bin")), std::vector<int>{3});
}

void TestReferenceStatistics::folder_of_layers() {
    const at::Tensor few = made_up_sum(6, 40);
    const at::Tensor many = made_up_sum(6, 400);
    write("transformer.h.4.mlp.c_proj_float64_mom2_100.npz", few, 40);
    write("transformer.h.4.mlp.c_proj_float64_mom2_1000.npz", many, 400);
    write("transformer.h.11.mlp.c_proj_float64_mom2_100.npz", few, 40);
    write("transformer.h.4.attn.c_proj_float64_mom2_100.npz", few, 40);
    write("notes.npz", few);
    const StatisticsFile file = read_statistics(scratch_->path().toStdString(), {.layers = {4}, .key_size = 6});
    QCOMPARE(file.layers.size(), std::size_t{1});
    QCOMPARE(file.layers[0].count, std::int64_t{400});
    QVERIFY(at::equal(file.layers[0].second_moment, many / 400.0));
    QCOMPARE(file.warnings.size(), std::size_t{1});
    QVERIFY2(file.warnings[0].find("_1000.npz") != std::string::npos, file.warnings[0].c_str());
    QCOMPARE(layers_in_statistics(scratch_->path().toStdString()), (std::vector<int>{4, 11}));
}

void TestReferenceStatistics::golden_moments() {
    const auto data = SafetensorsFile::open(std::string(EMEND_TEST_DATA) + "/edit/cov_f64.safetensors");
    const at::Tensor c = read_tensor(data, "layer1.C");
    write("transformer.h.1.mlp.c_proj_float64_mom2_100.npz", c * 3000.0, 3000);
    const StatisticsFile file = read_statistics(scratch_->path().toStdString(), {.layers = {1}});
    QVERIFY(relative_difference(file.layers.at(0).second_moment, c) < 1e-15);
}

void TestReferenceStatistics::wanted_layers_alone_matter() {
    write("h.3.mlp.npz", made_up_sum());
    std::ofstream(path("h.4.mlp.npz")) << "cut short";
    const std::string folder = scratch_->path().toStdString();
    QCOMPARE(read_statistics(folder, {.layers = {3}}).layers.size(), std::size_t{1});
    QVERIFY(message_of([&] { static_cast<void>(read_statistics(folder, {.layers = {4}})); }).find("h.4.mlp.npz") !=
            std::string::npos);
    QVERIFY_EXCEPTION_THROWN(static_cast<void>(read_statistics(folder, {})), Error);
    QVERIFY(read_statistics_header(folder, {3}).find(3));
}

void TestReferenceStatistics::refused_data() {
    QTest::addColumn<QString>("fault");
    QTest::addColumn<QString>("says");
    const auto row = [](const char* fault, const char* says) { QTest::newRow(fault) << fault << says; };
    row("layer", "no statistics of layer 5");
    row("size", "belong to another model or layer");
    row("oblong", "square");
    row("vector", "square");
    row("integers", "float32 or float64");
    row("half", "float32 or float64");
    row("objects", "float32 or float64");
    row("big-endian", "big-endian");
    row("asymmetric", "not symmetric");
    row("nan", "not finite");
    row("no moment", "no array mom2.mom2");
    row("no count", "no array mom2.count");
    row("count 0", "token count is 0");
    row("count of two", "one number");
    row("truncated", "not a sound .npz");
    row("empty", "empty");
    row("huge", "bytes are there");
    row("name", "which layer");
    row("empty folder", "no key statistics");
    row("missing", "missing.npz");
}

void TestReferenceStatistics::refused() {
    QFETCH(QString, fault);
    QFETCH(QString, says);
    at::Tensor sum = made_up_sum();
    if (fault == "asymmetric")
        sum[0][1] += 1;
    else if (fault == "nan")
        sum[2][2] = std::numeric_limits<double>::quiet_NaN();
    std::string type = fault == "integers" ? "<i8" : fault == "objects" ? "|O" : fault == "big-endian" ? ">f8" : "<f8";
    std::string shape = fault == "oblong"   ? "4, 9"
                        : fault == "vector" ? "36,"
                        : fault == "huge"   ? "600000, 600000"
                                            : "6, 6";
    std::string numbers = elements<double>(sum);
    if (fault == "half") {
        type = "<f2";
        numbers.resize(72);
    }
    std::string file = path(fault == "name" ? "statistics.npz" : "h.0.mlp.npz");
    std::vector<NpzMember> members = {
        {fault == "no moment" ? "mean.npy" : "mom2.mom2.npy", npy(type, shape, numbers, /*fortran_order=*/true)}};
    if (fault != "no count")
        members.push_back(
            {"mom2.count.npy", fault == "count of two"
                                   ? npy("<i8", "2", bytes_of<std::int64_t>({1, 2}))
                                   : npy("<i8", "", bytes_of<std::int64_t>({fault == "count 0" ? 0 : 40}))});
    write_npz(file, members);
    if (fault == "truncated" || fault == "empty")
        std::filesystem::resize_file(file, fault == "empty" ? 0 : 200);
    else if (fault == "missing")
        file = path("missing.npz");
    else if (fault == "empty folder") {
        file = path("folder");
        std::filesystem::create_directory(file);
    }
    const StatisticsExpectation expected = {.layers = {fault == "layer" ? 5 : 0}, .key_size = fault == "size" ? 8 : 6};
    const std::string message = message_of([&] { static_cast<void>(read_statistics(file, expected)); });
    QVERIFY2(message.find(says.toStdString()) != std::string::npos, message.c_str());
    QVERIFY2(message.find(file) != std::string::npos, message.c_str());
}

QTEST_GUILESS_MAIN(TestReferenceStatistics)
#include "test_reference_statistics.moc"
