// SPDX-License-Identifier: GPL-3.0-or-later
// The trainer's subcommands with their options.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>

namespace emend::demo {

inline constexpr std::uint64_t kDefaultSeed = 2026;
inline constexpr std::size_t kVocabularySize = 2048;

struct TrainOptions {
    std::filesystem::path out;
    std::filesystem::path work;
    std::filesystem::path world = EMEND_DEMO_WORLD;
    std::uint64_t seed = kDefaultSeed;
    std::int64_t language_steps = 1500;
    std::int64_t fact_steps = 2400;
    std::int64_t stop_after = 0; // 0: run all steps
    std::int64_t width = 192;
    std::int64_t layers = 8;
    bool resume = false;
};

struct WorldOptions {
    std::filesystem::path out;
    std::filesystem::path world = EMEND_DEMO_WORLD;
    std::uint64_t seed = kDefaultSeed;
    std::size_t print = 0;
};

struct MeasureOptions {
    std::filesystem::path model;
    std::filesystem::path world = EMEND_DEMO_WORLD;
    std::uint64_t seed = kDefaultSeed;
    bool details = false;
    bool edits = true;    // measure edits too: minutes
    bool tune = false;    // on the half of the facts that recipes may be tuned on, not on the half to report
    std::string softness; // of MEMIT, instead of the recipe's own
};

void run_train(const TrainOptions& options);
void run_world(const WorldOptions& options);
void run_measure(const MeasureOptions& options);

} // namespace emend::demo
