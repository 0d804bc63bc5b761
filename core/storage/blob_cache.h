// SPDX-License-Identifier: GPL-3.0-or-later
// Recomputable results by key, in one SQLite file that several programs may use at once and that a kill leaves sound.
// When it grows past its bound the entries that were put longest ago go. Belongs to one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>

namespace emend {

class BlobCache {
  public:
    // Made when missing; a file that is not such a cache, or broken, is replaced (nothing in it is worth keeping).
    // Throws Error when the folder cannot be written.
    explicit BlobCache(const std::filesystem::path& file, std::uint64_t bytes_at_most = std::uint64_t{512} << 20);
    ~BlobCache();
    BlobCache(const BlobCache&) = delete;
    BlobCache& operator=(const BlobCache&) = delete;

    [[nodiscard]] std::optional<std::string> get(const std::string& key);
    // All or none of them, in one transaction; on disk when this returns. Throws Error (disk full, locked by others).
    void put(std::span<const std::pair<std::string, std::string>> entries);
    [[nodiscard]] std::size_t size() const; // entries

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace emend
