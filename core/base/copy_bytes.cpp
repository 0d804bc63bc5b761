// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/copy_bytes.h"

#include "base/errno_words.h"
#include "emend/error.h"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <unistd.h>
#include <vector>

namespace emend {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t piece = std::size_t{8} << 20;

} // namespace

Descriptor open_file(const fs::path& path, int flags, const std::string& what) {
    Descriptor descriptor(::open(path.c_str(), flags | O_CLOEXEC, 0666));
    if (descriptor.get() < 0)
        throw_errno(what, path, errno);
    return descriptor;
}

void write_all(int descriptor, const void* data, std::size_t bytes, std::uint64_t offset, const fs::path& path) {
    const char* next = static_cast<const char*>(data);
    while (bytes > 0) {
        const ssize_t put = ::pwrite(descriptor, next, bytes, static_cast<off_t>(offset));
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            throw_errno("cannot write the file", path, errno);
        next += put;
        bytes -= static_cast<std::size_t>(put);
        offset += static_cast<std::uint64_t>(put);
    }
}

void copy_bytes(int from, int to, std::uint64_t size, const fs::path& source, const fs::path& target,
                const std::function<void(std::uint64_t)>& moved) {
    std::uint64_t done = 0;
    bool by_kernel = true;
    std::vector<char> buffer;
    while (done < size) {
        const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(piece, size - done));
        ssize_t got = -1;
        if (by_kernel) {
            got = ::copy_file_range(from, nullptr, to, nullptr, wanted, 0);
            if (got < 0 && errno == EINTR)
                continue;
            if (got < 0 && (errno == EXDEV || errno == EINVAL || errno == ENOSYS || errno == EOPNOTSUPP)) {
                by_kernel = false;
                continue;
            }
            if (got < 0)
                throw_errno("cannot write the file", target, errno);
        } else {
            buffer.resize(piece);
            got = ::pread(from, buffer.data(), wanted, static_cast<off_t>(done));
            if (got < 0 && errno == EINTR)
                continue;
            if (got < 0)
                throw_errno("cannot read the file", source, errno);
            write_all(to, buffer.data(), static_cast<std::size_t>(got), done, target);
        }
        if (got == 0)
            throw Error("the file became shorter while it was copied", source.string(), "is something writing to it?");
        done += static_cast<std::uint64_t>(got);
        moved(static_cast<std::uint64_t>(got));
    }
}

} // namespace emend
