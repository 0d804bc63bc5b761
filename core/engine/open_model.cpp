// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/open_model.h"

#include "base/log.h"
#include "emend/error.h"
#include "emend/paths.h"
#include "model/fingerprint.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <fstream>
#include <thread>

namespace emend {

namespace {

at::ScalarType parse_dtype(const std::string& name) {
    if (name == "float32")
        return at::kFloat;
    if (name == "float64")
        return at::kDouble;
    if (name == "bfloat16")
        return at::kBFloat16;
    if (name == "float16")
        return at::kHalf;
    throw Error("the precision \"" + name + "\" is not known", "dtype",
                "known: auto, float32, float64, bfloat16, float16");
}

std::string dtype_text(at::ScalarType dtype) {
    return dtype == at::kDouble     ? "float64"
           : dtype == at::kBFloat16 ? "bfloat16"
           : dtype == at::kHalf     ? "float16"
                                    : "float32";
}

std::string dtype_text(DType dtype) {
    switch (dtype) {
    case DType::F64:
        return "float64";
    case DType::F16:
        return "float16";
    case DType::BF16:
        return "bfloat16";
    default:
        return "float32";
    }
}

at::Device parse_device(const std::string& name) {
    if (name == "cpu")
        return at::kCPU;
    int index = 0;
    bool sound = name == "cuda";
    if (name.starts_with("cuda:")) {
        const char* end = name.data() + name.size();
        const auto [rest, fault] = std::from_chars(name.data() + 5, end, index);
        sound = fault == std::errc() && rest == end && index >= 0;
    }
    if (!sound)
        throw Error("the device \"" + name + "\" is not known", "device", "known: cpu, cuda, cuda:N");
    if (!at::hasCUDA())
        throw Error("this machine, or this build of LibTorch, has no CUDA device", "device " + name,
                    "use --device cpu");
    const auto count = static_cast<int>(at::getNumGPUs());
    if (index >= count)
        throw Error("there is no CUDA device " + std::to_string(index), "device " + name,
                    "devices here: 0 to " + std::to_string(count - 1));
    return at::Device(at::kCUDA, static_cast<c10::DeviceIndex>(index));
}

// Bytes a new program can get, from the kernel; 0 when it does not say.
std::uint64_t memory_available() {
    std::ifstream file("/proc/meminfo");
    std::string key;
    std::uint64_t kilobytes = 0;
    std::string unit;
    while (file >> key >> kilobytes >> unit)
        if (key == "MemAvailable:")
            return kilobytes * 1024;
    return 0;
}

// What OMP_NUM_THREADS says, as everywhere in the field; else one per core.
int default_threads() {
    const char* asked = std::getenv("OMP_NUM_THREADS");
    const int threads = asked ? std::atoi(asked) : 0;
    return threads > 0 ? threads : static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
}

struct Plan {
    std::shared_ptr<const ModelFolder> folder;
    const Family* family = nullptr;
    ModelConfig config;
    at::ScalarType dtype = at::kFloat;
    at::Device device = at::kCPU;
    ModelInfo info;
};

// Weights, one layer's matrix and its statistics in float64 (C and its factor), and the states of one edit's texts.
std::uint64_t estimate_bytes(const Plan& plan) {
    const auto of = [](std::int64_t count, std::uint64_t size) { return static_cast<std::uint64_t>(count) * size; };
    const std::uint64_t element = at::elementSize(plan.dtype);
    const std::int64_t d = plan.config.d_model;
    const std::int64_t d_mlp = plan.config.d_mlp;
    constexpr std::int64_t tokens_of_an_edit = 21 * 32;
    const std::int64_t states_per_token =
        plan.config.layers * (10 * d + 3 * d_mlp) + 2 * std::int64_t{plan.config.vocab};
    return of(plan.info.parameters, element) + of(d * d_mlp, 3 * sizeof(double)) +
           of(d_mlp * d_mlp, 2 * sizeof(double)) + of(tokens_of_an_edit * states_per_token, element);
}

Plan make_plan(const LoadOptions& options, const JobContext& job) {
    Plan plan;
    plan.folder = std::make_shared<const ModelFolder>(ModelFolder::open(options.path));
    plan.family = &find_family(plan.folder->config());
    plan.config = plan.family->read_config(plan.folder->config());
    plan.device = parse_device(options.device);
    const WeightList list = list_weights(*plan.folder, plan.config, *plan.family);
    const std::string checkpoint_dtype = dtype_text(plan.folder->tensor(list.weights.front().name).dtype);
    if (options.dtype != "auto")
        plan.dtype = parse_dtype(options.dtype);
    else
        plan.dtype = plan.device.is_cpu() ? at::kFloat : parse_dtype(checkpoint_dtype);
    if (plan.device.is_cpu() && plan.dtype == at::kHalf)
        throw Error("the processor cannot compute in float16", "dtype float16", "use float32 or bfloat16");

    ModelInfo& info = plan.info;
    info.path = std::filesystem::weakly_canonical(plan.folder->path()).string();
    info.name = std::filesystem::path(info.path).filename().string();
    info.family = plan.config.family;
    info.layers = plan.config.layers;
    info.d_model = plan.config.d_model;
    info.d_mlp = plan.config.d_mlp;
    info.heads = plan.config.heads;
    info.kv_heads = plan.config.kv_heads;
    info.vocab = plan.config.vocab;
    info.positions = plan.config.positions;
    for (const WeightSpec& spec : list.weights)
        info.parameters += static_cast<std::int64_t>(plan.folder->tensor(spec.name).elements());
    info.checkpoint_dtype = checkpoint_dtype;
    info.dtype = dtype_text(plan.dtype);
    info.device = options.device;
    info.bytes_on_disk = plan.folder->total_bytes();
    info.bytes_needed = estimate_bytes(plan);
    info.bytes_available = plan.device.is_cpu() ? memory_available() : 0;
    info.fingerprint = model_fingerprint(*plan.folder, plan.config, *plan.family, job);
    info.editable_matrix = list.prefix + std::string(plan.family->names.mlp_down) + ".weight";
    return plan;
}

// Empty when there is no cache: nothing then outlives the program.
std::string values_file() {
    try {
        return (std::filesystem::path(cache_dir()) / "values.sqlite").string();
    } catch (const Error& error) {
        log_warning("values are kept in memory only: " + std::string(error.what()));
        return {};
    }
}

} // namespace

ModelInfo inspect_model(const LoadOptions& options, const JobContext& job) {
    return make_plan(options, job).info;
}

void OpenModel::keep_only(const std::vector<std::uint64_t>& batch_ids) {
    kept.keep_only(batch_ids);
    std::erase_if(searched,
                  [&](const auto& batch) { return std::ranges::find(batch_ids, batch.first) == batch_ids.end(); });
}

std::unique_ptr<OpenModel> open_model(const LoadOptions& options, const JobContext& job) {
    job.report({.phase = "reading", .fraction = 0, .seconds_left = -1, .detail = options.path});
    Plan plan = make_plan(options, job);
    if (plan.info.bytes_available > 0 && plan.info.bytes_needed > plan.info.bytes_available) {
        const auto gigabytes = [](std::uint64_t bytes) {
            const std::string text = std::to_string(static_cast<double>(bytes) / 1e9);
            return text.substr(0, text.find('.') + 2) + " GB";
        };
        throw Error("the model needs about " + gigabytes(plan.info.bytes_needed) + " and " +
                        gigabytes(plan.info.bytes_available) + " are free",
                    plan.info.path,
                    "close other programs or open it in a smaller precision (now: " + plan.info.dtype + ")");
    }
    // LibTorch 1.13 takes one thread on some machines unless told otherwise.
    at::set_num_threads(options.threads > 0 ? options.threads : default_threads());

    Tokenizer tokenizer = Tokenizer::load(plan.folder->path());
    if (tokenizer.vocab_size() > plan.config.vocab)
        throw Error("the tokenizer has " + std::to_string(tokenizer.vocab_size()) + " tokens, the model only " +
                        std::to_string(plan.config.vocab),
                    plan.info.path, "the tokenizer's files belong to another model");
    Weights weights = Weights::load(plan.folder, plan.config, *plan.family, plan.dtype, plan.device, job);
    return std::make_unique<OpenModel>(plan.folder, std::move(plan.info), Decoder(plan.config, std::move(weights)),
                                       std::move(tokenizer), values_file());
}

} // namespace emend
