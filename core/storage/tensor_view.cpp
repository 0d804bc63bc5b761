// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/safetensors.h"

#include <algorithm>
#include <array>
#include <utility>

namespace emend {
namespace {

struct DTypeRow {
    DType dtype;
    std::string_view name;
    std::uint64_t size;
};

// In the order of the enumeration.
constexpr std::array<DTypeRow, 13> dtype_table{{{DType::F64, "F64", 8},
                                                {DType::F32, "F32", 4},
                                                {DType::F16, "F16", 2},
                                                {DType::BF16, "BF16", 2},
                                                {DType::I64, "I64", 8},
                                                {DType::I32, "I32", 4},
                                                {DType::I16, "I16", 2},
                                                {DType::I8, "I8", 1},
                                                {DType::U64, "U64", 8},
                                                {DType::U32, "U32", 4},
                                                {DType::U16, "U16", 2},
                                                {DType::U8, "U8", 1},
                                                {DType::BOOL, "BOOL", 1}}};

const DTypeRow& row_of(DType dtype) {
    return dtype_table.at(static_cast<std::size_t>(dtype));
}

// Edits between two names; the usual two-row table.
std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j)
        row[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = std::exchange(row[0], i);
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
            diagonal = row[j];
            row[j] = std::min({substituted, row[j] + 1, row[j - 1] + 1});
        }
    }
    return row.back();
}

} // namespace

std::uint64_t dtype_size(DType dtype) noexcept {
    return row_of(dtype).size;
}

std::string_view dtype_name(DType dtype) noexcept {
    return row_of(dtype).name;
}

std::optional<DType> dtype_from_name(std::string_view name) noexcept {
    const auto* row = std::ranges::find(dtype_table, name, &DTypeRow::name);
    return row == dtype_table.end() ? std::nullopt : std::optional(row->dtype);
}

std::string describe(const TensorView& tensor) {
    std::string text(dtype_name(tensor.dtype));
    text += " [";
    for (std::size_t i = 0; i < tensor.shape.size(); ++i)
        text += (i == 0 ? "" : ", ") + std::to_string(tensor.shape[i]);
    return text + "]";
}

std::string similar_names(const std::string& name, const std::vector<std::string>& names) {
    constexpr std::size_t names_looked_at = 5000; // an error message is not worth more
    constexpr std::size_t name_length_limit = 200;
    if (name.size() > name_length_limit)
        return {};
    std::vector<std::pair<std::size_t, const std::string*>> near;
    for (std::size_t i = 0; i < std::min(names.size(), names_looked_at); ++i) {
        const std::string& other = names[i];
        if (other.size() > name_length_limit)
            continue;
        // A missing or extra prefix ("transformer.") is the commonest difference, however long.
        const bool contained = other.ends_with(name) || name.ends_with(other);
        const std::size_t distance = contained ? 1 : edit_distance(name, other);
        if (distance * 3 <= name.size() || contained)
            near.emplace_back(distance, &other);
    }
    std::ranges::stable_sort(near, {}, &decltype(near)::value_type::first);
    std::string text;
    for (std::size_t i = 0; i < std::min<std::size_t>(near.size(), 3); ++i)
        text += (i == 0 ? ", did you mean " : ", ") + *near[i].second;
    return text.empty() ? text : text + "?";
}

} // namespace emend
