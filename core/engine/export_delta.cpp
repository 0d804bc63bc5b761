// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/export_delta.h"

#include "base/json_text.h"
#include "emend/error.h"
#include "engine/export_staging.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <map>
#include <optional>

namespace emend {

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

constexpr const char* format_name = "emend-delta";
constexpr const char* format_version = "1";
constexpr std::uint64_t bytes_of_a_header_entry = 120; // of one tensor, about

std::string tensor_name(std::size_t batch, const LayerUpdate& update, std::size_t number) {
    return "batch." + std::to_string(batch) + ".layer." + std::to_string(update.layer) + "." + std::to_string(number);
}

struct TensorPlace {
    std::size_t batch = 0;
    int layer = 0;
    std::size_t number = 0; // of the update within its batch
    bool left = false;
};

// "batch.0.layer.5.0.left"; nothing for any other name.
std::optional<TensorPlace> place_of(const std::string& name) {
    TensorPlace place;
    const char* at = name.data();
    const char* const end = at + name.size();
    const auto word = [&](std::string_view text) {
        const bool here = std::string_view(at, static_cast<std::size_t>(end - at)).starts_with(text);
        at += here ? text.size() : 0;
        return here;
    };
    const auto number = [&](auto& value) {
        const auto [rest, fault] = std::from_chars(at, end, value);
        at = rest;
        return fault == std::errc();
    };
    if (!word("batch.") || !number(place.batch) || !word(".layer.") || !number(place.layer) || !word(".") ||
        !number(place.number))
        return {};
    place.left = word(".left");
    const bool whole = (place.left || word(".right")) && at == end;
    return whole ? std::optional(place) : std::nullopt;
}

at::Tensor matrix_of(const TensorView& view) {
    if (view.dtype != DType::F64 || view.shape.size() != 2)
        throw Error("a factor is " + describe(view) + " instead of a matrix in F64",
                    view.file->path().string() + ", tensor " + view.name, "the file is of another program");
    at::Tensor matrix = at::empty(view.shape, at::kDouble);
    if (view.bytes > 0)
        std::memcpy(matrix.data_ptr(), view.data, static_cast<std::size_t>(view.bytes));
    return matrix;
}

const std::string& metadata_of(const SafetensorsFile& file, const std::string& key) {
    const auto found = file.metadata().find(key);
    if (found == file.metadata().end())
        throw Error("the file has no \"" + key + "\" in its metadata", file.path().string(),
                    "only deltas that this program wrote can be read: which edits they make is in their metadata");
    return found->second;
}

bool is_delta(const fs::path& path) {
    try {
        const SafetensorsFile file = SafetensorsFile::open(path);
        const auto found = file.metadata().find("format");
        return found != file.metadata().end() && found->second == format_name;
    } catch (const Error&) {
        return false;
    }
}

void check_place(const ExportJob& job) {
    const fs::path out = delta_file(job);
    check_target(job, out);
    std::error_code none;
    if (!fs::exists(fs::symlink_status(out, none)))
        return;
    if (!is_delta(out))
        throw Error("something else is there already", out.string(),
                    "choose another name; only delta files are replaced");
    if (!job.request.force)
        throw Error("a delta file is there already", out.string(), "choose another name, or replace what is there");
}

// The updates of a batch in the order of their numbers, each with both factors.
std::vector<LayerUpdate> joined(const std::map<std::size_t, LayerUpdate>& updates, const std::string& where) {
    std::vector<LayerUpdate> list;
    for (const auto& [number, update] : updates) {
        if (number != list.size() || !update.left.defined() || !update.right.defined())
            throw Error("a factor is missing", where, "the file is damaged");
        list.push_back(update);
    }
    return list;
}

std::vector<std::map<std::size_t, LayerUpdate>> read_updates(const SafetensorsFile& file, std::size_t batches,
                                                             const JobContext& context) {
    std::vector<std::map<std::size_t, LayerUpdate>> updates(batches);
    for (const std::string& name : file.names()) {
        context.check();
        const auto place = place_of(name);
        if (!place || place->batch >= batches)
            throw Error("the tensor does not belong into a delta file", file.path().string() + ", tensor " + name,
                        "the file is damaged, or of a later version of the program");
        const auto [entry, fresh] = updates[place->batch].try_emplace(place->number);
        LayerUpdate& update = entry->second;
        if (!fresh && update.layer != place->layer)
            throw Error("two layers share one update", file.path().string() + ", tensor " + name,
                        "the file is damaged");
        update.layer = place->layer;
        (place->left ? update.left : update.right) = matrix_of(file.at(name));
    }
    return updates;
}

void compare_with_file(const ExportJob& job, const fs::path& out) {
    const SafetensorsFile file = SafetensorsFile::open(out);
    for (std::size_t i = 0; i < job.batches.size(); ++i) {
        const auto& updates = job.open.ledger.batch(job.batches[i]).updates;
        for (std::size_t k = 0; k < updates.size(); ++k) {
            const std::string name = tensor_name(i, updates[k], k);
            const auto same = [&](const char* side, const at::Tensor& factor) {
                const TensorView& view = file.at(name + side);
                return view.bytes == factor.nbytes() && std::memcmp(view.data, factor.data_ptr(), view.bytes) == 0;
            };
            if (!same(".left", updates[k].left) || !same(".right", updates[k].right))
                throw Error("what was written is not what can be read", out.string() + ", tensor " + name,
                            "the disk may be faulty");
        }
    }
}

// Over the numbers in the order of the tensors' names: what any program can compute that reads the file.
std::string checksum_of(const ExportJob& job) {
    std::map<std::string, const at::Tensor*> tensors;
    for (std::size_t i = 0; i < job.batches.size(); ++i) {
        const auto& updates = job.open.ledger.batch(job.batches[i]).updates;
        for (std::size_t k = 0; k < updates.size(); ++k) {
            const std::string name = tensor_name(i, updates[k], k);
            tensors[name + ".left"] = &updates[k].left;
            tensors[name + ".right"] = &updates[k].right;
        }
    }
    Sha256 checksum;
    for (const auto& [name, tensor] : tensors)
        checksum.update(tensor->data_ptr(), tensor->nbytes());
    return checksum.hex();
}

} // namespace

fs::path delta_file(const ExportJob& job) {
    std::error_code none;
    return fs::is_directory(job.out, none) ? job.out / "delta.safetensors" : job.out;
}

void plan_delta(const ExportJob& job, ExportPlan& plan) {
    if (job.layers.empty())
        throw Error("nothing is edited: there is no change to write", {}, "apply an edit first");
    check_place(job);
    std::uint64_t bytes = json_text(batches_json(job.open, job.batches)).size() + job.request.provenance.size();
    for (const std::size_t index : job.batches)
        for (const LayerUpdate& update : job.open.ledger.batch(index).updates)
            bytes += update.left.nbytes() + update.right.nbytes() + 2 * bytes_of_a_header_entry;
    plan.files.push_back({.name = delta_file(job).filename().string(), .bytes = bytes, .sha256 = {}, .origin = "new"});
}

void write_delta(const ExportJob& job, ExportReport& report, const JobContext& context) {
    const fs::path out = delta_file(job);
    const ModelInfo& model = job.open.info;
    SafetensorsWriter writer;
    for (std::size_t i = 0; i < job.batches.size(); ++i) {
        const auto& updates = job.open.ledger.batch(job.batches[i]).updates; // contiguous copies of the ledger's own
        for (std::size_t k = 0; k < updates.size(); ++k) {
            const std::string name = tensor_name(i, updates[k], k);
            writer.add(name + ".left", DType::F64, updates[k].left.sizes().vec(), updates[k].left.data_ptr());
            writer.add(name + ".right", DType::F64, updates[k].right.sizes().vec(), updates[k].right.data_ptr());
        }
    }
    const bool transposed = job.open.decoder.weights().conv1d();
    writer.set_metadata("format", format_name);
    writer.set_metadata("format_version", format_version);
    writer.set_metadata("program", "Emend " + program_version());
    writer.set_metadata("model", model.name);
    writer.set_metadata("family", model.family);
    writer.set_metadata("fingerprint", model.fingerprint);
    writer.set_metadata("matrix", model.editable_matrix);
    writer.set_metadata("orientation", transposed ? "transposed" : "plain");
    writer.set_metadata("sha256", checksum_of(job));
    writer.set_metadata("batches", json_text(batches_json(job.open, job.batches)));
    if (!job.request.provenance.empty())
        writer.set_metadata("session", json_text(parse_json(job.request.provenance, "provenance")));
    context.report({.phase = "writing", .fraction = 0, .seconds_left = -1, .detail = out.filename().string()});
    context.check();

    ExportStaging staging(out);
    const fs::path beside = staging.folder() / out.filename(); // compared before it takes the place of an older one
    staging.fill([&] { writer.write(beside); });
    if (job.request.verify) {
        context.report({.phase = "comparing", .fraction = 0.5, .seconds_left = -1, .detail = {}});
        compare_with_file(job, beside);
        report.verified = true;
    }
    ExportFile file{.name = out.filename().string(), .bytes = fs::file_size(beside), .sha256 = {}, .origin = "new"};
    file.sha256 = file_sha256(beside, context, [](std::uint64_t) {});
    context.check();
    staging.commit_file(file.name, job.request.force);
    report.bytes = file.bytes;
    report.out = out.string();
    report.files.push_back(std::move(file));
}

std::vector<DeltaBatch> read_delta(const fs::path& path, const ModelInfo& model, bool force,
                                   const JobContext& context) {
    const SafetensorsFile file = SafetensorsFile::open(path);
    const std::string where = path.string();
    if (metadata_of(file, "format") != format_name)
        throw Error("this is no delta file but " + metadata_of(file, "format"), where,
                    "choose a file that was exported as a delta");
    if (metadata_of(file, "format_version") != format_version)
        throw Error("the delta is of version " + metadata_of(file, "format_version") + ", only version " +
                        format_version + " can be read",
                    where, "a later version of the program can");
    if (const std::string& theirs = metadata_of(file, "fingerprint"); theirs != model.fingerprint && !force)
        throw ForeignModel("the delta is for another model: " + metadata_of(file, "model") + " (" + theirs + "), not " +
                               model.name + " (" + model.fingerprint + ")",
                           where, "open that model, or force it when you know that they are alike");
    const json batches = parse_json(metadata_of(file, "batches"), where + ", metadata \"batches\"");
    if (!batches.is_array() || batches.empty())
        throw Error("the delta names no batches", where, "the file is damaged");
    const auto updates = read_updates(file, batches.size(), context);
    const Recipe base = default_recipe(model);
    std::vector<DeltaBatch> list;
    for (std::size_t i = 0; i < batches.size(); ++i) {
        const std::string at = where + ", batch " + std::to_string(i + 1);
        DeltaBatch batch{.described = described_batch(batches[i], base, at), .updates = joined(updates[i], at)};
        if (Ledger::hash_of(batch.updates) != batch.described.hash)
            throw Error("the updates are not those that were exported: their hash is another", at,
                        "the file is damaged; copy it again");
        list.push_back(std::move(batch));
    }
    return list;
}

} // namespace emend
