// SPDX-License-Identifier: GPL-3.0-or-later
// Archives of numpy arrays (.npz: a zip of .npy files, stored or deflated), read-only. Nothing in a file is believed:
// an array can be reached only after its header, its shape and the archive's own sizes agree, and memory is the
// caller's business after that. Arrays of Python objects are described, never read. Belongs to one thread.
#pragma once

#include "base/file.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace emend {

// One array as its header has it.
struct NpzArray {
    std::string name;                // "mom2.mom2": the member's name without ".npy"
    std::string type;                // numpy's: "<f8", "|O", …
    bool fortran_order = false;      // columns first
    std::vector<std::int64_t> shape; // empty: one number
    std::uint64_t bytes = 0;         // of the elements
};

// "<f4 [3072, 3072]", for messages.
[[nodiscard]] std::string describe(const NpzArray& array);

class NpzFile {
  public:
    // Throws Error for anything that is not a sound zip archive of arrays: missing, empty, truncated, encrypted,
    // compressed in another way, sizes that cannot be.
    static NpzFile open(const std::filesystem::path& path);
    // The bytes must outlive the object; `where` is what errors call them.
    static NpzFile from_bytes(std::span<const std::byte> bytes, std::string where);
    ~NpzFile();
    NpzFile(NpzFile&&) noexcept;
    NpzFile& operator=(NpzFile&&) noexcept;
    NpzFile(const NpzFile&) = delete;
    NpzFile& operator=(const NpzFile&) = delete;

    [[nodiscard]] const std::vector<std::string>& names() const noexcept { return names_; } // as in the archive
    [[nodiscard]] bool contains(std::string_view name) const;
    // Reads the header alone. Throws Error: no such array, broken header, a shape that does not match the bytes there.
    [[nodiscard]] NpzArray at(std::string_view name) const;
    // The elements as they are in the file, little-endian and in the file's order. `target` must be of array.bytes.
    // Throws Error: not plain numbers, big-endian, broken or shortened data (the checksum is verified).
    void read(const NpzArray& array, std::span<std::byte> target) const;
    // One number of any plain type. Throws Error when it is none, or has a fraction.
    [[nodiscard]] std::int64_t read_integer(std::string_view name) const;
    [[nodiscard]] const std::string& where() const noexcept { return where_; }

  private:
    struct Archive;
    NpzFile();

    std::shared_ptr<const MappedFile> file_;
    std::unique_ptr<Archive> archive_;
    std::vector<std::string> names_;
    std::string where_;
};

// The text in front of an array's elements, without magic number and length: a Python dictionary with descr,
// fortran_order and shape. `bytes` of the result is left 0. Throws Error.
[[nodiscard]] NpzArray parse_npy_header(std::string_view text, const std::string& where);
// Bytes an element of this type takes; 0 when it is not a plain little-endian number.
[[nodiscard]] std::uint64_t npy_element_bytes(std::string_view type) noexcept;

} // namespace emend
