// SPDX-License-Identifier: GPL-3.0-or-later
// Typed access to the objects of a tokenizer.json; every error names file and path within it.
#pragma once

#include "base/json_text.h"
#include "emend/error.h"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <string>

namespace emend {

// A kind of tokenizer that is not built: refused by name rather than approximated.
inline Error unsupported(const std::string& what, const std::string& where) {
    return Error("this tokenizer is not supported: " + what, where,
                 "byte-level BPE (GPT-2, GPT-J, GPT-NeoX and the like) is read; take a model with such a tokenizer");
}

class JsonFields {
  public:
    JsonFields(const nlohmann::json& json, std::string where)
        : json_(json)
        , where_(std::move(where)) {
        if (!json_.is_object())
            throw Error("an object is expected, got " + json_kind(json_), where_, damaged_hint);
    }

    [[nodiscard]] bool has(const std::string& key) const { return json_.contains(key) && !json_.at(key).is_null(); }
    [[nodiscard]] const nlohmann::json& value_or_null(const std::string& key) const {
        static const nlohmann::json null;
        const auto found = json_.find(key);
        return found == json_.end() ? null : *found;
    }
    [[nodiscard]] std::string string(const std::string& key) const {
        const auto& value = value_or_null(key);
        if (!value.is_string())
            wrong(key, "a string");
        return value.get<std::string>();
    }
    [[nodiscard]] std::string string(const std::string& key, const std::string& otherwise) const {
        return has(key) ? string(key) : otherwise;
    }
    [[nodiscard]] bool boolean(const std::string& key, bool otherwise) const {
        const auto& value = value_or_null(key);
        if (!value.is_null() && !value.is_boolean())
            wrong(key, "true or false");
        return value.is_null() ? otherwise : value.get<bool>();
    }
    [[nodiscard]] std::int32_t token_id(const std::string& key) const {
        return token_id(value_or_null(key), path(key));
    }
    [[nodiscard]] const nlohmann::json& array(const std::string& key) const {
        const auto& value = value_or_null(key);
        if (!value.is_array())
            wrong(key, "a list");
        return value;
    }
    [[nodiscard]] JsonFields object(const std::string& key) const { return {value_or_null(key), path(key)}; }
    [[nodiscard]] const std::string& where() const noexcept { return where_; }
    [[nodiscard]] std::string path(const std::string& key) const { return where_ + "." + key; }

    // Throws Error unless the value is an integer that can be a token id.
    static std::int32_t token_id(const nlohmann::json& value, const std::string& where) {
        constexpr std::int64_t highest_id = 16'000'000;
        if (!value.is_number_integer() || value < 0 || value > highest_id)
            throw Error("a token id from 0 to " + std::to_string(highest_id) + " is expected, got " +
                            json_excerpt(value),
                        where, damaged_hint);
        return value.get<std::int32_t>();
    }

  private:
    static constexpr const char* damaged_hint =
        "the tokenizer's files are damaged; take them from the model's page again";

    [[noreturn]] void wrong(const std::string& key, const std::string& expected) const {
        const auto& value = value_or_null(key);
        throw Error(value.is_null() ? "\"" + key + "\" is missing; " + expected + " is expected"
                                    : "\"" + key + "\" is " + json_excerpt(value) + "; " + expected + " is expected",
                    path(key), damaged_hint);
    }

    const nlohmann::json& json_;
    std::string where_;
};

} // namespace emend
