// SPDX-License-Identifier: GPL-3.0-or-later
// One libFuzzer program per target; EMEND_FUZZ_TARGET names it.
#include "fuzz_targets.h"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    (void)emend::fuzz::EMEND_FUZZ_TARGET({reinterpret_cast<const char*>(data), size});
    return 0;
}
