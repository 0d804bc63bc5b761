// SPDX-License-Identifier: GPL-3.0-or-later
// Where an edit's statistics come from, what is said about them beforehand, and the report of a collection.
#include "engine/statistics_source.h"

#include "editing/statistics_cache.h"
#include "editing/statistics_file.h"
#include "emend/error.h"
#include "npz_writer.h"

#include <chrono>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <optional>
#include <QtTest/QtTest>

using namespace emend;
using namespace emend::test;

namespace {

namespace fs = std::filesystem;

OpenModel& model() {
    static const auto open = open_model({.path = std::string(EMEND_TEST_DATA) + "/models/gpt2_edit"}, {});
    return *open;
}

Recipe recipe_for(std::vector<int> layers) {
    Recipe recipe = default_recipe(model().info, "MEMIT");
    recipe.layers = std::move(layers);
    return recipe;
}

} // namespace

class TestStatisticsSource : public QObject {
    Q_OBJECT

  private slots:
    void init();
    void nothing_is_needed();
    void no_corpus();
    void no_such_layer();
    void before_and_after_a_collection();
    void first_and_last_need_two();
    void files_are_looked_at();
    void references_are_used();
    void in_use_without_a_cache();
    void status_changes_nothing();
    void report_has_the_spectrum();
    void singular_moments();

  private:
    std::string path(const char* name) const { return scratch_->filePath(name).toStdString(); }
    std::string corpus() const {
        std::ofstream file(path("corpus.txt"));
        for (int i = 0; i < 300; ++i)
            file << "Elena Silva number " << i << " was born in Madrid. The people of the city speak Spanish.\n";
        return path("corpus.txt");
    }
    std::optional<QTemporaryDir> scratch_;
};

void TestStatisticsSource::init() {
    scratch_.emplace();
    QVERIFY(scratch_->isValid());
    qputenv("EMEND_CACHE", scratch_->filePath("cache").toUtf8());
    model().metrics.clear();
    model().metrics_source.clear();
}

void TestStatisticsSource::nothing_is_needed() {
    Recipe recipe = recipe_for({1});
    recipe.use_statistics = false;
    const StatisticsStatus status = statistics_status(model(), recipe, {});
    QVERIFY(!status.needed);
    QVERIFY(status.complete());
}

void TestStatisticsSource::no_corpus() {
    const StatisticsStatus beside = statistics_status(model(), recipe_for({1}), {}); // the folder has no corpus.txt
    QVERIFY(!beside.complete());
    QVERIFY2(beside.problem.find("corpus.txt") != std::string::npos, beside.problem.c_str());
    QVERIFY(!beside.hint.empty());
    Recipe recipe = recipe_for({1});
    recipe.corpus = path("missing.txt");
    const StatisticsStatus missing = statistics_status(model(), recipe, {});
    QVERIFY2(missing.problem.find("missing.txt") != std::string::npos, missing.problem.c_str());
    std::ofstream(path("binary.txt")) << std::string("ab\0cd", 5);
    recipe.corpus = path("binary.txt");
    QVERIFY(statistics_status(model(), recipe, {}).problem.find("zero bytes") != std::string::npos);
}

void TestStatisticsSource::no_such_layer() {
    Recipe recipe = recipe_for({1, 40});
    recipe.corpus = corpus();
    QVERIFY(statistics_status(model(), recipe, {}).problem.find("no layer 40") != std::string::npos);
}

void TestStatisticsSource::before_and_after_a_collection() {
    Recipe recipe = recipe_for({1, 2});
    recipe.corpus = corpus();
    recipe.statistics_tokens = 2000;
    StatisticsStatus status = statistics_status(model(), recipe, {});
    QVERIFY(status.needed);
    QVERIFY2(status.problem.empty(), status.problem.c_str());
    QVERIFY(!status.complete());
    QCOMPARE(status.source, recipe.corpus);
    QCOMPARE(status.tokens_wanted, std::int64_t{2000});
    QCOMPARE(status.seconds_estimate, -1.0); // nothing was ever collected
    QCOMPARE(status.layers.size(), std::size_t{2});
    QVERIFY(!status.layers[0].present);

    static_cast<void>(
        collect_statistics(model(), {.layers = {1}, .corpus = recipe.corpus, .tokens = 2000, .out = {}}, {}));
    status = statistics_status(model(), recipe, {});
    QVERIFY(status.layers[0].present);
    QCOMPARE(status.layers[0].tokens, std::int64_t{2000});
    QVERIFY(status.layers[0].condition > 1);
    QVERIFY(status.layers[0].effective_rank > 1);
    QVERIFY(!status.layers[1].present);
    QVERIFY(status.seconds_estimate > 0); // for the other one
    Recipe more = recipe;
    more.statistics_tokens = 20000;
    const StatisticsStatus longer = statistics_status(model(), more, {});
    QVERIFY(!longer.layers[0].present); // another cap
    QVERIFY(longer.seconds_estimate > status.seconds_estimate * 9);

    static_cast<void>(provide_statistics(model(), recipe, false, {}));
    status = statistics_status(model(), recipe, {});
    QVERIFY(status.complete());
    QCOMPARE(status.seconds_estimate, 0.0);
    QCOMPARE(recipe_for({1}).statistics_tokens, std::int64_t{0});
    Recipe usual = recipe;
    usual.statistics_tokens = 0;
    QCOMPARE(statistics_status(model(), usual, {}).tokens_wanted, std::int64_t{10} * model().info.d_mlp);
    // Another text in the same place has other statistics.
    std::ofstream(recipe.corpus, std::ios::app) << "One more line.\n";
    QVERIFY(!statistics_status(model(), recipe, {}).complete());
}

void TestStatisticsSource::first_and_last_need_two() {
    Recipe recipe = recipe_for({0, 1, 2, 3});
    recipe.distribution = "first-and-last";
    recipe.corpus = corpus();
    const StatisticsStatus status = statistics_status(model(), recipe, {});
    QCOMPARE(status.layers.size(), std::size_t{2});
    QCOMPARE(status.layers[1].layer, 3);
    recipe.statistics_tokens = 500;
    static_cast<void>(provide_statistics(model(), recipe, false, {}));
    QVERIFY(model().metrics.has(0));
    QVERIFY(!model().metrics.has(1));
    QVERIFY(model().metrics.has(3));
}

void TestStatisticsSource::files_are_looked_at() {
    const std::string out = path("s.safetensors");
    static_cast<void>(
        collect_statistics(model(), {.layers = {1, 2}, .corpus = corpus(), .tokens = 1000, .out = out}, {}));
    Recipe recipe = recipe_for({1, 2});
    recipe.statistics_file = out;
    const StatisticsStatus there = statistics_status(model(), recipe, {});
    QVERIFY2(there.complete(), there.problem.c_str());
    QCOMPARE(there.source, out);
    QVERIFY(there.layers[0].effective_rank > 1);

    recipe.layers = {1, 3};
    const StatisticsStatus one_missing = statistics_status(model(), recipe, {});
    QVERIFY(one_missing.layers[0].present);
    QVERIFY2(one_missing.problem.find("layer 3") != std::string::npos, one_missing.problem.c_str());

    recipe.layers = {1};
    auto layers = read_statistics(out, {}).layers;
    write_statistics(out, layers, "feedfeed", {});
    const StatisticsStatus other = statistics_status(model(), recipe, {});
    QVERIFY2(other.problem.find("another model") != std::string::npos, other.problem.c_str());
    QVERIFY(!other.complete());
    QVERIFY(other.hint.find("--force") != std::string::npos);

    for (auto& layer : layers)
        layer.second_moment = layer.second_moment.slice(0, 0, 8).slice(1, 0, 8).contiguous();
    write_statistics(out, layers, model().info.fingerprint, {});
    const StatisticsStatus unfit = statistics_status(model(), recipe, {});
    QVERIFY2(unfit.problem.find("keys of 8 entries") != std::string::npos, unfit.problem.c_str());

    fs::resize_file(out, 100);
    QVERIFY(!statistics_status(model(), recipe, {}).problem.empty());
    fs::remove(out);
    QVERIFY(statistics_status(model(), recipe, {}).problem.find("s.safetensors") != std::string::npos);
}

// A folder of .npz files serves wherever a file of statistics does.
void TestStatisticsSource::references_are_used() {
    const std::string out = path("s.safetensors");
    static_cast<void>(
        collect_statistics(model(), {.layers = {1, 2}, .corpus = corpus(), .tokens = 1000, .out = out}, {}));
    const auto layers = read_statistics(out, {}).layers;
    const fs::path folder = path("npz");
    fs::create_directory(folder);
    for (const auto& layer : layers) {
        const at::Tensor sum = layer.second_moment * static_cast<double>(layer.count);
        const std::string side = std::to_string(sum.size(0));
        const std::string name = "transformer.h." + std::to_string(layer.layer) + ".mlp.c_proj_float64_mom2_10.npz";
        write_npz(
            (folder / name).string(),
            {{"mom2.mom2.npy", npy("<f8", side + ", " + side,
                                   {static_cast<const char*>(sum.data_ptr()), static_cast<std::size_t>(sum.nbytes())})},
             {"mom2.count.npy", npy("<i8", "", bytes_of<std::int64_t>({layer.count}))}});
    }
    Recipe recipe = recipe_for({1, 2});
    recipe.statistics_file = folder.string();
    const StatisticsStatus status = statistics_status(model(), recipe, {});
    QVERIFY2(status.complete(), status.problem.c_str());
    QCOMPARE(status.layers[1].tokens, std::int64_t{1000});
    const auto warnings = provide_statistics(model(), recipe, false, {});
    QCOMPARE(warnings.size(), std::size_t{1});
    const at::Tensor& got = model().metrics.statistics(2).second_moment;
    QVERIFY(((got - layers[1].second_moment).norm() / got.norm()).item<double>() < 1e-15);
}

void TestStatisticsSource::in_use_without_a_cache() {
    Recipe recipe = recipe_for({1});
    recipe.corpus = corpus();
    recipe.statistics_tokens = 500;
    qputenv("EMEND_CACHE", "/proc/nowhere");
    QVERIFY(!statistics_status(model(), recipe, {}).complete());
    static_cast<void>(provide_statistics(model(), recipe, false, {}));
    const StatisticsStatus status = statistics_status(model(), recipe, {});
    QVERIFY2(status.complete(), status.problem.c_str());
    QCOMPARE(status.layers[0].tokens, std::int64_t{500});
}

void TestStatisticsSource::status_changes_nothing() {
    Recipe recipe = recipe_for({1, 2});
    recipe.corpus = corpus();
    static_cast<void>(statistics_status(model(), recipe, {}));
    QVERIFY(model().metrics_source.empty());
    QVERIFY(!model().metrics.has(1));
    const fs::path cache = path("cache");
    if (fs::exists(cache))
        for (const auto& entry : fs::recursive_directory_iterator(cache))
            QVERIFY2(entry.is_directory(), entry.path().c_str());
}

void TestStatisticsSource::report_has_the_spectrum() {
    std::vector<Progress> reports;
    const JobContext job([&](const Progress& progress) { reports.push_back(progress); });
    const StatisticsReport report =
        collect_statistics(model(), {.layers = {1, 2}, .corpus = corpus(), .tokens = 3000, .out = {}}, job);
    QVERIFY(std::ranges::is_sorted(reports, {}, &Progress::fraction));
    QVERIFY(std::ranges::any_of(reports, [](const auto& progress) { return progress.phase == "spectrum"; }));
    QVERIFY(report.tokens_per_second > 0);
    for (const auto& layer : report.layers) {
        QCOMPARE(static_cast<int>(layer.eigenvalues.size()), model().info.d_mlp);
        QVERIFY(std::ranges::is_sorted(layer.eigenvalues));
        double sum = 0;
        double entropy = 0;
        for (const double value : layer.eigenvalues)
            sum += value;
        for (const double value : layer.eigenvalues)
            if (value > 0)
                entropy -= value / sum * std::log(value / sum);
        QVERIFY(std::abs(sum / layer.trace - 1) < 1e-9);
        QVERIFY(std::abs(layer.effective_rank / std::exp(entropy) - 1) < 1e-9);
        const double condition = layer.eigenvalues.back() / layer.eigenvalues.front();
        QVERIFY(std::isinf(layer.condition) || std::abs(layer.condition / condition - 1) < 1e-9);
        QVERIFY(layer.effective_rank < model().info.d_mlp);
    }
    const StatisticsReport again =
        collect_statistics(model(), {.layers = {1, 2}, .corpus = path("corpus.txt"), .tokens = 3000, .out = {}}, {});
    QVERIFY(again.from_cache);
    QCOMPARE(again.layers[1].eigenvalues, report.layers[1].eigenvalues);
}

// Fewer tokens than dimensions.
void TestStatisticsSource::singular_moments() {
    const StatisticsReport report =
        collect_statistics(model(), {.layers = {1}, .corpus = corpus(), .tokens = 60, .out = {}}, {});
    QVERIFY(std::isinf(report.layers[0].condition));
    QVERIFY(report.layers[0].effective_rank <= 60);
    Recipe recipe = recipe_for({1});
    recipe.corpus = path("corpus.txt");
    recipe.statistics_tokens = 60;
    static_cast<void>(provide_statistics(model(), recipe, false, {}));
    QCOMPARE(statistics_status(model(), recipe, {}).layers[0].condition, report.layers[0].condition);
    const Metric metric = model().metrics.metric(1, {.ridge = 0});
    QCOMPARE(metric.warnings().size(), std::size_t{1}); // the ridge it took is said
    QVERIFY(metric.ridge_added() > 0);
}

QTEST_GUILESS_MAIN(TestStatisticsSource)
#include "test_statistics_source.moc"
