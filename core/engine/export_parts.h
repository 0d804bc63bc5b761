// SPDX-License-Identifier: GPL-3.0-or-later
// What the three formats have in common: which batches and layers go out, where to, and what stands in the way.
#pragma once

#include "emend/export.h"
#include "engine/open_model.h"

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

namespace emend {

struct ExportJob {
    OpenModel& open;
    const ExportRequest& request;
    std::filesystem::path out; // absolute, without dots and a slash at the end
    std::size_t position = 0;
    std::vector<std::size_t> batches; // in the weights at the position
    std::vector<int> layers;          // that they write, ascending
};
// Throws Error when there is no such position.
ExportJob export_job(OpenModel& open, const ExportRequest& request);

// "gpt2", "org/model" when the model lies in the hub's cache; empty: not known.
std::string hub_name(const ModelInfo& model);

// All updates of a layer that go out, in the order of writing.
std::vector<LayerUpdate> updates_of(const ExportJob& job, int layer);

// "emend.json", as it is written beside weights and adapters.
inline constexpr const char* provenance_name = "emend.json";
std::string provenance_text(const ExportJob& job);

// Throws Error where nothing may be written, whatever is there: no name, the model's own folder, no folder to put it
// in.
void check_target(const ExportJob& job, const std::filesystem::path& target);
// And where the folder `out` may not be: in something else's place, or over the model.
void check_folder_place(const ExportJob& job);

// SHA-256 of a file, read in pieces; tells the bytes.
std::string file_sha256(const std::filesystem::path& path, const JobContext& job,
                        const std::function<void(std::uint64_t)>& moved);

} // namespace emend
