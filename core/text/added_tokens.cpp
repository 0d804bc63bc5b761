// SPDX-License-Identifier: GPL-3.0-or-later
#include "text/added_tokens.h"

#include "base/utf8.h"

#include <utf8proc.h>

#include <algorithm>

namespace emend {
namespace {

// A character of \w: letter, mark, decimal digit or connector.
bool is_word_character(char32_t c) {
    switch (utf8proc_category(static_cast<utf8proc_int32_t>(c))) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_PC:
        return true;
    default:
        return false;
    }
}

std::size_t previous_character(std::string_view text, std::size_t at) {
    --at;
    while (at > 0 && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U)
        --at;
    return at;
}

bool stands_alone(std::string_view text, std::size_t begin, std::size_t end) {
    return (begin == 0 || !is_word_character(utf8_next(text, previous_character(text, begin)).code_point)) &&
           (end == text.size() || !is_word_character(utf8_next(text, end).code_point));
}

const AddedToken* match(const std::vector<AddedToken>& candidates, std::string_view rest) {
    const auto found =
        std::ranges::find_if(candidates, [&](const auto& token) { return rest.starts_with(token.text); });
    return found == candidates.end() ? nullptr : &*found;
}

} // namespace

void AddedTokens::add(AddedToken token) {
    if (token.text.empty())
        return;
    (token.normalized ? any_normalized_ : any_plain_) = true;
    auto& row = (token.normalized ? normalized_ : plain_)[static_cast<unsigned char>(token.text.front())];
    const auto place =
        std::ranges::find_if(row, [&](const auto& other) { return other.text.size() < token.text.size(); });
    row.insert(place, std::move(token));
}

void AddedTokens::split(const Table& table, const Part& part, std::vector<Part>& out) {
    if (part.id != not_added) {
        out.push_back(part);
        return;
    }
    const std::string_view text = part.text;
    std::size_t done = 0;
    for (std::size_t at = 0; at < text.size();) {
        const auto& candidates = table[static_cast<unsigned char>(text[at])];
        const AddedToken* token = candidates.empty() ? nullptr : match(candidates, text.substr(at));
        if (token == nullptr) {
            ++at;
            continue;
        }
        std::size_t begin = at;
        std::size_t end = at + token->text.size();
        at = end;
        if (token->single_word && !stands_alone(text, begin, end))
            continue;
        while (token->lstrip && begin > done) {
            const std::size_t before = previous_character(text, begin);
            if (before < done || !is_white_space(utf8_next(text, before).code_point))
                break;
            begin = before;
        }
        while (token->rstrip && end < text.size()) {
            const Utf8Step step = utf8_next(text, end);
            if (!is_white_space(step.code_point))
                break;
            end += step.bytes;
        }
        if (begin > done)
            out.push_back({text.substr(done, begin - done), not_added});
        out.push_back({text.substr(begin, end - begin), token->id});
        done = at = end;
    }
    if (done < text.size())
        out.push_back({text.substr(done), not_added});
}

std::vector<AddedTokens::Part> AddedTokens::split(std::string_view text) const {
    std::vector<Part> parts{{text, not_added}};
    for (const auto& [table, any] : {std::pair(&plain_, any_plain_), std::pair(&normalized_, any_normalized_)}) {
        if (!any)
            continue;
        std::vector<Part> next;
        for (const Part& part : parts)
            split(*table, part, next);
        parts = std::move(next);
    }
    return parts;
}

} // namespace emend
