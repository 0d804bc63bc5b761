// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/json_text.h"

#include "base/utf8.h"
#include "emend/error.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <unordered_set>
#include <vector>

namespace emend {

using nlohmann::json;

std::string json_error_text(const std::string& library_message) {
    // "[json.exception.parse_error.101] parse error at line 1, column 2: syntax error …"
    const auto end = library_message.find("] ");
    return utf8_lossy(end == std::string::npos ? library_message : library_message.substr(end + 2));
}

json parse_json(std::string_view text, const std::string& file_name, int max_depth) {
    std::vector<std::unordered_set<std::string>> keys;
    const auto watch = [&](int depth, json::parse_event_t event, json& parsed) {
        if (depth > max_depth)
            throw Error("JSON is nested more than " + std::to_string(max_depth) + " levels deep", file_name,
                        "the file is damaged or not what it claims to be");
        if (event == json::parse_event_t::object_start) {
            keys.resize(static_cast<std::size_t>(depth) + 1);
            keys.back().clear();
        } else if (event == json::parse_event_t::key) {
            const auto& key = parsed.get_ref<const std::string&>();
            // A key is one level below the object it belongs to.
            if (!keys.at(static_cast<std::size_t>(depth) - 1).insert(key).second)
                throw Error("key \"" + key + "\" is there twice", file_name, "remove one of the two entries");
        }
        return true;
    };
    try {
        return json::parse(text, watch);
    } catch (const json::parse_error& error) {
        throw Error("not valid JSON: " + json_error_text(error.what()),
                    file_name + ", byte " +
                        std::to_string(error.byte - std::min<std::size_t>(error.byte, 1)), // it counts from 1
                    "the file is damaged or cut short; download or write it again");
    } catch (const json::exception& error) {
        throw Error("not valid JSON: " + json_error_text(error.what()), file_name,
                    "the file is damaged; download or write it again");
    }
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
