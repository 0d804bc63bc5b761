// SPDX-License-Identifier: GPL-3.0-or-later
// JSON from files nobody vouches for: one way to parse it, with a limit on nesting, no key twice in an object, and
// errors that name the file and the byte.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <string_view>

namespace emend {

inline constexpr int json_depth_limit = 64;

// Throws Error for anything that is not one JSON value in UTF-8.
nlohmann::json parse_json(std::string_view text, const std::string& file_name, int max_depth = json_depth_limit);

// What a value is, for "got a string": "a string", "an integer", "null", …
std::string json_kind(const nlohmann::json& value);

// A value as it would be written, cut to a length that fits a message; never throws.
std::string json_excerpt(const nlohmann::json& value, std::size_t max_length = 60);

// The library's message without its own prefix.
std::string json_error_text(const std::string& library_message);

} // namespace emend
