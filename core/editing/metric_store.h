// SPDX-License-Identifier: GPL-3.0-or-later
// Statistics of one model in use, with what is made from them once and kept: factors and spectra. Belongs to one
// thread.
#pragma once

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

class MetricStore {
  public:
    // Replaces a layer's statistics when it is there already.
    void put(LayerStatistics statistics);
    [[nodiscard]] bool has(int layer) const { return statistics_.contains(layer); }
    [[nodiscard]] const LayerStatistics& statistics(int layer) const; // throws Error when it is not there
    // Made on the first call per layer and options; without a norm another weight costs nothing.
    [[nodiscard]] Metric metric(int layer, const MetricOptions& options);
    // Of C; decomposed on the first call per layer.
    [[nodiscard]] const Spectrum& spectrum(int layer);
    void clear();

  private:
    struct Made {
        std::tuple<double, double, bool, double> of; // ridge, norm / weight, null space, threshold
        Metric metric;                               // of weight 1
    };
    std::map<int, LayerStatistics> statistics_;
    std::map<int, Made> made_;
    std::map<int, Spectrum> spectra_;
};

} // namespace emend
