// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/json_text.h"

#include "base/utf8.h"
#include "emend/error.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <vector>

namespace emend {

using nlohmann::json;

std::string json_error_text(const std::string& library_message) {
    // "[json.exception.parse_error.101] parse error at line 1, column 2: syntax error …"
    const auto end = library_message.find("] ");
    return utf8_lossy(end == std::string::npos ? library_message : library_message.substr(end + 2));
}

namespace {

// Builds the value while watching what the library does not: nesting, and keys that come twice.
class Builder final : public nlohmann::json_sax<json> {
  public:
    Builder(const std::string& file, int max_depth)
        : file_(file)
        , max_depth_(static_cast<std::size_t>(max_depth)) {}

    json result;

    bool null() override { return put(nullptr); }
    bool boolean(bool value) override { return put(value); }
    bool number_integer(number_integer_t value) override { return put(value); }
    bool number_unsigned(number_unsigned_t value) override { return put(value); }
    bool number_float(number_float_t value, const string_t&) override { return put(value); }
    bool string(string_t& value) override { return put(std::move(value)); }
    bool binary(binary_t&) override { return false; } // not in text
    bool start_object(std::size_t) override { return open(json::object()); }
    bool start_array(std::size_t) override { return open(json::array()); }
    bool end_object() override { return close(); }
    bool end_array() override { return close(); }

    bool key(string_t& name) override {
        const auto [place, fresh] = open_.back()->get_ref<json::object_t&>().try_emplace(std::move(name));
        if (!fresh)
            throw Error("key \"" + place->first + "\" is there twice", file_, "remove one of the two entries");
        member_ = &place->second;
        return true;
    }

    bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception& error) override {
        const std::size_t byte = position - std::min<std::size_t>(position, 1); // it counts from 1
        throw Error("not valid JSON: " + json_error_text(error.what()), file_ + ", byte " + std::to_string(byte),
                    "look at the text there; a file that was downloaded may be cut short");
    }

  private:
    // Where the value went; never null, so that an event may return it for "go on".
    json* put(json&& value) {
        if (open_.empty())
            return &(result = std::move(value));
        if (open_.back()->is_array())
            return &open_.back()->get_ref<json::array_t&>().emplace_back(std::move(value));
        return &(*member_ = std::move(value));
    }

    bool open(json&& value) {
        if (open_.size() == max_depth_)
            throw Error("JSON is nested more than " + std::to_string(max_depth_) + " levels deep", file_,
                        "the file is damaged or not what it claims to be");
        open_.push_back(put(std::move(value)));
        return true;
    }

    bool close() {
        open_.pop_back();
        return true;
    }

    const std::string& file_;
    std::size_t max_depth_;
    std::vector<json*> open_; // an open array does not grow while its children are open, so the pointers hold
    json* member_ = nullptr;
};

} // namespace

json parse_json(std::string_view text, const std::string& file_name, int max_depth) {
    Builder builder(file_name, max_depth);
    json::sax_parse(text, &builder);
    return std::move(builder.result);
}

std::string json_kind(const json& value) {
    switch (value.type()) {
    case json::value_t::null:
        return "null";
    case json::value_t::object:
        return "an object";
    case json::value_t::array:
        return "a list";
    case json::value_t::string:
        return "a string";
    case json::value_t::boolean:
        return "true or false";
    case json::value_t::number_integer:
    case json::value_t::number_unsigned:
        return "an integer";
    case json::value_t::number_float:
        return "a number";
    default:
        return "something else";
    }
}

std::string json_excerpt(const json& value, std::size_t max_length) {
    std::string text = value.dump(-1, ' ', false, json::error_handler_t::replace);
    if (text.size() > max_length) {
        std::size_t cut = max_length;
        while (cut > 0 && (static_cast<unsigned char>(text[cut]) & 0xC0U) == 0x80U)
            --cut;
        text = text.substr(0, cut) + "…";
    }
    return text;
}

} // namespace emend
