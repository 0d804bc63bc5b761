// SPDX-License-Identifier: GPL-3.0-or-later
// All tokens of a vocabulary by id: how the file spells them, the bytes they stand for, whether they are special.
// Built once by add/finish, const and shareable from then on.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace emend {

class TokenTable {
  public:
    // A token of the vocabulary, spelt in the byte-level alphabet. Throws Error when id or spelling are taken.
    void add(const std::string& spelling, std::int32_t id, const std::string& where);
    // A token that was added later; it stands for its own text. One that repeats a token of the vocabulary replaces it.
    // Throws Error when its id belongs to another token, or its text to another id.
    void add_literal(const std::string& text, std::int32_t id, bool special, const std::string& where);
    // Whether this id was added as a literal; before finish.
    [[nodiscard]] bool is_literal(std::int32_t id) const;
    // Throws Error when ids are missing or there are no tokens at all.
    void finish(const std::string& where);

    [[nodiscard]] std::int32_t size() const noexcept { return static_cast<std::int32_t>(rows_.size()); }
    [[nodiscard]] std::optional<std::int32_t> find(std::string_view spelling) const;
    [[nodiscard]] bool is_special(std::int32_t id) const noexcept { return has(id) && row(id).special; }
    // These throw Error for unknown ids.
    [[nodiscard]] const std::string& spelling(std::int32_t id) const;
    [[nodiscard]] const std::string& bytes(std::int32_t id) const;

    // Bytes -> id of all tokens that are not literal.
    [[nodiscard]] std::unordered_map<std::string, std::int32_t> words() const;

  private:
    struct Row {
        std::string spelling;
        std::string bytes;
        bool special = false;
        bool literal = false;
    };
    [[nodiscard]] bool has(std::int32_t id) const noexcept { return id >= 0 && id < size(); }
    [[nodiscard]] const Row& row(std::int32_t id) const { return rows_[static_cast<std::size_t>(id)]; }
    void check_known(std::int32_t id) const;

    std::vector<Row> rows_;                         // after finish
    std::unordered_map<std::int32_t, Row> growing_; // before
    std::unordered_map<std::string, std::int32_t> ids_;
};

} // namespace emend
