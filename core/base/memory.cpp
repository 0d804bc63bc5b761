// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/memory.h"

#include <array>
#include <cstdio>
#include <fstream>

namespace emend {

std::uint64_t memory_available() {
    std::ifstream file("/proc/meminfo");
    std::string key;
    std::uint64_t kilobytes = 0;
    std::string unit;
    while (file >> key >> kilobytes >> unit)
        if (key == "MemAvailable:")
            return kilobytes * 1024;
    return 0;
}

std::string gigabytes_text(std::uint64_t bytes) {
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.1f GB", static_cast<double>(bytes) / 1e9);
    return text.data();
}

} // namespace emend
