// SPDX-License-Identifier: GPL-3.0-or-later
// What to say of a file that does not hold what was written.
#pragma once

#include "emend/error.h"

#include <string>

namespace emend {

inline constexpr const char* damaged_hint =
    "rescue what can still be read, or open an older copy; nothing was changed in this one";

[[noreturn]] inline void damaged(const std::string& what) {
    throw DamagedSession("the session is damaged: " + what, {}, damaged_hint);
}

} // namespace emend
