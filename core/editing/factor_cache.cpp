// SPDX-License-Identifier: GPL-3.0-or-later
#include "editing/factor_cache.h"

#include "base/hash.h"
#include "base/log.h"
#include "emend/error.h"
#include "storage/safetensors.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstring>

namespace emend {

namespace {

namespace fs = std::filesystem;

// Part of every key: what is computed from the same matrix may change with the program.
constexpr const char* format = "2";
constexpr std::string_view tail = ".safetensors";
constexpr char between_warnings = '\x1e';

// Every bit of a number.
std::string exact(double value) {
    std::array<char, 40> text{}; // not printf: the locale would have a say
    const auto [end, failed] = std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::hex);
    return {text.data(), end};
}

std::string key_of(const char* kind, const std::string& c_hash, double ridge = 0, double norm = 0) {
    Xxh3 hash;
    hash.update(std::string(format) + '\n' + kind + '\n' + c_hash + '\n' + exact(ridge) + '\n' + exact(norm));
    return hash.hex();
}

// The lower triangle, column by column: [n (n + 1) / 2]. `factor` has its columns in one piece.
at::Tensor packed(const at::Tensor& factor) {
    const std::int64_t size = factor.size(0);
    at::Tensor result = at::empty({size * (size + 1) / 2}, at::kDouble);
    auto* target = result.data_ptr<double>();
    const auto* source = factor.data_ptr<double>();
    for (std::int64_t column = 0; column < size; ++column) {
        std::memcpy(target, source + column * size + column, static_cast<std::size_t>(size - column) * sizeof(double));
        target += size - column;
    }
    return result;
}

at::Tensor unpacked(const at::Tensor& triangle, std::int64_t size) {
    at::Tensor columns = at::zeros({size, size}, at::kDouble);
    auto* target = columns.data_ptr<double>();
    const auto* source = triangle.data_ptr<double>();
    for (std::int64_t column = 0; column < size; ++column) {
        std::memcpy(target + column * size + column, source, static_cast<std::size_t>(size - column) * sizeof(double));
        source += size - column;
    }
    return columns.t();
}

// LAPACK gives columns in one piece; only such factors are kept, so that solves with a kept one give the same bits.
bool columns_in_one_piece(const at::Tensor& factor) {
    return factor.defined() && factor.stride(0) == 1 && factor.stride(1) == factor.size(0);
}

} // namespace

FactorCache::FactorCache(fs::path folder, std::uint64_t bytes_at_most)
    : folder_(std::move(folder))
    , bytes_at_most_(bytes_at_most) {}

std::string FactorCache::hash_of(const at::Tensor& c) {
    const at::Tensor matrix = c.contiguous();
    Xxh3 hash;
    const std::int64_t size = matrix.size(0);
    hash.update(&size, sizeof size);
    hash.update(matrix.data_ptr(), matrix.nbytes());
    return hash.hex();
}

fs::path FactorCache::file_of(const std::string& key) const {
    return folder_ / (key + std::string(tail));
}

std::optional<FactorCache::Texts> FactorCache::read(const std::string& key, std::vector<Part>& parts) const {
    std::error_code none;
    const fs::path path = folder_.empty() ? fs::path() : file_of(key);
    if (folder_.empty() || !fs::exists(path, none))
        return {};
    try {
        const SafetensorsFile file = SafetensorsFile::open(path);
        Xxh3 content;
        for (Part& part : parts) {
            const TensorView& view = file.at(part.name);
            if (view.dtype != DType::F64 || view.shape != part.tensor.sizes().vec())
                throw Error("it is of another size", path.string());
            std::memcpy(part.tensor.data_ptr(), view.data, view.bytes);
            content.update(part.tensor.data_ptr(), view.bytes);
        }
        if (file.metadata().at("key") != key || file.metadata().at("content") != content.hex())
            throw Error("it does not hold what was written", path.string());
        fs::last_write_time(path, fs::file_time_type::clock::now(), none); // used now
        return file.metadata();
    } catch (const std::exception& fault) {
        log_warning(std::string("a factor that was kept is unsound and is computed again: ") + fault.what());
        fs::remove(path, none);
        return {};
    }
}

void FactorCache::write(const std::string& key, const std::vector<Part>& parts, Texts metadata) const {
    if (folder_.empty())
        return;
    try {
        std::error_code ignored; // the writer says it better
        fs::create_directories(folder_, ignored);
        SafetensorsWriter writer;
        Xxh3 content;
        std::uint64_t bytes = 0;
        for (const Part& part : parts) {
            writer.add(part.name, DType::F64, part.tensor.sizes().vec(), part.tensor.data_ptr());
            content.update(part.tensor.data_ptr(), part.tensor.nbytes());
            bytes += part.tensor.nbytes();
        }
        metadata["key"] = key;
        metadata["content"] = content.hex();
        for (const auto& [name, value] : metadata)
            writer.set_metadata(name, value);
        make_room(bytes);
        writer.write(file_of(key));
    } catch (const std::exception& fault) {
        log_warning(std::string("a factor is not kept for the next time: ") + fault.what());
    }
}

// Throws Error when there cannot be enough.
void FactorCache::make_room(std::uint64_t bytes) const {
    struct Kept {
        fs::path path;
        fs::file_time_type used;
        std::uint64_t bytes;
    };
    std::vector<Kept> kept;
    std::uint64_t total = 0;
    for (const auto& entry : fs::directory_iterator(folder_)) {
        std::error_code gone; // another program prunes too
        if (!entry.path().string().ends_with(tail))
            continue;
        const std::uint64_t size = entry.file_size(gone);
        const auto used = entry.last_write_time(gone);
        if (gone)
            continue;
        kept.push_back({entry.path(), used, size});
        total += size;
    }
    const std::uint64_t limit = std::min(bytes_at_most_, (fs::space(folder_).available + total) / 4);
    if (bytes > limit)
        throw Error("it takes " + std::to_string(bytes) + " bytes and the cache may have " + std::to_string(limit),
                    folder_.string());
    std::ranges::sort(kept, {}, &Kept::used);
    for (const Kept& file : kept) {
        if (total + bytes <= limit)
            break;
        std::error_code gone;
        fs::remove(file.path, gone);
        total -= file.bytes;
    }
}

std::optional<Metric> FactorCache::factor(const std::string& c_hash, std::int64_t size, double ridge,
                                          double norm) const {
    std::vector<Part> parts = {{"factor", at::empty({is_on() ? size * (size + 1) / 2 : 0}, at::kDouble)}};
    const auto metadata = read(key_of("factor", c_hash, ridge, norm), parts);
    if (!metadata || !metadata->contains("ridge_added") || !metadata->contains("warnings"))
        return {};
    const std::string& text = metadata->at("ridge_added");
    double ridge_added = 0;
    const char* const last = text.data() + text.size();
    const auto [read_to, failed] = std::from_chars(text.data(), last, ridge_added, std::chars_format::hex);
    if (failed != std::errc() || read_to != last)
        return {};
    std::vector<std::string> warnings;
    std::string rest = metadata->at("warnings");
    for (std::size_t end = rest.find(between_warnings); end != std::string::npos; end = rest.find(between_warnings)) {
        warnings.push_back(rest.substr(0, end));
        rest.erase(0, end + 1);
    }
    return Metric::from_factor(unpacked(parts[0].tensor, size), ridge_added, 1, std::move(warnings));
}

void FactorCache::keep(const std::string& c_hash, double ridge, double norm, const Metric& metric) const {
    if (!is_on() || !columns_in_one_piece(metric.factor()))
        return;
    std::string warnings;
    for (const auto& warning : metric.warnings())
        warnings += warning + between_warnings;
    write(key_of("factor", c_hash, ridge, norm), {{"factor", packed(metric.factor())}},
          {{"ridge_added", exact(metric.ridge_added())}, {"warnings", warnings}});
}

std::optional<Spectrum> FactorCache::spectrum(const std::string& c_hash, std::int64_t size) const {
    if (!is_on())
        return {};
    std::vector<Part> parts = {{"values", at::empty({size}, at::kDouble)},
                               {"vectors", at::empty({size, size}, at::kDouble)}};
    if (!read(key_of("spectrum", c_hash), parts))
        return {};
    return Spectrum{.values = parts[0].tensor, .vectors = parts[1].tensor};
}

void FactorCache::keep(const std::string& c_hash, const Spectrum& spectrum) const {
    if (!is_on() || !spectrum.values.is_contiguous() || !spectrum.vectors.is_contiguous())
        return;
    write(key_of("spectrum", c_hash), {{"values", spectrum.values}, {"vectors", spectrum.vectors}}, {});
    keep_eigenvalues(c_hash, spectrum.values);
}

at::Tensor FactorCache::eigenvalues(const std::string& c_hash, std::int64_t size) const {
    if (!is_on())
        return {};
    std::vector<Part> parts = {{"values", at::empty({size}, at::kDouble)}};
    return read(key_of("eigenvalues", c_hash), parts) ? parts[0].tensor : at::Tensor();
}

void FactorCache::keep_eigenvalues(const std::string& c_hash, const at::Tensor& values) const {
    if (is_on())
        write(key_of("eigenvalues", c_hash), {{"values", values.contiguous()}}, {});
}

} // namespace emend
