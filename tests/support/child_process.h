// SPDX-License-Identifier: GPL-3.0-or-later
// A copy of the test's own process that does some work and may die over it. It sees what was there when it was made;
// what it does to memory is gone with it.
#pragma once

#include <array>
#include <csignal>
#include <functional>
#include <string>
#include <sys/wait.h>
#include <unistd.h>

namespace emend::test {

class ChildProcess {
  public:
    using Say = std::function<void(const std::string& line)>;
    explicit ChildProcess(const std::function<void(const Say&)>& work) {
        std::array<int, 2> pipe{};
        if (::pipe(pipe.data()) != 0)
            return;
        process_ = ::fork();
        if (process_ == 0) {
            ::close(pipe[0]);
            try {
                work([&](const std::string& line) { (void)!::write(pipe[1], (line + '\n').data(), line.size() + 1); });
            } catch (...) {
                ::_exit(1);
            }
            ::_exit(0);
        }
        ::close(pipe[1]);
        ear_ = pipe[0];
    }
    ~ChildProcess() {
        kill();
        if (ear_ >= 0)
            ::close(ear_);
    }
    ChildProcess(const ChildProcess&) = delete;
    ChildProcess& operator=(const ChildProcess&) = delete;

    // The next line it says; empty when it ended without.
    [[nodiscard]] std::string hear() const {
        std::string line;
        for (char c = 0; ::read(ear_, &c, 1) == 1 && c != '\n';)
            line += c;
        return line;
    }
    // Not to be refused, as when the power fails.
    void kill() {
        if (process_ > 0)
            ::kill(process_, SIGKILL);
        (void)wait();
    }
    // Until it ends; -SIGKILL when it was killed.
    int wait() {
        int status = 0;
        if (process_ > 0)
            ::waitpid(process_, &status, 0);
        process_ = -1;
        return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
    }

  private:
    pid_t process_ = -1;
    int ear_ = -1;
};

} // namespace emend::test
