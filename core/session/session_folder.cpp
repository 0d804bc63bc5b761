// SPDX-License-Identifier: GPL-3.0-or-later
// Sessions in a folder: what they are about, which were left behind, a name for the next one.
#include "emend/error.h"
#include "emend/session.h"
#include "session/session_lock.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <ctime>
#include <filesystem>

namespace emend {

namespace fs = std::filesystem;

SessionHead peek_session(const std::string& path) {
    return Session::open(path, Session::Access::read_only)->head();
}

std::vector<SessionHead> recoverable_sessions(const std::string& folder) {
    std::vector<SessionHead> found;
    std::error_code failed;
    for (fs::directory_iterator file(folder, failed), end; !failed && file != end; file.increment(failed)) {
        if (file->path().extension() != ".emend" || SessionLock::is_held(file->path()))
            continue;
        try {
            SessionHead head = peek_session(file->path().string());
            if (head.untitled && head.holds_something())
                found.push_back(std::move(head));
        } catch (const Error&) { // of no use to anybody who looks for something to go on with
            continue;
        }
    }
    std::ranges::sort(found, [](const SessionHead& a, const SessionHead& b) {
        return a.changed != b.changed ? a.changed > b.changed : a.path > b.path;
    });
    return found;
}

std::string new_session_path(const std::string& folder) {
    const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
    std::tm parts{};
    ::localtime_r(&now, &parts);
    std::array<char, 64> text{};
    const std::string name(text.data(), std::strftime(text.data(), text.size(), "untitled-%Y%m%d-%H%M%S", &parts));
    for (int i = 1;; ++i) {
        const fs::path path = fs::path(folder) / (name + (i > 1 ? "-" + std::to_string(i) : "") + ".emend");
        std::error_code failed;
        if (!fs::exists(fs::symlink_status(path, failed)))
            return path.string();
    }
}

} // namespace emend
