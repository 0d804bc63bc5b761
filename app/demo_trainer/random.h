// SPDX-License-Identifier: GPL-3.0-or-later
// The trainer's own random numbers: written out, because the standard distributions differ between libraries and the
// same seed has to give the same model. SplitMix64 (Steele, Lea, Flood 2014); not for secrets. One thread.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <string_view>
#include <vector>

namespace emend::demo {

[[nodiscard]] inline std::uint64_t mix(std::uint64_t value) noexcept {
    value += 0x9E3779B97F4A7C15ULL;
    value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9ULL;
    value = (value ^ (value >> 27)) * 0x94D049BB133111EBULL;
    return value ^ (value >> 31);
}

// FNV-1a: names a thing by its text, so that adding a fact does not reshuffle the others.
[[nodiscard]] inline std::uint64_t hash_text(std::string_view text) noexcept {
    std::uint64_t hash = 0xCBF29CE484222325ULL;
    for (const char c : text)
        hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3ULL;
    return hash;
}

class Random {
  public:
    explicit Random(std::uint64_t seed, std::uint64_t stream = 0) noexcept
        : state_(mix(seed ^ mix(stream))) {}

    [[nodiscard]] std::uint64_t next() noexcept {
        const std::uint64_t value = mix(state_);
        state_ += 0x9E3779B97F4A7C15ULL;
        return value;
    }
    // In [0, 1).
    [[nodiscard]] double uniform() noexcept { return static_cast<double>(next() >> 11) * 0x1.0p-53; }
    // In [0, count); count > 0.
    [[nodiscard]] std::size_t below(std::size_t count) noexcept {
        return static_cast<std::size_t>(uniform() * static_cast<double>(count));
    }
    [[nodiscard]] bool chance(double probability) noexcept { return uniform() < probability; }
    // Standard normal (Box and Muller, one of the pair).
    [[nodiscard]] double normal() noexcept {
        const double radius = std::sqrt(-2.0 * std::log(1.0 - uniform()));
        return radius * std::cos(2.0 * std::numbers::pi * uniform());
    }
    template<typename T>
    [[nodiscard]] const T& pick(const std::vector<T>& values) noexcept {
        return values[below(values.size())];
    }

  private:
    std::uint64_t state_;
};

} // namespace emend::demo
