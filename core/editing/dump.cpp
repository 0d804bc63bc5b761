// SPDX-License-Identifier: GPL-3.0-or-later
// The tensors of an edit as a file (CLI.md).
#include "editing/editor.h"
#include "storage/safetensors.h"

#include <map>

namespace emend {

void write_dump(const std::filesystem::path& path, const EditBatchResult& result) {
    std::map<std::string, std::vector<at::Tensor>> parts; // joined along the edits
    std::map<std::string, at::Tensor> tensors;
    for (std::size_t i = 0; i < result.values.size(); ++i) {
        const ValueResult& value = result.values[i];
        if (value.target.defined()) // fine-tuning has none
            parts["targets"].push_back(value.target.unsqueeze(1));
        tensors["loss." + std::to_string(i)] = at::tensor(value.loss, at::kDouble);
    }
    for (const LayerStep& step : result.steps) {
        const std::string layer = std::to_string(step.layer);
        if (step.keys.defined()) {
            parts["keys." + layer].push_back(step.keys);
            parts["residual." + layer].push_back(step.residual);
        }
        if (step.bare_keys.defined())
            parts["bare_keys." + layer].push_back(step.bare_keys);
        if (step.targets.defined())
            parts["targets." + layer].push_back(step.targets);
        at::Tensor& delta = tensors["delta." + layer];
        const at::Tensor update = step.solution.left.matmul(step.solution.right);
        delta = delta.defined() ? delta + update : update;
    }
    for (const auto& [name, columns] : parts)
        tensors[name] = at::cat(columns, 1);

    SafetensorsWriter writer;
    for (auto& [name, tensor] : tensors) {
        tensor = tensor.contiguous();
        writer.add(name, DType::F64, tensor.sizes().vec(), tensor.data_ptr());
    }
    writer.set_metadata("algorithm", result.recipe.algorithm);
    writer.write(path);
}

} // namespace emend
