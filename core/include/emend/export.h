// SPDX-License-Identifier: GPL-3.0-or-later
// Edits on their way out: a whole model folder, the low-rank change alone, or an adapter that others load. Plain
// values; the Engine does the work. The user's checkpoint is only ever read.
#pragma once

#include "emend/report.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace emend {

enum class ExportFormat {
    folder, // a Hugging Face folder with the edited matrices in the checkpoint's own precision
    delta,  // one safetensors file of low-rank factors, exact (docs in core/engine/README.md)
    lora    // a PEFT folder: adapter_config.json, adapter_model.safetensors
};
std::string_view to_text(ExportFormat format);
ExportFormat export_format_from(std::string_view text); // throws Error naming the three

struct ExportRequest {
    ExportFormat format = ExportFormat::folder;
    std::string out;        // folder; for delta a file, or a folder that gets delta.safetensors
    LedgerPosition at;      // as now
    int rank = 0;           // lora: largest rank of a layer; 0: what is needed
    bool force = false;     // an existing folder or file of the same kind is replaced, once the new one is whole
    bool verify = true;     // read back and compared with the live model
    std::string provenance; // JSON object that goes into emend.json and the metadata as "session"; may be empty
};

struct ExportFile {
    std::string name; // below `out`
    std::uint64_t bytes = 0;
    std::string sha256; // empty in a plan
    std::string origin; // "rewritten", "copied", "reflinked", "new"
};

// What an export would write, from headers alone.
struct ExportPlan {
    std::vector<ExportFile> files;
    std::uint64_t bytes = 0;
    std::uint64_t bytes_free = 0; // where it goes; 0: not known
    double seconds_estimate = -1; // -1: not known
    struct Layer {
        int layer = 0;
        int rank = 0; // of all updates together
    };
    std::vector<Layer> layers;         // that are edited; empty: there is nothing to take along
    std::vector<std::string> warnings; // "nothing is edited: the folder would be a copy"
    std::string problem, hint;         // why it cannot be done as asked; empty when it can
};

struct ExportReport {
    ExportFormat format = ExportFormat::folder;
    std::string out;
    std::vector<ExportFile> files;
    std::uint64_t bytes = 0;
    bool verified = false; // read back and equal: bits for folder and delta, the factors' product for lora
    struct Layer {
        int layer = 0;
        int rank_needed = 0;
        int rank = 0;
        double norm_lost = 0; // |D - B A| / |D|
    };
    std::vector<Layer> layers;
    // lora with a smaller rank: share of the active edits whose new object the model says, with the whole update and
    // with the truncated one. Unset where nothing was cut.
    std::optional<double> held_before, held_after;
    std::vector<std::string> warnings;
    double seconds = 0;
};

} // namespace emend
