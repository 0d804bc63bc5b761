// SPDX-License-Identifier: GPL-3.0-or-later
#include "interrupt.h"

#include <atomic>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <unistd.h>

namespace emend {

namespace {

std::atomic<int> write_end{-1};
static_assert(std::atomic<int>::is_always_lock_free, "used in a signal handler");

extern "C" void on_signal(int) {
    const int saved = errno;
    const int descriptor = write_end.load();
    if (descriptor >= 0) {
        const char stop = 's';
        [[maybe_unused]] const auto written = write(descriptor, &stop, 1);
    }
    errno = saved;
}

void set_handler(void (*handler)(int)) {
    struct sigaction action {};
    action.sa_handler = handler;
    // Back to the default after the first: the second Ctrl+C kills.
    action.sa_flags = static_cast<int>(SA_RESETHAND | SA_RESTART);
    sigemptyset(&action.sa_mask);
    for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
        struct sigaction now {};
        if (sigaction(number, nullptr, &now) == 0 && now.sa_handler != SIG_IGN) // nohup's stays ignored
            sigaction(number, &action, nullptr);
    }
}

} // namespace

Interrupt::Interrupt() {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return; // without a pipe Ctrl+C simply ends the program
    read_end_ = ends[0];
    write_end = ends[1];
    watcher_ = std::jthread([this] {
        char letter = 0;
        while (read(read_end_, &letter, 1) < 0 && errno == EINTR) {
        }
        if (letter == 's')
            source_.request_stop();
    });
    set_handler(on_signal);
}

Interrupt::~Interrupt() {
    if (read_end_ < 0)
        return;
    set_handler(SIG_DFL);
    const int descriptor = write_end.exchange(-1);
    const char quit = 'q';
    [[maybe_unused]] const auto written = write(descriptor, &quit, 1);
    watcher_.join();
    close(descriptor);
    close(read_end_);
}

} // namespace emend
