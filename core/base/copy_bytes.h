// SPDX-License-Identifier: GPL-3.0-or-later
// Bytes from one open file into another, by the kernel where it can: blocks are shared where the file system does that.
// Thread safety: no state.
#pragma once

#include "base/descriptor.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

namespace emend {

// `flags` as for open(2). Throws Error: `what`, the path and why.
Descriptor open_file(const std::filesystem::path& path, int flags, const std::string& what);

// All of it at `offset`. Throws Error naming `path`.
void write_all(int descriptor, const void* data, std::size_t bytes, std::uint64_t offset,
               const std::filesystem::path& path);

// The first `size` bytes of `from`, which stands at its beginning, into `to`, which is empty. `moved` is told the bytes
// of every piece, of 8 MiB at most, and may throw. Throws Error naming the file that is at fault.
void copy_bytes(int from, int to, std::uint64_t size, const std::filesystem::path& source,
                const std::filesystem::path& target, const std::function<void(std::uint64_t)>& moved);

// Likewise of a disk that does not give all of it: what cannot be read becomes zeros, block by block. Gives how many
// bytes that were. Throws Error for any other fault.
std::uint64_t copy_readable_bytes(int from, int to, std::uint64_t size, const std::filesystem::path& source,
                                  const std::filesystem::path& target, const std::function<void(std::uint64_t)>& moved);

} // namespace emend
