// SPDX-License-Identifier: GPL-3.0-or-later
// A job made of parts: each part reports 0 to 1 of its own, the whole hears where it stands.
#pragma once

#include "emend/job.h"

#include <algorithm>
#include <chrono>

namespace emend {

inline double seconds_since(std::chrono::steady_clock::time_point start) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// The part [begin, end) of a job that began at `start`, as a job of its own; the time left is that of the whole. `job`
// must outlive it.
inline JobContext part_of(const JobContext& job, double begin, double end,
                          std::chrono::steady_clock::time_point start) {
    return JobContext(
        [&job, begin, end, start](Progress progress) {
            progress.fraction = begin + (end - begin) * std::clamp(progress.fraction, 0.0, 1.0);
            progress.seconds_left =
                progress.fraction > 0 ? seconds_since(start) * (1 - progress.fraction) / progress.fraction : -1;
            job.report(progress);
        },
        job.stop_token());
}

// The first `share` of a job, for work that may turn out to be done already: then it takes nothing of the whole.
// `whole` must outlive it, and it the jobs it gives.
class FirstPart {
  public:
    FirstPart(const JobContext& whole, double share, std::chrono::steady_clock::time_point start)
        : whole_(whole)
        , share_(share)
        , start_(start)
        , part_(part_of(whole, 0, share, start))
        , job_(
              [this](Progress progress) {
                  worked_ = worked_ || progress.fraction < 1;
                  if (!worked_)
                      progress.fraction = 0;
                  part_.report(progress);
              },
              whole.stop_token()) {}
    FirstPart(const FirstPart&) = delete;
    FirstPart& operator=(const FirstPart&) = delete;

    [[nodiscard]] const JobContext& job() const { return job_; }
    [[nodiscard]] JobContext rest() const { return part_of(whole_, worked_ ? share_ : 0, 1, start_); }

  private:
    const JobContext& whole_;
    double share_;
    std::chrono::steady_clock::time_point start_;
    bool worked_ = false;
    JobContext part_;
    JobContext job_;
};

} // namespace emend
