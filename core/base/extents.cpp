// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/extents.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <sys/stat.h>

#ifdef __linux__
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#endif

namespace emend {

std::uint64_t own_bytes(int descriptor) {
    struct stat info {};
    if (::fstat(descriptor, &info) != 0)
        return 0;
    const auto size = static_cast<std::uint64_t>(info.st_size);
    const std::uint64_t in_blocks = std::min(size, static_cast<std::uint64_t>(info.st_blocks) * 512);
#ifdef __linux__
    constexpr std::size_t several = 64; // extents a call
    alignas(fiemap) std::array<std::byte, sizeof(fiemap) + several * sizeof(fiemap_extent)> buffer{};
    std::uint64_t own = 0;
    for (std::uint64_t at = 0; at < size;) {
        buffer.fill(std::byte{0});
        auto* map = reinterpret_cast<fiemap*>(buffer.data()); // the kernel's own way to pass a list
        map->fm_start = at;
        map->fm_length = size - at;
        map->fm_flags = FIEMAP_FLAG_SYNC; // what is not on disk yet has no place to tell
        map->fm_extent_count = several;
        if (::ioctl(descriptor, FS_IOC_FIEMAP, map) != 0)
            return in_blocks;
        if (map->fm_mapped_extents == 0)
            break; // a hole to the end
        for (std::uint32_t i = 0; i < map->fm_mapped_extents; ++i) {
            const fiemap_extent& extent = map->fm_extents[i];
            if ((extent.fe_flags & FIEMAP_EXTENT_SHARED) == 0)
                own += extent.fe_length;
            at = std::max<std::uint64_t>(at + 1, extent.fe_logical + extent.fe_length);
        }
    }
    return std::min(own, size);
#else
    return in_blocks;
#endif
}

} // namespace emend
