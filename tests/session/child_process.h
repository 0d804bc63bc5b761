// SPDX-License-Identifier: GPL-3.0-or-later
// Work in a process of its own, for what may end it.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

namespace emend::test {

// 0 when `work` is true in a process of its own, which a fault of it may end.
template<typename Work>
inline int status_of_child(Work&& work) {
    const pid_t child = ::fork();
    if (child == 0) {
        try {
            ::_exit(work() ? 0 : 1);
        } catch (...) {
            ::_exit(2);
        }
    }
    int status = -1;
    ::waitpid(child, &status, 0);
    return status;
}

} // namespace emend::test
