// SPDX-License-Identifier: GPL-3.0-or-later
// The parts of a tokenizer, as the file readers put them together.
#pragma once

#include "text/added_tokens.h"
#include "text/bpe.h"
#include "text/pretokenizer.h"
#include "text/token_table.h"
#include "text/tokenizer.h"

namespace emend {

struct Tokenizer::Impl {
    TokenTable tokens;
    AddedTokens added;
    Pretokenizer pretokenizer;
    Bpe bpe;
    std::vector<std::int32_t> prefix; // what the template puts before a text
    std::vector<std::int32_t> suffix; // and behind it
    std::optional<std::int32_t> begin_of_text;
    std::optional<std::int32_t> end_of_text;
};

} // namespace emend
