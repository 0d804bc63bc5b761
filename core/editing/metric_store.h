// SPDX-License-Identifier: GPL-3.0-or-later
// Statistics of one model in use, with what is made from them once and kept: factors and spectra, in memory and, when
// they are large and a folder is given, on disk. Belongs to one thread.
#pragma once

#include "editing/factor_cache.h"
#include "editing/metric.h"
#include "editing/statistics.h"

#include <map>
#include <tuple>

namespace emend {

// What an algorithm asks of the statistics (METHOD.md section 1).
struct MetricOptions {
    double weight = 1;       // of C
    double ridge = 0;        // added to C, times its mean diagonal
    double norm = 0;         // added to the weighted C: what |D|^2 costs
    bool null_space = false; // M = I where C's eigenvalues are below `threshold`
    double threshold = 0;
};

// Eigenvalues of C are computed for reports up to this d_k; beyond, they take minutes.
inline constexpr std::int64_t exact_spectrum_up_to = 4096;

// Largest over smallest of C's eigenvalues (ascending); infinite when the smallest is lost in the rounding of the
// largest.
double condition_of(const at::Tensor& eigenvalues);

class MetricStore {
  public:
    // Smaller factors are computed in less time than they are read.
    static constexpr std::int64_t worth_keeping = 512;

    // Also keeps what is large in this folder, and finds it there; empty: in memory alone, as from the start.
    void keep_in(std::filesystem::path folder, std::int64_t smallest = worth_keeping);

    // Replaces a layer's statistics when it is there already.
    void put(LayerStatistics statistics);
    [[nodiscard]] bool has(int layer) const { return statistics_.contains(layer); }
    [[nodiscard]] const LayerStatistics& statistics(int layer) const; // throws Error when it is not there
    // Made on the first call per layer and options; without a norm another weight costs nothing.
    [[nodiscard]] Metric metric(int layer, const MetricOptions& options);
    // Of C; decomposed on the first call per layer.
    [[nodiscard]] const Spectrum& spectrum(int layer);
    // Of C, ascending [d_k]; without the vectors, in a fraction of the time.
    [[nodiscard]] const at::Tensor& eigenvalues(int layer);
    void clear();

  private:
    struct Made {
        std::tuple<double, double, bool, double> of; // ridge, norm / weight, null space, threshold
        Metric metric;                               // of weight 1
    };
    [[nodiscard]] bool is_kept(int layer) const;
    const std::string& hash(int layer);
    Metric factored(int layer, double ridge, double norm);
    void forget(int layer);

    FactorCache cache_;
    std::int64_t smallest_ = worth_keeping;
    std::map<int, LayerStatistics> statistics_;
    std::map<int, std::string> hashes_; // of the second moments, for the cache
    std::map<int, Made> made_;
    std::map<int, Spectrum> spectra_;
    std::map<int, at::Tensor> eigenvalues_;
};

} // namespace emend
