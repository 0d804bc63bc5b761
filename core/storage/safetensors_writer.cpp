// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/checked_math.h"
#include "base/json_text.h"
#include "emend/error.h"
#include "storage/safetensors.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>

namespace emend {

void SafetensorsWriter::add(std::string name, DType dtype, std::vector<std::int64_t> shape, const void* data) {
    if (name == "__metadata__")
        throw Error("a tensor may not be called __metadata__");
    if (std::ranges::any_of(items_, [&](const Item& item) { return item.name == name; }))
        throw Error("two tensors have the same name", "tensor " + name);
    const auto elements = checked_elements(shape);
    const auto bytes = elements ? checked_mul(*elements, dtype_size(dtype)) : std::nullopt;
    if (!bytes)
        throw Error("the tensor's size does not fit 64 bits", "tensor " + name);
    items_.push_back({std::move(name), dtype, std::move(shape), data, *bytes});
}

void SafetensorsWriter::write(const std::filesystem::path& path) const {
    std::vector<const Item*> order;
    order.reserve(items_.size());
    for (const Item& item : items_)
        order.push_back(&item);
    // Widest elements first keeps every tensor aligned without holes, as long as the data begin aligned.
    std::ranges::sort(order, [](const Item* a, const Item* b) {
        const auto size_a = dtype_size(a->dtype);
        const auto size_b = dtype_size(b->dtype);
        return size_a != size_b ? size_a > size_b : a->name < b->name;
    });

    nlohmann::ordered_json header = nlohmann::ordered_json::object();
    if (!metadata_.empty())
        header["__metadata__"] = metadata_;
    std::uint64_t at = 0;
    for (const Item* item : order) {
        const auto end = checked_add(at, item->bytes);
        if (!end)
            throw Error("the tensors together do not fit 64 bits", path.string());
        header[item->name] = {{"dtype", dtype_name(item->dtype)}, {"shape", item->shape}, {"data_offsets", {at, *end}}};
        at = *end;
    }
    std::string text;
    try {
        text = header.dump();
    } catch (const nlohmann::json::exception& error) {
        throw Error("a name or the metadata is not UTF-8: " + json_error_text(error.what()), path.string());
    }
    text.append((8 - text.size() % 8) % 8, ' ');

    std::array<char, 8> length{};
    for (std::size_t i = 0; i < length.size(); ++i)
        length[i] = static_cast<char>(static_cast<unsigned char>(std::uint64_t{text.size()} >> (8 * i)));

    AtomicFile file(path);
    file.write(length.data(), length.size());
    file.write(text);
    for (const Item* item : order)
        file.write(item->data, static_cast<std::size_t>(item->bytes));
    file.commit();
}

} // namespace emend
