// SPDX-License-Identifier: GPL-3.0-or-later
// Fingerprints: SHA-256 for what others may compare (corpora, exported files), XXH3-128 for what only we compare and
// must be fast (every weight of a model). Both stream; an object hashes one message and belongs to one thread.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace emend {

std::string sha256_hex(std::string_view bytes);

class Sha256 {
  public:
    Sha256();
    ~Sha256();
    Sha256(const Sha256&) = delete;
    Sha256& operator=(const Sha256&) = delete;
    void update(const void* data, std::size_t bytes);
    void update(std::string_view text) { update(text.data(), text.size()); }
    // 64 lower-case hex digits. Call once.
    [[nodiscard]] std::string hex();

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

class Xxh3 {
  public:
    Xxh3();
    ~Xxh3();
    Xxh3(const Xxh3&) = delete;
    Xxh3& operator=(const Xxh3&) = delete;
    void update(const void* data, std::size_t bytes);
    void update(std::string_view text) { update(text.data(), text.size()); }
    // 32 lower-case hex digits of what was given so far.
    [[nodiscard]] std::string hex() const;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace emend
