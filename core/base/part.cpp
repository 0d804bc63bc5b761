// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/part.h"

#include "base/errno_words.h"
#include "base/extents.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <fcntl.h>
#include <string>
#include <string_view>
#include <sys/file.h>
#include <sys/stat.h>
#include <utility>

namespace emend {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view mark = ".emend-part-"; // nobody else's: what has it is removed unasked

bool is_number(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// Two numbers after the mark. What ends in ".old" is the target as it was before it was replaced. Without a target it
// is all there is of it.
bool is_part_of(std::string_view name, const fs::path& target) {
    const std::string begin = target.filename().string() + std::string(mark);
    if (!name.starts_with(begin))
        return false;
    name.remove_prefix(begin.size());
    std::error_code none;
    if (name.ends_with(".old") && fs::exists(target, none))
        name.remove_suffix(4);
    const std::size_t dash = name.find('-');
    return dash != std::string_view::npos && is_number(name.substr(0, dash)) && is_number(name.substr(dash + 1));
}

// False: there is something in it that no part has. Of what may not be read nothing is counted: who counts on too much
// room runs out of it.
bool add_files_of(const fs::path& folder, std::uint64_t& bytes) {
    std::error_code fault;
    for (fs::directory_iterator entry(folder, fault), end; !fault && entry != end; entry.increment(fault)) {
        struct stat info {};
        if (::lstat(entry->path().c_str(), &info) != 0 || !S_ISREG(info.st_mode))
            return false;
        const Descriptor file(::open(entry->path().c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
        bytes += file.get() >= 0 ? own_bytes(file.get()) : 0;
    }
    return !fault;
}

// Still there under its name: nobody has removed it, or put it in its place, between the two looks.
bool is_at(int descriptor, const fs::path& path) {
    struct stat held {
    }, there{};
    return ::fstat(descriptor, &held) == 0 && ::lstat(path.c_str(), &there) == 0 && held.st_ino == there.st_ino &&
           held.st_dev == there.st_dev;
}

// Calls `found` with every leftover, while nobody else can hold it.
template<class Found>
void each_leftover(const fs::path& target, Found found) {
    const fs::path folder = target.has_parent_path() ? target.parent_path() : fs::path(".");
    std::error_code fault;
    for (fs::directory_iterator entry(folder, fault), end; !fault && entry != end; entry.increment(fault)) {
        const fs::path& path = entry->path();
        struct stat info {};
        if (!is_part_of(path.filename().string(), target) || ::lstat(path.c_str(), &info) != 0)
            continue;
        const bool is_folder = S_ISDIR(info.st_mode);
        if (!is_folder && !S_ISREG(info.st_mode))
            continue;
        const Descriptor held(
            ::open(path.c_str(), (is_folder ? O_RDONLY | O_DIRECTORY : O_RDWR) | O_NOFOLLOW | O_CLOEXEC));
        if (held.get() < 0 || ::flock(held.get(), LOCK_EX | LOCK_NB) != 0 || !is_at(held.get(), path))
            continue;
        // Only now: what somebody still writes is not counted, as counting waits until the bytes are on disk.
        Leftover leftover{.path = path, .bytes = is_folder ? 0 : own_bytes(held.get())};
        if (!is_folder || add_files_of(path, leftover.bytes))
            found(std::move(leftover));
    }
}

// Open and locked. Nothing, and errno: the name is taken (EEXIST), or it cannot be made there.
Descriptor make_held(const fs::path& path, PartKind kind) {
    if (kind == PartKind::folder && ::mkdir(path.c_str(), 0777) != 0)
        return {};
    const int flags = kind == PartKind::folder ? O_RDONLY | O_DIRECTORY : O_WRONLY | O_CREAT | O_EXCL;
    Descriptor held(::open(path.c_str(), flags | O_CLOEXEC, 0666));
    if (held.get() < 0) {
        errno = kind == PartKind::folder && errno == ENOENT ? EEXIST : errno;
        return {};
    }
    // Somebody may have taken it for left over in the moment before it was locked.
    const bool taken = ::flock(held.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    if (!taken && is_at(held.get(), path))
        return held;
    errno = EEXIST;
    return {};
}

} // namespace

Part make_part(const fs::path& target, PartKind kind) {
    static std::atomic<unsigned> counter{0};
    remove_leftovers(target);
    int code = EEXIST;
    for (int attempt = 0; attempt < 100 && code == EEXIST; ++attempt) {
        Part part{.path = target, .held = {}};
        part.path += std::string(mark) + std::to_string(::getpid()) + "-" + std::to_string(counter++);
        part.held = make_held(part.path, kind);
        code = errno;
        if (part.held.get() >= 0)
            return part;
    }
    throw_errno(kind == PartKind::file ? "cannot write the file" : "cannot make a folder there", target, code);
}

std::vector<Leftover> leftovers_of(const fs::path& target) {
    std::vector<Leftover> list;
    each_leftover(target, [&](Leftover leftover) { list.push_back(std::move(leftover)); });
    return list;
}

std::uint64_t remove_leftovers(const fs::path& target) {
    std::uint64_t freed = 0;
    each_leftover(target, [&](const Leftover& leftover) {
        std::error_code fault;
        fs::remove_all(leftover.path, fault);
        if (!fault)
            freed += leftover.bytes;
    });
    return freed;
}

} // namespace emend
