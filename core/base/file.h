// SPDX-License-Identifier: GPL-3.0-or-later
// Files as Emend uses them: mapped read-only, read whole, or replaced atomically (written beside, synced, renamed), so
// that a reader sees the old file or the new one and never half of either. Every fault is an Error naming the path.
// Thread safety: a MappedFile may be read from any thread; an AtomicFile belongs to one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace emend {

// A whole file in memory, read-only and private to this process. Movable; the mapping lives as long as the object.
class MappedFile {
  public:
    // Throws Error when the path is missing, is not a regular file or may not be read. An empty file maps to size 0.
    explicit MappedFile(const std::filesystem::path& path);
    static std::shared_ptr<const MappedFile> open(const std::filesystem::path& path);
    ~MappedFile();
    MappedFile(MappedFile&& other) noexcept;
    MappedFile& operator=(MappedFile&& other) noexcept;
    MappedFile(const MappedFile&) = delete;
    MappedFile& operator=(const MappedFile&) = delete;

    [[nodiscard]] const std::byte* data() const noexcept { return data_; }
    [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
    [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
    [[nodiscard]] std::span<const std::byte> bytes() const noexcept { return {data_, static_cast<std::size_t>(size_)}; }

  private:
    std::filesystem::path path_;
    const std::byte* data_ = nullptr;
    std::uint64_t size_ = 0;
};

// The whole file as bytes. Throws Error when it is larger than max_bytes: text files of gigabytes are mistakes.
std::string read_file(const std::filesystem::path& path, std::uint64_t max_bytes = std::uint64_t{1} << 30);

void write_file_atomic(const std::filesystem::path& path, std::string_view content);

// A file being written under a temporary name in the target's folder. commit() syncs it, renames it over the target and
// syncs the folder; without commit() the destructor removes it and the target stays as it was.
class AtomicFile {
  public:
    explicit AtomicFile(std::filesystem::path target);
    ~AtomicFile();
    AtomicFile(const AtomicFile&) = delete;
    AtomicFile& operator=(const AtomicFile&) = delete;

    void write(const void* data, std::size_t bytes);
    void write(std::string_view text) { write(text.data(), text.size()); }
    void commit();
    [[nodiscard]] std::uint64_t bytes_written() const noexcept { return written_; }

  private:
    void flush();
    void discard() noexcept;

    std::filesystem::path target_;
    std::filesystem::path temporary_;
    std::string buffer_;
    std::uint64_t written_ = 0;
    int descriptor_ = -1;
};

} // namespace emend
