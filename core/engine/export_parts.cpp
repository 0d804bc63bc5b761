// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/export_parts.h"

#include "base/errno_words.h"
#include "base/hash.h"
#include "emend/error.h"
#include "engine/export_json.h"
#include "engine/export_staging.h"
#include "engine/output_guard.h"

#include <algorithm>
#include <cerrno>
#include <regex>
#include <unistd.h>
#include <utility>

namespace emend {

namespace fs = std::filesystem;

namespace {

bool lies_in(const fs::path& file, const fs::path& folder) {
    return std::ranges::mismatch(folder, file).in1 == folder.end();
}

// A folder of ours is removed when it is replaced: nothing of the model may be in it, by name or behind a link.
void check_model_not_in(const fs::path& out, const std::string& model_folder) {
    std::error_code none;
    const fs::path place = fs::weakly_canonical(out, none);
    bool inside = lies_in(fs::weakly_canonical(model_folder, none), place);
    for (fs::directory_iterator entry(model_folder, none), end; !none && !inside && entry != end;
         entry.increment(none)) {
        std::error_code dangling;
        inside = lies_in(fs::weakly_canonical(entry->path(), dangling), place);
    }
    if (inside)
        throw Error("the folder holds files of the model that is open", out.string(), "choose another folder");
}

} // namespace

ExportJob export_job(OpenModel& open, const ExportRequest& request) {
    const std::size_t position = request.at.value_or(open.ledger.position());
    if (position > open.ledger.size())
        throw Error("the history has " + std::to_string(open.ledger.size()) + " entries, not " +
                    std::to_string(position));
    // A slash at the end would make its name empty.
    fs::path out = request.out.empty() ? fs::path() : fs::absolute(request.out).lexically_normal();
    if (!out.has_filename())
        out = out.parent_path();
    return {.open = open,
            .request = request,
            .out = std::move(out),
            .position = position,
            .batches = active_batches(open, position),
            .layers = open.ledger.written_layers(position)};
}

std::string hub_name(const ModelInfo& model) {
    static const std::regex cached(R"((?:^|/)models--([A-Za-z0-9._-]+?)(?:--([A-Za-z0-9._-]+))?/snapshots/[^/]+/?$)");
    std::smatch parts;
    if (!std::regex_search(model.path, parts, cached))
        return {};
    return parts[1].str() + (parts[2].matched ? "/" + parts[2].str() : "");
}

std::vector<LayerUpdate> updates_of(const ExportJob& job, int layer) {
    std::vector<LayerUpdate> updates;
    for (const std::size_t index : job.batches)
        std::ranges::copy_if(job.open.ledger.batch(index).updates, std::back_inserter(updates),
                             [layer](const LayerUpdate& update) { return update.layer == layer; });
    return updates;
}

std::string provenance_text(const ExportJob& job) {
    return json_text(provenance_json(job.open, job.request, job.position), 2) + "\n";
}

void check_target(const ExportJob& job, const fs::path& target) {
    if (target.empty())
        throw Error("there is no name to write to", "out", "choose where to write");
    check_output(job.open, target.string());
    std::error_code none;
    const fs::path parent = target.parent_path();
    if (!fs::is_directory(parent, none)) {
        if (none == std::errc::permission_denied)
            throw_errno("the folder it should be made in may not be looked at", parent, EACCES);
        const bool is_file = none == std::errc::not_a_directory || fs::exists(parent, none);
        throw Error("the folder it should be made in is not there", parent.string(),
                    is_file ? "a part of the path is a file, not a folder" : "make it first");
    }
    if (::access(parent.c_str(), W_OK | X_OK) != 0)
        throw_errno("the folder may not be written to", parent, errno);
}

void check_folder_place(const ExportJob& job) {
    check_target(job, job.out);
    const ExportPlace place = look_at(job.out);
    switch (place.kind) {
    case ExportPlace::Kind::nothing:
    case ExportPlace::Kind::empty_folder:
        return;
    case ExportPlace::Kind::ours:
        if (place.format != to_text(job.request.format))
            throw Error("a folder of another kind (" + place.format + ") is there already", job.out.string(),
                        "choose another name");
        if (!job.request.force)
            throw Error("an exported folder is there already", job.out.string(),
                        "choose another name, or replace what is there");
        return check_model_not_in(job.out, job.open.info.path);
    case ExportPlace::Kind::other:
        throw Error("something else is there already", job.out.string(),
                    "choose another name; only folders that were exported by this program are replaced");
    }
}

std::string file_sha256(const fs::path& path, const JobContext& job, const std::function<void(std::uint64_t)>& moved) {
    constexpr std::uint64_t piece = std::uint64_t{16} << 20;
    const MappedFile file(path);
    Sha256 hash;
    for (std::uint64_t done = 0; done < file.size(); done += piece) {
        job.check();
        const std::uint64_t bytes = std::min(piece, file.size() - done);
        hash.update(file.data() + done, static_cast<std::size_t>(bytes));
        moved(bytes);
    }
    return hash.hex();
}

} // namespace emend
