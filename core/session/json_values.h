// SPDX-License-Identifier: GPL-3.0-or-later
// Plain values as the JSON of a session file, and back without a bit lost: numbers that JSON does not know are the
// texts "nan", "inf" and "-inf", texts that are not UTF-8 are {"hex": "…"}. Reading throws Error for whatever is not
// as it was written.
#pragma once

#include "emend/edit.h"
#include "session/damaged.h"

#include <concepts>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace emend::stored {

using Json = nlohmann::json;

Json put(double value);
Json put(const std::string& text);
Json put(const std::vector<double>& values);
Json put(const std::vector<std::string>& texts);
Json put(const EditRequest& request);
Json put(const Prediction& prediction);

const Json& member(const Json& object, const char* key);
double number(const Json& value);
std::string text(const Json& value);
bool truth(const Json& value);
std::vector<double> numbers(const Json& value);
std::vector<std::string> texts(const Json& value);
EditRequest request(const Json& value);
Prediction prediction(const Json& value);

template<std::integral T>
T whole(const Json& value) {
    if (value.is_number_unsigned() && std::in_range<T>(value.get<std::uint64_t>()))
        return static_cast<T>(value.get<std::uint64_t>());
    if (value.is_number_integer() && !value.is_number_unsigned() && std::in_range<T>(value.get<std::int64_t>()))
        return static_cast<T>(value.get<std::int64_t>());
    damaged("a whole number is not one");
}

const Json& list(const Json& value);

std::string written(const Json& json);
// One value; throws Error.
Json parsed(std::string_view text);

} // namespace emend::stored
