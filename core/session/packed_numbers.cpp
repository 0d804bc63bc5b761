// SPDX-License-Identifier: GPL-3.0-or-later
#include "session/packed_numbers.h"

#include "emend/error.h"
#include "session/damaged.h"

#include <bit>
#include <cstdint>
#include <zstd.h>

namespace emend {

namespace {

// Higher ones gain nothing: what is left are mantissas, which are noise.
constexpr int compression_level = 1;

static_assert(std::endian::native == std::endian::little, "the order of the planes is that of little-endian machines");

} // namespace

std::string pack_numbers(std::span<const double> numbers) {
    const std::size_t count = numbers.size();
    std::string planes(count * sizeof(double), '\0');
    for (std::size_t i = 0; i < count; ++i) {
        const auto bits = std::bit_cast<std::uint64_t>(numbers[i]);
        for (std::size_t plane = 0; plane < sizeof(double); ++plane)
            planes[plane * count + i] = static_cast<char>(static_cast<unsigned char>(bits >> (8 * plane)));
    }
    std::string packed(ZSTD_compressBound(planes.size()), '\0');
    const std::size_t size =
        ZSTD_compress(packed.data(), packed.size(), planes.data(), planes.size(), compression_level);
    if (ZSTD_isError(size) != 0)
        throw Error(std::string("the numbers could not be compressed: ") + ZSTD_getErrorName(size));
    packed.resize(size);
    return packed;
}

void unpack_numbers(std::string_view packed, std::span<double> numbers) {
    const std::size_t count = numbers.size();
    std::string planes(count * sizeof(double), '\0');
    const std::size_t size = ZSTD_decompress(planes.data(), planes.size(), packed.data(), packed.size());
    if (ZSTD_isError(size) != 0 || size != planes.size())
        damaged("packed numbers are not what was packed");
    for (std::size_t i = 0; i < count; ++i) {
        std::uint64_t bits = 0;
        for (std::size_t plane = 0; plane < sizeof(double); ++plane)
            bits |= std::uint64_t{static_cast<unsigned char>(planes[plane * count + i])} << (8 * plane);
        numbers[i] = std::bit_cast<double>(bits);
    }
}

} // namespace emend
