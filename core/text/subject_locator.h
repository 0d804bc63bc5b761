// SPDX-License-Identifier: GPL-3.0-or-later
// Where the subject ends. A prompt template ("{} lives in") is filled with the subject, put into its context template,
// and tokenised as one text; the subject's tokens are those whose bytes overlap the subject's. Pieces are never
// tokenised apart: a merge across the border would move the position.
#pragma once

#include "text/tokenizer.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace emend {

struct LocatedPrompt {
    std::string text; // what was tokenised
    Encoding full;
    std::size_t subject_begin_byte = 0; // in text
    std::size_t subject_end_byte = 0;
    int first_subject_token = 0; // index into full.ids
    int last_subject_token = 0;  // the position that keys and values are read at
};

// prompt_template holds "{}" once, for the subject. context_template is a text the whole prompt is put into, "{}"
// standing for the prompt ("The people. {}"); empty means the prompt alone. Throws Error: no "{}" in the prompt, "{}"
// more than once, empty subject, context template without exactly one "{}".
LocatedPrompt locate_subject(const Tokenizer& tokenizer, std::string_view prompt_template, std::string_view subject,
                             std::string_view context_template = {});

// A prompt with the subject written out, as a template: "Paris is in" + "Paris" -> "{} is in". A prompt that has "{}"
// already is returned as it is. Throws Error: subject not in prompt (hint names a different-case find), subject more
// than once.
std::string templatize(std::string_view prompt, std::string_view subject);

// The prompt template with the subject filled in. Throws as locate_subject does.
std::string fill_template(std::string_view prompt_template, std::string_view subject);

// Throws Error for an empty object or one of white space only.
void check_object(std::string_view object);

// Ids of the object as the prompt's continuation: a leading space is put before it if missing, no special tokens are
// added. Throws as check_object does.
std::vector<std::int32_t> encode_target(const Tokenizer& tokenizer, std::string_view object);

} // namespace emend
