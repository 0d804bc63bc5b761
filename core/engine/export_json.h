// SPDX-License-Identifier: GPL-3.0-or-later
// What goes along with exported numbers: which model, which edits, how they were made. As JSON, and back.
#pragma once

#include "emend/export.h"
#include "engine/open_model.h"

#include <nlohmann/json.hpp>

#include <cstddef>
#include <string>
#include <vector>

namespace emend {

std::string program_version(); // "0.1.0"

// Indices of the batches that are in the weights at this position.
std::vector<std::size_t> active_batches(const OpenModel& open, std::size_t position);

// One object a batch: title, note, hash, requests, recipe (its files by name alone), layers with rank and norms.
nlohmann::json batches_json(const OpenModel& open, const std::vector<std::size_t>& batches);

// The contents of emend.json: format, version of the program, model by name and fingerprint, batches, and what the
// caller adds as "session". Throws Error when `provenance` is not a JSON object.
nlohmann::json provenance_json(const OpenModel& open, const ExportRequest& request, std::size_t position);

// JSON as text; bytes that are not UTF-8 are replaced.
std::string json_text(const nlohmann::json& json, int indent = -1);

// A batch as batches_json wrote it; without updates. Files that are not here are dropped from the recipe. Throws Error
// naming the field.
struct DescribedBatch {
    std::string title;
    std::string note;
    std::string hash;
    std::vector<EditRequest> requests;
    Recipe recipe;
};
DescribedBatch described_batch(const nlohmann::json& json, const Recipe& base, const std::string& where);

} // namespace emend
