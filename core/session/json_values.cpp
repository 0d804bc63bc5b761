// SPDX-License-Identifier: GPL-3.0-or-later
#include "session/json_values.h"

#include "base/json_text.h"
#include "base/utf8.h"

#include <cmath>

namespace emend::stored {

namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";

std::string to_hex(std::string_view bytes) {
    std::string hex;
    for (const char byte : bytes) {
        const auto value = static_cast<unsigned char>(byte);
        hex += hex_digits[value >> 4U];
        hex += hex_digits[value & 0xFU];
    }
    return hex;
}

std::string from_hex(std::string_view hex) {
    std::string bytes;
    if (hex.size() % 2 != 0)
        damaged("a text in hexadecimal digits has half a letter");
    for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
        const std::size_t high = hex_digits.find(hex[i]);
        const std::size_t low = hex_digits.find(hex[i + 1]);
        if (high == std::string_view::npos || low == std::string_view::npos)
            damaged("a text in hexadecimal digits has another letter");
        bytes += static_cast<char>(static_cast<unsigned char>(high * 16 + low));
    }
    return bytes;
}

} // namespace

Json put(double value) {
    if (std::isnan(value))
        return "nan";
    if (std::isinf(value))
        return value > 0 ? "inf" : "-inf";
    return value;
}

Json put(const std::string& text) {
    if (is_valid_utf8(text))
        return text;
    return {{"hex", to_hex(text)}};
}

Json put(const std::vector<double>& values) {
    Json json = Json::array();
    for (const double value : values)
        json.push_back(put(value));
    return json;
}

Json put(const std::vector<std::string>& texts) {
    Json json = Json::array();
    for (const std::string& text : texts)
        json.push_back(put(text));
    return json;
}

Json put(const EditRequest& request) {
    Json json{{"subject", put(request.subject)},         {"relation", put(request.relation)},
              {"prompt", put(request.prompt)},           {"object", put(request.object)},
              {"paraphrases", put(request.paraphrases)}, {"neighbours", put(request.neighbours)}};
    if (request.true_object)
        json["true_object"] = put(*request.true_object);
    return json;
}

Json put(const Prediction& prediction) {
    Json top = Json::array();
    for (const TokenProbability& token : prediction.top)
        top.push_back({token.id, put(token.piece), put(token.probability)});
    Json json{{"prompt", put(prediction.prompt)},
              {"top", std::move(top)},
              {"p_new", put(prediction.p_new)},
              {"says_new", prediction.says_new}};
    if (prediction.p_true)
        json["p_true"] = put(*prediction.p_true);
    return json;
}

const Json& member(const Json& object, const char* key) {
    const auto found = object.find(key);
    if (!object.is_object() || found == object.end())
        damaged("\"" + std::string(key) + "\" is missing");
    return *found;
}

double number(const Json& value) {
    if (value.is_number())
        return value.get<double>();
    if (value == "nan")
        return std::numeric_limits<double>::quiet_NaN();
    if (value == "inf")
        return std::numeric_limits<double>::infinity();
    if (value == "-inf")
        return -std::numeric_limits<double>::infinity();
    damaged("a number is not one");
}

std::string text(const Json& value) {
    if (value.is_string())
        return value.get<std::string>();
    if (value.is_object())
        return from_hex(text(member(value, "hex")));
    damaged("a text is not one");
}

bool truth(const Json& value) {
    if (!value.is_boolean())
        damaged("neither true nor false");
    return value.get<bool>();
}

const Json& list(const Json& value) {
    if (!value.is_array())
        damaged("a list is not one");
    return value;
}

std::vector<double> numbers(const Json& value) {
    std::vector<double> values;
    values.reserve(list(value).size());
    for (const Json& entry : value)
        values.push_back(number(entry));
    return values;
}

std::vector<std::string> texts(const Json& value) {
    std::vector<std::string> values;
    for (const Json& entry : list(value))
        values.push_back(text(entry));
    return values;
}

EditRequest request(const Json& value) {
    EditRequest request;
    request.subject = text(member(value, "subject"));
    request.relation = text(member(value, "relation"));
    request.prompt = text(member(value, "prompt"));
    request.object = text(member(value, "object"));
    if (value.contains("true_object"))
        request.true_object = text(value["true_object"]);
    request.paraphrases = texts(member(value, "paraphrases"));
    request.neighbours = texts(member(value, "neighbours"));
    return request;
}

Prediction prediction(const Json& value) {
    Prediction prediction;
    prediction.prompt = text(member(value, "prompt"));
    for (const Json& token : list(member(value, "top"))) {
        if (list(token).size() != 3)
            damaged("a token is not one");
        prediction.top.push_back({whole<std::int32_t>(token[0]), text(token[1]), number(token[2])});
    }
    prediction.p_new = number(member(value, "p_new"));
    prediction.says_new = truth(member(value, "says_new"));
    if (value.contains("p_true"))
        prediction.p_true = number(value["p_true"]);
    return prediction;
}

std::string written(const Json& json) {
    return json.dump();
}

Json parsed(std::string_view text) {
    return parse_json(text, "the session");
}

} // namespace emend::stored
