// SPDX-License-Identifier: GPL-3.0-or-later
// Key statistics: the sums against the reference's and against the straightforward way.
#include "editing/metric_store.h"
#include "emend/error.h"
#include "model_fixture.h"
#include "straightforward_statistics.h"

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <QtTest/QtTest>

using namespace emend;
using namespace emend::test;

namespace {

using Rows = std::vector<std::vector<std::int32_t>>;

const std::string golden = std::string(EMEND_TEST_DATA) + "/edit/cov_f64";

nlohmann::json golden_json() {
    std::ifstream file(golden + ".json");
    return nlohmann::json::parse(file);
}

const test::OpenModel& model() {
    static const test::OpenModel open = open_model(model_path("gpt2_edit"));
    return open;
}

bool same(const std::vector<LayerStatistics>& a, const std::vector<LayerStatistics>& b) {
    return std::ranges::equal(a, b, [](const LayerStatistics& x, const LayerStatistics& y) {
        return x.layer == y.layer && x.count == y.count && at::equal(x.second_moment, y.second_moment);
    });
}

} // namespace

class TestStatisticsSums : public QObject {
    Q_OBJECT

  private slots:
    void sums_are_the_references();
    void padding_does_not_count();
    void layers_one_by_one_or_together();
    void stopped_batch_adds_nothing();
    void blocks_make_a_whole();
};

void TestStatisticsSums::sums_are_the_references() {
    const auto about = golden_json();
    const auto rows = about["sequences"].get<Rows>();
    SecondMoments moments(model().decoder, {2, 0, 1});
    for (std::size_t i = 0; i < rows.size(); i += 13) // batches of mixed lengths
        moments.add(Rows(rows.begin() + static_cast<std::ptrdiff_t>(i),
                         rows.begin() + static_cast<std::ptrdiff_t>(std::min(i + 13, rows.size()))));
    const auto result = moments.result();
    QCOMPARE(result.size(), std::size_t{3});
    const auto data = SafetensorsFile::open(golden + ".safetensors");
    for (const LayerStatistics& layer : result) {
        QCOMPARE(layer.count, about["stats"][std::to_string(layer.layer)]["count"].get<std::int64_t>());
        const at::Tensor want = read_tensor(data, "layer" + std::to_string(layer.layer) + ".C");
        const double error = ((layer.second_moment - want).norm() / want.norm()).item<double>();
        QVERIFY2(error < 1e-9, qPrintable(QString::number(error)));
        QVERIFY(at::equal(layer.second_moment, layer.second_moment.t()));
        const double condition = about["stats"][std::to_string(layer.layer)]["cond"].get<double>();
        QVERIFY(std::abs(condition_number(layer.second_moment) / condition - 1) < 1e-6);
    }
}

void TestStatisticsSums::padding_does_not_count() {
    const Rows rows = {{5, 6, 7, 8, 9, 10, 11}, {300}, {41, 42, 43}};
    SecondMoments together(model().decoder, {1});
    together.add(rows);
    SecondMoments alone(model().decoder, {1});
    for (const auto& row : rows)
        alone.add({row});
    QCOMPARE(together.count(), std::int64_t{11});
    QCOMPARE(alone.count(), std::int64_t{11});
    QVERIFY(relative_difference(together.result()[0].second_moment, alone.result()[0].second_moment) < 1e-12);
}

void TestStatisticsSums::layers_one_by_one_or_together() {
    const Rows rows = {{5, 6, 7, 8, 9, 10, 11}, {41, 42, 43, 44, 45, 46, 47}};
    SecondMoments together(model().decoder, {0, 3});
    together.add(rows);
    for (const int layer : {0, 3}) {
        SecondMoments alone(model().decoder, {layer});
        alone.add(rows);
        QVERIFY(at::equal(alone.result()[0].second_moment, together.result()[layer == 0 ? 0 : 1].second_moment));
    }
    QVERIFY_EXCEPTION_THROWN(SecondMoments(model().decoder, {0}).result(), Error); // nothing seen yet
}

void TestStatisticsSums::stopped_batch_adds_nothing() {
    SecondMoments moments(model().decoder, {0, 2});
    moments.add({{5, 6, 7}});
    const auto before = moments.result();
    std::stop_source stop;
    stop.request_stop();
    QVERIFY_EXCEPTION_THROWN(moments.add({{8, 9, 10}}, JobContext({}, stop.get_token())), Cancelled);
    QVERIFY(same(moments.result(), before));
}

// d_k = 256: two blocks of sums, one of them mirrored.
void TestStatisticsSums::blocks_make_a_whole() {
    static const test::OpenModel fast = open_model(model_path("gpt2_edit"), at::kFloat);
    SecondMoments moments(fast.decoder, {2});
    const Rows rows = golden_json()["sequences"].get<Rows>();
    for (const auto& row : rows)
        moments.add({row});
    const auto half = moments.sums();
    const auto whole = moments.result();
    QVERIFY(at::equal(whole[0].second_moment, whole[0].second_moment.t()));
    const auto straight = straightforward_statistics(fast.decoder, {rows}, {2}, Run::whole_model);
    QCOMPARE(whole[0].count, straight[0].count);
    const at::Tensor want = straight[0].second_moment;
    // The model's own float32 sums differ by batch; the float64 sums over them do not.
    QVERIFY(((whole[0].second_moment - want).norm() / want.norm()).item<double>() < 1e-6);
    SecondMoments resumed(fast.decoder, {2});
    resumed.restore(half, moments.count());
    QVERIFY(same(std::move(resumed).finish(), whole));
}

QTEST_GUILESS_MAIN(TestStatisticsSums)
#include "test_statistics_sums.moc"
