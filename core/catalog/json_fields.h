// SPDX-License-Identifier: GPL-3.0-or-later
// Reading JSON that people wrote: every fault names the key, what stands there and what was expected.
#pragma once

#include "base/json_text.h"
#include "emend/error.h"
#include "emend/recipe.h"

#include <cmath>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace emend::catalog {

using Json = nlohmann::json;

[[noreturn]] inline void wrong_type(const Json& value, const std::string& where, const std::string& expected) {
    throw Error("expected " + expected + ", found " + json_excerpt(value), where, "correct this value");
}

inline Json parse_object(std::string_view text, std::string_view where) {
    Json json = parse_json(text, std::string(where));
    if (!json.is_object())
        wrong_type(json, std::string(where), "a JSON object");
    return json;
}

inline double number(const Json& value, const std::string& where) {
    if (!value.is_number())
        wrong_type(value, where, "a number");
    return value.get<double>();
}

inline std::int64_t whole(const Json& value, const std::string& where, std::int64_t least, std::int64_t most) {
    const std::string expected = "a whole number from " + std::to_string(least) + " to " + std::to_string(most);
    const double as_double = value.is_number() ? value.get<double>() : std::nan("");
    // Compared as double first: a float or an unsigned above 2^63 must not be cast.
    if (!(as_double >= static_cast<double>(least)) || !(as_double <= static_cast<double>(most)) ||
        as_double != std::floor(as_double))
        wrong_type(value, where, expected);
    const std::int64_t result =
        value.is_number_float() ? static_cast<std::int64_t>(as_double) : value.get<std::int64_t>();
    if (result < least || result > most)
        wrong_type(value, where, expected);
    return result;
}

inline int small_whole(const Json& value, const std::string& where, int least) {
    return static_cast<int>(whole(value, where, least, 1000000000));
}

inline bool boolean(const Json& value, const std::string& where) {
    if (!value.is_boolean())
        wrong_type(value, where, "true or false");
    return value.get<bool>();
}

inline std::string text(const Json& value, const std::string& where) {
    if (!value.is_string())
        wrong_type(value, where, "a text");
    return value.get<std::string>();
}

inline const Json& array(const Json& value, const std::string& where) {
    if (!value.is_array())
        wrong_type(value, where, "a list");
    return value;
}

inline std::vector<double> numbers(const Json& value, const std::string& where) {
    std::vector<double> values;
    for (const Json& entry : array(value, where))
        values.push_back(number(entry, where));
    return values;
}

// "3-5", 4 or [3, 4, 5].
inline std::vector<int> layers(const Json& value, const std::string& where) {
    if (value.is_string())
        return parse_layers(value.get<std::string>());
    if (value.is_number())
        return {small_whole(value, where, 0)};
    std::vector<int> chosen;
    for (const Json& layer : array(value, where))
        chosen.push_back(small_whole(layer, where, 0));
    return chosen;
}

} // namespace emend::catalog
