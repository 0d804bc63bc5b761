// SPDX-License-Identifier: GPL-3.0-or-later
// How much of a file is its own. Copies of a file may share its blocks (reflinks), and removing one then frees less
// than its size.
#pragma once

#include <cstdint>

namespace emend {

// Bytes of an open file that no other file shares, at most its size. Where the file system does not tell what is shared
// (no FIEMAP), those of all its blocks.
std::uint64_t own_bytes(int descriptor);

} // namespace emend
