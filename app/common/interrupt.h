// SPDX-License-Identifier: GPL-3.0-or-later
// Ctrl+C, or an end asked for otherwise (SIGTERM, SIGHUP): the first is a request to stop, the second ends the program at
// once. A stop source may not be touched in a signal handler, so the handler writes a byte into a pipe and a thread turns
// it into the request.
#pragma once

#include <stop_token>
#include <thread>

namespace emend {

class Interrupt {
  public:
    Interrupt(); // one per program
    ~Interrupt();
    Interrupt(const Interrupt&) = delete;
    Interrupt& operator=(const Interrupt&) = delete;

    [[nodiscard]] std::stop_token token() const { return source_.get_token(); }

  private:
    std::stop_source source_;
    std::jthread watcher_;
    int read_end_ = -1;
};

} // namespace emend
