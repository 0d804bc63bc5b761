// SPDX-License-Identifier: GPL-3.0-or-later
// Sessions in a folder: what they are about, which were left behind, a name for the next one.
#include "emend/error.h"
#include "emend/session.h"
#include "session/session_file.h"
#include "session/session_lock.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <ctime>
#include <filesystem>
#include <functional>

namespace emend {

namespace fs = std::filesystem;

namespace {

constexpr const char* untitled_prefix = "untitled-";

} // namespace

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

std::vector<std::string> damaged_sessions(const std::string& folder) {
    std::vector<std::string> found;
    std::error_code failed;
    for (fs::directory_iterator file(folder, failed), end; !failed && file != end; file.increment(failed)) {
        const fs::path& path = file->path();
        if (path.extension() != ".emend" || !path.filename().string().starts_with(untitled_prefix) ||
            SessionLock::is_held(path))
            continue;
        try {
            (void)peek_session(path.string());
        } catch (const DamagedSession&) {
            found.push_back(path.string());
        } catch (const Error&) { // empty, of a later version, not to be read: nothing that a rescue could change
            continue;
        }
    }
    std::ranges::sort(found, std::greater()); // the names are times
    return found;
}

bool discard_session(const std::string& path) {
    const fs::path file = fs::absolute(path);
    const SessionLock::Attempt attempt = SessionLock::attempt(file);
    if (attempt.held_by_other)
        return false;
    remove_logs_of(file); // the session itself last: what is left says so
    std::error_code failed;
    fs::remove(file, failed);
    if (failed)
        throw Error("the session cannot be removed: " + failed.message(), path, "check the permissions of the folder");
    return true;
}

void write_session(const std::string& path, bool replace, const SessionModel& model,
                   const std::function<void(Session&)>& fill, const JobContext& job) {
    const Scratch scratch(fs::absolute(path));
    const auto made = Session::create(scratch.file("made").string(), model);
    fill(*made);
    made->copy_to(path, replace, job);
}

std::string new_session_path(const std::string& folder) {
    const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
    std::tm parts{};
    ::localtime_r(&now, &parts);
    std::array<char, 64> text{};
    const std::string name =
        untitled_prefix + std::string(text.data(), std::strftime(text.data(), text.size(), "%Y%m%d-%H%M%S", &parts));
    for (int i = 1;; ++i) {
        const fs::path path = fs::path(folder) / (name + (i > 1 ? "-" + std::to_string(i) : "") + ".emend");
        std::error_code failed;
        if (!fs::exists(fs::symlink_status(path, failed)))
            return path.string();
    }
}

} // namespace emend
