// SPDX-License-Identifier: GPL-3.0-or-later
// Applied batches taken apart, so that another softness costs a product instead of a solve. Bounded: when they take too
// much memory the oldest go, and come back by solving again with the kept values.
#pragma once

#include "editing/editor.h"
#include "editing/layer_report.h"
#include "emend/report.h"

#include <cstdint>
#include <map>
#include <vector>

namespace emend {

struct KeptStep {
    int layer = 0;
    double alpha = 0; // added to every softness: EMMET's stabiliser, where it applied
    double share = 1; // of the whole residual, what the layer was asked for
    Decomposition system;
};

struct KeptBatch {
    std::vector<KeptStep> steps;
    std::map<int, Metric> metrics; // by layer, where a layer was solved several times
    bool with_statistics = false;  // preservation means something
    bool own_values = false;       // each layer has a residual of its own
    // By layer: of what the formula had it take away of the residual when it was solved, how much was gone when the
    // next layer read it again. 1 where that is not known.
    std::map<int, double> reach;

    [[nodiscard]] bool known() const;
    [[nodiscard]] std::uint64_t bytes() const;
    [[nodiscard]] std::vector<LayerUpdate> updates(double softness) const;
    // How the layers stand with this softness; weight norms and the like from how they stood before.
    [[nodiscard]] std::vector<LayerReport> layers(double softness, const std::vector<LayerReport>& before) const;
    // LayerReport::residual_share with this softness, by layer. The residuals are those of the solve, as in the
    // updates.
    [[nodiscard]] std::map<int, double> shares(double softness) const;
    // Softness from 0 over what matters for these systems, and `also` (ascending and without doubles). Where a layer
    // was solved several times, on the weights of the solves before, its points are those of the sum of the updates, as
    // in LayerReport: exact at the softness of the solve, close elsewhere.
    [[nodiscard]] Frontier frontier(const std::vector<double>& also) const;
};

// The metrics must be those of the solve; empty when the recipe goes without statistics.
KeptBatch keep_batch(const EditBatchResult& result, std::map<int, Metric> metrics);

class KeptBatches {
  public:
    void put(std::uint64_t batch_id, KeptBatch batch);
    [[nodiscard]] const KeptBatch* find(std::uint64_t batch_id) const;
    void keep_only(const std::vector<std::uint64_t>& batch_ids);

  private:
    std::map<std::uint64_t, KeptBatch> batches_;
};

} // namespace emend
