// SPDX-License-Identifier: GPL-3.0-or-later
// Sizes that come from files are added and multiplied here: an overflow is an empty optional, never a wrapped number.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace emend {

[[nodiscard]] constexpr std::optional<std::uint64_t> checked_add(std::uint64_t a, std::uint64_t b) noexcept {
    const std::uint64_t sum = a + b;
    return sum < a ? std::nullopt : std::optional(sum);
}

[[nodiscard]] constexpr std::optional<std::uint64_t> checked_mul(std::uint64_t a, std::uint64_t b) noexcept {
    if (a != 0 && b > UINT64_MAX / a)
        return std::nullopt;
    return a * b;
}

// Number of elements of a shape; empty when a dimension is negative or the product does not fit.
[[nodiscard]] constexpr std::optional<std::uint64_t> checked_elements(std::span<const std::int64_t> shape) noexcept {
    std::uint64_t count = 1;
    for (const std::int64_t dimension : shape) {
        if (dimension < 0)
            return std::nullopt;
        const auto product = checked_mul(count, static_cast<std::uint64_t>(dimension));
        if (!product)
            return std::nullopt;
        count = *product;
    }
    return count;
}

} // namespace emend
