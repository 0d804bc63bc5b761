// SPDX-License-Identifier: GPL-3.0-or-later
#define PCRE2_CODE_UNIT_WIDTH 8
#include "text/regex.h"

#include "emend/error.h"

#include <pcre2.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <limits>

namespace emend {
namespace {

// PCRE2 counts U+180E as white space, Unicode has not since version 6.3; so the class is written out.
constexpr std::string_view white_space =
    R"(\t-\r\x{20}\x{85}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000})";

std::string with_unicode_white_space(const std::string& pattern) {
    std::string out;
    bool in_class = false;
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        const char c = pattern[i];
        if (c == '\\' && i + 1 < pattern.size()) {
            const char next = pattern[++i];
            if (next == 's')
                (out += in_class ? "" : "[").append(white_space) += in_class ? "" : "]";
            else if (next == 'S' && !in_class)
                (out += "[^").append(white_space) += "]";
            else
                (out += c) += next;
            continue;
        }
        if (c == '[' && !in_class)
            in_class = true;
        else if (c == ']')
            in_class = false;
        out += c;
    }
    return out;
}

std::string error_text(int code) {
    std::array<PCRE2_UCHAR, 256> buffer{};
    pcre2_get_error_message(code, buffer.data(), buffer.size());
    return reinterpret_cast<const char*>(buffer.data());
}

struct MatchState {
    pcre2_match_data* data = nullptr;
    pcre2_match_context* context = nullptr;
    pcre2_jit_stack* stack = nullptr;

    MatchState(const pcre2_code* code, std::size_t text_size) {
        constexpr std::size_t stack_start = 32U << 10;
        constexpr std::size_t stack_limit = 4U << 20;
        // Enough for patterns that go over the text a few times per match, too little for exponential ones.
        const auto limit = static_cast<std::uint32_t>(
            std::min<std::size_t>(1'000'000 + 32 * text_size, std::numeric_limits<std::uint32_t>::max()));
        data = pcre2_match_data_create_from_pattern(code, nullptr);
        context = pcre2_match_context_create(nullptr);
        stack = pcre2_jit_stack_create(stack_start, stack_limit, nullptr);
        if (data == nullptr || context == nullptr) {
            free();
            throw std::bad_alloc();
        }
        pcre2_set_match_limit(context, limit);
        pcre2_set_heap_limit(context, 256U << 10); // kibibytes
        if (stack != nullptr)
            pcre2_jit_stack_assign(context, nullptr, stack);
    }
    ~MatchState() { free(); }
    MatchState(const MatchState&) = delete;
    MatchState& operator=(const MatchState&) = delete;

    void free() const {
        pcre2_jit_stack_free(stack);
        pcre2_match_context_free(context);
        pcre2_match_data_free(data);
    }
};

} // namespace

struct Regex::Code {
    pcre2_code* code = nullptr;
    std::string where;

    Code() = default;
    Code(const Code&) = delete;
    Code& operator=(const Code&) = delete;
    ~Code() { pcre2_code_free(code); }
};

Regex::Regex(const std::string& pattern, const std::string& where) {
    const std::string written = with_unicode_white_space(pattern);
    auto code = std::make_shared<Code>();
    code->where = where;
    int error = 0;
    PCRE2_SIZE at = 0;
    code->code = pcre2_compile(reinterpret_cast<PCRE2_SPTR>(written.data()), written.size(),
                               PCRE2_UTF | PCRE2_UCP | PCRE2_NEVER_BACKSLASH_C, &error, &at, nullptr);
    if (code->code == nullptr)
        throw Error("the pattern " + pattern + " cannot be used: " + error_text(error), where,
                    "the tokenizer's file is damaged or uses a dialect that is not supported");
    // Without the compiler to machine code the same matches come out, only slower.
    (void)pcre2_jit_compile(code->code, PCRE2_JIT_COMPLETE);
    code_ = std::move(code);
}

void Regex::for_each_match(std::string_view text, const std::function<void(std::size_t, std::size_t)>& found) const {
    if (text.empty())
        return;
    const MatchState state(code_->code, text.size());
    const auto* subject = reinterpret_cast<PCRE2_SPTR>(text.data());
    std::size_t at = 0;
    while (at < text.size()) {
        // The text is known to be valid; checking the rest of it for every match would take quadratic time.
        int count = pcre2_match(code_->code, subject, text.size(), at, PCRE2_NO_UTF_CHECK, state.data, state.context);
        if (count == PCRE2_ERROR_JIT_STACKLIMIT)
            count = pcre2_match(code_->code, subject, text.size(), at, PCRE2_NO_UTF_CHECK | PCRE2_NO_JIT, state.data,
                                state.context);
        if (count == PCRE2_ERROR_NOMATCH)
            return;
        if (count < 0)
            throw Error("splitting the text into words failed: " + error_text(count),
                        code_->where + ", byte " + std::to_string(at) + " of the text", "try a shorter text");
        const PCRE2_SIZE* range = pcre2_get_ovector_pointer(state.data);
        if (range[1] > range[0]) {
            found(range[0], range[1]);
            at = range[1];
        } else {
            // An empty match: go on behind the next character.
            at = range[0] + 1;
            while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U)
                ++at;
        }
    }
}

std::string regex_escape(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (std::ispunct(static_cast<unsigned char>(c)) != 0)
            out += '\\';
        out += c;
    }
    return out;
}

} // namespace emend
