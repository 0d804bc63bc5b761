// SPDX-License-Identifier: GPL-3.0-or-later
// What a long call gets from its caller: a place to report progress and a way to be stopped.
// Thread safety: the call runs on one thread and reports there; request_stop may come from any thread.
#pragma once

#include "emend/error.h"

#include <functional>
#include <stop_token>
#include <string>

namespace emend {

struct Progress {
    std::string phase;       // "values", "layer 3 of 5", … - short, for a status bar
    double fraction = 0;     // of the whole job, 0 to 1; below 0 when unknown
    double seconds_left = 0; // estimate; below 0 when unknown
    std::string detail;      // "step 12 of 25, loss 0.31"; may be empty
};

class JobContext {
  public:
    using Reporter = std::function<void(const Progress&)>;

    JobContext() = default;
    explicit JobContext(Reporter reporter, std::stop_token stop = {})
        : reporter_(std::move(reporter))
        , stop_(std::move(stop)) {}

    void report(const Progress& progress) const {
        if (reporter_)
            reporter_(progress);
    }

    [[nodiscard]] bool stop_requested() const noexcept { return stop_.stop_requested(); }

    // Throws Cancelled when a stop was asked for. Call at least a few times a second.
    void check() const {
        if (stop_.stop_requested())
            throw Cancelled();
    }

    [[nodiscard]] const std::stop_token& stop_token() const noexcept { return stop_; }

  private:
    Reporter reporter_;
    std::stop_token stop_;
};

} // namespace emend
