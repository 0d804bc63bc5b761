// SPDX-License-Identifier: GPL-3.0-or-later
#include "text/token_table.h"

#include "emend/error.h"
#include "text/byte_level.h"

#include <algorithm>

namespace emend {
namespace {

constexpr const char* mixed_up_hint = "the tokenizer's files are damaged or of different versions; download them again";

} // namespace

void TokenTable::add(const std::string& spelling, std::int32_t id, const std::string& where) {
    const auto [place, fresh] = growing_.try_emplace(id);
    if (!fresh)
        throw Error("id " + std::to_string(id) + " is given to two tokens, \"" + place->second.spelling + "\" and \"" +
                        spelling + "\"",
                    where, mixed_up_hint);
    if (!ids_.emplace(spelling, id).second)
        throw Error("token \"" + spelling + "\" is there twice", where, mixed_up_hint);
    place->second.spelling = spelling;
    place->second.bytes = spelling_to_bytes(spelling);
}

void TokenTable::add_literal(const std::string& text, std::int32_t id, bool special, const std::string& where) {
    const auto named = ids_.find(text);
    if (named != ids_.end() && named->second != id)
        throw Error("token \"" + text + "\" has two ids, " + std::to_string(named->second) + " and " +
                        std::to_string(id),
                    where, mixed_up_hint);
    Row& row = growing_[id];
    if (!row.spelling.empty() && row.spelling != text)
        throw Error("id " + std::to_string(id) + " is given to two tokens, \"" + row.spelling + "\" and \"" + text +
                        "\"",
                    where, mixed_up_hint);
    row = Row{.spelling = text, .bytes = text, .special = special || row.special, .literal = true};
    ids_.emplace(text, id);
}

bool TokenTable::is_literal(std::int32_t id) const {
    const auto found = growing_.find(id);
    return found != growing_.end() && found->second.literal;
}

void TokenTable::finish(const std::string& where) {
    if (growing_.empty())
        throw Error("the vocabulary is empty", where, mixed_up_hint);
    const std::int32_t highest =
        std::ranges::max_element(growing_, {}, [](const auto& item) { return item.first; })->first;
    // Ids without gaps are as many as the highest says. Checked before anything of that size is built.
    if (static_cast<std::size_t>(highest) + 1 != growing_.size()) {
        std::int32_t missing = 0;
        while (growing_.contains(missing))
            ++missing;
        throw Error("the vocabulary has holes: no token has id " + std::to_string(missing) +
                        ", but the highest id is " + std::to_string(highest),
                    where, mixed_up_hint);
    }
    rows_.resize(growing_.size());
    for (auto& [id, row] : growing_)
        rows_[static_cast<std::size_t>(id)] = std::move(row);
    growing_.clear();
}

std::optional<std::int32_t> TokenTable::find(std::string_view spelling) const {
    const auto found = ids_.find(std::string(spelling));
    return found == ids_.end() ? std::nullopt : std::optional(found->second);
}

void TokenTable::check_known(std::int32_t id) const {
    if (!has(id))
        throw Error("there is no token with id " + std::to_string(id),
                    "vocabulary of " + std::to_string(rows_.size()) + " tokens",
                    "ids go from 0 to " + std::to_string(rows_.size() - 1));
}

const std::string& TokenTable::spelling(std::int32_t id) const {
    check_known(id);
    return row(id).spelling;
}

const std::string& TokenTable::bytes(std::int32_t id) const {
    check_known(id);
    return row(id).bytes;
}

std::unordered_map<std::string, std::int32_t> TokenTable::words() const {
    std::unordered_map<std::string, std::int32_t> words;
    for (std::size_t id = 0; id < rows_.size(); ++id)
        if (!rows_[id].literal)
            words.emplace(rows_[id].bytes, static_cast<std::int32_t>(id));
    return words;
}

} // namespace emend
