// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/file.h"

#include "base/descriptor.h"
#include "base/errno_words.h"
#include "base/part.h"
#include "emend/error.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <limits>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace emend {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t write_buffer_bytes = std::size_t{1} << 20;

// Opens a regular file for reading and tells its size. A pipe or device would block or never end, so it is refused.
std::uint64_t open_regular(const fs::path& path, int& descriptor) {
    descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0)
        throw_errno("cannot open the file", path, errno);
    struct stat info {};
    if (::fstat(descriptor, &info) != 0) {
        const int code = errno;
        ::close(descriptor);
        throw_errno("cannot read the file's size", path, code);
    }
    if (!S_ISREG(info.st_mode)) {
        ::close(descriptor);
        throw Error(S_ISDIR(info.st_mode) ? "this is a folder, not a file" : "this is not a regular file",
                    path.string(), "choose a file");
    }
    return static_cast<std::uint64_t>(info.st_size);
}

void sync_folder(const fs::path& folder) {
    const Descriptor descriptor(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    // Some file systems cannot sync folders; the file itself is safe by then, so this is no reason to fail.
    if (descriptor.get() >= 0)
        (void)::fsync(descriptor.get());
}

} // namespace

MappedFile::MappedFile(const fs::path& path)
    : path_(path) {
    int raw = -1;
    size_ = open_regular(path, raw);
    const Descriptor descriptor(raw);
    if (size_ == 0)
        return;
    if (size_ > std::numeric_limits<std::size_t>::max())
        throw_errno("cannot map the file", path, EFBIG);
    void* address = ::mmap(nullptr, static_cast<std::size_t>(size_), PROT_READ, MAP_PRIVATE, descriptor.get(), 0);
    if (address == MAP_FAILED)
        throw_errno("cannot map the file into memory", path, errno);
    data_ = static_cast<const std::byte*>(address);
}

std::shared_ptr<const MappedFile> MappedFile::open(const fs::path& path) {
    return std::make_shared<const MappedFile>(path);
}

MappedFile::~MappedFile() {
    if (data_ != nullptr)
        ::munmap(const_cast<std::byte*>(data_), static_cast<std::size_t>(size_));
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : path_(std::move(other.path_))
    , data_(std::exchange(other.data_, nullptr))
    , size_(std::exchange(other.size_, 0)) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
    std::swap(path_, other.path_);
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
}

std::string read_file(const fs::path& path, std::uint64_t max_bytes) {
    int raw = -1;
    const std::uint64_t size = open_regular(path, raw);
    const Descriptor descriptor(raw);
    if (size > max_bytes)
        throw Error("the file is too large: " + std::to_string(size) + " bytes, at most " + std::to_string(max_bytes) +
                        " are read",
                    path.string(), "is this the right file?");
    std::string content(static_cast<std::size_t>(size), '\0');
    std::size_t done = 0;
    while (done < content.size()) {
        const ssize_t got = ::read(descriptor.get(), content.data() + done, content.size() - done);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            throw_errno("cannot read the file", path, errno);
        if (got == 0)
            break; // it became shorter while we read
        done += static_cast<std::size_t>(got);
    }
    content.resize(done);
    return content;
}

void write_file_atomic(const fs::path& path, std::string_view content) {
    AtomicFile file(path);
    file.write(content);
    file.commit();
}

AtomicFile::AtomicFile(fs::path target)
    : target_(std::move(target)) {
    std::error_code ignored;
    // Replace what a link points to, not the link.
    if (fs::is_symlink(target_, ignored))
        if (const fs::path real = fs::weakly_canonical(target_, ignored); !ignored)
            target_ = real;
    if (fs::is_directory(target_, ignored))
        throw_errno("cannot write the file", target_, EISDIR);

    Part part = make_part(target_, PartKind::file);
    temporary_ = std::move(part.path);
    descriptor_ = part.held.release();
}

AtomicFile::~AtomicFile() {
    discard();
}

void AtomicFile::discard() noexcept {
    if (descriptor_ >= 0)
        ::close(std::exchange(descriptor_, -1));
    if (!temporary_.empty())
        ::unlink(temporary_.c_str());
    temporary_.clear();
}

void AtomicFile::write(const void* data, std::size_t bytes) {
    const auto* from = static_cast<const char*>(data);
    while (bytes > 0) {
        const std::size_t part = std::min(bytes, write_buffer_bytes);
        buffer_.append(from, part);
        from += part;
        bytes -= part;
        written_ += part;
        if (buffer_.size() >= write_buffer_bytes)
            flush();
    }
}

void AtomicFile::flush() {
    std::size_t done = 0;
    while (done < buffer_.size()) {
        const ssize_t put = ::write(descriptor_, buffer_.data() + done, buffer_.size() - done);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            throw_errno("cannot write the file", target_, errno);
        done += static_cast<std::size_t>(put);
    }
    buffer_.clear();
}

void AtomicFile::commit() {
    flush();
    // Keep the permissions of the file that is replaced.
    struct stat info {};
    if (::stat(target_.c_str(), &info) == 0)
        (void)::fchmod(descriptor_, info.st_mode & 07777U);
    if (::fsync(descriptor_) != 0 && errno != EINVAL && errno != ENOTSUP)
        throw_errno("cannot write the file to disk", target_, errno);
    const Descriptor held(::dup(descriptor_)); // until it is in its place, nobody may take it for left over
    if (::close(std::exchange(descriptor_, -1)) != 0)
        throw_errno("cannot write the file to disk", target_, errno);
    if (::rename(temporary_.c_str(), target_.c_str()) != 0)
        throw_errno("cannot put the new file in place", target_, errno);
    temporary_.clear();
    sync_folder(target_.has_parent_path() ? target_.parent_path() : fs::path("."));
}

} // namespace emend
