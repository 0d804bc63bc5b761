// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/json_text.h"
#include "emend/error.h"
#include "storage/model_folder.h"

#include <nlohmann/json.hpp>

#include <cmath>

namespace emend {

using nlohmann::json;

struct ConfigFile::Impl {
    std::string file_name;
    std::string prefix; // "rope_scaling." inside a nested object
    json values;

    [[nodiscard]] const json* find(const std::string& key) const {
        const auto found = values.find(key);
        return found == values.end() || found->is_null() ? nullptr : &*found;
    }

    [[nodiscard]] const json& require(const std::string& key, const std::string& expected) const {
        if (const json* value = find(key))
            return *value;
        throw Error("\"" + prefix + key + "\" is missing; " + expected + " is expected", at(key),
                    "the configuration is incomplete; take it from where the model came from");
    }

    [[noreturn]] void mistyped(const std::string& key, const json& value, const std::string& expected) const {
        throw Error("\"" + prefix + key + "\" is " + json_excerpt(value) + " (" + json_kind(value) + "); " + expected +
                        " is expected",
                    at(key), "correct the value, or take the file from where the model came from");
    }

    [[nodiscard]] std::string at(const std::string& key) const { return file_name + ", key " + prefix + key; }

    [[nodiscard]] std::int64_t as_int(const std::string& key, const json& value, std::int64_t min,
                                      std::int64_t max) const {
        const std::string expected =
            min == std::numeric_limits<std::int64_t>::min() && max == std::numeric_limits<std::int64_t>::max()
                ? "an integer"
                : "an integer from " + std::to_string(min) + " to " + std::to_string(max);
        if (!value.is_number_integer())
            mistyped(key, value, expected);
        if (value.is_number_unsigned() && value.get<std::uint64_t>() > static_cast<std::uint64_t>(INT64_MAX))
            mistyped(key, value, expected);
        const auto number = value.get<std::int64_t>();
        if (number < min || number > max)
            mistyped(key, value, expected);
        return number;
    }

    [[nodiscard]] double as_double(const std::string& key, const json& value, double min, double max) const {
        const bool bounded = min > std::numeric_limits<double>::lowest() || max < std::numeric_limits<double>::max();
        const auto text = [](double limit) { return json(limit).dump(); };
        const std::string expected = bounded ? "a number from " + text(min) + " to " + text(max) : "a finite number";
        if (!value.is_number())
            mistyped(key, value, expected);
        const auto number = value.get<double>();
        if (!std::isfinite(number) || number < min || number > max)
            mistyped(key, value, expected);
        return number;
    }

    [[nodiscard]] std::string as_string(const std::string& key, const json& value) const {
        if (!value.is_string())
            mistyped(key, value, "a string");
        return value.get<std::string>();
    }

    [[nodiscard]] bool as_bool(const std::string& key, const json& value) const {
        if (!value.is_boolean())
            mistyped(key, value, "true or false");
        return value.get<bool>();
    }
};

ConfigFile ConfigFile::open(const std::filesystem::path& path) {
    constexpr std::uint64_t config_limit = std::uint64_t{16} << 20;
    return from_text(read_file(path, config_limit), path.string());
}

ConfigFile ConfigFile::from_text(const std::string& text, const std::string& file_name) {
    auto impl = std::make_shared<Impl>();
    impl->file_name = file_name;
    impl->values = parse_json(text, file_name);
    if (!impl->values.is_object())
        throw Error("the file holds " + json_kind(impl->values) + " instead of an object", file_name,
                    "a configuration looks like {\"model_type\": \"gpt2\", …}");
    ConfigFile config;
    config.impl_ = std::move(impl);
    return config;
}

bool ConfigFile::has(const std::string& key) const {
    return impl_->find(key) != nullptr;
}

std::vector<std::string> ConfigFile::keys() const {
    std::vector<std::string> keys;
    for (const auto& item : impl_->values.items())
        keys.push_back(item.key());
    return keys;
}

std::int64_t ConfigFile::require_int(const std::string& key, std::int64_t min, std::int64_t max) const {
    return impl_->as_int(key, impl_->require(key, "an integer"), min, max);
}

std::optional<std::int64_t> ConfigFile::optional_int(const std::string& key, std::int64_t min, std::int64_t max) const {
    const json* value = impl_->find(key);
    return value ? std::optional(impl_->as_int(key, *value, min, max)) : std::nullopt;
}

double ConfigFile::require_double(const std::string& key, double min, double max) const {
    return impl_->as_double(key, impl_->require(key, "a number"), min, max);
}

std::optional<double> ConfigFile::optional_double(const std::string& key, double min, double max) const {
    const json* value = impl_->find(key);
    return value ? std::optional(impl_->as_double(key, *value, min, max)) : std::nullopt;
}

std::string ConfigFile::require_string(const std::string& key) const {
    return impl_->as_string(key, impl_->require(key, "a string"));
}

std::optional<std::string> ConfigFile::optional_string(const std::string& key) const {
    const json* value = impl_->find(key);
    return value ? std::optional(impl_->as_string(key, *value)) : std::nullopt;
}

bool ConfigFile::require_bool(const std::string& key) const {
    return impl_->as_bool(key, impl_->require(key, "true or false"));
}

std::optional<bool> ConfigFile::optional_bool(const std::string& key) const {
    const json* value = impl_->find(key);
    return value ? std::optional(impl_->as_bool(key, *value)) : std::nullopt;
}

std::optional<std::vector<std::int64_t>> ConfigFile::optional_int_list(const std::string& key) const {
    constexpr auto lowest = std::numeric_limits<std::int64_t>::min();
    constexpr auto highest = std::numeric_limits<std::int64_t>::max();
    const json* value = impl_->find(key);
    if (!value)
        return std::nullopt;
    if (value->is_number_integer())
        return std::vector{impl_->as_int(key, *value, lowest, highest)};
    if (!value->is_array())
        impl_->mistyped(key, *value, "a list of integers");
    std::vector<std::int64_t> list;
    for (std::size_t i = 0; i < value->size(); ++i)
        list.push_back(impl_->as_int(key + "[" + std::to_string(i) + "]", (*value)[i], lowest, highest));
    return list;
}

std::optional<std::vector<std::string>> ConfigFile::optional_string_list(const std::string& key) const {
    const json* value = impl_->find(key);
    if (!value)
        return std::nullopt;
    if (!value->is_array())
        impl_->mistyped(key, *value, "a list of strings");
    std::vector<std::string> list;
    for (std::size_t i = 0; i < value->size(); ++i)
        list.push_back(impl_->as_string(key + "[" + std::to_string(i) + "]", (*value)[i]));
    return list;
}

std::optional<ConfigFile> ConfigFile::optional_object(const std::string& key) const {
    const json* value = impl_->find(key);
    if (!value)
        return std::nullopt;
    if (!value->is_object())
        impl_->mistyped(key, *value, "an object");
    auto impl = std::make_shared<Impl>();
    impl->file_name = impl_->file_name;
    impl->prefix = impl_->prefix + key + ".";
    impl->values = *value;
    ConfigFile nested;
    nested.impl_ = std::move(impl);
    return nested;
}

const std::string& ConfigFile::file_name() const noexcept {
    return impl_->file_name;
}

std::string ConfigFile::dump() const {
    return impl_->values.dump(-1, ' ', false, json::error_handler_t::replace);
}

} // namespace emend
