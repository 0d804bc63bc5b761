// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/export_staging.h"

#include "base/copy_bytes.h"
#include "base/errno_words.h"
#include "base/file.h"
#include "base/json_text.h"
#include "base/part.h"
#include "emend/error.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

namespace emend {

namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t small_file = std::uint64_t{64} << 20;

void sync_path(const fs::path& path, int flags) {
    const Descriptor descriptor = open_file(path, flags, "cannot open");
    if (::fsync(descriptor.get()) != 0 && errno != EINVAL && errno != ENOTSUP)
        throw_errno("cannot write to disk", path, errno);
}

void sync_parent(const fs::path& path) {
    try {
        sync_path(path.parent_path(), O_RDONLY | O_DIRECTORY);
    } catch (const Error&) { // the files themselves are safe by now
    }
}

[[noreturn]] void not_in_place(const std::string& kind, const fs::path& target, int code) {
    if (code == EEXIST || code == ENOTEMPTY || code == ENOTDIR)
        throw Error("something was put there during the export", target.string(), "choose another name");
    throw_errno("cannot put the new " + kind + " in place", target, code);
}

} // namespace

ExportPlace look_at(const fs::path& folder) {
    std::error_code code;
    const fs::file_status status = fs::symlink_status(folder, code);
    if (status.type() == fs::file_type::not_found || status.type() == fs::file_type::none)
        return {};
    ExportPlace place{.kind = ExportPlace::Kind::other, .format = {}};
    if (status.type() != fs::file_type::directory) // a link to a folder is somebody else's too
        return place;
    if (fs::is_empty(folder, code) && !code)
        place.kind = ExportPlace::Kind::empty_folder;
    const fs::path provenance = folder / "emend.json";
    if (fs::is_regular_file(provenance, code)) {
        try {
            const auto json = parse_json(read_file(provenance, small_file), provenance.string());
            if (json.is_object() && json.contains("program") && json.value("format", nlohmann::json()).is_string()) {
                place.kind = ExportPlace::Kind::ours;
                place.format = json["format"].get<std::string>();
            }
        } catch (const Error&) { // whatever it is, we did not write it
        }
    }
    return place;
}

std::uint64_t bytes_free_at(const fs::path& path) {
    std::error_code code;
    fs::path folder = fs::absolute(path, code);
    while (!fs::is_directory(folder, code) && folder.has_relative_path())
        folder = folder.parent_path();
    struct statvfs info {};
    if (::statvfs(folder.c_str(), &info) != 0)
        return 0;
    return static_cast<std::uint64_t>(info.f_bavail) * info.f_frsize;
}

std::string size_text(std::uint64_t bytes) {
    constexpr std::array units{"bytes", "kB", "MB", "GB", "TB"};
    double size = static_cast<double>(bytes);
    std::size_t unit = 0;
    while (size >= 1000 && unit + 1 < units.size()) {
        size /= 1000;
        ++unit;
    }
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), unit == 0 ? "%.0f %s" : "%.1f %s", size, units[unit]);
    return text.data();
}

ExportStaging::ExportStaging(fs::path target)
    : target_(std::move(target)) {
    Part part = make_part(target_, PartKind::folder);
    folder_ = std::move(part.path);
    held_ = std::move(part.held);
}

ExportStaging::~ExportStaging() {
    std::error_code ignored;
    if (!folder_.empty())
        fs::remove_all(folder_, ignored);
}

void ExportStaging::fill(const std::function<void()>& write) const {
    try {
        write();
    } catch (const Error& error) {
        if (!error.where().starts_with(folder_.string()))
            throw;
        throw Error(error.message(), target_.string(), error.hint());
    }
}

std::string ExportStaging::copy(const fs::path& from, const std::string& name, const Moved& moved) {
    const fs::path to = folder_ / name;
    std::string how = "copied";
    fill([&] {
        const Descriptor source = open_file(from, O_RDONLY, "cannot open the file");
        const Descriptor copy = open_file(to, O_WRONLY | O_CREAT | O_EXCL, "cannot write the file");
        struct stat info {};
        if (::fstat(source.get(), &info) != 0)
            throw_errno("cannot read the file's size", from, errno);
        const auto size = static_cast<std::uint64_t>(info.st_size);
        if (size > 0 && ::ioctl(copy.get(), FICLONE, source.get()) == 0) {
            how = "reflinked";
            moved(size);
        } else {
            copy_bytes(source.get(), copy.get(), size, from, to, moved);
        }
    });
    return how;
}

void ExportStaging::write(const std::string& name, std::string_view content) {
    const fs::path to = folder_ / name;
    fill([&] {
        const Descriptor file = open_file(to, O_WRONLY | O_CREAT | O_EXCL, "cannot write the file");
        write_all(file.get(), content.data(), content.size(), 0, to);
    });
}

void ExportStaging::overwrite(const std::string& name, std::uint64_t offset, const void* data, std::size_t bytes) {
    const fs::path to = folder_ / name;
    fill([&] {
        const Descriptor file = open_file(to, O_WRONLY, "cannot write the file");
        write_all(file.get(), data, bytes, offset, to);
    });
}

void ExportStaging::sync() {
    fill([&] {
        for (const fs::directory_entry& entry : fs::directory_iterator(folder_))
            sync_path(entry.path(), O_RDONLY);
        sync_path(folder_, O_RDONLY | O_DIRECTORY);
    });
}

void ExportStaging::commit_file(const std::string& name, bool replace) {
    const fs::path from = folder_ / name;
    int code = 0;
    if (!replace)
        code = rename_to_new(from, target_);
    else if (::rename(from.c_str(), target_.c_str()) != 0)
        code = errno;
    if (code != 0)
        not_in_place("file", target_, code);
    sync_parent(target_);
}

std::string ExportStaging::commit(bool replace) {
    fs::path old; // what is replaced, under another name
    if (!replace || look_at(target_).kind != ExportPlace::Kind::ours) {
        // Of what is there, it takes the place of an empty folder only: the kernel refuses everything else.
        if (::rename(folder_.c_str(), target_.c_str()) != 0)
            not_in_place("folder", target_, errno);
    } else if (::renameat2(AT_FDCWD, folder_.c_str(), AT_FDCWD, target_.c_str(), RENAME_EXCHANGE) == 0) {
        old = folder_;
    } else { // a file system that cannot exchange
        old = folder_;
        old += ".old";
        if (::rename(target_.c_str(), old.c_str()) != 0)
            not_in_place("folder", target_, errno);
        if (::rename(folder_.c_str(), target_.c_str()) != 0) {
            const int code = errno;
            (void)::rename(old.c_str(), target_.c_str());
            not_in_place("folder", target_, code);
        }
    }
    folder_.clear();
    std::error_code left;
    if (!old.empty())
        fs::remove_all(old, left);
    sync_parent(target_);
    return left ? "the folder that was replaced could not be removed: " + old.string() : std::string();
}

} // namespace emend
