// SPDX-License-Identifier: GPL-3.0-or-later
// Safetensors files, in and out. The reader maps the file and checks the whole header before any tensor can be reached:
// sizes, names, types, byte ranges without overlap, hole or excess. The writer is atomic and deterministic. Thread
// safety: an open SafetensorsFile is const and may be shared; tensors keep the mapping alive. A writer belongs to one
// thread.
#pragma once

#include "base/file.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace emend {

enum class DType { F64, F32, F16, BF16, I64, I32, I16, I8, U64, U32, U16, U8, BOOL };

[[nodiscard]] std::uint64_t dtype_size(DType dtype) noexcept; // bytes per element
[[nodiscard]] std::string_view dtype_name(DType dtype) noexcept;
[[nodiscard]] std::optional<DType> dtype_from_name(std::string_view name) noexcept;

// One tensor in a mapped file, row-major, little-endian. `file` keeps `data` valid.
struct TensorView {
    std::string name;
    DType dtype = DType::F32;
    std::vector<std::int64_t> shape;
    const std::byte* data = nullptr;
    std::uint64_t bytes = 0;
    std::shared_ptr<const MappedFile> file;

    [[nodiscard]] std::uint64_t elements() const noexcept { return bytes / dtype_size(dtype); }
    // False when the elements may not be read through a typed pointer and must be copied out bytewise.
    [[nodiscard]] bool aligned() const noexcept {
        return reinterpret_cast<std::uintptr_t>(data) % dtype_size(dtype) == 0;
    }
};

// "F32 [957, 64]", for messages.
[[nodiscard]] std::string describe(const TensorView& tensor);

class SafetensorsFile {
  public:
    // Throws Error, with file, tensor and byte offset, for anything that is not a sound safetensors file.
    static SafetensorsFile open(const std::filesystem::path& path);

    // In file order (by byte offset).
    [[nodiscard]] const std::vector<std::string>& names() const noexcept { return names_; }
    [[nodiscard]] bool contains(const std::string& name) const { return tensors_.contains(name); }
    // Throws Error naming similar names when there is no such tensor.
    [[nodiscard]] const TensorView& at(const std::string& name) const;
    [[nodiscard]] const std::map<std::string, std::string>& metadata() const noexcept { return metadata_; }
    [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

  private:
    std::filesystem::path path_;
    std::vector<std::string> names_;
    std::unordered_map<std::string, TensorView> tensors_;
    std::map<std::string, std::string> metadata_;
};

// Up to three names most like `name`, as ", did you mean a, b?" - empty when nothing comes near.
[[nodiscard]] std::string similar_names(const std::string& name, const std::vector<std::string>& names);

class SafetensorsWriter {
  public:
    // Keeps the pointer, not a copy: data must stay valid until write() has returned.
    void add(std::string name, DType dtype, std::vector<std::int64_t> shape, const void* data);
    void set_metadata(const std::string& key, const std::string& value) { metadata_[key] = value; }

    // Same tensors, same bytes: sorted by descending element size, then name; header padded to 8 bytes. On any fault,
    // the target stays as it was.
    void write(const std::filesystem::path& path) const;

  private:
    struct Item {
        std::string name;
        DType dtype;
        std::vector<std::int64_t> shape;
        const void* data;
        std::uint64_t bytes;
    };
    std::vector<Item> items_;
    std::map<std::string, std::string> metadata_;
};

} // namespace emend
