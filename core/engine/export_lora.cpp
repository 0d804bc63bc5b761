// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/export_lora.h"

#include "analysis/prediction.h"
#include "base/job_part.h"
#include "emend/error.h"
#include "engine/batch_solver.h"
#include "engine/export_json.h"
#include "engine/export_staging.h"
#include "storage/safetensors.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace emend {

using nlohmann::json;

namespace {

constexpr const char* weights_name = "adapter_model.safetensors";
constexpr const char* config_name = "adapter_config.json";
constexpr std::uint64_t bytes_of_the_rest = 1500; // headers and config, about

// One layer's part of the adapter.
struct Adapter {
    int layer = 0;
    int rank_needed = 0;
    at::Tensor a; // [r, in], F32
    at::Tensor b; // [out, r]
    double norm_lost = 0;
};

const Family& family_of(const OpenModel& open) {
    return find_family(open.folder->config());
}

// "h.3.mlp.c_proj": as PEFT asks for a module, from the right.
std::string module_name(const OpenModel& open, int layer) {
    return name_for_layer(family_of(open).names.mlp_down, layer);
}

// Of A or B as PEFT saves it. The model's class puts its prefix there whether the checkpoint has it or not.
std::string factor_name(const OpenModel& open, int layer, const char* factor) {
    return "base_model.model." + std::string(family_of(open).prefix) + module_name(open, layer) + "." + factor +
           ".weight";
}

// Where PEFT finds the base model: by its name on the hub, else where it is now.
std::string base_model_name(const OpenModel& open) {
    const std::string name = hub_name(open.info);
    return name.empty() ? open.info.path : name;
}

// The sum of the updates as U S V^T, from the small core between the factors' bases.
Adapter adapter_of(const std::vector<LayerUpdate>& updates, int largest_rank) {
    std::vector<at::Tensor> lefts;
    std::vector<at::Tensor> rights;
    for (const LayerUpdate& update : updates) {
        lefts.push_back(update.left);
        rights.push_back(update.right);
    }
    at::Tensor left = at::cat(lefts, 1);
    at::Tensor right = at::cat(rights, 0);
    const at::Tensor whole = left.matmul(right);
    if (left.size(1) > left.size(0)) { // more updates than rows: the sum is the smaller one
        right = whole;
        left = at::eye(whole.size(0), at::kDouble);
    }
    const auto [left_basis, left_core] = at::linalg_qr(left);
    const auto [right_basis, right_core] = at::linalg_qr(right.t());
    const auto [u, s, vt] = at::linalg_svd(left_core.matmul(right_core.t()), /*full_matrices=*/false);

    const double dust = s[0].item<double>() * std::numeric_limits<double>::epsilon() *
                        static_cast<double>(std::max(left.size(0), right.size(1)));
    Adapter adapter;
    adapter.layer = updates.front().layer;
    adapter.rank_needed = std::max(1, (s > dust).sum().item<int>());
    const std::int64_t rank = largest_rank > 0 ? std::min(largest_rank, adapter.rank_needed) : adapter.rank_needed;
    const at::Tensor root = s.narrow(0, 0, rank).sqrt();
    adapter.b = (left_basis.matmul(u.narrow(1, 0, rank)) * root).to(at::kFloat).contiguous();
    adapter.a = (root.unsqueeze(1) * vt.narrow(0, 0, rank).matmul(right_basis.t())).to(at::kFloat).contiguous();
    const double norm = whole.norm().item<double>();
    const at::Tensor rest = whole - adapter.b.to(at::kDouble).matmul(adapter.a.to(at::kDouble));
    adapter.norm_lost = norm > 0 ? rest.norm().item<double>() / norm : 0;
    return adapter;
}

json config_of(const OpenModel& open, const std::vector<Adapter>& adapters) {
    std::int64_t largest = 0;
    for (const Adapter& adapter : adapters)
        largest = std::max(largest, adapter.a.size(0));
    json modules = json::array();
    json ranks = json::object(); // of layers that need another one; alpha likewise, so that the scaling is 1 everywhere
    for (const Adapter& adapter : adapters) {
        const std::string module = module_name(open, adapter.layer);
        modules.push_back(module);
        if (adapter.a.size(0) != largest)
            ranks[module] = adapter.a.size(0);
    }
    return {{"peft_type", "LORA"},
            {"task_type", "CAUSAL_LM"},
            {"auto_mapping", nullptr},
            {"base_model_name_or_path", base_model_name(open)},
            {"revision", nullptr},
            {"inference_mode", true},
            {"r", largest},
            {"lora_alpha", largest},
            {"lora_dropout", 0.0},
            {"target_modules", std::move(modules)},
            {"rank_pattern", ranks},
            {"alpha_pattern", ranks},
            {"fan_in_fan_out", family_of(open).conv1d},
            {"bias", "none"},
            {"init_lora_weights", true},
            {"layers_to_transform", nullptr},
            {"layers_pattern", nullptr},
            {"modules_to_save", nullptr}};
}

double share_held(const ExportJob& job, const JobContext& context) {
    std::vector<PredictionQuery> queries;
    for (const std::size_t index : job.batches)
        for (const EditRequest& request : requests_of(*job.open.entries[index].report))
            queries.push_back(query_of(request));
    const auto answers = predict(job.open.decoder, job.open.tokenizer, queries, 0, context);
    const auto held = std::ranges::count_if(answers, &Prediction::says_new);
    return answers.empty() ? 1 : static_cast<double>(held) / static_cast<double>(answers.size());
}

// What the edits say with the whole updates, and with those of the adapter.
void ask_edits(const ExportJob& job, const std::vector<Adapter>& adapters, ExportReport& report,
               const JobContext& context) {
    const auto start = std::chrono::steady_clock::now();
    {
        const AtPosition exported(job.open.ledger, job.position);
        report.held_before = share_held(job, part_of(context, 0, 0.5, start));
    }
    Ledger::Draft adapted(job.open.ledger, 0); // dropped: the weights come back bit by bit
    for (const Adapter& adapter : adapters)
        adapted.add({.layer = adapter.layer, .left = adapter.b, .right = adapter.a});
    report.held_after = share_held(job, part_of(context, 0.5, 1, start));
}

void compare_with_file(const OpenModel& open, const std::vector<Adapter>& adapters, const std::filesystem::path& path) {
    const SafetensorsFile file = SafetensorsFile::open(path);
    for (const Adapter& adapter : adapters) {
        const auto same = [&](const char* name, const at::Tensor& factor) {
            const TensorView& view = file.at(factor_name(open, adapter.layer, name));
            return view.shape == factor.sizes().vec() &&
                   std::memcmp(view.data, factor.data_ptr(), factor.nbytes()) == 0;
        };
        if (!same("lora_A", adapter.a) || !same("lora_B", adapter.b))
            throw Error("what was written is not what can be read",
                        path.string() + ", layer " + std::to_string(adapter.layer), "the disk may be faulty");
    }
}

void add_warnings(const std::vector<Adapter>& adapters, std::vector<std::string>& warnings) {
    bool alike = true;
    for (const Adapter& adapter : adapters) {
        alike = alike && adapter.a.size(0) == adapters.front().a.size(0);
        if (adapter.a.size(0) < adapter.rank_needed) {
            std::array<char, 160> text{};
            std::snprintf(text.data(), text.size(), "layer %d: cut from rank %d to %d, which loses %.2g %% of the norm",
                          adapter.layer, adapter.rank_needed, static_cast<int>(adapter.a.size(0)),
                          100 * adapter.norm_lost);
            warnings.emplace_back(text.data());
        }
    }
    if (!alike)
        warnings.emplace_back("the layers have different ranks: a loader has to know rank_pattern and alpha_pattern");
}

} // namespace

void plan_lora(const ExportJob& job, ExportPlan& plan) {
    if (job.layers.empty())
        throw Error("nothing is edited: there is no change to write", {}, "apply an edit first");
    if (job.request.rank < 0)
        throw Error("the rank must be 0 or more", "rank", "0 takes what is needed");
    check_folder_place(job);
    std::uint64_t bytes = bytes_of_the_rest;
    for (const ExportPlan::Layer& layer : plan.layers) {
        const int rank = job.request.rank > 0 ? std::min(job.request.rank, layer.rank) : layer.rank;
        bytes += static_cast<std::uint64_t>(rank) *
                 static_cast<std::uint64_t>(job.open.info.d_model + job.open.info.d_mlp) * sizeof(float);
    }
    plan.files = {{.name = config_name, .bytes = bytes_of_the_rest, .sha256 = {}, .origin = "new"},
                  {.name = weights_name, .bytes = bytes, .sha256 = {}, .origin = "new"},
                  {.name = provenance_name, .bytes = provenance_text(job).size(), .sha256 = {}, .origin = "new"}};
}

void write_lora(const ExportJob& job, ExportReport& report, const JobContext& context) {
    const auto start = std::chrono::steady_clock::now();
    std::vector<Adapter> adapters;
    bool cut = false;
    for (const int layer : job.layers) {
        context.check();
        context.report({.phase = "layer " + std::to_string(layer),
                        .fraction = 0.5 * static_cast<double>(adapters.size()) / static_cast<double>(job.layers.size()),
                        .seconds_left = -1,
                        .detail = {}});
        adapters.push_back(adapter_of(updates_of(job, layer), job.request.rank));
        const Adapter& adapter = adapters.back();
        cut = cut || adapter.a.size(0) < adapter.rank_needed;
        report.layers.push_back({.layer = layer,
                                 .rank_needed = adapter.rank_needed,
                                 .rank = static_cast<int>(adapter.a.size(0)),
                                 .norm_lost = adapter.norm_lost});
    }
    if (cut)
        ask_edits(job, adapters, report, part_of(context, 0.5, 0.9, start));

    ExportStaging staging(job.out);
    SafetensorsWriter writer;
    for (const Adapter& adapter : adapters) {
        writer.add(factor_name(job.open, adapter.layer, "lora_A"), DType::F32, adapter.a.sizes().vec(),
                   adapter.a.data_ptr());
        writer.add(factor_name(job.open, adapter.layer, "lora_B"), DType::F32, adapter.b.sizes().vec(),
                   adapter.b.data_ptr());
    }
    writer.set_metadata("format", "pt"); // PEFT asks for it
    context.report({.phase = "writing", .fraction = 0.9, .seconds_left = -1, .detail = {}});
    context.check();
    staging.fill([&] { writer.write(staging.folder() / weights_name); });
    staging.write(config_name, json_text(config_of(job.open, adapters), 2) + "\n");
    staging.write(provenance_name, provenance_text(job));
    staging.sync();
    if (job.request.verify) {
        compare_with_file(job.open, adapters, staging.folder() / weights_name);
        report.verified = true;
    }
    for (const char* name : {config_name, weights_name, provenance_name}) {
        const auto file = staging.folder() / name;
        report.files.push_back({.name = name,
                                .bytes = std::filesystem::file_size(file),
                                .sha256 = file_sha256(file, context, [](std::uint64_t) {}),
                                .origin = "new"});
        report.bytes += report.files.back().bytes;
    }
    add_warnings(adapters, report.warnings);
    context.check();
    if (std::string warning = staging.commit(job.request.force); !warning.empty())
        report.warnings.push_back(std::move(warning));
}

} // namespace emend
