// SPDX-License-Identifier: GPL-3.0-or-later
// emend-cli info: what a model is and what it takes to load it.
#include "program.h"
#include "report_json.h"
#include "report_text.h"

namespace emend::cli {

namespace {

void run_info(Program& program) {
    auto engine = program.make_engine_for_model();
    LoadOptions options = program.load;
    options.path = program.model_folder();
    const ModelInfo info = engine->inspect(options, program.job());
    program.check_stop();
    if (program.json)
        return program.print(to_json(info));
    print_heading(info.name);
    const bool fits = info.bytes_available == 0 || info.bytes_needed <= info.bytes_available; // 0: not known
    print_pairs({
        {"folder", info.path},
        {"family", info.family},
        {"layers", std::to_string(info.layers)},
        {"width", std::to_string(info.d_model) + ", MLP " + std::to_string(info.d_mlp)},
        {"heads",
         std::to_string(info.heads) +
             (info.kv_heads != info.heads ? ", " + std::to_string(info.kv_heads) + " for keys and values" : "")},
        {"vocabulary", std::to_string(info.vocab)},
        {"positions", std::to_string(info.positions)},
        {"parameters", std::to_string(info.parameters)},
        {"stored as", info.checkpoint_dtype + ", " + bytes_text(static_cast<double>(info.bytes_on_disk))},
        {"runs in", info.dtype + " on " + info.device},
        {"memory", bytes_text(static_cast<double>(info.bytes_needed)) + " needed, " +
                       bytes_text(static_cast<double>(info.bytes_available)) + " free" +
                       (fits ? "" : styled(" - too little", Style::bad))},
        {"edits", info.editable_matrix},
        {"fingerprint", info.fingerprint},
    });
}

} // namespace

void add_info(Program& program) {
    CLI::App* command =
        program.add_command("info", "What a model is, what it takes to load it", [&program] { run_info(program); });
    program.add_model(command);
    program.add_compute(command);
}

} // namespace emend::cli
