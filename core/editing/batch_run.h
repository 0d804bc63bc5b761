// SPDX-License-Identifier: GPL-3.0-or-later
// One batch of edits that are solved together: values, then per layer keys, residual, closed form, write. Private to
// the editor.
#pragma once

#include "editing/editor.h"

#include <map>
#include <span>
#include <string>
#include <vector>

namespace emend {

class BatchRun {
  public:
    // recipe: as used, softness filled in. Everything must outlive the run.
    BatchRun(const EditTools& tools, const Recipe& recipe, const EditorOptions& options, EditBatchResult& result);

    // Edits [first_edit, …) of the whole run. Writes into the draft.
    void run(std::span<const PreparedEdit> edits, std::size_t first_edit, const JobContext& job);

  private:
    struct Batch {
        std::span<const PreparedEdit> edits;
        std::size_t first_edit;
        std::vector<std::size_t> units;    // of each edit; empty: every edit for itself
        std::map<int, at::Tensor> targets; // [d_v, n] by layer of the value
    };
    void fine_tune_layer(const Batch& batch, const JobContext& job);
    // Values at a layer, from the store or searched; sets targets and, for the last one, result_.values.
    void find_values(Batch& batch, int layer, const JobContext& job);
    void write_layer(const Batch& batch, std::size_t index, const JobContext& job);
    void keep_keys(const Batch& batch, const JobContext& job);
    [[nodiscard]] static at::Tensor per_unit(const Batch& batch, const at::Tensor& columns); // mean over each unit
    [[nodiscard]] Metric layer_metric(int layer) const;
    void report_conflicts(const Batch& batch, const Metric& metric, const at::Tensor& keys, const JobContext& job);
    void warn(const std::string& text);

    const EditTools& tools_;
    const Recipe& recipe_;
    const EditorOptions& options_;
    const AlgorithmInfo& algorithm_;
    const DistributionInfo& distribution_;
    std::vector<double> context_weights_;
    std::vector<double> layer_weights_;
    EditBatchResult& result_;
};

} // namespace emend
