// SPDX-License-Identifier: GPL-3.0-or-later
// Compiled without fused multiply-add (CMakeLists.txt): one rounding less would be other bits on other machines.
#include "editing/accumulate.h"

#include <algorithm>
#include <atomic>
#include <system_error>
#include <thread>
#include <vector>

namespace emend {

void add_product(double* target, const double* left, const double* right, std::int64_t rows, std::int64_t rank,
                 std::int64_t cols, int threads) {
    // A block of the right factor stays in the second-level cache while a block of rows passes over it.
    constexpr std::int64_t rows_block = 256;
    constexpr std::int64_t cols_block = 1024;
    constexpr std::int64_t rank_block = 32;
    constexpr std::int64_t worth_a_thread = std::int64_t{1} << 22; // products
    const std::int64_t blocks_across = (cols + cols_block - 1) / cols_block;
    const std::int64_t blocks = blocks_across * ((rows + rows_block - 1) / rows_block);

    const auto add_block = [=](std::int64_t block) {
        const std::int64_t col = block % blocks_across * cols_block;
        const std::int64_t width = std::min(cols_block, cols - col);
        const std::int64_t row_begin = block / blocks_across * rows_block;
        const std::int64_t row_end = std::min(rows, row_begin + rows_block);
        for (std::int64_t first = 0; first < rank; first += rank_block) {
            const std::int64_t end = std::min(rank, first + rank_block);
            for (std::int64_t row = row_begin; row < row_end; ++row) {
                double* const sum = target + row * cols + col;
                for (std::int64_t k = first; k < end; ++k) {
                    const double factor = left[row * rank + k];
                    if (factor == 0)
                        continue;
                    const double* const source = right + k * cols + col;
                    for (std::int64_t i = 0; i < width; ++i)
                        sum[i] += factor * source[i];
                }
            }
        }
    };
    // Every entry belongs to one block, so who takes which block changes nothing.
    std::atomic<std::int64_t> next{0};
    const auto work = [&] {
        for (std::int64_t block = next++; block < blocks; block = next++)
            add_block(block);
    };
    std::vector<std::jthread> helpers;
    const std::int64_t helpful =
        std::min({static_cast<std::int64_t>(threads), blocks, rows * rank * cols / worth_a_thread});
    try {
        for (std::int64_t i = 1; i < helpful; ++i)
            helpers.emplace_back(work);
    } catch (const std::system_error&) { // no more threads to be had: those that are there do it
    }
    work();
}

} // namespace emend
