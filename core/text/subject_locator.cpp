// SPDX-License-Identifier: GPL-3.0-or-later
#include "text/subject_locator.h"

#include "base/utf8.h"
#include "emend/error.h"

#include <algorithm>
#include <cctype>

namespace emend {
namespace {

constexpr std::string_view placeholder = "{}";

struct Template {
    std::string_view before;
    std::string_view after;
};

std::string quoted(std::string_view text) {
    return "\"" + utf8_lossy(text) + "\"";
}

Template split_prompt(std::string_view prompt) {
    const auto at = prompt.find(placeholder);
    if (at == std::string_view::npos)
        throw Error("the prompt has no {}", quoted(prompt),
                    "write {} where the subject stands: \"{} is located in the city of\"");
    if (prompt.find(placeholder, at + placeholder.size()) != std::string_view::npos)
        throw Error("the prompt has {} more than once", quoted(prompt), "the subject can stand in one place only");
    return {prompt.substr(0, at), prompt.substr(at + placeholder.size())};
}

Template split_context(std::string_view context) {
    if (context.empty())
        return {};
    const auto at = context.find(placeholder);
    if (at == std::string_view::npos || context.find(placeholder, at + placeholder.size()) != std::string_view::npos)
        throw Error("a context needs exactly one {}", quoted(context),
                    "write {} where the prompt goes: \"The people. {}\"");
    return {context.substr(0, at), context.substr(at + placeholder.size())};
}

void check_subject(std::string_view subject) {
    if (trim_white_space(subject).empty())
        throw Error("the subject is empty", {}, "give the name of what the fact is about");
}

std::string lower_ascii(std::string_view text) {
    std::string lower(text);
    std::ranges::transform(lower, lower.begin(),
                           [](char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); });
    return lower;
}

} // namespace

LocatedPrompt locate_subject(const Tokenizer& tokenizer, std::string_view prompt_template, std::string_view subject,
                             std::string_view context_template) {
    check_subject(subject);
    const Template prompt = split_prompt(prompt_template);
    const Template context = split_context(context_template);

    LocatedPrompt located;
    located.text.append(context.before).append(prompt.before);
    // White space around the subject belongs to the prompt: " Rome" must not make the space a token of the subject.
    const std::string_view name = trim_white_space(subject);
    located.subject_begin_byte = located.text.size() + static_cast<std::size_t>(name.data() - subject.data());
    located.subject_end_byte = located.subject_begin_byte + name.size();
    located.text.append(subject).append(prompt.after).append(context.after);
    located.full = tokenizer.encode(located.text);

    located.first_subject_token = -1;
    for (std::size_t i = 0; i < located.full.offsets.size(); ++i) {
        const auto [begin, end] = located.full.offsets[i];
        if (begin == end || begin >= located.subject_end_byte || end <= located.subject_begin_byte)
            continue;
        if (located.first_subject_token < 0)
            located.first_subject_token = static_cast<int>(i);
        located.last_subject_token = static_cast<int>(i);
    }
    if (located.first_subject_token < 0)
        throw Error("the tokenizer makes no token of the subject", quoted(subject),
                    "its characters are not in the model's vocabulary; write it differently");
    return located;
}

std::string templatize(std::string_view prompt, std::string_view subject) {
    check_subject(subject);
    if (prompt.find(placeholder) != std::string_view::npos) {
        (void)split_prompt(prompt);
        return std::string(prompt);
    }
    const auto at = prompt.find(subject);
    if (at == std::string_view::npos) {
        const bool other_case = lower_ascii(prompt).find(lower_ascii(subject)) != std::string::npos;
        throw Error("the subject " + quoted(subject) + " is not in the prompt", quoted(prompt),
                    other_case ? "it is there with other capitals; write both alike"
                               : "write the prompt with {} where the subject stands");
    }
    if (prompt.find(subject, at + 1) != std::string_view::npos)
        throw Error("the subject " + quoted(subject) + " is in the prompt more than once", quoted(prompt),
                    "write {} where the subject that is meant stands");
    return std::string(prompt.substr(0, at)).append(placeholder).append(prompt.substr(at + subject.size()));
}

std::string fill_template(std::string_view prompt_template, std::string_view subject) {
    check_subject(subject);
    const Template prompt = split_prompt(prompt_template);
    return std::string(prompt.before).append(subject).append(prompt.after);
}

void check_object(std::string_view object) {
    if (object.empty())
        throw Error("the object is empty", {}, "give what the model is to say");
    if (trim_white_space(object).empty())
        throw Error("the object is only white space", {}, "give what the model is to say");
}

std::vector<std::int32_t> encode_target(const Tokenizer& tokenizer, std::string_view object) {
    check_object(object);
    std::string text(object.starts_with(' ') ? 0 : 1, ' ');
    return tokenizer.encode(text.append(object), false).ids;
}

} // namespace emend
