// SPDX-License-Identifier: GPL-3.0-or-later
// Factors and spectra of second moments, kept on disk because they cost far more than reading them. Each is found by a
// hash of the matrix itself and of what was added to it, so an outdated one cannot be found; what is read back is
// checked and has the same bits, in the same order in memory, as what was kept. A cache that is broken, full or cannot
// be written costs a line in the log. Files are written atomically; when they come to more than `bytes_at_most`, or a
// quarter of what the disk has for them, those go that were not used for longest. Belongs to one thread.
#pragma once

#include "editing/metric.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>

namespace emend {

class FactorCache {
  public:
    static constexpr std::uint64_t usual_bytes = std::uint64_t{8} << 30;

    // folder: made when missing; empty: nothing is kept.
    explicit FactorCache(std::filesystem::path folder = {}, std::uint64_t bytes_at_most = usual_bytes);

    [[nodiscard]] bool is_on() const { return !folder_.empty(); }
    // Of size and every element of a matrix [n, n], float64 on the processor.
    [[nodiscard]] static std::string hash_of(const at::Tensor& c);

    // Metric::factor(c, 1, ridge, norm) for the c [size, size] of this hash.
    [[nodiscard]] std::optional<Metric> factor(const std::string& c_hash, std::int64_t size, double ridge,
                                               double norm) const;
    void keep(const std::string& c_hash, double ridge, double norm, const Metric& metric) const;
    [[nodiscard]] std::optional<Spectrum> spectrum(const std::string& c_hash, std::int64_t size) const;
    void keep(const std::string& c_hash, const Spectrum& spectrum) const;
    // Ascending [size]; kept with a spectrum, too.
    [[nodiscard]] at::Tensor eigenvalues(const std::string& c_hash, std::int64_t size) const; // undefined: not kept
    void keep_eigenvalues(const std::string& c_hash, const at::Tensor& values) const;

  private:
    using Texts = std::map<std::string, std::string>;
    struct Part {
        const char* name;
        at::Tensor tensor; // float64, contiguous
    };
    // The tensors under a key, each of the shape asked for, and the metadata; empty when they are not there or unsound.
    std::optional<Texts> read(const std::string& key, std::vector<Part>& parts) const;
    void write(const std::string& key, const std::vector<Part>& parts, Texts metadata) const;
    void make_room(std::uint64_t bytes) const;
    [[nodiscard]] std::filesystem::path file_of(const std::string& key) const;

    std::filesystem::path folder_;
    std::uint64_t bytes_at_most_ = 0;
};

} // namespace emend
