// SPDX-License-Identifier: GPL-3.0-or-later
// Archives of numpy arrays for tests, sound or broken on purpose.
#pragma once

#include <zip.h>

#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace emend::test {

struct NpzMember {
    std::string name;  // with ".npy"
    std::string bytes; // header and elements
    bool deflated = false;
};

// A .npy file: magic number, version 1, this header, these elements.
inline std::string npy(const std::string& header, std::string_view elements) {
    std::string text = header;
    text.append(63 - (text.size() + 10) % 64, ' ');
    text += '\n';
    std::string bytes = "\x93NUMPY";
    bytes += '\1';
    bytes += '\0';
    bytes += static_cast<char>(text.size() & 0xFF);
    bytes += static_cast<char>(text.size() >> 8);
    return bytes + text + std::string(elements);
}

inline std::string npy(const std::string& type, const std::string& shape, std::string_view elements,
                       bool fortran_order = false) {
    return npy("{'descr': '" + type + "', 'fortran_order': " + (fortran_order ? "True" : "False") + ", 'shape': (" +
                   shape + "), }",
               elements);
}

template<typename Number>
std::string bytes_of(const std::vector<Number>& numbers) {
    return {reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(Number)};
}

inline void write_npz(const std::string& path, const std::vector<NpzMember>& members) {
    int fault = 0;
    zip_t* zip = zip_open(path.c_str(), ZIP_CREATE | ZIP_TRUNCATE, &fault);
    if (!zip)
        throw std::runtime_error("zip_open " + path);
    for (const auto& member : members) {
        zip_source_t* source = zip_source_buffer(zip, member.bytes.data(), member.bytes.size(), 0);
        const zip_int64_t index = zip_file_add(zip, member.name.c_str(), source, ZIP_FL_ENC_UTF_8);
        zip_set_file_compression(zip, static_cast<zip_uint64_t>(index), member.deflated ? ZIP_CM_DEFLATE : ZIP_CM_STORE,
                                 0);
    }
    if (zip_close(zip) != 0)
        throw std::runtime_error("zip_close " + path);
}

} // namespace emend::test
