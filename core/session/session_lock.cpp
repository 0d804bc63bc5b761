// SPDX-License-Identifier: GPL-3.0-or-later
#include "session/session_lock.h"

#include <cerrno>
#include <chrono>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <system_error>
#include <thread>
#include <unistd.h>

namespace emend {

namespace {

// Somebody who only looks whether it is held has it for some microseconds.
constexpr int tries = 5;
constexpr std::chrono::milliseconds between_tries{20};

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

} // namespace

SessionLock::Attempt SessionLock::attempt(const std::filesystem::path& session) {
    const std::filesystem::path file = lock_file(session);
    for (int i = 0; i < tries; ++i) {
        const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
        if (descriptor < 0)
            return {.lock = {}, .problem = std::generic_category().message(errno)};
        const bool locked = ::flock(descriptor, LOCK_EX | LOCK_NB) == 0;
        const int code = errno;
        if (locked && is_in_place(descriptor, file))
            return {.lock = std::unique_ptr<SessionLock>(new SessionLock(file, descriptor)), .problem = {}};
        ::close(descriptor);
        if (locked)
            continue; // of a file that is gone
        if (code != EWOULDBLOCK && code != EINTR)
            return {.lock = {}, .problem = std::generic_category().message(code)};
        std::this_thread::sleep_for(between_tries);
    }
    return {.lock = {}, .held_by_other = true, .problem = {}};
}

bool SessionLock::is_held(const std::filesystem::path& session) {
    const int descriptor = ::open(lock_file(session).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (descriptor < 0)
        return false;
    const bool held = ::flock(descriptor, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    ::close(descriptor);
    return held;
}

SessionLock::~SessionLock() {
    ::unlink(file_.c_str()); // while it is held, so that nobody else's is taken away
    ::close(descriptor_);
}

} // namespace emend
