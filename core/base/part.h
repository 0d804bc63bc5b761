// SPDX-License-Identifier: GPL-3.0-or-later
// Parts: what is written beside its target, under a name of its own, until it is whole. Who writes one holds a lock on
// it, which goes with the program however that ends: so the next one with the same target can tell what nobody will
// finish, and removes it. Where a file system knows no such locks, nothing is ever taken for left over.
// Thread safety: no state; programs and threads may work beside the same target at once.
#pragma once

#include "base/descriptor.h"

#include <cstdint>
#include <filesystem>
#include <vector>

namespace emend {

enum class PartKind { file, folder };

struct Part {
    std::filesystem::path path; // beside the target: "out.emend-part-4711-0"
    Descriptor held;            // with the lock, so to be closed last; a file's is open for writing
};
// Makes an empty one, after what is left over of this target is removed. Throws Error.
Part make_part(const std::filesystem::path& target, PartKind kind);

struct Leftover {
    std::filesystem::path path;
    std::uint64_t bytes = 0; // that go free with it: of its files, but for what they share with others
};
// Of programs that no longer run. Only what looks like a part: a file, or a folder with nothing but files in it.
std::vector<Leftover> leftovers_of(const std::filesystem::path& target);
// The bytes that were freed; what cannot be removed stays.
std::uint64_t remove_leftovers(const std::filesystem::path& target);

} // namespace emend
