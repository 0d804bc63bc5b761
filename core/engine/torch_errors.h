// SPDX-License-Identifier: GPL-3.0-or-later
// LibTorch's own exceptions as emend::Error, with advice where memory ran out. Every door of the engine goes through
// here.
#pragma once

#include "emend/error.h"

#include <exception>
#include <utility>

namespace emend {

// The exception as the engine's callers expect it: Error and Cancelled as they are, everything else wrapped. `doing`
// completes "… failed": "opening the model".
[[noreturn]] void rethrow_as_error(std::exception_ptr exception, const char* doing);

template<typename Call>
auto guarded(const char* doing, Call&& call) -> decltype(call()) {
    try {
        return std::forward<Call>(call)();
    } catch (...) {
        rethrow_as_error(std::current_exception(), doing);
    }
}

} // namespace emend
