// SPDX-License-Identifier: GPL-3.0-or-later
// Who may write a session: whoever holds the lock of a file beside it. Not the session itself: closing a second
// descriptor of a file drops every POSIX lock that SQLite holds on it in the same process. The kernel lets go of the
// lock when its holder dies; the file that then stays behind means nothing and is taken over.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

namespace emend {

class SessionLock {
  public:
    struct Attempt {
        std::unique_ptr<SessionLock> lock; // null: not taken
        bool held_by_other = false;
        std::string problem; // why there can be no lock at all; empty otherwise
    };
    static Attempt attempt(const std::filesystem::path& session);
    // Somebody has it open for writing. Makes no file.
    static bool is_held(const std::filesystem::path& session);
    ~SessionLock();
    SessionLock(const SessionLock&) = delete;
    SessionLock& operator=(const SessionLock&) = delete;

  private:
    SessionLock(std::filesystem::path file, int descriptor)
        : file_(std::move(file))
        , descriptor_(descriptor) {}

    std::filesystem::path file_;
    int descriptor_;
};

} // namespace emend
