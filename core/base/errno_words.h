// SPDX-License-Identifier: GPL-3.0-or-later
// What the operating system refused, as an Error with a hint, and a rename that replaces nothing. Thread safety: no
// state.
#pragma once

#include <filesystem>
#include <string>

namespace emend {

// What to do about an errno; empty when there is nothing to say.
std::string errno_hint(int code);

// "what: No space left on device", the path, the hint.
[[noreturn]] void throw_errno(const std::string& what, const std::filesystem::path& path, int code);

// Gives 0 or an errno. Nothing that is there is replaced: EEXIST. On file systems that cannot promise that, files are
// linked, and anything else is EINVAL.
int rename_to_new(const std::filesystem::path& from, const std::filesystem::path& to) noexcept;

} // namespace emend
