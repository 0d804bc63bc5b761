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
constexpr std::size_t block = 4096; // that a disk gives or does not give

ssize_t read_some(int from, char* data, std::size_t bytes, std::uint64_t offset) {
    ssize_t got = -1;
    do
        got = ::pread(from, data, bytes, static_cast<off_t>(offset));
    while (got < 0 && errno == EINTR);
    return got;
}

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
            if (got < 0) { // cannot, or will not: then it turns out whose fault it is
                by_kernel = false;
                continue;
            }
        } else {
            buffer.resize(piece);
            got = read_some(from, buffer.data(), wanted, done);
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

std::uint64_t copy_readable_bytes(int from, int to, std::uint64_t size, const fs::path& source, const fs::path& target,
                                  const std::function<void(std::uint64_t)>& moved) {
    std::vector<char> buffer(piece);
    std::uint64_t unreadable = 0;
    std::uint64_t careful_up_to = 0; // block by block, behind a fault
    for (std::uint64_t done = 0; done < size;) {
        const std::size_t most = done < careful_up_to ? block : piece;
        const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(most, size - done));
        ssize_t got = read_some(from, buffer.data(), wanted, done);
        if (got < 0 && errno == EIO && wanted > block) {
            careful_up_to = done + wanted;
            continue;
        }
        if (got < 0 && errno == EIO) {
            got = static_cast<ssize_t>(wanted);
            std::fill_n(buffer.begin(), wanted, '\0');
            unreadable += wanted;
        }
        if (got < 0)
            throw_errno("cannot read the file", source, errno);
        if (got == 0)
            throw Error("the file became shorter while it was copied", source.string(), "is something writing to it?");
        write_all(to, buffer.data(), static_cast<std::size_t>(got), done, target);
        done += static_cast<std::uint64_t>(got);
        moved(static_cast<std::uint64_t>(got));
    }
    return unreadable;
}

} // namespace emend
