// SPDX-License-Identifier: GPL-3.0-or-later
// The header of a safetensors file, checked against the file's size. Separate from SafetensorsFile so that it can be
// read from bytes in memory (the fuzzer does).
#pragma once

#include "storage/safetensors.h"

namespace emend {

struct SafetensorsHeader {
    struct Entry {
        std::string name;
        DType dtype = DType::F32;
        std::vector<std::int64_t> shape;
        std::uint64_t begin = 0; // bytes from data_at
        std::uint64_t end = 0;
    };
    std::vector<Entry> entries; // sorted by begin
    std::map<std::string, std::string> metadata;
    std::uint64_t data_at = 0; // where the data begin in the file
};

// bytes is the whole file; only the header is read, the rest counts by its size. Throws Error as SafetensorsFile::open
// does.
SafetensorsHeader read_safetensors_header(std::string_view bytes, const std::string& file_name);

} // namespace emend
