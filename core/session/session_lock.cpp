// SPDX-License-Identifier: GPL-3.0-or-later
#include "session/session_lock.h"

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace emend {

namespace {

constexpr int tries = 5; // the file may be gone with its last holder between our open and our lock, now and then

std::filesystem::path lock_file(const std::filesystem::path& session) {
    return session.string() + "-lock";
}

// Still what its name stands for: the holder before may have taken the file away between our open and our lock.
bool is_in_place(int descriptor, const std::filesystem::path& file) {
    struct stat held {};
    struct stat named {};
    return ::fstat(descriptor, &held) == 0 && ::stat(file.c_str(), &named) == 0 && held.st_ino == named.st_ino &&
           held.st_dev == named.st_dev;
}

// Of the open file, not of the process: two windows of one program are two holders.
struct flock whole_file() {
    struct flock whole {};
    whole.l_type = F_WRLCK;
    whole.l_whence = SEEK_SET;
    return whole;
}

// Who may write the session may take over the lock that a dead holder left.
void share_as(const std::filesystem::path& session, int descriptor) {
    struct stat info {};
    if (::stat(session.c_str(), &info) == 0)
        (void)::fchmod(descriptor, info.st_mode & 0666U);
}

} // namespace

SessionLock::Attempt SessionLock::attempt(const std::filesystem::path& session) {
    const std::filesystem::path file = lock_file(session);
    for (int i = 0; i < tries; ++i) {
        const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
        if (descriptor < 0)
            return {.lock = {}, .problem = std::generic_category().message(errno)};
        share_as(session, descriptor);
        struct flock whole = whole_file();
        const bool locked = ::fcntl(descriptor, F_OFD_SETLK, &whole) == 0;
        const int code = errno;
        if (locked && is_in_place(descriptor, file))
            return {.lock = std::unique_ptr<SessionLock>(new SessionLock(file, descriptor)), .problem = {}};
        ::close(descriptor);
        if (!locked && (code == EAGAIN || code == EACCES))
            return {.lock = {}, .held_by_other = true, .problem = {}};
        if (!locked && code != EINTR)
            return {.lock = {}, .problem = std::generic_category().message(code)};
    }
    return {.lock = {}, .held_by_other = true, .problem = {}};
}

// Asks without taking it: whoever wants it at this moment gets it.
bool SessionLock::is_held(const std::filesystem::path& session) {
    const int descriptor = ::open(lock_file(session).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (descriptor < 0)
        return false;
    struct flock whole = whole_file();
    const bool held = ::fcntl(descriptor, F_OFD_GETLK, &whole) == 0 && whole.l_type != F_UNLCK;
    ::close(descriptor);
    return held;
}

SessionLock::~SessionLock() {
    ::unlink(file_.c_str()); // while it is held, so that nobody else's is taken away
    ::close(descriptor_);
}

} // namespace emend
