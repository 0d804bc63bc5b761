// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/export_folder.h"

#include "base/hash.h"
#include "base/job_part.h"
#include "emend/error.h"
#include "engine/export_card.h"
#include "engine/export_staging.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <set>

namespace emend {

namespace fs = std::filesystem;

namespace {

struct FolderFile {
    std::string name;
    fs::path source; // links followed
    std::uint64_t bytes = 0;
    std::vector<int> layers; // whose matrices are in it and edited, in the order of their bytes
};

struct FolderList {
    std::vector<FolderFile> files;     // by name
    std::vector<std::string> left_out; // of the model's folder
};

// Weights in other formats would contradict the edited ones; pickles can run code.
bool is_other_weights(const std::string& name) {
    constexpr std::array endings{".safetensors", ".bin", ".pt",   ".pth",   ".ckpt",      ".pkl",
                                 ".h5",          ".ot",  ".onnx", ".gguf",  ".msgpack",   ".bin.index.json",
                                 ".part",        ".npz", ".lock", ".index", ".incomplete"};
    return std::ranges::any_of(endings, [&](const char* ending) { return name.ends_with(ending); });
}

const TensorView& stored_matrix(const ExportJob& job, int layer) {
    return job.open.folder->tensor(job.open.decoder.weights().down_name(layer));
}

std::uint64_t offset_of(const TensorView& view) {
    return static_cast<std::uint64_t>(view.data - view.file->data());
}

FolderList list_files(const ExportJob& job) {
    const ModelFolder& folder = *job.open.folder;
    FolderList list;
    std::set<std::string> shards;
    for (const SafetensorsFile& shard : folder.shards()) {
        FolderFile file{.name = shard.path().filename().string(),
                        .source = fs::canonical(shard.path()),
                        .bytes = fs::file_size(shard.path()),
                        .layers = {}};
        for (const int layer : job.layers)
            if (shard.contains(job.open.decoder.weights().down_name(layer)))
                file.layers.push_back(layer);
        std::ranges::sort(file.layers, {}, [&](int layer) { return offset_of(stored_matrix(job, layer)); });
        shards.insert(file.name);
        list.files.push_back(std::move(file));
    }
    const bool sharded = !shards.contains("model.safetensors");
    for (const fs::directory_entry& entry : fs::directory_iterator(folder.path())) {
        const std::string name = entry.path().filename().string();
        const bool made_anew = name == provenance_name || (name == card_name && !job.layers.empty());
        if (shards.contains(name) || name.starts_with('.') || made_anew)
            continue;
        std::error_code dangling;
        const bool index = name == "model.safetensors.index.json";
        if (!entry.is_regular_file(dangling) || (index ? !sharded : is_other_weights(name))) {
            list.left_out.push_back(name);
            continue;
        }
        list.files.push_back(
            {.name = name, .source = fs::canonical(entry.path()), .bytes = entry.file_size(), .layers = {}});
    }
    std::ranges::sort(list.files, {}, &FolderFile::name);
    std::ranges::sort(list.left_out);
    return list;
}

void warn_left_out(const FolderList& list, std::vector<std::string>& warnings) {
    std::string names;
    for (const std::string& name : list.left_out)
        names += (names.empty() ? "" : ", ") + name;
    if (!names.empty())
        warnings.push_back("left out: " + names);
}

// A layer's matrix as the checkpoint would store it.
struct StoredMatrix {
    at::Tensor tensor;
    double rounding = 0; // what the precision loses, relative to the update
};

StoredMatrix matrix_for(const ExportJob& job, int layer) {
    const Weights& weights = job.open.decoder.weights();
    const at::Tensor sum = job.open.ledger.exact_down(layer, job.position);
    const at::ScalarType dtype = scalar_type(stored_matrix(job, layer).dtype);
    const at::Tensor rounded = sum.to(dtype);
    const at::Tensor read_back = rounded.to(at::kDouble);
    if (!at::isfinite(read_back).all().item<bool>())
        throw Error("the edited matrix does not fit the precision of the checkpoint (" +
                        std::string(dtype_name(stored_matrix(job, layer).dtype)) + ")",
                    "layer " + std::to_string(layer), "a larger softness makes smaller updates");
    const double update = (sum - weights.original_down(layer)).norm().item<double>();
    return {.tensor = (weights.conv1d() ? rounded.t() : rounded).contiguous(),
            .rounding = update > 0 ? (read_back - sum).norm().item<double>() / update : 0};
}

std::string hash_of(const void* data, std::size_t bytes) {
    Xxh3 hash;
    hash.update(data, bytes);
    return hash.hex();
}

std::string percent(double share) {
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.2g %%", 100 * share);
    return text.data();
}

// Bytes done of a known whole, told now and then.
class Counter {
  public:
    Counter(const JobContext& job, std::string phase, std::uint64_t all)
        : job_(job)
        , phase_(std::move(phase))
        , all_(all) {}
    void start(const std::string& file) {
        file_ = file;
        move(0);
    }
    void move(std::uint64_t bytes) {
        job_.check();
        done_ += bytes;
        const double fraction = all_ > 0 ? static_cast<double>(done_) / static_cast<double>(all_) : 0;
        job_.report({.phase = phase_,
                     .fraction = std::min(1.0, fraction),
                     .seconds_left = -1,
                     .detail = file_ + ", " + size_text(done_) + " of " + size_text(all_)});
    }

  private:
    const JobContext& job_;
    std::string phase_;
    std::string file_;
    std::uint64_t all_;
    std::uint64_t done_ = 0;
};

[[noreturn]] void differs(const fs::path& file, const std::string& what) {
    throw Error("what was written is not what can be read: " + what, file.string(),
                "the disk may be faulty; nothing was put in place");
}

// Everything of a copy that is not an edited matrix, against the original.
void compare_copy(const ExportJob& job, const FolderFile& file, const fs::path& copied, Counter& counter) {
    const MappedFile original(file.source);
    const MappedFile copy(copied);
    if (original.size() != copy.size())
        differs(copied, "another size");
    constexpr std::uint64_t piece = std::uint64_t{16} << 20;
    const auto compare = [&](std::uint64_t begin, std::uint64_t end) {
        for (std::uint64_t at = begin; at < end; at += piece) {
            const std::uint64_t bytes = std::min(piece, end - at);
            if (std::memcmp(original.data() + at, copy.data() + at, static_cast<std::size_t>(bytes)) != 0)
                differs(copied, "bytes from " + std::to_string(at) + " on");
            counter.move(bytes);
        }
    };
    std::uint64_t at = 0;
    for (const int layer : file.layers) {
        const TensorView& view = stored_matrix(job, layer);
        compare(at, offset_of(view));
        at = offset_of(view) + view.bytes;
        counter.move(view.bytes);
    }
    compare(at, original.size());
}

// The new folder as the engine would open it, matrix by matrix: what was meant to be written, and where checkpoint and
// computation have one precision the bits of the live model.
void compare_matrices(const ExportJob& job, const fs::path& folder, const std::map<int, std::string>& wanted) {
    const ModelFolder reopened = ModelFolder::open(folder);
    if (reopened.tensor_names() != job.open.folder->tensor_names())
        differs(folder, "other tensors");
    const Weights& weights = job.open.decoder.weights();
    const AtPosition exported(job.open.ledger, job.position);
    for (const int layer : job.layers) {
        const TensorView& view = reopened.tensor(weights.down_name(layer));
        const TensorView& original = stored_matrix(job, layer);
        const bool same_form = view.dtype == original.dtype && view.shape == original.shape;
        if (!same_form || hash_of(view.data, static_cast<std::size_t>(view.bytes)) != wanted.at(layer))
            differs(folder, "tensor " + view.name);
        const at::Tensor live = weights.block(layer).down.weight.to(at::kCPU).contiguous();
        if (scalar_type(view.dtype) == live.scalar_type() && std::memcmp(view.data, live.data_ptr(), view.bytes) != 0)
            differs(folder, "tensor " + view.name + ", compared with the model in memory");
    }
}

// What is made anew, by name.
std::vector<std::pair<std::string, std::string>> texts_of(const ExportJob& job) {
    std::vector<std::pair<std::string, std::string>> texts{{provenance_name, provenance_text(job)}};
    if (!job.layers.empty()) // else what the old card says is true
        texts.emplace_back(card_name, card_text(job));
    return texts;
}

} // namespace

void plan_folder(const ExportJob& job, ExportPlan& plan) {
    check_folder_place(job);
    const FolderList list = list_files(job);
    for (const FolderFile& file : list.files)
        plan.files.push_back({.name = file.name,
                              .bytes = file.bytes,
                              .sha256 = {},
                              .origin = file.layers.empty() ? "copied" : "rewritten"});
    for (const auto& [name, text] : texts_of(job))
        plan.files.push_back({.name = name, .bytes = text.size(), .sha256 = {}, .origin = "new"});
    warn_left_out(list, plan.warnings);
    if (job.layers.empty())
        plan.warnings.emplace_back("nothing is edited: the folder would be a copy");
}

void write_folder(const ExportJob& job, ExportReport& report, const JobContext& context) {
    const auto start = std::chrono::steady_clock::now();
    const FolderList list = list_files(job);
    std::uint64_t all = 0;
    for (const FolderFile& file : list.files)
        all += file.bytes;
    const JobContext writing = part_of(context, 0, 0.5, start);
    const JobContext verifying = part_of(context, 0.5, 1, start);
    ExportStaging staging(job.out);

    std::map<int, std::string> wanted; // hash of a layer's bytes
    Counter written(writing, "copying", all);
    for (const FolderFile& file : list.files) {
        written.start(file.name);
        std::string origin = staging.copy(file.source, file.name, [&](std::uint64_t bytes) { written.move(bytes); });
        for (const int layer : file.layers) {
            context.check();
            const StoredMatrix matrix = matrix_for(job, layer);
            const TensorView& view = stored_matrix(job, layer);
            staging.overwrite(file.name, offset_of(view), matrix.tensor.data_ptr(), matrix.tensor.nbytes());
            wanted[layer] = hash_of(matrix.tensor.data_ptr(), matrix.tensor.nbytes());
            if (dtype_size(view.dtype) < sizeof(float))
                report.warnings.push_back("layer " + std::to_string(layer) + ": rounding to the checkpoint's " +
                                          std::string(dtype_name(view.dtype)) + " changes the update by " +
                                          percent(matrix.rounding) + " of its size");
            origin = "rewritten";
        }
        report.files.push_back({.name = file.name, .bytes = file.bytes, .sha256 = {}, .origin = origin});
    }
    for (const auto& [name, text] : texts_of(job)) {
        staging.write(name, text);
        report.files.push_back({.name = name, .bytes = text.size(), .sha256 = {}, .origin = "new"});
    }
    writing.report({.phase = "writing to disk", .fraction = 1, .seconds_left = -1, .detail = {}});
    staging.sync();

    Counter checked(verifying, job.request.verify ? "comparing" : "hashing", job.request.verify ? 2 * all : all);
    for (ExportFile& file : report.files) {
        checked.start(file.name);
        file.sha256 =
            file_sha256(staging.folder() / file.name, context, [&](std::uint64_t bytes) { checked.move(bytes); });
        report.bytes += file.bytes;
    }
    if (job.request.verify) {
        for (const FolderFile& file : list.files)
            compare_copy(job, file, staging.folder() / file.name, checked);
        compare_matrices(job, staging.folder(), wanted);
        report.verified = true;
    }
    warn_left_out(list, report.warnings);
    if (job.layers.empty())
        report.warnings.emplace_back("nothing is edited: the folder is a copy");
    context.check();
    if (std::string warning = staging.commit(job.request.force); !warning.empty())
        report.warnings.push_back(std::move(warning));
}

} // namespace emend
