// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/errno_words.h"

#include "emend/error.h"

#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <system_error>
#include <unistd.h>

namespace emend {

std::string errno_hint(int code) {
    switch (code) {
    case ENOSPC:
    case EDQUOT:
        return "the disk is full; free some space or choose another folder";
    case EFBIG:
        return "the file is larger than the file system or the limits of this account allow";
    case EACCES:
    case EPERM:
        return "no permission; choose a folder of yours or change the permissions";
    case EROFS:
        return "this file system is read-only; choose another folder";
    case ENOENT:
        return "check the path; is the folder there?";
    case ENOTDIR:
        return "a part of the path is a file, not a folder";
    case EISDIR:
        return "this is a folder, a file is needed";
    case ENAMETOOLONG:
        return "choose a shorter name";
    case EMFILE:
    case ENFILE:
        return "too many open files; close some programs or raise the limit (ulimit -n)";
    case ENOMEM:
        return "not enough memory or address space";
    case EIO:
        return "the disk reports a fault; check the cable, the disk and the system log";
    default:
        return {};
    }
}

void throw_errno(const std::string& what, const std::filesystem::path& path, int code) {
    throw Error(what + ": " + std::generic_category().message(code), path.string(), errno_hint(code));
}

int rename_to_new(const std::filesystem::path& from, const std::filesystem::path& to) noexcept {
    if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0)
        return 0;
    if (errno != EINVAL && errno != ENOSYS)
        return errno;
    if (::link(from.c_str(), to.c_str()) != 0)
        return errno == EPERM ? EINVAL : errno; // a folder
    ::unlink(from.c_str());
    return 0;
}

} // namespace emend
