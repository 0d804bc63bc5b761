// SPDX-License-Identifier: GPL-3.0-or-later
// A job made of parts: each part reports 0 to 1 of its own, the whole hears where it stands.
#pragma once

#include "emend/job.h"

#include <algorithm>
#include <chrono>

namespace emend {

// The part [begin, end) of a job that began at `start`, as a job of its own; the time left is that of the whole. `job`
// must outlive it.
inline JobContext part_of(const JobContext& job, double begin, double end,
                          std::chrono::steady_clock::time_point start) {
    return JobContext(
        [&job, begin, end, start](Progress progress) {
            progress.fraction = begin + (end - begin) * std::clamp(progress.fraction, 0.0, 1.0);
            const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
            progress.seconds_left = progress.fraction > 0 ? seconds * (1 - progress.fraction) / progress.fraction : -1;
            job.report(progress);
        },
        job.stop_token());
}

} // namespace emend
