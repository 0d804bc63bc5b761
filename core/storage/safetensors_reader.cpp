// SPDX-License-Identifier: GPL-3.0-or-later
// Layout: 8 bytes little-endian header length, a JSON object {name: {dtype, shape, data_offsets}}, then the data. The
// header is read event by event, so that a name given twice is seen and nothing is built from nonsense.
#include "base/checked_math.h"
#include "base/json_text.h"
#include "emend/error.h"
#include "storage/safetensors.h"
#include "storage/safetensors_header.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <tuple>
#include <unordered_set>

namespace emend {
namespace {

constexpr std::uint64_t prefix_bytes = 8;
constexpr std::uint64_t header_limit = 100'000'000; // as the reference reader
constexpr std::size_t dimensions_limit = 32;
constexpr const char* damaged_hint = "the file is damaged; download or write it again";
constexpr const char* incomplete_hint = "incomplete download? Fetch the file again and compare its size";

// Turns the JSON events of a header into entries. States are the places a value can stand in.
class HeaderHandler final : public nlohmann::json_sax<nlohmann::json> {
  public:
    HeaderHandler(const std::string& file, SafetensorsHeader& header)
        : file_(file)
        , header_(header) {}

    bool start_object(std::size_t) override {
        if (place_ == Place::Outside)
            place_ = Place::Top;
        else if (place_ == Place::Top)
            place_ = in_metadata_ ? Place::Metadata : Place::Tensor;
        else
            misplaced("an object");
        return true;
    }

    bool key(string_t& name) override {
        key_ = name;
        if (place_ == Place::Top) {
            in_metadata_ = name == "__metadata__";
            if (!names_.insert(name).second)
                throw Error(in_metadata_ ? "the metadata is there twice" : "two tensors have the same name",
                            at_tensor(name), damaged_hint);
            entry_ = {};
            entry_.name = name;
            seen_ = 0;
        } else if (place_ == Place::Tensor) {
            const unsigned bit = name == "dtype" ? 1U : name == "shape" ? 2U : name == "data_offsets" ? 4U : 0U;
            if (bit == 0)
                throw Error("unknown field \"" + name + "\" in the header", at_tensor(entry_.name),
                            "the file was written for a later version of the format");
            if ((seen_ & bit) != 0)
                throw Error("field \"" + name + "\" is there twice", at_tensor(entry_.name), damaged_hint);
            seen_ |= bit;
        }
        return true;
    }

    bool end_object() override {
        if (place_ == Place::Tensor) {
            if (seen_ != 7U)
                throw Error(std::string("the header gives no ") + ((seen_ & 1U) == 0   ? "dtype"
                                                                   : (seen_ & 2U) == 0 ? "shape"
                                                                                       : "data_offsets"),
                            at_tensor(entry_.name), damaged_hint);
            if (offsets_.size() != 2)
                throw Error("data_offsets has " + std::to_string(offsets_.size()) + " numbers instead of 2",
                            at_tensor(entry_.name), damaged_hint);
            entry_.begin = offsets_[0];
            entry_.end = offsets_[1];
            offsets_.clear();
            header_.entries.push_back(std::move(entry_));
            place_ = Place::Top;
        } else if (place_ == Place::Metadata) {
            place_ = Place::Top;
        } else {
            place_ = Place::Outside;
        }
        return true;
    }

    bool start_array(std::size_t) override {
        if (place_ != Place::Tensor || key_ == "dtype")
            misplaced("a list");
        place_ = key_ == "shape" ? Place::Shape : Place::Offsets;
        return true;
    }

    bool end_array() override {
        place_ = Place::Tensor;
        return true;
    }

    bool string(string_t& value) override {
        if (place_ == Place::Metadata) {
            if (!header_.metadata.emplace(key_, value).second)
                throw Error("metadata \"" + key_ + "\" is there twice", file_, damaged_hint);
            return true;
        }
        if (place_ != Place::Tensor || key_ != "dtype")
            misplaced("a string");
        const auto dtype = dtype_from_name(value);
        if (!dtype)
            throw Error("unknown dtype \"" + value.substr(0, 40) + "\"", at_tensor(entry_.name),
                        "F64, F32, F16, BF16, BOOL and the integer types can be read; convert the file");
        entry_.dtype = *dtype;
        return true;
    }

    bool number_unsigned(number_unsigned_t value) override {
        if (place_ == Place::Shape) {
            if (value > static_cast<number_unsigned_t>(INT64_MAX))
                throw Error("dimension " + std::to_string(value) + " is absurd", at_tensor(entry_.name), damaged_hint);
            if (entry_.shape.size() == dimensions_limit)
                throw Error("more than " + std::to_string(dimensions_limit) + " dimensions", at_tensor(entry_.name),
                            damaged_hint);
            entry_.shape.push_back(static_cast<std::int64_t>(value));
        } else if (place_ == Place::Offsets && offsets_.size() < 3) {
            offsets_.push_back(value);
        } else {
            misplaced("a number");
        }
        return true;
    }

    bool number_integer(number_integer_t value) override {
        if (place_ == Place::Shape || place_ == Place::Offsets)
            throw Error((place_ == Place::Shape ? "negative dimension " : "negative offset ") + std::to_string(value),
                        at_tensor(entry_.name), damaged_hint);
        misplaced("a number");
    }

    bool number_float(number_float_t, const string_t& text) override { misplaced("the number " + text.substr(0, 40)); }
    bool null() override { misplaced("null"); }
    bool boolean(bool) override { misplaced("true or false"); }
    bool binary(binary_t&) override { misplaced("binary data"); }

    bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception& error) override {
        throw Error("the header is not valid JSON: " + json_error_text(error.what()),
                    file_ + ", byte " + std::to_string(prefix_bytes + position - std::min<std::size_t>(position, 1)),
                    damaged_hint);
    }

  private:
    enum class Place { Outside, Top, Metadata, Tensor, Shape, Offsets };

    [[nodiscard]] std::string at_tensor(const std::string& name) const { return file_ + ", tensor " + name; }

    [[noreturn]] void misplaced(const std::string& what) const {
        if (place_ == Place::Outside)
            throw Error("the header is " + what + " instead of an object", file_, damaged_hint);
        throw Error(what + " is in the wrong place of the header",
                    file_ + ", at \"" + (place_ == Place::Top ? key_ : entry_.name + "\" \"" + key_) + "\"",
                    damaged_hint);
    }

    const std::string& file_;
    SafetensorsHeader& header_;
    Place place_ = Place::Outside;
    bool in_metadata_ = false;
    std::string key_;
    SafetensorsHeader::Entry entry_;
    unsigned seen_ = 0; // bits: dtype 1, shape 2, data_offsets 4
    std::vector<std::uint64_t> offsets_;
    std::unordered_set<std::string> names_;
};

void check_entry(const SafetensorsHeader::Entry& entry, const std::string& file, std::uint64_t data_at) {
    const std::string where = file + ", tensor " + entry.name;
    const auto elements = checked_elements(entry.shape);
    const auto bytes = elements ? checked_mul(*elements, dtype_size(entry.dtype)) : std::nullopt;
    if (!bytes)
        throw Error("the shape is absurd: its size does not fit 64 bits", where, damaged_hint);
    if (entry.begin > entry.end)
        throw Error("the tensor ends before it begins: data_offsets " + std::to_string(entry.begin) + " to " +
                        std::to_string(entry.end),
                    where, damaged_hint);
    if (*bytes != entry.end - entry.begin)
        throw Error("dtype and shape need " + std::to_string(*bytes) + " bytes but data_offsets give " +
                        std::to_string(entry.end - entry.begin),
                    where + ", byte " + std::to_string(data_at + entry.begin), damaged_hint);
}

// Ranges, in file order, must follow each other without gap and fill the file.
void check_ranges(const std::vector<SafetensorsHeader::Entry>& entries, const std::string& file, std::uint64_t data_at,
                  std::uint64_t file_size) {
    const std::uint64_t data_size = file_size - data_at;
    std::uint64_t expected = 0;
    const std::string* previous = nullptr;
    for (const auto& entry : entries) {
        const std::string where =
            file + ", tensor " + entry.name + ", byte " + std::to_string(checked_add(data_at, entry.begin).value_or(0));
        if (entry.begin < expected)
            throw Error("the tensor overlaps tensor " + *previous, where, damaged_hint);
        if (entry.begin > expected && entry.begin <= data_size)
            throw Error(std::to_string(entry.begin - expected) + " bytes before the tensor belong to no tensor", where,
                        damaged_hint);
        if (entry.end > data_size)
            throw Error("the file ends inside the tensor: it has " + std::to_string(file_size) +
                            " bytes, the header asks for " +
                            (checked_add(data_at, entry.end) ? std::to_string(data_at + entry.end) : "more than 2^64"),
                        where, incomplete_hint);
        expected = entry.end;
        previous = &entry.name;
    }
    if (expected < data_size)
        throw Error(std::to_string(data_size - expected) + " bytes after the last tensor belong to no tensor",
                    file + ", byte " + std::to_string(data_at + expected), damaged_hint);
}

} // namespace

SafetensorsHeader read_safetensors_header(std::string_view bytes, const std::string& file) {
    if (bytes.size() < prefix_bytes)
        throw Error("the file is too short for a safetensors file: " + std::to_string(bytes.size()) + " bytes", file,
                    incomplete_hint);
    std::uint64_t length = 0;
    for (std::size_t i = 0; i < prefix_bytes; ++i)
        length |= std::uint64_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
    const std::string where = file + ", byte 0";
    if (bytes.starts_with("version https://git-lfs"))
        throw Error("this is a Git LFS pointer, not the file itself", file, "fetch the real file: git lfs pull");
    // Letters as a length would be absurd.
    if (std::ranges::all_of(bytes.substr(0, prefix_bytes), [](char c) {
            return (static_cast<unsigned char>(c) >= 0x20 && static_cast<unsigned char>(c) < 0x7F) || c == '\n' ||
                   c == '\r' || c == '\t';
        }))
        throw Error("this is text, not a safetensors file", file, "name a file that ends in .safetensors");
    if (length == 0)
        throw Error("the header's length is 0", where, damaged_hint);
    if (length > header_limit)
        throw Error("the header's length is " + std::to_string(length) + " bytes, more than the format allows (" +
                        std::to_string(header_limit) + ")",
                    where, "this is no safetensors file, or it is damaged");
    if (length > bytes.size() - prefix_bytes)
        throw Error("the file ends inside its header: " + std::to_string(length) + " bytes of header in a file of " +
                        std::to_string(bytes.size()),
                    where, incomplete_hint);
    const std::string_view text = bytes.substr(prefix_bytes, static_cast<std::size_t>(length));
    if (text.front() != '{')
        throw Error("the header does not begin with {", file + ", byte 8",
                    "this is no safetensors file, or it is damaged");

    SafetensorsHeader header;
    HeaderHandler handler(file, header);
    nlohmann::json::sax_parse(text, &handler);

    header.data_at = prefix_bytes + length;
    for (const auto& entry : header.entries)
        check_entry(entry, file, header.data_at);
    std::ranges::sort(header.entries, [](const auto& a, const auto& b) {
        return std::tie(a.begin, a.end, a.name) < std::tie(b.begin, b.end, b.name);
    });
    check_ranges(header.entries, file, header.data_at, bytes.size());
    return header;
}

SafetensorsFile SafetensorsFile::open(const std::filesystem::path& path) {
    const auto mapped = MappedFile::open(path);
    const std::string_view bytes(reinterpret_cast<const char*>(mapped->data()),
                                 static_cast<std::size_t>(mapped->size()));
    SafetensorsHeader header = read_safetensors_header(bytes, path.string());

    SafetensorsFile file;
    file.path_ = path;
    file.metadata_ = std::move(header.metadata);
    file.names_.reserve(header.entries.size());
    file.tensors_.reserve(header.entries.size());
    for (auto& entry : header.entries) {
        file.names_.push_back(entry.name);
        TensorView view{.name = entry.name,
                        .dtype = entry.dtype,
                        .shape = std::move(entry.shape),
                        .data = mapped->data() + header.data_at + entry.begin,
                        .bytes = entry.end - entry.begin,
                        .file = mapped};
        file.tensors_.emplace(std::move(entry.name), std::move(view));
    }
    return file;
}

const TensorView& SafetensorsFile::at(const std::string& name) const {
    const auto found = tensors_.find(name);
    if (found == tensors_.end())
        throw Error("there is no tensor " + name + similar_names(name, names_), path_.string(),
                    "the file belongs to another kind of model");
    return found->second;
}

} // namespace emend
