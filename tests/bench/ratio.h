// SPDX-License-Identifier: GPL-3.0-or-later
// Two ways to the same result, timed in turn inside one run: what counts is the ratio, machines are noisy.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <vector>

namespace emend::bench {

template<typename Call>
double seconds_of(Call&& call) {
    const auto start = std::chrono::steady_clock::now();
    call();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// Of the processor, all threads together: what else the machine does takes nothing away from it.
template<typename Call>
double processor_seconds_of(Call&& call) {
    const auto now = [] {
        timespec time{};
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
    };
    const double start = now();
    call();
    return now() - start;
}

struct Ratio {
    double straightforward = 0; // seconds of the processor, median
    double fast = 0;
    [[nodiscard]] double value() const { return straightforward / fast; }
};

// The medians of `rounds` turns; the two alternate, so that a slow moment of the machine hits both.
template<typename Slow, typename Fast>
Ratio compare(Slow&& slow, Fast&& fast, int rounds) {
    std::vector<double> slow_seconds;
    std::vector<double> fast_seconds;
    for (int round = 0; round < rounds; ++round) {
        slow_seconds.push_back(processor_seconds_of(slow));
        fast_seconds.push_back(processor_seconds_of(fast));
    }
    std::ranges::sort(slow_seconds);
    std::ranges::sort(fast_seconds);
    const auto middle = static_cast<std::size_t>(rounds / 2);
    return {slow_seconds[middle], fast_seconds[middle]};
}

inline void print(const char* what, const Ratio& ratio) {
    std::printf("%-48s straightforward %9.4f s   ours %9.4f s   ratio %7.1f\n", what, ratio.straightforward, ratio.fast,
                ratio.value());
    std::fflush(stdout);
}

} // namespace emend::bench
