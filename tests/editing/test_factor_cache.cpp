// SPDX-License-Identifier: GPL-3.0-or-later
// Factors and spectra on disk: the same bits come back, another matrix's never do, damage and full disks cost nothing
// but time.
#include "base/log.h"
#include "editing/metric_store.h"
#include "emend/error.h"
#include "model_fixture.h"

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

constexpr std::int64_t size = 40;

LayerStatistics made_up(int layer, std::int64_t tokens = 200) {
    const at::Tensor seen = at::randn({tokens, size}, at::kDouble);
    return {.layer = layer, .count = tokens, .second_moment = at::matmul(seen.t(), seen) / static_cast<double>(tokens)};
}

} // namespace

class TestFactorCache : public QObject {
    Q_OBJECT

  private slots:
    void init();
    void cleanup();
    void factors_come_back_as_they_were();
    void another_matrix_is_another_factor();
    void one_bit_more_is_another_factor();
    void spectra_come_back_as_they_were();
    void small_ones_are_not_kept();
    void damaged_files_are_made_again_data();
    void damaged_files_are_made_again();
    void folder_that_cannot_be_written();
    void oldest_go_first();
    void singular_moments_say_their_ridge();
    void condition_and_rank();

  private:
    [[nodiscard]] fs::path folder() const { return scratch_->filePath("factors").toStdString(); }
    [[nodiscard]] std::vector<fs::path> files() const {
        std::vector<fs::path> found;
        if (fs::exists(folder()))
            for (const auto& entry : fs::directory_iterator(folder()))
                found.push_back(entry.path());
        std::ranges::sort(found);
        return found;
    }
    [[nodiscard]] MetricStore store(const LayerStatistics& layer) const {
        MetricStore made;
        made.keep_in(folder(), 1);
        made.put(layer);
        return made;
    }
    std::optional<QTemporaryDir> scratch_;
    std::vector<std::string> log_;
};

void TestFactorCache::init() {
    scratch_.emplace();
    QVERIFY(scratch_->isValid());
    at::manual_seed(3);
    log_.clear();
    set_log_sink([this](LogLevel level, const std::string& line) {
        if (level >= LogLevel::Warning)
            log_.push_back(line);
    });
}

void TestFactorCache::cleanup() {
    set_log_sink({});
}

void TestFactorCache::factors_come_back_as_they_were() {
    const LayerStatistics layer = made_up(3);
    const MetricOptions options{.weight = 7, .ridge = 1e-3, .norm = 0.5};
    const Metric fresh = store(layer).metric(3, options);
    QCOMPARE(files().size(), std::size_t{1});
    const auto written = fs::last_write_time(files()[0]);
    const Metric kept = store(layer).metric(3, options);
    QCOMPARE(files().size(), std::size_t{1});
    QVERIFY(fs::last_write_time(files()[0]) >= written);
    QVERIFY(at::equal(kept.factor(), fresh.factor()));
    QCOMPARE(kept.factor().strides(), fresh.factor().strides());
    QCOMPARE(kept.ridge_added(), fresh.ridge_added());
    QCOMPARE(kept.weight(), fresh.weight());
    const at::Tensor keys = at::randn({size, 5}, at::kDouble);
    QVERIFY(at::equal(kept.whiten(keys), fresh.whiten(keys)));
    QVERIFY(at::equal(kept.unwhiten_rows(keys.t()), fresh.unwhiten_rows(keys.t())));
    // And as they are without a cache.
    MetricStore plain;
    plain.put(layer);
    QVERIFY(at::equal(plain.metric(3, options).whiten(keys), fresh.whiten(keys)));
    QVERIFY(log_.empty());
}

void TestFactorCache::another_matrix_is_another_factor() {
    const LayerStatistics layer = made_up(3);
    const Metric first = store(layer).metric(3, {.ridge = 1e-3});
    QVERIFY(!at::equal(store(layer).metric(3, {.ridge = 1e-2}).factor(), first.factor()));
    QVERIFY(!at::equal(store(layer).metric(3, {.ridge = 1e-3, .norm = 1}).factor(), first.factor()));
    QVERIFY(!at::equal(store(made_up(3)).metric(3, {.ridge = 1e-3}).factor(), first.factor()));
    QCOMPARE(files().size(), std::size_t{4});
    // The same matrix of another layer, or collected elsewhere, is the same matrix.
    LayerStatistics moved = layer;
    moved.layer = 8;
    QVERIFY(at::equal(store(moved).metric(8, {.ridge = 1e-3}).factor(), first.factor()));
    QCOMPARE(files().size(), std::size_t{4});
}

void TestFactorCache::one_bit_more_is_another_factor() {
    LayerStatistics layer = made_up(3);
    static_cast<void>(store(layer).metric(3, {}));
    layer.second_moment = layer.second_moment.clone();
    auto* last = layer.second_moment.data_ptr<double>() + size * size - 1;
    *last = std::nextafter(*last, 1e9);
    MetricStore changed = store(layer);
    QVERIFY(at::equal(changed.metric(3, {}).factor(), Metric::factor(layer.second_moment, 1, 0).factor()));
    QCOMPARE(files().size(), std::size_t{2});
}

void TestFactorCache::spectra_come_back_as_they_were() {
    const LayerStatistics layer = made_up(3);
    MetricStore first = store(layer);
    const Spectrum fresh = first.spectrum(3);
    MetricStore second = store(layer);
    QVERIFY(at::equal(second.spectrum(3).values, fresh.values));
    QVERIFY(at::equal(second.spectrum(3).vectors, fresh.vectors));
    // Eigenvalues alone are kept with it.
    MetricStore third = store(layer);
    QVERIFY(at::equal(third.eigenvalues(3), fresh.values));
    QCOMPARE(files().size(), std::size_t{2});
    // And without it.
    const LayerStatistics other = made_up(4);
    const at::Tensor values = store(other).eigenvalues(4).clone();
    QCOMPARE(files().size(), std::size_t{3});
    QVERIFY(at::equal(store(other).eigenvalues(4), values));
    QVERIFY(relative_difference(decompose(other.second_moment).values, values) < 1e-12);
    const Metric null_space = store(layer).metric(3, {.null_space = true, .threshold = 0.9});
    QVERIFY(null_space.dimensions() < size);
    QVERIFY(at::equal(null_space.whiten(at::eye(size, at::kDouble)),
                      Metric::null_space(fresh, 0.9).whiten(at::eye(size, at::kDouble))));
}

void TestFactorCache::small_ones_are_not_kept() {
    MetricStore usual;
    usual.keep_in(folder());
    usual.put(made_up(3));
    static_cast<void>(usual.metric(3, {}));
    static_cast<void>(usual.spectrum(3));
    QVERIFY(files().empty());
    QVERIFY(size < MetricStore::worth_keeping);
}

void TestFactorCache::damaged_files_are_made_again_data() {
    QTest::addColumn<QString>("damage");
    for (const char* damage : {"cut", "text", "empty", "one bit", "another key"})
        QTest::newRow(damage) << damage;
}

void TestFactorCache::damaged_files_are_made_again() {
    QFETCH(QString, damage);
    const LayerStatistics layer = made_up(3);
    const Metric fresh = store(layer).metric(3, {});
    QCOMPARE(files().size(), std::size_t{1});
    const fs::path file = files()[0];
    if (damage == "cut") {
        fs::resize_file(file, fs::file_size(file) - 9);
    } else if (damage == "text" || damage == "empty") {
        std::ofstream(file, std::ios::trunc) << (damage == "text" ? "not safetensors" : "");
    } else if (damage == "one bit") {
        std::fstream bytes(file, std::ios::in | std::ios::out | std::ios::binary);
        bytes.seekg(-16, std::ios::end);
        const char before = static_cast<char>(bytes.get());
        bytes.seekp(-16, std::ios::end);
        bytes.put(static_cast<char>(before ^ 1));
    } else {
        static_cast<void>(store(made_up(3)).metric(3, {}));
        const fs::path other = files()[0] == file ? files()[1] : files()[0];
        fs::copy_file(other, file, fs::copy_options::overwrite_existing);
        fs::remove(other);
    }
    QVERIFY(at::equal(store(layer).metric(3, {}).factor(), fresh.factor()));
    QCOMPARE(log_.size(), std::size_t{1});
    QVERIFY2(log_[0].find("computed again") != std::string::npos, log_[0].c_str());
    // It was written anew and is sound.
    log_.clear();
    QVERIFY(at::equal(store(layer).metric(3, {}).factor(), fresh.factor()));
    QVERIFY(log_.empty());
}

void TestFactorCache::folder_that_cannot_be_written() {
    MetricStore nowhere;
    nowhere.keep_in("/proc/nowhere", 1);
    const LayerStatistics layer = made_up(3);
    nowhere.put(layer);
    QVERIFY(at::equal(nowhere.metric(3, {}).factor(), Metric::factor(layer.second_moment, 1, 0).factor()));
    QCOMPARE(log_.size(), std::size_t{1});
    QVERIFY2(log_[0].find("not kept") != std::string::npos, log_[0].c_str());
}

void TestFactorCache::oldest_go_first() {
    const auto bytes = static_cast<std::uint64_t>(size * (size + 1) / 2 * 8);
    const FactorCache cache(folder(), 3 * bytes + 4096); // three of them, with headers
    std::vector<LayerStatistics> layers;
    std::vector<std::string> hashes;
    const auto keep = [&](int i) {
        layers.push_back(made_up(i));
        hashes.push_back(FactorCache::hash_of(layers.back().second_moment));
        cache.keep(hashes.back(), 0, 0, Metric::factor(layers.back().second_moment, 1, 0));
        // Writing within one tick of the file system's clock must not decide.
        for (const auto& file : files())
            fs::last_write_time(file, fs::last_write_time(file) - std::chrono::seconds(10));
    };
    for (int i = 0; i < 3; ++i)
        keep(i);
    QVERIFY(cache.factor(hashes[0], size, 0, 0)); // used just now
    keep(3);
    QCOMPARE(files().size(), std::size_t{3});
    QVERIFY(cache.factor(hashes[0], size, 0, 0));
    QVERIFY(!cache.factor(hashes[1], size, 0, 0));
    QVERIFY(cache.factor(hashes[2], size, 0, 0));
    QVERIFY(cache.factor(hashes[3], size, 0, 0));
    QVERIFY(log_.empty());
    // What alone is more than the bound is not kept, and drives nothing out.
    const FactorCache tiny(folder(), bytes - 1);
    const LayerStatistics more = made_up(9);
    tiny.keep(FactorCache::hash_of(more.second_moment), 0, 0, Metric::factor(more.second_moment, 1, 0));
    QCOMPARE(files().size(), std::size_t{3});
    QCOMPARE(log_.size(), std::size_t{1});
}

// Fewer tokens than dimensions: C has no inverse, the ridge that gives it one is named, also when read back.
void TestFactorCache::singular_moments_say_their_ridge() {
    const LayerStatistics thin = made_up(3, size / 4);
    const Metric fresh = store(thin).metric(3, {});
    QCOMPARE(fresh.warnings().size(), std::size_t{1});
    QVERIFY2(fresh.warnings()[0].find("singular") != std::string::npos, fresh.warnings()[0].c_str());
    QVERIFY(fresh.ridge_added() > 0);
    const Metric kept = store(thin).metric(3, {});
    QCOMPARE(kept.warnings(), fresh.warnings());
    QCOMPARE(kept.ridge_added(), fresh.ridge_added());
    // A ridge that is asked for is enough, and nothing needs to be said.
    const Metric asked = store(thin).metric(3, {.ridge = 1e-4});
    QVERIFY(asked.warnings().empty());
    const double mean = thin.second_moment.diagonal().mean().item<double>();
    QVERIFY(std::abs(asked.ridge_added() / (1e-4 * mean) - 1) < 1e-12);
}

void TestFactorCache::condition_and_rank() {
    const at::Tensor values = at::tensor({0.5, 1.0, 2.0, 4.0}, at::kDouble);
    QCOMPARE(condition_of(values), 8.0);
    QVERIFY(std::isinf(condition_of(at::tensor({0.0, 1.0, 2.0}, at::kDouble))));
    QVERIFY(std::isinf(condition_of(at::tensor({-1e-18, 1.0, 2.0}, at::kDouble))));
    QVERIFY(std::abs(effective_rank(at::ones({7}, at::kDouble)) - 7) < 1e-12);
    // Three equal directions and nothing else.
    QVERIFY(std::abs(effective_rank(at::tensor({0.0, 0.0, 2.0, 2.0, 2.0}, at::kDouble)) - 3) < 1e-12);
    MetricStore store = this->store(made_up(3, size / 4));
    QVERIFY(std::isinf(condition_of(store.eigenvalues(3))));
    QVERIFY(effective_rank(store.eigenvalues(3)) < size / 4.0);
}

QTEST_GUILESS_MAIN(TestFactorCache)
#include "test_factor_cache.moc"
