// SPDX-License-Identifier: GPL-3.0-or-later
// A folder that is written beside its place and put there when it is whole: readers see the old one or the new one.
// Files come in as copies of others (sharing their blocks where the file system can, never their inode) or from memory.
#pragma once

#include "base/descriptor.h"
#include "emend/export.h"
#include "emend/job.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace emend {

// What stands where an export should go. Folders of ours hold an emend.json.
struct ExportPlace {
    enum class Kind { nothing, empty_folder, ours, other } kind = Kind::nothing;
    std::string format; // of ours
};
ExportPlace look_at(const std::filesystem::path& folder);

// Bytes free for us in the folder, or in the nearest one above that is there; 0: not known.
std::uint64_t bytes_free_at(const std::filesystem::path& path);

// "12.3 MB", for messages.
std::string size_text(std::uint64_t bytes);

class ExportStaging {
  public:
    // Makes the temporary folder beside `target` (absolute, without a slash at the end), whose parent must be there,
    // and removes those of programs that were killed (base/part.h). Throws Error.
    explicit ExportStaging(std::filesystem::path target);
    ~ExportStaging(); // removes what was not put in place
    ExportStaging(const ExportStaging&) = delete;
    ExportStaging& operator=(const ExportStaging&) = delete;

    [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }

    // Called with the bytes that are done since the last call; may throw.
    using Moved = std::function<void(std::uint64_t)>;
    // A file of its own with the content of another, links followed. "reflinked" or "copied".
    std::string copy(const std::filesystem::path& from, const std::string& name, const Moved& moved);
    void write(const std::string& name, std::string_view content);
    // For files that others write into the folder: faults name the target, as the folder will be gone.
    void fill(const std::function<void()>& write) const;
    // Other bytes at a place inside a file that was copied.
    void overwrite(const std::string& name, std::uint64_t offset, const void* data, std::size_t bytes);
    // All of the files on disk.
    void sync();
    // One of the files becomes the target. Throws Error when something is there and `replace` is off. Nothing can be
    // stopped from here on.
    void commit_file(const std::string& name, bool replace);
    // The folder becomes the target; of what is there, it takes the place of an empty folder, and with `replace` of a
    // folder of ours. Throws Error when something else is there by now. Nothing can be stopped from here on. Returns a
    // warning when something of the old folder is left.
    std::string commit(bool replace);

  private:
    std::filesystem::path target_;
    std::filesystem::path folder_; // empty once it is in place
    Descriptor held_;              // its lock
};

} // namespace emend
