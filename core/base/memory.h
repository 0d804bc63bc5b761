// SPDX-License-Identifier: GPL-3.0-or-later
// Memory of the machine. May be called from any thread.
#pragma once

#include <cstdint>
#include <string>

namespace emend {

// Bytes a program can get now without pushing others out, from the kernel; 0 when it does not say.
[[nodiscard]] std::uint64_t memory_available();

// "4.8 GB", for messages.
[[nodiscard]] std::string gigabytes_text(std::uint64_t bytes);

} // namespace emend
